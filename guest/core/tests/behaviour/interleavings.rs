//! Random programs of several interleaved transactions: every committed history must be explainable by a
//! serial order of the transactions.
//!
//! The reference knows nothing of versions, overlays or merging. It keeps one state a session, and a log of
//! what each transaction did and was told. A transaction that changed a session must fit in at the moment of
//! its commit: doing it all again on the state of that moment must give the same answers. One that changed
//! nothing must fit in at the moment when it loaded the session. That is a serial order for each session,
//! which is what `serializable` promises.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use lovely_session_core::{Conflict, Error, Isolation, Savepoint, Session, SessionOutcome};
use proptest::prelude::*;

use crate::random::config;
use crate::world::{Fault, Tx, World, container};

const PACKAGES: [&str; 2] = ["p", "q"];
const KEYS: [&str; 3] = ["a", "b", "c"];
const SLOTS: usize = 3;

/// What one transaction does to one session.
#[derive(Clone, Debug)]
enum Act {
    Get(usize, usize),
    Keys(usize),
    Len(usize),
    Packages,
    Set(usize, usize, u8),
    Increment(usize, usize),
    Remove(usize, usize),
    Clear(usize),
    RemovePackage(usize),
    Destroy,
    Renew,
}

/// One step of a program: in which transaction, and what.
#[derive(Clone, Debug)]
enum Step {
    Act(usize, usize, Act),
    Savepoint(usize),
    Rollback(usize, usize),
    Commit(usize, Option<Fault>),
    Abort(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let (p, k) = (0..PACKAGES.len(), 0..KEYS.len());
    prop_oneof![
        4 => (p.clone(), k.clone()).prop_map(|(p, k)| Act::Get(p, k)),
        1 => p.clone().prop_map(Act::Keys),
        1 => p.clone().prop_map(Act::Len),
        1 => Just(Act::Packages),
        6 => (p.clone(), k.clone(), 0..3u8).prop_map(|(p, k, v)| Act::Set(p, k, v)),
        4 => (p.clone(), k.clone()).prop_map(|(p, k)| Act::Increment(p, k)),
        2 => (p.clone(), k).prop_map(|(p, k)| Act::Remove(p, k)),
        1 => p.clone().prop_map(Act::Clear),
        1 => p.prop_map(Act::RemovePackage),
        1 => Just(Act::Destroy),
        1 => Just(Act::Renew),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Fault::AnswerLost)),
        1 => Just(Some(Fault::RequestLost)),
        1 => Just(Some(Fault::Delayed)),
    ];
    prop_oneof![
        12 => (0..SLOTS, 0..6usize, act()).prop_map(|(slot, session, act)| Step::Act(slot, session, act)),
        1 => (0..SLOTS).prop_map(Step::Savepoint),
        1 => (0..SLOTS, 0..4usize).prop_map(|(slot, choice)| Step::Rollback(slot, choice)),
        3 => (0..SLOTS, fault).prop_map(|(slot, fault)| Step::Commit(slot, fault)),
        1 => (0..SLOTS).prop_map(Step::Abort),
    ]
}

type Content = BTreeMap<(usize, usize), u8>;

/// A session in the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Life {
    /// It was never stored.
    Absent,
    /// It is stored, with this data.
    Alive(Content),
    /// It was destroyed, or moved to another id.
    Ended,
}

impl Life {
    /// What a transaction sees.
    fn content(&self) -> Content {
        if let Self::Alive(content) = self { content.clone() } else { Content::new() }
    }
}

/// What happened in a transaction, as far as its application could tell.
#[derive(Clone, Debug)]
enum Event {
    Act(usize, Act, String),
    Savepoint,
    Rollback(usize),
}

/// A session within a transaction, in the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Image {
    content: Content,
    destroyed: bool,
    renewed: Option<String>,
}

