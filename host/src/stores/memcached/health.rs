//! Whether a server replies, judged by the calls that wait for it and the bytes that come from it. No I/O, and no clock:
//! each moment is passed in.
//!
//! A server is *silent* when calls have waited for it for an eighth of its timeout and nothing came from it meanwhile. It
//! is *away* when several deadlines have passed in that silence. Any bytes from it end both at once.

use std::time::Duration;

use tokio::time::Instant;

use super::status::ServerState;

/// How many deadlines have to pass before a silent server counts as away.
const MISSED_DEADLINES: u32 = 3;

/// The part of a server's timeout that may pass in silence.
const SILENT_PART: u32 = 8;

/// The part of that which is granted once more after the silence was noticed: if it was this process that did not run
/// for a while, the replies are read now.
const GRACE_PART: u32 = 8;

/// The state of a server, and how many calls wait for it.
#[derive(Debug)]
pub(super) struct Health {
    /// How many calls may wait while it is silent.
    max_waiting: usize,
    /// How long it may be silent while calls wait.
    patience: Duration,
    waiting: usize,
    /// Since when calls have been waiting and nothing came; `None` while no call waits.
    quiet_since: Option<Instant>,
    /// When the silence was first noticed.
    noticed: Option<Instant>,
    heard: Option<Instant>,
    /// The deadlines that have passed in this silence.
    missed: u32,
    state: State,
    /// Since when it is in this state.
    entered: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Replying,
    /// Connections fail at once, and so do calls, so their number is not limited.
    Unreachable,
    /// It accepts connections at most, and sends nothing.
    Away,
}

/// A change of a server's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It can no longer be connected to.
    Lost,
    /// It has not replied for a long time.
    Away,
    /// It replies again.
    Back,
}

/// This many calls wait for a silent server already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crowded(pub(super) usize);

impl Health {
    /// A server with this timeout, for which `max_waiting` calls may wait while it is silent; 0 counts as 1.
    pub(super) fn new(max_waiting: usize, io_timeout: Duration) -> Self {
        Self {
            max_waiting: max_waiting.max(1),
            patience: io_timeout / SILENT_PART,
            waiting: 0,
            quiet_since: None,
            noticed: None,
            heard: None,
            missed: 0,
            state: State::Replying,
            entered: Instant::now(),
        }
    }

    /// The state to show, and since when it is that.
    pub(super) fn state(&self, now: Instant) -> (ServerState, Instant) {
        let silent_since = self.quiet_since.filter(|since| now >= *since + self.patience + self.grace());
        match (self.state, silent_since) {
            (State::Unreachable | State::Away, _) => (ServerState::Away, self.entered),
            (State::Replying, Some(since)) => (ServerState::Silent, since),
            (State::Replying, None) => (ServerState::Connected, self.entered),
        }
    }

    /// A call begins to wait, unless all slots are taken.
    pub(super) fn enter(&mut self, now: Instant) -> Result<(), Crowded> {
        let slots = self.slots(now);
        if self.waiting >= slots {
            return Err(Crowded(self.waiting));
        }
        if self.waiting == 0 {
            self.quiet_since = Some(now);
            self.noticed = None;
        }
        self.waiting += 1;
        Ok(())
    }

