//! Settings of a historical scenario: which window of history is replayed, or what is searched for,
//! and what follows it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Symbol, Years};

/// A window of history whose moves are applied to today's levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoricalSettings {
    /// Which window.
    pub stretch: Stretch,
    /// What is replayed of a bar.
    pub bars: BarOrders,
    /// Coins without a history of their own, in order of their names.
    pub betas: Vec<Beta>,
    /// Implied volatilities without a history of their own, in order of their coins.
    pub volatility_betas: Vec<VolatilityBeta>,
}

/// Which window of a history is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stretch {
    /// The one stated.
    Window(ReplayWindow),
    /// Those that cost today's book most.
    Worst(WorstSettings),
}

/// First and last time of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayWindow {
    /// Close instant of the bar whose levels are today's.
    pub from: Timestamp,
    /// Close instant of the last bar, after `from`.
    pub to: Timestamp,
}

/// A search of the whole history for the windows that cost most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WorstSettings {
    /// Length of every window.
    pub length: Years,
    /// Windows told, worst first.
    pub count: usize,
    /// Time between the end of a window told and the start of another, at least.
    pub separation: Years,
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

impl ReplayWindow {
    /// Its length.
    pub fn length(&self) -> Years {
        Years::from_seconds(self.to.duration_since(self.from).as_secs_f64())
    }
}

impl HistoricalSettings {
    /// Length of the window.
    pub fn length(&self) -> Years {
        match &self.stretch {
            Stretch::Window(window) => window.length(),
            Stretch::Worst(search) => search.length,
        }
    }

    /// The window, where it is stated.
    pub fn window(&self) -> Option<ReplayWindow> {
        match &self.stretch {
            Stretch::Window(window) => Some(*window),
            Stretch::Worst(_) => None,
        }
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
