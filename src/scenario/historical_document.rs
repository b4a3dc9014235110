//! The historical kind of a scenario document: a window of history instead of simulated paths.
//!
//! Keys that only a simulation acts on are refused where the historical scenario states them, and
//! left out where it inherits them from a scenario that it extends.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::historical::{BarOrders, Beta, HistoricalSettings, VolatilityBeta};
use super::settings::{ReturnKind, Revaluation, SamplingSettings, SimulationSettings};
use crate::document::{
    Entry, Instant, Node, NodeValue, Number, Parsed, SymbolName, Violation, ViolationCollector,
    Violations,
};
use crate::market::document::HistoryDocument;

/// What kind of scenario it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioKind {
    /// Simulated paths; takes `simulation`, `model` and `measures`.
    #[default]
    MonteCarlo,
    /// The moves of a window of history, applied to today's levels; takes `historical`.
    Historical,
}

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

/// Tables that only a simulation acts on.
const OF_SIMULATIONS: [&str; 2] = ["simulation", "measures"];
/// Keys of `model` that only a simulation acts on.
const MODEL_OF_SIMULATIONS: [&str; 6] = [
    "process",
    "drift",
    "volatility",
    "stated_volatility",
    "correlation",
    "not_positive_semidefinite",
];

/// Whether the tree says that it is a historical scenario.
pub(super) fn is_historical(tree: &Node) -> bool {
    let kind = tree.entry("kind").map(|entry| &entry.node.value);
    matches!(kind, Some(NodeValue::Text(text)) if text == "historical")
}

/// What a scenario of its kind lacks, or has and does not act on.
pub(super) fn check_kind(tree: &Node) -> Result<(), Violations> {
    let mut collector = ViolationCollector::default();
    let needed = if is_historical(tree) { "historical" } else { "simulation" };
    if tree.entry(needed).is_none() {
        let expected = match needed {
            "historical" => "`historical`: a table with the window of history that is replayed",
            _ => "`simulation`: a table — How much is simulated.",
        };
        let title = format!("missing key `{needed}`");
        collector.add(Violation::new(tree.place.clone(), title).expected(expected));
    }
    if is_historical(tree) {
        for entry in idle(tree).filter(|entry| is_own(entry, tree)) {
            let title = format!("a historical scenario does not act on `{}`", entry.key);
            let violation = Violation::new(entry.key_place.clone(), title)
                .expected("no keys of a simulation: times and moves are the history's")
                .help("remove it, or the line `kind = \"historical\"`");
            collector.add(violation);
        }
    } else if let Some(entry) = tree.entry("historical") {
        let title = "a table `historical` in a scenario of another kind";
        let violation = Violation::new(entry.key_place.clone(), title);
        collector.add(violation.help("add the line `kind = \"historical\"` at the top"));
    }
    collector.finish(())
}

fn idle(tree: &Node) -> impl Iterator<Item = &Entry> {
    let model = tree.entry("model").into_iter().flat_map(|entry| entry.node.entries());
    let tables = tree.entries().iter();
    tables
        .filter(|entry| OF_SIMULATIONS.contains(&entry.key.as_str()))
        .chain(model.filter(|entry| MODEL_OF_SIMULATIONS.contains(&entry.key.as_str())))
}

/// Whether a key stands in the scenario's own file, or in the one that makes it historical.
fn is_own(entry: &Entry, tree: &Node) -> bool {
    let kind = tree.entry("kind").map(|kind| kind.key_place.file.name());
    let file = entry.key_place.file.name();
    file == tree.place.file.name() || Some(file) == kind
}

/// The document without what it inherits and does not act on.
pub(super) fn of_its_kind(tree: &Node) -> Node {
    if !is_historical(tree) {
        return tree.clone();
    }
    let kept = |entry: &Entry| !OF_SIMULATIONS.contains(&entry.key.as_str());
    let entries = tree.entries().iter().filter(|entry| kept(entry)).cloned();
    let entries = entries.map(|entry| if entry.key == "model" { thinned(entry) } else { entry });
    Node { value: NodeValue::Table(entries.collect()), place: tree.place.clone() }
}

fn thinned(mut model: Entry) -> Entry {
    if let NodeValue::Table(entries) = &mut model.node.value {
        entries.retain(|entry| !MODEL_OF_SIMULATIONS.contains(&entry.key.as_str()));
    }
    model
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
