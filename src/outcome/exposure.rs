//! Liquidation threshold exposure: which prices lie where, what would be closed by which move, what
//! hedging and closing the book ask of the market.

use serde::{Deserialize, Serialize};

use super::{EventProbability, PriceOf, TailAmount};

/// Everything about thresholds and liquidity beside the threshold itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LiquidationExposure {
    /// Rungs of every account along every coin it depends on; isolated contracts apart.
    #[serde(default)]
    pub ladders: Vec<ThresholdLadder>,
    /// How touches of the rungs were counted.
    #[serde(default)]
    pub touch_estimator: String,
    /// Notional that venues would close at once, over shocks of today's market.
    #[serde(default)]
    pub at_risk: Vec<AtRiskCurve>,
    /// What accounts lose beyond what they have, the largest mean first.
    #[serde(default)]
    pub shortfalls: Vec<AccountShortfall>,
    /// The same of all accounts together.
    #[serde(default)]
    pub shortfall: Option<TailAmount>,
    /// How shortfalls were estimated.
    #[serde(default)]
    pub shortfall_estimator: String,
    /// Delta, gamma and hedging flow over the spot ladder of each coin.
    #[serde(default)]
    pub hedging: Vec<HedgingLadder>,
    /// What closing the book over the stated liquidation horizon costs; `None` where none is stated.
    #[serde(default)]
    pub closing: Option<BookClosing>,
}

/// The ladder of thresholds of one account, or isolated contract, along one coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdLadder {
    /// Account.
    pub account: String,
    /// The first position of an isolated contract; `None`: the whole account.
    pub position: Option<String>,
    /// The coin whose price moves, its forwards with it; all else stays.
    pub underlying: String,
    /// Its price today, USD.
    pub price: f64,
    /// Standard deviation of the logarithm of its price over the horizon, in the model; zero where
    /// the coin does not move.
    pub deviation: f64,
    /// Rungs from the lowest price to the highest; those of liquidation are always there, others
    /// only where they have a price.
    pub rungs: Vec<LadderRung>,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LadderRung {
    /// What happens there.
    pub kind: RungKind,
    /// Id of a stop order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<String>,
    /// On which side of today's price.
    pub side: RungSide,
    /// Where it lies, USD.
    pub price: PriceOf,
    /// The move from today's price, decimal.
    pub change: Option<f64>,
    /// The same in standard deviations of the logarithm over the horizon; `None` where the coin does
    /// not move.
    pub deviations: Option<f64>,
    /// Probability that the price is there or beyond at a node within the horizon.
    pub touch: Option<EventProbability>,
    /// The same at any time, in closed form, where the price is a geometric Brownian motion.
    pub touch_at_any_time: Option<f64>,
}

/// What happens at a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungKind {
    /// Profit since entry is zero.
    BreakEven,
    /// Leverage leaves the account's rebalancing band.
    Rebalancing,
    /// The policy's appetite, as a share of what the account is worth today, is lost.
    Equity,
    /// The margin balance meets the initial margin.
    MarginCall,
    /// A stop order of the account is triggered.
    Stop,
    /// The margin balance meets the maintenance margin.
    Liquidation,
    /// Nothing is left, balances at full value.
    Bankruptcy,
}

/// On which side of today's price a rung lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungSide {
    /// Below it.
    Below,
    /// Above it.
    Above,
}

/// Notional that venues would close at once, over shocks along one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtRiskCurve {
    /// What moves, in words.
    pub direction: String,
    /// The coin whose move is the shock.
    pub underlying: String,
    /// By how much the logarithm of each coin's price moves with that of `underlying`; others stay.
    pub betas: Vec<CoinBeta>,
    /// Relative moves of `underlying`, increasing.
    pub shocks: Vec<f64>,
    /// Notional closed at each shock, all accounts together.
    pub book: Vec<f64>,
    /// By account, the largest first, those with none left out; the smallest of many as one.
    pub accounts: Vec<AtRiskAccount>,
}

/// The move of a coin along a direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoinBeta {
    /// The coin.
    pub asset: String,
    /// Its logarithmic move over that of the shocked coin.
    pub beta: f64,
}

/// Notional of one account that would be closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtRiskAccount {
    /// Account, or how many are summed.
    pub account: String,
    /// At each shock.
    pub notional: Vec<f64>,
}

/// What an account loses beyond what it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountShortfall {
    /// Account.
    pub account: String,
    /// Whether the desk owes it; else the venue bears it.
    pub recourse: bool,
    /// Equity below zero at the horizon.
    pub amount: TailAmount,
}

/// Delta and gamma of one coin over moves of its price, and what keeping the hedge asks of the
/// market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HedgingLadder {
    /// The coin.
    pub underlying: String,
    /// USD resting within 1 % of the mid, one side; `None` where the market states no liquidity.
    pub depth_1pct: Option<f64>,
    /// Average daily volume, USD.
    pub daily_volume: Option<f64>,
    /// By increasing move.
    pub points: Vec<HedgingPoint>,
}

/// One point of a hedging ladder.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HedgingPoint {
    /// Relative move of the coin, decimal.
    pub spot_move: f64,
    /// Dollar delta there.
    pub dollar_delta: f64,
    /// Dollar gamma per 1 % there.
    pub gamma_1pct: f64,
    /// What a further +1 % makes a delta hedger trade: −gamma; positive is bought.
    pub flow_1pct: f64,
    /// Size of the flow over today's depth within 1 %.
    pub share_of_depth: Option<f64>,
    /// Size of the flow over the daily volume.
    pub share_of_volume: Option<f64>,
}

/// What closing all positions over a liquidation horizon costs, spread and impact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookClosing {
    /// Time allowed, in years.
    pub horizon_years: f64,
    /// Largest share of the daily volume traded.
    pub participation: f64,
    /// Standard deviations by which half-spreads are wider.
    pub spread_deviations: f64,
    /// One row a coin with positions, the dearest first.
    pub by_underlying: Vec<CoinClosing>,
    /// Cost of all, positive.
    pub cost: f64,
    /// Notional that cannot be closed in time.
    pub left: f64,
    /// Coins with positions whose liquidity the market does not state: their cost is not in it.
    pub unknown: Vec<String>,
    /// How it was found.
    pub estimator: String,
}

/// What closing the positions in one coin costs, in USD; all positive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoinClosing {
    /// The coin.
    pub underlying: String,
    /// Gross notional of its positions: dollar deltas, of options too.
    pub notional: f64,
    /// Closed within the horizon.
    pub closed: f64,
    /// Left at its end.
    pub left: f64,
    /// Days it takes to close everything at the largest participation.
    pub days_needed: f64,
    /// Crossing the stressed half-spread.
    pub spread: f64,
    /// Moving the price.
    pub impact: f64,
    /// Standard deviation of the loss while it is run down evenly, over that of one day.
    pub market_risk_factor: f64,
}
