//! The documents of a run that were kept with its results: to run it again, or to mix them with
//! those of another run, so that what moved between the two can be told apart.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::load::{Inputs, LoadOptions, Member, Overrides};
use super::parts::{Asked, Parts};
use crate::document::{
    Confinement, KeptError, Loader, Manifest, Violation, ViolationCollector, Violations,
    kept_results, trades_copy,
};
use crate::market::Market;
use crate::portfolio::document::LoadedPortfolio;

/// Why a run cannot be repeated from its folder.
#[derive(Debug, thiserror::Error)]
pub enum RepeatError {
    /// The folder does not hold what is needed.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// What was asked for is not in the words of this version.
    #[error("{folder}: what the run was asked for cannot be read: {source}")]
    Recipe {
        /// The folder of results.
        folder: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The copies do not read as they once did.
    #[error("the copies of the inputs do not read:\n{}", .0.render(crate::document::ColorChoice::Never).trim_end())]
    Violations(#[from] Violations),
}

/// The documents of one run, each without faults of its own.
#[derive(Clone)]
pub struct Documents {
    parts: Parts,
    overrides: Overrides,
}

impl Documents {
    /// Reads the copies that were kept with the results in `folder`.
    ///
    /// # Errors
    /// A folder without whole results of a run, or without copies of its inputs; copies that do not
    /// read.
    pub fn kept(folder: &Path) -> Result<(Self, Manifest), RepeatError> {
        let (manifest, recipe) = kept_results(folder)?;
        let overrides = Overrides::deserialize(&recipe.overrides).map_err(|source| {
            RepeatError::Recipe { folder: folder.to_string_lossy().into_owned(), source }
        })?;
        let trades = trades_copy(folder, &recipe);
        let options = LoadOptions { confinement: Confinement::Inside, overrides, trades };
        let loader = Arc::new(Loader::of_kept(folder, &manifest));
        let member = Member {
            folder: folder.to_owned(),
            scenario: recipe.scenario,
            portfolio: recipe.portfolio,
            policy: recipe.policy,
        };
        let name = &member.scenario;
        let asked = Asked { name, options: &options, member: Some(&member), shared: None };
        let mut collector = ViolationCollector::default();
        let parts = Parts::read(&loader, &asked, &mut collector)?;
        let parts = collector.finish(parts)?;
        Ok((Self { parts, overrides }, manifest))
    }

    /// The inputs that the documents make together.
    ///
    /// # Errors
    /// Every violation between them.
    pub fn inputs(&self) -> Result<Inputs, Violations> {
        let confinement = Confinement::Inside;
        let options = LoadOptions { confinement, overrides: self.overrides, trades: None };
        self.parts.clone().inputs(&options, None, ViolationCollector::default())
    }

    /// The instant of the market; `None`: there is no market.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.parts.market.as_ref().map(|loaded| loaded.market.as_of)
    }

    /// The seed of every draw.
    pub fn seed(&self) -> Option<u64> {
        let stated = self.parts.scenario.as_ref().map(|one| one.scenario.simulation.seed);
        self.overrides.seed.or(stated)
    }

    /// The market.
    pub fn market(&self) -> Option<&Market> {
        self.parts.market.as_ref().map(|loaded| &loaded.market)
    }

    /// The book.
    pub fn book(&self) -> Option<&LoadedPortfolio> {
        self.parts.book.as_ref()
    }

    /// The same at another time, in the same market read then; contracts that have expired by then are
    /// gone.
    #[must_use]
    pub fn at_time_of(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        let (Some(market), Some(as_of)) = (&self.parts.market, other.as_of()) else { return mixed };
        if market.market.as_of == as_of {
            return mixed;
        }
        mixed.parts.market = Some(Arc::new(market.at(as_of, &self.parts.scenario_loader)));
        mixed.parts.book = mixed.parts.book.map(|book| book.alive_at(as_of));
        mixed
    }

    /// The same in the market of `other`: prices, forwards, volatilities, funding, liquidity, history.
    #[must_use]
    pub fn with_market_of(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        mixed.parts.market.clone_from(&other.parts.market);
        mixed
    }

    /// The same with the positions of `other`, its orders, hedges and proposed trades.
    #[must_use]
    pub fn with_positions_of(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        let book = mixed.parts.book.take();
        let both = book.zip(other.parts.book.as_ref());
        mixed.parts.book = both.map(|(book, theirs)| book.with_positions_of(theirs));
        mixed.parts.trades.clone_from(&other.parts.trades);
        mixed
    }

    /// The same with the whole book of `other`: accounts, balances, venues with their rules, margin
    /// calls.
    #[must_use]
    pub fn with_book_of(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        mixed.parts.book.clone_from(&other.parts.book);
        mixed.parts.book_loader = Arc::clone(&other.parts.book_loader);
        mixed.parts.trades.clone_from(&other.parts.trades);
        mixed
    }

    /// The same with the scenario and policy of `other` and what it was asked for, but the seed.
    #[must_use]
    pub fn with_parameters_of(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        mixed.parts.scenario.clone_from(&other.parts.scenario);
        mixed.parts.policy.clone_from(&other.parts.policy);
        mixed.parts.scenario_loader = Arc::clone(&other.parts.scenario_loader);
        mixed.overrides = Overrides { seed: self.seed(), ..other.overrides };
        mixed
    }
}

/// Why a mixture of documents does not make sense, in one line.
pub fn first_fault(violations: &Violations) -> String {
    let title = |one: &Violation| one.title.clone();
    violations.items().first().map(title).unwrap_or_default()
}
