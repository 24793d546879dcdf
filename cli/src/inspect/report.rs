//! The report about a stored session.

use std::fmt::Write as _;

use lovely_session_core::{Header, PackageText, Record, RecordError};

use super::state::state_lines;
use crate::text::{counted, duration, printable};

/// A session as the store returned it.
#[derive(Debug)]
pub struct Found {
    /// Its record.
    pub record: Record,
    /// The size of the record in bytes.
    pub size: usize,
    /// The remaining lifetime of the record in seconds; `None` if it does not expire, or the store does not tell.
    pub seconds_left: Option<u32>,
}

/// Describes a session at `now`, in seconds since the Unix epoch.
///
/// A damaged package does not hide the others: the text contains its error in place of its entries, and the result is
/// the first of these errors.
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
    let header = found.record.header();
    let packages = found.record.package_names().count();
    let mut lines = vec![
        format!("begun      {} ago", duration(now.saturating_sub(header.created))),
        format!("changed    {} ago", duration(now.saturating_sub(header.saved))),
        format!("time left  {}", time_left(found)),
        format!("size       {}, {}", counted(found.size as u64, "byte"), counted(packages as u64, "package")),
    ];
    lines.extend(state_lines(&found.record, now));
    lines.into_iter().map(|line| line + "\n").collect()
}

