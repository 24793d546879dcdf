//! Sessions to call, in a store that costs next to nothing.

use std::rc::Rc;

use lovely_session_core::{Container, ContainerOptions, Isolation, Package, Session, Transaction, store_key};

use super::timing::Timed;
use crate::guest::Shape;

#[path = "../../../guest/core/benches/commit/world.rs"]
mod world;

pub use self::world::World;

/// The container of all sessions.
const CONTAINER: &str = "bench";

/// The largest record, in bytes: more than any record here has.
const MAX_SIZE: u32 = 100_000_000;

/// A transaction here.
pub type Tx = Transaction<World>;

/// Stored sessions, each with the same packages, each of which has the same keys.
#[derive(Clone)]
pub struct Shop(Rc<World>);

impl Shop {
    /// Stores so many sessions with so many packages of so many keys.
    pub fn with(sessions: usize, packages: usize, keys: usize) -> Self {
        let shop = Self(Rc::new(World::default()));
        let tx = shop.begin();
        for session in shop.join(&tx, sessions) {
            for number in 0..packages {
                fill(&package(&session, number), keys);
            }
        }
        tx.commit().unwrap();
        shop
    }

    /// Stores one session of a shape, as `programs/visitor` does.
    pub fn of_shape(Shape { packages, bytes, keys }: Shape) -> Self {
        let shop = Self::empty();
        let (tx, session, first) = shop.open();
        fill(&first, keys as usize);
        for number in 0..packages as usize {
            let bytes = if number == 0 { 100 } else { bytes as usize };
            let text = format!("\"{}\"", "x".repeat(bytes.saturating_sub(r#"{"count":1,"text":""}"#.len())));
            package(&session, number).update(&[("count", "1"), ("text", &text)]).unwrap();
        }
        tx.commit().unwrap();
        shop
    }

    /// Visits of the first session: reads and changes a key, takes a savepoint, and commits.
    pub fn visits(self) -> Timed {
        Timed::repeated(self, |shop| {
            let (tx, _session, package) = shop.open();
            let count: u64 = package.get("count").unwrap().and_then(|json| json.parse().ok()).unwrap_or(0);
            package.set("count", &(count + 1).to_string()).unwrap();
            let _savepoint = tx.savepoint().unwrap();
            tx.commit().unwrap();
        })
    }

    /// Only what such a visit asks of the store.
    pub fn relays(self) -> Timed {
        let key = store_key(CONTAINER, &id(0)).unwrap();
        Timed::repeated(self, move |shop| shop.0.load_and_store(&key))
    }

    /// An empty store.
    pub fn empty() -> Self {
        Self(Rc::new(World::default()))
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Tx {
        Transaction::begin(Rc::clone(&self.0), Isolation::Serializable)
    }

    /// Has the first `count` sessions join, all at once.
    pub fn join(&self, tx: &Tx, count: usize) -> Vec<Session<World>> {
        let ids: Vec<String> = (0..count).map(id).collect();
        container().session_many(tx, &ids.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
    }

    /// Begins a transaction that the first session joined, and returns its first package as well.
    pub fn open(&self) -> (Tx, Session<World>, Package<World>) {
        let tx = self.begin();
        let session = container().session(&tx, &id(0)).unwrap();
        let package = package(&session, 0);
        (tx, session, package)
    }

    /// Lets another transaction do something to the first `count` sessions, and commit.
    pub fn meanwhile(&self, count: usize, work: impl Fn(&Session<World>)) {
        let tx = self.begin();
        self.join(&tx, count).iter().for_each(work);
        tx.commit().unwrap();
    }
}

/// The container, with its options.
pub fn container() -> Container {
    let options = ContainerOptions { max_size: MAX_SIZE, ..ContainerOptions::default() };
    Container::open(CONTAINER, options).unwrap()
}

/// The id of a session.
pub fn id(number: usize) -> String {
    format!("visitor {number}")
}

/// The name of a key.
pub fn key(number: usize) -> String {
    format!("key {number}")
}

/// A package of a session.
pub fn package(session: &Session<World>, number: usize) -> Package<World> {
    session.package(&format!("package {number}")).unwrap()
}

/// Sets so many keys, all at once.
pub fn fill(package: &Package<World>, keys: usize) {
    let names: Vec<String> = (0..keys).map(key).collect();
    package.update(&names.iter().map(|key| (key.as_str(), "12345678")).collect::<Vec<_>>()).unwrap();
}

/// Changes the first key of a package to something that it never was before.
pub fn change(package: &Package<World>) {
    let before: u64 = package.peek(&key(0)).unwrap().and_then(|json| json.parse().ok()).unwrap_or(0);
    package.set(&key(0), &(before + 1).to_string()).unwrap();
}
