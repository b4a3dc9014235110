//! A node of a block of paths, and the orders of one path.

use super::record::{DisplacedPaths, MarketEvent, MarketHappening, OthersOnPath, PathRecord};
use super::{DisplacedCoin, Displacement};
use crate::margin::cascade::{Cascade, CascadeEnd, CascadeInput, CoinState};
use crate::margin::impact::{Executed, Side};
use crate::market::StressDriver;
use crate::numeric::InstructionSet;
use crate::numeric::kernel::exp_in_place;
use crate::simulation::FactorBlock;

/// Less is rounding, and not told.
const TOLD_USD: f64 = 0.005;

/// An order of the book's on one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    /// Place of the path in the block.
    pub place: usize,
    /// Coin, in the order of [`Displacement::symbols`].
    pub coin: usize,
    /// What it does to the price.
    pub side: Side,
    /// USD.
    pub notional: f64,
}

impl Displacement {
    /// Begins a block of `path_count` paths: nothing was executed, no peg has broken.
    ///
    /// # Panics
    /// If `paths` was built for fewer.
    pub fn start_block(&self, path_count: usize, paths: &mut DisplacedPaths) {
        assert!(path_count <= paths.path_capacity, "displaced paths too few");
        let coins = self.coins.len();
        paths.coins[..path_count * coins].fill(CoinState::default());
        paths.applied[..path_count * coins].fill(0.0);
        paths.is_moved[..path_count].fill(false);
        paths.has_ordered.fill(false);
        paths.records[..path_count].fill(PathRecord::default());
        paths.ordered.clear();
        paths.events.clear();
        paths.others.clear();
        self.pegs.start_block(&mut paths.pegs);
    }

    /// Everything that moves prices at a node beside the model, which has moved `paths.model()`
    /// there; `displaced` becomes what is seen of it.
    pub fn visit(
        &self,
        isa: InstructionSet,
        node: usize,
        displaced: &mut FactorBlock,
        paths: &mut DisplacedPaths,
    ) {
        displaced.copy_whole(&paths.model);
        paths.others.clear();
        self.break_pegs(isa, node, displaced, paths);
        if self.coins.is_empty() {
            return;
        }
        self.pass(paths);
        for index in 0..paths.places.len() {
            let place = paths.places[index];
            self.relax(node, place, paths);
            self.settle_path(node, place, paths);
        }
        self.write(isa, displaced, paths);
    }

    fn break_pegs(
        &self,
        isa: InstructionSet,
        node: usize,
        displaced: &mut FactorBlock,
        paths: &mut DisplacedPaths,
    ) {
        let DisplacedPaths { model, pegs, events, .. } = paths;
        self.pegs.step(isa, node, model, pegs, |broken| {
            let what = MarketHappening::PegBroken { peg: broken.peg, factor: broken.factor };
            events.push(MarketEvent { node, place: broken.place, what });
        });
        self.pegs.write(displaced, pegs);
    }

    /// Lists the paths on which something was executed, or a coin has left its quiet stretch.
    fn pass(&self, paths: &mut DisplacedPaths) {
        let DisplacedPaths { model, is_moved, is_passed, places, .. } = paths;
        let count = model.path_count();
        is_passed[..count].copy_from_slice(&is_moved[..count]);
        for coin in &self.coins {
            let DisplacedCoin { quiet: [fall, rise], factor, .. } = *coin;
            if fall == f64::INFINITY && rise == f64::INFINITY {
                continue;
            }
            for (passed, log) in is_passed[..count].iter_mut().zip(model.log(factor)) {
                *passed |= (*log < -fall) | (*log > rise);
            }
        }
        places.clear();
        places.extend((0..count).filter(|place| is_passed[*place]));
    }

    fn relax(&self, node: usize, place: usize, paths: &mut DisplacedPaths) {
        let coins = self.coins.len();
        if !self.kept.is_empty() {
            let kept = &self.kept[node * coins..][..coins];
            Cascade::relax(kept, &mut paths.coins[place * coins..][..coins]);
        }
    }

    /// Liquidates others' positions on one path to the fixed point, given what was executed on it;
    /// [`Self::write_path`] shows the prices. How it ended.
    pub fn settle_path(&self, node: usize, place: usize, paths: &mut DisplacedPaths) -> CascadeEnd {
        let coins = self.coins.len();
        let DisplacedPaths { model, coins: states, applied, scratch, .. } = paths;
        let DisplacedPaths { moves, displaced_moves, stress, records, others, .. } = paths;
        let states = &mut states[place * coins..][..coins];
        for (coin, terms) in self.coins.iter().enumerate() {
            moves[coin] = model.log(terms.factor)[place];
            stress[coin] = terms.volatility.map_or(0.0, |one| model.level(one)[place] - 1.0);
        }
        let input = CascadeInput { moves, stress };
        let outcome = self.cascade.settle(input, states, displaced_moves, scratch);
        let applied = &mut applied[place * coins..][..coins];
        let mut farthest = 0;
        for (coin, slot) in applied.iter_mut().enumerate() {
            *slot = displaced_moves[coin] - moves[coin];
        }
        for coin in 1..coins {
            if applied[coin].abs() > applied[farthest].abs() {
                farthest = coin;
            }
        }
        let first = others.len();
        for (coin, terms) in self.cascade.coins().iter().enumerate() {
            let (before, after) = (scratch.before(coin), &states[coin]);
            for side in [Side::Sell, Side::Buy] {
                if after.reached(side) > before.reached(side) {
                    let liquidated = terms.liquidated(side, before, after, displaced_moves[coin]);
                    if liquidated.notional_usd > 0.0 {
                        others.push(OthersOnPath { place, coin, side, liquidated });
                    }
                }
            }
        }
        let others_usd: f64 = others[first..].iter().map(|one| one.liquidated.notional_usd).sum();
        let executed = states.iter().any(|state| state.executed != Executed::default());
        paths.is_moved[place] |= executed;
        let is_worse = outcome.end == CascadeEnd::RanAway && records[place].end < outcome.end;
        records[place].others_usd += others_usd;
        if others_usd > 0.0 || is_worse {
            records[place].end = records[place].end.max(outcome.end);
        }
        if others_usd >= TOLD_USD || is_worse {
            let what = MarketHappening::Cascade {
                others_usd,
                end: outcome.end,
                coin: farthest,
                displacement: applied[farthest],
            };
            paths.events.push(MarketEvent { node, place, what });
        }
        outcome.end
    }

