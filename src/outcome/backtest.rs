//! What `plimsoll backtest` found: forecasts date by date, coverage tests, scores, and which model
//! to use.

use serde::{Deserialize, Serialize};

use super::Status;

/// Layout version of a backtest's `result.json`.
pub const BACKTEST_FORMAT_VERSION: u32 = 1;

/// A walk-forward backtest. A pure function of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Layout version of this file.
    pub format_version: u32,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Name of the backtest.
    pub name: String,
    /// Why it exists.
    pub description: String,
    /// Name of the base scenario.
    pub scenario: String,
    /// Currency of every amount.
    pub currency: String,
    /// Length of a period in ACT/365 years.
    pub horizon_years: f64,
    /// Time from one date to the next in ACT/365 years.
    pub every_years: f64,
    /// What models are estimated on, in one sentence.
    pub estimated_on: String,
    /// Dates asked for.
    pub dates: usize,
    /// Paths a date and model.
    pub paths: u64,
    /// Seed of the whole.
    pub seed: u64,
    /// Levels of VaR and ES.
    pub levels: Vec<f64>,
    /// Ways of being wrong against which the power of tests is told, in the order of every `power`.
    pub alternatives: Vec<String>,
    /// All dates; then, where a model is chosen, the part it is chosen on and the part it is judged
    /// on.
    pub parts: Vec<BacktestPart>,
    /// The model chosen, one a level; empty where none was to be.
    pub choices: Vec<ModelChoice>,
    /// Dates walked once more with everything inside paths, where that was asked for.
    pub path_events: Option<PathEventsCheck>,
    /// Every date, by model.
    pub series: Vec<BacktestSeries>,
    /// Dates that were left out, each with why.
    pub left_out: Vec<LeftOutDate>,
    /// What a reader should know, failures of models first.
    pub notes: Vec<String>,
}

/// Tests over a part of the dates: those on which every model has figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestPart {
    /// What it is for.
    pub purpose: PartPurpose,
    /// Its first date, UTC, RFC 3339.
    pub from: String,
    /// Its last.
    pub to: String,
    /// Dates.
    pub dates: usize,
    /// One a model, in document order.
    pub models: Vec<ModelTests>,
}

/// What a part of the dates is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartPurpose {
    /// All of them.
    All,
    /// A model is chosen on them.
    Choice,
    /// The chosen model is judged on them.
    Judgement,
}

/// Tests of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelTests {
    /// Its name.
    pub model: String,
    /// One a level.
    pub levels: Vec<LevelTests>,
    /// Whether the whole distribution was right.
    pub calibration: CalibrationHistogram,
}

/// Tests of one model at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelTests {
    /// The level.
    pub level: f64,
    /// Losses strictly above VaR.
    pub exceptions: usize,
    /// As many as the level promises.
    pub expected: f64,
    /// Mean VaR over the dates.
    pub mean_value_at_risk: f64,
    /// Mean ES over the dates.
    pub mean_expected_shortfall: f64,
    /// Mean loss of exceptions over their ES; about 1 where ES is right. Absent without exceptions,
    /// or where some ES is not above zero.
    pub exception_over_shortfall: Option<f64>,
    /// Basel's zone: `green`, `yellow`, `red`; it does not see too few exceptions.
    pub zone: String,
    /// Probability of no more exceptions than these under the level.
    pub zone_probability: f64,
    /// p-value of the number of exceptions under the binomial law itself.
    pub binomial_p_value: f64,
    /// Likelihood-ratio tests by their chi-square limits.
    pub ratios: Vec<RatioTest>,
    /// Tests with p-values and power under the model's own replicates.
    pub tests: Vec<ReplicatedTest>,
    /// Whether some replicated test rejects the model at 5 % in all (Bonferroni: its p-value is
    /// below 5 % over their number).
    pub rejected: bool,
    /// Mean joint score of VaR and ES (FZ0), less is better; absent where some ES is not above zero.
    pub mean_score: Option<f64>,
    /// Rank by it among the models, from 1.
    pub rank: Option<usize>,
    /// Its difference to the best model's.
    pub to_best: Option<ScoreGap>,
}

/// A likelihood-ratio test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatioTest {
    /// Its name.
    pub name: String,
    /// −2 ln of the ratio.
    pub statistic: f64,
    /// Degrees of freedom of its limit.
    pub degrees: usize,
    /// p-value under the limit.
    pub p_value: f64,
}

/// A test with p-value and power under replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicatedTest {
    /// Its name.
    pub name: String,
    /// The statistic, in the test's own sign.
    pub statistic: f64,
    /// p-value under the limit law, where there is one.
    pub limit_p_value: Option<f64>,
    /// p-value under replicates of the model.
    pub p_value: f64,
    /// The statistic from which 5 % of right models are rejected.
    pub critical_value: f64,
    /// Share of models wrong in each of the backtest's `alternatives` that the test rejects at 5 %.
    pub power: Vec<f64>,
}

/// A mean difference of scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScoreGap {
    /// Mean score less that of the best model, not below zero.
    pub mean: f64,
    /// Its standard error (Newey–West).
    pub standard_error: f64,
    /// Two-sided p-value of no difference (Diebold–Mariano).
    pub p_value: f64,
}

