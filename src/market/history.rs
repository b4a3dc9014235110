//! Price history: aligned series on one time grid, with everything wrong in the files named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Symbol, Years};

/// One series on the history's grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The asset (close prices), or with what is recorded: `<asset>.vol`,
    /// `<asset>.funding`, `<asset>.volume`, `<asset>.depth`.
    pub name: String,
    /// The asset or underlying it belongs to.
    pub symbol: Symbol,
    /// What is recorded.
    pub quantity: Quantity,
    /// One value a time; `None` where the series has none.
    pub values: Vec<Option<f64>>,
}

/// What a series records.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Price in USD (or in the history's quote currency).
    Price,
    /// Implied volatility, annual decimal.
    ImpliedVolatility,
    /// Funding rate per 8 hours, decimal.
    FundingRate,
    /// Volume traded over the interval, in USD.
    Volume,
    /// Depth of the order book, in USD.
    Depth,
}

/// Something found in a history file; repaired only where the user opted in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// File as the user named it.
    pub file: String,
    /// First line concerned, 1-based.
    pub line: Option<usize>,
    /// What was found, with its count, e.g. "2649 duplicated timestamps, first 2020-08-01T23:00Z".
    pub what: String,
    /// What was done about it, e.g. "kept the first of each"; `None` where nothing was needed.
    pub repair: Option<String>,
}

/// Aligned history on an even grid, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriceHistory {
    /// Spacing of the grid.
    pub interval: Years,
    /// Close instants, strictly increasing, UTC.
    pub times: Vec<jiff::Timestamp>,
    /// The series, sorted by symbol then quantity.
    pub series: Vec<Series>,
    /// Currency of the prices.
    pub quote: Symbol,
    /// What was wrong with the files, and what was done.
    pub findings: Vec<Finding>,
}

/// A history of bars, for replays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BarHistory {
    /// Closes, and series that have no bars.
    pub closes: PriceHistory,
    /// Opens, highs and lows, each on a grid of its own; `None` where only closes were asked for.
    pub inside: Option<Box<[PriceHistory; 3]>>,
}

/// A price of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BarPrice {
    /// The last.
    Close,
    /// The first.
    Open,
    /// The highest.
    High,
    /// The lowest.
    Low,
}

impl PriceHistory {
    /// The value of a series at `time`.
    pub fn at(&self, series: &Series, time: jiff::Timestamp) -> Option<f64> {
        let index = self.times.binary_search(&time).ok()?;
        series.values.get(index).copied().flatten()
    }

    /// The funding series of `symbol`.
    pub fn funding_rates(&self, symbol: &Symbol) -> Option<&Series> {
        self.find(symbol, Quantity::FundingRate)
    }

    /// The price series of `symbol`.
    pub fn prices(&self, symbol: &Symbol) -> Option<&Series> {
        self.find(symbol, Quantity::Price)
    }

    /// The implied-volatility series of `symbol`.
    pub fn implied_volatilities(&self, symbol: &Symbol) -> Option<&Series> {
        self.find(symbol, Quantity::ImpliedVolatility)
    }

    fn find(&self, symbol: &Symbol, quantity: Quantity) -> Option<&Series> {
        self.series.iter().find(|series| &series.symbol == symbol && series.quantity == quantity)
    }
}

impl Series {
    /// Log-returns between consecutive times; `None` where either price is missing.
    pub fn log_returns(&self) -> Vec<Option<f64>> {
        let pair = |window: &[Option<f64>]| Some(libm::log(window[1]? / window[0]?));
        self.values.windows(2).map(pair).collect()
    }
}
