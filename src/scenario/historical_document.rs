//! The historical kind of a scenario document: a window of history instead of simulated paths.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::historical::{
    BarOrders, Beta, HistoricalSettings, ReplayWindow, Stretch, VolatilityBeta, WorstSettings,
};
use super::settings::{ReturnKind, Revaluation, SamplingSettings, SimulationSettings};
use crate::document::{
    DurationText, Instant, Number, Parsed, SymbolName, Violation, ViolationCollector, Violations,
};
use crate::market::document::HistoryDocument;
use crate::units::Years;

/// A window of history whose moves are applied to today's levels, at the data's own times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoricalDocument {
    /// The window; left out: `worst` searches for it.
    pub window: Option<WindowDocument>,
    /// A search of the whole history, in the place of `window`.
    pub worst: Option<WorstDocument>,
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

/// The windows of one length that cost today's book most: one from every close of the history is
/// replayed with everything that happens, and the worst that do not overlap are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorstDocument {
    /// Length of every window, e.g. `"3d"`: a multiple of the history's interval.
    pub length: DurationText,
    /// Windows told, worst first; the first of them step by step.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 100))]
    pub count: usize,
    /// Time between the end of a window told and the start of another, at least; left out: none,
    /// windows may touch.
    pub separation: Option<DurationText>,
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

fn five() -> usize {
    5
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
    let stretch = collector.absorb(stretch(parsed, document));
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
    let settings = stretch.map(|stretch| HistoricalSettings {
        stretch,
        bars: document.bars,
        betas: document.betas.iter().map(beta).collect(),
        volatility_betas: document.volatility_betas.iter().map(volatility).collect(),
    });
    collector.finish_some(settings).map(Some)
}

/// The window stated, or what is searched for.
fn stretch(
    parsed: &Parsed<ScenarioDocument>,
    document: &HistoricalDocument,
) -> Result<Stretch, Violations> {
    let fault = |key: &str, title: &str| Violation::new(parsed.places.at(key), title);
    match (&document.window, &document.worst) {
        (Some(window), None) => {
            let (from, to) = (window.from.timestamp(), window.to.timestamp());
            if to <= from {
                let fault = fault("historical.window.to", "the window ends before it begins");
                return Err(fault.expected(format!("an instant after {from}")).into());
            }
            Ok(Stretch::Window(ReplayWindow { from, to }))
        }
        (None, Some(worst)) => Ok(Stretch::Worst(WorstSettings {
            length: worst.length.years(),
            count: worst.count,
            separation: worst.separation.as_ref().map_or(Years(0.0), DurationText::years),
        })),
        (Some(_), Some(_)) => {
            let both = fault("historical.worst", "a window, and a search for one");
            Err(both.expected("`window` or `worst`, not both").into())
        }
        (None, None) => {
            let neither = fault("historical", "no window, and no search for one");
            Err(neither.expected("`window`, or `worst` with the `length` of windows").into())
        }
    }
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
