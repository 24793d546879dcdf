//! The real component with turns: transactions of several sessions, and instances that end or hang in the middle. Turns
//! must not change the guarantees of transactions.

use std::sync::Arc;
use std::time::Duration;

use lovely_session_host::TurnsOptions;
use lovely_session_tests::app::{App, CallResult, Container, Error, Session, Tx};
use lovely_session_tests::random::Random;
use lovely_session_tests::world::World;
use tokio::task::JoinSet;

const CONTAINER: &str = "accounts";
const ACCOUNTS: usize = 8;
const CLIENTS: usize = 16;
const TRANSFERS: usize = 30;

/// Limits so long that turns and waits never reach them, even on a busy machine.
fn long_limits() -> TurnsOptions {
    let minute = Duration::from_secs(60);
    TurnsOptions { max_wait: minute, max_hold: minute }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_in_memory_never_deadlock() {
    transfers(World::memory().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_on_memcached_never_deadlock() {
    transfers(World::memcached().await).await;
}

/// Lets clients move money between random accounts, and sometimes drops them in the middle.
async fn transfers(world: World) {
    let seed = Random::from_time().number();
    println!("seed {seed}");
    let mut random = Random::seeded(seed);
    let world = Arc::new(world.with_turns(long_limits()));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(transfer_often(Arc::clone(&world), random.fork()));
    }
    let conflicts: usize = clients.join_all().await.into_iter().sum();
    let statistics = world.turns().statistics();
    println!("{CLIENTS} clients, {TRANSFERS} transfers each, {conflicts} conflicts: {statistics:?}");
    assert!(statistics.waits > 0, "nobody had to wait");
    assert_eq!((statistics.expired, statistics.without_turn), (0, 0));

    let ids: Vec<String> = (0..ACCOUNTS).map(account_id).collect();
    let mut app = world.app().await;
    let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
    let mut total = 0;
    for id in &ids {
        let account = app.session(container, tx, id).await.unwrap();
        total += balance(&mut app, account).await.unwrap();
    }
    assert_eq!(total, 0, "no transfer was done by half");
}

fn account_id(number: usize) -> String {
    format!("account-{number}")
}

/// Makes transfers, each until it succeeds. Returns the number of conflicts.
async fn transfer_often(world: Arc<World>, mut random: Random) -> usize {
    let mut conflicts = 0;
    for _ in 0..TRANSFERS {
        let mut ids: Vec<String> = (0..ACCOUNTS).map(account_id).collect();
        ids.rotate_left(random.index(ACCOUNTS));
        ids.truncate(2 + random.index(3));
        // A new instance for each transfer, as each request has one.
        let mut app = world.app().await;
        let container = app.open(CONTAINER).await;
        loop {
            let tx = app.begin().await;
            let accounts = load(&mut app, container, tx, &ids, &mut random).await.unwrap();
            if random.below(10) == 0 {
                break;
            }
            match transfer(&mut app, tx, &accounts).await {
                Ok(()) => break,
                Err(Error::Conflict(_)) => conflicts += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    conflicts
}

/// Loads accounts in one call, or one after the other.
async fn load(
    app: &mut App,
    container: Container,
    tx: Tx,
    ids: &[String],
    random: &mut Random,
) -> CallResult<Vec<Session>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    if random.below(4) > 0 {
        return app.session_many(container, tx, &ids).await;
    }
    let mut accounts = Vec::new();
    for id in ids {
        accounts.push(app.session(container, tx, id).await?);
    }
    Ok(accounts)
}

/// Takes one from each of the other accounts, and gives it to the first.
async fn transfer(app: &mut App, tx: Tx, accounts: &[Session]) -> CallResult<()> {
    let (first, others) = accounts.split_first().unwrap();
    add(app, *first, others.len() as i64).await?;
    for other in others {
        add(app, *other, -1).await?;
    }
    app.commit(tx).await
}

async fn balance(app: &mut App, account: Session) -> CallResult<i64> {
    let data = app.package(account, "p").await?;
    Ok(app.get(data, "balance").await?.map_or(0, |text| text.parse().unwrap()))
}

async fn add(app: &mut App, account: Session, amount: i64) -> CallResult<()> {
    let balance = balance(app, account).await? + amount;
    let data = app.package(account, "p").await?;
    app.set(data, "balance", &balance.to_string()).await
}
