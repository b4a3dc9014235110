//! Plain results of a grid: losses of the book at pairs of a spot and a volatility move.

use serde::{Deserialize, Serialize};

use super::Warning;
use super::book::{AccountMargin, BookSummary};
use super::historical::ReplayedThreshold;
use super::measures::PathRow;

/// Everything one grid found. A pure function of its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridOutcome {
    /// Layout version of this file.
    pub format_version: u32,
    /// `grid`.
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
    /// Where the moves are from: `stated`, or the rules that state them.
    pub source: String,
    /// Coins that move; empty: all.
    pub coins: Vec<String>,
    /// Every pair of moves, in the order of the rules; of stated moves volatility by volatility.
    pub cells: Vec<GridCell>,
    /// Index of the cell whose loss counts for most.
    pub worst: usize,
    /// Its loss as it counts; positive is money lost.
    pub loss: f64,
    /// Accounts at the worst cell, its loss in full.
    pub accounts: Vec<GridAccount>,
    /// Losses by position and balance at the worst cell, everything held, largest first.
    pub rows: Vec<PathRow>,
    /// The loss that counts at the worst cell against the policy's threshold; `None` without a
    /// policy.
    pub threshold: Option<ReplayedThreshold>,
    /// The book today.
    pub book: BookSummary,
    /// Margin of every account at time zero.
    pub margin: Vec<AccountMargin>,
    /// What was assumed of this book.
    pub notes: Vec<String>,
    /// What a reader should know before relying on the figures.
    pub warnings: Vec<Warning>,
}

/// One pair of moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GridCell {
    /// Relative move of spot.
    pub spot: f64,
    /// Relative move of the 30-day volatility.
    pub volatility: f64,
    /// Share of the loss that counts: below one for extreme moves of margin rules.
    pub cover: f64,
    /// Loss with accounts closed that are below their maintenance margin there, where their venue's
    /// rules act inside paths; a loss beyond an account's equity is its venue's, as on paths.
    pub loss: f64,
    /// Loss with everything held.
    pub loss_held: f64,
    /// `cover · loss`.
    pub counted: f64,
}

/// An account at the worst cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridAccount {
    /// Its name.
    pub account: String,
    /// Its loss.
    pub loss: f64,
    /// Its equity after it, closing costs paid.
    pub equity: f64,
    /// Whether its venue closes it.
    pub is_closed: bool,
}
