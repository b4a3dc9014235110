//! Plain results of a stated path: what a window of history, or a shock, does to the book.
//!
//! One path has no quantiles: the figures are the loss of the replay, by account and position, and
//! what the events inside it (margin calls, stops, liquidations) made of it, step by step.

use serde::{Deserialize, Serialize};

use super::book::{AccountMargin, BookSummary};
use super::measures::PathRow;
use super::threshold::Status;
use super::{DataFinding, Warning};

/// Everything one scenario with a stated path found. A pure function of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoricalOutcome {
    /// Layout version of this file.
    pub format_version: u32,
    /// `historical` or `shock`.
    pub kind: String,
    /// Version of plimsoll that made it.
    pub plimsoll_version: String,
    /// Scenario name.
    pub scenario: String,
    /// Why the scenario exists.
    pub description: String,
    /// Instant of the market data, UTC, RFC 3339.
    pub as_of: String,
    /// Reporting currency of every amount.
    pub currency: String,
    /// What was replayed; of a shock, its time from today.
    pub window: ReplayedWindow,
    /// The windows among which this one is the worst; `None` where it was stated.
    #[serde(default)]
    pub search: Option<WindowsSearched>,
    /// The legs of a shock.
    #[serde(default)]
    pub shock: Option<ToldShock>,
    /// Every factor of the book: where its moves are from, and what they came to.
    pub factors: Vec<ReplayedFactor>,
    /// Loss of the replay with everything that happens inside it; positive is money lost.
    pub loss: f64,
    /// The same without: nobody calls, stops or liquidates.
    pub loss_without_events: f64,
    /// `loss − loss_without_events`: the sum of the steps.
    pub difference: f64,
    /// The difference, event by event, in order of time.
    pub steps: Vec<ReplayStep>,
    /// The two, by account.
    pub accounts: Vec<ReplayedAccount>,
    /// Losses by position, balance and venue with everything that happens, largest first; they sum
    /// to `loss`.
    pub rows: Vec<PathRow>,
    /// Value of the book at each node.
    pub values: Vec<ReplayedValue>,
    /// The loss against the policy's threshold; `None` without a policy.
    pub threshold: Option<ReplayedThreshold>,
    /// The book today.
    pub book: BookSummary,
    /// Margin of every account at time zero.
    pub margin: Vec<AccountMargin>,
    /// What was found in the data, and what was repaired.
    pub data_quality: Vec<DataFinding>,
    /// What was assumed of this history and book.
    pub notes: Vec<String>,
    /// What a reader should know before relying on the figures.
    pub warnings: Vec<Warning>,
}

/// A shock as stated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldShock {
    /// What factors do that no leg names: `none`, `conditional` or `betas`.
    pub propagation: String,
    /// Legs in order of time.
    pub legs: Vec<ToldLeg>,
    /// Change of the depth of order books, by asset, group or `*`.
    pub depth: Vec<ToldMove>,
}

/// A leg as stated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldLeg {
    /// When it begins, UTC, RFC 3339.
    pub begins: String,
    /// When its moves are complete.
    pub ends: String,
    /// What moves.
    pub moves: Vec<ToldMove>,
    /// Venues that fail.
    pub venues_failed: Vec<String>,
}

/// A move as stated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldMove {
    /// The name of the factors, e.g. `BTC.spot`, `*.vol`.
    pub name: String,
    /// The number.
    pub size: f64,
    /// What it is: `change` (relative, or added where the factor adds up), `points` of volatility
    /// (decimal), or the `level` after it.
    pub unit: String,
}

/// The window of history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedWindow {
    /// Close whose levels are today's, UTC, RFC 3339.
    pub from: String,
    /// Last close.
    pub to: String,
    /// Its length in ACT/365 years.
    pub length_years: f64,
    /// Spacing of the data, in years.
    pub interval_years: f64,
    /// Nodes at which prices moved or something expired.
    pub nodes: usize,
    /// `closes`, `legs` of a shock, or the order of a bar's prices that was worse: `open_high_low_close` or
    /// `open_low_high_close`.
    pub order: String,
    /// Losses in either order, with everything that happens; empty where closes were replayed.
    pub orders: Vec<OrderLoss>,
}

/// A history searched for the windows that cost the book most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowsSearched {
    /// Length of every window in ACT/365 years.
    pub length_years: f64,
    /// Time between the end of a window told and the start of another, at least.
    pub separation_years: f64,
    /// Windows replayed: one from every close, all with everything that happens.
    pub windows: usize,
    /// Those of them in which the book loses.
    pub losing: usize,
    /// Closes that no window starts from, as it would end where a series has no value.
    pub left_out: usize,
    /// Start of the first window, UTC, RFC 3339.
    pub first: String,
    /// End of the last.
    pub last: String,
    /// The windows told: by loss, largest first, each the worst of those apart from all before it.
    pub worst: Vec<RankedWindow>,
}

