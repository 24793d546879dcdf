//! A run of a program: the scheduler lets clients, faults and delayed writes take turns at the store.

mod ending;
mod faults;
mod fingerprint;
mod options;
mod state;
mod steps;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

pub use self::state::Ran;
use self::state::Run;
use crate::client::Worker;
use crate::history::History;
use crate::memory::{Defect, Memory};
use crate::program::{Initial, MAX_TRANSACTIONS, Program, StoreKind};
use crate::schedule::Chooser;
use crate::setup;
use crate::shared::Shared;
use crate::trace::Trace;

/// Runs programs, one after another, and keeps what is costly to create.
pub struct Runner {
    workers: Vec<Worker>,
    setups: HashMap<([Initial; 3], StoreKind, u32, u32), Memory>,
    shared: Rc<Shared>,
    pub history: History,
    /// The choices of the last run.
    pub choices: Vec<u16>,
    /// The steps at the store of the last run.
    pub steps: usize,
    /// The maximum number of round trips of one commit, in all runs.
    pub trips: u32,
    /// The faults that occurred in the last run.
    pub applied_faults: Vec<&'static str>,
    /// A defect of the store.
    pub defect: Option<Defect>,
}

impl Runner {
    pub fn new() -> Self {
        Self {
            workers: Vec::new(),
            setups: HashMap::new(),
            shared: Rc::default(),
            history: History::default(),
            choices: Vec::new(),
            steps: 0,
            trips: 0,
            applied_faults: Vec::new(),
            defect: None,
        }
    }

    /// Runs a program once, and stores its history.
    pub fn run(&mut self, program: &Rc<Program>, chooser: &mut dyn Chooser, trace: &mut Trace) -> Ran {
        let result = catch_unwind(AssertUnwindSafe(|| self.run_or_panic(program, chooser, trace)));
        result.unwrap_or_else(|panic| {
            // After a panic the state is unreliable.
            (self.workers, self.shared) = (Vec::new(), Rc::default());
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Ran::Broken(format!("panic: {}", text.unwrap_or_default()))
        })
    }

    fn run_or_panic(&mut self, program: &Rc<Program>, chooser: &mut dyn Chooser, trace: &mut Trace) -> Ran {
        while self.workers.len() < program.clients.len() {
            self.workers.push(Worker::new());
        }
        self.shared.reset(program);
        self.choices.clear();
        self.applied_faults.clear();
        self.history.evictions.clear();
        let setup = self.setups.entry((
            program.initial,
            program.store,
            program.lives.timeout,
            program.lives.remember,
        ));
        let mut memory = setup.or_insert_with(|| setup::memory(program)).clone();
        memory.defect = self.defect;
        self.shared.now.set(memory.now);
        let clients = program.clients.len();
        let mut run = Run {
            workers: &mut self.workers[..clients],
            program,
            shared: &self.shared,
            memory,
            pending: (0..clients).map(|_| None).collect(),
            replies_hash: vec![0; clients],
            started: vec![false; clients],
            delayed: Vec::new(),
            dropped_since: [0; MAX_TRANSACTIONS],
            creations: Vec::new(),
            faults: program.faults.budget,
            passed: 0,
            trips: vec![0; clients],
            most_trips: &mut self.trips,
            evictions: &mut self.history.evictions,
            applied_faults: &mut self.applied_faults,
            trace,
        };
        let ran = run.go(chooser, &mut self.choices);
        self.steps = self.choices.len();
        if matches!(ran, Ran::Through) {
            self.history.endings = run.look();
            if !program.lives.passes.is_empty() {
                self.history.afterwards = run.afterwards();
            }
        } else {
            run.drain();
        }
        self.history.steps = self.steps;
        std::mem::swap(&mut self.history.events, &mut self.shared.events.borrow_mut());
        std::mem::swap(&mut self.history.observed, &mut self.shared.observed.borrow_mut());
        ran
    }
}
