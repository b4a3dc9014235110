//! Prices that orders and broken pegs move on the paths of an engine, and how often what came of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::amounts::AmountTally;
use super::path::Setting;
use crate::margin::EventState;
use crate::margin::cascade::{CascadeEnd, amplification};
use crate::margin::displacement::{
    BreakingPeg, CascadeTerms, DisplacedPaths, Displacement, DisplacementSetting, MarketHappening,
};
use crate::margin::failure::{PegBreak, ShareLaw};
use crate::market::{Market, StressDriver};
use crate::numeric::Streams;
use crate::scenario::EventSettings;
use crate::simulation::{FactorBlock, FactorKey};

/// Sums of absolute logarithmic moves are whole multiples of this: exact in any order.
const MOVE_UNIT: f64 = 1.0 / (1u64 << 40) as f64;
/// Absolute logarithmic move of the model below which a ratio to it says nothing.
pub(super) const MOVE_TOLD: f64 = 0.01;

/// Factors that displacement looks at beside those of the book, `held`: volatilities with which the
/// depth of its coins vanishes.
pub(super) fn required_factors(
    events: &EventSettings,
    market: &Market,
    held: &[FactorKey],
) -> Vec<FactorKey> {
    let holds = |key: FactorKey| held.contains(&key);
    let depths = market.underlyings.iter().filter(|one| {
        let impact = one.liquidity.as_ref().and_then(|liquidity| liquidity.impact);
        let stress = impact.and_then(|impact| impact.stress);
        let by_volatility = stress.is_some_and(|one| one.driver == StressDriver::Volatility);
        by_volatility && events.cascade.is_some() && holds(FactorKey::Spot(one.symbol.clone()))
    });
    depths.map(|one| FactorKey::Volatility(one.symbol.clone())).collect()
}

/// What moves prices beside the model; `None` where nothing does.
pub(super) fn compile(setting: &Setting) -> Option<Arc<Displacement>> {
    let Setting { market, model, events, hazards, seed, isa, .. } = *setting;
    let cascade = events
        .cascade
        .map(|one| CascadeTerms { propagation: one.propagation, rounds_max: one.rounds_max });
    let pegs = events.peg_breaks.iter().zip(&hazards.peg_breaks).filter_map(|(peg, hazard)| {
        let fall = ShareLaw::beta(peg.fall, peg.fall_deviation).ok()?;
        let law = PegBreak { hazard: *hazard, fall };
        Some(BreakingPeg { asset: peg.asset.clone(), main_coins: peg.main_coins.clone(), law })
    });
    let pegs: Vec<BreakingPeg> = pegs.collect();
    let streams = Streams::new(seed, isa);
    let setting = DisplacementSetting { market, model, cascade, pegs: &pegs, streams };
    Displacement::compile(&setting).map(Arc::new)
}

/// What displacement did on the paths of a run in which all count the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MarketTally {
    /// Paths on which anything was executed.
    pub moved: u64,
    /// Paths with a cascade of others' positions that ended at a fixed point at all nodes.
    pub settled: u64,
    /// Of which the worst ended beyond the last position, losing strength.
    pub exhausted: u64,
    /// On which the bound on rounds was reached before a fixed point.
    pub unsettled: u64,
    /// Of which the worst took all positions without losing strength.
    pub ran_away: u64,
    /// Others' positions liquidated.
    pub others: AmountTally,
    /// Orders of the book's own.
    pub own: AmountTally,
    /// What these paid beyond the prices they were triggered at.
    pub impact_cost: AmountTally,
    /// Of each coin that can be displaced.
    pub coins: Vec<CoinTally>,
    /// Paths on which each peg broke.
    pub pegs: Vec<u64>,
    /// What insurance funds paid.
    pub funds: AmountTally,
    /// Paths on which a fund could not pay all.
    pub exhausted_funds: u64,
    /// Notional of the book that was auto-deleveraged.
    pub deleveraged: AmountTally,
    /// What the book lost by that.
    pub deleveraged_loss: AmountTally,
    /// What was taken from its gains.
    pub socialised: AmountTally,
}

