//! Documents in, validated inputs out: every file read, every violation shown at once, those
//! between files too.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::shared::Shared;
use super::{cross_check, event_names, grid, historical, liquidity_horizons, shock};
use crate::document::{
    Confinement, InputFile, Loader, Place, PositiveRate, SHIPPED, SourceFile, ViolationCollector,
    Violations,
};
use crate::margin::VenueRules;
use crate::margin::document::read_rules;
use crate::market::document::{LoadedMarket, read_market};
use crate::market::{BarHistory, Market};
use crate::portfolio::Portfolio;
use crate::portfolio::document::{LoadedPortfolio, read_portfolio};
use crate::scenario::document::{FileReference, LoadedScenario, ScenarioTree, open_scenario};
use crate::scenario::{FailureSampling, Revaluation, SamplingMethod, Scenario, library_path};
use crate::threshold::document::{LoadedPolicy, read_policy};

/// Changes to a scenario from outside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Overrides {
    /// Number of paths.
    pub paths: Option<u64>,
    /// Precision to run to.
    pub precision: Option<PositiveRate>,
    /// Seed.
    pub seed: Option<u64>,
    /// How positions are revalued.
    pub revaluation: Option<Revaluation>,
    /// How paths are drawn.
    pub sampling: Option<SamplingMethod>,
    /// How failures of venues are drawn.
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

/// How a scenario of a batch is read.
#[derive(Clone, Copy)]
struct Sharing<'a> {
    member: &'a Member,
    shared: &'a Arc<Shared>,
}

/// Reads a scenario with every file it names.
///
/// # Errors
/// Every violation in any of the files, and between them.
pub fn load(scenario: &Path, options: &LoadOptions) -> Result<Inputs, Violations> {
    let (loader, name) = loader(scenario, options.confinement)?;
    loaded(&loader, &name, options, None)
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
    loaded(&loader, &member.scenario, &options, Some(Sharing { member, shared }))
}

