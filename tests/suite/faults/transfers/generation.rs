//! The accounts that there are, until a server dies and takes some of them with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use lovely_session_tests::app::{Answer, App, Container, Error, Package, Session, Tx};
use lovely_session_tests::random::Random;

use super::{ACCOUNTS, begin};
use crate::faults::accounts::{OPENING, set_balance};

/// Whether accounts get other ids, and other sessions take the place of sessions that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    Yes,
    No,
}

/// All accounts, and under which ids they are or were.
pub struct Generation {
    /// How often a server had died before the accounts were opened.
    pub number: usize,
    pub moves: Moves,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// For each account all ids that it may have had, whether or not the transaction committed.
    ids: [Vec<String>; ACCOUNTS],
    /// For each account the id that was seen last.
    latest: [String; ACCOUNTS],
    /// For each id the session that has it.
    sessions: BTreeMap<String, usize>,
    /// The sessions whose end was confirmed.
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

    async fn open_one(&self, app: &mut App, container: Container, tx: Tx, account: usize) -> Answer<Session> {
        let session = match self.moves {
            Moves::No => app.session(container, tx, &format!("account {}-{account}", self.number)).await?,
            Moves::Yes => app.create(container, tx).await?,
        };
        self.name_session(app, session, account).await?;
        Ok(session)
    }

    /// Notes in a new session which account it is, and its id as one of the account.
    pub async fn name_session(&self, app: &mut App, session: Session, account: usize) -> Answer<()> {
        let id = app.id(session).await;
        self.known().add_id(account, &id, None);
        let data = app.package(session, "p").await?;
        app.set(data, "account", &account.to_string()).await
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Notes that the session under one id may get another.
    pub fn add_renewed_id(&self, account: usize, old: &str, new: &str) {
        let session = self.session_of(old);
        self.known().add_id(account, new, Some(session));
    }

    /// Notes that an account is under this id.
    pub fn see(&self, account: usize, id: &str) {
        id.clone_into(&mut self.known().latest[account]);
    }

    /// Notes that the end of the session of this id was confirmed.
    pub fn end(&self, id: &str) {
        let session = self.session_of(id);
        self.known().ended.insert(session);
    }

    /// The sessions that nobody may find alive from now on.
    pub fn ended(&self) -> BTreeSet<usize> {
        self.known().ended.clone()
    }

    /// The session that has or had this id.
    pub fn session_of(&self, id: &str) -> usize {
        self.known().sessions[id]
    }

    /// An id of an account from memory: the latest, or now and then any.
    pub fn remember(&self, random: &mut Random, account: usize) -> String {
        let known = self.known();
        if random.below(5) > 0 {
            return known.latest[account].clone();
        }
        known.ids[account][random.index(known.ids[account].len())].clone()
    }

    /// The session that tells under which id each account is.
    pub async fn directory(&self, app: &mut App, container: Container, tx: Tx) -> Answer<Package> {
        let directory = app.session(container, tx, &format!("directory {}", self.number)).await?;
        app.package(directory, "p").await
    }

    /// The id of an account as the directory says; none if a server that has died had the directory.
    pub async fn look_up(&self, app: &mut App, directory: Package, account: usize) -> Answer<Option<String>> {
        let Some(text) = app.get(directory, &account.to_string()).await? else { return Ok(None) };
        let id = text.trim_matches('"').to_owned();
        self.see(account, &id);
        Ok(Some(id))
    }

    /// Enters the id of an account in the directory.
    pub async fn enter(&self, app: &mut App, directory: Package, account: usize, id: &str) -> Answer<()> {
        app.set(directory, &account.to_string(), &format!("\"{id}\"")).await
    }

    /// All accounts, as the directory says, when all is well. No other id leads to anything else.
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
        // A session has the id by which it joined, however often others lead to it afterwards.
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
    /// Notes that an account may get this id: with this session, or with a new one.
    fn add_id(&mut self, account: usize, id: &str, session: Option<usize>) {
        self.ids[account].push(id.to_owned());
        let next = self.sessions.len();
        self.sessions.insert(id.to_owned(), session.unwrap_or(next));
    }
}
