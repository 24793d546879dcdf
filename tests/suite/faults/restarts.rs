//! A memcached that is killed and comes back empty while clients use it.
//!
//! Every session has a random id and one client, so that the client knows its content. Tests with ids that are used
//! again after a restart are in `same_ids.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, Container, Error, Session, Tx};
use lovely_session_tests::memcached::MemcachedServer;
use lovely_session_tests::world::World;
use tokio::task::JoinSet;

use super::soak::{ROUND, soak};
use super::trouble::short_deadlines;
use lovely_session_tests::random::Random;

const CLIENTS: usize = 6;

/// The pause of a client between load and commit: long enough for occasional restarts.
const THINKING: Duration = Duration::from_millis(150);

/// What the clients share.
struct Surroundings {
    world: World,
    /// The number of deaths of the server. Counted while it is dead.
    deaths: AtomicUsize,
}

impl Surroundings {
    fn deaths(&self) -> usize {
        self.deaths.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Default)]
struct Figures {
    begun: usize,
    committed: usize,
    absent: usize,
    gone: usize,
    unavailable: usize,
    unknown: usize,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.begun += other.begun;
        self.committed += other.committed;
        self.absent += other.absent;
        self.gone += other.gone;
        self.unavailable += other.unavailable;
        self.unknown += other.unknown;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_lost_in_a_restart_is_gone_or_absent_and_never_an_older_one() {
    soak("restarts", round).await;
}

async fn round(mut random: Random) -> bool {
    let mut server = MemcachedServer::start();
    let world = World::at(&server.address(), &short_deadlines()).await;
    let surroundings = Arc::new(Surroundings { world, deaths: AtomicUsize::new(0) });
    let end = Instant::now() + ROUND;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(Client::new(Arc::clone(&surroundings), random.fork()).run(end));
    }
    while Instant::now() < end {
        random.wait(Duration::from_millis(400)).await;
        server.stop();
        surroundings.deaths.fetch_add(1, Ordering::SeqCst);
        random.wait(Duration::from_millis(30)).await;
        server.restart();
    }
    let mut figures = Figures::default();
    while let Some(client) = clients.join_next().await {
        figures.add(&client.unwrap());
    }
    println!("{} restarts: {figures:?}", surroundings.deaths());
    figures.gone > 0 && figures.absent > 0
}

/// What a client knows of its session.
struct Known {
    id: String,
    /// The numbers that it may hold: one; two when the outcome of the last commit is unknown; none once it is gone.
    counts: Vec<u32>,
    /// The number of deaths of the server before the session was begun, and after.
    deaths: (usize, usize),
}

struct Client {
    surroundings: Arc<Surroundings>,
    random: Random,
    known: Option<Known>,
    figures: Figures,
}

/// The parts of one transaction.
struct Attempt {
    app: App,
    container: Container,
    tx: Tx,
}

impl Client {
    fn new(surroundings: Arc<Surroundings>, random: Random) -> Self {
        Self { surroundings, random, known: None, figures: Figures::default() }
    }

    async fn run(mut self, end: Instant) -> Figures {
        while Instant::now() < end {
            let mut app = self.surroundings.world.app().await;
            let (container, tx) = (app.open("restarts").await, app.begin().await);
            let attempt = Attempt { app, container, tx };
            match self.known.take() {
                Some(known) => self.go_on(attempt, known).await,
                None => self.begin(attempt).await,
            }
            self.random.wait(Duration::from_millis(10)).await;
        }
        self.figures
    }

    async fn begin(&mut self, mut attempt: Attempt) {
        let deaths = self.surroundings.deaths();
        let session = attempt.app.create(attempt.container, attempt.tx).await.unwrap();
        let id = attempt.app.id(session).await;
        match self.commit(&mut attempt, session, 1).await {
            Ok(()) => {
                self.figures.begun += 1;
                self.known =
                    Some(Known { id, counts: vec![1], deaths: (deaths, self.surroundings.deaths()) });
            }
            // The visitor never got the id.
            Err(Error::Unavailable(_)) => self.figures.unavailable += 1,
            Err(Error::OutcomeUnknown(_)) => self.figures.unknown += 1,
            Err(error) => panic!("a restart does not explain {error:?}"),
        }
    }

    async fn go_on(&mut self, mut attempt: Attempt, known: Known) {
        let deaths = self.surroundings.deaths();
        let session = match attempt.app.resume(attempt.container, attempt.tx, &known.id).await {
            Ok(Some(session)) => session,
            Ok(None) => {
                assert!(self.surroundings.deaths() > known.deaths.0, "it was lost without a restart");
                self.figures.absent += 1;
                return;
            }
            Err(Error::Unavailable(_)) => {
                self.figures.unavailable += 1;
                self.known = Some(known);
                return;
            }
            Err(error) => panic!("a restart does not explain {error:?}"),
        };
        assert!(deaths <= known.deaths.1, "a session from before a restart is alive after it");
        let data = attempt.app.package(session, "p").await.unwrap();
        let count: u32 = attempt.app.get(data, "n").await.unwrap().unwrap().parse().unwrap();
        assert!(known.counts.contains(&count), "{count} is an old state; it may be {:?}", known.counts);
        self.random.wait(THINKING).await;
        self.change(attempt, session, known, count).await;
    }

    async fn change(&mut self, mut attempt: Attempt, session: Session, mut known: Known, count: u32) {
        let died_meanwhile = self.surroundings.deaths() > known.deaths.1;
        let result = self.commit(&mut attempt, session, count + 1).await;
        match result {
            Ok(()) => {
                assert!(!died_meanwhile, "a commit wrote a session back that a restart had lost");
                self.figures.committed += 1;
                known.counts = vec![count + 1];
            }
            Err(Error::Gone(sessions)) => {
                assert_eq!(sessions[0].session, known.id);
                assert!(self.surroundings.deaths() > known.deaths.0, "it was lost without a restart");
                self.figures.gone += 1;
                known.counts.clear();
            }
            Err(Error::Unavailable(_)) => {
                self.figures.unavailable += 1;
                known.counts = vec![count];
            }
            Err(Error::OutcomeUnknown(_)) => {
                self.figures.unknown += 1;
                known.counts = vec![count, count + 1];
            }
            Err(error) => panic!("a restart does not explain {error:?}"),
        }
        self.known = Some(known);
    }

    async fn commit(&self, attempt: &mut Attempt, session: Session, count: u32) -> Result<(), Error> {
        let data = attempt.app.package(session, "p").await?;
        attempt.app.set(data, "n", &count.to_string()).await?;
        attempt.app.commit(attempt.tx).await
    }
}
