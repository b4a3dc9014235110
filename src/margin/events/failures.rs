//! Venues that fail inside paths.
//!
//! At each node every venue that may fail and has not fails where `1 − exp(−h·dt) > U`, `h = exp(a + b·w)`
//! with w the drawdown of its main coins at the node and U a number of the path, node and venue.
//! Its accounts freeze: positions vanish, with all that would have happened to them, and what is
//! left is a [`Claim`] at the prices of the node, in USD. What the account held elsewhere, the other
//! legs of its hedges, stays.
//!
//! Marks of claims are drawn once a path, venue and asset. Beside the draws stands the expected loss
//! of each path: at every node the probability of failing there times what would be lost on average,
//! which needs no failure to be drawn (Rao and Blackwell).
//!
//! In strata of failures ([`super::failure_clocks`]) some venue's draws are replaced by a clock that
//! strikes more often, and the path has a weight.
//!
//! Limits: venues fail independently given the drawdowns; an account that its venue would close today
//! has its proceeds in USD; the ratio of marks is taken at its mean, exact where one asset is held.

use super::assess::At;
use super::claims::balance_value;
use super::failing_venues::{FailureState, Failures, NEVER};
use super::stage::{EventStage, Node};
use super::state::{EventState, Happening, PathEvent};
use crate::margin::failure::{FailureStrata, Hazard, step_probability, strikes};
use crate::numeric::Purpose;

/// What became of one venue on one path, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct VenueRecord {
    /// The node at which it failed.
    pub failed: Option<usize>,
    /// What its accounts were worth then, where positive.
    pub claims: f64,
    /// What was lost of it.
    pub lost: f64,
    /// What was to be lost on average: probabilities of failing times what would be lost; of a path
    /// with a weight by its failures, over that weight, each step at the weight it had before.
    pub expected: f64,
}

impl EventStage {
    /// Takes the hazards of the portfolio's venues; until then none fails.
    pub fn with_hazards(mut self, hazards: &[Option<Hazard>]) -> Self {
        if let Some(failures) = &mut self.failures {
            failures.set_hazards(hazards);
        }
        self
    }

    /// Takes the nodes at which the portfolio's venues fail by statement; until then none does.
    pub fn with_stated_failures(mut self, stated: &[Option<u32>]) -> Self {
        if let Some(failures) = &mut self.failures {
            failures.set_stated(stated);
        }
        self
    }

    /// Takes the strata in which failures are drawn; until then they are drawn as often as they
    /// happen.
    pub fn with_failure_strata(mut self, strata: Option<&FailureStrata>) -> Self {
        if let Some(failures) = &mut self.failures {
            failures.set_strata(strata);
        }
        self
    }

    /// Whether failures are drawn in strata, so that paths have weights.
    pub fn weighs_failures(&self) -> bool {
        self.failures.as_ref().is_some_and(|failures| failures.clocks.is_some())
    }

    /// What each path of the block counts for by its failures, `[path]`: one on average; empty
    /// without strata.
    pub fn failure_weights<'a>(&self, state: &'a EventState) -> &'a [f64] {
        let count = if self.weighs_failures() { state.holdings.path_count } else { 0 };
        &state.failures.clocks.weights[..count]
    }

    /// Indices into `Portfolio::venues` of those that may fail.
    pub fn failing_venues(&self) -> impl Iterator<Item = usize> {
        self.failures.iter().flat_map(|failures| &failures.venues).map(|venue| venue.index)
    }

    /// Indices into `Portfolio::accounts` of those at venues that may fail.
    pub fn claimants(&self) -> impl Iterator<Item = usize> {
        let claimants = self.failures.iter().flat_map(|failures| &failures.claimants);
        claimants.map(|claimant| self.book.accounts[claimant.account].index)
    }

    /// What each of [`Self::claimants`] lost by the failure of its venue on the path at `place`, in
    /// USD; zero where it did not fail.
    pub fn failure_losses(&self, state: &EventState, place: usize) -> impl Iterator<Item = f64> {
        let count = state.holdings.path_count;
        let claimants = self.failures.iter().flat_map(|failures| failures.claimants());
        claimants.map(move |(claimant, venue)| {
            let failed = state.failures.failed(venue * count + place).is_some();
            if failed { state.failures.claims[claimant * count + place].loss() } else { 0.0 }
        })
    }

    /// What became of each of [`Self::failing_venues`] on the path at `place`.
    pub fn venue_records(
        &self,
        state: &EventState,
        place: usize,
    ) -> impl Iterator<Item = VenueRecord> {
        let count = state.holdings.path_count;
        let venues = self.failures.iter().flat_map(|failures| failures.venues.iter().enumerate());
        let weight = self.failure_weights(state).get(place).copied().unwrap_or(1.0);
        venues.map(move |(index, venue)| {
            let slot = index * count + place;
            let failed = state.failures.failed(slot);
            let claims = |claimant: usize| &state.failures.claims[claimant * count + place];
            let claimants = venue.claimants.clone().filter(|_| failed.is_some());
            VenueRecord {
                failed,
                claims: claimants.clone().map(|one| claims(one).equity.max(0.0)).sum(),
                lost: claimants.map(|one| claims(one).loss()).sum(),
                expected: state.failures.expected[slot] / weight,
            }
        })
    }
}

