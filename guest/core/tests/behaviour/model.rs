//! A reference model that copies everything, and programs that run on the model and on the core.

use std::collections::BTreeMap;

use lovely_session_core::{Error, Savepoint, Session};

use crate::world::{Tx, World, container};

/// The sessions of a program; a step names one by its position.
pub const IDS: [&str; 3] = ["one", "two", "three"];
/// The packages of each session; a step names one by its position.
pub const PACKAGES: [&str; 2] = ["p", "q"];
/// The keys of each package; a step names one by its position.
pub const KEYS: [&str; 3] = ["a", "b", "c"];

/// A step of a program. A savepoint is chosen among the existing ones.
#[derive(Clone, Debug)]
pub enum Step {
    Set(usize, usize, usize, u8),
    Add(usize, usize, usize, i8),
    Update(usize, usize, Vec<(usize, u8)>),
    Remove(usize, usize, usize),
    Clear(usize, usize),
    RemovePackage(usize, usize),
    Destroy(usize),
    Savepoint,
    Rollback(usize),
    Release(usize),
    Commit,
    Abort,
}

/// The content of a session: numbers by package and key, or `None` once it has ended.
type Content = Option<BTreeMap<(usize, usize), i64>>;
type State = [Content; 3];

fn empty() -> State {
    [const { Some(BTreeMap::new()) }; 3]
}

/// The reference model. A savepoint is a copy of everything.
struct Model {
    stored: State,
    current: State,
    savepoints: Vec<State>,
}

/// The core, with the handles that it returned.
struct Real {
    world: std::rc::Rc<World>,
    tx: Tx,
    savepoints: Vec<Savepoint<World>>,
    released: Vec<Savepoint<World>>,
}

impl Real {
    fn session(&self, id: usize) -> Result<Session<World>, Error> {
        container().session(&self.tx, IDS[id])
    }

    /// Reads everything through the public interface.
    fn observe(&self) -> State {
        std::array::from_fn(|id| match self.session(id) {
            Err(Error::Ended(_)) => None,
            session => Some(observe_session(&session.unwrap())),
        })
    }
}

fn observe_session(session: &Session<World>) -> BTreeMap<(usize, usize), i64> {
    let mut content = BTreeMap::new();
    let mut filled = Vec::new();
    for (p, name) in PACKAGES.iter().enumerate() {
        let package = session.package(name).unwrap();
        let peeked = package.peek_entries().unwrap();
        let entries = package.entries().unwrap();
        assert_eq!(peeked, entries);
        assert_eq!(package.len().unwrap(), entries.len());
        assert_eq!(package.keys().unwrap(), entries.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
        for (k, key) in KEYS.iter().enumerate() {
            let peeked = package.peek(key).unwrap();
            let text = package.get(key).unwrap();
            assert_eq!(peeked, text);
            assert_eq!(package.contains(key).unwrap(), text.is_some());
            assert_eq!(entries.iter().find(|(found, _)| found == key).map(|(_, text)| text.clone()), text);
            content.extend(text.map(|text| ((p, k), text.parse().unwrap())));
        }
        if !entries.is_empty() {
            filled.push(*name);
        }
    }
    assert_eq!(session.packages().unwrap(), filled);
    content
}

fn take(step: &Step, real: &mut Real, model: &mut Model) {
    match step {
        Step::Set(id, p, k, value) => write(real, model, *id, *p, &[(*k, *value)]),
        Step::Update(id, p, entries) => write(real, model, *id, *p, entries),
        Step::Add(id, p, k, number) => {
            if let Some(content) = &mut model.current[*id] {
                let package = real.session(*id).unwrap().package(PACKAGES[*p]).unwrap();
                package.add(KEYS[*k], (*number).into()).unwrap();
                *content.entry((*p, *k)).or_default() += i64::from(*number);
            }
        }
        Step::Remove(id, p, k) => {
            if let Some(content) = &mut model.current[*id] {
                let package = real.session(*id).unwrap().package(PACKAGES[*p]).unwrap();
                assert_eq!(package.remove(KEYS[*k]).unwrap(), content.remove(&(*p, *k)).is_some());
            }
        }
        Step::Clear(id, p) | Step::RemovePackage(id, p) => {
            if let Some(content) = &mut model.current[*id] {
                let session = real.session(*id).unwrap();
                let held = content.keys().any(|(package, _)| package == p);
                match step {
                    Step::Clear(..) => session.package(PACKAGES[*p]).unwrap().clear().unwrap(),
                    _ => assert_eq!(session.remove_package(PACKAGES[*p]).unwrap(), held),
                }
                content.retain(|(package, _), _| package != p);
            }
        }
        Step::Destroy(id) => {
            // A session that was never stored leaves nothing, so only stored ones stay ended.
            if model.current[*id].is_some() && model.stored[*id].as_ref().is_some_and(|held| !held.is_empty())
            {
                real.session(*id).unwrap().destroy().unwrap();
                model.current[*id] = None;
            }
        }
        Step::Savepoint => {
            real.savepoints.push(real.tx.savepoint().unwrap());
            model.savepoints.push(model.current.clone());
        }
        Step::Rollback(choice) if !real.savepoints.is_empty() => {
            let choice = choice % real.savepoints.len();
            real.savepoints[choice].rollback().unwrap();
            real.released.extend(real.savepoints.drain(choice + 1..));
            model.savepoints.truncate(choice + 1);
            model.current.clone_from(&model.savepoints[choice]);
        }
        Step::Release(choice) if !real.savepoints.is_empty() => {
            let choice = choice % real.savepoints.len();
            real.savepoints[choice].release().unwrap();
            real.released.extend(real.savepoints.drain(choice..));
            model.savepoints.truncate(choice);
        }
        Step::Rollback(_) | Step::Release(_) => {}
        Step::Commit | Step::Abort => finish(step, real, model),
    }
}

fn write(real: &Real, model: &mut Model, id: usize, p: usize, entries: &[(usize, u8)]) {
    let Some(content) = &mut model.current[id] else { return };
    let texts: Vec<(&str, String)> = entries.iter().map(|(k, value)| (KEYS[*k], value.to_string())).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (*key, text.as_str())).collect();
    real.session(id).unwrap().package(PACKAGES[p]).unwrap().update(&texts).unwrap();
    content.extend(entries.iter().map(|(k, value)| ((p, *k), i64::from(*value))));
}

fn finish(step: &Step, real: &mut Real, model: &mut Model) {
    if matches!(step, Step::Commit) {
        let written = real.world.writes.get();
        real.tx.commit().unwrap();
        let changed = model.current != model.stored;
        assert_eq!(real.world.writes.get() > written, changed, "only changes are written");
        model.stored.clone_from(&model.current);
    } else {
        real.tx.abort().unwrap();
    }
    model.current.clone_from(&model.stored);
    model.savepoints.clear();
    for savepoint in real.savepoints.drain(..).chain(real.released.drain(..)) {
        assert_eq!(savepoint.rollback(), Err(Error::Finished));
    }
    real.tx = real.world.begin();
}

/// Runs a program on the core and on the model, and compares everything after each step.
pub fn run(program: &[Step]) {
    let world = World::new();
    let tx = world.begin();
    let mut real = Real { world, tx, savepoints: Vec::new(), released: Vec::new() };
    let mut model = Model { stored: empty(), current: empty(), savepoints: Vec::new() };
    for step in program {
        take(step, &mut real, &mut model);
        assert_eq!(real.observe(), model.current, "after {step:?}");
        for savepoint in &real.released {
            assert_eq!(savepoint.rollback(), Err(Error::SavepointInvalid));
        }
    }
}
