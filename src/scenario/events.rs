//! What happens on a path beyond the factors: settings.

use serde::{Deserialize, Serialize};

use crate::units::{Symbol, Years};

/// What happens on a path beyond the factors, where path events are simulated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EventSettings {
    /// Liquidations that move prices; `None`: they do not.
    pub cascade: Option<CascadeSettings>,
    /// Closing the book over a liquidation horizon; `None`: not asked.
    pub closing: Option<ClosingSettings>,
    /// The policy's breach ladder acts; `None`: it does not.
    #[serde(default)]
    pub breach_ladder: Option<BreachLadderSettings>,
    /// Pegs that can break.
    pub peg_breaks: Vec<PegBreakSettings>,
}

/// How liquidations move prices that liquidate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CascadeSettings {
    /// Share of each coin's regression slope on each other's by which its move passes on.
    pub propagation: f64,
    /// Bound on the rounds of a cascade in one step of one path.
    pub rounds_max: u32,
}

/// How the policy's breach ladder acts inside paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachLadderSettings {
    /// Paths walked with it and without; at most those of the run.
    pub paths: u64,
}

/// How a book is closed over a liquidation horizon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClosingSettings {
    /// Time allowed.
    pub horizon: Years,
    /// Largest share of the daily volume that the book trades.
    pub participation: f64,
    /// Standard deviations by which half-spreads are wider.
    pub spread_deviations: f64,
}

/// A stablecoin whose peg can jump, with hazard `exp(a + b·w)`, w the drawdown of the main coins, a
/// such that the mean probability is the stated one. The mean of the peg is not made good for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PegBreakSettings {
    /// The stablecoin.
    pub asset: Symbol,
    /// Probability that it breaks within a year.
    pub probability_1y: f64,
    /// b: by how much the logarithm of the hazard rises with a drawdown of the whole price.
    pub wrong_way_slope: f64,
    /// Coins whose drawdown counts, with weights that sum to one.
    pub main_coins: Vec<(Symbol, f64)>,
    /// Mean share of its price that it loses.
    pub fall: f64,
    /// Standard deviation of that share, of a Beta law; zero: no doubt.
    pub fall_deviation: f64,
}
