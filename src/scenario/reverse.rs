//! Settings of a reverse stress: what it would take to lose how much.

use serde::{Deserialize, Serialize};

/// A search for the most plausible moves that reach a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReverseSettings {
    /// What is to be reached.
    pub target: ReverseTarget,
    /// Most answers told.
    pub answers: usize,
}

/// What the moves are to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReverseTarget {
    /// A loss of the policy's threshold.
    Threshold,
    /// A loss of the policy's capital base.
    Capital,
    /// A loss of this much, in reporting currency.
    Loss(f64),
    /// The first liquidation by a venue: of this account, by name, or of any.
    FirstLiquidation(Option<String>),
}
