//! The report: everything that was measured, in one file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::contender::Pace;
use crate::growth::Growth;
use crate::others;
use crate::row::Row;

/// What a machine does that has nothing to do, in processors.
const QUIET: f64 = 0.2;

/// When, where and how something was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// Seconds since the beginning of 1970.
    pub at: u64,
    /// How many processors there were.
    pub processors: usize,
    /// How many processors other programs kept busy, in the moment before.
    pub busy_processors: f64,
    /// How long one round took, in milliseconds.
    pub round_ms: u64,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Taken {
    /// Now, on this machine.
    pub fn now(pace: Pace) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            processors,
            busy_processors: others::share_of_processors() * processors as f64,
            round_ms: pace.round.as_millis() as u64,
            rounds: pace.rounds,
        }
    }

    /// Whether the machine had other things to do.
    pub fn is_busy(&self) -> bool {
        self.busy_processors > QUIET
    }
}

/// What one part of the bench measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// Figures with what they are judged by.
    Rows(Vec<Row>),
    /// What the plot shows.
    Growth(Vec<Growth>),
}

/// A part of the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// When, where and how it was measured.
    pub taken: Taken,
    /// What was measured.
    #[serde(flatten)]
    pub measured: Measured,
}

/// The report: its parts, by their names.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report {
    /// What was measured now, and what was measured before and not again.
    pub parts: BTreeMap<String, Part>,
}

impl Report {
    /// The report in a file; an empty one if there is none, or none that can be read.
    pub fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes all of it to a file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }
}