/// How far one coin was displaced at the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct CoinTally {
    /// Paths on which it was.
    pub paths: u64,
    /// Sum over them of the absolute logarithmic move of the model, in 2⁻⁴⁰.
    without: i128,
    /// Sum of that with displacement.
    with: i128,
    /// Largest ratio of the two, where the model moved it by 1 % or more.
    pub largest: f64,
    /// The path of it.
    pub largest_path: u64,
}

impl CoinTally {
    fn add(&mut self, path: u64, without: f64, with: f64) {
        let units = |log: f64| (log.abs() / MOVE_UNIT).round() as i128;
        self.paths += 1;
        self.without += units(without);
        self.with += units(with);
        let told = amplification(without, with).filter(|_| without.abs() >= MOVE_TOLD);
        if let Some(ratio) = told.filter(|ratio| *ratio > self.largest) {
            (self.largest, self.largest_path) = (ratio, path);
        }
    }

    fn join(&mut self, later: &Self) {
        self.paths += later.paths;
        self.without += later.without;
        self.with += later.with;
        if later.largest > self.largest {
            (self.largest, self.largest_path) = (later.largest, later.largest_path);
        }
    }

    /// Mean absolute move with displacement over that without, on the paths with one.
    pub fn mean(&self) -> Option<f64> {
        (self.without > 0).then(|| self.with as f64 / self.without as f64)
    }
}

impl MarketTally {
    /// Adds a walked block.
    pub(super) fn add(
        &mut self,
        displacement: &Displacement,
        paths: &DisplacedPaths,
        displaced: &FactorBlock,
    ) {
        let factors: Vec<usize> = displacement.spot_factors().collect();
        self.coins.resize(factors.len(), CoinTally::default());
        self.pegs.resize(displacement.pegs().count(), 0);
        for (place, &path) in displaced.paths().iter().enumerate() {
            let record = paths.record(place);
            if !record.is_moved() {
                continue;
            }
            self.moved += 1;
            match record.end {
                CascadeEnd::Quiet => {}
                CascadeEnd::Settled => self.settled += 1,
                CascadeEnd::Exhausted => self.exhausted += 1,
                CascadeEnd::Unsettled => self.unsettled += 1,
                CascadeEnd::RanAway => self.ran_away += 1,
            }
            self.others.add(record.others_usd);
            self.own.add(record.own_usd);
            self.impact_cost.add(record.impact_cost);
            for (tally, &factor) in self.coins.iter_mut().zip(&factors) {
                let (without, with) =
                    (paths.model().log(factor)[place], displaced.log(factor)[place]);
                if without != with {
                    tally.add(path, without, with);
                }
            }
        }
        for event in paths.events() {
            if let MarketHappening::PegBroken { peg, .. } = event.what {
                self.pegs[peg] += 1;
            }
        }
    }

    /// Adds what became of debts on the paths of a walked block.
    pub(super) fn add_shared(&mut self, state: &EventState, count: usize) {
        for shared in (0..count).map(|place| state.shared(place)) {
            self.funds.add(shared.funds);
            self.exhausted_funds += u64::from(shared.is_exhausted);
            self.deleveraged.add(shared.deleveraged_notional);
            self.deleveraged_loss.add(shared.deleveraged_loss);
            self.socialised.add(shared.socialised);
        }
    }

    /// Adds the tally of later paths.
    pub(super) fn join(&mut self, later: &Self) {
        if self.coins.is_empty() && self.pegs.is_empty() {
            self.coins.resize(later.coins.len(), CoinTally::default());
            self.pegs.resize(later.pegs.len(), 0);
        }
        self.moved += later.moved;
        self.settled += later.settled;
        self.exhausted += later.exhausted;
        self.unsettled += later.unsettled;
        self.ran_away += later.ran_away;
        self.others.join(&later.others);
        self.own.join(&later.own);
        self.impact_cost.join(&later.impact_cost);
        self.funds.join(&later.funds);
        self.exhausted_funds += later.exhausted_funds;
        self.deleveraged.join(&later.deleveraged);
        self.deleveraged_loss.join(&later.deleveraged_loss);
        self.socialised.join(&later.socialised);
        self.coins.iter_mut().zip(&later.coins).for_each(|(sum, more)| sum.join(more));
        self.pegs.iter_mut().zip(&later.pegs).for_each(|(sum, more)| *sum += more);
    }
}
