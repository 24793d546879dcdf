//! Transactions on sessions of the test container, in a few words.

use std::rc::Rc;

use lovely_session_core::{
    Container, ContainerOptions, Error, Isolation, Package, Session, Transaction, store_key,
};

use super::environment::World;

pub type Tx = Transaction<World>;

/// All isolation levels.
pub const LEVELS: [Isolation; 3] = [Isolation::Serializable, Isolation::Snapshot, Isolation::LastWriterWins];

impl World {
    /// Returns the record of a session.
    pub fn raw(&self, id: &str) -> Option<Vec<u8>> {
        self.items.borrow().get(&key(id)).map(|item| item.value.clone())
    }

    /// Stores bytes as the record of a session.
    pub fn put_raw(&self, id: &str, value: &[u8]) {
        self.put(key(id), value.to_vec(), None);
    }

    /// Removes the entry of a session, as an eviction does.
    pub fn evict(&self, id: &str) {
        self.items.borrow_mut().remove(&key(id));
    }

    /// Removes all entries, as a restart does.
    pub fn lose_everything(&self) {
        self.items.borrow_mut().clear();
    }

    pub fn begin(self: &Rc<Self>) -> Tx {
        self.begin_with(Isolation::Serializable)
    }

    pub fn begin_with(self: &Rc<Self>, isolation: Isolation) -> Tx {
        Transaction::begin(Rc::clone(self), isolation)
    }

    /// Writes entries of the package `p` of a session in a transaction of its own.
    pub fn store(self: &Rc<Self>, id: &str, entries: &[(&str, &str)]) {
        let tx = self.begin();
        container().session(&tx, id).unwrap().package("p").unwrap().update(entries).unwrap();
        tx.commit().unwrap();
    }

    /// Returns the entries of the package `p` of a session in a new transaction.
    pub fn stored(self: &Rc<Self>, id: &str) -> Vec<(String, String)> {
        let tx = self.begin();
        match container().resume(&tx, id).unwrap() {
            Some(session) => session.package("p").unwrap().entries().unwrap(),
            None => Vec::new(),
        }
    }

    /// As [`Self::stored`], for a session that may have ended.
    pub fn stored_or_ended(self: &Rc<Self>, id: &str) -> Vec<(String, String)> {
        match container().resume(&self.begin(), id) {
            Err(Error::Ended(_)) => Vec::new(),
            _ => self.stored(id),
        }
    }
}

/// The container that most tests use.
pub fn container() -> Container {
    Container::open("test", ContainerOptions::default()).unwrap()
}

pub fn container_with(options: ContainerOptions) -> Container {
    Container::open("test", options).unwrap()
}

/// The test container with a timeout in seconds.
pub fn container_with_timeout(timeout: u32) -> Container {
    container_with(ContainerOptions { timeout, ..ContainerOptions::default() })
}

/// The package `p` of a session.
pub fn package(tx: &Tx, id: &str) -> Package<World> {
    container().session(tx, id).unwrap().package("p").unwrap()
}

pub fn session(tx: &Tx, id: &str) -> Session<World> {
    container().session(tx, id).unwrap()
}

pub fn key(id: &str) -> String {
    store_key("test", id).unwrap()
}

/// Entries as owned text.
pub fn owned(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The keys of a conflict.
pub fn conflict_keys(result: Result<(), Error>) -> Vec<Option<String>> {
    match result {
        Err(Error::Conflict(conflicts)) => conflicts.into_iter().map(|conflict| conflict.key).collect(),
        other => panic!("expected a conflict, found {other:?}"),
    }
}

/// Whether `resume` finds a session under an id.
pub fn is_alive(world: &Rc<World>, id: &str) -> bool {
    matches!(container().resume(&world.begin(), id), Ok(Some(_)))
}

/// Destroys a session in a transaction of its own.
pub fn destroy(world: &Rc<World>, id: &str) {
    let tx = world.begin();
    session(&tx, id).destroy().unwrap();
    tx.commit().unwrap();
}

/// Renews the id of a session in a transaction of its own. Returns the new id.
pub fn renew(world: &Rc<World>, id: &str, grace: u32) -> String {
    let tx = world.begin();
    let new = session(&tx, id).renew_id(grace).unwrap();
    tx.commit().unwrap();
    new
}

/// Whether the record of a session has a pending change.
pub fn is_pending(world: &World, id: &str) -> bool {
    String::from_utf8(world.raw(id).unwrap()).unwrap().contains("\"pending\"")
}
