//! Instances with turns, on a store in memory.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::*;
use crate::Memory;
use crate::bindings::wit::{self, Host};

const MINUTE: Duration = Duration::from_secs(60);
const KEY: &str = "session";

/// Limits so long that turns and waits never reach them, even on a busy machine.
fn long_limits() -> TurnsOptions {
    TurnsOptions { max_wait: MINUTE, max_hold: MINUTE }
}

fn turns(options: TurnsOptions) -> Turns {
    Turns::new(Arc::new(Memory::new())).with_options(options)
}

/// Loads a key in the way of a session: with a lifetime to slide.
async fn load(ctx: &mut KeyValueCtx, key: &str) -> Option<wit::Entry> {
    load_all(ctx, &[key.to_owned()]).await.remove(0)
}

async fn load_all(ctx: &mut KeyValueCtx, keys: &[String]) -> Vec<Option<wit::Entry>> {
    ctx.get_many(keys.to_vec(), Some(wit::Lifetime::Seconds(60))).await.unwrap()
}

/// A write that adds one to a number.
fn plus_one(key: &str, loaded: Option<&wit::Entry>) -> wit::Write {
    let number = loaded.map_or(0, |entry| String::from_utf8_lossy(&entry.value).parse::<u64>().unwrap());
    let value = (number + 1).to_string().into_bytes();
    let expects =
        loaded.map_or(wit::Expectation::Absent, |entry| wit::Expectation::Version(entry.version.clone()));
    let change = wit::Change::Put(wit::Put { value, lifetime: wit::Lifetime::Seconds(60) });
    wit::Write { key: key.to_owned(), expects, change }
}

async fn write(ctx: &mut KeyValueCtx, write: wit::Write) -> wit::Outcome {
    ctx.write_many(vec![write]).await.unwrap().remove(0)
}

/// Makes a key hot: two instances load and write it, and one loses the race. Returns that one.
async fn race(turns: &Turns, key: &str) -> KeyValueCtx {
    let (mut winner, mut loser) = (turns.context(), turns.context());
    let (first, second) = (load(&mut winner, key).await, load(&mut loser, key).await);
    assert!(matches!(write(&mut winner, plus_one(key, first.as_ref())).await, wit::Outcome::Applied(_)));
    assert!(matches!(write(&mut loser, plus_one(key, second.as_ref())).await, wit::Outcome::Stale));
    loser
}

/// Whether a call has to wait. Drops the call.
async fn must_wait(call: impl Future) -> bool {
    // A call on a store in memory that need not wait is done at its first poll.
    timeout(Duration::ZERO, call).await.is_err()
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the calls would hang if they took the lock")]
async fn a_load_of_a_key_that_is_not_hot_never_locks_the_table() {
    let turns = turns(long_limits());
    let locked = turns.shared.lock();
    let mut ctx = turns.context();
    let loaded = load(&mut ctx, KEY).await;
    assert!(matches!(write(&mut ctx, plus_one(KEY, loaded.as_ref())).await, wit::Outcome::Applied(_)));
    drop(ctx);
    drop(locked);
    assert!(turns.shared.has_no_hot_keys());
}

#[tokio::test]
async fn a_load_waits_until_the_one_before_has_written() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let (mut first, mut second) = (turns.context(), turns.context());
    let loaded = load(&mut first, KEY).await;
    let second = tokio::spawn(async move {
        let loaded = load(&mut second, KEY).await;
        write(&mut second, plus_one(KEY, loaded.as_ref())).await
    });
    while turns.statistics().waits == 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(write(&mut first, plus_one(KEY, loaded.as_ref())).await, wit::Outcome::Applied(_)));
    assert!(matches!(second.await.unwrap(), wit::Outcome::Applied(_)), "it has loaded what the first wrote");
}

#[tokio::test]
async fn a_load_waits_until_the_context_of_the_one_before_is_dropped() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let (mut first, mut second) = (turns.context(), turns.context());
    load(&mut first, KEY).await;
    assert!(must_wait(load(&mut second, KEY)).await);
    drop(first);
    assert!(!must_wait(load(&mut second, KEY)).await);
}

#[tokio::test]
async fn a_load_waits_no_longer_than_the_longest_turn() {
    let max_hold = Duration::from_millis(20);
    let turns = turns(TurnsOptions { max_hold, ..long_limits() });
    drop(race(&turns, KEY).await);
    let (mut slow, mut second) = (turns.context(), turns.context());
    let loaded = load(&mut slow, KEY).await;
    load(&mut second, KEY).await;
    assert_eq!(turns.statistics().expired, 1);
    // It can still write, and its context has no turn to end.
    assert!(matches!(write(&mut slow, plus_one(KEY, loaded.as_ref())).await, wit::Outcome::Applied(_)));
    drop(slow);
    assert!(must_wait(load(&mut turns.context(), KEY)).await, "it is the turn of the second");
}

