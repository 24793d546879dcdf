//! Visitors who log out while their other requests run and the network and servers fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, CallResult, Container, Error, Session, Tx};
use tokio::task::JoinSet;

use super::soak::{ROUND, soak};
use super::trouble::Trouble;
use lovely_session_tests::random::Random;

/// The number of concurrent visitors.
const VISITORS: usize = 4;

/// The number of concurrent requests of one visitor, beside the logout.
const REQUESTS: usize = 3;

/// How often each request must find that the session has ended before it stops.
const TIMES: usize = 3;

/// The pause of a request between load and commit.
const THINKING: Duration = Duration::from_millis(20);

/// The counts over all sessions.
#[derive(Debug, Default)]
struct Figures {
    sessions: AtomicUsize,
    logouts_acknowledged: AtomicUsize,
    logouts_tried_again: AtomicUsize,
    commits: AtomicUsize,
    refused_loads: AtomicUsize,
    refused_commits: AtomicUsize,
    unavailable: AtomicUsize,
    unknown: AtomicUsize,
}

fn count(figure: &AtomicUsize) {
    figure.fetch_add(1, Ordering::SeqCst);
}

/// One visit, from the first request until no request finds the session.
struct Visit {
    trouble: Arc<Trouble>,
    figures: Arc<Figures>,
    id: String,
    /// Set when a client was told that the session has ended. No client may find it alive from then on.
    ended: AtomicBool,
}

/// A request that has loaded the session.
struct Request {
    app: App,
    tx: Tx,
    session: Session,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_destroyed_is_never_seen_alive_again() {
    soak("logouts", round).await;
}

async fn round(mut random: Random) -> bool {
    let trouble = Arc::new(Trouble::start().await);
    let figures = Arc::new(Figures::default());
    let end = Instant::now() + ROUND;
    let mut visitors = JoinSet::new();
    for _ in 0..VISITORS {
        visitors.spawn(visit_until(Arc::clone(&trouble), Arc::clone(&figures), random.fork(), end));
    }
    let faults = trouble.disturb(&mut random, ROUND).await;
    while let Some(visitor) = visitors.join_next().await {
        visitor.unwrap();
    }
    println!("faults {faults:?}, {} connections cut; {figures:?}", trouble.cuts());
    let happened = |figure: &AtomicUsize| figure.load(Ordering::SeqCst) > 0;
    faults.len() > 1
        && [&figures.logouts_acknowledged, &figures.refused_loads, &figures.commits].into_iter().all(happened)
}

async fn visit_until(trouble: Arc<Trouble>, figures: Arc<Figures>, mut random: Random, end: Instant) {
    while Instant::now() < end {
        let Ok(id) = log_in(&trouble).await else { continue };
        count(&figures.sessions);
        let (trouble, figures) = (Arc::clone(&trouble), Arc::clone(&figures));
        let visit = Arc::new(Visit { trouble, figures, id, ended: AtomicBool::new(false) });
        let mut requests = JoinSet::new();
        for _ in 0..REQUESTS {
            requests.spawn(Arc::clone(&visit).work(random.fork()));
        }
        requests.spawn(Arc::clone(&visit).log_out(random.fork()));
        while let Some(request) = requests.join_next().await {
            request.unwrap();
        }
    }
}

async fn begin(trouble: &Trouble) -> (App, Container, Tx) {
    let mut app = trouble.world.app().await;
    let (container, tx) = (app.open("logouts").await, app.begin().await);
    (app, container, tx)
}

async fn log_in(trouble: &Trouble) -> CallResult<String> {
    let (mut app, container, tx) = begin(trouble).await;
    let session = app.create(container, tx).await?;
    let data = app.package(session, "p").await?;
    app.set(data, "n", "0").await?;
    app.commit(tx).await?;
    Ok(app.id(session).await)
}

impl Visit {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn end(&self, figure: &AtomicUsize) {
        self.ended.store(true, Ordering::SeqCst);
        count(figure);
    }

    /// Loads the session; none when it has ended, or the load failed.
    async fn load(&self) -> Option<Request> {
        let ended_before = self.has_ended();
        let (mut app, container, tx) = begin(&self.trouble).await;
        match app.resume(container, tx, &self.id).await {
            Ok(Some(session)) => {
                assert!(!ended_before, "a session that has ended is alive again");
                return Some(Request { app, tx, session });
            }
            // The end of a session is remembered for a minute.
            Err(Error::Ended(_)) => self.end(&self.figures.refused_loads),
            Err(Error::Unavailable(_)) => count(&self.figures.unavailable),
            result => panic!("no fault explains {result:?}"),
        }
        None
    }

    /// Changes the session again and again, until it has found its end often enough.
    async fn work(self: Arc<Self>, mut random: Random) {
        let mut refused = 0;
        while refused < TIMES {
            if let Some(request) = self.load().await {
                random.wait(THINKING).await;
                self.change(request).await;
            }
            refused += usize::from(self.has_ended());
        }
    }

    async fn change(&self, Request { mut app, tx, session }: Request) {
        let data = app.package(session, "p").await.unwrap();
        let old: u32 = app.get(data, "n").await.unwrap().unwrap().parse().unwrap();
        app.set(data, "n", &(old + 1).to_string()).await.unwrap();
        let ended_before = self.has_ended();
        match app.commit(tx).await {
            Ok(()) => {
                assert!(!ended_before, "a commit brought a session back that had ended");
                count(&self.figures.commits);
            }
            Err(Error::Ended(_)) => self.end(&self.figures.refused_commits),
            Err(Error::Unavailable(_)) => count(&self.figures.unavailable),
            Err(Error::OutcomeUnknown(_)) => count(&self.figures.unknown),
            Err(Error::Conflict(_)) if !ended_before => {}
            Err(error) => panic!("ended before: {ended_before}; nothing explains {error:?}"),
        }
    }

    /// Destroys the session, and retries until that is acknowledged or another client has seen it.
    async fn log_out(self: Arc<Self>, mut random: Random) {
        random.wait(Duration::from_millis(100)).await;
        while !self.has_ended() {
            let Some(Request { mut app, tx, session }) = self.load().await else { continue };
            random.wait(THINKING).await;
            app.destroy(session).await.unwrap();
            match app.commit(tx).await {
                Ok(()) => self.end(&self.figures.logouts_acknowledged),
                Err(Error::Unavailable(_) | Error::OutcomeUnknown(_) | Error::Conflict(_)) => {
                    count(&self.figures.logouts_tried_again);
                }
                Err(error) => panic!("no fault explains {error:?}"),
            }
        }
    }
}