/// Does an act on the reference, and says what it answers.
fn imagine(image: &mut Image, act: &Act, real_answer: &str) -> String {
    let content = &mut image.content;
    let keys = |content: &Content, p: usize| -> Vec<&str> {
        content.keys().filter(|(package, _)| *package == p).map(|(_, k)| KEYS[*k]).collect()
    };
    match act {
        Act::Get(p, k) => format!("{:?}", content.get(&(*p, *k))),
        Act::Keys(p) => format!("{:?}", keys(content, *p)),
        Act::Len(p) => format!("{}", keys(content, *p).len()),
        Act::Packages => {
            let names: BTreeSet<&str> = content.keys().map(|(p, _)| PACKAGES[*p]).collect();
            format!("{names:?}")
        }
        Act::Set(p, k, value) => {
            content.insert((*p, *k), *value);
            String::new()
        }
        Act::Increment(p, k) => {
            let value = content.get(&(*p, *k)).map_or(0, |value| value.wrapping_add(1));
            content.insert((*p, *k), value);
            format!("{value}")
        }
        Act::Remove(p, k) => format!("{}", content.remove(&(*p, *k)).is_some()),
        Act::Clear(p) => {
            content.retain(|(package, _), _| package != p);
            String::new()
        }
        Act::RemovePackage(p) => {
            let held = !keys(content, *p).is_empty();
            content.retain(|(package, _), _| package != p);
            format!("{held}")
        }
        Act::Destroy => {
            image.destroyed = true;
            String::new()
        }
        Act::Renew => {
            image.renewed = Some(real_answer.to_owned());
            real_answer.to_owned()
        }
    }
}

/// Does an act for real, and says what it answers.
fn perform(session: &Session<World>, act: &Act) -> Result<String, Error> {
    let package = |p: &usize| session.package(PACKAGES[*p]);
    let value = |p: &usize, k: &usize| -> Result<Option<u8>, Error> {
        Ok(package(p)?.get(KEYS[*k])?.map(|text| text.parse().unwrap()))
    };
    Ok(match act {
        Act::Get(p, k) => format!("{:?}", value(p, k)?.as_ref()),
        Act::Keys(p) => format!("{:?}", package(p)?.keys()?),
        Act::Len(p) => format!("{}", package(p)?.len()?),
        Act::Packages => format!("{:?}", session.packages()?.into_iter().collect::<BTreeSet<_>>()),
        Act::Set(p, k, new) => package(p)?.set(KEYS[*k], &new.to_string()).map(|()| String::new())?,
        Act::Increment(p, k) => {
            let new = value(p, k)?.map_or(0, |value| value.wrapping_add(1));
            package(p)?.set(KEYS[*k], &new.to_string())?;
            format!("{new}")
        }
        Act::Remove(p, k) => format!("{}", package(p)?.remove(KEYS[*k])?),
        Act::Clear(p) => package(p)?.clear().map(|()| String::new())?,
        Act::RemovePackage(p) => format!("{}", session.remove_package(PACKAGES[*p])?),
        Act::Destroy => session.destroy().map(|()| String::new())?,
        Act::Renew => session.renew_id(0)?,
    })
}

/// Does everything again that a transaction did to one session, on another state. Answers the state after
/// it, or the act that would have been told something else.
fn replay(log: &[Event], session: usize, start: &Content) -> Result<Image, String> {
    let mut image = Image { content: start.clone(), destroyed: false, renewed: None };
    let mut savepoints = Vec::new();
    for event in log {
        match event {
            Event::Savepoint => savepoints.push(image.clone()),
            Event::Rollback(position) => {
                savepoints.truncate(position + 1);
                image = savepoints[*position].clone();
            }
            Event::Act(which, act, answer) if *which == session => {
                let imagined = imagine(&mut image, act, answer);
                if imagined != *answer {
                    return Err(format!("{act:?} was told {answer}, not {imagined}"));
                }
            }
            Event::Act(..) => {}
        }
    }
    Ok(image)
}

/// A transaction under way.
struct Running {
    tx: Tx,
    handles: BTreeMap<usize, Session<World>>,
    loaded: BTreeMap<usize, Life>,
    savepoints: Vec<Savepoint<World>>,
    log: Vec<Event>,
}

/// The real sessions beside the reference.
struct Run {
    world: Rc<World>,
    ids: Vec<String>,
    lives: Vec<Life>,
    slots: [Option<Running>; SLOTS],
}

