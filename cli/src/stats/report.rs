//! The statistics of servers, for people.

use std::fmt::Write as _;

use lovely_session_host::{ServerStatistics, Statistics};

use crate::text::{bytes, counted, duration};

/// What a server does not tell.
const UNTOLD: &str = "unknown";

/// A block of lines for each server.
pub fn report(servers: &[ServerStatistics]) -> String {
    let blocks: Vec<_> = servers.iter().map(block).collect();
    blocks.join("\n")
}

fn block(server: &ServerStatistics) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", server.name);
    match &server.statistics {
        Ok(statistics) => write_statistics(&mut text, statistics),
        Err(error) => {
            let _ = writeln!(text, "  state        does not tell its statistics: {error}");
        }
    }
    text
}

fn write_statistics(text: &mut String, statistics: &Statistics) {
    let lines = [
        ("state", "replies".to_owned()),
        ("version", version(statistics)),
        ("items", counted_or_unknown(statistics.items)),
        ("memory", memory(statistics)),
        ("hit rate", hit_rate(statistics)),
        ("evictions", counted_or_unknown(statistics.evictions)),
        (
            "connections",
            of(statistics.curr_connections, statistics.max_connections, |count| count.to_string()),
        ),
        (
            "item size",
            statistics.item_size_max.map_or(UNTOLD.to_owned(), |size| format!("at most {}", bytes(size))),
        ),
    ];
    for (name, value) in lines {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    let limitations = statistics.limitations();
    if limitations.is_empty() {
        let _ = writeln!(text, "  limits       nothing that it tells limits sessions but the item size");
    }
    for limitation in limitations {
        let _ = writeln!(text, "  limits       {limitation}");
    }
}

fn version(statistics: &Statistics) -> String {
    let version = statistics.version.as_deref().unwrap_or(UNTOLD);
    match statistics.uptime {
        Some(uptime) => format!("{version}, has been running for {}", duration(uptime.as_secs())),
        None => version.to_owned(),
    }
}

fn memory(statistics: &Statistics) -> String {
    let memory = of(statistics.bytes, statistics.limit_maxbytes, bytes);
    match statistics.memory_used() {
        Some(used) => format!("{memory} ({})", percent(used)),
        None => memory,
    }
}

fn hit_rate(statistics: &Statistics) -> String {
    let reads =
        statistics.get_hits.zip(statistics.get_misses).map(|(hits, misses)| hits.saturating_add(misses));
    match (statistics.hit_rate(), reads) {
        (Some(rate), Some(reads)) => format!("{} of {}", percent(rate), counted(reads, "read")),
        (None, Some(_)) => "no reads so far".to_owned(),
        _ => UNTOLD.to_owned(),
    }
}

fn of(part: Option<u64>, whole: Option<u64>, shown: fn(u64) -> String) -> String {
    let shown = |number: Option<u64>| number.map_or(UNTOLD.to_owned(), shown);
    format!("{} of {}", shown(part), shown(whole))
}

fn counted_or_unknown(count: Option<u64>) -> String {
    count.map_or(UNTOLD.to_owned(), |count| count.to_string())
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_server_is_described_with_what_limits_sessions_there() {
        let statistics = Statistics {
            version: Some("1.6.18".into()),
            uptime: Some(Duration::from_secs(90)),
            items: Some(3),
            bytes: Some(32 << 20),
            limit_maxbytes: Some(64 << 20),
            get_hits: Some(3),
            get_misses: Some(1),
            evictions: Some(7),
            curr_connections: Some(2),
            max_connections: Some(1024),
            item_size_max: Some(1 << 20),
            ..Statistics::default()
        };
        let text = report(&[ServerStatistics { name: "h:1".into(), statistics: Ok(statistics) }]);
        let expected = "h:1\n  state        replies\n  version      1.6.18, has been running for 1 minute 30 seconds\n  \
                        items        3\n  memory       32.0 MiB of 64.0 MiB (50.0 %)\n  \
                        hit rate     75.0 % of 4 reads\n  evictions    7\n  connections  2 of 1024\n  \
                        item size    at most 1.0 MiB\n  limits       7 entries were evicted ";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn what_a_server_does_not_tell_is_unknown() {
        let text = report(&[ServerStatistics { name: "h:1".into(), statistics: Ok(Statistics::default()) }]);
        assert!(text.contains("hit rate     unknown\n"), "{text}");
        assert!(text.contains("memory       unknown of unknown\n"), "{text}");
    }
}
