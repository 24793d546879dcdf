//! One line of the report.

use serde::{Deserialize, Serialize};

use crate::spread::Spread;

/// A figure and what it is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub of: String,
    /// What the rounds came to.
    pub value: Spread,
    /// What it is counted in.
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

/// What a result should come to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Goal {
    /// Whether the middle of the rounds meets it.
    pub fn is_met_by(self, result: Spread) -> bool {
        match self {
            Self::AtLeast(least) => result.median >= least,
            Self::AtMost(most) => result.median <= most,
        }
    }
}

/// One thing that was measured: what it came to, and what that is judged by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What was measured, in a few words.
    pub what: String,
    /// What of it the result tells.
    pub result: Figure,
    /// What the result should come to; none where it is only reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    /// Whether it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// The figures that the result comes from: the floor first, ours next, and others for comparison.
    pub figures: Vec<Figure>,
    /// What exactly was done, and what it does not tell.
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
        Self { what: what.into(), result, goal: None, met: None, figures, how: how.into() }
    }

    /// The row with a goal.
    pub fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), met: Some(goal.is_met_by(self.result.value)), ..self }
    }
}