impl Run {
    fn new() -> Self {
        let ids = vec!["one".to_owned(), "two".to_owned()];
        let lives = vec![Life::Absent; 2];
        Self { world: World::new(), ids, lives, slots: [const { None }; SLOTS] }
    }

    fn running(&mut self, slot: usize) -> &mut Running {
        let world = &self.world;
        self.slots[slot].get_or_insert_with(|| Running {
            tx: world.begin_with(Isolation::Serializable),
            handles: BTreeMap::new(),
            loaded: BTreeMap::new(),
            savepoints: Vec::new(),
            log: Vec::new(),
        })
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Act(slot, session, act) => self.act(*slot, session % self.ids.len(), act),
            Step::Savepoint(slot) => {
                let running = self.running(*slot);
                running.savepoints.push(running.tx.savepoint().unwrap());
                running.log.push(Event::Savepoint);
            }
            Step::Rollback(slot, choice) => {
                let running = self.running(*slot);
                if !running.savepoints.is_empty() {
                    let position = choice % running.savepoints.len();
                    running.savepoints[position].rollback().unwrap();
                    running.savepoints.truncate(position + 1);
                    running.log.push(Event::Rollback(position));
                }
            }
            Step::Commit(slot, fault) => {
                self.running(*slot);
                let running = self.slots[*slot].take().unwrap();
                self.world.strike(*fault);
                let result = running.tx.commit();
                self.world.calm();
                self.check_commit(&running, result);
            }
            Step::Abort(slot) => self.slots[*slot] = None,
        }
    }

    fn act(&mut self, slot: usize, which: usize, act: &Act) {
        let (id, life) = (self.ids[which].clone(), self.lives[which].clone());
        let running = self.running(slot);
        if !running.handles.contains_key(&which) {
            match (container().session(&running.tx, &id), life) {
                (Err(Error::Ended(_)), Life::Ended) => return,
                (Ok(session), life @ (Life::Absent | Life::Alive(_))) => {
                    running.handles.insert(which, session);
                    running.loaded.insert(which, life);
                }
                (real, reference) => panic!("{real:?} where the reference has {reference:?}"),
            }
        }
        match perform(&running.handles[&which], act) {
            Ok(answer) => running.log.push(Event::Act(which, act.clone(), answer)),
            Err(error) => {
                let image = replay(&running.log, which, &running.loaded[&which].content()).unwrap();
                assert!(image.destroyed && matches!(error, Error::Ended(_)), "{act:?}: {error:?}");
            }
        }
    }

    fn check_commit(&mut self, running: &Running, result: Result<(), Error>) {
        for (which, loaded) in &running.loaded {
            let after = replay(&running.log, *which, &loaded.content()).unwrap();
            match outcome_of(running, *which, &result) {
                SessionOutcome::Applied => self.apply(*which, running, loaded, after),
                SessionOutcome::Ended => assert_eq!(self.lives[*which], Life::Ended),
                SessionOutcome::Unknown => self.apply_or_not(*which, running, loaded, after),
                SessionOutcome::Conflict => self.check_conflicts(*which, running, loaded, &result),
                outcome => panic!("nothing here explains {outcome:?}"),
            }
        }
    }

    /// Finds the place in the serial order for what a transaction did to a session.
    fn apply(&mut self, which: usize, running: &Running, loaded: &Life, after: Image) {
        let unchanged = after.content == loaded.content();
        match (loaded, &after) {
            // It changed nothing, and fits in where it loaded the session: what was never stored leaves
            // nothing when it is destroyed, and moves by its data alone.
            (Life::Absent, Image { destroyed: true, .. }) => {}
            (_, Image { destroyed: false, renewed: None, .. }) if unchanged => {}
            (Life::Absent, Image { renewed: Some(_), .. }) if unchanged => {}
            (Life::Absent, Image { renewed: Some(id), .. }) => {
                self.ids.push(id.clone());
                self.lives.push(Life::Alive(after.content));
            }
            _ => self.apply_now(which, running, after.destroyed),
        }
    }

    /// Of a session whose outcome is unknown, all must have happened or nothing.
    fn apply_or_not(&mut self, which: usize, running: &Running, loaded: &Life, after: Image) {
        self.world.deliver();
        let without = (self.ids.clone(), self.lives.clone());
        self.apply(which, running, loaded, after);
        let concerned = std::iter::once(which).chain(without.0.len()..self.ids.len());
        if concerned.into_iter().any(|at| self.difference_of(&self.ids[at], &self.lives[at]).is_some()) {
            (self.ids, self.lives) = without;
        }
    }

    /// A transaction that changed a session fits in right now.
    fn apply_now(&mut self, which: usize, running: &Running, destroyed: bool) {
        if self.lives[which] == Life::Ended {
            assert!(destroyed, "a session that had ended was written");
            return;
        }
        match replay(&running.log, which, &self.lives[which].content()) {
            Err(unexplained) => panic!("no serial order explains this: {unexplained}"),
            Ok(image) if image.destroyed => self.lives[which] = Life::Ended,
            Ok(Image { content, renewed: Some(id), .. }) => {
                self.lives[which] = Life::Ended;
                self.ids.push(id);
                self.lives.push(Life::Alive(content));
            }
            Ok(image) => self.lives[which] = Life::Alive(image.content),
        }
    }

    /// A conflict must name things that did change.
    fn check_conflicts(&self, which: usize, running: &Running, loaded: &Life, result: &Result<(), Error>) {
        let Err(Error::Conflict(conflicts)) = result else { return };
        let id = running.handles[&which].id();
        let (loaded, current) = (loaded.content(), self.lives[which].content());
        for Conflict { package, key, .. } in conflicts.iter().filter(|it| it.session.session == id) {
            let package = PACKAGES.iter().position(|name| Some(*name) == package.as_deref()).unwrap();
            let changed = |k: usize| loaded.get(&(package, k)) != current.get(&(package, k));
            match key {
                Some(key) => assert!(changed(KEYS.iter().position(|name| name == key).unwrap())),
                None => assert!((0..KEYS.len()).any(changed)),
            }
        }
    }

    /// Where what is stored differs from what the reference has.
    fn difference(&self) -> Option<String> {
        let lives = self.ids.iter().zip(&self.lives);
        lives.into_iter().find_map(|(id, life)| self.difference_of(id, life))
    }

    fn difference_of(&self, id: &str, life: &Life) -> Option<String> {
        let tx = self.world.begin();
        let session = match (container().session(&tx, id), life) {
            (Err(Error::Ended(_)), Life::Ended) => return None,
            (Ok(session), Life::Absent | Life::Alive(_)) => session,
            (real, reference) => return Some(format!("{id}: {real:?} and {reference:?}")),
        };
        let mut stored = Content::new();
        for (p, package) in PACKAGES.iter().enumerate() {
            for (key, text) in session.package(package).unwrap().entries().unwrap() {
                let k = KEYS.iter().position(|name| *name == key).unwrap();
                stored.insert((p, k), text.parse().unwrap());
            }
        }
        (stored != life.content()).then(|| format!("{id}: {stored:?} and {life:?}"))
    }
}

/// What a commit says of one session.
fn outcome_of(running: &Running, which: usize, result: &Result<(), Error>) -> SessionOutcome {
    let id = running.handles[&which].id();
    match result {
        Ok(()) => SessionOutcome::Applied,
        Err(Error::Partial(report)) => report
            .iter()
            .find(|(name, _)| name.session == id)
            .map_or(SessionOutcome::Applied, |(_, outcome)| *outcome),
        // Of a commit of which nothing was applied, only those are named that are the reason.
        Err(Error::OutcomeUnknown(names)) if names.iter().any(|name| name.session == id) => {
            SessionOutcome::Unknown
        }
        Err(Error::Ended(names)) if names.iter().any(|name| name.session == id) => SessionOutcome::Ended,
        Err(Error::Conflict(_) | Error::Ended(_) | Error::OutcomeUnknown(_)) => SessionOutcome::Conflict,
        Err(error) => panic!("nothing here explains {error:?}"),
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn every_committed_history_is_explained_by_a_serial_order(steps in prop::collection::vec(step(), 1..80)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
            prop_assert_eq!(run.difference(), None, "after {:?}", step);
        }
    }
}
