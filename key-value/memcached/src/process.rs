//! Which process of a server is meant by a version.
//!
//! memcached counts the versions of its items from 1 in each process, so the same number comes again for
//! another state of a key after a restart. (From 1.6.27 on a client may choose the numbers, `E` in
//! protocol.txt; older servers have no such thing.) So a version names the process as well, as an [`Epoch`],
//! and is compared on no other.

use crate::router::{fnv_1a, spread};

/// The age in seconds, by its own account, at which a process has surely outlived the second in which it
/// started. memcached says 2 when it has just started.
///
/// A process is known by its id and that second. Only one that was replaced within it by another with the same
/// id looks the same.
pub const UNMISTAKABLE_UPTIME: u64 = 5;

/// The bit that tells a made-up epoch from one that names a process.
const MADE_UP: u64 = 1 << 63;

/// Stands for one process of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u64);

impl Epoch {
    /// An epoch for one connection only, of a random number: no process is known by it.
    pub fn made_up(random: u64) -> Self {
        Self(random | MADE_UP)
    }
}

/// What a server says about its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u64,
    /// When it started, in seconds since 1970, by the server's clock.
    pub started: u64,
    /// How many seconds it says it has been running.
    pub uptime: u64,
}

impl Process {
    /// Whether the other may be the same process.
    pub fn looks_like(&self, other: &Self) -> bool {
        (self.id, self.started) == (other.id, other.started)
    }

    /// The epoch that everybody knows this process by, on the server of this address; none while it could still
    /// be mistaken for another.
    pub fn epoch(&self, server: &str) -> Option<Epoch> {
        let parts = [fnv_1a(server.as_bytes()), self.id, self.started];
        let hash = parts.into_iter().fold(0, |hash, part| spread(spread(hash) ^ part));
        (self.uptime >= UNMISTAKABLE_UPTIME).then_some(Epoch(hash & !MADE_UP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: Process = Process { id: 7, started: 1_700_000_000, uptime: 100 };

    #[test]
    fn everybody_knows_a_process_by_the_same_epoch_however_old_it_is() {
        let epoch = PROCESS.epoch("h:1").unwrap();
        let later = Process { uptime: 200, ..PROCESS };
        assert_eq!(later.epoch("h:1"), Some(epoch));
        assert_ne!(Epoch::made_up(epoch.0), epoch);
    }

    #[test]
    fn another_process_is_of_another_epoch() {
        let epochs = [
            PROCESS.epoch("h:1"),
            PROCESS.epoch("h:2"),
            Process { id: 8, ..PROCESS }.epoch("h:1"),
            Process { started: PROCESS.started + 1, ..PROCESS }.epoch("h:1"),
            Process { id: PROCESS.started, started: PROCESS.id, ..PROCESS }.epoch("h:1"),
        ];
        for (place, epoch) in epochs.iter().enumerate() {
            assert!(epochs.iter().skip(place + 1).all(|other| other != epoch));
        }
    }

    #[test]
    fn a_process_that_could_be_mistaken_for_another_has_no_epoch() {
        let young = |uptime| Process { uptime, ..PROCESS };
        assert_eq!(young(UNMISTAKABLE_UPTIME - 1).epoch("h:1"), None);
        assert!(young(UNMISTAKABLE_UPTIME).epoch("h:1").is_some());
    }
}
