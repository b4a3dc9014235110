//! Venues, accounts, balances, positions and orders: plain data, indices instead of names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hedge::Hedge;
use super::instrument::Instrument;
use crate::units::{Symbol, Years};

/// A place that holds collateral and positions, and can liquidate or fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Venue {
    /// Name, unique in the portfolio.
    pub name: String,
    /// Name of the venue's margin rule set (`scenarios/venues/`), e.g. `generic-flat@2026-01-01`.
    pub rules: Option<String>,
    /// One-year probability of default, for the counterparty add-on.
    pub default_probability_1y: f64,
    /// Loss given default, as a share of the claim.
    pub loss_given_default: f64,
    /// How it fails inside paths; `None`: not there.
    #[serde(default)]
    pub failure: Option<VenueFailure>,
}

/// How a venue fails inside paths: with hazard `exp(a + b·w)`, w the drawdown of the main coins, a
/// such that the mean probability is that of the venue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VenueFailure {
    /// b: by how much the logarithm of the hazard rises with a drawdown of the whole price.
    pub wrong_way_slope: f64,
    /// Coins whose drawdown counts, with weights that sum to one.
    pub main_coins: Vec<(Symbol, f64)>,
    /// What claims are worth, by asset; others are worth nothing.
    pub claim_marks: Vec<ClaimMark>,
}

/// What a claim on a failed venue is worth at the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimMark {
    /// The asset claimed.
    pub asset: Symbol,
    /// Mean share of the claim.
    pub mean: f64,
    /// Its standard deviation, at most 80 % of `√(mean·(1 − mean))`; zero: no doubt.
    pub deviation: f64,
}

/// How margin is shared between the positions of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarginMode {
    /// All balances back all positions.
    Cross,
    /// Each position has its own collateral.
    Isolated,
    /// The venue's portfolio margin.
    Portfolio,
    /// No margin: custody or treasury; nothing can be liquidated.
    None,
}

/// How long and short positions of one contract are held in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PositionMode {
    /// They are one net position.
    #[default]
    OneWay,
    /// Long and short are held apart, and margined as the venue's rules say.
    Hedge,
}

/// An amount of an asset; negative when borrowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    /// The asset.
    pub asset: Symbol,
    /// Units of the asset; negative is borrowed.
    pub quantity: f64,
    /// Share of its value that does not count as collateral, in [0, 1].
    pub haircut: f64,
    /// Annual rate paid on a borrowed balance, continuously compounded.
    pub borrow_rate: f64,
}

/// A leverage (gross notional of derivatives over equity) that an account is traded back to inside
/// paths once it leaves a band around it; of an isolated account contract by contract.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rebalancing {
    /// Leverage that a trade restores.
    pub target_leverage: f64,
    /// Leverage above which positions are reduced, at least the target.
    pub upper_leverage: f64,
    /// Leverage below which they are increased, at most the target; `None`: they never are.
    pub lower_leverage: Option<f64>,
    /// Fee and half-spread, a share of the notional traded.
    pub trading_cost: f64,
    /// Smallest trade, in USD of notional.
    pub minimum: f64,
    /// How long after a trade none follows.
    pub cooldown: Years,
}

impl Rebalancing {
    /// The same rule of positions `scale` times as large: what is kept is so many times the leverage.
    pub fn scaled(self, scale: f64) -> Self {
        Self {
            target_leverage: scale * self.target_leverage,
            upper_leverage: scale * self.upper_leverage,
            lower_leverage: self.lower_leverage.map(|lower| scale * lower),
            minimum: scale * self.minimum,
            ..self
        }
    }
}

