//! Venues that may fail inside paths, compiled: their hazards, and who has claims on them.
//!
//! Flows in: the portfolio's venues with a `failure`, the watched accounts there, calibrated hazards.
//! Flows out: hazards of a step over a block, and claims of an account on a path. What happens then
//! stands in [`super::failures`].

use std::ops::Range;

use super::assess::At;
use super::book::EventBook;
use super::claims::{AssetParts, Claim, ClaimColumns};
use super::failure_clocks::{ClockState, FailureClocks};
use super::quotes::Quotes;
use super::stage::Node;
use super::state::Holdings;
use crate::margin::failure::{FailureStrata, Hazard, ShareLaw, add_drawdowns};
use crate::margin::{MarginBook, MarginError, MarginSetting, Requirement};
use crate::numeric::isa::InstructionSet;
use crate::numeric::{Purpose, Streams};
use crate::portfolio::{ClaimMark, Instrument, VenueFailure};
use crate::pricing::{CompiledBook, Row};
use crate::simulation::{FactorKey, FactorModel};
use crate::units::{Symbol, Years};

/// No node.
pub(super) const NEVER: u32 = u32::MAX;

/// The venues of a book that may fail, and who has claims on them.
#[derive(Debug, Clone)]
pub(super) struct Failures {
    pub venues: Vec<FailingVenue>,
    /// By venue.
    pub claimants: Vec<Claimant>,
    /// Claimant and venue of each watched account.
    of_accounts: Vec<Option<(usize, usize)>>,
    /// Lengths of the steps.
    steps: Vec<Years>,
    /// Present where failures are drawn more often than they happen.
    pub clocks: Option<FailureClocks>,
}

/// A venue that may fail.
#[derive(Debug, Clone)]
pub(super) struct FailingVenue {
    /// Index into `Portfolio::venues`.
    pub index: usize,
    hazard: Hazard,
    /// The node at which it fails by statement.
    pub stated: Option<u32>,
    /// Factors of the main coins, with weights.
    coins: Vec<(usize, f64)>,
    /// Row of the first coin's highest price.
    first_coin: usize,
    /// What claims are worth, by asset: mean and law.
    laws: Vec<(Symbol, f64, ShareLaw)>,
    pub claimants: Range<usize>,
}

/// An account at a venue that may fail.
#[derive(Debug, Clone)]
pub(super) struct Claimant {
    /// Watched account.
    pub account: usize,
    parts: Vec<AssetParts>,
    /// USD of positions that the venue closes today, less what closing costs.
    fixed: f64,
}

/// What failed on the paths of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct FailureState {
    /// `[coin][path]`: highest price so far, over today's.
    pub highest: Vec<f64>,
    /// `[venue][path]`: the node at which it failed.
    pub failed: Vec<u32>,
    /// `[venue][path]`: expected loss, in USD.
    pub expected: Vec<f64>,
    /// `[claimant][path]`.
    pub claims: Vec<Claim>,
    /// `[watched position][path]`: worth at the failure, in USD.
    pub positions: Vec<f64>,
    /// `[watched balance][path]`: the same, with what arrived later.
    pub balances: Vec<f64>,
    /// Hazards of the step, `[path]`.
    pub hazards: Vec<f64>,
    pub uniforms: Vec<f64>,
    pub struck: Vec<usize>,
    /// What failures would cost on average.
    pub columns: ClaimColumns,
    /// Of strata of failures.
    pub clocks: ClockState,
}

impl FailureState {
    /// The node at which a venue failed on a path.
    pub fn failed(&self, slot: usize) -> Option<usize> {
        let node = self.failed.get(slot).copied().unwrap_or(NEVER);
        (node != NEVER).then_some(node as usize)
    }
}

impl Failures {
    /// `None` where no account is at a venue that may fail.
    pub fn compile(
        setting: &MarginSetting,
        book: &EventBook,
        valued: &CompiledBook,
    ) -> Result<Option<Self>, MarginError> {
        let nodes = &setting.model.grid.nodes;
        let before = std::iter::once(0.0).chain(nodes.iter().map(|node| node.get()));
        let steps = nodes.iter().zip(before).map(|(node, before)| Years(node.get() - before));
        let MarginSetting { rules, market, portfolio, .. } = *setting;
        let today = MarginBook::compile(rules, market, portfolio)?.requirements(1.0);
        let mut found = Self {
            venues: Vec::new(),
            claimants: Vec::new(),
            of_accounts: vec![None; book.accounts.len()],
            steps: steps.collect(),
            clocks: None,
        };
        for (index, venue) in setting.portfolio.venues.iter().enumerate() {
            if let Some(failure) = &venue.failure {
                found.add_venue(setting, (book, valued, &today), index, failure)?;
            }
        }
        Ok((!found.claimants.is_empty()).then_some(found))
    }

