//! Commit: how the changes of a transaction reach the store.
//!
//! Everything is checked before anything is sent. Then all writes go out in one batch, each conditional on
//! the version that was loaded. What lost a race, or was sent without an answer, is read again in one batch
//! (`task` decides what that means, `merge` whether both changes fit together) and written again. This is
//! the one place where records are written.

mod image;
mod merge;
mod task;

use alloc::rc::Rc;
use alloc::vec::Vec;

use self::task::{Round, Task, Verdict};
use crate::container::Expiry;
use crate::environment::{Environment, Outcome, StoreError, Write};
use crate::error::{Error, SessionName, SessionOutcome};
use crate::record::Nonce;
use crate::transaction::{Phase, Shared, State};

/// How often a commit writes before it gives up with a conflict. A round is lost only when another commit won
/// it, so all of them together always get on; with 64 that write one session at once, losing so many rounds in
/// a row has a chance of one in millions.
const MAX_ROUNDS: usize = 1000;

/// How often a commit goes on after writes that got no answer. Each may have waited for the store's deadline.
const MAX_UNANSWERED: usize = 4;

/// How often a batch that lost a race is read again: once, and once more each time that a session turns out
/// to have moved to a fresh id.
const MAX_RECHECKS: usize = 4;

/// Commits; see [`crate::Transaction::commit`].
pub fn commit<E: Environment>(shared: &Rc<Shared<E>>) -> Result<(), Error> {
    let mut tasks = shared.open(|state| {
        let tasks = Task::plan(state);
        if tasks.is_empty() {
            state.finish();
        }
        Ok(tasks)
    })?;
    if tasks.is_empty() {
        return Ok(());
    }
    let environment = &*shared.environment;
    let round = Round { nonce: Nonce::fresh(environment), now: environment.now() };
    // Everything is checked before anything is sent: one record over its limit, and the transaction is as
    // open as before.
    let writes =
        shared.wait(|state| tasks.iter().map(|task| task.write(state, &round)).collect::<Result<_, _>>())?;
    let rounds = run(shared, &mut tasks, &round, writes)?;
    let mut state = shared.state.try_borrow_mut().map_err(|_| Error::Busy)?;
    let result = conclude(&tasks, &state);
    if rounds == 1 && matches!(result, Err(Error::TooLarge { .. })) && state.phase == Phase::Waiting {
        state.phase = Phase::Open;
    } else {
        state.finish();
    }
    result
}

/// Writes until every task is done or one has failed; answers after how many rounds that was.
fn run<E: Environment>(
    shared: &Shared<E>,
    tasks: &mut [Task],
    round: &Round,
    first: Vec<Write>,
) -> Result<usize, Error> {
    let mut writes = first;
    let (mut rounds, mut unanswered) = (0, 0);
    while !writes.is_empty() && rounds < MAX_ROUNDS && unanswered < MAX_UNANSWERED {
        rounds += 1;
        let outcomes = send(shared, tasks, round, writes);
        settle(shared, tasks, outcomes);
        unanswered += usize::from(tasks.iter().any(Task::is_unanswered));
        for _ in 0..MAX_RECHECKS {
            recheck(shared, tasks, round)?;
        }
        writes = next_writes(shared, tasks, round)?;
    }
    let cleanups: Vec<Write> = {
        let state = shared.state.try_borrow().map_err(|_| Error::Busy)?;
        let failed = tasks.iter().any(Task::has_failed);
        tasks.iter_mut().for_each(|task| task.give_up(failed, &state));
        tasks.iter().filter_map(|task| task.cleanup(&state)).collect()
    };
    if !cleanups.is_empty() {
        // What cannot be removed now does not count as a session, and expires by itself.
        let _ = shared.environment.write_many(cleanups);
    }
    Ok(rounds)
}

/// The writes of the tasks that are not done yet. A record that outgrew its limit by merging fails its task.
fn next_writes<E>(shared: &Shared<E>, tasks: &mut [Task], round: &Round) -> Result<Vec<Write>, Error> {
    let state = shared.state.try_borrow().map_err(|_| Error::Busy)?;
    let mut writes = Vec::new();
    for task in tasks.iter_mut() {
        if task.is_active() && !task.still_needed(&state) {
            task.finish(Verdict::Applied);
        }
        if task.is_active() {
            match task.write(&state, round) {
                Ok(write) => writes.push(write),
                Err(error) => task.finish(Verdict::Failed(error)),
            }
        }
    }
    Ok(if tasks.iter().any(Task::has_failed) { Vec::new() } else { writes })
}

