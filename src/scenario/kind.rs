//! What kind of scenario a document is, and which of its tables act on that kind.
//!
//! Keys that do not act are refused where a scenario of the kind states them, and left out where it
//! inherits them from a scenario that it extends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Entry, Node, NodeValue, Violation, ViolationCollector, Violations};

/// What kind of scenario it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioKind {
    /// Simulated paths; takes `simulation`, `model` and `measures`.
    #[default]
    MonteCarlo,
    /// The moves of a window of history, applied to today's levels; takes `historical`.
    Historical,
    /// Stated moves of factors, at once or in legs; takes `shock`.
    Shock,
    /// A risk array of spot and volatility moves; takes `grid`.
    Grid,
    /// Simulated paths, and the most plausible moves that reach a target; takes what `monte_carlo`
    /// takes, and `reverse`.
    Reverse,
}

/// Tables of one kind, each with what it is.
const OWN_TABLES: [(&str, ScenarioKind, &str); 5] = [
    ("simulation", ScenarioKind::MonteCarlo, "a table — How much is simulated."),
    ("historical", ScenarioKind::Historical, "a table with the window of history that is replayed"),
    ("shock", ScenarioKind::Shock, "a table with the moves of the shock"),
    ("grid", ScenarioKind::Grid, "a table with the moves of the grid"),
    ("reverse", ScenarioKind::Reverse, "a table with the target that is to be reached"),
];
/// Keys of `model` that only what draws or conditions acts on.
const MODEL_OF_SIMULATIONS: [&str; 7] = [
    "process",
    "drift",
    "volatility",
    "stated_volatility",
    "correlation",
    "not_positive_semidefinite",
    "stressed",
];

impl ScenarioKind {
    /// As documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MonteCarlo => "monte_carlo",
            Self::Historical => "historical",
            Self::Shock => "shock",
            Self::Grid => "grid",
            Self::Reverse => "reverse",
        }
    }

    /// The kind of a document, whatever else is wrong with it.
    pub fn of(tree: &Node) -> Self {
        let kinds = [Self::Historical, Self::Shock, Self::Grid, Self::Reverse];
        let written = text(tree, "kind").unwrap_or_default();
        kinds.into_iter().find(|kind| kind.name() == written).unwrap_or_default()
    }

    fn table(self) -> (&'static str, &'static str) {
        let own = OWN_TABLES.into_iter().find(|(_, kind, _)| *kind == self);
        own.map_or(("", ""), |(table, _, what)| (table, what))
    }
}

fn text<'a>(tree: &'a Node, key: &str) -> Option<&'a str> {
    match &tree.entry(key)?.node.value {
        NodeValue::Text(text) => Some(text),
        _ => None,
    }
}

/// What of a document acts.
struct Acting {
    kind: ScenarioKind,
    /// Whether paths are drawn.
    draws: bool,
    /// Whether a model is fitted.
    fits: bool,
}

impl Acting {
    fn of(tree: &Node) -> Self {
        let kind = ScenarioKind::of(tree);
        let shock = tree.entry("shock").filter(|_| kind == ScenarioKind::Shock);
        let says =
            |key: &str, what: &str| shock.is_some_and(|one| text(&one.node, key) == Some(what));
        let cascades =
            tree.entry("events").is_some_and(|events| events.node.entry("cascade").is_some());
        let simulates = matches!(kind, ScenarioKind::MonteCarlo | ScenarioKind::Reverse);
        let draws = simulates || says("result", "distribution");
        let is_shock = kind == ScenarioKind::Shock;
        let fits = draws || says("propagation", "conditional") || (is_shock && cascades);
        Self { kind, draws, fits }
    }

    fn is_idle_table(&self, entry: &Entry) -> bool {
        match entry.key.as_str() {
            "simulation" | "measures" => !self.draws,
            key => OWN_TABLES.iter().any(|(table, kind, _)| *table == key && *kind != self.kind),
        }
    }

    fn is_idle_model_key(&self, entry: &Entry) -> bool {
        !self.fits && MODEL_OF_SIMULATIONS.contains(&entry.key.as_str())
    }

    /// Keys that do not act.
    fn idle<'a>(&'a self, tree: &'a Node) -> impl Iterator<Item = &'a Entry> {
        let model = tree.entry("model").into_iter().flat_map(|entry| entry.node.entries());
        let tables = tree.entries().iter().filter(|entry| self.is_idle_table(entry));
        tables.chain(model.filter(|entry| self.is_idle_model_key(entry)))
    }
}

/// What a scenario of its kind lacks, or has and does not act on.
pub(super) fn check_kind(tree: &Node) -> Result<(), Violations> {
    let acting = Acting::of(tree);
    let mut collector = ViolationCollector::default();
    let own = acting.kind.table();
    let simulation = acting.draws.then(|| ScenarioKind::MonteCarlo.table());
    let mut needed = vec![own];
    needed.extend(simulation.filter(|table| *table != own));
    for (key, what) in needed {
        if tree.entry(key).is_none() {
            let title = format!("missing key `{key}`");
            let expected = format!("`{key}`: {what}");
            collector.add(Violation::new(tree.place.clone(), title).expected(expected));
        }
    }
    for entry in acting.idle(tree).filter(|entry| is_own(entry, tree)) {
        collector.add(idle(entry, acting.kind));
    }
    collector.finish(())
}

fn idle(entry: &Entry, kind: ScenarioKind) -> Violation {
    let place = entry.key_place.clone();
    let other = OWN_TABLES.iter().find(|(table, _, _)| *table == entry.key);
    let other = other.map(|(_, kind, _)| *kind).filter(|kind| *kind != ScenarioKind::MonteCarlo);
    if let Some(other) = other {
        let title = format!("a table `{}` in a scenario of another kind", entry.key);
        let help = format!("add the line `kind = \"{}\"` at the top", other.name());
        return Violation::new(place, title).help(help);
    }
    let (article, expected) = match kind {
        ScenarioKind::Historical => {
            ("a historical scenario", "no keys of a simulation: times and moves are the history's")
        }
        ScenarioKind::Grid => ("a grid", "no keys of a simulation: moves are stated"),
        _ => ("a shock that draws nothing", "no keys of a simulation: times and moves are stated"),
    };
    let title = format!("{article} does not act on `{}`", entry.key);
    let help = format!("remove it, or the line `kind = \"{}\"`", kind.name());
    Violation::new(place, title).expected(expected).help(help)
}

/// Whether a key stands in the scenario's own file, or in the one that says its kind.
fn is_own(entry: &Entry, tree: &Node) -> bool {
    let kind = tree.entry("kind").map(|kind| kind.key_place.file.name());
    let file = entry.key_place.file.name();
    file == tree.place.file.name() || Some(file) == kind
}

/// The document without what it inherits and does not act on.
pub(super) fn of_its_kind(tree: &Node) -> Node {
    let acting = Acting::of(tree);
    let kept = tree.entries().iter().filter(|entry| !acting.is_idle_table(entry)).cloned();
    let entries = kept.map(|mut entry| {
        if entry.key == "model"
            && let NodeValue::Table(entries) = &mut entry.node.value
        {
            entries.retain(|entry| !acting.is_idle_model_key(entry));
        }
        entry
    });
    Node { value: NodeValue::Table(entries.collect()), place: tree.place.clone() }
}