impl EventStage {
    /// Venue failures strike, and what they would cost is expected.
    pub(super) fn strike(&self, node: &Node, state: &mut EventState) {
        let Some(failures) = &self.failures else { return };
        for venue in 0..failures.venues.len() {
            failures.fill_hazards(node.isa, venue, node, &mut state.failures);
            self.expect_losses(failures, venue, node, state);
            self.find_struck(failures, venue, node, &mut state.failures);
            for index in 0..state.failures.struck.len() {
                let place = state.failures.struck[index];
                for claimant in failures.venues[venue].claimants.clone() {
                    self.freeze(failures, (venue, claimant), (node, place), state);
                }
            }
        }
    }

    /// Finds the paths on which a venue fails at this node, and notes that it has.
    fn find_struck(
        &self,
        failures: &Failures,
        venue: usize,
        node: &Node,
        state: &mut FailureState,
    ) {
        let FailureState { hazards, uniforms, struck, failed, clocks: state, .. } = state;
        let (count, paths) = (node.current.path_count(), node.current.paths());
        let (step, factor) = (node.index as u32, failures.venues[venue].index as u32);
        let (hazards, uniforms) = (&hazards[..count], &mut uniforms[..count]);
        self.streams.fill_uniforms(Purpose::VenueFailure, step, factor, paths, uniforms);
        let failed = &mut failed[venue * count..][..count];
        let is_stated = failures.venues[venue].stated == Some(step);
        let clocks = failures.clocks.as_ref();
        let tilted = clocks.and_then(|clocks| Some((clocks, clocks.slot(venue)?)));
        if let Some((clocks, slot)) = tilted {
            let drawn = (self.streams, node.index, paths);
            clocks.survive((node.isa, slot), drawn, (hazards, failed), state);
        }
        let fails = |&place: &usize| {
            let clock = tilted.and_then(|(_, slot)| state.strikes(slot, place));
            let strikes = || clock.unwrap_or_else(|| strikes(hazards[place], uniforms[place]));
            failed[place] == NEVER && (is_stated || strikes())
        };
        struck.clear();
        struck.extend((0..count).filter(fails));
        struck.iter().for_each(|&place| failed[place] = step);
        if let Some((clocks, slot)) = tilted {
            clocks.strike(slot, struck, hazards, state);
        }
    }

    /// Adds what a venue's failure at this node would cost on average, where it has not failed.
    fn expect_losses(
        &self,
        failures: &Failures,
        venue: usize,
        node: &Node,
        state: &mut EventState,
    ) {
        let EventState { quotes, holdings, failures: known, .. } = state;
        let (count, moment) = (holdings.path_count, node.index + 1);
        let FailureState { columns, expected, failed, hazards, clocks, .. } = known;
        failures.fill_mean_losses((&self.book, venue), (moment, quotes), holdings, columns);
        let slots = expected[venue * count..][..count].iter_mut().zip(&failed[venue * count..]);
        let losses = hazards.iter().zip(&columns.lost).enumerate();
        for ((expected, failed), (place, (hazard, lost))) in slots.zip(losses) {
            if *failed == NEVER && *hazard > 0.0 {
                let weight = clocks.weights.get(place).copied().unwrap_or(1.0);
                *expected += weight * step_probability(*hazard) * lost;
            }
        }
    }

    /// Freezes an account at a venue that failed.
    fn freeze(
        &self,
        failures: &Failures,
        (venue, index): (usize, usize),
        (node, place): (&Node, usize),
        state: &mut EventState,
    ) {
        let EventState { quotes, holdings, failures: known, .. } = state;
        let count = holdings.path_count;
        let at = At { moment: node.index + 1, place, quotes, quoted: place };
        let venue = &failures.venues[venue];
        let mark = |law: usize| venue.mark(&self.streams, node.current.paths()[place], law);
        let claim = failures.claim((&self.book, index), at, holdings, mark);
        known.claims[index * count + place] = claim;
        let account = &self.book.accounts[failures.claimants[index].account];
        for position in account.positions.clone() {
            let slot = position * count + place;
            let price = quotes.price(self.book.positions[position].price)[place];
            let mark = quotes.mark(position)[place];
            known.positions[slot] = holdings.held[slot] * mark + holdings.cash[slot] * price;
            holdings.held[slot] = 0.0;
            holdings.cash[slot] = 0.0;
        }
        for balance in account.balances.clone() {
            let value = balance_value(&self.book, balance, at, holdings);
            known.balances[balance * count + place] = value;
        }
        let (equity, worth) = (claim.equity, claim.worth());
        let what = Happening::VenueFailure { venue: venue.index, equity, worth };
        let (node, account) = (node.index, account.index);
        holdings.events.push(PathEvent { node, place, account, what });
    }

    /// Adds to the claim of a failed venue's account what arrives there; whether it has failed.
    pub(super) fn join_claim(
        &self,
        (account, balance): (usize, usize),
        (value, place, path): (f64, usize, u64),
        count: usize,
        known: &mut FailureState,
    ) -> bool {
        let Some(failures) = &self.failures else { return false };
        let Some((claimant, venue)) = failures.claimant_of(account) else { return false };
        if known.failed(venue * count + place).is_none() {
            return false;
        }
        let venue = &failures.venues[venue];
        let law = venue.law_of(&self.book.balances[balance].asset);
        let mark = law.map_or(0.0, |law| venue.mark(&self.streams, path, law));
        known.claims[claimant * count + place].add(value, mark);
        known.balances[balance * count + place] += value;
        true
    }
}