fn loaded(
    loader: &Loader,
    name: &str,
    options: &LoadOptions,
    sharing: Option<Sharing>,
) -> Result<Inputs, Violations> {
    let file = loader.open(name, None)?;
    let tree = open_scenario(&file, loader)?;
    let mut collector = ViolationCollector::default();
    let loaded = collector.absorb(tree.read(loader));
    let market = named(&tree, "market", loader, &mut collector, |file, loader| match sharing {
        Some(sharing) => sharing.shared.market(file, loader),
        None => read_market(file, loader).map(Arc::new),
    });
    let in_place = |path: fn(&Member) -> Option<&String>| {
        sharing.and_then(|sharing| path(sharing.member)).map(String::as_str)
    };
    let book = match in_place(|member| member.portfolio.as_ref()) {
        Some(path) => given(path, loader, &mut collector, read_portfolio),
        None => named(&tree, "portfolio", loader, &mut collector, read_portfolio),
    };
    let policy = match in_place(|member| member.policy.as_ref()) {
        Some(path) => given(path, loader, &mut collector, read_policy),
        None => named(&tree, "policy", loader, &mut collector, read_policy),
    };
    let today = market.as_ref().map(|loaded| &loaded.market);
    let book = book.and_then(|book| Book::resolve(book, today, loader, &mut collector));
    let traded = book.as_ref().zip(options.trades.as_deref()).and_then(|(book, trades)| {
        let trades = collector.absorb(trades_file(trades))?;
        let trades = collector.absorb(book.loaded.clone().with_trades(&trades))?;
        Book::resolve(trades, today, loader, &mut collector)
    });
    if let (Some(policy), Some(market), Some(book)) = (&policy, &market, &book) {
        let largest = traded.as_ref().unwrap_or(book);
        cross_check::add_ons(policy, &largest.portfolio, market, &mut collector);
        cross_check::limits(policy, &largest.portfolio, &mut collector);
        let inside = cross_check::inside_paths(&largest.portfolio);
        collector.absorb(policy.check_against_paths(&inside));
    }
    if let (Some(policy), Some(loaded), Some(book)) = (&policy, &loaded, &book) {
        cross_check::against_paths(policy, &loaded.scenario, &book.rules, &mut collector);
    }
    if let (Some(loaded), Some(today)) = (&loaded, today) {
        event_names::of_scenario(loaded, today, &mut collector);
        shock::check_names(loaded, today, &mut collector);
        grid::check(loaded, today, &mut collector);
        liquidity_horizons::check_names(loaded, today, &mut collector);
        if sharing.is_none() {
            historical::check_overrides(options, loaded, &mut collector);
        }
    }
    if let (Some(loaded), Some(book)) = (&loaded, &book) {
        shock::check_venues(loaded, &book.portfolio, &mut collector);
    }
    let bars = loaded.as_ref().zip(market.as_ref());
    let bars = bars.and_then(|(loaded, market)| {
        collector.absorb(historical::bars(loaded, market, loader)).flatten()
    });
    let (Some(loaded), Some(market), Some(book)) = (loaded, market, book) else {
        return collector.finish_some(None);
    };
    let mut scenario = loaded.scenario.clone();
    if !scenario.is_stated() {
        apply(&options.overrides, &mut scenario);
    }
    let mut portfolio = book.portfolio.clone();
    let left_out = historical::without_chance(&mut scenario, &mut portfolio);
    let position_places = traded.as_ref().unwrap_or(&book).position_places();
    collector.finish(Inputs {
        position_places,
        hedge_places: book.hedge_places(),
        account_places: book.account_places(),
        scenario,
        portfolio,
        left_out,
        portfolio_with_trades: traded.map(|book| book.portfolio),
        market,
        venue_rules: book.rules,
        policy,
        bars,
        files: loader.inputs(),
        scenario_places: loaded,
        shared: sharing.map(|sharing| Arc::clone(sharing.shared)),
    })
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
            let findings = read_market(&file, &loader)?.findings.len();
            Ok(format!("market, no violations, {findings} findings in its files"))
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

fn check_scenario(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let options = LoadOptions { confinement, overrides: Overrides::default(), trades: None };
    let inputs = load(path, &options)?;
    let plan = super::Plan::build(&inputs)?;
    Ok(format!(
        "scenario '{}', no violations: {} positions, {} accounts, {} factors, {} files",
        plan.scenario.name,
        plan.portfolio.positions.len(),
        plan.portfolio.accounts.len(),
        plan.model.factors.len(),
        plan.inputs.len()
    ))
}

fn loader(path: &Path, confinement: Confinement) -> Result<(Loader, String), Violations> {
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

/// Proposed trades are named on the command line: they may lie anywhere.
fn trades_file(path: &Path) -> Result<std::sync::Arc<SourceFile>, Violations> {
    let (loader, name) = loader(path, Confinement::AllowOutside)?;
    loader.open(&name, None)
}

fn apply(overrides: &Overrides, scenario: &mut Scenario) {
    let simulation = &mut scenario.simulation;
    simulation.paths = overrides.paths.unwrap_or(simulation.paths);
    simulation.precision = overrides.precision.map(PositiveRate::get).or(simulation.precision);
    simulation.seed = overrides.seed.unwrap_or(simulation.seed);
    simulation.revaluation = overrides.revaluation.unwrap_or(simulation.revaluation);
    simulation.sampling.method = overrides.sampling.unwrap_or(simulation.sampling.method);
    simulation.sampling.failures = overrides.failures.unwrap_or(simulation.sampling.failures);
}

/// Reads the document that the scenario names under `key`, where it names one.
fn named<T>(
    tree: &ScenarioTree,
    key: &str,
    loader: &Loader,
    collector: &mut ViolationCollector,
    read: impl Fn(&std::sync::Arc<SourceFile>, &Loader) -> Result<T, Violations>,
) -> Option<T> {
    let reference: FileReference = tree.reference(key)?;
    let file = collector.absorb(reference.open(loader))?;
    collector.absorb(read(&file, loader))
}

/// Reads a document that stands in place of the one a scenario names.
fn given<T>(
    path: &str,
    loader: &Loader,
    collector: &mut ViolationCollector,
    read: impl Fn(&std::sync::Arc<SourceFile>, &Loader) -> Result<T, Violations>,
) -> Option<T> {
    let file = collector.absorb(loader.open(path, None))?;
    collector.absorb(read(&file, loader))
}

/// A portfolio with its names resolved.
struct Book {
    loaded: LoadedPortfolio,
    portfolio: Portfolio,
    rules: Vec<Option<VenueRules>>,
}

impl Book {
    fn resolve(
        loaded: LoadedPortfolio,
        market: Option<&Market>,
        loader: &Loader,
        collector: &mut ViolationCollector,
    ) -> Option<Self> {
        let as_of = market.map_or(jiff::Timestamp::MIN, |market| market.as_of);
        let portfolio = collector.absorb(loaded.to_portfolio(as_of));
        let date = market.map(|market| market.as_of);
        let rules = collector.absorb(super::venues::rules(&loaded, date, loader));
        let (mut portfolio, rules) = (portfolio?, rules?);
        if let Some(market) = market {
            cross_check::book(&loaded, &portfolio, market, collector);
            event_names::of_venues(&loaded, &portfolio, market, collector);
            super::venues::apply_haircuts(&loaded, &rules, market, &mut portfolio);
            super::treasury::check(&loaded, &rules, &portfolio, market, collector);
            super::treasury::open_balances(&rules, &mut portfolio);
            super::bands::check(&loaded, &rules, &portfolio, market, collector);
        }
        super::venues::check_rules(&loaded, &rules, &portfolio, collector);
        super::lenders::check(&loaded, &rules, &portfolio, collector);
        Some(Self { loaded, portfolio, rules })
    }

    fn account_places(&self) -> Vec<Place> {
        let accounts = 0..self.portfolio.accounts.len();
        accounts.map(|index| self.loaded.place(&format!("account[{index}].name"))).collect()
    }

    fn hedge_places(&self) -> Vec<Place> {
        let hedges = 0..self.portfolio.hedges.len();
        hedges.map(|index| self.loaded.hedge_place(index, "id")).collect()
    }

    fn position_places(&self) -> Vec<Place> {
        let positions = 0..self.portfolio.positions.len();
        positions.map(|index| self.loaded.position_place(index, "id")).collect()
    }
}
