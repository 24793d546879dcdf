//! Visits: sessions that concurrent requests change, renew and log out, while the network and servers fail and clients
//! die in the middle of commits. After an acknowledged logout no session is alive under any id. Otherwise exactly one
//! is, with all its data.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lovely_session_tests::app::{App, CallResult, Container, Error, Session, Tx};
use lovely_session_tests::mortal::Death;
use lovely_session_tests::random::Random;
use lovely_session_tests::world::World;
use tokio::task::JoinSet;

use super::soak::{ROUND, soak};
use super::trouble::{Trouble, settle};

/// The number of concurrent visits.
const VISITS: usize = 3;

/// The number of concurrent clients of one visit.
const CLIENTS: usize = 3;

/// The longest visit.
const VISIT: Duration = Duration::from_millis(600);

/// The pause of a request between load and commit.
const THINKING: Duration = Duration::from_millis(10);

/// The longest delay of what a dead client had sent.
const LATE: Duration = Duration::from_millis(100);

/// The last call in which a client can die. It is late enough for deaths in commits.
const LAST_CALL: usize = 7;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_renewed_and_logged_out_is_alive_once_or_not_at_all() {
    soak("visits", round).await;
}

async fn round(mut random: Random) -> bool {
    let servers = 1 + random.index(2);
    let trouble = Arc::new(Trouble::with_servers(servers).await);
    let figures = Arc::new(Figures::default());
    let end = Instant::now() + ROUND;
    let mut visitors = JoinSet::new();
    for _ in 0..VISITS {
        visitors.spawn(visit_until(Arc::clone(&trouble), Arc::clone(&figures), random.fork(), end));
    }
    let faults = trouble.disturb(&mut random, ROUND).await;
    let visits = visitors.join_all().await.concat();
    settle().await;
    println!("{servers} servers, faults {faults:?}, {} connections cut; {figures:?}", trouble.cuts());
    let world = trouble.calm().await;
    for visit in &visits {
        visit.check(&world).await;
    }
    let Figures { changes, renewals, logouts, dead, .. } = &*figures;
    let happened = |figure: &AtomicUsize| figure.load(Ordering::SeqCst) > 0;
    faults.len() > 1 && [changes, renewals, logouts, dead].into_iter().all(happened)
}

/// The counts over all requests.
#[derive(Debug, Default)]
struct Figures {
    changes: AtomicUsize,
    renewals: AtomicUsize,
    logouts: AtomicUsize,
    /// Requests with an id of no session.
    absent: AtomicUsize,
    refused: AtomicUsize,
    unknown: AtomicUsize,
    dead: AtomicUsize,
}

fn count(figure: &AtomicUsize) {
    figure.fetch_add(1, Ordering::SeqCst);
}

/// One session, from its beginning.
struct Visit {
    trouble: Arc<Trouble>,
    figures: Arc<Figures>,
    /// All ids that it may have had, in their order.
    ids: Mutex<Vec<String>>,
    /// Whether a logout was acknowledged.
    is_over: AtomicBool,
    /// Whether a logout may have happened.
    may_be_over: AtomicBool,
    /// The names of the changes, and whether they are done, if that is known.
    changes: Mutex<Vec<(String, Option<bool>)>>,
}

/// What a request does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Change,
    Renew,
    LogOut,
}

async fn visit_until(
    trouble: Arc<Trouble>,
    figures: Arc<Figures>,
    mut random: Random,
    end: Instant,
) -> Vec<Arc<Visit>> {
    let mut visits = Vec::new();
    while Instant::now() < end {
        let Ok(id) = log_in(&trouble.world).await else { continue };
        let visit = Arc::new(Visit {
            trouble: Arc::clone(&trouble),
            figures: Arc::clone(&figures),
            ids: Mutex::new(vec![id]),
            is_over: AtomicBool::new(false),
            may_be_over: AtomicBool::new(false),
            changes: Mutex::default(),
        });
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            clients.spawn(Arc::clone(&visit).work_until(number, random.fork(), Instant::now() + VISIT));
        }
        clients.join_all().await;
        visits.push(visit);
    }
    visits
}

async fn log_in(world: &World) -> CallResult<String> {
    let mut app = world.app().await;
    let (container, tx) = begin(&mut app).await;
    let session = app.create(container, tx).await?;
    let data = app.package(session, "p").await?;
    app.set(data, "n", "0").await?;
    app.commit(tx).await?;
    Ok(app.id(session).await)
}

async fn begin(app: &mut App) -> (Container, Tx) {
    (app.open("visits").await, app.begin().await)
}

impl Visit {
    async fn work_until(self: Arc<Self>, client: usize, mut random: Random, end: Instant) {
        for number in 0.. {
            if Instant::now() >= end {
                return;
            }
            let deed = match random.below(20) {
                0 => Deed::LogOut,
                1..6 => Deed::Renew,
                _ => Deed::Change,
            };
            self.request(&mut random, deed, format!("{client}-{number}")).await;
            random.wait(THINKING).await;
        }
    }