    /// Writes the spots of all coins; those that no path displaces too, so that what a path holds
    /// does not depend on the others of its block.
    fn write(&self, isa: InstructionSet, displaced: &mut FactorBlock, paths: &mut DisplacedPaths) {
        let coins = self.coins.len();
        let DisplacedPaths { applied, places, factors, .. } = paths;
        for (coin, terms) in self.coins.iter().enumerate() {
            let (logs, levels) = displaced.factor_mut(terms.factor);
            let factors = &mut factors[..places.len()];
            let of_coin = |place: usize| applied[place * coins + coin];
            places.iter().zip(&mut *factors).for_each(|(&place, slot)| *slot = of_coin(place));
            exp_in_place(isa, factors);
            for (&place, factor) in places.iter().zip(&*factors) {
                if of_coin(place) != 0.0 {
                    logs[place] += of_coin(place);
                    levels[place] *= factor;
                }
            }
        }
    }

    /// Writes one path's spots to the displaced block, as [`Self::visit`] does.
    pub fn write_path(
        &self,
        isa: InstructionSet,
        place: usize,
        displaced: &mut FactorBlock,
        paths: &mut DisplacedPaths,
    ) {
        let coins = self.coins.len();
        let DisplacedPaths { model, applied, .. } = paths;
        for (coin, terms) in self.coins.iter().enumerate() {
            let displacement = applied[place * coins + coin];
            let mut factor = [displacement];
            exp_in_place(isa, &mut factor);
            let (logs, levels) = displaced.factor_mut(terms.factor);
            logs[place] = model.log(terms.factor)[place] + displacement;
            levels[place] = model.level(terms.factor)[place] * factor[0];
        }
    }

    /// Executes an order of the book's; the mean logarithmic price of its fill over the price that
    /// the displaced block has: what orders of this node before it left, and what it pays itself.
    pub fn execute(&self, order: Order, paths: &mut DisplacedPaths) -> f64 {
        let coins = self.coins.len();
        let Order { place, coin, side, notional } = order;
        let states = &mut paths.coins[place * coins..][..coins];
        let now = self.cascade.displacement(coin, states);
        let left = now - paths.applied[place * coins + coin];
        let stress = self.stress(coin, place, now, &paths.model);
        let paid = self.cascade.execute(coin, side, notional, stress, states);
        paths.records[place].own_usd += notional;
        paths.is_moved[place] = true;
        if !paths.has_ordered[place] {
            paths.has_ordered[place] = true;
            paths.ordered.push(place);
        }
        left + paid
    }

    /// USD of others' positions in a coin that orders of `side` would close and have not, and the
    /// logarithm of its price over today's, on one path.
    pub fn left(
        &self,
        coin: usize,
        side: Side,
        place: usize,
        paths: &DisplacedPaths,
    ) -> (f64, f64) {
        let terms = &self.cascade.coins()[coin];
        let state = &paths.coins[place * self.coins.len() + coin];
        let profile = match side {
            Side::Sell => &terms.long,
            Side::Buy => &terms.short,
        };
        let left = profile.total() - profile.liquidated(state.reached(side));
        let log = paths.model.log(self.coins[coin].factor)[place] + paths.displacement(coin, place);
        (left.max(0.0), log)
    }

    /// Notes what an order paid beyond the price it was triggered at, in USD.
    pub fn note_cost(&self, place: usize, cost: f64, paths: &mut DisplacedPaths) {
        paths.records[place].impact_cost += cost;
    }

    /// The stress driver of a coin displaced by `displacement`.
    fn stress(&self, coin: usize, place: usize, displacement: f64, model: &FactorBlock) -> f64 {
        let terms = &self.coins[coin];
        match self.cascade.coins()[coin].impact.stress().map(|stress| stress.driver) {
            Some(StressDriver::Move) => (model.log(terms.factor)[place] + displacement).abs(),
            _ => terms.volatility.map_or(0.0, |one| model.level(one)[place] - 1.0),
        }
    }

    /// The bound on rounds was reached with something left to do.
    pub fn leave_unsettled(&self, node: usize, place: usize, paths: &mut DisplacedPaths) {
        let record = &mut paths.records[place];
        record.end = record.end.max(CascadeEnd::Unsettled);
        paths.events.push(MarketEvent { node, place, what: MarketHappening::RoundsExhausted });
    }
}
