//! The state of a run.

use std::rc::Rc;

use lovely_session_core::{Entry, Outcome, Write};

use crate::client::Worker;
use crate::environment::Request;
use crate::history::Eviction;
use crate::memory::Memory;
use crate::program::{MAX_TRANSACTIONS, Program};
use crate::shared::Shared;
use crate::trace::Trace;

/// The maximum number of steps of a run. A client that does not finish is a finding.
pub const MAX_STEPS: usize = 3000;

/// How a run ended.
#[derive(Debug)]
pub enum Ran {
    /// All clients finished.
    Through,
    /// The chooser cut it off.
    BrokenOff,
    /// The core panicked, or a client did not finish.
    Broken(String),
}

/// A request of a client that has not been answered yet.
#[derive(Debug)]
pub struct PendingRequest {
    pub request: Request,
    /// The result of each part of the request.
    pub parts: Vec<Option<Part>>,
    pub open: usize,
}

/// The result of a part of a request.
#[derive(Clone, Debug)]
pub enum Part {
    Read(Option<Entry>),
    Write(Outcome),
    Paused,
}

/// The state of one run.
pub struct Run<'r> {
    pub workers: &'r mut [Worker],
    pub program: &'r Rc<Program>,
    pub shared: &'r Rc<Shared>,
    pub memory: Memory,
    pub pending: Vec<Option<PendingRequest>>,
    /// For each client, a hash of all replies to it.
    pub replies_hash: Vec<u64>,
    pub started: Vec<bool>,
    /// Delayed writes, each with the transaction that sent it and the stamp.
    pub delayed: Vec<(Write, usize, u8)>,
    /// By transaction: the servers on which the container was dropped since it returned without a known outcome.
    pub dropped_since: [u8; MAX_TRANSACTIONS],
    /// The keys of writes that create an entry and got no reply, each with the transaction that sent it.
    pub creations: Vec<(String, usize)>,
    pub faults: u8,
    /// The number of periods of time that have passed.
    pub passed: usize,
    /// The number of requests of each client since its commit began, and the maximum in all runs.
    pub trips: Vec<u32>,
    pub most_trips: &'r mut u32,
    pub evictions: &'r mut Vec<Eviction>,
    pub applied_faults: &'r mut Vec<&'static str>,
    pub trace: &'r mut Trace,
}
