//! The historical kind of a scenario document: a window of history instead of simulated paths.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::historical::{BarOrders, Beta, HistoricalSettings, VolatilityBeta};
use super::settings::{ReturnKind, Revaluation, SamplingSettings, SimulationSettings};
use crate::document::{
    Instant, Number, Parsed, SymbolName, Violation, ViolationCollector, Violations,
};
use crate::market::document::HistoryDocument;

/// A window of history whose moves are applied to today's levels, at the data's own times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoricalDocument {
    /// The window.
    pub window: WindowDocument,
    /// What is replayed of a bar: its close (of marks, or where nothing else is known), or open,
    /// extremes and close in both orders (of last trades), the worse of which is told.
    #[serde(default = "closes")]
    pub bars: BarOrders,
    /// Coins without a history of their own, each with the coin whose log moves it follows.
    #[serde(default)]
    pub betas: BTreeMap<SymbolName, BetaDocument>,
    /// Implied volatilities without a history of their own: log move of the 30-day volatility over
    /// the log move of the coin's price, e.g. `BTC = -0.9`.
    #[serde(default)]
    pub volatility_betas: BTreeMap<SymbolName, Number>,
    /// The price history; left out: that of the market.
    pub history: Option<HistoryDocument>,
}

/// First and last time of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowDocument {
    /// Close instant of the bar whose levels are today's.
    pub from: Instant,
    /// Close instant of the last bar.
    pub to: Instant,
}

/// The coin that another follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BetaDocument {
    /// A coin with a history.
    pub of: SymbolName,
    /// Log move of the follower over that of the coin.
    pub beta: Number,
}

fn closes() -> BarOrders {
    BarOrders::Closes
}

/// The window and what follows it.
pub(super) fn historical(
    parsed: &Parsed<ScenarioDocument>,
) -> Result<Option<HistoricalSettings>, Violations> {
    let Some(document) = &parsed.value.historical else { return Ok(None) };
    let mut collector = ViolationCollector::default();
    let WindowDocument { from, to } = document.window;
    if to <= from {
        let place = parsed.places.at("historical.window.to");
        let expected = format!("an instant after {}", from.timestamp());
        collector.add(Violation::new(place, "the window ends before it begins").expected(expected));
    }
    for (symbol, beta) in &document.betas {
        if document.betas.contains_key(&beta.of) {
            let path = format!("historical.betas.\"{symbol}\".of");
            let title = format!("{symbol} follows {}, which follows another itself", beta.of);
            let violation = Violation::new(parsed.places.at(&path), title);
            collector.add(violation.expected("a coin with a history of its own"));
        }
    }
    let beta = |(symbol, beta): (&SymbolName, &BetaDocument)| Beta {
        symbol: symbol.symbol(),
        of: beta.of.symbol(),
        beta: beta.beta.get(),
    };
    let volatility = |(symbol, beta): (&SymbolName, &Number)| VolatilityBeta {
        symbol: symbol.symbol(),
        beta: beta.get(),
    };
    collector.finish(Some(HistoricalSettings {
        from: from.timestamp(),
        to: to.timestamp(),
        bars: document.bars,
        betas: document.betas.iter().map(beta).collect(),
        volatility_betas: document.volatility_betas.iter().map(volatility).collect(),
    }))
}

/// How much is walked of a window.
pub(super) fn simulation(settings: &HistoricalSettings) -> SimulationSettings {
    SimulationSettings {
        horizon: settings.length(),
        steps: 1,
        paths: settings.bars.paths(),
        precision: None,
        paths_max: settings.bars.paths(),
        seed: 0,
        returns: ReturnKind::Log,
        revaluation: Revaluation::Full,
        sampling: SamplingSettings::default(),
    }
}
