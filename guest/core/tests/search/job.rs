//! The work of a client.

use std::rc::Rc;

use crate::program::Program;
use crate::shared::Shared;

/// What a client has to do.
pub struct Job {
    pub program: Rc<Program>,
    pub client: usize,
    /// The number of its first transaction.
    pub first: usize,
    pub shared: Rc<Shared>,
}
