//! The work of a visit, and of a transaction without a visitor.

use std::collections::BTreeMap;

use lovely_session::{Container, Package, Savepoint, Session, Transaction, Visit, Visited, transact_with};
use serde_json::{Value, json};

use crate::error::Failure;
use crate::plan::{Plan, Step};
use crate::steps::{on_package, on_session};

/// What the program answers.
pub struct Done {
    pub answer: Value,
    pub set_cookie: Option<String>,
}

/// A step for when the visit has ended: the place of its result, and what was kept of the visit.
type Kept = (usize, Package, Step);

/// Runs the steps of a plan.
pub fn run(plan: &Plan, cookies: &[Vec<u8>]) -> Done {
    let mut runs = 0;
    let visited = match &plan.transact {
        None => plan.visitors().visit(cookies, |visit| {
            runs += 1;
            Run::of(plan, runs, visit.transaction(), Subject::Visitor(visit)).all()
        }),
        Some(id) => transact_with(plan.transact_options(), |transaction| {
            runs += 1;
            let container = Container::open(&plan.container, plan.container_options())?;
            let session = container.session(transaction, id)?;
            Run::of(plan, runs, transaction, Subject::Session(&session)).all()
        })
        .map(|value| Visited { value, set_cookie: None }),
    };
    match visited {
        Ok(Visited { value: (results, kept), set_cookie }) => {
            Done { answer: json!({"results": with_kept(results, kept), "runs": runs}), set_cookie }
        }
        Err(failure) => Done { answer: json!({"error": failure.in_json(), "runs": runs}), set_cookie: None },
    }
}

fn with_kept(mut results: Vec<Value>, kept: Vec<Kept>) -> Vec<Value> {
    for (place, package, step) in kept {
        if let Some(result) = results.get_mut(place) {
            *result = outcome(on_package(&package, &step));
        }
    }
    results
}

fn outcome(result: Result<Value, Failure>) -> Value {
    match result {
        Ok(value) => json!({"ok": value}),
        Err(failure) => json!({"error": failure.in_json()}),
    }
}

/// Whose session the steps use.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Visitor(&'a Visit),
    Session(&'a Session),
}

/// One run of the steps.
struct Run<'a> {
    plan: &'a Plan,
    number: i64,
    transaction: &'a Transaction,
    subject: Subject<'a>,
    savepoints: BTreeMap<String, Savepoint>,
    kept: Vec<Kept>,
}

impl<'a> Run<'a> {
    fn of(plan: &'a Plan, number: i64, transaction: &'a Transaction, subject: Subject<'a>) -> Self {
        Self { plan, number, transaction, subject, savepoints: BTreeMap::new(), kept: Vec::new() }
    }

    fn all(mut self) -> Result<(Vec<Value>, Vec<Kept>), Failure> {
        let steps = self.plan.steps.iter().enumerate();
        let results = steps.map(|(place, step)| self.step(place, step)).collect::<Result<_, _>>()?;
        Ok((results, self.kept))
    }

    fn session(&self) -> Option<&'a Session> {
        match self.subject {
            Subject::Visitor(visit) => visit.session(),
            Subject::Session(session) => Some(session),
        }
    }

    fn step(&mut self, place: usize, step: &Step) -> Result<Value, Failure> {
        match step.name.as_str() {
            "session" => Ok(self.session().is_some().into()),
            "fail" => Err(Failure::Application),
            "try" => Ok(outcome(self.step(place, &step.step(0)))),
            "begin" | "log-in" | "log-out" => self.visitor_step(&step.name).map(|()| Value::Null),
            "savepoint" | "rollback" | "release" => self.savepoint_step(step).map(|()| Value::Null),
            "rival" | "rival-ends" => self.rival(step).map(|()| Value::Null),
            "in" => self.elsewhere(step),
            "keep" => self.keep(place, step.step(0)).map(|()| Value::Null),
            _ => self.session().map_or(Ok(Value::Null), |session| on_session(session, step)),
        }
    }

    fn visitor_step(&self, name: &str) -> Result<(), Failure> {
        let Subject::Visitor(visit) = self.subject else { return Err(Failure::NoStep(name.to_owned())) };
        match name {
            "begin" => visit.session_or_begin().map(drop)?,
            "log-in" => visit.session_with_new_id().map(drop)?,
            _ => visit.log_out()?,
        }
        Ok(())
    }

    fn savepoint_step(&mut self, step: &Step) -> Result<(), Failure> {
        let name = step.text(0);
        if step.name == "savepoint" {
            let savepoint = match self.subject {
                Subject::Visitor(visit) => visit.savepoint()?,
                Subject::Session(_) => self.transaction.savepoint()?,
            };
            self.savepoints.insert(name.to_owned(), savepoint);
            return Ok(());
        }
        let Some(savepoint) = self.savepoints.get(name) else { return Err(Failure::NoStep(name.to_owned())) };
        let done = if step.name == "rollback" { savepoint.rollback() } else { savepoint.release() };
        Ok(done?)
    }

    /// Does steps on the same session, or ends it, in another transaction, if it is early enough.
    fn rival(&self, step: &Step) -> Result<(), Failure> {
        let Some(session) = self.session().filter(|_| self.number <= step.number(0)) else { return Ok(()) };
        let transaction = Transaction::begin();
        let container = Container::open(&self.plan.container, self.plan.container_options())?;
        let rival = container.session(&transaction, &session.id())?;
        if step.name == "rival-ends" {
            rival.destroy()?;
        } else {
            step.steps(1).iter().try_for_each(|step| on_session(&rival, step).map(drop))?;
        }
        Ok(transaction.commit()?)
    }

    fn elsewhere(&self, step: &Step) -> Result<Value, Failure> {
        let container = Container::open(step.text(0), self.plan.container_options())?;
        let session = container.session(self.transaction, step.text(1))?;
        step.steps(2).iter().map(|step| on_session(&session, step)).collect()
    }

    fn keep(&mut self, place: usize, step: Step) -> Result<(), Failure> {
        let Some(session) = self.session() else { return Ok(()) };
        self.kept.push((place, session.package(step.text(0))?, step));
        Ok(())
    }
}
