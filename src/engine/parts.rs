//! The documents of a run, read one by one, and the inputs they make together.
//!
//! Flows in: the scenario with the documents it names, or documents of two runs side by side. Flows
//! out: [`Inputs`], every check between documents made. A document with faults of its own is left
//! out of those checks, so that the faults of all show at once.

use std::path::Path;
use std::sync::Arc;

use super::load::{Inputs, LoadOptions, Member, apply, loader};
use super::shared::Shared;
use super::{cross_check, event_names, grid, historical, liquidity_horizons, shock};
use crate::document::{
    Confinement, InputFile, KeptInput, Loader, Place, Recipe, SourceFile, Violation,
    ViolationCollector, Violations,
};
use crate::margin::VenueRules;
use crate::market::Market;
use crate::market::document::{LoadedMarket, read_market};
use crate::portfolio::Portfolio;
use crate::portfolio::document::{LoadedPortfolio, read_portfolio};
use crate::scenario::document::{FileReference, LoadedScenario, ScenarioTree, open_scenario};
use crate::threshold::document::{LoadedPolicy, read_policy};

/// What is to be read.
pub(super) struct Asked<'a> {
    /// The scenario document.
    pub name: &'a str,
    pub options: &'a LoadOptions,
    /// Documents in place of those that the scenario names.
    pub member: Option<&'a Member>,
    pub shared: Option<&'a Arc<Shared>>,
}

/// What was read of the documents of a run; `None` where one has faults.
#[derive(Clone)]
pub(super) struct Parts {
    pub scenario: Option<LoadedScenario>,
    pub market: Option<Arc<LoadedMarket>>,
    pub book: Option<LoadedPortfolio>,
    pub policy: Option<LoadedPolicy>,
    /// Reads what the scenario names.
    pub scenario_loader: Arc<Loader>,
    /// Reads the rules that the book names.
    pub book_loader: Arc<Loader>,
    /// Proposed trades, where there are any.
    pub trades: Option<(Arc<SourceFile>, KeptInput)>,
    recipe: Option<Recipe>,
}

impl Parts {
    /// Reads every document, faults into `collector`.
    ///
    /// # Errors
    /// A scenario that cannot be opened at all.
    pub fn read(
        loader: &Arc<Loader>,
        asked: &Asked,
        collector: &mut ViolationCollector,
    ) -> Result<Self, Violations> {
        let file = loader.open(asked.name, None)?;
        cross_check::refuse_other_formats(&file)?;
        let tree = open_scenario(&file, loader)?;
        let scenario = collector.absorb(tree.read(loader));
        let market = named(&tree, "market", loader, collector, |file, loader| match asked.shared {
            Some(shared) => shared.market(file, loader),
            None => read_market(file, loader).map(Arc::new),
        });
        let in_place =
            |path: fn(&Member) -> Option<&String>| asked.member.and_then(path).map(String::as_str);
        let own_book = in_place(|member| member.portfolio.as_ref());
        let book = match own_book {
            Some(path) => given(path, loader, collector, read_portfolio),
            None => named(&tree, "portfolio", loader, collector, read_portfolio),
        };
        let own_policy = in_place(|member| member.policy.as_ref());
        let policy = match own_policy {
            Some(path) => given(path, loader, collector, read_policy),
            None => named(&tree, "policy", loader, collector, read_policy),
        };
        let trades = asked.options.trades.as_deref();
        let trades = trades.and_then(|path| collector.absorb(trades_file(path)));
        let recipe = recipe(asked, trades.as_ref().map(|(_, kept)| &kept.input));
        Ok(Self {
            scenario,
            market,
            book,
            policy,
            scenario_loader: Arc::clone(loader),
            book_loader: Arc::clone(loader),
            trades,
            recipe,
        })
    }

    /// The inputs that they make together.
    ///
    /// # Errors
    /// The violations of `collector`, and every one between documents.
    pub fn inputs(
        self,
        options: &LoadOptions,
        shared: Option<&Arc<Shared>>,
        mut collector: ViolationCollector,
    ) -> Result<Inputs, Violations> {
        let Self { scenario: loaded, market, policy, .. } = self;
        let today = market.as_ref().map(|loaded| &loaded.market);
        let book_loader = &self.book_loader;
        let book =
            self.book.and_then(|book| Book::resolve(book, today, book_loader, &mut collector));
        let traded = book.as_ref().zip(self.trades.as_ref()).and_then(|(book, (trades, _))| {
            let traded = collector.absorb(book.loaded.clone().with_trades(trades))?;
            Book::resolve(traded, today, book_loader, &mut collector)
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
            if shared.is_none() {
                historical::check_overrides(options, loaded, &mut collector);
            }
        }
        if let (Some(loaded), Some(book)) = (&loaded, &book) {
            shock::check_venues(loaded, &book.portfolio, &mut collector);
        }
        let bars = loaded.as_ref().zip(market.as_ref());
        let bars = bars.and_then(|(loaded, market)| {
            collector.absorb(historical::bars(loaded, market, &self.scenario_loader)).flatten()
        });
        let (Some(loaded), Some(market), Some(book)) = (loaded, market, book) else {
            return collector.finish_some(None);
        };
        let mut scenario = loaded.scenario.clone();
        if !scenario.is_stated() {
            apply(&options.overrides, &mut scenario);
        }
        let mut portfolio = book.portfolio.clone();
        let mut left_out = historical::without_chance(&mut scenario, &mut portfolio);
        let limits = policy.as_ref().filter(|_| scenario.is_stated());
        left_out.extend(limits.and_then(|loaded| loaded.limits_unread("on stated moves")));
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
            files: self.scenario_loader.inputs(),
            kept: kept(&self.scenario_loader, self.trades),
            recipe: self.recipe,
            scenario_places: loaded,
            shared: shared.map(Arc::clone),
        })
    }
}

/// Everything read, with its contents.
fn kept(loader: &Loader, trades: Option<(Arc<SourceFile>, KeptInput)>) -> Vec<KeptInput> {
    loader.kept_inputs().into_iter().chain(trades.map(|(_, kept)| kept)).collect()
}

/// What was asked for beside what the documents say.
fn recipe(asked: &Asked, trades: Option<&InputFile>) -> Option<Recipe> {
    let member = asked.member;
    // Overrides that do not write as JSON cannot be repeated.
    let overrides = serde_json::to_value(asked.options.overrides).ok()?;
    Some(Recipe {
        scenario: asked.name.to_owned(),
        portfolio: member.and_then(|member| member.portfolio.clone()),
        policy: member.and_then(|member| member.policy.clone()),
        trades: trades.cloned(),
        overrides,
    })
}

/// Proposed trades are named on the command line: they may lie anywhere.
fn trades_file(path: &Path) -> Result<(Arc<SourceFile>, KeptInput), Violations> {
    let (loader, name) = loader(path, Confinement::AllowOutside)?;
    let file = loader.open(&name, None)?;
    let kept = loader.kept_inputs().pop();
    let kept = kept.ok_or_else(|| Violation::new(Place::start_of(&file), "it was not read"))?;
    Ok((file, kept))
}

/// Reads the document that the scenario names under `key`, where it names one.
fn named<T>(
    tree: &ScenarioTree,
    key: &str,
    loader: &Loader,
    collector: &mut ViolationCollector,
    read: impl Fn(&Arc<SourceFile>, &Loader) -> Result<T, Violations>,
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
    read: impl Fn(&Arc<SourceFile>, &Loader) -> Result<T, Violations>,
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
