//! What `plimsoll calibrate policy` found: the recommended policy, what it is compared with, and why.

use serde::{Deserialize, Serialize};

/// Layout version of a policy calibration's `result.json`.
pub const POLICY_CALIBRATION_FORMAT_VERSION: u32 = 1;

/// A search over policies on a walk-forward. A pure function of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyCalibration {
    /// Layout version of this file.
    pub format_version: u32,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Name of the calibration.
    pub name: String,
    /// Why it exists.
    pub description: String,
    /// Name of the walk-forward searched on.
    pub backtest: String,
    /// Name of the model whose terms were used.
    pub model: String,
    /// Name of the policy that was varied.
    pub policy: String,
    /// Currency of every amount.
    pub currency: String,
    /// Share of capital whose loss within a period counts as missed.
    pub tolerance: f64,
    /// Days of the largest change of the threshold.
    pub change_days: f64,
    /// Annual cost of idle capital, as a share of it.
    pub idle_capital_rate: f64,
    /// Length of a block of the bootstrap, in dates.
    pub block_dates: usize,
    /// Replicates of the bootstrap.
    pub replicates: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// What was varied, in the order of every candidate's `values`.
    pub parameters: Vec<VariedParameter>,
    /// Constraints, with what binds on the last part that was trained on.
    pub constraints: Vec<PolicyConstraint>,
    /// Parts trained on and the later ones tested on, in order of time.
    pub folds: Vec<PolicyFold>,
    /// Every candidate of the last fold: the grid first, then what the optimiser asked for.
    pub candidates: Vec<PolicyCandidate>,
    /// Index in `candidates` of the recommendation.
    pub recommended: usize,
    /// Whether it meets every constraint where it was trained.
    pub feasible: bool,
    /// The recommended policy document, as TOML.
    pub document: String,
    /// Outcome of one parameter at a time changed, around the recommendation.
    pub sensitivity: Vec<Sensitivity>,
    /// The policy of each fold on its own test part, put together, against other limits.
    pub comparison: Comparison,
    /// Date by date, what was carried on the test parts.
    pub path: Vec<PolicyDate>,
    /// Whether the calibrated policy wins, and why, in sentences.
    pub verdict: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// A parameter that was varied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariedParameter {
    /// What it sets, e.g. `exponent of volatility regime of BTC`.
    pub name: String,
    /// Smallest value searched.
    pub from: f64,
    /// Largest value searched.
    pub to: f64,
    /// The value of the policy as it stands, where it states one.
    pub as_it_stands: Option<f64>,
}

/// A constraint and how it held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyConstraint {
    /// What is constrained.
    pub name: String,
    /// No more than this.
    pub limit: f64,
    /// What the recommendation has where it was trained.
    pub recommended: f64,
    /// The least that any candidate has there.
    pub least: f64,
    /// Cost of the cheapest candidate that meets all other constraints, where that is cheaper.
    pub cost_without: Option<f64>,
    /// In words: met with room, binds, conflicts with others, cannot be met.
    pub finding: String,
}

/// A part of the dates trained on and the part after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyFold {
    /// First and last date trained on, RFC 3339.
    pub train: [String; 2],
    /// First and last date tested on.
    pub test: [String; 2],
    /// Values of the policy chosen on the first.
    pub values: Vec<f64>,
    /// Whether it meets every constraint there.
    pub feasible: bool,
    /// What it does there,
    pub trained: PolicyMeasures,
    /// and on the second.
    pub tested: PolicyMeasures,
    /// Policies evaluated.
    pub evaluated: usize,
}

/// A policy, and what it does where it was trained and where it was not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyCandidate {
    /// Values of the parameters.
    pub values: Vec<f64>,
    /// On the part trained on.
    pub trained: PolicyMeasures,
    /// On the part tested on.
    pub tested: PolicyMeasures,
    /// Whether it meets every constraint where it was trained.
    pub feasible: bool,
    /// Whether no other candidate is better in one of missed loss, false alarms, turnover, exposure
    /// carried and largest change of the threshold, and worse in none.
    pub on_front: bool,
}

