//! What a call of the core costs as there is more of something: natively, so that nothing but the core is measured.

mod changes;
mod keys;
mod packages;
mod sessions;
mod shop;
mod table;
mod timing;

use serde::{Deserialize, Serialize};

pub use self::shop::Shop;
pub use self::table::table;
use self::timing::Timed;
use crate::bench::Bench;
use crate::contender::{Contender, in_turns};
use crate::spread::{Samples, Spread};

/// The most that a call may cost at the largest quantity, as a multiple of its cost at the smallest, if it should be flat.
const MOST_FLAT: f64 = 10.0;

/// The most that a call may cost at the largest quantity, as a multiple of its cost at a tenth of it, if it should be
/// proportional.
const MOST_PROPORTIONAL: f64 = 20.0;

/// What a call may cost as a quantity grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The same, whatever the quantity is. If it grew, a loop over such calls would be quadratic.
    Flat,
    /// At most in proportion to the quantity, because the call works on all of it.
    Proportional,
}

/// A call to measure.
pub struct Call {
    /// The call, as the WIT interfaces name it.
    what: &'static str,
    /// The quantity that grows.
    of: &'static str,
    /// What it may cost.
    expected: Expected,
    /// The quantities, each ten times as much as the one before.
    quantities: &'static [usize],
    /// Prepares the call at a quantity.
    prepare: fn(usize) -> Timed,
}

/// The costs of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Costs {
    /// The call.
    pub what: String,
    /// The quantity that grows.
    pub of: String,
    /// What it may cost.
    pub expected: Expected,
    /// The quantities, with the processor time of one call in microseconds.
    pub points: Vec<(usize, Spread)>,
    /// The cost at the largest quantity divided by that at a tenth of it, round by round.
    pub growth: Spread,
}

impl Costs {
    /// Whether the call costs more than it may. The limits leave room for the logarithm of a sorted tree, each step of
    /// which is slow where the tree no longer fits the processor's cache.
    pub fn is_worse(&self) -> bool {
        let cost = |point: Option<&(usize, Spread)>| point.map_or(0.0, |(_, spread)| spread.median);
        match self.expected {
            Expected::Flat => cost(self.points.last()) > MOST_FLAT * cost(self.points.first()),
            // In three of four rounds.
            Expected::Proportional => self.growth.low > MOST_PROPORTIONAL,
        }
    }
}

/// Measures all calls.
pub fn measure(bench: &Bench) -> Vec<Costs> {
    let all = [sessions::CALLS, packages::CALLS, keys::CALLS, changes::CALLS];
    all.into_iter().flatten().map(|call| costs(bench, call)).collect()
}

fn costs(bench: &Bench, call: &Call) -> Costs {
    let mut prepared: Vec<Timed> = call.quantities.iter().map(|quantity| (call.prepare)(*quantity)).collect();
    let contenders = prepared.iter_mut().map(|timed| Contender::new(|time| timed.microseconds(time)));
    let samples = in_turns(bench.pace.shorter(25), contenders.collect());
    let spreads = samples.iter().map(Samples::spread);
    let [.., tenth, most] = &samples[..] else { unreachable!("every call has at least two quantities") };
    Costs {
        what: call.what.to_owned(),
        of: call.of.to_owned(),
        expected: call.expected,
        points: call.quantities.iter().copied().zip(spreads).collect(),
        growth: most.over(tenth).spread(),
    }
}