fn time_left(found: &Found) -> String {
    let header = found.record.header();
    let ends = match *header {
        Header { ended_until: Some(_), .. } => "then the record is deleted".to_owned(),
        Header { timeout: 0, .. } => "it never expires".to_owned(),
        Header { timeout, .. } if header.is_kept() => {
            let timeout = duration(timeout.into());
            format!("the store does not expire it; it ends {timeout} after the last change")
        }
        Header { timeout, .. } => format!("it ends after {} without activity", duration(timeout.into())),
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_003_700;

    fn found(first_line: &str, documents: &str, seconds_left: Option<u32>) -> Found {
        let bytes = format!("{first_line}\n{documents}").into_bytes();
        let size = bytes.len();
        Found { record: Record::decode(bytes).expect("the test's record is valid"), size, seconds_left }
    }

    fn cart() -> Found {
        found(
            r#"{"format":2,"life":"00112233445566ff","marks":"","created":1700000000,"saved":1700003640,"timeout":3600,"packages":[["cart",21],["empty",2]]}"#,
            "{\"apple\":2,\"b\\n\":[1]}\n{}\n",
            Some(3540),
        )
    }

    #[test]
    fn the_report_has_the_age_the_remaining_lifetime_and_the_packages() {
        let (text, result) = report(&cart(), NOW);
        assert_eq!(result, Ok(()));
        let expected = "begun      1 hour 1 minute ago\n\
                        changed    1 minute ago\n\
                        time left  59 minutes (it ends after 1 hour without activity)\n\
                        size       167 bytes, 2 packages\n\
                        \n\
                        package cart\n  apple = 2\n  b\\n = [1]\n\
                        \n\
                        package empty\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_report_says_that_a_session_never_expires() {
        let header = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":0,"packages":[]}"#;
        let (text, _) = report(&found(header, "", None), NOW);
        assert!(text.contains("time left  it never expires\n"), "{text}");
    }

    #[test]
    fn the_report_says_how_long_a_tombstone_is_kept() {
        let text = text_of(r#""ended_until":1700003730,"packages":[]"#, "");
        assert!(text.contains("it was destroyed; its tombstone is kept for another 30 seconds\n"), "{text}");
        assert!(text.contains("time left  30 seconds (then the record is deleted)\n"), "{text}");
        let text =
            text_of(r#""ended_until":0,"decisions":[["00000000000000a1","ls1:c:1"]],"packages":[]"#, "");
        assert!(
            text.contains(
                "state      ended: it expired or never began; the record keeps only its decisions\n"
            ),
            "{text}"
        );
    }

    /// The report about a session with a timeout of a minute, of which 30 seconds remain.
    fn text_of(rest: &str, documents: &str) -> String {
        text_at(NOW, rest, documents)
    }

    fn text_at(now: u64, rest: &str, documents: &str) -> String {
        let known = r#""life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60"#;
        report(&found(&format!("{{\"format\":2,{known},{rest}}}"), documents, Some(30)), now).0
    }

    #[test]
    fn the_report_says_where_a_session_moved_and_how_long_its_old_id_works() {
        let rest = r#""ended_until":1700003790,"moved_to":["ls1:c:00",1700003710],"packages":[]"#;
        let moved = |now| text_at(now, rest, "");
        let line = "state      moved: it has a new id, with the key ls1:c:00; ";
        let found = format!("{line}requests with this id find it there for another 10 seconds\n");
        assert!(moved(NOW).contains(&found), "{}", moved(NOW));
        let ended =
            format!("{line}this id has ended; its tombstone is kept for another 1 minute 20 seconds\n");
        assert!(moved(NOW + 10).contains(&ended), "{}", moved(NOW + 10));
        let without_grace = text_of(&rest.replace("1700003710", "0"), "");
        assert!(without_grace.contains("; this id has ended; "), "{without_grace}");
    }

    #[test]
    fn the_report_describes_a_pending_change_and_names_its_primary() {
        let pending = |effect: &str, documents: &str| {
            let known = r#""mark":"00000000000000a1","primary":"ls1:c:1","expects":"01","since":1700003697"#;
            text_of(&format!(r#""pending":{{{known},{effect}}},"packages":[]"#), documents)
        };
        let waits = "prepared 3 seconds ago, waits for the decision in ls1:c:1\n";
        for (effect, documents, change) in [
            (
                r#""effect":"change","packages":[["user",2]],"removed":["cart"]"#,
                "{}\n",
                "a change of the packages cart, user",
            ),
            (r#""effect":"change","packages":[],"removed":["p\n"]"#, "", "a change of the package p\\n"),
            (r#""effect":"begin""#, "", "the creation of the session"),
            (r#""effect":"end","ended_until":7"#, "", "the end of the session"),
            (r#""effect":"end","ended_until":7,"moved_to":["ls1:c:2",0]"#, "", "the move to the key ls1:c:2"),
        ] {
            let (text, line) = (pending(effect, documents), format!("pending    {change}, {waits}"));
            assert!(text.contains(&line), "{line} is not in:\n{text}");
        }
        let text = pending(r#""effect":"hold""#, "");
        assert!(text.contains("pending    a commit over several sessions, begun 3 seconds ago; "), "{text}");
    }

    #[test]
    fn the_report_counts_decisions_and_names_the_sessions_that_need_them() {
        let decisions = |list: &str| text_of(&format!(r#""decisions":{list},"packages":[]"#), "");
        let text = decisions(r#"[["00000000000000a1","ls1:c:2","ls1:c:1"],["00000000000000a0","ls1:c:1"]]"#);
        let line = "decided    2 commits over several sessions; kept for ls1:c:1, ls1:c:2\n";
        assert!(text.contains(line), "{text}");
        let text = decisions(r#"[["00000000000000a1"]]"#);
        assert!(
            text.contains("decided    1 commit over several sessions; kept for no other session\n"),
            "{text}"
        );
        assert!(!decisions("[]").contains("decided"));
    }

    #[test]
    fn the_report_says_that_the_store_does_not_expire_a_session() {
        let text = text_of(r#""kept":true,"packages":[]"#, "");
        assert!(
            text.contains("(the store does not expire it; it ends 1 minute after the last change)"),
            "{text}"
        );
    }

    #[test]
    fn a_damaged_package_is_an_error_and_the_others_are_printed() {
        let header = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60,"packages":[["bad",4],["good",7]]}"#;
        let (text, result) = report(&found(header, "oops\n{\"a\":1}\n", None), NOW);
        assert!(matches!(result, Err(RecordError::Damaged(_))));
        assert!(text.contains("package bad\n  cannot be read: "), "{text}");
        assert!(text.contains("package good\n  a = 1\n"), "{text}");
    }

    #[test]
    fn control_characters_are_escaped() {
        let header = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60,"packages":[["p\u001b[2J",12]]}"#;
        let (text, _) = report(&found(header, "{\"a\":\n\"\u{9b}x\"}\n", None), NOW);
        assert!(!text.replace('\n', "").contains(char::is_control), "{text:?}");
    }
}
