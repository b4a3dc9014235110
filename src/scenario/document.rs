//! The scenario document: what a user writes to say what may happen.
//!
//! Flows in: `scenario.toml` and what it `extends`. Flows out: a [`LoadedScenario`]: validated
//! settings, the files it refers to, and the place of everything.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::events_document::{
    CascadeDocument, ClosingDocument, EventsDocument, PegBreakDocument,
};
use super::extends::extended;
pub use super::grid_document::GridDocument;
use super::historical_document::historical;
pub use super::historical_document::{BetaDocument, HistoricalDocument, WindowDocument};
pub use super::kind::ScenarioKind;
use super::kind::{check_kind, of_its_kind};
use super::liquidity_horizon_document::{LiquidityHorizonsDocument, liquidity_horizons};
pub use super::model_document::{
    CorrelationDocument, DriftDocument, FilterDocument, JumpDocument, ModelDocument,
    NotPositiveSemidefiniteDocument, ProcessDocument, StressWindowDocument, StressedDocument,
    VolatilityDocument, read_model,
};
pub use super::reverse_document::{ReverseDocument, ReverseTargetDocument};
use super::settings::{
    FailureSampling, MeasureSettings, ReturnKind, Revaluation, SamplingMethod, SamplingSettings,
    Scenario, SimulationSettings,
};
use super::shock::ShockResult;
pub use super::shock_document::{
    FollowerDocument, LegDocument, LevelDocument, MoveDocument, PropagationDocument, ShockDocument,
    leg_path,
};
use crate::document::{
    DurationText, FilePath, FolderName, Level, Loader, Node, NodeValue, Parsed, Place, Places,
    PositiveRate, Prose, SourceFile, UnitFraction, Violation, ViolationCollector, Violations,
    read_tree,
};
use crate::market::document::HistoryDocument;
use crate::units::ConfidenceLevel;

/// A scenario: what may happen to the book, and what is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDocument {
    /// Name of the scenario; names its output folder.
    pub name: FolderName,
    /// Why it exists.
    #[serde(default = "no_prose")]
    pub description: Prose,
    /// What kind of scenario it is.
    #[serde(default)]
    pub kind: ScenarioKind,
    /// A scenario to start from: keys left out here are taken from there, table by table
    /// (`simulation`, `historical`, `shock`, `grid`, `reverse`, `model`, `measures`, `events`); a key given here replaces the whole
    /// value there. Files
    /// named there stay relative to it.
    pub extends: Option<FilePath>,
    /// The portfolio document.
    pub portfolio: FilePath,
    /// The market document.
    pub market: FilePath,
    /// The policy document; without it no threshold is derived.
    pub policy: Option<FilePath>,
    /// How much is simulated; must be there where paths are drawn.
    pub simulation: Option<SimulationDocument>,
    /// The window of history that a historical scenario replays.
    pub historical: Option<HistoricalDocument>,
    /// The moves of a shock.
    pub shock: Option<ShockDocument>,
    /// The moves of a grid.
    pub grid: Option<GridDocument>,
    /// What a reverse stress searches for.
    pub reverse: Option<ReverseDocument>,
    /// How factors move.
    #[serde(default)]
    pub model: ModelDocument,
    /// What is measured.
    #[serde(default)]
    pub measures: MeasuresDocument,
    /// What happens on a path beyond the factors.
    #[serde(default)]
    pub events: EventsDocument,
}

/// How much is simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationDocument {
    /// Length of the simulation, e.g. `"1d"`, `"8h"`.
    pub horizon: DurationText,
    /// Even steps inside the horizon; expiries add nodes of their own.
    #[serde(default = "one_step")]
    #[schemars(range(min = 1, max = 10_000))]
    pub steps: u32,
    /// Paths; `--paths` overrides.
    #[serde(default = "default_paths")]
    #[schemars(range(min = 100, max = 1_000_000_000))]
    pub paths: u64,
    /// Run until the 95 % intervals of VaR and ES at every level are within this fraction of the
    /// figure, e.g. `"1%"`: looked at after `paths` paths, after twice as many, and so on up to
    /// `paths_max`; `--precision` overrides.
    pub precision: Option<PositiveRate>,
    /// Most paths that `precision` may take.
    #[serde(default = "default_paths_max")]
    #[schemars(range(min = 100, max = 10_000_000))]
    pub paths_max: u64,
    /// Seed of every draw; `--seed` overrides.
    #[serde(default)]
    pub seed: u64,
    /// How returns are compounded.
    #[serde(default = "log_returns")]
    pub returns: ReturnKind,
    /// How positions are revalued on a path; `--revaluation` overrides.
    #[serde(default = "chosen_revaluation")]
    pub revaluation: Revaluation,
    /// How paths are drawn; importance sampling and strata aim at the contribution level;
    /// `--sampling` overrides.
    #[serde(default = "plain_sampling")]
    pub sampling: SamplingMethod,
    /// Equiprobable ranges of the delta-gamma loss under `stratified` sampling; `paths` is a
    /// multiple of it.
    #[serde(default = "default_strata")]
    #[schemars(range(min = 2, max = 1_000))]
    pub strata: u32,
    /// Independent randomisations of `sobol` sampling, whose spread is its error; `paths` is a
    /// multiple of it.
    #[serde(default = "default_replicates")]
    #[schemars(range(min = 8, max = 1_024))]
    pub replicates: u32,
    /// How failures of venues inside paths are drawn: as often as hazards say, or in `strata` that
    /// make a venue fail on `failure_share` of the paths, which are weighted for it; `paths` is then
    /// a multiple of `strata`. With `sampling` plain or importance.
    #[serde(default)]
    pub failures: FailureSampling,
    /// Share of the paths on which a venue fails under `failures = "stratified"`.
    #[serde(default = "default_failure_share")]
    #[schemars(extend("minimum" = 0.01, "maximum" = 0.9))]
    pub failure_share: UnitFraction,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MeasuresDocument {
    /// Confidence levels of VaR and ES, increasing; `0.99` leaves the worst 1 %.
    #[schemars(length(min = 1, max = 20))]
    pub levels: Vec<Level>,
    /// Level of contributions and incremental effects: one of `levels`. Left out: the highest.
    pub contribution_level: Option<Level>,
    /// Worst paths told in full.
    #[schemars(range(max = 1_000))]
    pub worst_paths: usize,
    /// ES by liquidity horizons.
    pub liquidity_horizons: Option<LiquidityHorizonsDocument>,
}

