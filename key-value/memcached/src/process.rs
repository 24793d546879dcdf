//! The process of a server that a version belongs to.
//!
//! memcached counts the versions of its items from 1 in each process, so after a restart the same number stands for
//! another state of a key. (From 1.6.27 on a client may choose the numbers, `E` in protocol.txt; older servers cannot.)
//! So a version names the process as well, as an [`Epoch`], and is compared by no other process.

use crate::router::{fnv_1a, spread};

/// The uptime in seconds, as the process reports it, at which a process has surely outlived the second in which it
/// started. memcached reports 2 when it has just started.
///
/// A process is known by its id and that second. Only a process that was replaced within that second, by another with
/// the same id, looks the same.
pub const UNMISTAKABLE_UPTIME: u64 = 5;

/// The bit that marks a random epoch, which names no process.
const RANDOM: u64 = 1 << 63;

/// Stands for one process of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u64);

impl Epoch {
    /// An epoch for one connection only, from a random number. It names no process.
    pub fn random(number: u64) -> Self {
        Self(number | RANDOM)
    }
}

/// What a server reports about its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u64,
    /// When it started, in seconds since 1970, by the server's clock.
    pub started: u64,
    /// How many seconds it has been running.
    pub uptime: u64,
}

impl Process {
    /// Whether the other may be the same process.
    pub fn looks_like(&self, other: &Self) -> bool {
        (self.id, self.started) == (other.id, other.started)
    }

    /// The epoch of this process, on the server of this address. Everybody computes the same. `None` while the process
    /// could still be mistaken for another.
    pub fn epoch(&self, server: &str) -> Option<Epoch> {
        let parts = [fnv_1a(server.as_bytes()), self.id, self.started];
        let hash = parts.into_iter().fold(0, |hash, part| spread(spread(hash) ^ part));
        (self.uptime >= UNMISTAKABLE_UPTIME).then_some(Epoch(hash & !RANDOM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: Process = Process { id: 7, started: 1_700_000_000, uptime: 100 };

    #[test]
    fn the_epoch_of_a_process_does_not_change() {
        let epoch = PROCESS.epoch("h:1").unwrap();
        let later = Process { uptime: 200, ..PROCESS };
        assert_eq!(later.epoch("h:1"), Some(epoch));
        assert_ne!(Epoch::random(epoch.0), epoch);
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
        for (position, epoch) in epochs.iter().enumerate() {
            assert!(epochs.iter().skip(position + 1).all(|other| other != epoch));
        }
    }

    #[test]
    fn a_process_that_could_be_mistaken_for_another_has_no_epoch() {
        let young = |uptime| Process { uptime, ..PROCESS };
        assert_eq!(young(UNMISTAKABLE_UPTIME - 1).epoch("h:1"), None);
        assert!(young(UNMISTAKABLE_UPTIME).epoch("h:1").is_some());
    }
}