    fn add_venue(
        &mut self,
        setting: &MarginSetting,
        (book, valued, today): (&EventBook, &CompiledBook, &[Requirement]),
        index: usize,
        failure: &VenueFailure,
    ) -> Result<(), MarginError> {
        let laws = laws(failure)?;
        let from = self.claimants.len();
        for (account, watched) in book.accounts.iter().enumerate() {
            if setting.portfolio.accounts[watched.index].venue == Some(index) {
                let parts = parts(setting, book, account, &laws);
                let required = &today[watched.index];
                let fixed = if required.liquidated_at_once() {
                    positions_today(setting, valued, watched.index) - required.liquidation_cost
                } else {
                    0.0
                };
                self.of_accounts[account] = Some((self.claimants.len(), self.venues.len()));
                self.claimants.push(Claimant { account, parts, fixed });
            }
        }
        let first_coin = self.coin_count();
        self.venues.push(FailingVenue {
            index,
            hazard: Hazard::NEVER,
            stated: None,
            coins: coins(setting.model, failure),
            first_coin,
            laws,
            claimants: from..self.claimants.len(),
        });
        Ok(())
    }

    fn coin_count(&self) -> usize {
        self.venues.last().map_or(0, |venue| venue.first_coin + venue.coins.len())
    }

    /// Takes the nodes at which the portfolio's venues fail by statement.
    pub fn set_stated(&mut self, stated: &[Option<u32>]) {
        for venue in &mut self.venues {
            venue.stated = stated.get(venue.index).copied().flatten();
        }
    }

    /// Takes the hazards of the portfolio's venues.
    pub fn set_hazards(&mut self, hazards: &[Option<Hazard>]) {
        for venue in &mut self.venues {
            venue.hazard = hazards.get(venue.index).copied().flatten().unwrap_or(Hazard::NEVER);
        }
    }

    /// Takes the strata of failures.
    pub fn set_strata(&mut self, strata: Option<&FailureStrata>) {
        let failing: Vec<usize> = self.venues.iter().map(|venue| venue.index).collect();
        self.clocks = strata.and_then(|strata| FailureClocks::new(strata, &failing));
    }

    /// Numbers of state a path.
    pub fn width(&self, book: &EventBook) -> usize {
        let held = book.positions.len() + book.balances.len();
        let clocks = self.clocks.as_ref().map_or(0, FailureClocks::width);
        clocks + self.coin_count() + 2 * self.venues.len() + 3 * self.claimants.len() + held
    }

    pub fn state(&self, book: &EventBook, path_capacity: usize) -> FailureState {
        let rows = |rows: usize| vec![0.0; rows * path_capacity];
        FailureState {
            highest: rows(self.coin_count()),
            failed: vec![NEVER; self.venues.len() * path_capacity],
            expected: rows(self.venues.len()),
            claims: vec![Claim::default(); self.claimants.len() * path_capacity],
            positions: rows(book.positions.len()),
            balances: rows(book.balances.len()),
            hazards: rows(1),
            uniforms: rows(1),
            struck: Vec::with_capacity(path_capacity),
            columns: ClaimColumns::new(path_capacity),
            clocks: match &self.clocks {
                Some(clocks) => clocks.state(path_capacity),
                None => ClockState::default(),
            },
        }
    }

    /// Begins a block: nothing has failed.
    pub fn start_block(&self, state: &mut FailureState, path_count: usize) {
        state.highest[..self.coin_count() * path_count].fill(1.0);
        state.failed[..self.venues.len() * path_count].fill(NEVER);
        state.expected[..self.venues.len() * path_count].fill(0.0);
        if let Some(clocks) = &self.clocks {
            clocks.start_block(&mut state.clocks, path_count);
        }
    }

    /// The claimant that a watched account is, with its venue.
    pub fn claimant_of(&self, account: usize) -> Option<(usize, usize)> {
        self.of_accounts[account]
    }

    /// Each claimant with its venue.
    pub fn claimants(&self) -> impl Iterator<Item = (usize, usize)> {
        let venues = self.venues.iter().enumerate();
        venues.flat_map(|(venue, one)| one.claimants.clone().map(move |index| (index, venue)))
    }

    /// Hazards of the step to a node, on every path; keeps the highest prices up.
    pub fn fill_hazards(
        &self,
        isa: InstructionSet,
        venue: usize,
        node: &Node,
        state: &mut FailureState,
    ) {
        let count = node.current.path_count();
        let venue = &self.venues[venue];
        let FailureState { highest, hazards, .. } = state;
        let hazards = &mut hazards[..count];
        hazards.fill(0.0);
        let highest = highest[venue.first_coin * count..].chunks_exact_mut(count);
        for (&(factor, weight), highest) in venue.coins.iter().zip(highest) {
            add_drawdowns(weight, node.current.level(factor), highest, hazards);
        }
        venue.hazard.fill_step(isa, self.steps[node.index], hazards);
    }