impl Default for MeasuresDocument {
    fn default() -> Self {
        let levels = [0.95, 0.975, 0.99].into_iter().filter_map(Level::new);
        Self {
            levels: levels.collect(),
            contribution_level: None,
            worst_paths: 10,
            liquidity_horizons: None,
        }
    }
}

fn no_prose() -> Prose {
    Prose::try_from(String::new()).expect("no text is text")
}

fn one_step() -> u32 {
    1
}

fn default_paths() -> u64 {
    100_000
}

fn default_paths_max() -> u64 {
    10_000_000
}

fn log_returns() -> ReturnKind {
    ReturnKind::Log
}

fn chosen_revaluation() -> Revaluation {
    Revaluation::Auto
}

fn plain_sampling() -> SamplingMethod {
    SamplingMethod::Plain
}

fn default_strata() -> u32 {
    SamplingSettings::default().strata
}

fn default_replicates() -> u32 {
    SamplingSettings::default().replicates
}

fn default_failure_share() -> UnitFraction {
    UnitFraction::new(SamplingSettings::FAILURE_SHARE).expect("a share")
}

/// A file that a document names.
#[derive(Debug, Clone)]
pub struct FileReference {
    /// The path as written.
    pub path: String,
    /// Where it is written: the path is relative to that file.
    pub place: Place,
}

impl FileReference {
    /// Opens the file.
    ///
    /// # Errors
    /// As [`Loader::open`].
    pub fn open(&self, loader: &Loader) -> Result<Arc<SourceFile>, Violations> {
        loader.open(&self.path, Some(&self.place))
    }
}

/// A scenario whose text was read and bases merged, not yet checked: lets its other files be
/// checked even where it has faults itself.
#[derive(Debug, Clone)]
pub struct ScenarioTree {
    file: Arc<SourceFile>,
    tree: Node,
}

/// A validated scenario with the files it refers to.
#[derive(Debug, Clone)]
pub struct LoadedScenario {
    /// Its settings.
    pub scenario: Scenario,
    /// The portfolio document.
    pub portfolio: FileReference,
    /// The market document.
    pub market: FileReference,
    /// The policy document, where there is one.
    pub policy: Option<FileReference>,
    /// Where everything stands, in this file or one it extends.
    pub places: Places,
    /// The scenario's own file.
    pub file: Arc<SourceFile>,
    /// The history that it replays, where it names one of its own.
    pub history: Option<HistoryDocument>,
    /// The shock as it is written, for faults that show only against book and market.
    pub shock: Option<ShockDocument>,
}

/// Reads a scenario document with what it extends.
///
/// # Errors
/// Every violation in it.
pub fn read_scenario(
    file: &Arc<SourceFile>,
    loader: &Loader,
) -> Result<LoadedScenario, Violations> {
    open_scenario(file, loader)?.read(loader)
}

/// Reads a scenario's text and merges what it extends.
///
/// # Errors
/// Syntax errors, a base that cannot be read, a cycle of bases.
pub fn open_scenario(file: &Arc<SourceFile>, loader: &Loader) -> Result<ScenarioTree, Violations> {
    Ok(ScenarioTree { file: Arc::clone(file), tree: extended(file, loader)? })
}

impl ScenarioTree {
    /// The file named by `key` (`portfolio`, `market`, `policy`), where one is.
    pub fn reference(&self, key: &str) -> Option<FileReference> {
        let (path, place) = self.tree.path_at(key)?;
        Some(FileReference { path: path.to_string(), place: place.clone() })
    }

