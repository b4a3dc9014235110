//! Settings of a shock: stated moves of factors, at once or in legs over time, and what the factors
//! that are not named do meanwhile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Symbol, Years};

/// Stated moves, leg after leg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShockSettings {
    /// Legs in order of time.
    pub legs: Vec<ShockLeg>,
    /// From today to the end: that of the last leg, or later.
    pub horizon: Years,
    /// Accounts are looked at at least so often.
    pub every: Years,
    /// Assets that one name stands for.
    pub groups: Vec<AssetGroup>,
    /// Change of depth and volume, relative, by asset, group or `*`.
    pub depth: Vec<(String, f64)>,
    /// What factors do that no leg names.
    pub propagation: Propagation,
    /// What becomes of named assets that the market lacks.
    pub absent: AbsentAssets,
    /// One path, or paths drawn around it.
    pub result: ShockResult,
}

/// Moves that come together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShockLeg {
    /// When it begins, from today.
    pub begins: Years,
    /// How long the moves take, evenly in logarithms; zero: they come at once.
    pub lasts: Years,
    /// What moves.
    pub moves: Vec<StatedMove>,
    /// Venues that fail as it begins.
    pub venues_failed: Vec<String>,
}

/// The stated move of one factor or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatedMove {
    /// As written: `BTC.spot`, `alts.vol`, `*.spot`.
    pub selector: String,
    /// By how much, or to what.
    pub size: MoveSize,
}

/// By how much a factor moves in a leg.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveSize {
    /// Relative to the level before the leg; of basis and funding, added to it.
    Change(f64),
    /// Added to an implied volatility, decimal.
    Points(f64),
    /// The level after the leg: USD of spots and pegs, decimals of volatility, basis and funding.
    Level(f64),
}

/// Assets that one name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetGroup {
    /// Its name.
    pub name: String,
    /// Its assets.
    pub members: Vec<Symbol>,
}

/// What factors do that no leg names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Propagation {
    /// They stay.
    #[default]
    None,
    /// They take the medians of their conditional distribution under the model.
    Conditional,
    /// Their log moves are those of others times a number; the rest stays.
    Betas(Vec<FollowedBeta>),
}

/// Factors that follow another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowedBeta {
    /// Who follows, as written.
    pub selector: String,
    /// The factor followed, e.g. `BTC.spot`.
    pub of: String,
    /// Log move over that of the other.
    pub beta: f64,
}

/// What becomes of named assets that the market lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbsentAssets {
    /// A fault.
    #[default]
    Refuse,
    /// Their moves are left out, and told.
    Skip,
}

/// What a shock gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShockResult {
    /// One path: its loss, with and without what happens on it.
    #[default]
    Path,
    /// Simulated paths of the model on which the named factors end where the shock says: VaR and ES
    /// of the conditional law. Of a shock of one leg with conditional propagation.
    Distribution,
}

impl ShockSettings {
    /// The group called `name`.
    pub fn group(&self, name: &str) -> Option<&AssetGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}

impl ShockLeg {
    /// When its moves are complete, from today.
    pub fn ends(&self) -> Years {
        Years(self.begins.get() + self.lasts.get())
    }
}

/// How specific a selector is of an asset: named before a group of it before `*`; `None`: not of it.
pub fn rank(selected: &str, symbol: &Symbol, groups: &[AssetGroup]) -> Option<u8> {
    if selected == symbol.as_str() {
        return Some(2);
    }
    let group = groups.iter().find(|group| group.name == selected);
    if group.is_some_and(|group| group.members.contains(symbol)) {
        return Some(1);
    }
    (selected == "*").then_some(0)
}
