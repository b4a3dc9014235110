//! One path told node by node.

use serde::{Deserialize, Serialize};

use super::measures::{FactorMove, PathRow};

/// Everything that happened on one path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedPath {
    /// Scenario name.
    pub scenario: String,
    /// Seed of every draw.
    pub seed: u64,
    /// Path id.
    pub path: u64,
    /// Reporting currency of every amount.
    pub currency: String,
    /// Loss over the horizon; positive is money lost.
    pub loss: f64,
    /// The nodes in time order.
    pub nodes: Vec<ReplayedNode>,
    /// Losses by position, balance and venue, largest first; they sum to `loss`.
    pub rows: Vec<PathRow>,
    /// What happened on the way, in order.
    pub events: Vec<String>,
}

/// The factors at one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedNode {
    /// Time from the market's date, in years.
    pub time_years: f64,
    /// Moves from today, in model order.
    pub factors: Vec<FactorMove>,
}
