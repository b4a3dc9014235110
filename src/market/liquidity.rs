//! What the order books and the open interest of a coin's derivatives are like: plain data.

use serde::{Deserialize, Serialize};

use crate::units::Years;

/// How much can be traded at what cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Liquidity {
    /// Average daily volume in USD.
    pub adv_usd: f64,
    /// Quoted half-spread as a fraction of the price.
    pub half_spread: f64,
    /// Standard deviation of the half-spread, as a fraction of the price.
    pub half_spread_deviation: f64,
    /// USD resting within 1 % of the mid, one side.
    pub depth_1pct_usd: f64,
    /// How executed orders move the price; `None`: they do not.
    #[serde(default)]
    pub impact: Option<ImpactTerms>,
    /// Positions of others, by the move that liquidates them.
    #[serde(default)]
    pub open_interest: OpenInterest,
}

/// How executed orders move the price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImpactTerms {
    /// The law.
    pub law: ImpactLaw,
    /// Standard deviation of the return of a day, decimal; `None`: that of the model.
    pub daily_volatility: Option<f64>,
    /// How depth vanishes; `None`: it stays.
    pub stress: Option<DepthStress>,
    /// Time in which half of what was executed is forgotten by the price; `None`: never.
    pub half_life: Option<Years>,
}

/// The law of price impact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "snake_case")]
pub enum ImpactLaw {
    /// `0.01·Q/depth`: the book is as deep everywhere as within 1 % of the mid (Kyle 1985).
    Linear,
    /// `Y·σ_D·√(Q/V_D)` (Tóth et al. 2011; Donier & Bonart 2014, arXiv:1412.4503, for Bitcoin).
    SquareRoot {
        /// Y, about 0.5 to 1.
        coefficient: f64,
    },
    /// Permanent `γ·σ_D·(Q/V_D)·(Θ/V_D)^¼` and temporary `η·σ_D·(Q/(V_D·T))^0.6` (Almgren, Thum,
    /// Hauptmann & Li 2005).
    Almgren {
        /// γ, 0.314 in the paper.
        permanent: f64,
        /// η, 0.142 in the paper.
        temporary: f64,
        /// Θ: value of all coins outstanding in USD.
        outstanding_usd: f64,
        /// T: time in which an order is executed, in days.
        execution_days: f64,
    },
}

/// Depth that vanishes: `depth·(1 − s)`, s rising evenly from 0 at `begins` to `largest` at `full`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DepthStress {
    /// What it is a function of.
    pub driver: StressDriver,
    /// Value of the driver below which depth is whole.
    pub begins: f64,
    /// Value of the driver from which `largest` is gone.
    pub full: f64,
    /// Largest share of depth that vanishes, below 1.
    pub largest: f64,
}

/// What depth vanishes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StressDriver {
    /// The absolute logarithmic move of the price since today.
    Move,
    /// Implied or model volatility over today's, less one.
    Volatility,
}

/// Positions of others in a coin's derivatives, by the move from today's price that liquidates
/// them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OpenInterest {
    /// Long positions: liquidated as the price falls.
    pub long: Vec<OpenInterestBin>,
    /// Short positions: liquidated as the price rises.
    pub short: Vec<OpenInterestBin>,
    /// From the liquidation price to the bankruptcy price, as a fraction of the former.
    pub bankruptcy_gap: f64,
}

/// Positions liquidated between the distance of the bin before (0 for the first) and this one's,
/// evenly over the logarithm of the price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenInterestBin {
    /// Far end: move from today's price as a fraction of it, positive on both sides.
    pub distance: f64,
    /// Notional in USD at the liquidation price.
    pub notional_usd: f64,
}
