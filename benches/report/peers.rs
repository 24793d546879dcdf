//! Other session libraries.

mod busy;
mod library;
mod process;
mod served;

use std::path::Path;

use crate::bench::Bench;
use crate::contender::Pace;
use crate::growth::Growth;
use crate::row::Row;

pub use self::busy::{DJANGO, EXPRESS, PHP, SERVED};

/// What was measured of peers.
pub struct Compared {
    /// Figures of them, and of ours.
    pub rows: Vec<Row>,
    /// What a plot shows; its name, as a part of the report, is the first.
    pub plot: Option<(&'static str, Vec<Growth>)>,
}

/// A measurement of the peers that are installed in a directory: what it is called on the command line, at which pace it
/// is done (of that of all others), and what does it.
pub type Part = (&'static str, fn(Pace) -> Pace, fn(&Bench, &Path) -> anyhow::Result<Compared>);

/// All measurements of peers.
pub const PARTS: [Part; 2] =
    [("peers", Pace::same, library::measure), ("busy-peers", Pace::longer, busy::measure)];