/// A window and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedWindow {
    /// Close whose levels are today's, UTC, RFC 3339.
    pub from: String,
    /// Last close.
    pub to: String,
    /// Loss with everything that happens; positive is money lost.
    pub loss: f64,
    /// The same without.
    pub loss_without_events: f64,
    /// Accounts of which something is liquidated, in portfolio order.
    pub liquidated: Vec<String>,
    /// Notional closed by stops and liquidations.
    pub notional: f64,
    /// Position, balance or venue that loses most.
    pub worst_contributor: Option<PathRow>,
    /// Spot that moves most between the window's ends.
    pub largest_move: Option<NamedChange>,
}

/// A factor and its relative change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedChange {
    /// Name, e.g. `BTC.spot`.
    pub name: String,
    /// Relative change.
    pub change: f64,
}

/// Loss with the prices of every bar in one order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderLoss {
    /// The order.
    pub order: String,
    /// Its loss.
    pub loss: f64,
}

/// A factor over the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedFactor {
    /// Name, e.g. `BTC.spot`.
    pub name: String,
    /// `history`, `beta`, `stated`, `conditional` or `stays`.
    pub source: String,
    /// The source in words.
    pub description: String,
    /// Move from today to the end: relative (spot, volatility, peg) or additive (basis, funding).
    pub change: f64,
    /// Lowest such move on the way.
    pub lowest: f64,
    /// When, UTC of the data.
    pub lowest_at: String,
    /// Highest such move on the way.
    pub highest: f64,
    /// When.
    pub highest_at: String,
}

/// What one node's events in one account did to the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayStep {
    /// Node of the replay; `None`: today, before anything moves.
    pub node: Option<usize>,
    /// Its time in the data, UTC, RFC 3339.
    pub time: String,
    /// Account that won or lost by it.
    pub account: String,
    /// What happened to the account, in words; empty where only prices moved by others did.
    pub events: Vec<String>,
    /// Notional closed, at its value then.
    pub notional: f64,
    /// Prices of the account's coins then, in USD.
    pub prices: Vec<CoinPrice>,
    /// Fees and slippage.
    pub cost: f64,
    /// What the closed positions would have earned from then to the end (positive, forgone), or
    /// lost (negative, avoided), impact of orders included.
    pub market: f64,
    /// Change of the part that the venue bears: positive where the desk bears more of its loss.
    pub liability: f64,
    /// `cost + market + liability`: what the loss grew by.
    pub total: f64,
}

/// Price of a coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoinPrice {
    /// The coin.
    pub coin: String,
    /// In USD.
    pub price: f64,
}

/// One account over the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedAccount {
    /// Its name.
    pub account: String,
    /// Loss with everything that happens.
    pub loss: f64,
    /// Loss without.
    pub loss_without_events: f64,
    /// Notional closed by stops and liquidations.
    pub notional: f64,
    /// Fees and slippage.
    pub cost: f64,
    /// What the venue bears of its loss, beyond its equity.
    pub borne_by_venue: f64,
    /// Time of the first margin call, UTC of the data.
    pub called_at: Option<String>,
    /// Time of the first liquidation.
    pub liquidated_at: Option<String>,
}

/// Value of the book at a node: positions, collateral and treasury, less what venues bear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedValue {
    /// Time in the data, UTC, RFC 3339.
    pub time: String,
    /// Time since the start, in years.
    pub time_years: f64,
    /// With everything that happens.
    pub book: f64,
    /// Without.
    pub book_without_events: f64,
    /// By account, in portfolio order, with everything that happens.
    pub accounts: Vec<f64>,
    /// By account, without.
    pub accounts_without_events: Vec<f64>,
}

/// The loss of the replay against the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayedThreshold {
    /// Policy name.
    pub policy: String,
    /// The policy's term that asks for a stressed loss; the replay stands in its place, alone and in
    /// full.
    pub term: String,
    /// Capital base C.
    pub capital: f64,
    /// What C is.
    pub capital_base: String,
    /// Appetite a, share of capital.
    pub appetite: f64,
    /// Condition multiplier M.
    pub multiplier: f64,
    /// T = a · C · M.
    pub threshold: f64,
    /// Loss over T, zero for a profit; `None` is infinite.
    pub utilisation: Option<f64>,
    /// Loss over capital.
    pub share_of_capital: f64,
    /// Status by the policy's boundaries.
    pub status: Status,
    /// Utilisation boundaries `[amber, red]`.
    pub boundaries: [f64; 2],
    /// Terms of the policy that need simulated paths or are add-ons, left out.
    pub left_out: Vec<String>,
}
