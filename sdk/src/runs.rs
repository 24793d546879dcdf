//! Runs something that may have to run again.

use crate::error::Error;

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

/// Runs `run` until it succeeds or fails for good, at most `max_reruns` times more than once. `again` says after which
/// errors of the sessions another run can do better. What the work itself answers is always final.
pub(crate) fn until_settled<T, E: From<Error>>(
    max_reruns: u32,
    again: impl Fn(&Error) -> bool,
    mut run: impl FnMut() -> Result<T, Stopped<E>>,
) -> Result<T, E> {
    let mut reruns_left = max_reruns;
    loop {
        match run() {
            Ok(value) => return Ok(value),
            Err(Stopped::Work(refusal)) => return Err(refusal),
            Err(Stopped::Sessions(error)) if reruns_left == 0 || !again(&error) => return Err(error.into()),
            Err(Stopped::Sessions(_)) => reruns_left -= 1,
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
    use super::*;

    /// Runs what answers these one after the other; gives how it ended, and how many answers were left.
    fn settle(
        max_reruns: u32,
        again: fn(&Error) -> bool,
        answers: impl IntoIterator<Item = Result<u32, Stopped<Error>>>,
    ) -> (Result<u32, Error>, usize) {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        let settled = until_settled(max_reruns, again, || answers.pop().unwrap());
        (settled, answers.len())
    }

    fn stopped(error: Error) -> Result<u32, Stopped<Error>> {
        Err(Stopped::Sessions(error))
    }

    fn conflict() -> Result<u32, Stopped<Error>> {
        stopped(Error::Conflict(Vec::new()))
    }

    #[test]
    fn work_runs_again_after_a_conflict() {
        let (settled, left) = settle(10, after_a_conflict, [conflict(), conflict(), Ok(7), Ok(8)]);
        assert_eq!((settled.unwrap(), left), (7, 1));
    }

    #[test]
    fn work_that_always_conflicts_is_given_up() {
        let (settled, left) = settle(2, after_a_conflict, [conflict(), conflict(), conflict(), Ok(7)]);
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(left, 1);
        let (settled, left) = settle(0, after_a_conflict, [conflict(), Ok(7)]);
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(left, 1);
    }

    #[test]
    fn work_never_runs_again_when_the_outcome_is_unknown() {
        for again in [after_a_conflict, after_a_conflict_or_an_end] {
            let (settled, left) = settle(10, again, [stopped(Error::OutcomeUnknown(Vec::new())), Ok(7)]);
            assert!(matches!(settled, Err(Error::OutcomeUnknown(_))));
            assert_eq!(left, 1);
        }
    }

    #[test]
    fn only_a_visitor_s_work_runs_again_after_the_session_ended() {
        for error in [Error::Gone, Error::Ended] {
            let (settled, _) = settle(10, after_a_conflict_or_an_end, [stopped(error(Vec::new())), Ok(7)]);
            assert_eq!(settled.unwrap(), 7);
            let (settled, _) = settle(10, after_a_conflict, [stopped(error(Vec::new())), Ok(7)]);
            assert!(matches!(settled, Err(Error::Gone(_) | Error::Ended(_))));
        }
    }

    #[test]
    fn what_the_work_itself_answers_is_final() {
        let refused = Err(Stopped::Work(Error::Conflict(Vec::new())));
        let (settled, left) = settle(10, after_a_conflict, [refused, Ok(7)]);
        assert!(matches!(settled, Err(Error::Conflict(_))));
        assert_eq!(left, 1);
    }
}
