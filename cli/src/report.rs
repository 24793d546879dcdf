//! A stored session, written down for a person.

use std::fmt::Write as _;

use lovely_session_core::{Header, PackageText, Pending, Record, RecordError};

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
    let header = found.record.header();
    let packages = found.record.package_names().count();
    let mut lines = vec![
        format!("begun      {} ago", duration(now.saturating_sub(header.created))),
        format!("changed    {} ago", duration(now.saturating_sub(header.saved))),
        format!("time left  {}", time_left(found)),
        format!("size       {}, {}", counted(found.size as u64, "byte"), counted(packages as u64, "package")),
    ];
    lines.extend(state(header, now));
    lines.extend(header.pending.as_deref().map(|pending| what_is_pending(&found.record, pending, now)));
    lines.extend(decisions(header));
    lines.into_iter().map(|line| line + "\n").collect()
}

/// That a session ended, if it did, and where it is now.
fn state(header: &Header, now: u64) -> Option<String> {
    let ended_until = header.ended_until?;
    let rest = ended_until.saturating_sub(now);
    let Some(moved) = &header.moved_to else {
        return Some(if ended_until == 0 {
            "state      over: it timed out, or never began; only its decisions are remembered".to_owned()
        } else {
            format!("state      ended: it was destroyed, which is remembered for another {}", duration(rest))
        });
    };
    let follow = match moved.until.checked_sub(now).filter(|grace| *grace > 0) {
        Some(grace) => format!("requests under this id find it for another {}", duration(grace)),
        None => format!("this id has ended, which is remembered for another {}", duration(rest)),
    };
    Some(format!("state      moved: it got a new id, and is under {}; {follow}", printable(&moved.key)))
}

/// The change that waits for a decision, and where that is taken.
fn what_is_pending(record: &Record, pending: &Pending, now: u64) -> String {
    let since = duration(now.saturating_sub(pending.since));
    if pending.holds() {
        return format!(
            "pending    a decision over several sessions, which is taken here; it began {since} ago"
        );
    }
    let primary = printable(&pending.primary);
    let change = change(record, pending);
    format!("pending    {change}, prepared {since} ago, waits for the decision in {primary}")
}

fn change(record: &Record, pending: &Pending) -> String {
    if pending.begins() {
        "all of the session, which is not there before".to_owned()
    } else if let Some(moved) = pending.moves_to() {
        format!("the move to {}", printable(&moved.key))
    } else if pending.ends() {
        "the end of the session".to_owned()
    } else {
        let names: Vec<_> = record.pending_packages().into_iter().map(printable).collect();
        format!(
            "a change of the {} {}",
            if names.len() == 1 { "package" } else { "packages" },
            names.join(", ")
        )
    }
}

