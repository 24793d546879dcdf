//! The statistics of rounds.

use serde::{Deserialize, Serialize};

/// The quartiles of the results of rounds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The lower quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

/// The results of one contender's rounds, in their order.
#[derive(Clone, Debug)]
pub struct Samples(pub Vec<f64>);

impl Samples {
    /// The quartiles.
    pub fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |quarter: usize| {
            let position = (sorted.len() - 1) as f64 * quarter as f64 / 4.0;
            let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
            below + (above - below) * position.fract()
        };
        Spread { low: at(1), median: at(2), high: at(3) }
    }

    /// The medians of so many results in a row each, which a few disturbed ones do not change.
    pub fn medians_of(&self, count: usize) -> Samples {
        Samples(self.0.chunks(count).map(|results| Samples(results.to_vec()).spread().median).collect())
    }

    /// The quotient, round by round, because load on the machine affects adjacent rounds alike.
    pub fn over(&self, other: &Samples) -> Samples {
        self.with(other, |own, other| own / other)
    }

    /// The sum, round by round.
    pub fn plus(&self, other: &Samples) -> Samples {
        self.with(other, |own, other| own + other)
    }

    /// The difference, round by round.
    pub fn minus(&self, other: &Samples) -> Samples {
        self.with(other, |own, other| own - other)
    }

    fn with(&self, other: &Samples, combine: impl Fn(f64, f64) -> f64) -> Samples {
        Samples(self.0.iter().zip(&other.0).map(|(own, other)| combine(*own, *other)).collect())
    }
}
