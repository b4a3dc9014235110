//! Portfolio margin: requirements from what a book loses over a grid of stress scenarios.
//!
//! Flows in: a venue's portfolio rules ([`PortfolioRules`]), market and portfolio. Flows out: an
//! [`AccountGrid`] that holds the account's profit at every point, and gives its margin for any
//! scale of the positions. On paths a [`PathGrid`] does the same for any state of its
//! contracts.
//!
//! Limits: contracts alone make up the grid; spot and collateral count in the margin balance.

mod book;
mod contract;
mod deribit;
mod okx;
mod path;
mod span;
mod unit;

use serde::{Deserialize, Serialize};

use crate::units::Symbol;

pub use book::AccountGrid;
pub use contract::{GridContract, GridCurrency, GridPayoff, GridProfit, GridState};
pub use deribit::{DeribitCoin, DeribitPoint, DeribitPortfolio, DeribitRequirement, DeribitUnit};
pub use okx::{MarginalTier, OkxCoin, OkxNeeds, OkxParts, OkxPortfolio, marginal};
pub use path::{HeldState, PathGrid};
pub use span::{SPAN_SCENARIOS, SpanCoin, SpanPortfolio, SpanScenario, scan_risk};

/// A venue's portfolio margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PortfolioRules {
    /// Deribit's.
    Deribit(DeribitPortfolio),
    /// OKX's.
    Okx(OkxPortfolio),
    /// SPAN-like.
    Span(SpanPortfolio),
}

impl PortfolioRules {
    /// Whether contracts on `coin` can be margined.
    pub fn has(&self, coin: &Symbol) -> bool {
        match self {
            Self::Deribit(rules) => rules.coins.contains_key(coin),
            Self::Okx(_) => true,
            Self::Span(rules) => rules.others.is_some() || rules.coins.contains_key(coin),
        }
    }
}

/// Which way volatilities move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolatilityShift {
    /// Up by the range.
    Up,
    /// Not at all.
    Same,
    /// Down by the range.
    Down,
}

/// The delta of one expiry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpiryDelta {
    /// Years to expiry; zero for a perpetual.
    pub years: f64,
    /// Coins, signed.
    pub coins: f64,
}
