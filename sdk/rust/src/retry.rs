//! Runs work again after conflicts.

use crate::error::Error;
use crate::patience::{Patience, Timer};

/// Why a run failed.
#[derive(Debug)]
pub(crate) enum Failure<E> {
    /// A call on sessions failed, usually the commit.
    Sessions(Error),
    /// The work returned an error.
    Work(E),
}

impl<E> From<Error> for Failure<E> {
    fn from(error: Error) -> Self {
        Self::Sessions(error)
    }
}

/// Calls `run` until it succeeds, fails with an error after which `again` returns `false`, or `patience` is
/// over. An error of the work itself is always final.
pub(crate) fn retry<T, E: From<Error>>(
    mut patience: Patience<impl Timer>,
    again: impl Fn(&Error) -> bool,
    mut run: impl FnMut() -> Result<T, Failure<E>>,
) -> Result<T, E> {
    loop {
        match run() {
            Ok(value) => return Ok(value),
            Err(Failure::Work(refusal)) => return Err(refusal),
            Err(Failure::Sessions(error)) if again(&error) && patience.wait_for_retry() => {}
            Err(Failure::Sessions(error)) => return Err(error.into()),
        }
    }
}

/// Whether another transaction was faster, so that a run on fresh data can succeed.
pub(crate) fn is_conflict(error: &Error) -> bool {
    matches!(error, Error::Conflict(_))
}

/// Whether another transaction was faster, or the session ended, so that the next run is that of a new
/// visitor.
pub(crate) fn is_conflict_or_end(error: &Error) -> bool {
    matches!(error, Error::Conflict(_) | Error::Gone(_) | Error::Ended(_))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bindings::Conflict;
    use crate::patience::tests::TestTimer;

    /// Calls `retry` on work that returns these results in order. Returns its result and the number of
    /// results left.
    fn settle(
        again: fn(&Error) -> bool,
        results: impl IntoIterator<Item = Result<u32, Failure<Error>>>,
    ) -> (Result<u32, Error>, usize) {
        let mut results: Vec<_> = results.into_iter().collect();
        results.reverse();
        let timer = TestTimer::default();
        let patience = Patience::begin(&timer, Duration::from_secs(5));
        let settled = retry(patience, again, || results.pop().unwrap());
        (settled, results.len())
    }

    fn stopped(error: Error) -> Result<u32, Failure<Error>> {
        Err(Failure::Sessions(error))
    }

    fn conflict_in(session: &str) -> Conflict {
        Conflict { container: "shop".to_owned(), session: session.to_owned(), package: None, key: None }
    }

    fn conflict() -> Result<u32, Failure<Error>> {
        stopped(Error::Conflict(Vec::new()))
    }

    #[test]
    fn work_runs_again_after_a_conflict() {
        let (settled, left) = settle(is_conflict, [conflict(), conflict(), Ok(7), Ok(8)]);
        assert_eq!((settled.unwrap(), left), (7, 1));
    }

    #[test]
    fn work_that_conflicts_for_too_long_is_given_up_with_its_last_conflict() {
        let timer = TestTimer::default();
        let patience = Patience::begin(&timer, Duration::from_secs(1));
        let mut runs = 0;
        let settled = retry(patience, is_conflict, || -> Result<(), Failure<Error>> {
            runs += 1;
            Err(Failure::Sessions(Error::Conflict(vec![conflict_in(&runs.to_string())])))
        });
        let Err(Error::Conflict(conflicts)) = settled else { panic!("{settled:?}") };
        assert_eq!(conflicts, [conflict_in(&runs.to_string())]);
        assert_eq!(runs, timer.pauses().len() + 2, "the first run and the second are not paused before");
    }

    #[test]
    fn without_patience_the_first_conflict_is_returned() {
        let timer = TestTimer::default();
        let patience = Patience::begin(&timer, Duration::ZERO);
        let mut results = vec![Ok(7), conflict()];
        let settled = retry(patience, is_conflict, || results.pop().unwrap());
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(results.len(), 1);
    }

    #[test]
    fn work_never_runs_again_when_the_outcome_is_unknown() {
        for again in [is_conflict, is_conflict_or_end] {
            let (settled, left) = settle(again, [stopped(Error::OutcomeUnknown(Vec::new())), Ok(7)]);
            assert!(matches!(settled, Err(Error::OutcomeUnknown(_))));
            assert_eq!(left, 1);
        }
    }

    #[test]
    fn only_a_visitor_s_work_runs_again_after_the_session_ended() {
        for error in [Error::Gone, Error::Ended] {
            let (settled, _) = settle(is_conflict_or_end, [stopped(error(Vec::new())), Ok(7)]);
            assert_eq!(settled.unwrap(), 7);
            let (settled, _) = settle(is_conflict, [stopped(error(Vec::new())), Ok(7)]);
            assert!(matches!(settled, Err(Error::Gone(_) | Error::Ended(_))));
        }
    }

    #[test]
    fn an_error_of_the_work_itself_is_final() {
        let refused = Err(Failure::Work(Error::Conflict(Vec::new())));
        let (settled, left) = settle(is_conflict, [refused, Ok(7)]);
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(left, 1);
    }
}