/// What following a limit does over a part of the dates.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PolicyMeasures {
    /// Dates.
    pub dates: usize,
    /// Share of dates whose loss, costs included, is beyond the tolerance.
    pub missed_frequency: f64,
    /// Mean over all dates of the loss beyond it, as a share of capital.
    pub missed_loss: f64,
    /// Largest loss of a period, as a share of capital.
    pub worst_loss: f64,
    /// Mean of the worst twentieth of losses, as a share of capital.
    pub tail_loss: f64,
    /// Forced reductions a year.
    pub forced_per_year: f64,
    /// Those that no loss followed, a year.
    pub false_alarms_per_year: f64,
    /// Scale of the positions traded, a year.
    pub turnover_per_year: f64,
    /// Cost of that a year, as a share of capital.
    pub trading_cost: f64,
    /// Mean scale of the positions carried.
    pub exposure_carried: f64,
    /// Mean share of the tolerated loss that the potential loss carried leaves idle.
    pub idle_capital: f64,
    /// Largest change of the threshold over `change_days`, as a share of the tolerated loss.
    pub largest_change: f64,
    /// Mean absolute change of the threshold a day, the same share.
    pub daily_change: f64,
    /// What is minimised: cost of idle capital and of trades a year, as a share of capital.
    pub cost: f64,
}

/// One parameter changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// Index into `parameters`.
    pub parameter: usize,
    /// By value, increasing.
    pub points: Vec<SensitivityPoint>,
}

/// What one value of a parameter does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SensitivityPoint {
    /// The value; others are as recommended.
    pub value: f64,
    /// On the last part trained on.
    pub trained: PolicyMeasures,
    /// On the last part tested on.
    pub tested: PolicyMeasures,
}

/// Limits side by side over all test parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The calibrated policy, fold by fold.
    pub policy: PolicyMeasures,
    /// One scale of the positions throughout: the mean that the policy carries.
    pub static_limit: PolicyMeasures,
    /// A scale inverse to volatility, of the same mean.
    pub volatility_target: PolicyMeasures,
    /// The volatility that the last aims at, annual; and on what.
    pub volatility_target_level: f64,
    /// The series whose volatility it follows.
    pub volatility_target_series: String,
    /// Policy less static limit.
    pub against_static: Vec<Difference>,
    /// Policy less volatility target.
    pub against_volatility_target: Vec<Difference>,
    /// Every test date on which one of the three missed, the largest loss missed first.
    pub missed_dates: Vec<MissedDate>,
}

/// A test date on which the loss of the policy, of the static limit or of the volatility target was
/// beyond the tolerance; figures in that order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissedDate {
    /// The date, RFC 3339.
    pub instant: String,
    /// Scales of the positions carried.
    pub scales: [f64; 3],
    /// Losses of the period that follows, costs included, as shares of capital.
    pub losses: [f64; 3],
    /// The parts of them beyond the tolerance.
    pub missed: [f64; 3],
}

/// A difference of two limits with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What differs.
    pub name: String,
    /// Policy less the other.
    pub value: f64,
    /// 95 % interval by circular block bootstrap of the dates.
    pub interval_95: [f64; 2],
    /// Whether less is better.
    pub less_is_better: bool,
}

/// One date of the test parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyDate {
    /// The date, RFC 3339.
    pub instant: String,
    /// Threshold as a share of capital.
    pub threshold: f64,
    /// Potential loss carried, the same.
    pub potential_loss: f64,
    /// Loss of the period that follows, costs included, the same.
    pub loss: f64,
    /// Scale of the positions carried.
    pub scale: f64,
    /// Scale that the volatility target carries.
    pub volatility_target_scale: f64,
    /// Whether positions were cut by force.
    pub forced: bool,
}
