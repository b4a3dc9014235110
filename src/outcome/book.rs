//! The book today: value, exposure, Greeks, margin.

use serde::{Deserialize, Serialize};

/// Value and exposure today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookSummary {
    /// Name of the book.
    pub name: String,
    /// Positions held.
    pub positions: usize,
    /// Value of positions, collateral and treasury.
    pub value: f64,
    /// Value of positions alone.
    pub positions_value: f64,
    /// Value of balances.
    pub collateral_value: f64,
    /// Collateral after haircuts.
    pub collateral_after_haircuts: f64,
    /// Exposure by underlying, collateral coins included.
    pub exposure: Vec<Exposure>,
    /// Sensitivities.
    pub greeks: Greeks,
}

/// Dollar delta of one underlying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The underlying.
    pub underlying: String,
    /// `∂V/∂ln S`, collateral coins counted as spot.
    pub dollar_delta: f64,
}

/// Sensitivities per underlying and in total, and over a spot ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Greeks {
    /// One row an underlying.
    pub by_underlying: Vec<GreeksRow>,
    /// Sum over underlyings.
    pub total: GreeksRow,
    /// Value, delta and gamma over parallel spot moves of every underlying.
    pub profile: GreeksProfile,
}

/// Sensitivities in money.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GreeksRow {
    /// Underlying, or `total`.
    pub underlying: String,
    /// `∂V/∂ln S`: change in value for +100 % of spot, first order.
    pub dollar_delta: f64,
    /// Dollar gamma per 1 %, `S²·∂²V/∂S²·1 %`: change for a spot move of +1 % in the money equivalent
    /// of the coins held, at today's price; zero for spot, futures and perpetuals.
    pub gamma_1pct: f64,
    /// Change in value for +1 volatility point on every implied volatility.
    pub vega_1pt: f64,
    /// Change in value for one day passing at unchanged spot and volatility.
    pub theta_1d: f64,
    /// Change in value for the funding of one day at today's rate.
    pub funding_1d: f64,
}

/// The delta–gamma exposure profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GreeksProfile {
    /// What is moved, e.g. `all spots together, volatility unchanged`.
    pub axis: String,
    /// Points, by increasing move.
    pub points: Vec<GreeksProfilePoint>,
}

/// One point of the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GreeksProfilePoint {
    /// Relative spot move, decimal.
    pub spot_move: f64,
    /// Value less today's value.
    pub value_change: f64,
    /// Dollar delta there.
    pub dollar_delta: f64,
    /// Dollar gamma per 1 % there, `S²·∂²V/∂S²·1 %` at the moved spot.
    pub gamma_1pct: f64,
}

/// Margin of one account at time zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountMargin {
    /// Account.
    pub account: String,
    /// Venue; `None` for the treasury.
    pub venue: Option<String>,
    /// Margin rules applied, with their date.
    pub rules: Option<String>,
    /// Collateral after haircuts plus unrealised profit and option value.
    pub equity: f64,
    /// Initial margin.
    pub initial_margin: f64,
    /// Maintenance margin.
    pub maintenance_margin: f64,
    /// Equity over maintenance margin; `None` where nothing is required.
    pub margin_ratio: Option<f64>,
    /// Gross notional over equity; `None` where equity is not positive.
    pub leverage: Option<f64>,
    /// Money needed to meet initial margin; zero where it is met.
    pub margin_call: f64,
    /// Whether equity is below maintenance margin: the venue would close the account at once.
    pub liquidated_at_once: bool,
    /// Liquidation and bankruptcy prices along each coin that has any.
    #[serde(default)]
    pub prices: Vec<super::AccountPrices>,
}
