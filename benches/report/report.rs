//! The report: everything that was measured, in one file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::calls::Costs;
use crate::contender::Pace;
use crate::growth::Growth;
use crate::others;
use crate::row::Row;

/// The load of an idle machine, in processors.
const QUIET: f64 = 0.2;

/// When, where and how a part was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// Seconds since the beginning of 1970.
    pub at: u64,
    /// The number of processors.
    pub processors: usize,
    /// The number of processors that other programs used just before.
    pub busy_processors: f64,
    /// The duration of one round, in milliseconds.
    pub round_ms: u64,
    /// The number of rounds.
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

    /// Whether other programs used the machine.
    pub fn is_busy(&self) -> bool {
        self.busy_processors > QUIET
    }
}

/// The result of one part of the bench.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// Figures with their goals.
    Rows(Vec<Row>),
    /// The costs of calls.
    Calls(Vec<Costs>),
    /// The data of a plot.
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
    /// The parts that were measured now, and those of earlier runs.
    pub parts: BTreeMap<String, Part>,
}

impl Report {
    /// The report in a file; an empty one if the file is absent or invalid.
    pub fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// The rows of all parts.
    pub fn rows(&self) -> Vec<Row> {
        let rows = self.parts.values().filter_map(|part| match &part.measured {
            Measured::Rows(rows) => Some(rows.clone()),
            Measured::Calls(_) | Measured::Growth(_) => None,
        });
        rows.flatten().collect()
    }

    /// Writes all of it to a file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }
}
