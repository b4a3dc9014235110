//! Plain results of a comparison: what changed between two batches, or two runs.

use serde::{Deserialize, Serialize};

use super::threshold::Status;

/// What changed from one batch or run to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchChanges {
    /// Names of the two batches or scenarios.
    pub names: [String; 2],
    /// Runs that both finished, by size of the change of their loss, largest first.
    pub runs: Vec<RunChange>,
    /// Runs that only the first finished.
    pub only_in_first: Vec<String>,
    /// Runs that only the second finished.
    pub only_in_second: Vec<String>,
}

/// What changed in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunChange {
    /// The run.
    pub run: String,
    /// Reporting currency.
    pub currency: String,
    /// What the loss is in either.
    pub measures: [String; 2],
    /// The loss in either; positive is money lost.
    pub losses: [f64; 2],
    /// The second loss less the first.
    pub change: f64,
    /// Utilisation of the threshold in either; `None` without a policy, or where it is infinite.
    pub utilisations: [Option<f64>; 2],
    /// Status in either.
    pub statuses: [Option<Status>; 2],
    /// Contributions by position and balance, by size of the change, largest first; one that is
    /// not in a run counts as none there. Their changes sum to that of the loss, but for grids, whose
    /// contributions are of everything held at the worst cell.
    pub contributions: Vec<ContributionChange>,
}

/// What changed in a contribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContributionChange {
    /// Position or balance.
    pub name: String,
    /// Its part of the loss in either.
    pub losses: [f64; 2],
    /// The second less the first.
    pub change: f64,
}
