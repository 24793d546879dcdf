//! What a server tells about itself: memcached's `stats` and `stats settings`.

mod limits;

use std::time::Duration;

pub use self::limits::Limitation;
use crate::shown::shown;

/// The statistics and settings of a server. A field is `None` when the server does not tell it, or tells something that
/// is not of its type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Its version, with control characters escaped, and cut to 60 characters.
    pub version: Option<String>,
    /// How long its process has been running.
    pub uptime: Option<Duration>,
    /// The items that it has now.
    pub items: Option<u64>,
    /// The bytes that they take.
    pub bytes: Option<u64>,
    /// The most bytes that items may take (memcached's option `-m`).
    pub limit_maxbytes: Option<u64>,
    /// The reads since the start that found an item.
    pub get_hits: Option<u64>,
    /// The reads since the start that found none.
    pub get_misses: Option<u64>,
    /// The items that were removed since the start before their lifetime was over, to make room.
    pub evictions: Option<u64>,
    /// The writes since the start that failed because there was no memory for them.
    pub store_no_memory: Option<u64>,
    /// The open connections.
    pub curr_connections: Option<u64>,
    /// The most open connections (`-c`).
    pub max_connections: Option<u64>,
    /// The connections since the start that were refused because there were too many.
    pub rejected_connections: Option<u64>,
    /// How often since the start the server stopped accepting connections because there were too many.
    pub listen_disabled_num: Option<u64>,
    /// The most bytes of one item, with its key and header (`-I`).
    pub item_size_max: Option<u64>,
    /// Whether items are removed to make room. If not (`-M`), writes fail when the memory is full.
    pub evicts: Option<bool>,
    /// Whether expired items are removed in the background (`lru_crawler`). If not, they take memory until they are read
    /// or evicted.
    pub removes_expired: Option<bool>,
    /// Whether items that are used are kept apart from those that are not (`lru_maintainer`, `lru_segmented`).
    pub keeps_used_items: Option<bool>,
    /// Whether memory moves between items of different sizes (`slab_automove`).
    pub moves_memory: Option<bool>,
    /// After how long without a command the server closes a connection (`idle_timeout`); zero if never.
    pub idle_timeout: Option<Duration>,
}

impl Statistics {
    /// Reads the `STAT` lines among the replies of a server, for example those to the
    /// [`HANDSHAKE`](crate::HANDSHAKE). Other lines are ignored.
    pub fn parse(replies: &[u8]) -> Self {
        let text = String::from_utf8_lossy(replies);
        let mut statistics = Self::default();
        let lines = text.lines().filter_map(|line| line.strip_prefix("STAT ")?.split_once(' '));
        lines.for_each(|(name, value)| statistics.set(name, value));
        statistics
    }

    fn set(&mut self, name: &str, value: &str) {
        let number = || value.parse::<u64>().ok();
        match name {
            "version" => self.version = Some(shown(value)),
            "uptime" => self.uptime = number().map(Duration::from_secs),
            "curr_items" => self.items = number(),
            "bytes" => self.bytes = number(),
            "limit_maxbytes" => self.limit_maxbytes = number(),
            "get_hits" => self.get_hits = number(),
            "get_misses" => self.get_misses = number(),
            "evictions" => match value {
                // The setting has the name of the statistic.
                "on" | "off" => self.evicts = Some(value == "on"),
                _ => self.evictions = number(),
            },
            "store_no_memory" => self.store_no_memory = number(),
            "curr_connections" => self.curr_connections = number(),
            "max_connections" => self.max_connections = number(),
            "rejected_connections" => self.rejected_connections = number(),
            "listen_disabled_num" => self.listen_disabled_num = number(),
            "item_size_max" => self.item_size_max = number(),
            _ => self.set_policy(name, value),
        }
    }

    /// Sets what says how items and connections are removed.
    fn set_policy(&mut self, name: &str, value: &str) {
        let is_yes = match value {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        match name {
            "lru_crawler" => self.removes_expired = is_yes,
            "lru_maintainer_thread" | "lru_segmented" => {
                self.keeps_used_items = is_yes.map(|is_yes| is_yes && self.keeps_used_items.unwrap_or(true));
            }
            "slab_automove" => self.moves_memory = value.parse::<u64>().ok().map(|mode| mode > 0),
            "idle_timeout" => self.idle_timeout = value.parse().ok().map(Duration::from_secs),
            _ => {}
        }
    }

    /// The part of the reads since the start that found an item, from 0 to 1; `None` before the first read.
    pub fn hit_rate(&self) -> Option<f64> {
        let (hits, misses) = (self.get_hits?, self.get_misses?);
        let reads = hits.saturating_add(misses);
        (reads > 0).then(|| hits as f64 / reads as f64)
    }

    /// The part of the memory that items take, from 0 to 1.
    pub fn memory_used(&self) -> Option<f64> {
        part(self.bytes?, self.limit_maxbytes?)
    }

    /// The part of the connections that is open, from 0 to 1.
    pub fn connections_used(&self) -> Option<f64> {
        part(self.curr_connections?, self.max_connections?)
    }
}

fn part(of: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| of as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistics_and_the_settings_are_read_from_their_lines() {
        let replies = "VERSION 1.6.18\r\nSTAT version 1.6.18\r\nSTAT uptime 60\r\nSTAT get_hits 3\r\n\
                       STAT get_misses 1\r\nSTAT bytes 50\r\nSTAT limit_maxbytes 100\r\nSTAT evictions 7\r\nEND\r\n\
                       STAT evictions off\r\nSTAT lru_maintainer_thread no\r\nSTAT lru_segmented yes\r\n\
                       STAT lru_crawler yes\r\nSTAT slab_automove 0\r\nEND\r\nMN\r\n";
        let statistics = Statistics::parse(replies.as_bytes());
        let expected = Statistics {
            version: Some("1.6.18".into()),
            uptime: Some(Duration::from_secs(60)),
            get_hits: Some(3),
            get_misses: Some(1),
            bytes: Some(50),
            limit_maxbytes: Some(100),
            evictions: Some(7),
            evicts: Some(false),
            removes_expired: Some(true),
            keeps_used_items: Some(false),
            moves_memory: Some(false),
            ..Statistics::default()
        };
        assert_eq!(statistics, expected);
        assert_eq!((statistics.hit_rate(), statistics.memory_used()), (Some(0.75), Some(0.5)));
    }

    #[test]
    fn what_a_server_does_not_tell_is_none() {
        let statistics =
            Statistics::parse(b"STAT curr_items many\r\nSTAT limit_maxbytes 0\r\nSTAT bytes 1\r\n");
        assert_eq!((statistics.items, statistics.hit_rate(), statistics.memory_used()), (None, None, None));
        assert_eq!(statistics.evictions, None);
    }

    #[test]
    fn the_version_reaches_no_terminal_unescaped() {
        let version = Statistics::parse(b"STAT version \x1b[31m1\r\n").version.unwrap();
        assert_eq!(version, "\\u{1b}[31m1");
    }
}
