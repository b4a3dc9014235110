//! Documents in, validated inputs out: every file read, every violation shown at once, those
//! between files too.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cross_check;
use super::parts::{Asked, Parts};
use super::shared::Shared;
use crate::document::{
    Confinement, InputFile, KeptInput, Loader, Place, PositiveRate, Recipe, SHIPPED,
    ViolationCollector, Violations, visible,
};
use crate::margin::VenueRules;
use crate::margin::document::read_rules;
use crate::market::document::{LoadedMarket, read_market};
use crate::market::{BarHistory, Finding};
use crate::portfolio::Portfolio;
use crate::scenario::document::{LoadedScenario, open_scenario};
use crate::scenario::{FailureSampling, Revaluation, SamplingMethod, Scenario, library_path};
use crate::threshold::document::{LoadedPolicy, read_policy};

/// Changes to a scenario from outside.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Overrides {
    /// Number of paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<u64>,
    /// Precision to run to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PositiveRate>,
    /// Seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How positions are revalued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revaluation: Option<Revaluation>,
    /// How paths are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<SamplingMethod>,
    /// How failures of venues are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<FailureSampling>,
}

/// How documents are read.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Whether documents may name files outside the scenario's folder.
    pub confinement: Confinement,
    /// Changes to the scenario.
    pub overrides: Overrides,
    /// A file of proposed trades.
    pub trades: Option<PathBuf>,
}

/// Everything a plan is built from.
#[derive(Debug)]
pub struct Inputs {
    /// The scenario, overrides applied.
    pub scenario: Scenario,
    /// The book.
    pub portfolio: Portfolio,
    /// The book after proposed trades.
    pub portfolio_with_trades: Option<Portfolio>,
    /// The world today, with what was found in its files.
    pub market: Arc<LoadedMarket>,
    /// Margin rules by venue.
    pub venue_rules: Vec<Option<VenueRules>>,
    /// The policy.
    pub policy: Option<LoadedPolicy>,
    /// The history that a historical scenario replays.
    pub(super) bars: Option<BarHistory>,
    /// What a historical scenario leaves out, being a matter of chance.
    pub(super) left_out: Vec<String>,
    /// Every file read.
    pub files: Vec<InputFile>,
    /// The same with their contents, and the proposed trades.
    pub kept: Vec<KeptInput>,
    /// What was asked for beside what they say.
    pub recipe: Option<Recipe>,
    /// Where the scenario's own settings stand, for faults that show only when it is planned.
    pub(super) scenario_places: LoadedScenario,
    /// Where the positions stand, trades last, for the same.
    pub(super) position_places: Vec<Place>,
    /// Where the hedges stand, for the same.
    pub(super) hedge_places: Vec<Place>,
    /// Where the accounts stand, for the same.
    pub(super) account_places: Vec<Place>,
    /// What the runs of a batch have in common.
    pub(super) shared: Option<Arc<Shared>>,
}

impl Inputs {
    /// Whether planning draws pilot paths to choose how paths are drawn, which takes many threads.
    pub fn plans_by_pilot(&self) -> bool {
        let simulated = !self.scenario.is_stated();
        simulated && self.scenario.simulation.sampling.method != SamplingMethod::Plain
    }
}

/// A scenario of a batch: its documents, some in place of those that it names.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its folder, which the paths here are relative to.
    pub folder: PathBuf,
    /// The scenario document.
    pub scenario: String,
    /// The portfolio document in place of the scenario's.
    pub portfolio: Option<String>,
    /// The policy document in place of the scenario's.
    pub policy: Option<String>,
}

/// Reads a scenario with every file it names.
///
/// # Errors
/// Every violation in any of the files, and between them.
pub fn load(scenario: &Path, options: &LoadOptions) -> Result<Inputs, Violations> {
    let (loader, name) = loader(scenario, options.confinement)?;
    loaded(loader, &Asked { name: &name, options, member: None, shared: None })
}

/// Reads a scenario of a batch. Overrides are of what draws paths: a stated path is left as it is.
///
/// # Errors
/// As [`load`].
pub fn load_member(
    member: &Member,
    overrides: Overrides,
    shared: &Arc<Shared>,
) -> Result<Inputs, Violations> {
    let loader = shared.loader(&member.folder)?;
    let confinement = Confinement::Inside; // The loader knows better, and no trades are read.
    let options = LoadOptions { confinement, overrides, trades: None };
    let name = &member.scenario;
    let asked = Asked { name, options: &options, member: Some(member), shared: Some(shared) };
    loaded(loader, &asked)
}

