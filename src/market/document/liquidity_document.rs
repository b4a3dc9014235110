//! Liquidity of an underlying as the market document says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{
    DurationText, NonNegative, NonNegativeRate, Positive, PositiveRate, UnitFraction,
};
use crate::market::StressDriver;

/// How much can be traded at what cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiquidityDocument {
    /// Average daily volume in USD.
    pub average_daily_volume_usd: Positive,
    /// Quoted half-spread as a fraction of the price, e.g. `"1bp"`.
    pub half_spread: NonNegativeRate,
    /// Standard deviation of the half-spread, as a fraction of the price.
    #[serde(default = "no_spread")]
    pub half_spread_deviation: NonNegativeRate,
    /// USD resting within 1 % of the mid, one side.
    pub depth_1pct_usd: Positive,
    /// How executed orders move the price. Left out: they do not. Acts only where path events are
    /// simulated.
    pub impact: Option<ImpactDocument>,
    /// Positions of others by the move that liquidates them. Acts only where path events are
    /// simulated.
    pub open_interest: Option<OpenInterestDocument>,
}

/// How executed orders move the price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpactDocument {
    /// The law.
    pub law: ImpactLawDocument,
    /// Standard deviation of the return of a day, e.g. `"3%"`. Left out: that of the model.
    pub daily_volatility: Option<PositiveRate>,
    /// How depth vanishes under stress. Left out: it stays.
    pub stress: Option<DepthStressDocument>,
    /// Time in which half of what was executed is forgotten by the price. Left out: never.
    pub half_life: Option<DurationText>,
}

/// The law of price impact; `type` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ImpactLawDocument {
    /// In proportion: the book is as deep everywhere as within 1 % of the mid (Kyle 1985).
    Linear {},
    /// The square-root law: coefficient · daily volatility · √(executed/daily volume).
    SquareRoot {
        /// About 0.5 to 1.
        coefficient: Positive,
    },
    /// Almgren, Thum, Hauptmann & Li (2005): a permanent part, and a temporary one that only the
    /// order itself pays.
    Almgren {
        /// γ of the permanent part.
        #[serde(default = "almgren_permanent")]
        permanent: Positive,
        /// η of the temporary part.
        #[serde(default = "almgren_temporary")]
        temporary: Positive,
        /// Value of all coins outstanding in USD.
        outstanding_usd: Positive,
        /// Time in which an order is executed.
        execution: DurationText,
    },
}

/// Depth that vanishes: none of it up to `begins`, `largest` from `full` on, evenly between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepthStressDocument {
    /// What it is a function of: the absolute `move` of the price since today (its logarithm), or
    /// the `volatility` over today's, less one.
    pub driver: StressDriver,
    /// Value of the driver up to which depth is whole, e.g. `"2%"`.
    pub begins: NonNegativeRate,
    /// Value of the driver from which the largest share is gone, e.g. `"15%"`.
    pub full: PositiveRate,
    /// Largest share of depth that vanishes, below 1.
    #[schemars(extend("exclusiveMaximum" = 1))]
    pub largest: UnitFraction,
}

/// Positions of others in derivatives on the coin, by the move from today's price that liquidates
/// them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenInterestDocument {
    /// Long positions, liquidated as the price falls, by rising distance.
    #[serde(default)]
    pub long: Vec<OpenInterestBinDocument>,
    /// Short positions, liquidated as the price rises, by rising distance.
    #[serde(default)]
    pub short: Vec<OpenInterestBinDocument>,
    /// From the liquidation price to the bankruptcy price, as a fraction of the former.
    #[serde(default = "no_gap")]
    #[schemars(extend("exclusiveMaximum" = 1))]
    pub bankruptcy_gap: UnitFraction,
}

/// Positions liquidated between the distance before (today's price for the first) and this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenInterestBinDocument {
    /// Far end: move from today's price as a fraction of it, e.g. `"5%"`; positive on both sides.
    pub distance: PositiveRate,
    /// Notional in USD at the liquidation price.
    pub notional_usd: NonNegative,
}

fn no_spread() -> NonNegativeRate {
    NonNegativeRate::new(0.0).expect("zero is not negative")
}

fn no_gap() -> UnitFraction {
    UnitFraction::new(0.0).expect("zero is in [0, 1]")
}

fn almgren_permanent() -> Positive {
    Positive::new(0.314).expect("above 0")
}

fn almgren_temporary() -> Positive {
    Positive::new(0.142).expect("above 0")
}
