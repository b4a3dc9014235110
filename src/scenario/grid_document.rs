//! The grid kind of a scenario document: a risk array of spot and volatility moves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::grid::{GridAxes, GridSettings};
use super::settings::{ReturnKind, Revaluation, SamplingSettings, SimulationSettings};
use super::shock_document::AT_ONCE;
use crate::document::{Name, Parsed, Rate, SymbolName, Violation, ViolationCollector, Violations};
use crate::units::Years;

/// Moves of spot and volatility that are tried together, at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridDocument {
    /// Relative moves of all spots, increasing, e.g. `["-30%", "-15%", "0%", "15%", "30%"]`.
    #[serde(default)]
    #[schemars(length(max = 101))]
    pub spot: Vec<Rate>,
    /// Relative moves of all 30-day volatilities, increasing; other terms are damped as the model
    /// says. Left out, with `spot`: none.
    #[serde(default)]
    #[schemars(length(max = 101))]
    pub vol: Vec<Rate>,
    /// Portfolio margin rules whose scenarios are taken in the place of `spot` and `vol`, e.g.
    /// `"span-generic"`, `"deribit@2024-06-01"`, `"okx"`.
    pub rules: Option<Name>,
    /// The coin of those rules whose ranges are taken, for all coins that move.
    pub coin: Option<SymbolName>,
    /// Coins that move; left out: all.
    #[serde(default)]
    pub coins: Vec<SymbolName>,
}

/// The grid of a document.
pub(super) fn grid(parsed: &Parsed<ScenarioDocument>) -> Result<Option<GridSettings>, Violations> {
    let Some(document) = &parsed.value.grid else { return Ok(None) };
    let mut found = ViolationCollector::default();
    let fault = |key: &str, title: String| {
        let path = if key.is_empty() { "grid".to_owned() } else { format!("grid.{key}") };
        Violation::new(parsed.places.at(&path), title)
    };
    for (key, moves) in [("spot", &document.spot), ("vol", &document.vol)] {
        for (index, one) in moves.iter().enumerate() {
            let at = format!("{key}[{index}]");
            if one.get() <= -1.0 {
                let title = format!("a {key} move that leaves nothing");
                found.add(fault(&at, title).expected("a move above -100 %"));
            }
            if index > 0 && moves[index - 1] >= *one {
                found.add(fault(&at, "moves must increase".to_owned()));
            }
        }
    }
    let stated = !document.spot.is_empty() || !document.vol.is_empty();
    let axes = match (&document.rules, &document.coin) {
        (Some(rules), Some(coin)) => {
            if stated {
                let key = if document.spot.is_empty() { "vol" } else { "spot" };
                let both = fault(key, format!("`{key}` and `rules`"));
                found.add(both.expected("moves of your own or those of rules"));
            }
            GridAxes::Rules { rules: rules.to_string(), coin: coin.symbol() }
        }
        (Some(_), None) | (None, Some(_)) => {
            let key = if document.rules.is_some() { "rules" } else { "coin" };
            let half = fault(key, format!("`{key}` alone"));
            found.add(half.expected("`rules` with the `coin` whose ranges are taken"));
            GridAxes::Stated { spot: Vec::new(), volatility: Vec::new() }
        }
        (None, None) => {
            if !stated {
                let nothing = fault("", "a grid without moves".to_owned());
                found.add(nothing.expected("`spot` and `vol`, or `rules` with a `coin`"));
            }
            let or_none = |moves: &[Rate]| match moves {
                [] => vec![0.0],
                moves => moves.iter().map(|one| one.get()).collect(),
            };
            GridAxes::Stated { spot: or_none(&document.spot), volatility: or_none(&document.vol) }
        }
    };
    let coins = document.coins.iter().map(SymbolName::symbol).collect();
    found.finish(Some(GridSettings { axes, coins }))
}

/// Nothing is walked of a grid: it is today's book at moved prices.
pub(super) fn simulation() -> SimulationSettings {
    SimulationSettings {
        horizon: Years(AT_ONCE),
        steps: 1,
        paths: 1,
        precision: None,
        paths_max: 1,
        seed: 0,
        returns: ReturnKind::Log,
        revaluation: Revaluation::Full,
        sampling: SamplingSettings::default(),
    }
}