    async fn request(&self, random: &mut Random, deed: Deed, name: String) {
        let (mut app, life) = self.trouble.world.mortal_app().await;
        if random.below(6) == 0 {
            life.end(Death { after: random.index(LAST_CALL), sent: random.number() as u32 });
        }
        let id = self.choose_id(random);
        let was_over = self.is_over.load(Ordering::SeqCst);
        let result = life.work(self.act(&mut app, random, &id, (deed, &name))).await;
        let done = match result {
            None => {
                drop(app);
                count(&self.figures.dead);
                if random.below(2) == 0 {
                    random.wait(LATE).await;
                    life.deliver().await;
                }
                None
            }
            Some(result) => self.result(result, was_over),
        };
        if deed == Deed::Change {
            self.changes.lock().unwrap().push((name, done));
        } else if deed == Deed::LogOut {
            self.may_be_over.fetch_or(done != Some(false), Ordering::SeqCst);
            self.is_over.fetch_or(done == Some(true), Ordering::SeqCst);
        }
        if done == Some(true) {
            let Figures { changes, renewals, logouts, .. } = &*self.figures;
            count(match deed {
                Deed::Change => changes,
                Deed::Renew => renewals,
                Deed::LogOut => logouts,
            });
        }
    }

    /// Usually the latest id, sometimes an older one.
    fn choose_id(&self, random: &mut Random) -> String {
        let ids = self.ids.lock().unwrap();
        let back = if random.below(3) > 0 { 1 } else { 1 + random.index(ids.len()) };
        ids[ids.len() - back].clone()
    }

    /// Returns whether it was done: false if there is no session with the id.
    async fn act(
        &self,
        app: &mut App,
        random: &mut Random,
        id: &str,
        (deed, name): (Deed, &str),
    ) -> CallResult<bool> {
        let was_over = self.is_over.load(Ordering::SeqCst);
        let (container, tx) = begin(app).await;
        let Some(session) = app.resume(container, tx, id).await? else { return Ok(false) };
        assert!(!was_over, "a session is alive under {id} after a confirmed logout");
        match deed {
            Deed::Change => count_up(app, session, name).await?,
            Deed::Renew => {
                let grace = random.choose(&[None, None, Some(1), Some(60)]);
                let id = app.renew_id(session, grace).await?;
                self.ids.lock().unwrap().push(id);
            }
            Deed::LogOut => app.destroy(session).await?,
        }
        random.wait(THINKING).await;
        app.commit(tx).await?;
        Ok(true)
    }

    /// Whether a request was done; none if that is not known.
    fn result(&self, result: CallResult<bool>, was_over: bool) -> Option<bool> {
        let (figure, done) = match result {
            Ok(true) => {
                assert!(!was_over, "a commit to a session after a confirmed logout");
                return Some(true);
            }
            Ok(false) | Err(Error::Ended(_)) => (&self.figures.absent, Some(false)),
            Err(Error::Conflict(_) | Error::Unavailable(_)) => (&self.figures.refused, Some(false)),
            Err(Error::OutcomeUnknown(_)) => (&self.figures.unknown, None),
            Err(error) => panic!("no fault explains {error:?}"),
        };
        count(figure);
        done
    }

    /// Asserts that the session is alive once, with all its data, or not at all.
    async fn check(&self, world: &World) {
        let mut app = world.app().await;
        let (container, tx) = begin(&mut app).await;
        let mut alive: Vec<(String, Session)> = Vec::new();
        let ids = self.ids.lock().unwrap().clone();
        for id in &ids {
            match app.resume(container, tx, id).await {
                Ok(None) | Err(Error::Ended(_)) => {}
                Ok(Some(session)) => {
                    // A session has the id by which it joined, though others find it as well.
                    let joined = app.id(session).await;
                    if alive.iter().all(|(id, _)| *id != joined) {
                        alive.push((joined, session));
                    }
                }
                Err(error) => panic!("{id}: {error:?}"),
            }
        }
        let is_over = self.is_over.load(Ordering::SeqCst);
        let may_be_over = self.may_be_over.load(Ordering::SeqCst);
        match alive.as_slice() {
            [] => assert!(may_be_over, "the session is nowhere: {ids:?}"),
            [(id, session)] => {
                assert!(!is_over, "a session is alive under {id} after a confirmed logout");
                self.check_data(&mut app, *session).await;
            }
            alive => panic!("the session is there {} times: {alive:?}", alive.len()),
        }
    }

    async fn check_data(&self, app: &mut App, session: Session) {
        let data = app.package(session, "p").await.unwrap();
        let number = app.get(data, "n").await.unwrap();
        let log = app.package(session, "log").await.unwrap();
        let names = app.keys(log).await.unwrap();
        assert_eq!(number, Some(names.len().to_string()), "the counter and the log differ");
        for (name, done) in &*self.changes.lock().unwrap() {
            let is_there = names.contains(name);
            assert!(done.is_none_or(|done| done == is_there), "{name}: done {done:?}, there {is_there}");
        }
    }
}

async fn count_up(app: &mut App, session: Session, name: &str) -> CallResult<()> {
    let data = app.package(session, "p").await?;
    let old: u32 = app.get(data, "n").await?.expect("a session has its counter").parse().unwrap();
    app.set(data, "n", &(old + 1).to_string()).await?;
    let log = app.package(session, "log").await?;
    app.set(log, name, "true").await
}
