//! A client dies while it renews an id, and another client with the same session changes it, renews it or logs out.
//! After an acknowledged logout no session is alive under any id. Otherwise exactly one is, with all its data.

use std::sync::Arc;

use lovely_session_tests::app::{App, CallResult, Container, Error, Session, Tx};
use lovely_session_tests::mortal::{Death, Life};
use lovely_session_tests::world::World;

use super::on_each_store;

const CONTAINER: &str = "renewals";

/// The most attempts of a transaction that finds what the dead client left.
const ATTEMPTS: usize = 3;

/// What the other client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Change,
    Renew,
    LogOut,
}

/// When the other client loads the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loads {
    BeforeTheRenewal,
    AfterTheDeath,
}

#[tokio::test]
async fn a_change_of_another_client_is_kept() {
    in_each_way(Deed::Change).await;
}

#[tokio::test]
async fn a_second_renewal_leaves_one_live_session() {
    in_each_way(Deed::Renew).await;
}

#[tokio::test]
async fn an_acknowledged_logout_leaves_no_live_session() {
    in_each_way(Deed::LogOut).await;
}

async fn in_each_way(deed: Deed) {
    for loads in [Loads::BeforeTheRenewal, Loads::AfterTheDeath] {
        for grace in [None, Some(60)] {
            let name = format!("{deed:?} {loads:?} {grace:?}");
            on_each_store(&name, async |world, death| {
                die(world, death, grace, (deed, loads), format!("{name} {death:?}")).await
            })
            .await;
        }
    }
}

/// Lets the client die, and others continue. Returns the number of writes in its last call; none if it survived.
async fn die(
    world: &World,
    death: Death,
    grace: Option<u32>,
    (deed, loads): (Deed, Loads),
    name: String,
) -> Option<usize> {
    let mut visit = Visit::begin(world, name).await;
    let other = match loads {
        Loads::BeforeTheRenewal => Some(visit.load(deed).await),
        Loads::AfterTheDeath => None,
    };
    let (survived, life) = visit.renew_and_die(grace, death).await;
    visit.commit_in_the_end(deed, other).await;
    visit.check(deed).await;
    life.deliver().await;
    visit.check(deed).await;
    (!survived).then(|| life.last_writes())
}

/// A session, and all ids that it may have.
struct Visit<'a> {
    world: &'a World,
    /// The name of this visit, for failed assertions.
    name: String,
    ids: Vec<String>,
}

/// A transaction of the other client, before its commit.
struct Request {
    app: App,
    tx: Tx,
}

impl<'a> Visit<'a> {
    async fn begin(world: &'a World, name: String) -> Self {
        let (mut app, container, tx) = begin(world).await;
        let session = app.session(container, tx, &name).await.unwrap();
        set(&mut app, session, "first").await.unwrap();
        app.commit(tx).await.unwrap();
        Self { world, ids: vec![name.clone()], name }
    }

    /// Lets the other client load the session, under an id that finds it, and change it.
    async fn load(&mut self, deed: Deed) -> Request {
        let (mut app, container, tx) = begin(self.world).await;
        let session = self.find(&mut app, container, tx).await;
        match deed {
            Deed::Change => set(&mut app, session, "second").await.unwrap(),
            Deed::Renew => self.ids.push(app.renew_id(session, None).await.unwrap()),
            Deed::LogOut => app.destroy(session).await.unwrap(),
        }
        Request { app, tx }
    }

    async fn find(&self, app: &mut App, container: Container, tx: Tx) -> Session {
        for id in &self.ids {
            if let Some(session) = resume(app, container, tx, id).await {
                return session;
            }
        }
        panic!("{}: no session is alive", self.name);
    }

    /// Lets the dying client renew the id. Returns whether it survived, and its life.
    async fn renew_and_die(&mut self, grace: Option<u32>, death: Death) -> (bool, Arc<Life>) {
        let (mut app, life) = self.world.mortal_app().await;
        let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
        let session = app.resume(container, tx, &self.ids[0]).await.unwrap().unwrap();
        self.ids.push(app.renew_id(session, grace).await.unwrap());
        life.end(death);
        let result = life.work(app.commit(tx)).await;
        let survived = result.is_some();
        result.unwrap_or(Ok(())).unwrap();
        (survived, life)
    }

    /// Commits the transaction of the other client, and runs it again while its commit fails.
    async fn commit_in_the_end(&mut self, deed: Deed, mut loaded: Option<Request>) {
        for _ in 0..ATTEMPTS {
            let Request { mut app, tx } = match loaded.take() {
                Some(request) => request,
                None => self.load(deed).await,
            };
            match app.commit(tx).await {
                Ok(()) => return,
                Err(Error::Conflict(_) | Error::Ended(_)) => {}
                Err(error) => panic!("{}: {error:?}", self.name),
            }
        }
        panic!("{}: the session cannot be used", self.name);
    }

    /// Asserts that the right sessions are alive.
    async fn check(&self, deed: Deed) {
        let (mut app, container, tx) = begin(self.world).await;
        let mut alive = Vec::new();
        for id in &self.ids {
            let Some(session) = resume(&mut app, container, tx, id).await else { continue };
            let data = app.package(session, "p").await.unwrap();
            // A session has the id by which it joined, though others find it as well.
            let found = (app.id(session).await, app.keys(data).await.unwrap());
            if !alive.contains(&found) {
                alive.push(found);
            }
        }
        let keys: &[&str] = match deed {
            Deed::LogOut => return assert!(alive.is_empty(), "{}: {alive:?} is alive", self.name),
            Deed::Change => &["first", "second"],
            Deed::Renew => &["first"],
        };
        let whole = matches!(alive.as_slice(), [(_, found)] if found == keys);
        assert!(whole, "{}: {alive:?}", self.name);
    }
}

/// The session with an id; none when it ended, or there is none.
async fn resume(app: &mut App, container: Container, tx: Tx, id: &str) -> Option<Session> {
    match app.resume(container, tx, id).await {
        Ok(session) => session,
        Err(Error::Ended(_)) => None,
        Err(error) => panic!("{id}: {error:?}"),
    }
}

async fn set(app: &mut App, session: Session, key: &str) -> CallResult<()> {
    let data = app.package(session, "p").await?;
    app.set(data, key, "true").await
}

async fn begin(world: &World) -> (App, Container, Tx) {
    let mut app = world.app().await;
    let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
    (app, container, tx)
}
