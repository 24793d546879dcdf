//! Counters that several clients increment while the network and the server fail.
//!
//! Each transaction adds one to the counter of a session, by `add` or by `get` and `set`, and its name to the log of
//! the session. So the log has the transactions that were applied, and the counter shows whether they were applied
//! completely and one after another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lovely_session_tests::app::{CallResult, Error};
use tokio::task::JoinSet;

use super::soak::{ROUND, soak};
use super::trouble::Trouble;
use lovely_session_tests::random::Random;

const CLIENTS: usize = 6;
const SESSIONS: [&str; 3] = ["hot", "hotter", "hottest"];

/// A transaction: the session that it increments, and its name in the log.
type Operation = (&'static str, String);

/// The results of an application's transactions.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Operation>,
    conflict: Vec<Operation>,
    unavailable: Vec<Operation>,
    unknown: Vec<Operation>,
}

impl Told {
    fn note(&mut self, operation: Operation, result: CallResult<()>) {
        let told = match result {
            Ok(()) => &mut self.acknowledged,
            Err(Error::Conflict(_)) => &mut self.conflict,
            Err(Error::Unavailable(_)) => &mut self.unavailable,
            Err(Error::OutcomeUnknown(_)) => &mut self.unknown,
            Err(error) => panic!("{operation:?}: no fault explains {error:?}"),
        };
        told.push(operation);
    }

    fn append(&mut self, mut other: Self) {
        self.acknowledged.append(&mut other.acknowledged);
        self.conflict.append(&mut other.conflict);
        self.unavailable.append(&mut other.unavailable);
        self.unknown.append(&mut other.unknown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_increment_is_lost_and_no_refused_one_is_stored() {
    soak("increments", round).await;
}

async fn round(mut random: Random) -> bool {
    let trouble = Arc::new(Trouble::start().await);
    let end = Instant::now() + ROUND;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(increment_until(Arc::clone(&trouble), client, random.fork(), end));
    }
    let faults = trouble.disturb(&mut random, ROUND).await;
    let mut told = Told::default();
    while let Some(client) = clients.join_next().await {
        told.append(client.unwrap());
    }
    let Told { acknowledged, conflict, unavailable, unknown } = &told;
    println!(
        "faults {faults:?}, {} connections cut; acknowledged {}, conflict {}, unavailable {}, unknown {}",
        trouble.cuts(),
        acknowledged.len(),
        conflict.len(),
        unavailable.len(),
        unknown.len(),
    );
    let happened = faults.len() > 1 && acknowledged.len() > CLIENTS;
    check(&trouble, &told).await;
    happened
}

async fn increment_until(trouble: Arc<Trouble>, client: usize, mut random: Random, end: Instant) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let operation = (SESSIONS[random.index(SESSIONS.len())], format!("{client}-{number}"));
        let result = increment(&trouble, &operation, &mut random).await;
        told.note(operation, result);
        random.wait(Duration::from_millis(5)).await;
    }
    told
}

async fn increment(trouble: &Trouble, (id, name): &Operation, random: &mut Random) -> CallResult<()> {
    let mut app = trouble.world.app().await;
    let (container, tx) = (app.open("increments").await, app.begin().await);
    let session = app.session(container, tx, id).await?;
    let counter = app.package(session, "counter").await?;
    if random.below(2) == 0 {
        app.add(counter, "n", 1).await?;
    } else {
        let count: usize = app.get(counter, "n").await?.map_or(0, |text| text.parse().unwrap());
        random.wait(Duration::from_millis(5)).await;
        app.set(counter, "n", &(count + 1).to_string()).await?;
    }
    let log = app.package(session, "log").await?;
    app.set(log, name, "true").await?;
    app.commit(tx).await
}

/// Compares what is stored, after the faults, with the results of the transactions.
async fn check(trouble: &Trouble, told: &Told) {
    let mut app = trouble.calm().await.app().await;
    let (container, tx) = (app.open("increments").await, app.begin().await);
    let mut applied = BTreeSet::new();
    for id in SESSIONS {
        let session = app.session(container, tx, id).await.unwrap();
        let counter = app.package(session, "counter").await.unwrap();
        let count: usize = app.get(counter, "n").await.unwrap().map_or(0, |text| text.parse().unwrap());
        let log = app.package(session, "log").await.unwrap();
        let names = app.keys(log).await.unwrap();
        assert_eq!(count, names.len(), "{id}: the counter and the log tell the same story");
        applied.extend(names.into_iter().map(|name| (id, name)));
    }
    let stored = |operations: &[Operation]| operations.iter().filter(|one| applied.contains(one)).count();
    println!("of the unknown ones, {} were applied", stored(&told.unknown));
    let lost = told.acknowledged.len() - stored(&told.acknowledged);
    assert_eq!(lost, 0, "acknowledged increments were lost");
    assert_eq!(stored(&told.conflict), 0, "increments in conflict were stored");
    assert_eq!(stored(&told.unavailable), 0, "increments that were unavailable were stored");
    let explained = stored(&told.acknowledged) + stored(&told.unknown);
    assert_eq!(applied.len(), explained, "nothing else is stored");
}
