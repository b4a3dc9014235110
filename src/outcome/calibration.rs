//! What `plimsoll calibrate liquidation` found: candidates, their objectives, the Pareto front.

use serde::{Deserialize, Serialize};

/// Layout version of a calibration's `result.json`.
pub const CALIBRATION_FORMAT_VERSION: u32 = 1;

/// A calibration of liquidation thresholds. A pure function of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Layout version of this file.
    pub format_version: u32,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Name of the calibration.
    pub name: String,
    /// Why it exists.
    pub description: String,
    /// Name of the base scenario.
    pub scenario: String,
    /// Instant of the market data, UTC, RFC 3339.
    pub as_of: String,
    /// Currency of every amount.
    pub currency: String,
    /// Horizon in ACT/365 years.
    pub horizon_years: f64,
    /// Paths a candidate, the same for all.
    pub paths: u64,
    /// Seed of every draw.
    pub seed: u64,
    /// Level of expected shortfalls.
    pub level: f64,
    /// How candidates were proposed, in one sentence.
    pub search: String,
    /// What was searched, in the order of every candidate's `values`.
    pub parameters: Vec<SearchedParameter>,
    /// What is to be small, in the order of every candidate's `objectives`.
    pub objectives: Vec<Objective>,
    /// The base scenario as it stands, beside the candidates; it has no `values`.
    pub as_it_stands: Candidate,
    /// Every candidate, in the order in which it was proposed.
    pub candidates: Vec<Candidate>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// A parameter that was searched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchedParameter {
    /// What it sets, e.g. `stop distance of btc-stop`.
    pub name: String,
    /// How its values read.
    pub unit: ParameterUnit,
}

/// How the values of a parameter read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterUnit {
    /// A share, e.g. 5 %.
    Share,
    /// A multiple, e.g. leverage of 10.
    Multiple,
    /// A time in hours.
    Hours,
}

/// Something that is to be small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// What it is, e.g. `bad debt, ES 99 %`.
    pub name: String,
    /// Its definition and estimator.
    pub estimator: String,
}

/// One setting of all parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its number, from 1; 0 is the scenario as it stands.
    pub id: usize,
    /// Round that proposed it: 0 of the first set, then refinements.
    pub round: u32,
    /// A value a parameter.
    pub values: Vec<f64>,
    /// How it compares.
    pub standing: Standing,
    /// The candidate that dominates it, where one does.
    pub dominated_by: Option<usize>,
    /// Why it cannot be held at all; it then has no figures.
    pub infeasible: Option<String>,
    /// What it leads to.
    pub figures: Option<CandidateFigures>,
}

/// How a candidate compares with all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No other is as good in every objective and better in one.
    Front,
    /// Others are, but none of them better in any objective by more than the Monte Carlo error.
    WithinError,
    /// Another is as good in every objective and better in one by more than the error.
    Dominated,
    /// It cannot be held.
    Infeasible,
}

/// What a candidate leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateFigures {
    /// An estimate an objective.
    pub objectives: Vec<ObjectiveEstimate>,
    /// Probability that any account is liquidated, in part or all.
    pub liquidation_probability: f64,
    /// Probability that any stop order executes.
    pub stop_probability: f64,
    /// Probability that any account is traded back to the leverage that it is kept at.
    #[serde(default)]
    pub rebalancing_probability: f64,
}

/// An objective with its Monte Carlo error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveEstimate {
    /// Its estimate, in the reporting currency.
    pub value: f64,
    /// Its standard error; zero where it is known exactly.
    pub standard_error: f64,
}
