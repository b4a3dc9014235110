//! What venues did to accounts inside paths.

use serde::{Deserialize, Serialize};

/// Liquidation of one account inside paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountLiquidation {
    /// Account.
    pub account: String,
    /// Margin rules applied, with their date.
    pub rules: Option<String>,
    /// Probability of being liquidated within the horizon, in part or all.
    pub probability: f64,
    /// 95 % interval of the Monte Carlo error.
    pub interval_95: [f64; 2],
    /// Cost of the liquidation, mean over all paths.
    pub mean_cost: f64,
    /// Estimator of the probability and of its interval.
    pub estimator: String,
    /// Everything else that happened to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub events: Option<PathEvents>,
}

/// What happened inside paths, to one account or to any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathEvents {
    /// Probability of a margin call (margin balance below initial margin at a step); `None` where
    /// the plain stage closes accounts (cross margin, flat rates, all at once), which does not look
    /// at initial margins.
    pub margin_call: Option<EventProbability>,
    /// Time to the first margin call of the paths that have one.
    #[serde(default)]
    pub time_to_margin_call: Option<EventTime>,
    /// Probability that a stop order executes.
    pub stop: EventProbability,
    /// Trades back to a leverage that accounts are kept at; `None` where none is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rebalancing: Option<RebalancingEvents>,
    /// Probability of a liquidation.
    pub liquidation: EventProbability,
    /// The same on the same paths, had accounts been looked at at the steps alone; none where they
    /// are. How far the two are apart is what watching between the steps corrects.
    #[serde(default)]
    pub liquidation_at_steps_alone: Option<EventProbability>,
    /// Time to the first liquidation of the paths that have one.
    pub time_to_liquidation: Option<EventTime>,
    /// Notional closed.
    pub liquidated_notional: TailAmount,
    /// Fees and slippage.
    pub cost: TailAmount,
    /// What was owed to venues once nothing was left to close.
    pub bad_debt: TailAmount,
    /// Estimators of the probabilities and of the amounts, with the resolution of the latter.
    pub estimator: String,
}

/// How often accounts were traded back to the leverage that they are kept at, and for how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RebalancingEvents {
    /// Probability of any trade.
    pub probability: EventProbability,
    /// Time to the first trade of the paths that have one.
    pub time_to_first: Option<EventTime>,
    /// Trades a path, mean over all paths.
    pub mean_trades: f64,
    /// Notional traded on a path.
    pub notional: TailAmount,
    /// Fees, half-spreads and impact of a path's trades.
    pub cost: TailAmount,
}

/// A probability with its Monte Carlo error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EventProbability {
    /// Share of paths, by weight where they are weighted.
    pub probability: f64,
    /// 95 % interval (Wilson 1927).
    pub interval_95: [f64; 2],
}

/// The time of an event, given that it happens: the node at which it was first seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventTime {
    /// Mean.
    pub mean_years: f64,
    /// Quantiles: a tenth, half and nine tenths.
    pub quantiles: Vec<TimeQuantile>,
}

/// A quantile of a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TimeQuantile {
    /// Share of the paths with the event that have it by then.
    pub level: f64,
    /// The time.
    pub years: f64,
}

/// An amount of money a path, none on most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TailAmount {
    /// Mean over all paths.
    pub mean: f64,
    /// Tail whose mean is taken, e.g. 0.99 for the largest 1 %.
    pub level: f64,
    /// Mean of the largest amounts; paths without one count as zero.
    pub expected_shortfall: f64,
    /// Its standard error (Manistre & Hancock 2005).
    pub standard_error: f64,
    /// Probability of any amount.
    pub probability: f64,
    /// Quantile and tail mean at every level of the run.
    #[serde(default)]
    pub levels: Vec<AmountAtLevel>,
}

/// An amount at one confidence level, as VaR and ES are for losses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AmountAtLevel {
    /// Confidence level; 0.99 leaves the largest 1 %.
    pub level: f64,
    /// The amount exceeded with probability 1 − level; paths without one count as zero.
    pub quantile: f64,
    /// 95 % interval of the quantile.
    pub interval_95: [f64; 2],
    /// Mean of the largest amounts.
    pub expected_shortfall: f64,
    /// Its standard error.
    pub standard_error: f64,
}