/// An account at a venue, or the treasury.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Name, unique in the portfolio.
    pub name: String,
    /// Index into [`Portfolio::venues`]; `None` for the desk's own treasury.
    pub venue: Option<usize>,
    /// How margin is shared.
    pub margin_mode: MarginMode,
    /// How long and short of one contract are held.
    #[serde(default)]
    pub position_mode: PositionMode,
    /// Collateral of isolated positions, by index into [`Portfolio::positions`], in the asset the
    /// contract settles in; a part of `balances`. One that is not here has its initial margin at
    /// entry.
    #[serde(default)]
    pub isolated_margins: BTreeMap<usize, f64>,
    /// Largest leverage the desk allows itself here.
    pub leverage_max: Option<f64>,
    /// Share of today's leverage (gross notional over equity) by which it may drift before the desk
    /// rebalances; tells a price, trades nothing.
    #[serde(default)]
    pub rebalancing_band: Option<f64>,
    /// Leverage that it is traded back to inside paths.
    #[serde(default)]
    pub rebalancing: Option<Rebalancing>,
    /// Whether a loss beyond the account's equity is the desk's (`true`) or the venue's.
    pub recourse: bool,
    /// Collateral and borrowed balances.
    pub balances: Vec<Balance>,
}

impl Account {
    /// Whether its collateral is shared and margined: a margin call is for the account as a whole.
    pub fn can_be_called(&self) -> bool {
        let shared = matches!(self.margin_mode, MarginMode::Cross | MarginMode::Portfolio);
        self.venue.is_some() && shared
    }

    /// An empty account without a venue: no margin, positions netted, losses without recourse.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            venue: None,
            margin_mode: MarginMode::None,
            position_mode: PositionMode::OneWay,
            isolated_margins: BTreeMap::new(),
            leverage_max: None,
            rebalancing_band: None,
            rebalancing: None,
            recourse: false,
            balances: Vec::new(),
        }
    }
}

/// A signed quantity of an instrument in an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Unique in the portfolio.
    pub id: String,
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// What is held.
    pub instrument: Instrument,
    /// Signed: coins, or USD notional for inverse futures; negative is short.
    pub quantity: f64,
    /// Price at which futures profit is counted from, in the instrument's quote. `None`: today's
    /// mark (no unrealised profit). Options and spot are worth their mark; the price only informs.
    pub entry_price: Option<f64>,
    /// An implied volatility of the position's own, instead of the market's surface.
    pub volatility: Option<f64>,
    /// Free labels for contributions and limits.
    pub tags: Vec<String>,
}

/// What kind of order rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Rests at its price; reserves margin.
    Limit,
    /// Executes at market once its price trades.
    Stop,
}

/// An open or stop order. Acts on paths only where path events are simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Unique in the portfolio.
    pub id: String,
    /// Index into [`Portfolio::positions`] of the instrument ordered.
    pub position: usize,
    /// Limit or stop.
    pub kind: OrderKind,
    /// Signed change of quantity when it executes.
    pub quantity: f64,
    /// Limit or trigger price in the instrument's quote.
    pub price: f64,
    /// Of a stop: share of notional that its fill is worse than the price that triggers it.
    #[serde(default)]
    pub slippage: f64,
}

/// How margin calls are met inside paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarginCallRule {
    /// How long a transfer takes.
    pub delay: Years,
    /// Accounts that are drawn on, in this order: indices into [`Portfolio::accounts`].
    pub sources: Vec<usize>,
    /// Assets that are sent, in this order.
    pub assets: Vec<Symbol>,
    /// Margin balance over initial margin that a transfer restores.
    pub target_ratio: f64,
    /// Margin balance over its own initial margin that a source keeps.
    pub keep_ratio: f64,
    /// Smallest transfer, in USD.
    pub minimum: f64,
}

/// Everything held, names resolved to indices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Portfolio {
    /// Name of the book.
    pub name: String,
    /// Venues, in document order.
    pub venues: Vec<Venue>,
    /// Accounts, in document order.
    pub accounts: Vec<Account>,
    /// Positions, in document order.
    pub positions: Vec<Position>,
    /// Open and stop orders.
    pub orders: Vec<Order>,
    /// How margin calls are met inside paths; `None`: they are not.
    #[serde(default)]
    pub margin_calls: Option<MarginCallRule>,
    /// What may be traded to restore the target utilisation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hedges: Vec<Hedge>,
}
