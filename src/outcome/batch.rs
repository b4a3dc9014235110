//! Plain results of a batch: one line a run, sorted by loss. What `summary.json` holds.
//!
//! A pure function of the batch's inputs: no time, machine or path in it, and nothing of how often
//! the batch was interrupted.

use serde::{Deserialize, Serialize};

use super::threshold::Status;

/// Layout version of `summary.json`; raised when a field changes meaning or goes.
pub const BATCH_FORMAT_VERSION: u32 = 1;

/// All runs of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchSummary {
    /// Layout version of this file.
    pub format_version: u32,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Name of the batch.
    pub batch: String,
    /// Why it exists.
    pub description: String,
    /// Runs asked for; those listed are fewer where the batch ended early.
    pub asked: usize,
    /// Finished runs by loss, largest first; then those with faults.
    pub runs: Vec<BatchRun>,
}

/// One run of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchRun {
    /// Its name and that of its folder: scenario, book and policy, joined by dots.
    pub run: String,
    /// Scenario name.
    pub scenario: String,
    /// Name of the book in the batch; `None`: the scenario's own.
    pub book: Option<String>,
    /// Name of the policy in the batch; `None`: the scenario's own, or none.
    pub policy: Option<String>,
    /// What was found; `None` where there were faults.
    pub figures: Option<BatchFigures>,
    /// Why nothing was found.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<BatchFault>,
}

/// The figures of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchFigures {
    /// Reporting currency of every amount.
    pub currency: String,
    /// What the loss is: `ES 99 %` or of another level, `loss of the path`, `worst cell`.
    pub measure: String,
    /// The loss; positive is money lost.
    pub loss: f64,
    /// Its 95 % Monte Carlo interval; `None` where nothing is drawn.
    pub loss_interval_95: Option<[f64; 2]>,
    /// Capital base of the policy.
    pub capital: Option<f64>,
    /// Loss over capital.
    pub loss_share_of_capital: Option<f64>,
    /// Threshold of the policy.
    pub threshold: Option<f64>,
    /// Potential loss over threshold; `None` without a policy, or where it is infinite.
    pub utilisation: Option<f64>,
    /// Status by the policy; `None` without one.
    pub status: Option<Status>,
    /// Limits of the policy above their hard bound.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hard_limits_breached: usize,
    /// Probability that an account is liquidated; `None` where nothing is drawn or nothing can be.
    pub liquidation_probability: Option<f64>,
    /// Accounts liquidated on a stated path or at the worst cell; `None` where paths are drawn.
    pub accounts_liquidated: Option<usize>,
    /// What loses most.
    pub worst_contributor: Option<WorstContributor>,
    /// Paths drawn; `None` where one is stated.
    pub paths: Option<u64>,
    /// Seed of every draw; `None` where nothing is drawn.
    pub seed: Option<u64>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A position or balance and its part of the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstContributor {
    /// Its name.
    pub name: String,
    /// Its part of the loss.
    pub loss: f64,
}

/// A fault that kept a run from its results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchFault {
    /// The document, where it is one's; named from the scenario's folder.
    pub file: Option<String>,
    /// Line, counted from 1.
    pub line: Option<usize>,
    /// Column, counted from 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub title: String,
    /// What should be there.
    pub expected: Option<String>,
    /// How to mend it.
    pub help: Option<String>,
}
