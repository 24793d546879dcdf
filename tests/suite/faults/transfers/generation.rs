//! The accounts until a server dies and loses some of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use lovely_session_tests::app::{App, CallResult, Container, Error, Package, Session, Tx};
use lovely_session_tests::random::Random;

use super::{ACCOUNTS, begin};
use crate::faults::accounts::{OPENING, set_balance};

/// Whether accounts get other ids, and other sessions replace those that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    Yes,
    No,
}

/// All accounts, with their current and former ids.
pub struct Generation {
    /// The number of deaths of servers before the accounts were opened.
    pub number: usize,
    pub moves: Moves,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// All ids that each account may have had, whether or not the transaction committed.
    ids: [Vec<String>; ACCOUNTS],
    /// The latest id of each account that was seen.
    latest: [String; ACCOUNTS],
    /// The session of each id.
    sessions: BTreeMap<String, usize>,
    /// The sessions whose end was acknowledged.
    ended: BTreeSet<usize>,
}

impl Generation {
    /// Opens all accounts, in one commit.
    pub async fn open(app: &mut App, number: usize, moves: Moves) -> Self {
        let generation = Self { number, moves, known: Mutex::default() };
        let (container, tx) = begin(app).await;
        let directory = generation.directory(app, container, tx).await.unwrap();
        for account in 0..ACCOUNTS {
            let session = generation.open_one(app, container, tx, account).await.unwrap();
            let id = app.id(session).await;
            generation.enter(app, directory, account, &id).await.unwrap();
            generation.see(account, &id);
            set_balance(app, session, OPENING).await.unwrap();
        }
        app.commit(tx).await.unwrap();
        generation
    }

    async fn open_one(
        &self,
        app: &mut App,
        container: Container,
        tx: Tx,
        account: usize,
    ) -> CallResult<Session> {
        let session = match self.moves {
            Moves::No => app.session(container, tx, &format!("account {}-{account}", self.number)).await?,
            Moves::Yes => app.create(container, tx).await?,
        };
        self.name_session(app, session, account).await?;
        Ok(session)
    }

    /// Notes the account in a new session, and the id among those of the account.
    pub async fn name_session(&self, app: &mut App, session: Session, account: usize) -> CallResult<()> {
        let id = app.id(session).await;
        self.known().add_id(account, &id, None);
        let data = app.package(session, "p").await?;
        app.set(data, "account", &account.to_string()).await
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Notes that a session may get another id.
    pub fn add_renewed_id(&self, account: usize, old: &str, new: &str) {
        let session = self.session_of(old);
        self.known().add_id(account, new, Some(session));
    }

    /// Notes that an account has this id.
    pub fn see(&self, account: usize, id: &str) {
        id.clone_into(&mut self.known().latest[account]);
    }

    /// Notes that the end of the session with this id was acknowledged.
    pub fn end(&self, id: &str) {
        let session = self.session_of(id);
        self.known().ended.insert(session);
    }

    /// The sessions that no client may find alive from now on.
    pub fn ended(&self) -> BTreeSet<usize> {
        self.known().ended.clone()
    }

    /// The session that has or had this id.
    pub fn session_of(&self, id: &str) -> usize {
        self.known().sessions[id]
    }

    /// A remembered id of an account: usually the latest, sometimes any.
    pub fn remember(&self, random: &mut Random, account: usize) -> String {
        let known = self.known();
        if random.below(5) > 0 {
            return known.latest[account].clone();
        }
        known.ids[account][random.index(known.ids[account].len())].clone()
    }

    /// The session with the ids of all accounts.
    pub async fn directory(&self, app: &mut App, container: Container, tx: Tx) -> CallResult<Package> {
        let directory = app.session(container, tx, &format!("directory {}", self.number)).await?;
        app.package(directory, "p").await
    }

    /// The id of an account in the directory; none if the directory was lost with its server.
    pub async fn look_up(
        &self,
        app: &mut App,
        directory: Package,
        account: usize,
    ) -> CallResult<Option<String>> {
        let Some(text) = app.get(directory, &account.to_string()).await? else { return Ok(None) };
        let id = text.trim_matches('"').to_owned();
        self.see(account, &id);
        Ok(Some(id))
    }

    /// Enters the id of an account in the directory.
    pub async fn enter(&self, app: &mut App, directory: Package, account: usize, id: &str) -> CallResult<()> {
        app.set(directory, &account.to_string(), &format!("\"{id}\"")).await
    }

    /// All accounts of the directory, without faults. Checks that no other id finds another session.
    pub async fn accounts(&self, app: &mut App, container: Container, tx: Tx) -> Vec<Session> {
        let directory = self.directory(app, container, tx).await.unwrap();
        let (mut accounts, mut alive) = (Vec::new(), BTreeSet::new());
        for account in 0..ACCOUNTS {
            let id = self.look_up(app, directory, account).await.unwrap().expect("the account has an id");
            let session = app.resume(container, tx, &id).await.unwrap().expect("the account is there");
            assert_eq!(app.id(session).await, id, "the directory is right");
            alive.insert(id);
            accounts.push(session);
        }
        // A session has the id by which it joined, even if others find it afterwards.
        let ids = self.known().ids.concat();
        for id in &ids {
            match app.resume(container, tx, id).await {
                Ok(None) | Err(Error::Ended(_)) => {}
                Ok(Some(session)) => {
                    let joined = app.id(session).await;
                    assert!(alive.contains(&joined), "{id} is alive, and not in the directory: {alive:?}");
                }
                Err(error) => panic!("{id}: {error:?}"),
            }
        }
        accounts
    }
}

impl Known {
    /// Notes that an account may get this id, with this session or with a new one.
    fn add_id(&mut self, account: usize, id: &str, session: Option<usize>) {
        self.ids[account].push(id.to_owned());
        let next = self.sessions.len();
        self.sessions.insert(id.to_owned(), session.unwrap_or(next));
    }
}
