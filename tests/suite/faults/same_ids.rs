//! Sessions with a few fixed ids, on a memcached that is killed and comes back empty while clients use it.
//!
//! memcached counts its versions from 1 in each process, so a session that is begun again after a restart soon has the
//! version that a transaction from before the restart expects. Each beginning has a name here, its life, which shows
//! when data of an earlier life replaces a later one.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, Container, Error, Package, Tx};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::random::Random;
use lovely_session_tests::world::World;
use tokio::task::JoinSet;

use super::soak::{ROUND, soak};
use super::trouble::short_deadlines;

const CLIENTS: usize = 8;

const IDS: [&str; 2] = ["ann", "bob"];

/// The pause of a client between load and commit: long enough for occasional restarts.
const THINKING: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_from_before_a_restart_never_replaces_one_begun_after_it() {
    soak("same ids", round).await;
}

async fn round(mut random: Random) -> bool {
    let mut server = MemcachedServer::start();
    let world = World::at(&server.address(), &short_deadlines()).await;
    let shared = Arc::new(Shared { world, seen: Mutex::default() });
    let end = Instant::now() + ROUND;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(Arc::clone(&shared), random.fork(), end));
    }
    let mut restarts = 0;
    while Instant::now() < end {
        random.wait(Duration::from_millis(300)).await;
        server.restart();
        restarts += 1;
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let seen = shared.seen.lock().unwrap();
    println!("{restarts} restarts: {seen:?}");
    seen.begun > IDS.len() && seen.changed > 0 && seen.refused > 0
}

/// What the clients share.
struct Shared {
    world: World,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The acknowledged lives of each id, in their order.
    lives: HashMap<&'static str, Vec<String>>,
    /// The states whose commit was acknowledged.
    states: HashSet<(String, u32)>,
    begun: usize,
    changed: usize,
    refused: usize,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} begun, {} changed, {} refused", self.begun, self.changed, self.refused)
    }
}

impl Seen {
    /// The number of acknowledged lives of an id.
    fn lives(&self, id: &str) -> usize {
        self.lives.get(id).map_or(0, Vec::len)
    }

    /// Checks that a life is not one of the first `lives`, which were followed by later ones.
    fn assert_none_of_the_first(&self, id: &str, lives: usize, life: &str) {
        let position = self.lives.get(id).and_then(|lives| lives.iter().position(|other| other == life));
        let over = position.is_some_and(|position| position + 1 < lives);
        assert!(!over, "{id}: life {life} is back, after {} lives", self.lives(id));
    }
}

async fn client(shared: Arc<Shared>, mut random: Random, end: Instant) {
    while Instant::now() < end {
        let id = random.choose(&IDS);
        let mut app = shared.world.app().await;
        let (container, tx) = (app.open("same-ids").await, app.begin().await);
        match visit(&shared, &mut random, &mut app, container, tx, id).await {
            Ok(()) => {}
            Err(Error::Unavailable(_)) => random.wait(Duration::from_millis(10)).await,
            Err(Error::Conflict(_) | Error::Gone(_) | Error::OutcomeUnknown(_)) => {
                shared.seen.lock().unwrap().refused += 1;
            }
            Err(error) => panic!("a restart does not explain {error:?}"),
        }
    }
}

async fn visit(
    shared: &Shared,
    random: &mut Random,
    app: &mut App,
    container: Container,
    tx: Tx,
    id: &'static str,
) -> Result<(), Error> {
    let lives = shared.seen.lock().unwrap().lives(id);
    let session = app.session(container, tx, id).await?;
    let data = app.package(session, "p").await?;
    let Some(life) = app.get(data, "life").await? else {
        return begin(shared, random, app, tx, data, id).await;
    };
    shared.seen.lock().unwrap().assert_none_of_the_first(id, lives, &life);
    let count: u32 = app.get(data, "n").await?.unwrap().parse().unwrap();
    random.wait(THINKING).await;
    app.set(data, "n", &(count + 1).to_string()).await?;
    let lives = shared.seen.lock().unwrap().lives(id);
    app.commit(tx).await?;
    let mut seen = shared.seen.lock().unwrap();
    seen.assert_none_of_the_first(id, lives, &life);
    assert!(seen.states.insert((life, count + 1)), "{id}: two commits followed one state");
    seen.changed += 1;
    Ok(())
}

async fn begin(
    shared: &Shared,
    random: &mut Random,
    app: &mut App,
    tx: Tx,
    data: Package,
    id: &'static str,
) -> Result<(), Error> {
    let life = random.number().to_string();
    app.update(data, &[("life", &life), ("n", "0")]).await?;
    app.commit(tx).await?;
    let mut seen = shared.seen.lock().unwrap();
    seen.lives.entry(id).or_default().push(life);
    seen.begun += 1;
    Ok(())
}