/// The decisions over several sessions that the record remembers, if there are any.
fn decisions(header: &Header) -> Option<String> {
    let decisions = header.decisions();
    let count = decisions.len();
    let mut keys: Vec<_> = decisions.flatten().map(|key| printable(key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let count = (count > 0).then(|| counted(count as u64, "decision"))?;
    let others = if keys.is_empty() { "no other session".to_owned() } else { keys.join(", ") };
    Some(format!("decided    {count} over several sessions, remembered for {others}"))
}

fn time_left(found: &Found) -> String {
    let header = found.record.header();
    let ends = match *header {
        Header { ended_until: Some(_), .. } => "then it is forgotten".to_owned(),
        Header { timeout: 0, .. } => "it never expires".to_owned(),
        Header { timeout, .. } if header.is_kept() => {
            let timeout = duration(timeout.into());
            format!("the store does not expire it; it ends {timeout} after it was changed")
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
            r#"{"format":2,"life":"00112233445566ff","marks":"","created":1700000000,"saved":1700003640,"timeout":3600,"packages":[["cart",21],["empty",2]]}"#,
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
                        size       167 bytes, 2 packages\n\
                        \n\
                        package cart\n  apple = 2\n  b\\n = [1]\n\
                        \n\
                        package empty\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_session_that_never_expires_says_so() {
        let facts = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":0,"packages":[]}"#;
        let (text, _) = report(&found(facts, "", None), NOW);
        assert!(text.contains("time left  it never expires\n"), "{text}");
    }

    #[test]
    fn a_destroyed_session_says_for_how_long_it_is_remembered() {
        let text = told(r#""ended_until":1700003730,"packages":[]"#, "");
        assert!(text.contains("it was destroyed, which is remembered for another 30 seconds\n"), "{text}");
        assert!(text.contains("time left  30 seconds (then it is forgotten)\n"), "{text}");
        let text = told(r#""ended_until":0,"decisions":[["00000000000000a1","ls1:c:1"]],"packages":[]"#, "");
        assert!(text.contains("state      over: it timed out, or never began; only its decisions"), "{text}");
    }

    /// What is told of a session with a timeout of a minute, 30 of whose seconds are left.
    fn told(rest: &str, documents: &str) -> String {
        told_at(NOW, rest, documents)
    }

    fn told_at(now: u64, rest: &str, documents: &str) -> String {
        let known = r#""life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60"#;
        report(&found(&format!("{{\"format\":2,{known},{rest}}}"), documents, Some(30)), now).0
    }

    #[test]
    fn a_session_that_moved_says_where_it_is_and_for_how_long_its_old_id_leads_to_it() {
        let rest = r#""ended_until":1700003790,"moved_to":["ls1:c:00",1700003710],"packages":[]"#;
        let moved = |now| told_at(now, rest, "");
        let line = "state      moved: it got a new id, and is under ls1:c:00; ";
        let found = format!("{line}requests under this id find it for another 10 seconds\n");
        assert!(moved(NOW).contains(&found), "{}", moved(NOW));
        let ended = format!("{line}this id has ended, which is remembered for another 1 minute 20 seconds\n");
        assert!(moved(NOW + 10).contains(&ended), "{}", moved(NOW + 10));
        let without_grace = told(&rest.replace("1700003710", "0"), "");
        assert!(without_grace.contains("; this id has ended, "), "{without_grace}");
    }

    #[test]
    fn a_change_that_is_pending_says_what_it_is_and_where_it_is_decided() {
        let pending = |effect: &str, documents: &str| {
            let known = r#""mark":"00000000000000a1","primary":"ls1:c:1","expects":"01","since":1700003697"#;
            told(&format!(r#""pending":{{{known},{effect}}},"packages":[]"#), documents)
        };
        let waits = "prepared 3 seconds ago, waits for the decision in ls1:c:1\n";
        for (effect, documents, change) in [
            (
                r#""effect":"change","packages":[["user",2]],"removed":["cart"]"#,
                "{}\n",
                "a change of the packages cart, user",
            ),
            (r#""effect":"change","packages":[],"removed":["p\n"]"#, "", "a change of the package p\\n"),
            (r#""effect":"begin""#, "", "all of the session, which is not there before"),
            (r#""effect":"end","ended_until":7"#, "", "the end of the session"),
            (r#""effect":"end","ended_until":7,"moved_to":["ls1:c:2",0]"#, "", "the move to ls1:c:2"),
        ] {
            let (text, line) = (pending(effect, documents), format!("pending    {change}, {waits}"));
            assert!(text.contains(&line), "{line} is not in:\n{text}");
        }
        let text = pending(r#""effect":"hold""#, "");
        assert!(
            text.contains("pending    a decision over several sessions, which is taken here; it began 3 "),
            "{text}"
        );
    }

    #[test]
    fn the_decisions_that_are_remembered_are_told_with_the_sessions_that_they_are_for() {
        let decisions = |list: &str| told(&format!(r#""decisions":{list},"packages":[]"#), "");
        let text = decisions(r#"[["00000000000000a1","ls1:c:2","ls1:c:1"],["00000000000000a0","ls1:c:1"]]"#);
        let line = "decided    2 decisions over several sessions, remembered for ls1:c:1, ls1:c:2\n";
        assert!(text.contains(line), "{text}");
        let text = decisions(r#"[["00000000000000a1"]]"#);
        assert!(
            text.contains("decided    1 decision over several sessions, remembered for no other session\n"),
            "{text}"
        );
        assert!(!decisions("[]").contains("decided"));
    }

    #[test]
    fn a_session_that_the_store_does_not_expire_says_so() {
        let text = told(r#""kept":true,"packages":[]"#, "");
        assert!(
            text.contains("(the store does not expire it; it ends 1 minute after it was changed)"),
            "{text}"
        );
    }

    #[test]
    fn a_damaged_package_is_an_error_and_the_others_are_told() {
        let facts = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60,"packages":[["bad",4],["good",7]]}"#;
        let (text, result) = report(&found(facts, "oops\n{\"a\":1}\n", None), NOW);
        assert!(matches!(result, Err(RecordError::Damaged(_))));
        assert!(text.contains("package bad\n  cannot be read: "), "{text}");
        assert!(text.contains("package good\n  a = 1\n"), "{text}");
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        let facts = r#"{"format":2,"life":"00112233445566ff","marks":"","created":0,"saved":0,"timeout":60,"packages":[["p\u001b[2J",12]]}"#;
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
