//! Other session libraries.

mod busy;
mod distance;
mod http;
mod library;
mod peer;
mod process;
mod served;

use std::path::Path;

use crate::bench::Bench;
use crate::contender::Pace;
use crate::growth::Growth;
use crate::row::Row;

pub use self::peer::{AXUM, DJANGO, EXPRESS, PHP, SERVED};

/// The results of peers.
pub struct Compared {
    /// The figures of peers and of the component.
    pub rows: Vec<Row>,
    /// The plot, and its name as a part of the report.
    pub plot: Option<(&'static str, Vec<Growth>)>,
}

/// A measurement of the peers that are installed in a directory: its name on the command line, its pace (from that of
/// all others), and its function.
pub type Part = (&'static str, fn(Pace) -> Pace, fn(&Bench, &Path) -> anyhow::Result<Compared>);

/// All measurements of peers.
pub const PARTS: [Part; 4] = [
    ("peers", Pace::same, library::measure),
    ("busy-peers", Pace::longer, busy::measure),
    ("http-peers", Pace::longer, http::measure),
    ("distance-peers", Pace::longer, distance::measure),
];
