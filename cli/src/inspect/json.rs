//! A stored session as JSON.

use std::collections::BTreeMap;

use lovely_session_core::{Header, PackageText, Pending, Record, RecordError};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::report::Found;
use crate::text::printable_json;

/// A session. Times are in seconds since the Unix epoch.
#[derive(Serialize)]
struct Session<'a> {
    created: u64,
    saved: u64,
    /// In seconds; 0 if it never ends.
    timeout: u32,
    /// The remaining lifetime of the record; null if it does not expire, or the store does not tell.
    seconds_left: Option<u32>,
    size: usize,
    ended_until: Option<u64>,
    moved_to: Option<Moved<'a>>,
    pending: Option<PendingChange<'a>>,
    decisions: Vec<&'a [String]>,
    packages: BTreeMap<&'a str, Entries<'a>>,
    /// The packages that cannot be read, and why.
    damaged: BTreeMap<&'a str, String>,
}

/// The values of a package as they are stored, by their keys.
type Entries<'a> = BTreeMap<&'a str, Box<RawValue>>;

#[derive(Serialize)]
struct Moved<'a> {
    key: &'a str,
    until: u64,
}

#[derive(Serialize)]
struct PendingChange<'a> {
    effect: &'static str,
    primary: &'a str,
    since: u64,
    packages: Vec<&'a str>,
}

/// Describes a session. A damaged package does not hide the others; the result is the first of their errors.
pub fn json(found: &Found) -> (String, Result<(), RecordError>) {
    let header = found.record.header();
    let (mut packages, mut damaged, mut result) = (BTreeMap::new(), BTreeMap::new(), Ok(()));
    for name in found.record.package_names() {
        match found.record.package(name) {
            Ok(package) => {
                packages.insert(name, package.map(entries).unwrap_or_default());
            }
            Err(error) => {
                damaged.insert(name, error.to_string());
                result = result.and(Err(error));
            }
        }
    }
    let session = Session {
        created: header.created,
        saved: header.saved,
        timeout: header.timeout,
        seconds_left: found.seconds_left,
        size: found.size,
        ended_until: header.ended_until,
        moved_to: moved_to(header),
        pending: header.pending.as_deref().map(|pending| pending_change(&found.record, pending)),
        decisions: header.decisions().collect(),
        packages,
        damaged,
    };
    // Maps with texts as keys can always be written.
    let text = serde_json::to_string_pretty(&session).unwrap_or_default();
    (printable_json(&text) + "\n", result)
}

fn entries(package: PackageText<'_>) -> Entries<'_> {
    let value = |text: &str| RawValue::from_string(text.to_owned()).or_else(|_| to_raw_value(text));
    package.entries().filter_map(|(key, text)| Some((key, value(text).ok()?))).collect()
}

fn moved_to(header: &Header) -> Option<Moved<'_>> {
    header.moved_to.as_ref().map(|moved| Moved { key: &moved.key, until: moved.until })
}

fn pending_change<'a>(record: &'a Record, pending: &'a Pending) -> PendingChange<'a> {
    let effect = if pending.holds() {
        "hold"
    } else if pending.begins() {
        "begin"
    } else if pending.moves_to().is_some() {
        "move"
    } else if pending.ends() {
        "end"
    } else {
        "change"
    };
    PendingChange {
        effect,
        primary: &pending.primary,
        since: pending.since,
        packages: record.pending_packages(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn found(first_line: &str, documents: &str) -> Found {
        let bytes = format!("{first_line}\n{documents}").into_bytes();
        let size = bytes.len();
        Found { record: Record::decode(bytes).unwrap(), size, seconds_left: Some(30) }
    }

    #[test]
    fn values_are_printed_as_they_are_stored() {
        let header = r#"{"format":2,"life":"00112233445566ff","marks":"","created":5,"saved":7,"timeout":60,"packages":[["cart",23]]}"#;
        let (text, result) = json(&found(header, "{\"a\\n\":1.00,\"b\":[\"\u{e9}\"]}\n"));
        assert_eq!(result, Ok(()));
        let session: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(session["packages"]["cart"]["b"], serde_json::json!(["\u{e9}"]));
        assert_eq!((&session["created"], &session["seconds_left"]), (&5.into(), &30.into()));
        assert!(text.contains("\"a\\n\": 1.00"), "{text}");
    }

    #[test]
    fn a_damaged_package_is_listed_and_the_others_are_printed() {
        let header = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60,"packages":[["bad",4],["good",7]]}"#;
        let (text, result) = json(&found(header, "oops\n{\"a\":1}\n"));
        assert!(matches!(result, Err(RecordError::Damaged(_))));
        let session: Value = serde_json::from_str(&text).unwrap();
        assert!(session["damaged"]["bad"].is_string() && session["packages"].get("bad").is_none(), "{text}");
        assert_eq!(session["packages"]["good"]["a"], 1);
    }

    #[test]
    fn a_pending_change_is_printed_with_its_primary() {
        let pending = r#""pending":{"mark":"00000000000000a1","primary":"ls1:c:1","expects":"01","since":9,"effect":"change","packages":[],"removed":["cart"]}"#;
        let header = format!(
            r#"{{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60,{pending},"packages":[]}}"#
        );
        let session: Value = serde_json::from_str(&json(&found(&header, "")).0).unwrap();
        let expected = serde_json::json!({
            "effect": "change", "primary": "ls1:c:1", "since": 9, "packages": ["cart"],
        });
        assert_eq!(session["pending"], expected);
    }
}
