//! What a scenario document says of liquidity horizons.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::ScenarioDocument;
use super::liquidity_horizon::{FactorHorizon, LiquidityHorizonSettings};
use super::shock::AssetGroup;
use crate::document::{
    DurationText, FactorSelector, Level, Parsed, SymbolName, Violation, ViolationCollector,
    Violations,
};
use crate::units::{ConfidenceLevel, Years};

/// ES of positions that take longer to close than the simulation lasts: factors grouped by the time
/// it takes to get out of them (Basel MAR33.5). The base is the simulation's own horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiquidityHorizonsDocument {
    /// Level of ES: one of `levels`. Left out: the contribution level.
    pub level: Option<Level>,
    /// Names for several assets, e.g. `majors = ["BTC", "ETH"]`.
    #[serde(default)]
    pub groups: BTreeMap<SymbolName, Vec<SymbolName>>,
    /// Horizon of factors by name, e.g. `"BTC.spot" = "10d"`, `"majors.vol"`, `"*.spot"`: an asset's
    /// own wins over a group's, that over `*`. Others have the simulation's horizon, the shortest
    /// there is.
    pub horizons: BTreeMap<FactorSelector, DurationText>,
}

/// The horizons of a document that states them.
pub(super) fn liquidity_horizons(
    parsed: &Parsed<ScenarioDocument>,
    contribution_level: Option<Level>,
) -> Result<Option<LiquidityHorizonSettings>, Violations> {
    let Some(document) = &parsed.value.measures.liquidity_horizons else { return Ok(None) };
    let mut found = ViolationCollector::default();
    let fault = |key: String, title: String| {
        Violation::new(parsed.places.at(&format!("measures.liquidity_horizons.{key}")), title)
    };
    let level = document.level.or(contribution_level);
    if document.level.is_some_and(|level| !parsed.value.measures.levels.contains(&level)) {
        let fault = fault("level".to_owned(), "`level` is not one of `levels`".to_owned());
        found.add(fault.expected("one of the levels measured"));
    }
    let base = parsed.value.simulation.as_ref().map(|simulation| &simulation.horizon);
    for (name, horizon) in &document.horizons {
        if let Some(base) = base.filter(|base| horizon.seconds() < base.seconds()) {
            let title = format!("a horizon of {horizon}, shorter than the simulation's of {base}");
            let fault = fault(format!("horizons.\"{name}\""), title);
            found.add(fault.expected("a horizon of the simulation's length, or longer"));
        }
        let Some((selected, kind)) = name.as_str().split_once('.') else { continue };
        let group = document.groups.iter().find(|(group, _)| group.as_str() == selected);
        let Some((group, members)) = group else { continue };
        let rival = document.groups.iter().find_map(|(other, theirs)| {
            let stated = document
                .horizons
                .iter()
                .find(|(name, _)| name.as_str().split_once('.') == Some((other.as_str(), kind)));
            let shared = members.iter().find(|member| theirs.contains(member));
            let differs = stated.is_some_and(|(_, theirs)| theirs.seconds() != horizon.seconds());
            shared.filter(|_| other < group && differs)
        });
        if let Some(member) = rival {
            let title = format!("{member}.{kind} has two horizons, by two groups");
            let fault = fault(format!("horizons.\"{name}\""), title);
            found.add(
                fault.help(format!("state `\"{member}.{kind}\"` itself: it wins over groups")),
            );
        }
    }
    let level = level.and_then(|level| ConfidenceLevel::new(level.get()).ok());
    let settings = level.map(|level| LiquidityHorizonSettings {
        level,
        groups: document.groups.iter().map(group).collect(),
        horizons: document.horizons.iter().map(stated).collect(),
    });
    found.finish_some(settings).map(Some)
}

fn group((name, members): (&SymbolName, &Vec<SymbolName>)) -> AssetGroup {
    let members = members.iter().map(SymbolName::symbol).collect();
    AssetGroup { name: name.to_string(), members }
}

fn stated((name, horizon): (&FactorSelector, &DurationText)) -> FactorHorizon {
    FactorHorizon { selector: name.to_string(), horizon: Years(horizon.years().get()) }
}
