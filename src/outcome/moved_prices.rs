//! Prices that orders, others' liquidations and broken pegs moved inside paths, and what came of it.

use serde::{Deserialize, Serialize};

use super::liquidation::{EventProbability, TailAmount};

/// What moved prices beside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MovedPrices {
    /// Shares of paths; `None` where paths do not all count the same.
    pub cascades: Option<Cascades>,
    /// The same paths with and without orders that move prices; `None` where none does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub without: Option<WithAndWithout>,
}

/// Cascades, broken pegs and shared debts, as shares of paths and amounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cascades {
    /// Any order was executed, the book's or others'.
    pub moved: EventProbability,
    /// Others were liquidated, every time to a fixed point within the open interest.
    pub settled: EventProbability,
    /// The last position of a side was liquidated, by a cascade that was losing strength.
    pub exhausted: EventProbability,
    /// The bound on rounds was reached before a fixed point: moves are too small.
    pub unsettled: EventProbability,
    /// The last position of a side was liquidated, by a cascade that did not lose strength.
    pub ran_away: EventProbability,
    /// Others' positions liquidated.
    pub others_notional: TailAmount,
    /// The book's own orders.
    pub own_notional: TailAmount,
    /// What these paid beyond the prices they were triggered at; in the cost of liquidations or of
    /// stops already.
    pub impact_cost: TailAmount,
    /// How far each coin was moved.
    pub amplifications: Vec<Amplification>,
    /// Pegs that can break.
    pub pegs: Vec<PegBroken>,
    /// Debts that insurance funds paid.
    pub fund_payments: TailAmount,
    /// A fund could not pay all.
    pub fund_exhausted: EventProbability,
    /// Notional of the book that was auto-deleveraged.
    pub deleveraged_notional: TailAmount,
    /// What the book lost by that.
    pub deleveraged_loss: TailAmount,
    /// What was taken from the book's gains for the debts of others.
    pub socialised_loss: TailAmount,
}

/// A coin's logarithmic move to the horizon with orders over that without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amplification {
    /// The coin.
    pub coin: String,
    /// Share of paths on which orders moved it.
    pub probability: f64,
    /// Mean absolute move with over mean absolute move without, on those paths.
    pub mean: Option<f64>,
    /// Largest ratio on one path, of those on which the model moved it by 1 % or more.
    pub largest: Option<f64>,
    /// The path of it.
    pub largest_path: Option<u64>,
}

/// How often a peg broke.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PegBroken {
    /// The stablecoin.
    pub asset: String,
    /// Within the horizon.
    pub probability: EventProbability,
    /// What the scenario states, over the horizon.
    pub stated: f64,
}

/// Two runs on common random numbers: orders move prices, or do not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithAndWithout {
    /// Paths of both, plainly drawn.
    pub paths: u64,
    /// Level of the expected shortfall.
    pub level: f64,
    /// Expected shortfall.
    pub expected_shortfall: Compared,
    /// Probability that any account is liquidated.
    pub liquidation_probability: Compared,
    /// Mean cost of liquidations, over all paths.
    pub liquidation_cost: Compared,
}

/// A figure with and without, and the error of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// With what is compared acting.
    pub with: f64,
    /// Without.
    pub without: f64,
    /// With less without.
    pub difference: f64,
    /// Standard error of the difference: paths are common, so that it is that of the mean of
    /// differences path by path (of their influences, for expected shortfall).
    pub standard_error: f64,
}
