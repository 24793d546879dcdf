//! What a record contains beside the data of the session: its end or move, a pending change, and decisions.

use lovely_session_core::{Header, Pending, Record};

use crate::text::{counted, duration, printable};

/// The lines about the state of a session at `now`, in seconds since the Unix epoch; none for a usual session.
pub fn state_lines(record: &Record, now: u64) -> Vec<String> {
    let header = record.header();
    let pending = header.pending.as_deref().map(|pending| pending_line(record, pending, now));
    [ended_line(header, now), pending, decisions_line(header)].into_iter().flatten().collect()
}

/// How the session ended, if it did, and where it moved to.
fn ended_line(header: &Header, now: u64) -> Option<String> {
    let ended_until = header.ended_until?;
    let rest = duration(ended_until.saturating_sub(now));
    let Some(moved) = &header.moved_to else {
        return Some(if ended_until == 0 {
            "state      ended: it expired or never began; the record keeps only its decisions".to_owned()
        } else {
            format!("state      ended: it was destroyed; its tombstone is kept for another {rest}")
        });
    };
    let follow = match moved.until.checked_sub(now).filter(|grace| *grace > 0) {
        Some(grace) => format!("requests with this id find it there for another {}", duration(grace)),
        None => format!("this id has ended; its tombstone is kept for another {rest}"),
    };
    Some(format!("state      moved: it has a new id, with the key {}; {follow}", printable(&moved.key)))
}

/// The pending change, and the primary that has its decision.
fn pending_line(record: &Record, pending: &Pending, now: u64) -> String {
    let since = duration(now.saturating_sub(pending.since));
    if pending.holds() {
        return format!(
            "pending    a commit over several sessions, begun {since} ago; this session is its primary"
        );
    }
    let primary = printable(&pending.primary);
    let change = change(record, pending);
    format!("pending    {change}, prepared {since} ago, waits for the decision in {primary}")
}

fn change(record: &Record, pending: &Pending) -> String {
    if pending.begins() {
        "the creation of the session".to_owned()
    } else if let Some(moved) = pending.moves_to() {
        format!("the move to the key {}", printable(&moved.key))
    } else if pending.ends() {
        "the end of the session".to_owned()
    } else {
        let names: Vec<_> = record.pending_packages().into_iter().map(printable).collect();
        let packages = if names.len() == 1 { "package" } else { "packages" };
        format!("a change of the {packages} {}", names.join(", "))
    }
}

/// The commits over several sessions that were decided in this record, if there are any.
fn decisions_line(header: &Header) -> Option<String> {
    let decisions = header.decisions();
    let count = decisions.len();
    let mut keys: Vec<_> = decisions.flatten().map(|key| printable(key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let count = (count > 0).then(|| counted(count as u64, "commit"))?;
    let others = if keys.is_empty() { "no other session".to_owned() } else { keys.join(", ") };
    Some(format!("decided    {count} over several sessions; kept for {others}"))
}
