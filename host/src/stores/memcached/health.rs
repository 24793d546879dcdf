//! Whether a server answers, judged by what it was asked and what was heard from it. No I/O, and no clock: each moment
//! is given.
//!
//! A server is *silent* when calls have waited for it for an eighth of the time that it has for an answer, and nothing
//! came from it meanwhile. It is *away* when several deadlines have passed in that silence. Whatever comes from it
//! ends both at once.

use std::time::Duration;

use tokio::time::Instant;

/// How many deadlines have to pass before a silent server counts as away.
const MISSED_DEADLINES: u32 = 3;

/// What part of the time that a server has for an answer may pass in silence.
const SILENT_PART: u32 = 8;

/// What part of that is granted once more, after the silence was noticed: if it was this process that did not run for a
/// while, the answers are taken in now.
const GRACE_PART: u32 = 8;

/// What is known of a server, and how many wait for it.
#[derive(Debug)]
pub(super) struct Health {
    /// How many calls may wait while it is silent.
    share: usize,
    /// How long it may be silent while calls wait.
    patience: Duration,
    waiting: usize,
    /// Since when calls have been waiting and nothing was heard; `None` while nobody waits.
    quiet_since: Option<Instant>,
    /// When the silence was first noticed.
    noticed: Option<Instant>,
    heard: Option<Instant>,
    /// The deadlines that have passed in this silence.
    missed: u32,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Answering,
    /// Connections fail at once, and so do calls: nobody has to wait, and nobody is held back.
    Unreachable,
    /// It accepts connections at most, and says nothing.
    Away,
}

/// A change in a server's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It can no longer be connected to.
    Lost,
    /// It has not answered for a long time.
    Away,
    /// It answers again.
    Back,
}

/// So many calls wait for a silent server already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crowded(pub(super) usize);

impl Health {
    /// A server that has `io_timeout` for an answer, and for which `share` calls may wait while it is silent.
    pub(super) fn new(share: usize, io_timeout: Duration) -> Self {
        Self {
            share: share.max(1),
            patience: io_timeout / SILENT_PART,
            waiting: 0,
            quiet_since: None,
            noticed: None,
            heard: None,
            missed: 0,
            standing: Standing::Answering,
        }
    }

    /// A call begins to wait, unless too many do.
    pub(super) fn enter(&mut self, now: Instant) -> Result<(), Crowded> {
        let places = self.places(now);
        if self.waiting >= places {
            return Err(Crowded(self.waiting));
        }
        if self.waiting == 0 {
            self.quiet_since = Some(now);
            self.noticed = None;
        }
        self.waiting += 1;
        Ok(())
    }

