//! Plain results of an explanation: what moved the figures between two runs, step by step.

use serde::{Deserialize, Serialize};

/// Layout version of an explanation; raised when a field changes meaning or goes.
pub const EXPLANATION_FORMAT_VERSION: u32 = 1;

/// What was replaced from one run to the next, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainedStep {
    /// The valuation time.
    Time,
    /// Prices, forwards, volatilities, funding, liquidity and history.
    Market,
    /// Positions, orders, hedges and proposed trades.
    Positions,
    /// Accounts, balances, venues with their rules, margin calls.
    Collateral,
    /// Scenario and policy, and what was asked for on the command line but the seed.
    Parameters,
    /// The seed, and whatever is left.
    Noise,
}

impl ExplainedStep {
    /// Every step, in order.
    pub const ALL: [Self; 6] = [
        Self::Time,
        Self::Market,
        Self::Positions,
        Self::Collateral,
        Self::Parameters,
        Self::Noise,
    ];

    /// Its name for readers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Market => "market",
            Self::Positions => "positions",
            Self::Collateral => "collateral",
            Self::Parameters => "parameters",
            Self::Noise => "Monte Carlo noise",
        }
    }
}

/// A figure that is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainedQuantity {
    /// The exposure threshold.
    Threshold,
    /// ES at the level of the explanation.
    ExpectedShortfall,
    /// Potential loss.
    PotentialLoss,
    /// Potential loss over threshold; a share.
    Utilisation,
    /// Capital base.
    Capital,
}

impl ExplainedQuantity {
    /// Whether it is a share, not money.
    pub fn is_share(self) -> bool {
        self == Self::Utilisation
    }
}

/// What moved the figures from one run to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Layout version.
    pub format_version: u32,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Scenario names of the earlier and the later run.
    pub scenarios: [String; 2],
    /// Their valuation times, UTC, RFC 3339.
    pub as_of: [String; 2],
    /// Their seeds.
    pub seeds: [u64; 2],
    /// Their paths.
    pub paths: [u64; 2],
    /// Currency of every amount.
    pub currency: String,
    /// Level of the ES.
    pub level: f64,
    /// The steps, in the order in which things were replaced.
    pub steps: Vec<StepTaken>,
    /// The figures, each with what every step moved it by.
    pub figures: Vec<ExplainedFigure>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTaken {
    /// Which.
    pub step: ExplainedStep,
    /// Whether anything that a run depends on was replaced.
    pub changed: bool,
    /// What was, in words; empty where nothing was or nothing more can be said than the step's name.
    pub what: String,
    /// Why the step could not be taken alone; it is then told with the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_with_next: Option<String>,
}

/// A figure before and after, and what moved it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedFigure {
    /// Which.
    pub quantity: ExplainedQuantity,
    /// In the earlier run.
    pub before: f64,
    /// In the later run.
    pub after: f64,
    /// The later less the earlier; the contributions sum to it.
    pub change: f64,
    /// Standard error of the change; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
    /// By step, in order.
    pub steps: Vec<FigureStep>,
}

/// What one step did to a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureStep {
    /// Which step.
    pub step: ExplainedStep,
    /// The figure after it.
    pub value: f64,
    /// 95 % Monte Carlo interval of that; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95: Option<[f64; 2]>,
    /// The figure after it less the figure before it.
    pub contribution: f64,
    /// Standard error of the contribution, both runs being on the same paths; zero where the step
    /// replaced nothing, `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
}
