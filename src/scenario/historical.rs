//! Settings of a historical scenario: which window of history is replayed, and what follows it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Symbol, Years};

/// A window of history whose moves are applied to today's levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoricalSettings {
    /// Close instant of the bar whose levels are today's.
    pub from: Timestamp,
    /// Close instant of the last bar, after `from`.
    pub to: Timestamp,
    /// What is replayed of a bar.
    pub bars: BarOrders,
    /// Coins without a history of their own, in order of their names.
    pub betas: Vec<Beta>,
    /// Implied volatilities without a history of their own, in order of their coins.
    pub volatility_betas: Vec<VolatilityBeta>,
}

/// A coin whose log moves are those of another times a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beta {
    /// The coin, or the stablecoin.
    pub symbol: Symbol,
    /// The coin it follows, which has a history.
    pub of: Symbol,
    /// Its log move over that of the other.
    pub beta: f64,
}

/// An implied volatility whose log moves are those of its coin times a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VolatilityBeta {
    /// The coin.
    pub symbol: Symbol,
    /// Log move of its 30-day volatility over the log move of its price.
    pub beta: f64,
}

/// What is replayed of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BarOrders {
    /// Its close: for marks, and where nothing else is known.
    Closes,
    /// Its open, extremes and close, all coins at once: once with the highs first, once with the
    /// lows first, and the worse of the two is told. For last trades.
    BothOrders,
}

impl BarOrders {
    /// Paths that are replayed.
    pub fn paths(self) -> u64 {
        match self {
            Self::Closes => 1,
            Self::BothOrders => 2,
        }
    }
}

impl HistoricalSettings {
    /// Length of the window.
    pub fn length(&self) -> Years {
        Years::from_seconds(self.to.duration_since(self.from).as_secs_f64())
    }

    /// What a coin follows.
    pub fn beta(&self, symbol: &Symbol) -> Option<&Beta> {
        self.betas.iter().find(|beta| &beta.symbol == symbol)
    }

    /// What the volatility of a coin follows its price by.
    pub fn volatility_beta(&self, symbol: &Symbol) -> Option<f64> {
        self.volatility_betas.iter().find(|beta| &beta.symbol == symbol).map(|one| one.beta)
    }
}