    /// A call has waited to its end.
    pub(super) fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.quiet_since = None;
        }
    }

    /// A call that waits and need not leaves if too many wait.
    pub(super) fn leave_if_crowded(&mut self, now: Instant) -> Result<(), Crowded> {
        let places = self.places(now);
        if self.waiting <= places {
            return Ok(());
        }
        self.leave();
        Err(Crowded(self.waiting))
    }

    /// When those who wait should look again whether they may.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        let next = match (self.noticed, self.quiet_since) {
            (Some(noticed), _) => noticed + self.grace(),
            (None, Some(since)) => since + self.patience,
            (None, None) => now,
        };
        if next > now { next } else { now + self.patience }
    }

    /// Something came from the server.
    pub(super) fn hear(&mut self, now: Instant) -> Option<Change> {
        self.heard = Some(now);
        self.quiet_since = (self.waiting > 0).then_some(now);
        self.noticed = None;
        self.missed = 0;
        self.stand(Standing::Answering)
    }

    /// A call has waited until its deadline.
    pub(super) fn miss_deadline(&mut self, now: Instant) -> Option<Change> {
        if !self.is_silent(now) {
            return None;
        }
        self.missed += 1;
        if self.missed < MISSED_DEADLINES { None } else { self.stand(Standing::Away) }
    }

    /// A connection could not be made that was begun at this moment; because of a deadline, or for a reason that was
    /// told.
    pub(super) fn fail_to_connect(&mut self, begun: Instant, timed_out: bool) -> Option<Change> {
        // What answers on other connections is there.
        if self.heard.is_some_and(|heard| heard >= begun) {
            return None;
        }
        self.stand(if timed_out { Standing::Away } else { Standing::Unreachable })
    }

    fn stand(&mut self, standing: Standing) -> Option<Change> {
        let before = std::mem::replace(&mut self.standing, standing);
        match (before, standing) {
            (Standing::Answering, Standing::Unreachable) => Some(Change::Lost),
            (Standing::Answering, Standing::Away) => Some(Change::Away),
            (Standing::Unreachable | Standing::Away, Standing::Answering) => Some(Change::Back),
            _ => None,
        }
    }

    /// How many calls may wait.
    fn places(&mut self, now: Instant) -> usize {
        match (self.standing, self.is_silent(now)) {
            (Standing::Away, _) => 1,
            (_, true) => self.share,
            (_, false) => usize::MAX,
        }
    }

    /// Whether it is silent. Who asks first notices, and does not yet hear yes.
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

    /// A server that is silent after a second, of which an eighth is granted once more; and when all begins.
    fn server(share: usize) -> (Health, Instant) {
        (Health::new(share, SECOND * SILENT_PART), Instant::now())
    }

    fn enter(health: &mut Health, now: Instant, calls: usize) -> usize {
        (0..calls).filter(|_| health.enter(now).is_ok()).count()
    }

    /// So many calls have been waiting since `begun`; and a moment at which the server is known to be silent.
    fn silent(health: &mut Health, begun: Instant, calls: usize) -> Instant {
        assert_eq!(enter(health, begun, calls), calls);
        let noticed = begun + SECOND;
        assert!(!health.is_silent(noticed));
        assert!(health.is_silent(noticed + SECOND / GRACE_PART));
        noticed + SECOND / GRACE_PART
    }

    #[test]
    fn any_number_may_wait_for_a_server_that_answers() {
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
    fn silence_counts_from_the_moment_at_which_somebody_waits() {
        let (mut health, now) = server(2);
        health.hear(now);
        let later = now + SECOND * 100;
        assert_eq!(enter(&mut health, later, 1000), 1000);
        assert!(!health.is_silent(later + SECOND / 2));
    }

    #[test]
    fn of_many_who_wait_for_a_silent_server_a_share_stays_and_nobody_comes() {
        let (mut health, begun) = server(2);
        let now = silent(&mut health, begun, 10);
        assert_eq!(health.enter(now), Err(Crowded(10)));
        assert_eq!((0..10).filter(|_| health.leave_if_crowded(now).is_err()).count(), 8);
        assert_eq!(health.enter(now), Err(Crowded(2)));
        health.leave();
        assert_eq!(enter(&mut health, now, 10), 1);
    }

    #[test]
    fn a_share_of_none_is_one() {
        let (mut health, begun) = server(0);
        let now = silent(&mut health, begun, 1);
        assert!(health.leave_if_crowded(now).is_ok());
    }

    #[test]
    fn silence_that_was_noticed_late_is_looked_at_twice() {
        let (mut health, begun) = server(2);
        enter(&mut health, begun, 10);
        let late = begun + SECOND * 60;
        assert_eq!(health.next_look(begun), begun + SECOND);
        assert!(health.leave_if_crowded(late).is_ok());
        assert_eq!(health.next_look(late), late + SECOND / GRACE_PART);
        health.hear(late);
        assert!(health.leave_if_crowded(late + SECOND / GRACE_PART).is_ok());
        assert_eq!(health.next_look(late), late + SECOND);
    }

    #[test]
    fn the_first_answer_ends_the_silence() {
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
    fn deadlines_that_pass_while_others_are_answered_mean_nothing() {
        let (mut health, now) = server(2);
        enter(&mut health, now, 10);
        health.hear(now + SECOND * 8);
        assert!((0..10).all(|_| health.miss_deadline(now + SECOND * 8).is_none()));
    }

    #[test]
    fn a_server_whose_connections_fail_at_once_holds_nobody_back() {
        let (mut health, now) = server(2);
        assert_eq!(health.fail_to_connect(now, false), Some(Change::Lost));
        assert_eq!(health.fail_to_connect(now, false), None);
        assert_eq!(enter(&mut health, now, 1000), 1000);
        assert_eq!(health.hear(now), Some(Change::Back));
    }

    #[test]
    fn a_server_that_does_not_even_say_what_it_is_is_away_until_it_is_found_dead_or_answers() {
        let (mut health, now) = server(2);
        assert_eq!(health.fail_to_connect(now, true), Some(Change::Away));
        assert_eq!(enter(&mut health, now, 10), 1);
        assert_eq!(health.fail_to_connect(now, false), None);
        assert_eq!(enter(&mut health, now, 10), 10);
        assert_eq!(health.hear(now), Some(Change::Back));
    }

    #[test]
    fn a_further_connection_that_fails_says_nothing_about_a_server_that_answers_on_another() {
        let (mut health, now) = server(2);
        health.hear(now + SECOND);
        for timed_out in [true, false] {
            assert_eq!(health.fail_to_connect(now, timed_out), None);
        }
        assert_eq!(enter(&mut health, now + SECOND, 10), 10);
    }
}
