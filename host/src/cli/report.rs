//! A stored session, written down for a person.

use std::fmt::Write as _;

use lovely_session_core::{Facts, PackageText, Record, RecordError};

/// What is known of a session from the store.
#[derive(Debug)]
pub struct Found {
    /// Its record.
    pub record: Record,
    /// The size of the record in bytes.
    pub size: usize,
    /// The seconds that it will stay in the store, if it ends and the store tells.
    pub seconds_left: Option<u32>,
}

/// Writes a session down. `now` is in seconds since the Unix epoch.
///
/// Packages that cannot be read are told apart from the others, and the first
/// error is given back with the text.
pub fn report(found: &Found, now: u64) -> (String, Result<(), RecordError>) {
    let mut text = head(found, now);
    let mut result = Ok(());
    for name in found.record.package_names() {
        // Writing to a string cannot fail, here and below.
        let _ = write!(text, "\npackage {}\n", printable(name));
        match found.record.package(name) {
            Ok(Some(package)) => write_entries(&mut text, package),
            Ok(None) => {}
            Err(error) => {
                let _ = writeln!(text, "  cannot be read: {error}");
                result = result.and(Err(error));
            }
        }
    }
    (text, result)
}

fn head(found: &Found, now: u64) -> String {
    let facts = found.record.facts();
    let packages = found.record.package_names().count();
    let mut lines = vec![
        format!("begun      {} ago", duration(now.saturating_sub(facts.created))),
        format!("changed    {} ago", duration(now.saturating_sub(facts.saved))),
        format!("time left  {}", time_left(found)),
        format!("size       {}, {}", counted(found.size as u64, "byte"), counted(packages as u64, "package")),
    ];
    lines.extend(state(facts, now));
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What is special about a session, if anything is.
fn state(facts: &Facts, now: u64) -> Option<String> {
    if let Some((_, until)) = facts.moved_to.as_ref().filter(|(_, until)| now < *until) {
        let rest = duration(until.saturating_sub(now));
        return Some(format!(
            "state      moved: it got a new id; requests under this one find it for another {rest}"
        ));
    }
    if let Some(until) = facts.ended_until {
        let rest = duration(until.saturating_sub(now));
        return Some(format!(
            "state      ended: it was destroyed or got a new id, which is remembered for another {rest}"
        ));
    }
    let from = facts.moved_from.as_ref()?;
    let from = printable(from);
    Some(format!(
        "state      it got a new id, and does not count while a session is still stored under {from}"
    ))
}

fn time_left(found: &Found) -> String {
    let ends = match *found.record.facts() {
        Facts { ended_until: Some(_), .. } => "then it is forgotten".to_owned(),
        Facts { timeout: 0, .. } => "it never expires".to_owned(),
        Facts { timeout, .. } => format!("it ends after {} without activity", duration(timeout.into())),
    };
    match found.seconds_left {
        Some(seconds) => format!("{} ({ends})", duration(seconds.into())),
        None => ends,
    }
}

fn write_entries(text: &mut String, package: PackageText<'_>) {
    for (key, value) in package.entries() {
        let _ = writeln!(text, "  {} = {}", printable(key), printable(value));
    }
}

/// One line without control characters: sessions hold what visitors typed, and
/// a terminal must not obey it.
fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

fn counted(count: u64, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// A number of seconds in its two largest units.
fn duration(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(counted(count, name));
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { counted(seconds, "second") } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_003_700;

    fn found(first_line: &str, documents: &str, seconds_left: Option<u32>) -> Found {
        let bytes = format!("{first_line}\n{documents}").into_bytes();
        let size = bytes.len();
        Found { record: Record::decode(bytes).expect("the test's record is whole"), size, seconds_left }
    }

    fn cart() -> Found {
        found(
            r#"{"format":1,"nonces":"","created":1700000000,"saved":1700003640,"timeout":3600,"packages":[["cart",21],["empty",2]]}"#,
            "{\"apple\":2,\"b\\n\":[1]}\n{}\n",
            Some(3540),
        )
    }

    #[test]
    fn a_session_is_told_with_its_packages_keys_values_age_and_time_left() {
        let (text, result) = report(&cart(), NOW);
        assert_eq!(result, Ok(()));
        let expected = "begun      1 hour 1 minute ago\n\
                        changed    1 minute ago\n\
                        time left  59 minutes (it ends after 1 hour without activity)\n\
                        size       142 bytes, 2 packages\n\
                        \n\
                        package cart\n  apple = 2\n  b\\n = [1]\n\
                        \n\
                        package empty\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_session_that_never_expires_says_so() {
        let facts = r#"{"format":1,"nonces":"","created":0,"saved":0,"timeout":0,"packages":[]}"#;
        let (text, _) = report(&found(facts, "", None), NOW);
        assert!(text.contains("time left  it never expires\n"), "{text}");
    }

    #[test]
    fn a_destroyed_session_says_for_how_long_it_is_remembered() {
        let facts = r#"{"format":1,"nonces":"","created":0,"saved":0,"timeout":60,"ended_until":1700003730,"packages":[]}"#;
        let (text, _) = report(&found(facts, "", Some(30)), NOW);
        assert!(
            text.contains("it was destroyed or got a new id, which is remembered for another 30 seconds\n"),
            "{text}"
        );
        assert!(text.contains("time left  30 seconds (then it is forgotten)\n"), "{text}");
    }

    #[test]
    fn a_session_that_moved_with_a_grace_says_for_how_long_its_old_id_leads_to_it() {
        let facts = r#"{"format":1,"nonces":"","created":0,"saved":0,"timeout":60,"ended_until":1700003790,"moved_to":["ls1:c:00",1700003710],"packages":[]}"#;
        let moved = |now| report(&found(facts, "", Some(90)), now).0;
        assert!(
            moved(NOW).contains("requests under this one find it for another 10 seconds\n"),
            "{}",
            moved(NOW)
        );
        assert!(
            moved(NOW + 10).contains("remembered for another 1 minute 20 seconds\n"),
            "{}",
            moved(NOW + 10)
        );
    }

    #[test]
    fn a_damaged_package_is_an_error_and_the_others_are_told() {
        let facts = r#"{"format":1,"nonces":"","created":0,"saved":0,"timeout":60,"packages":[["bad",4],["good",7]]}"#;
        let (text, result) = report(&found(facts, "oops\n{\"a\":1}\n", None), NOW);
        assert!(matches!(result, Err(RecordError::Damaged(_))));
        assert!(text.contains("package bad\n  cannot be read: "), "{text}");
        assert!(text.contains("package good\n  a = 1\n"), "{text}");
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        let facts =
            r#"{"format":1,"nonces":"","created":0,"saved":0,"timeout":60,"packages":[["p\u001b[2J",12]]}"#;
        let (text, _) = report(&found(facts, "{\"a\":\n\"\u{9b}x\"}\n", None), NOW);
        assert!(!text.replace('\n', "").contains(char::is_control), "{text:?}");
    }

    #[test]
    fn durations_are_told_in_their_two_largest_units() {
        assert_eq!(duration(0), "0 seconds");
        assert_eq!(duration(1), "1 second");
        assert_eq!(duration(3_600), "1 hour");
        assert_eq!(duration(3_601), "1 hour");
        assert_eq!(duration(90_061), "1 day 1 hour");
        assert_eq!(duration(125), "2 minutes 5 seconds");
    }
}
