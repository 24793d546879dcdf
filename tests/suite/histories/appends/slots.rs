//! All ids, their sessions, and the sessions that have ended.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

use lovely_session_tests::app::{App, CallResult, Error, Session};
use lovely_session_tests::history::{Op, Value};
use lovely_session_tests::world::World;

use super::{CONTAINER, Shared};

/// The known ids and sessions of a round.
#[derive(Default)]
pub struct Slots(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// All ids in the order of their creation, whether or not the transaction committed.
    ids: Vec<String>,
    /// For each id, its value in the history, and the number of its session.
    of_id: HashMap<String, (Value, usize)>,
    /// The latest id of each slot.
    latest: HashMap<usize, String>,
    sessions: usize,
    /// The numbers of the sessions whose end was acknowledged.
    ended: BTreeSet<usize>,
}

impl Slots {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }

    /// The number of sessions so far. They are numbered from 0.
    pub fn sessions(&self) -> usize {
        self.known().sessions
    }

    /// Notes a new session. Returns its number.
    pub fn add_session(&self, id: &str, slot: usize, value: Value) -> usize {
        let mut known = self.known();
        let number = known.sessions;
        known.sessions += 1;
        known.latest.entry(slot).or_insert_with(|| id.to_owned());
        known.add_id(id, value, number);
        number
    }

    /// Notes that a session may get another id.
    pub fn add_id(&self, id: &str, value: Value, session: usize) {
        self.known().add_id(id, value, session);
    }

    pub fn value_of(&self, id: &str) -> Value {
        self.known().of_id[id].0
    }

    /// Notes the id of a slot in the directory.
    pub fn see(&self, slot: usize, id: &str) {
        self.known().latest.insert(slot, id.to_owned());
    }

    pub fn latest(&self, slot: usize) -> String {
        self.known().latest[&slot].clone()
    }

    /// Any of the ids that were ever used.
    pub fn any(&self, number: u64) -> String {
        let known = self.known();
        known.ids[number as usize % known.ids.len()].clone()
    }

    /// Notes that the end of a session was acknowledged.
    pub fn end(&self, session: usize) {
        self.known().ended.insert(session);
    }

    /// The sessions that no client may find alive from now on.
    pub fn ended(&self) -> BTreeSet<usize> {
        self.known().ended.clone()
    }

    /// Asserts that every id that was ever used finds no session, or one of the sessions with these ids.
    pub async fn assert_no_others_are_alive(&self, world: &World, alive: &[String]) {
        let ids = self.known().ids.clone();
        let mut app = world.app().await;
        let (container, tx) = (app.open(CONTAINER).await, app.begin().await);
        // A session has the id by which it joined, even if others find it afterwards.
        for id in alive.iter().chain(&ids) {
            match app.resume(container, tx, id).await {
                Ok(None) | Err(Error::Ended(_)) => {}
                Ok(Some(session)) => {
                    let joined = app.id(session).await;
                    assert!(alive.contains(&joined), "{id} is alive, and not in the directory: {alive:?}");
                }
                Err(error) => panic!("{id}: {error:?}"),
            }
        }
    }
}

impl Known {
    fn add_id(&mut self, id: &str, value: Value, session: usize) {
        self.ids.push(id.to_owned());
        self.of_id.insert(id.to_owned(), (value, session));
    }
}

/// A list that was read.
pub struct List {
    /// Its key in the history.
    pub key: String,
    pub values: Vec<Value>,
}

impl List {
    /// The read in the history: the last value of a list stands for the list.
    pub fn op(&self) -> Op {
        Op::Read(self.key.clone(), self.values.last().copied())
    }
}

impl Shared {
    /// The id of the session in this slot.
    pub async fn look_up(&self, app: &mut App, directory: Session, slot: usize) -> CallResult<(String, Op)> {
        let data = app.package(directory, "p").await?;
        let text = app.get(data, &slot.to_string()).await?.expect("every slot is taken");
        let id = text.trim_matches('"').to_owned();
        self.slots.see(slot, &id);
        let value = self.slots.value_of(&id);
        Ok((id, Op::Read(format!("directory/{slot}"), Some(value))))
    }

    pub async fn read_list(&self, app: &mut App, session: Session, list: &str) -> CallResult<List> {
        let key = format!("{}/{list}", number(app, session).await?);
        let data = app.package(session, "lists").await?;
        let text = app.get(data, list).await?;
        let values = text.map_or(Vec::new(), |text| serde_json::from_str(&text).unwrap());
        Ok(List { key, values })
    }
}

/// The number of a session, which it keeps as long as it lives.
pub async fn number(app: &mut App, session: Session) -> CallResult<usize> {
    let data = app.package(session, "p").await?;
    let text = app.get(data, "number").await?;
    Ok(text.expect("a session has its number").parse().unwrap())
}
