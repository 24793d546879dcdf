//! The arguments of the bench.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::contender::Pace;
use crate::peers;
use crate::rows::PARTS;

const THOROUGH: Pace = Pace { round: Duration::from_millis(250), rounds: 15 };
const QUICK: Pace = Pace { round: Duration::from_millis(40), rounds: 5 };

/// The part with the plot.
pub const GROWTH: &str = "growth";

/// Measures sessions, and compares them with native clients.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Args {
    /// Measure less: done in about three minutes, with wider spreads
    #[arg(long)]
    quick: bool,
    /// Measure these parts only; `none` of them only shows what the report has
    #[arg(
        value_name = "PART",
        value_parser = PossibleValuesParser::new(part_names()),
        requires_ifs = peers::PARTS.map(|(name, ..)| (name, "peers")),
    )]
    parts: Vec<String>,
    /// Measure other session libraries, which are installed here, and nothing else that is not named
    #[arg(long, value_name = "DIRECTORY")]
    pub peers: Option<PathBuf>,
    /// Put what the report has into docs/performance.md, and the plots beside it
    #[arg(long)]
    docs: bool,
    /// Where the report is; parts in it that are not measured now stay
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench/report.json"))]
    pub report: PathBuf,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// The duration and the number of rounds.
    pub fn pace(&self) -> Pace {
        if self.quick { QUICK } else { THOROUGH }
    }

    /// Whether a part is to be measured.
    pub fn wants(&self, part: &str) -> bool {
        if self.parts.is_empty() {
            self.peers.is_none()
        } else {
            self.parts.iter().any(|named| named == part)
        }
    }

    /// Whether a part with peers is to be measured, if there are peers.
    pub fn wants_peers(&self, part: &str) -> bool {
        let is_named = |part: &str| self.parts.iter().any(|named| named == part);
        is_named(part) || !peers::PARTS.iter().any(|(name, ..)| is_named(name))
    }

    /// The page to put the figures into.
    pub fn page(&self) -> Option<&'static Path> {
        self.docs.then_some(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md")))
    }
}

fn part_names() -> impl Iterator<Item = &'static str> {
    let peers = peers::PARTS.iter().map(|(name, ..)| *name);
    PARTS.iter().map(|(name, ..)| *name).chain(peers).chain([GROWTH, "none"])
}