    /// The claim of an account on one path, its assets at the marks that `mark` has for their laws.
    pub fn claim(
        &self,
        (book, index): (&EventBook, usize),
        at: At,
        holdings: &Holdings,
        mark: impl Fn(usize) -> f64,
    ) -> Claim {
        let claimant = &self.claimants[index];
        let mut claim = Claim::default();
        for part in &claimant.parts {
            claim.add(part.value(book, at, holdings), part.law.map_or(0.0, &mark));
        }
        claim.equity += claimant.beside(at.place, holdings);
        claim
    }

    /// Fills `columns` with what a venue's failure would cost on average on each path, what is on its
    /// way there included.
    pub fn fill_mean_losses(
        &self,
        (book, venue): (&EventBook, usize),
        (moment, quotes): (usize, &Quotes),
        holdings: &Holdings,
        columns: &mut ClaimColumns,
    ) {
        let venue = &self.venues[venue];
        columns.lost.fill(0.0);
        for claimant in &self.claimants[venue.claimants.clone()] {
            let mean = |law: usize| venue.mean(law);
            let beside = |place: usize| claimant.beside(place, holdings);
            let known = (moment, quotes);
            columns.add_losses(book, &claimant.parts, known, holdings, (mean, beside));
        }
    }
}

impl Claimant {
    /// What an account has beside its assets on a path, in USD.
    fn beside(&self, place: usize, holdings: &Holdings) -> f64 {
        self.fixed - holdings.records[self.account * holdings.path_count + place].cost
    }
}

impl FailingVenue {
    /// What a claim in an asset is worth on a path.
    pub fn mark(&self, streams: &Streams, path: u64, law: usize) -> f64 {
        let mut uniform = [0.0];
        let (step, factor) = (self.index as u32, law as u32);
        streams.fill_uniforms(Purpose::ClaimMark, step, factor, &[path], &mut uniform);
        self.laws[law].2.draw(uniform[0])
    }

    /// Law of an asset.
    pub fn law_of(&self, asset: &Symbol) -> Option<usize> {
        self.laws.iter().position(|(symbol, ..)| symbol == asset)
    }

    /// What a claim in an asset is worth on average.
    pub fn mean(&self, law: usize) -> f64 {
        self.laws[law].1
    }
}

/// What claims are worth, by asset: mean and law.
fn laws(failure: &VenueFailure) -> Result<Vec<(Symbol, f64, ShareLaw)>, MarginError> {
    let law = |mark: &ClaimMark| {
        Ok((mark.asset.clone(), mark.mean, ShareLaw::beta(mark.mean, mark.deviation)?))
    };
    failure.claim_marks.iter().map(law).collect()
}

/// Factors of the main coins, with weights; none without a slope.
fn coins(model: &FactorModel, failure: &VenueFailure) -> Vec<(usize, f64)> {
    let factor = |(coin, weight): &(Symbol, f64)| {
        Some((model.index(&FactorKey::Spot(coin.clone()))?, *weight))
    };
    let followed = failure.main_coins.iter().filter(|_| failure.wrong_way_slope != 0.0);
    followed.filter_map(factor).collect()
}

/// USD of an account's positions today.
fn positions_today(setting: &MarginSetting, valued: &CompiledBook, account: usize) -> f64 {
    let is_own = |row: &Row| match *row {
        Row::AccountPositions(index) => index == account,
        Row::Position(index) => setting.portfolio.positions[index].account == account,
        Row::AccountBalances(_) | Row::Balance { .. } => false,
    };
    let rows = valued.rows().iter().zip(valued.base_values());
    rows.filter(|(row, _)| is_own(row)).map(|(_, value)| value).sum()
}

/// What a watched account has, by asset.
fn parts(
    setting: &MarginSetting,
    book: &EventBook,
    account: usize,
    laws: &[(Symbol, f64, ShareLaw)],
) -> Vec<AssetParts> {
    let mut parts: Vec<(Symbol, AssetParts)> = Vec::new();
    let mut at = |asset: &Symbol| -> usize {
        let known = parts.iter().position(|(symbol, _)| symbol == asset);
        known.unwrap_or_else(|| {
            let law = laws.iter().position(|(symbol, ..)| symbol == asset);
            parts.push((asset.clone(), AssetParts { law, ..AssetParts::default() }));
            parts.len() - 1
        })
    };
    let watched = &book.accounts[account];
    let mut placed = Vec::new();
    for position in watched.positions.clone() {
        let instrument = &setting.portfolio.positions[book.positions[position].index].instrument;
        let (held, cash) = match instrument {
            Instrument::Spot { asset } => (at(asset), at(&Symbol::usd())),
            other => (at(other.settlement_asset()), at(other.settlement_asset())),
        };
        placed.push((position, held, cash));
    }
    let balances: Vec<(usize, usize)> = watched
        .balances
        .clone()
        .map(|balance| (balance, at(&book.balances[balance].asset)))
        .collect();
    for (position, held, cash) in placed {
        parts[held].1.held.push(position);
        parts[cash].1.cash.push(position);
    }
    balances.into_iter().for_each(|(balance, at)| parts[at].1.balances.push(balance));
    parts.into_iter().map(|(_, parts)| parts).collect()
}