    /// Its name, where it states one that can name a folder.
    pub fn name(&self) -> Option<String> {
        let NodeValue::Text(text) = &self.tree.entry("name")?.node.value else { return None };
        FolderName::try_from(text.clone()).ok().map(String::from)
    }

    /// Checks the document.
    ///
    /// # Errors
    /// Every violation in it, and in the correlation matrix it names.
    pub fn read(&self, loader: &Loader) -> Result<LoadedScenario, Violations> {
        let parsed = read_tree(&self.file, of_its_kind(&self.tree));
        let parsed: Parsed<ScenarioDocument> = match (parsed, check_kind(&self.tree)) {
            (Ok(parsed), Ok(())) => parsed,
            (Err(faults), Err(of_kind)) => return Err(faults.and(of_kind)),
            (Err(faults), Ok(())) | (Ok(_), Err(faults)) => return Err(faults),
        };
        let mut collector = ViolationCollector::default();
        let historical = collector.absorb(historical(&parsed));
        let shock = collector.absorb(super::shock_document::shock(&parsed));
        let grid = collector.absorb(super::grid_document::grid(&parsed));
        let reverse = collector.absorb(super::reverse_document::reverse(&parsed));
        let measures = collector.absorb(measures(&parsed));
        let model = collector.absorb(super::model_document::model(&parsed, loader));
        let events = collector.absorb(super::events_document::events(&parsed));
        let document = &parsed.value;
        let settings =
            measures.zip(model).zip(events).zip(historical).zip(shock).zip(grid).zip(reverse);
        let scenario = settings.and_then(
            |((((((measures, model), events), historical), shock), grid), reverse)| {
                let replayed = historical.as_ref().map(super::historical_document::simulation);
                let stated = shock.as_ref().filter(|shock| shock.result == ShockResult::Path);
                let replayed = replayed.or_else(|| stated.map(super::shock_document::simulation));
                let replayed =
                    replayed.or_else(|| grid.as_ref().map(|_| super::grid_document::simulation()));
                Some(Scenario {
                    name: document.name.to_string(),
                    description: document.description.to_string(),
                    simulation: replayed
                        .or_else(|| document.simulation.as_ref().map(simulation))?,
                    model,
                    measures,
                    events,
                    historical,
                    shock,
                    grid,
                    reverse,
                })
            },
        );
        let scenario = collector.finish_some(scenario)?;
        let missing = || {
            let title = "the scenario names no portfolio or no market";
            Violations::from(Violation::new(parsed.places.at(""), title))
        };
        Ok(LoadedScenario {
            scenario,
            portfolio: self.reference("portfolio").ok_or_else(missing)?,
            market: self.reference("market").ok_or_else(missing)?,
            policy: self.reference("policy"),
            file: Arc::clone(&self.file),
            shock: parsed.value.shock,
            history: parsed.value.historical.and_then(|historical| historical.history),
            places: parsed.places,
        })
    }
}

fn simulation(document: &SimulationDocument) -> SimulationSettings {
    SimulationSettings {
        horizon: document.horizon.years(),
        steps: document.steps,
        paths: document.paths,
        precision: document.precision.map(PositiveRate::get),
        paths_max: document.paths_max,
        seed: document.seed,
        returns: document.returns,
        revaluation: document.revaluation,
        sampling: SamplingSettings {
            method: document.sampling,
            strata: document.strata,
            replicates: document.replicates,
            failures: document.failures,
            failure_share: document.failure_share.get(),
        },
    }
}

fn measures(parsed: &Parsed<ScenarioDocument>) -> Result<MeasureSettings, Violations> {
    let document = &parsed.value.measures;
    let mut collector = ViolationCollector::default();
    for (index, pair) in document.levels.windows(2).enumerate() {
        if pair[0] >= pair[1] {
            let place = parsed.places.at(&format!("measures.levels[{}]", index + 1));
            let violation = Violation::new(place, "levels must increase")
                .expected(format!("a level above {}", pair[0].get()));
            collector.add(violation);
        }
    }
    let highest = document.levels.last().copied();
    let contribution_level = document.contribution_level.or(highest);
    if !contribution_level.is_some_and(|level| document.levels.contains(&level)) {
        let place = parsed.places.at("measures.contribution_level");
        let violation = Violation::new(place, "`contribution_level` is not one of `levels`")
            .expected("one of the levels measured");
        collector.add(violation);
    }
    let liquidity_horizons = collector.absorb(liquidity_horizons(parsed, contribution_level));
    let level = |level: Level| ConfidenceLevel::new(level.get()).ok();
    let settings = contribution_level.and_then(level).map(|contribution_level| MeasureSettings {
        levels: document.levels.iter().copied().filter_map(level).collect(),
        contribution_level,
        worst_paths: document.worst_paths,
        liquidity_horizons: liquidity_horizons.flatten(),
    });
    collector.finish_some(settings)
}