/// Histogram of the probability integral transform: even where the distribution is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationHistogram {
    /// Dates by bin of equal width, from the largest gain to the largest loss.
    pub counts: Vec<usize>,
    /// Counts between which a bin lies with 95 % probability.
    pub band_95: [f64; 2],
    /// Pearson's chi-square over the bins.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// The model chosen at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// The level.
    pub level: f64,
    /// The model with the least mean score among those not rejected; of all, where all are.
    pub model: String,
    /// Whether every model was rejected on the part it was chosen on.
    pub all_rejected: bool,
    /// Whether it is rejected on the part it is judged on.
    pub rejected_later: bool,
    /// Its rank by score there.
    pub rank_later: Option<usize>,
}

/// By how much everything that happens inside paths moves VaR and ES.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathEventsCheck {
    /// Steps of the paths with events.
    pub steps: u32,
    /// Dates walked once more.
    pub dates: Vec<String>,
    /// One a model and level.
    pub rows: Vec<PathEventsRow>,
}

/// VaR and ES with path events over those without, on the same dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathEventsRow {
    /// The model.
    pub model: String,
    /// The level.
    pub level: f64,
    /// Mean VaR without.
    pub mean_value_at_risk: f64,
    /// Mean of VaR with less VaR without.
    pub value_at_risk_difference: f64,
    /// The largest of them in size.
    pub value_at_risk_difference_largest: f64,
    /// Mean ES without.
    pub mean_expected_shortfall: f64,
    /// Mean of ES with less ES without.
    pub expected_shortfall_difference: f64,
    /// The largest of them in size.
    pub expected_shortfall_difference_largest: f64,
}

/// One model on all its dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestSeries {
    /// Its name.
    pub model: String,
    /// Dates, increasing.
    pub dates: Vec<BacktestDate>,
    /// What fits did in place of what the model's settings ask for, each with how often.
    #[serde(default)]
    pub fallbacks: Vec<FallbackCount>,
    /// How threshold and status went; absent without a policy.
    #[serde(default)]
    pub thresholds: Option<ThresholdHistory>,
}

/// The exposure threshold and the status of the book over the dates of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdHistory {
    /// Dates with a threshold.
    pub dates: usize,
    /// Dates at amber.
    pub amber: usize,
    /// Dates at red, hysteresis included.
    pub red: usize,
    /// Dates whose status is another than that of the date before.
    pub status_changes: usize,
    /// Mean potential loss.
    pub mean_potential_loss: f64,
    /// Mean threshold.
    pub mean_threshold: f64,
    /// Largest fall of the threshold from one date to the next, as a share of the former.
    pub largest_fall: f64,
    /// Largest rise, likewise.
    pub largest_rise: f64,
    /// Dates whose period loses more than the threshold.
    pub losses_beyond: usize,
    /// Those of them that were at red.
    pub losses_beyond_at_red: usize,
}

/// On how many dates a fit did something in place of what its settings ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallbackCount {
    /// What it was.
    pub kind: FallbackKind,
    /// In words, e.g. `degrees of freedom raised to 3`.
    pub what: String,
    /// Dates on which it was.
    pub dates: usize,
}

/// What a fit did in place of what its settings ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallbackKind {
    /// Degrees of freedom fitted lower than allowed, and raised.
    DegreesOfFreedomRaised,
    /// A GARCH fitted as a constant variance.
    VarianceConstant,
    /// A GARCH found by a simplex search.
    SimplexSearch,
    /// A factor held constant.
    HeldConstant,
    /// A factor taken as uncorrelated.
    Uncorrelated,
    /// A marginal with the copula's degrees of freedom.
    MarginalOfCopula,
    /// A factor that moves by its beta to another where it is missing.
    MissingByProxy,
    /// A policy's stressed period not weighed in, for want of history.
    StressedPeriodIdle,
    /// A correlation matrix replaced by the nearest positive semidefinite one.
    CorrelationProjected,
}

/// What a fit did on a date in place of what its settings ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestFallback {
    /// What it was.
    pub kind: FallbackKind,
    /// In words, as in the series' counts.
    pub what: String,
    /// The date's figure behind it: degrees of freedom as fitted, dates missing, Frobenius distance
    /// of the repair; absent where there is none.
    pub figure: Option<f64>,
}

/// One date of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestDate {
    /// When the book is marked, UTC, RFC 3339.
    pub date: String,
    /// When the period ends.
    pub ends: String,
    /// VaR, one a level.
    pub value_at_risk: Vec<f64>,
    /// ES, one a level.
    pub expected_shortfall: Vec<f64>,
    /// Realised loss of the period.
    pub loss: f64,
    /// The part of it that positions lost.
    pub positions_loss: f64,
    /// The part that balances lost.
    pub balances_loss: f64,
    /// Rank of the realised loss among the simulated ones, in (0, 1).
    pub transform: f64,
    /// Gross exposure.
    pub gross_exposure: f64,
    /// Net exposure.
    pub net_exposure: f64,
    /// What the policy makes of it.
    pub threshold: Option<BacktestThreshold>,
    /// What the fit did in place of what the model's settings ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<BacktestFallback>,
}

/// The threshold of a date.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BacktestThreshold {
    /// Potential loss.
    pub potential_loss: f64,
    /// Capital base.
    pub capital: f64,
    /// Condition multiplier.
    pub multiplier: f64,
    /// Threshold.
    pub threshold: f64,
    /// Utilisation; absent where infinite.
    pub utilisation: Option<f64>,
    /// Status, with hysteresis along the dates.
    pub status: Status,
}

/// A date without figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOutDate {
    /// The date.
    pub date: String,
    /// The model; absent where the date has no figures at all.
    pub model: Option<String>,
    /// Why.
    pub reason: String,
}