fn loaded(loader: Loader, asked: &Asked) -> Result<Inputs, Violations> {
    let mut collector = ViolationCollector::default();
    let parts = Parts::read(&Arc::new(loader), asked, &mut collector)?;
    parts.inputs(asked.options, asked.shared, collector)
}

/// What a batch asks of a document before it runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Whether it is a scenario.
    pub is_scenario: bool,
    /// Its name, where it has one that can name a folder.
    pub name: Option<String>,
}

/// The heading of the document `path`.
///
/// # Errors
/// A file that cannot be read or parsed.
pub fn heading(path: &str, loader: &Loader) -> Result<Heading, Violations> {
    let file = loader.open(path, None)?;
    let is_scenario = cross_check::kind_of(&file)? == cross_check::Kind::Scenario;
    let name = if is_scenario { open_scenario(&file, loader)?.name() } else { None };
    Ok(Heading { is_scenario, name })
}

/// Checks one document: a scenario with all it names, or another document on its own. Says what
/// was found.
///
/// # Errors
/// Every violation.
pub fn check(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let (loader, name) = loader(path, confinement)?;
    let file = loader.open(&name, None)?;
    match cross_check::kind_of(&file)? {
        cross_check::Kind::Scenario => check_scenario(path, confinement),
        cross_check::Kind::Portfolio => {
            crate::portfolio::document::check_portfolio(&file, &loader)?;
            Ok("portfolio, no violations".to_owned())
        }
        cross_check::Kind::Market => {
            let findings = read_market(&file, &loader)?.findings;
            let count = findings.len();
            let noun = if count == 1 { "finding" } else { "findings" };
            let told = untreated(&findings);
            Ok(format!("market, no violations, {count} {noun} in its files{told}"))
        }
        cross_check::Kind::Policy => {
            read_policy(&file, &loader)?;
            Ok("policy, no violations".to_owned())
        }
        cross_check::Kind::Venue => {
            read_rules(&file)?;
            Ok("venue rules, no violations".to_owned())
        }
    }
}

/// What was found and left as it is, one a line.
fn untreated(findings: &[Finding]) -> String {
    let left = findings.iter().filter(|finding| finding.repair.is_none());
    let line = |finding: &Finding| {
        let line = finding.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("\n  warning: {}{line}: {}", visible(&finding.file), visible(&finding.what))
    };
    left.map(line).collect()
}

fn check_scenario(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let options = LoadOptions { confinement, overrides: Overrides::default(), trades: None };
    let inputs = load(path, &options)?;
    let plan = super::Plan::build(&inputs)?;
    let told = untreated(&plan.findings);
    Ok(format!(
        "scenario '{}', no violations: {} positions, {} accounts, {} factors, {} files{told}",
        plan.scenario.name,
        plan.portfolio.positions.len(),
        plan.portfolio.accounts.len(),
        plan.model.factors.len(),
        plan.inputs.len()
    ))
}

pub(super) fn loader(
    path: &Path,
    confinement: Confinement,
) -> Result<(Loader, String), Violations> {
    if let Some(shipped) = path.to_str().filter(|path| path.starts_with(SHIPPED)) {
        let named = library_path(shipped.trim_start_matches(SHIPPED));
        let path = named.map_or_else(|| shipped.to_owned(), |path| format!("{SHIPPED}{path}"));
        return Ok((Loader::new(Path::new(""), confinement)?, path));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let loader = Loader::new(folder, confinement)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok((loader, name.unwrap_or_default()))
}

pub(super) fn apply(overrides: &Overrides, scenario: &mut Scenario) {
    let simulation = &mut scenario.simulation;
    simulation.paths = overrides.paths.unwrap_or(simulation.paths);
    simulation.precision = overrides.precision.map(PositiveRate::get).or(simulation.precision);
    simulation.seed = overrides.seed.unwrap_or(simulation.seed);
    simulation.revaluation = overrides.revaluation.unwrap_or(simulation.revaluation);
    simulation.sampling.method = overrides.sampling.unwrap_or(simulation.sampling.method);
    simulation.sampling.failures = overrides.failures.unwrap_or(simulation.sampling.failures);
}
