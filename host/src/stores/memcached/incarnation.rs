//! The process of a server, as far as this store has seen it.
//!
//! Until a process was seen to outlive the second in which it started, each connection counts as one to a new process.

use std::hash::{BuildHasher, RandomState};

use lovely_session_memcached::{Epoch, Process, UNMISTAKABLE_UPTIME};

/// The process that the latest connection was made to.
#[derive(Debug, Default)]
pub(super) struct Incarnation {
    latest: Option<(Process, Epoch)>,
}

impl Incarnation {
    /// The epoch of a connection that has just been made to `process`.
    pub(super) fn epoch(&mut self, process: Process) -> Epoch {
        match self.latest {
            Some((latest, epoch)) if self.is_unmistakable() && latest.looks_like(&process) => epoch,
            _ => {
                // Random, so that no two epochs are the same.
                let epoch = Epoch(RandomState::new().hash_one(()));
                self.latest = Some((process, epoch));
                epoch
            }
        }
    }

    /// The epoch of a further connection to the latest process, if that is known.
    pub(super) fn next_epoch(&self) -> Option<Epoch> {
        self.latest.filter(|_| self.is_unmistakable()).map(|(_, epoch)| epoch)
    }

    /// Whether further connections to the latest process would be of the same epoch.
    fn is_unmistakable(&self) -> bool {
        self.latest.is_some_and(|(latest, _)| latest.uptime >= UNMISTAKABLE_UPTIME)
    }

    /// Records that the process of this epoch had been running for `uptime` seconds when it sent a reply.
    pub(super) fn was_alive(&mut self, epoch: Epoch, uptime: u64) {
        if let Some((latest, latest_epoch)) = &mut self.latest
            && *latest_epoch == epoch
        {
            latest.uptime = latest.uptime.max(uptime);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: u64, started: u64, uptime: u64) -> Process {
        Process { id, started, uptime }
    }

    #[test]
    fn connections_to_one_process_are_of_one_epoch() {
        let mut incarnation = Incarnation::default();
        let epoch = incarnation.epoch(process(1, 1000, 50));
        assert_eq!(incarnation.epoch(process(1, 1000, 51)), epoch);
    }

    #[test]
    fn another_process_is_of_another_epoch() {
        let mut incarnation = Incarnation::default();
        let epoch = incarnation.epoch(process(1, 1000, 50));
        let other_id = incarnation.epoch(process(2, 1000, 50));
        let other_start = incarnation.epoch(process(2, 1001, 50));
        let back_again = incarnation.epoch(process(1, 1000, 50));
        assert!(![other_id, other_start, back_again].contains(&epoch));
        assert_ne!(other_id, other_start);
    }

    #[test]
    fn a_process_that_looks_the_same_but_was_only_seen_in_its_first_second_is_of_another_epoch() {
        let mut incarnation = Incarnation::default();
        let epoch = incarnation.epoch(process(1, 1000, 2));
        assert!(!incarnation.is_unmistakable());
        assert_ne!(incarnation.epoch(process(1, 1000, 2)), epoch);
    }

    #[test]
    fn a_process_that_was_seen_to_outlive_its_first_second_keeps_its_epoch() {
        let mut incarnation = Incarnation::default();
        let epoch = incarnation.epoch(process(1, 1000, 2));
        incarnation.was_alive(epoch, 3);
        assert!(!incarnation.is_unmistakable());
        incarnation.was_alive(epoch, 60);
        assert!(incarnation.is_unmistakable());
        assert_eq!(incarnation.epoch(process(1, 1000, 61)), epoch);
    }

    #[test]
    fn a_reply_of_an_earlier_process_proves_nothing_about_the_latest() {
        let mut incarnation = Incarnation::default();
        let earlier = incarnation.epoch(process(1, 1000, 2));
        incarnation.epoch(process(1, 1000, 2));
        incarnation.was_alive(earlier, 60);
        assert!(!incarnation.is_unmistakable());
    }
}
