//! What limits sessions on a server, judged by its statistics and settings.

use std::time::Duration;

use super::Statistics;

/// From this part of the memory on, it counts as full: memcached keeps some free in every class of sizes.
const FULL: f64 = 0.9;

/// From this part of the connections on, they are close to their limit.
const CROWDED: f64 = 0.8;

/// memcached's default for the size of an item. A server with a smaller one was set so.
const USUAL_ITEM_BYTES: u64 = 1024 * 1024;

/// Something that limits sessions on a server. The text says what it means for sessions, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limitation {
    /// Sessions were removed before their lifetime was over.
    #[error(
        "{0} entries were evicted since the server's start, and sessions with them; give it more memory (`-m`), or add servers"
    )]
    Evicting(u64),
    /// The memory is nearly full, and the server will evict.
    #[error("its memory is nearly full; it will evict entries soon, so give it more (`-m`), or add servers")]
    Filling,
    /// The memory may not be made free by evictions (`-M`), and is nearly full.
    #[error(
        "its memory is nearly full and it may not evict (`-M`): writes of sessions fail; give it more memory (`-m`), or add servers"
    )]
    Full,
    /// The server may not evict (`-M`).
    #[error("it may not evict (`-M`): writes of sessions fail once its memory is full")]
    MayNotEvict,
    /// Writes failed for lack of memory.
    #[error("{0} writes failed since the server's start because it had no memory; give it more (`-m`)")]
    NoMemory(u64),
    /// The connections are near their limit.
    #[error(
        "{open} of {limit} connections are open; raise the limit (`-c`), or use fewer hosts or connections"
    )]
    FewConnections {
        /// The open connections.
        open: u64,
        /// The most open connections.
        limit: u64,
    },
    /// Connections were refused, or not accepted, because there were too many.
    #[error("connections reached their limit {0} times since the server's start; raise it (`-c`)")]
    RefusedConnections(u64),
    /// Items may be smaller than by memcached's default.
    #[error("a session may take {0} bytes at most, fewer than by memcached's default; raise it (`-I`)")]
    SmallItems(u64),
    /// Expired items stay until they are read or evicted.
    #[error("expired sessions stay in its memory, and live ones are evicted for them (`no_lru_crawler`)")]
    KeepsExpired,
    /// Items are evicted whether they are used or not.
    #[error(
        "it evicts sessions that are used as soon as those that are not (`no_lru_maintainer`, `lru_segmented`)"
    )]
    ForgetsUsed,
    /// Memory does not move between sizes.
    #[error(
        "memory does not move between entries of different sizes (`slab_automove=0`), so some are evicted early"
    )]
    FixedMemory,
    /// Idle connections are closed.
    #[error(
        "it closes connections after {0:?} without a command (`idle_timeout`), and requests wait for new ones"
    )]
    ClosesIdle(Duration),
}

impl Statistics {
    /// What limits sessions on this server, the most urgent first. Empty when nothing is known to.
    pub fn limitations(&self) -> Vec<Limitation> {
        let positive = |count: Option<u64>| count.filter(|count| *count > 0);
        let refused = self.rejected_connections.unwrap_or(0).max(self.listen_disabled_num.unwrap_or(0));
        let no = |setting: Option<bool>, limitation| (setting == Some(false)).then_some(limitation);
        [
            self.memory(),
            positive(self.store_no_memory).map(Limitation::NoMemory),
            self.connections(),
            positive(Some(refused)).map(Limitation::RefusedConnections),
            self.item_size_max.filter(|size| *size < USUAL_ITEM_BYTES).map(Limitation::SmallItems),
            no(self.removes_expired, Limitation::KeepsExpired),
            no(self.keeps_used_items, Limitation::ForgetsUsed),
            no(self.moves_memory, Limitation::FixedMemory),
            self.idle_timeout.filter(|timeout| !timeout.is_zero()).map(Limitation::ClosesIdle),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn memory(&self) -> Option<Limitation> {
        let is_full = self.memory_used().is_some_and(|used| used >= FULL);
        match (self.evicts, self.evictions) {
            (Some(false), _) => Some(if is_full { Limitation::Full } else { Limitation::MayNotEvict }),
            (_, Some(evictions)) if evictions > 0 => Some(Limitation::Evicting(evictions)),
            _ => is_full.then_some(Limitation::Filling),
        }
    }

    fn connections(&self) -> Option<Limitation> {
        let (open, limit) = (self.curr_connections?, self.max_connections?);
        let is_crowded = self.connections_used().is_some_and(|used| used >= CROWDED);
        is_crowded.then_some(Limitation::FewConnections { open, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limitations(statistics: Statistics) -> Vec<Limitation> {
        statistics.limitations()
    }

    #[test]
    fn a_server_with_its_defaults_and_free_memory_limits_nothing() {
        let usual = Statistics {
            bytes: Some(10),
            limit_maxbytes: Some(100),
            evictions: Some(0),
            curr_connections: Some(2),
            max_connections: Some(1024),
            item_size_max: Some(1024 * 1024),
            evicts: Some(true),
            removes_expired: Some(true),
            keeps_used_items: Some(true),
            moves_memory: Some(true),
            idle_timeout: Some(Duration::ZERO),
            ..Statistics::default()
        };
        assert_eq!(limitations(usual), []);
        assert_eq!(limitations(Statistics::default()), []);
    }

    #[test]
    fn memory_that_is_full_is_told_by_what_the_server_does_then() {
        let memory = |bytes, evicts, evictions| {
            limitations(Statistics {
                bytes: Some(bytes),
                limit_maxbytes: Some(100),
                evicts: Some(evicts),
                evictions: Some(evictions),
                ..Statistics::default()
            })
        };
        assert_eq!(memory(95, true, 0), [Limitation::Filling]);
        assert_eq!(memory(50, true, 3), [Limitation::Evicting(3)]);
        assert_eq!(memory(95, false, 0), [Limitation::Full]);
        assert_eq!(memory(50, false, 0), [Limitation::MayNotEvict]);
    }

    #[test]
    fn connections_and_settings_that_limit_sessions_are_told() {
        let odd = Statistics {
            curr_connections: Some(90),
            max_connections: Some(100),
            rejected_connections: Some(2),
            listen_disabled_num: Some(5),
            item_size_max: Some(16384),
            removes_expired: Some(false),
            keeps_used_items: Some(false),
            moves_memory: Some(false),
            idle_timeout: Some(Duration::from_secs(9)),
            store_no_memory: Some(1),
            ..Statistics::default()
        };
        let expected = [
            Limitation::NoMemory(1),
            Limitation::FewConnections { open: 90, limit: 100 },
            Limitation::RefusedConnections(5),
            Limitation::SmallItems(16384),
            Limitation::KeepsExpired,
            Limitation::ForgetsUsed,
            Limitation::FixedMemory,
            Limitation::ClosesIdle(Duration::from_secs(9)),
        ];
        assert_eq!(limitations(odd), expected);
    }
}
