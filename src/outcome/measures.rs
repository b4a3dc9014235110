//! What the losses say, and where they come from.

use serde::{Deserialize, Serialize};

/// One risk measure with its error.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measure {
    /// Confidence level; 0.99 leaves the worst 1 %.
    pub level: f64,
    /// Positive is money lost.
    pub loss: f64,
    /// 95 % interval of the Monte Carlo error.
    pub interval_95: [f64; 2],
    /// Standard error; `None` where the estimator gives only an interval.
    pub standard_error: Option<f64>,
    /// Estimator of the figure and of its interval.
    pub estimator: String,
}

/// Probability with its error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probability {
    /// What happens with this probability.
    pub event: String,
    /// Amount of money in the event, e.g. the capital.
    pub amount: f64,
    /// Estimate.
    pub probability: f64,
    /// 95 % interval.
    pub interval_95: [f64; 2],
    /// Estimator.
    pub estimator: String,
}

/// Tail index of the losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TailIndex {
    /// Estimate of ξ; above 0.2 intervals of ES under-cover.
    pub xi: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Order statistics used.
    pub order_statistics: usize,
    /// Whether ξ is above 0.2.
    pub heavy_tail: bool,
    /// Whether ξ is so high that losses have no finite variance.
    #[serde(default)]
    pub infinite_variance: bool,
    /// How often the 95 % intervals of ES cover the truth at this ξ, in words.
    #[serde(default)]
    pub covered: String,
    /// Estimator.
    pub estimator: String,
}

/// The loss distribution.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measures {
    /// VaR by level, increasing.
    pub value_at_risk: Vec<Measure>,
    /// ES by level, increasing.
    pub expected_shortfall: Vec<Measure>,
    /// Mean loss.
    pub mean_loss: f64,
    /// Standard deviation of the loss.
    pub loss_deviation: f64,
    /// Smallest loss (largest profit).
    pub minimum_loss: f64,
    /// Largest loss.
    pub maximum_loss: f64,
    /// Probability of losing more than the capital base.
    pub loss_beyond_capital: Option<Probability>,
    /// Tail index.
    pub tail_index: Option<TailIndex>,
    /// Histogram of losses.
    pub histogram: Histogram,
}

/// Histogram over even bins from the smallest to the largest loss shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// Bins by increasing loss; every path is in exactly one.
    pub bins: Vec<HistogramBin>,
}

/// One bin: `lower <= loss < upper` (the last includes its upper end).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistogramBin {
    /// Lower loss.
    pub lower: f64,
    /// Upper loss.
    pub upper: f64,
    /// Paths.
    pub count: u64,
    /// Probability of a loss in it: by weight where paths are weighted. All bins together one.
    pub probability: f64,
}

/// Additive contributions to ES and VaR at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contributions {
    /// Confidence level.
    pub level: f64,
    /// Total ES the rows sum to.
    pub expected_shortfall: f64,
    /// Total VaR the rows sum to.
    pub value_at_risk: f64,
    /// Estimators and weights.
    pub estimator: String,
    /// By position and balance.
    pub by_position: Vec<ContributionRow>,
    /// By underlying.
    pub by_underlying: Vec<ContributionRow>,
    /// By account.
    pub by_account: Vec<ContributionRow>,
    /// By venue.
    pub by_venue: Vec<ContributionRow>,
    /// By tag; a row with several tags counts under the first, untagged under `untagged`.
    pub by_tag: Vec<ContributionRow>,
}

/// One additive contribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContributionRow {
    /// Position id, `<account>: <asset> balance`, `<account>: borne by the venue`, or group name.
    pub name: String,
    /// Contribution to ES.
    pub expected_shortfall: f64,
    /// Standard error of it.
    pub expected_shortfall_error: f64,
    /// Contribution to VaR (kernel average, rescaled to sum).
    pub value_at_risk: f64,
    /// Standard error of it.
    pub value_at_risk_error: f64,
}

/// Effect of dropping an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncrementalRow {
    /// The account dropped.
    pub account: String,
    /// VaR without it.
    pub value_at_risk_without: f64,
    /// VaR with it, less without it.
    pub value_at_risk_change: f64,
    /// ES without it.
    pub expected_shortfall_without: f64,
    /// ES with it, less without it.
    pub expected_shortfall_change: f64,
    /// ES of the account on its own.
    pub expected_shortfall_alone: f64,
}

/// A path told in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstPath {
    /// Path id, for `plimsoll replay`.
    pub path: u64,
    /// Its loss.
    pub loss: f64,
    /// Factor moves to the horizon, largest in standard deviations first.
    pub factors: Vec<FactorMove>,
    /// Losses by row, largest first.
    pub rows: Vec<PathRow>,
    /// What happened on the way, in order.
    pub events: Vec<String>,
    /// The path node by node; `None` of paths of one step, and of all but the very worst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<PathStory>,
}

/// A path node by node: the coins that move most, the accounts nearest to their margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathStory {
    /// Coins, in model order.
    pub coins: Vec<String>,
    /// Accounts, in portfolio order.
    pub accounts: Vec<String>,
    /// Today, then the nodes in time order.
    pub nodes: Vec<StoryNode>,
}

/// A node of a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryNode {
    /// Time from today, in years.
    pub time_years: f64,
    /// Spot over today's, by coin.
    pub prices: Vec<f64>,
    /// Value in the reporting currency, by account.
    pub values: Vec<f64>,
    /// Equity over maintenance margin as the venue sees it after what happened there, by account; of
    /// isolated positions the least. `None` today, and where nothing needs margin or nobody looks.
    pub margin_ratios: Vec<Option<f64>>,
}

/// Move of one factor over the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorMove {
    /// Factor name.
    pub factor: String,
    /// Relative move (spot, vol, peg) or additive change (basis, funding).
    pub change: f64,
    /// The move in standard deviations of the model over the horizon.
    pub deviations: f64,
}

/// Loss of one row on a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathRow {
    /// Position or balance.
    pub name: String,
    /// Loss.
    pub loss: f64,
}
