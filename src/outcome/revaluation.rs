//! How well proxies stood in for full revaluation.

use serde::{Deserialize, Serialize};

/// A run by proxies: polynomials on every path, full revaluation of the tail.
///
/// VaR, ES, their intervals, contributions, worst paths and liquidations are those of full
/// revaluation. What rests on all paths (mean, deviation, histogram, probabilities, solved figures
/// on the kept paths) is within `error_bound` of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyRevaluation {
    /// `exact` where the bound is proven, `verified` where it was measured, `full` where an error
    /// above it was seen and every path was revalued.
    pub tail: String,
    /// Why proxies, where the engine chose them.
    pub reason: Option<String>,
    /// Bound of the error of a path's loss.
    pub error_bound: f64,
    /// Polynomials a path.
    pub polynomials: u64,
    /// Their coefficients.
    pub terms: u64,
    /// Option contracts that are cheaper in full and stayed so.
    pub contracts_in_full: u64,
    /// Paths revalued in full.
    pub paths_revalued: u64,
    /// Those among them because they left the proxies' domain.
    pub paths_outside_domain: u64,
    /// Those among them because a margin decision inside the path lay within its error.
    #[serde(default)]
    pub paths_in_doubt: u64,
    /// Largest bound of the error of any account's equity less maintenance margin inside paths; zero
    /// where nothing is decided inside paths.
    #[serde(default)]
    pub decision_error_bound: f64,
    /// Largest error of it on the sampled paths.
    #[serde(default)]
    pub largest_error_decision: f64,
    /// Paths sampled over the run to see the error.
    pub sample_paths: u64,
    /// Largest error on them.
    pub largest_error_sample: f64,
    /// Largest error on the tail.
    pub largest_error_tail: f64,
}
