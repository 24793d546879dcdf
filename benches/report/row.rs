//! One line of the report.

use serde::{Deserialize, Serialize};

use crate::spread::Spread;

/// A figure, with its name and unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub of: String,
    /// The quartiles of the rounds.
    pub value: Spread,
    /// The unit.
    pub unit: String,
}

impl Figure {
    /// A figure that was measured in rounds.
    pub fn new(of: impl Into<String>, value: Spread, unit: &str) -> Self {
        Self { of: of.into(), value, unit: unit.to_owned() }
    }

    /// A figure that is the same each time.
    pub fn exact(of: impl Into<String>, value: f64, unit: &str) -> Self {
        Self::new(of, Spread { low: value, median: value, high: value }, unit)
    }
}

/// The goal of a result.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
}

impl Goal {
    /// Whether the median of the rounds meets it.
    pub fn is_met_by(self, result: Spread) -> bool {
        match self {
            Self::AtLeast(least) => result.median >= least,
            Self::AtMost(most) => result.median <= most,
        }
    }
}

/// One measurement, with its result and its goal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The name of the measurement.
    pub what: String,
    /// What the result is.
    pub result: Figure,
    /// The goal; none if the result is only reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    /// Whether the result meets the goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// The best that the result could be, as measured in the same rounds; none if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The figures behind the result: first the native client, then the component, then others.
    pub figures: Vec<Figure>,
    /// How it was measured, and what the result does not include.
    pub how: String,
}

impl Row {
    /// A row that is only reported.
    pub fn new(
        what: impl Into<String>,
        result: Figure,
        figures: Vec<Figure>,
        how: impl Into<String>,
    ) -> Self {
        Self { what: what.into(), result, goal: None, met: None, limit: None, figures, how: how.into() }
    }

    /// The row with the best that its result could be.
    pub fn with_limit(self, limit: Spread) -> Self {
        Self { limit: Some(limit.median), ..self }
    }

    /// The row with a goal.
    pub fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), met: Some(goal.is_met_by(self.result.value)), ..self }
    }
}
