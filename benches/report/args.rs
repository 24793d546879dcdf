//! What the bench is asked to do.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::contender::Pace;

const THOROUGH: Pace = Pace { round: Duration::from_millis(250), rounds: 15 };
const QUICK: Pace = Pace { round: Duration::from_millis(40), rounds: 5 };

/// Measures what sessions cost, next to what nothing can do without.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Args {
    /// Measure less: done in under two minutes, with wider spreads
    #[arg(long)]
    quick: bool,
    /// Measure these parts only: one-client, many-clients, fresh-instance, guest-cpu, savepoints, serve-cpu,
    /// cold-start, size, budget, growth
    #[arg(value_name = "PART")]
    parts: Vec<String>,
    /// Where the report is; parts in it that are not measured now stay
    #[arg(long, value_name = "FILE", default_value = "target/bench/report.json")]
    pub report: PathBuf,
    /// Where the plot of the growth goes [default: growth.svg beside the report]
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Measure other session libraries, which are installed here, and nothing else unless it is named
    #[arg(long, value_name = "DIRECTORY")]
    pub peers: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// How thoroughly to measure.
    pub fn pace(&self) -> Pace {
        if self.quick { QUICK } else { THOROUGH }
    }

    /// Whether a part is to be measured.
    pub fn wants(&self, part: &str) -> bool {
        match &self.parts[..] {
            [] => self.peers.is_none(),
            parts => parts.iter().any(|wanted| wanted == part),
        }
    }

    /// Where the plot goes.
    pub fn plot(&self) -> PathBuf {
        self.plot.clone().unwrap_or_else(|| self.report.with_file_name("growth.svg"))
    }
}
