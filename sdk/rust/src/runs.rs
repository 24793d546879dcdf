//! Runs something that may have to run again.

use crate::error::Error;
use crate::waiting::{Patience, Waiting};

/// Why a run of work came to nothing.
#[derive(Debug)]
pub(crate) enum Stopped<E> {
    /// The sessions failed, at the commit above all.
    Sessions(Error),
    /// The work itself gave up.
    Work(E),
}

impl<E> From<Error> for Stopped<E> {
    fn from(error: Error) -> Self {
        Self::Sessions(error)
    }
}

/// Runs `run` until it succeeds or fails for good, or `patience` is over. `again` says after which errors of the sessions
/// another run can do better. What the work itself answers is always final.
pub(crate) fn until_settled<T, E: From<Error>>(
    mut patience: Patience<impl Waiting>,
    again: impl Fn(&Error) -> bool,
    mut run: impl FnMut() -> Result<T, Stopped<E>>,
) -> Result<T, E> {
    loop {
        match run() {
            Ok(value) => return Ok(value),
            Err(Stopped::Work(refusal)) => return Err(refusal),
            Err(Stopped::Sessions(error)) if again(&error) && patience.allows_another_run() => {}
            Err(Stopped::Sessions(error)) => return Err(error.into()),
        }
    }
}

/// Another request was faster: fresh data are there to run on.
pub(crate) fn after_a_conflict(error: &Error) -> bool {
    matches!(error, Error::Conflict(_))
}

/// As [`after_a_conflict`], or the session is there no longer: the next run is that of a new visitor.
pub(crate) fn after_a_conflict_or_an_end(error: &Error) -> bool {
    matches!(error, Error::Conflict(_) | Error::Gone(_) | Error::Ended(_))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bindings::Conflict;
    use crate::waiting::tests::TestWorld;

    /// Runs what returns these results one after the other. Returns how it ended, and how many results were left.
    fn settle(
        again: fn(&Error) -> bool,
        results: impl IntoIterator<Item = Result<u32, Stopped<Error>>>,
    ) -> (Result<u32, Error>, usize) {
        let mut results: Vec<_> = results.into_iter().collect();
        results.reverse();
        let world = TestWorld::default();
        let patience = Patience::begin(&world, Duration::from_secs(5));
        let settled = until_settled(patience, again, || results.pop().unwrap());
        (settled, results.len())
    }

    fn stopped(error: Error) -> Result<u32, Stopped<Error>> {
        Err(Stopped::Sessions(error))
    }

    fn conflict_in(session: &str) -> Conflict {
        Conflict { container: "shop".to_owned(), session: session.to_owned(), package: None, key: None }
    }

    fn conflict() -> Result<u32, Stopped<Error>> {
        stopped(Error::Conflict(Vec::new()))
    }

    #[test]
    fn work_runs_again_after_a_conflict() {
        let (settled, left) = settle(after_a_conflict, [conflict(), conflict(), Ok(7), Ok(8)]);
        assert_eq!((settled.unwrap(), left), (7, 1));
    }

    #[test]
    fn work_that_conflicts_for_too_long_is_given_up_with_its_last_conflict() {
        let world = TestWorld::default();
        let patience = Patience::begin(&world, Duration::from_secs(1));
        let mut runs = 0;
        let settled = until_settled(patience, after_a_conflict, || -> Result<(), Stopped<Error>> {
            runs += 1;
            Err(Stopped::Sessions(Error::Conflict(vec![conflict_in(&runs.to_string())])))
        });
        let Err(Error::Conflict(conflicts)) = settled else { panic!("{settled:?}") };
        assert_eq!(conflicts, [conflict_in(&runs.to_string())]);
        assert_eq!(runs, world.pauses().len() + 2, "the first run and the second are not paused before");
    }

    #[test]
    fn who_has_no_patience_sees_the_first_conflict() {
        let world = TestWorld::default();
        let patience = Patience::begin(&world, Duration::ZERO);
        let mut results = vec![Ok(7), conflict()];
        let settled = until_settled(patience, after_a_conflict, || results.pop().unwrap());
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(results.len(), 1);
    }

    #[test]
    fn work_never_runs_again_when_the_outcome_is_unknown() {
        for again in [after_a_conflict, after_a_conflict_or_an_end] {
            let (settled, left) = settle(again, [stopped(Error::OutcomeUnknown(Vec::new())), Ok(7)]);
            assert!(matches!(settled, Err(Error::OutcomeUnknown(_))));
            assert_eq!(left, 1);
        }
    }

    #[test]
    fn only_a_visitor_s_work_runs_again_after_the_session_ended() {
        for error in [Error::Gone, Error::Ended] {
            let (settled, _) = settle(after_a_conflict_or_an_end, [stopped(error(Vec::new())), Ok(7)]);
            assert_eq!(settled.unwrap(), 7);
            let (settled, _) = settle(after_a_conflict, [stopped(error(Vec::new())), Ok(7)]);
            assert!(matches!(settled, Err(Error::Gone(_) | Error::Ended(_))));
        }
    }

    #[test]
    fn what_the_work_itself_answers_is_final() {
        let refused = Err(Stopped::Work(Error::Conflict(Vec::new())));
        let (settled, left) = settle(after_a_conflict, [refused, Ok(7)]);
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(left, 1);
    }
}