    /// A call no longer waits.
    pub(super) fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.quiet_since = None;
        }
    }

    /// A call that waits, and need not, leaves if more wait than there are slots.
    pub(super) fn leave_if_crowded(&mut self, now: Instant) -> Result<(), Crowded> {
        let slots = self.slots(now);
        if self.waiting <= slots {
            return Ok(());
        }
        self.leave();
        Err(Crowded(self.waiting))
    }

    /// When the calls that wait should check again whether they may.
    pub(super) fn next_check(&self, now: Instant) -> Instant {
        let next = match (self.noticed, self.quiet_since) {
            (Some(noticed), _) => noticed + self.grace(),
            (None, Some(since)) => since + self.patience,
            (None, None) => now,
        };
        if next > now { next } else { now + self.patience }
    }

    /// Bytes came from the server.
    pub(super) fn hear(&mut self, now: Instant) -> Option<Change> {
        self.heard = Some(now);
        self.quiet_since = (self.waiting > 0).then_some(now);
        self.noticed = None;
        self.missed = 0;
        self.enter_state(State::Replying, now)
    }

    /// A call has waited until its deadline.
    pub(super) fn miss_deadline(&mut self, now: Instant) -> Option<Change> {
        if !self.is_silent(now) {
            return None;
        }
        self.missed += 1;
        if self.missed < MISSED_DEADLINES { None } else { self.enter_state(State::Away, now) }
    }

    /// A connection could not be made that was begun at this moment; because of a timeout, or of an error.
    pub(super) fn fail_to_connect(
        &mut self,
        begun: Instant,
        timed_out: bool,
        now: Instant,
    ) -> Option<Change> {
        // It replies on other connections.
        if self.heard.is_some_and(|heard| heard >= begun) {
            return None;
        }
        self.enter_state(if timed_out { State::Away } else { State::Unreachable }, now)
    }

    fn enter_state(&mut self, state: State, now: Instant) -> Option<Change> {
        let before = std::mem::replace(&mut self.state, state);
        if (before == State::Replying) != (state == State::Replying) {
            self.entered = now;
        }
        match (before, state) {
            (State::Replying, State::Unreachable) => Some(Change::Lost),
            (State::Replying, State::Away) => Some(Change::Away),
            (State::Unreachable | State::Away, State::Replying) => Some(Change::Back),
            _ => None,
        }
    }

    /// How many calls may wait.
    fn slots(&mut self, now: Instant) -> usize {
        match (self.state, self.is_silent(now)) {
            (State::Away, _) => 1,
            (_, true) => self.max_waiting,
            (_, false) => usize::MAX,
        }
    }

    /// Whether it is silent. The first check after the time has passed only records the moment, and returns false.
    fn is_silent(&mut self, now: Instant) -> bool {
        if self.quiet_since.is_none_or(|since| now < since + self.patience) {
            return false;
        }
        let noticed = *self.noticed.get_or_insert(now);
        now >= noticed + self.grace()
    }

    fn grace(&self) -> Duration {
        self.patience / GRACE_PART
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A server that is silent after a second, of which an eighth is granted once more; and the first moment.
    fn server(max_waiting: usize) -> (Health, Instant) {
        (Health::new(max_waiting, SECOND * SILENT_PART), Instant::now())
    }

    fn enter(health: &mut Health, now: Instant, calls: usize) -> usize {
        (0..calls).filter(|_| health.enter(now).is_ok()).count()
    }

    /// This many calls have been waiting since `begun`. Returns a moment at which the server is known to be silent.
    fn silent(health: &mut Health, begun: Instant, calls: usize) -> Instant {
        assert_eq!(enter(health, begun, calls), calls);
        let noticed = begun + SECOND;
        assert!(!health.is_silent(noticed));
        assert!(health.is_silent(noticed + SECOND / GRACE_PART));
        noticed + SECOND / GRACE_PART
    }

    #[test]
    fn any_number_may_wait_for_a_server_that_replies() {
        let (mut health, now) = server(2);
        assert_eq!(enter(&mut health, now, 1000), 1000);
        for second in 1..10 {
            let now = now + SECOND * second;
            assert!(health.leave_if_crowded(now).is_ok());
            assert_eq!(health.hear(now), None);
            assert_eq!(enter(&mut health, now + SECOND * 9 / 10, 1000), 1000);
        }
    }

    #[test]
    fn silence_counts_from_the_moment_at_which_a_call_waits() {
        let (mut health, now) = server(2);
        health.hear(now);
        let later = now + SECOND * 100;
        assert_eq!(enter(&mut health, later, 1000), 1000);
        assert!(!health.is_silent(later + SECOND / 2));
    }

    #[test]
    fn a_limited_number_of_calls_waits_for_a_silent_server() {
        let (mut health, begun) = server(2);
        let now = silent(&mut health, begun, 10);
        assert_eq!(health.enter(now), Err(Crowded(10)));
        assert_eq!((0..10).filter(|_| health.leave_if_crowded(now).is_err()).count(), 8);
        assert_eq!(health.enter(now), Err(Crowded(2)));
        health.leave();
        assert_eq!(enter(&mut health, now, 10), 1);
    }

    #[test]
    fn a_limit_of_zero_is_one() {
        let (mut health, begun) = server(0);
        let now = silent(&mut health, begun, 1);
        assert!(health.leave_if_crowded(now).is_ok());
    }

    #[test]
    fn silence_that_was_noticed_late_is_checked_twice() {
        let (mut health, begun) = server(2);
        enter(&mut health, begun, 10);
        let late = begun + SECOND * 60;
        assert_eq!(health.next_check(begun), begun + SECOND);
        assert!(health.leave_if_crowded(late).is_ok());
        assert_eq!(health.next_check(late), late + SECOND / GRACE_PART);
        health.hear(late);
        assert!(health.leave_if_crowded(late + SECOND / GRACE_PART).is_ok());
        assert_eq!(health.next_check(late), late + SECOND);
    }

    #[test]
    fn the_first_reply_ends_the_silence() {
        let (mut health, begun) = server(2);
        let now = silent(&mut health, begun, 10);
        assert_eq!(health.hear(now), None);
        assert_eq!(enter(&mut health, now, 1000), 1000);
    }

    #[test]
    fn a_server_that_misses_several_deadlines_in_silence_is_away_and_one_call_may_wait() {
        let (mut health, begun) = server(2);
        let now = silent(&mut health, begun, 3);
        let changes: Vec<_> = (0..4).map(|_| health.miss_deadline(now)).collect();
        assert_eq!(changes, [None, None, Some(Change::Away), None]);
        assert_eq!(health.enter(now), Err(Crowded(3)));
        (0..3).for_each(|_| health.leave());
        assert_eq!(enter(&mut health, now, 10), 1);
        assert_eq!(health.hear(now), Some(Change::Back));
        assert_eq!(enter(&mut health, now, 1000), 1000);
    }

    #[test]
    fn deadlines_that_pass_while_other_replies_come_mean_nothing() {
        let (mut health, now) = server(2);
        enter(&mut health, now, 10);
        health.hear(now + SECOND * 8);
        assert!((0..10).all(|_| health.miss_deadline(now + SECOND * 8).is_none()));
    }

    #[test]
    fn any_number_may_try_a_server_whose_connections_fail_at_once() {
        let (mut health, now) = server(2);
        assert_eq!(health.fail_to_connect(now, false, now), Some(Change::Lost));
        assert_eq!(health.fail_to_connect(now, false, now), None);
        assert_eq!(enter(&mut health, now, 1000), 1000);
        assert_eq!(health.hear(now), Some(Change::Back));
    }

    #[test]
    fn a_server_that_times_out_in_the_handshake_is_away_until_it_refuses_connections_or_replies() {
        let (mut health, now) = server(2);
        assert_eq!(health.fail_to_connect(now, true, now), Some(Change::Away));
        assert_eq!(enter(&mut health, now, 10), 1);
        assert_eq!(health.fail_to_connect(now, false, now), None);
        assert_eq!(enter(&mut health, now, 10), 10);
        assert_eq!(health.hear(now), Some(Change::Back));
    }

    #[test]
    fn the_state_is_shown_with_the_moment_at_which_it_began() {
        let (mut health, begun) = server(2);
        assert_eq!(health.state(begun), (ServerState::Connected, health.entered));
        let now = silent(&mut health, begun, 3);
        assert_eq!(health.state(now), (ServerState::Silent, begun));
        (0..3).for_each(|_| _ = health.miss_deadline(now));
        assert_eq!(health.state(now), (ServerState::Away, now));
        let later = now + SECOND;
        health.fail_to_connect(later, false, later);
        assert_eq!(health.state(later), (ServerState::Away, now));
        health.hear(later);
        assert_eq!(health.state(later), (ServerState::Connected, later));
        health.hear(later + SECOND);
        assert_eq!(health.state(later + SECOND), (ServerState::Connected, later));
    }

    #[test]
    fn a_connection_that_fails_says_nothing_about_a_server_that_replies_on_another() {
        let (mut health, now) = server(2);
        health.hear(now + SECOND);
        for timed_out in [true, false] {
            assert_eq!(health.fail_to_connect(now, timed_out, now), None);
        }
        assert_eq!(enter(&mut health, now + SECOND, 10), 10);
    }
}