/// Sends one batch. A store that turns out to know no expiry gets it once more without.
fn send<E: Environment>(
    shared: &Shared<E>,
    tasks: &[Task],
    round: &Round,
    writes: Vec<Write>,
) -> Result<Vec<Outcome>, StoreError> {
    let environment = &*shared.environment;
    let error = match environment.write_many(writes) {
        Err(error @ StoreError::Unsupported(_)) => error,
        result => return result,
    };
    let again = {
        let Ok(state) = shared.state.try_borrow() else { return Err(error) };
        let mut learned = false;
        for session in tasks.iter().filter(|task| task.is_active()).filter_map(|task| task.session(&state)) {
            learned |= session.settings.expiry.replace(Expiry::RecordAlone) != Expiry::RecordAlone;
        }
        if !learned {
            return Err(error);
        }
        tasks
            .iter()
            .filter(|task| task.is_active())
            .filter_map(|task| task.write(&state, round).ok())
            .collect()
    };
    environment.write_many(again)
}

/// Tells each active task what became of its write.
fn settle<E>(shared: &Shared<E>, tasks: &mut [Task], outcomes: Result<Vec<Outcome>, StoreError>) {
    let active = tasks.iter_mut().filter(|task| task.is_active());
    let Ok(state) = shared.state.try_borrow() else { return };
    match outcomes {
        Ok(outcomes) => {
            // An answer that is missing is an answer that was not seen.
            let outcomes = outcomes.into_iter().chain(core::iter::repeat(Outcome::Unknown));
            active.zip(outcomes).for_each(|(task, outcome)| task.settle(outcome, &state));
        }
        Err(error) => active.for_each(|task| task.refuse(&error)),
    }
}

/// Reads again what lost a race or got no answer, in one batch, and lets each task decide.
fn recheck<E: Environment>(shared: &Shared<E>, tasks: &mut [Task], round: &Round) -> Result<(), Error> {
    let mut doubtful: Vec<&mut Task> = tasks.iter_mut().filter(|task| task.is_doubtful()).collect();
    if doubtful.is_empty() {
        return Ok(());
    }
    let keys = {
        let state = shared.state.try_borrow().map_err(|_| Error::Busy)?;
        doubtful.iter().map(|task| task.key(&state)).collect()
    };
    let entries = shared.environment.get_many(keys, None);
    let mut state = shared.state.try_borrow_mut().map_err(|_| Error::Busy)?;
    match entries {
        Ok(entries) => {
            for (task, entry) in doubtful.iter_mut().zip(entries) {
                task.recheck(entry, &mut state, round);
            }
        }
        Err(error) => doubtful.iter_mut().for_each(|task| task.refuse(&error)),
    }
    Ok(())
}

/// The answer to the application.
fn conclude(tasks: &[Task], state: &State) -> Result<(), Error> {
    let outcomes = || tasks.iter().filter_map(Task::outcome);
    if outcomes().all(|outcome| outcome == SessionOutcome::Applied) {
        return Ok(());
    }
    let mut reports: Vec<(SessionName, SessionOutcome)> = Vec::with_capacity(tasks.len());
    for task in tasks {
        if let (Some(session), Some(outcome)) = (task.session(state), task.outcome()) {
            reports.push((session.name(), outcome));
        }
    }
    if outcomes().any(|outcome| outcome == SessionOutcome::Applied) {
        return Err(Error::Partial(reports));
    }
    for (wanted, error) in [
        (SessionOutcome::Unknown, Error::OutcomeUnknown as fn(_) -> _),
        (SessionOutcome::Ended, Error::Ended as fn(_) -> _),
        (SessionOutcome::Gone, Error::Gone as fn(_) -> _),
    ] {
        if outcomes().any(|outcome| outcome == wanted) {
            reports.retain(|(_, outcome)| *outcome == wanted);
            return Err(error(reports.into_iter().map(|(name, _)| name).collect()));
        }
    }
    let mut conflicts = Vec::new();
    for verdict in tasks.iter().filter_map(Task::verdict) {
        match verdict {
            Verdict::Failed(error) => return Err(error.clone()),
            Verdict::Conflict(found) => conflicts.extend_from_slice(found),
            Verdict::Applied | Verdict::Lost(_) => {}
        }
    }
    Err(Error::Conflict(conflicts))
}