#[tokio::test]
async fn a_load_waits_no_longer_than_the_longest_wait() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let mut first = turns.context();
    load(&mut first, KEY).await;
    let short = TurnsOptions { max_wait: Duration::from_millis(20), ..long_limits() };
    let mut second = turns.clone().with_options(short).context();
    load(&mut second, KEY).await;
    assert_eq!(turns.statistics().without_turn, 1);
    assert!(must_wait(load(&mut turns.context(), KEY)).await, "the first still has its turn");
}

#[tokio::test]
async fn a_load_that_is_dropped_takes_no_turn() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let (mut first, mut second, mut third) = (turns.context(), turns.context(), turns.context());
    load(&mut first, KEY).await;
    assert!(must_wait(load(&mut second, KEY)).await);
    drop(first);
    assert!(!must_wait(load(&mut third, KEY)).await);
}

#[tokio::test]
async fn the_first_read_after_a_lost_race_waits_for_its_turn() {
    let turns = turns(long_limits());
    let mut loser = race(&turns, KEY).await;
    let mut first = turns.context();
    load(&mut first, KEY).await;
    assert!(must_wait(loser.get_many(vec![KEY.to_owned()], None)).await);
    assert!(!must_wait(first.get_many(vec![KEY.to_owned()], None)).await);
}

#[tokio::test]
async fn a_read_that_loads_nothing_never_waits() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let (mut first, mut looks) = (turns.context(), turns.context());
    load(&mut first, KEY).await;
    assert!(!must_wait(looks.get_many(vec![KEY.to_owned()], None)).await);
}

#[tokio::test]
async fn an_instance_that_has_written_in_a_commit_never_waits_in_it() {
    let turns = turns(long_limits());
    let (mut slow, mut other) = (turns.context(), turns.context());
    let keys = ["a".to_owned(), "b".to_owned()];
    let loaded = load_all(&mut slow, &keys).await;
    write(&mut other, plus_one("b", None)).await;
    let writes = keys.iter().zip(&loaded).map(|(key, entry)| plus_one(key, entry.as_ref())).collect();
    let outcomes = slow.write_many(writes).await.unwrap();
    assert!(matches!(outcomes[..], [wit::Outcome::Applied(_), wit::Outcome::Stale]));
    load(&mut other, "b").await;
    assert!(must_wait(load(&mut turns.context(), "b")).await);
    // Other instances could be waiting for what it has prepared in `a`.
    assert!(!must_wait(slow.get_many(vec!["b".to_owned()], None)).await);
}

#[tokio::test]
async fn an_instance_keeps_its_turn_after_a_lost_race_and_loads_again_at_once() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let mut first = turns.context();
    let loaded = load(&mut first, KEY).await;
    // Another host is faster.
    let mut elsewhere = KeyValueCtx::new(Arc::clone(&turns.store));
    write(&mut elsewhere, plus_one(KEY, loaded.as_ref())).await;
    assert!(matches!(write(&mut first, plus_one(KEY, loaded.as_ref())).await, wit::Outcome::Stale));
    let mut second = turns.context();
    assert!(must_wait(load(&mut second, KEY)).await);
    assert!(!must_wait(load(&mut first, KEY)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_turns_no_instance_loses_a_race_for_a_hot_key() {
    let turns = turns(long_limits());
    drop(race(&turns, KEY).await);
    let mut clients = JoinSet::new();
    for _ in 0..64 {
        clients.spawn(add_in_turn(turns.clone(), vec![KEY.to_owned()], 50));
    }
    assert_eq!(clients.join_all().await.into_iter().sum::<usize>(), 0, "races lost");
    let total = load(&mut turns.context(), KEY).await.unwrap().value;
    assert_eq!(String::from_utf8(total).unwrap(), (1 + 64 * 50).to_string());
    let statistics = turns.statistics();
    assert_eq!((statistics.expired, statistics.without_turn), (0, 0), "{statistics:?}");
}

/// Adds one to all keys, `times` times. Returns the number of stale writes.
async fn add_in_turn(turns: Turns, keys: Vec<String>, times: usize) -> usize {
    let mut stale = 0;
    for _ in 0..times {
        let mut ctx = turns.context();
        let loaded = load_all(&mut ctx, &keys).await;
        tokio::task::yield_now().await;
        let writes = keys.iter().zip(&loaded).map(|(key, entry)| plus_one(key, entry.as_ref())).collect();
        let outcomes = ctx.write_many(writes).await.unwrap();
        stale += outcomes.iter().filter(|outcome| matches!(outcome, wit::Outcome::Stale)).count();
    }
    stale
}
