//! The report: everything that was measured, in one file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value;

use crate::contender::Pace;
use crate::growth::Growth;
use crate::row::Row;

/// When, where and how something was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Taken {
    /// Seconds since the beginning of 1970.
    pub at: u64,
    /// How many processors there were.
    pub processors: usize,
    /// How many programs wanted to run on average in the minute before: more than there are processors is a busy
    /// machine.
    pub load: f64,
    /// How long one round took, in milliseconds.
    pub round_ms: u128,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Taken {
    /// Now, on this machine.
    pub fn now(pace: Pace) -> Self {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
            round_ms: pace.round.as_millis(),
            rounds: pace.rounds,
        }
    }

    /// Whether the machine had other things to do.
    pub fn is_busy(&self) -> bool {
        self.load > self.processors as f64
    }
}

/// What one part of the bench measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// Figures with what they are judged by.
    Rows(Vec<Row>),
    /// What the plot shows.
    Growth(Vec<Growth>),
}

/// A part of the report.
#[derive(Debug, Serialize)]
struct Part {
    taken: Taken,
    #[serde(flatten)]
    measured: Measured,
}

/// The report: its parts, by their names.
#[derive(Debug, Default)]
pub struct Report(BTreeMap<String, Value>);

impl Report {
    /// The report in a file; an empty one if there is none, or none that can be read.
    pub fn read(path: &Path) -> Self {
        let parts = fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self(parts.unwrap_or_default())
    }

    /// Puts a part in the place of what was measured before.
    pub fn put(&mut self, name: &str, taken: Taken, measured: Measured) -> serde_json::Result<()> {
        self.0.insert(name.to_owned(), serde_json::to_value(Part { taken, measured })?);
        Ok(())
    }

    /// Writes all of it to a file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, serde_json::to_string_pretty(&self.0)? + "\n")
    }
}
