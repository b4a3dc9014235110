//! A compiled book: the whole portfolio as sums of price curves, option groups and cash.
//!
//! Every position that is not an option is a linear combination of a few price curves, so a block
//! costs one pass a curve and one multiply-add a row and curve; options of one expiry share their
//! forward and volatility level.

use super::curve::{Curve, Form, accumulate, accumulate_units};
use super::expansion::Expansion;
use super::options::OptionGroup;
use super::proxy::{OptionProxies, SettlementProxies};
use super::settings::FUNDING_INTERVAL;
use super::state::{PathState, Scratch};
use super::timeline::Timeline;
use super::{PricingSettings, Row};
use crate::numeric::isa::InstructionSet;
use crate::numeric::sums::{add_multiple, add_product};
use crate::simulation::FactorBlock;

/// A portfolio compiled against a market and a factor model; immutable, shared by threads.
#[derive(Debug, Clone)]
pub struct CompiledBook {
    pub(super) rows: Vec<Row>,
    pub(super) settings: PricingSettings,
    pub(super) factor_count: usize,
    pub(super) timeline: Timeline,
    pub(super) curves: Vec<Curve>,
    pub(super) legs: Vec<Leg>,
    pub(super) groups: Vec<OptionGroup>,
    pub(super) slots: Vec<CashSlot>,
    pub(super) funding: Vec<FundingLeg>,
    pub(super) base_values: Vec<f64>,
    /// Present unless revaluation is full.
    pub(super) expansion: Option<Expansion>,
    /// Polynomials that stand for the options, by node; none in full revaluation.
    pub(super) proxies: Vec<OptionProxies>,
    /// Piecewise functions that stand for what expires inside the horizon.
    pub(super) settlements: Option<SettlementProxies>,
}

/// A row's multiple of a curve.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leg {
    pub row: usize,
    pub curve: usize,
    pub coefficient: f64,
    /// Continuously compounded growth of the coefficient: interest on borrowed balances.
    pub growth_rate: f64,
    /// Moment at which it settles.
    pub until: usize,
    /// Where it settles to.
    pub slot: Option<usize>,
}

/// Cash of one asset in one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CashSlot {
    pub row: usize,
    /// Curve of the asset's USD price.
    pub price: usize,
}

/// Funding of a row's perpetuals of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FundingLeg {
    pub slot: usize,
    /// Curve whose multiple is the notional in USD.
    pub curve: usize,
    pub coefficient: f64,
    /// Rate per funding interval today.
    pub rate: f64,
    /// Factor of its additive change.
    pub factor: usize,
}

impl CompiledBook {
    /// What each row of values stands for.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// USD value of each row today.
    pub fn base_values(&self) -> &[f64] {
        &self.base_values
    }

    /// How the book is priced.
    pub fn settings(&self) -> &PricingSettings {
        &self.settings
    }

    /// Largest error of the smile tables against the market's surface, in volatility (decimal).
    pub fn smile_error(&self) -> f64 {
        let tables = self.groups.iter().filter_map(|group| group.smile.as_ref());
        tables.map(|table| table.error()).fold(0.0, f64::max)
    }

    pub(super) fn cash_slot_count(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn curve_count(&self) -> usize {
        self.curves.len()
    }

    /// Begins a block of `path_count` paths: no cash yet.
    ///
    /// # Panics
    /// If `state` was built for fewer paths.
    pub fn start_block(&self, state: &mut PathState, path_count: usize) {
        assert!(path_count <= state.path_capacity(), "path state too small");
        state.path_count = path_count;
        state.scratch.path_count = path_count;
        state.cash[..self.slots.len() * path_count].fill(0.0);
        state.proxy.reach.fill(0.0);
    }

    /// Moves cash from the node before (`previous`; today's levels for node 0) to `node`: funding
    /// accrues over the step, contracts that expire at `node` settle in their own asset.
    ///
    /// Funding is the mean of both ends' rate times notional. Nothing happens in a delta or
    /// delta-gamma revaluation.
    pub fn step(
        &self,
        isa: InstructionSet,
        node: usize,
        previous: &FactorBlock,
        current: &FactorBlock,
        state: &mut PathState,
    ) {
        let moment = node + 1;
        if self.expansion.is_some() || !self.moves_cash_at(moment) {
            return;
        }
        let half_step = 0.5 * self.timeline.step(moment) / FUNDING_INTERVAL.get();
        if !self.funding.is_empty() {
            self.fill_curves(isa, moment - 1, previous, state);
            self.accrue_funding(half_step, previous, state);
        }
        self.fill_curves(isa, moment, current, state);
        self.accrue_funding(half_step, current, state);
        self.settle_legs(moment, state);
        self.settle_options(isa, moment, current, state);
    }

    /// USD value of every row on every path at `node`, cash included, into `out[row][path]`.
    ///
    /// Call [`Self::step`] for every node up to this one first.
    ///
    /// # Panics
    /// If `out` is shorter than rows × paths.
    pub fn values(
        &self,
        isa: InstructionSet,
        node: usize,
        block: &FactorBlock,
        state: &mut PathState,
        out: &mut [f64],
    ) {
        self.values_at(isa, node + 1, block, state, out);
    }

    /// As [`Self::values`] with no time passed: today's book under the levels in `block`.
    pub fn values_today(
        &self,
        isa: InstructionSet,
        block: &FactorBlock,
        state: &mut PathState,
        out: &mut [f64],
    ) {
        self.values_at(isa, 0, block, state, out);
    }

    fn values_at(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut PathState,
        out: &mut [f64],
    ) {
        let out = &mut out[..self.rows.len() * block.path_count()];
        if let Some(expansion) = &self.expansion {
            return expansion.values(&self.base_values, block, out);
        }
        out.fill(0.0);
        state.scratch.shared.rooted = None;
        self.form_curves(isa, moment, block, state);
        self.add_legs(isa, moment, block, state, out);
        self.add_options(isa, moment, block, state, out);
        self.add_cash(isa, block, state, out);
        if let Some(settlements) = &self.settlements {
            settlements.watch(isa, moment, block, state);
        }
    }

    /// How each curve moves over the block; those that are arrays are filled.
    fn form_curves(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut PathState,
    ) {
        let count = block.path_count();
        let Scratch { exponents, forms, .. } = &mut state.scratch;
        let arrays = state.curves.chunks_exact_mut(count);
        for ((curve, form), out) in self.curves.iter().zip(forms).zip(arrays) {
            if curve.until < moment {
                continue;
            }
            *form = curve.form(moment, block);
            if *form == Form::Array {
                curve.fill(isa, moment, block, &mut exponents[..count], out);
            }
        }
    }

    fn fill_curves(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut PathState,
    ) {
        let count = block.path_count();
        let exponents = &mut state.scratch.exponents[..count];
        for (curve, out) in self.curves.iter().zip(state.curves.chunks_exact_mut(count)) {
            if curve.until >= moment {
                curve.fill(isa, moment, block, exponents, out);
            }
        }
    }

    fn coefficient(&self, leg: &Leg, moment: usize) -> f64 {
        if leg.growth_rate == 0.0 {
            return leg.coefficient;
        }
        leg.coefficient * libm::exp(leg.growth_rate * self.timeline.times()[moment])
    }

    fn add_legs(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &PathState,
        out: &mut [f64],
    ) {
        let count = state.path_count;
        for leg in self.legs.iter().filter(|leg| leg.until > moment) {
            let coefficient = self.coefficient(leg, moment);
            let row = array_mut(out, leg.row, count);
            match state.scratch.forms[leg.curve] {
                Form::Constant(value) => add_constant(coefficient * value, row),
                Form::Level { factor, scale } => {
                    add_multiple(isa, coefficient * scale, block.level(factor), row);
                }
                Form::Array => {
                    add_multiple(isa, coefficient, array(&state.curves, leg.curve, count), row);
                }
            }
        }
    }

    fn add_options(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut PathState,
        out: &mut [f64],
    ) {
        if let Some(proxies) = self.proxies.iter().find(|proxies| proxies.apply(moment, block)) {
            return proxies.add(self, isa, block, state, out);
        }
        for group in (0..self.groups.len()).filter(|&group| self.groups[group].until > moment) {
            self.add_group(isa, moment, group, block, state, out);
        }
    }

    /// Adds the options of one group to their rows.
    pub(super) fn add_group(
        &self,
        isa: InstructionSet,
        moment: usize,
        group: usize,
        block: &FactorBlock,
        state: &mut PathState,
        out: &mut [f64],
    ) {
        let Scratch { shared, contract, .. } = &mut state.scratch;
        let group = &self.groups[group];
        let shared = group.share(isa, moment, block, shared);
        group.add_all(&shared, contract, out);
    }

    fn add_cash(
        &self,
        isa: InstructionSet,
        block: &FactorBlock,
        state: &PathState,
        out: &mut [f64],
    ) {
        let count = state.path_count;
        for (index, slot) in self.slots.iter().enumerate() {
            let cash = array(&state.cash, index, count);
            let row = array_mut(out, slot.row, count);
            match state.scratch.forms[slot.price] {
                Form::Constant(price) => add_multiple(isa, price, cash, row),
                Form::Level { factor, scale } => {
                    add_product(isa, scale, cash, block.level(factor), row);
                }
                Form::Array => {
                    add_product(isa, 1.0, cash, array(&state.curves, slot.price, count), row);
                }
            }
        }
    }

    fn accrue_funding(&self, half_step: f64, block: &FactorBlock, state: &mut PathState) {
        let count = state.path_count;
        for leg in &self.funding {
            let price = array(&state.curves, self.slots[leg.slot].price, count);
            let notional = array(&state.curves, leg.curve, count);
            let paid = &mut state.scratch.value[..count];
            let changes = block.log(leg.factor);
            for ((paid, notional), change) in paid.iter_mut().zip(notional).zip(changes) {
                *paid = -leg.coefficient * notional * (leg.rate + change) * half_step;
            }
            accumulate_units(paid, price, array_mut(&mut state.cash, leg.slot, count));
        }
    }

    fn settle_legs(&self, moment: usize, state: &mut PathState) {
        let count = state.path_count;
        for leg in self.legs.iter().filter(|leg| leg.until == moment) {
            let Some(slot) = leg.slot else { continue };
            let paid = &mut state.scratch.value[..count];
            paid.fill(0.0);
            accumulate(leg.coefficient, array(&state.curves, leg.curve, count), paid);
            let price = array(&state.curves, self.slots[slot].price, count);
            accumulate_units(paid, price, array_mut(&mut state.cash, slot, count));
        }
    }

    /// Options that expire at `moment` pay their intrinsic value into their slots.
    fn settle_options(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        state: &mut PathState,
    ) {
        let count = state.path_count;
        state.scratch.shared.rooted = None;
        for (index, group) in self.groups.iter().enumerate() {
            if group.until != moment || self.settled_by_pieces(isa, (index, moment), block, state) {
                continue;
            }
            let Scratch { shared, contract, value, .. } = &mut state.scratch;
            let shared = group.share(isa, moment, block, shared);
            let paid = &mut value[..count];
            for &slot in &group.slots {
                paid.fill(0.0);
                group.add_slot(slot, &shared, contract, paid);
                let price = array(&state.curves, self.slots[slot].price, count);
                accumulate_units(paid, price, array_mut(&mut state.cash, slot, count));
            }
        }
    }

    fn settled_by_pieces(
        &self,
        isa: InstructionSet,
        group_and_moment: (usize, usize),
        block: &FactorBlock,
        state: &mut PathState,
    ) -> bool {
        let settlements = self.settlements.as_ref();
        settlements.is_some_and(|pieces| pieces.settle(isa, group_and_moment, block, state))
    }
}

fn add_constant(value: f64, sums: &mut [f64]) {
    for sum in sums {
        *sum += value;
    }
}

fn array(arrays: &[f64], index: usize, count: usize) -> &[f64] {
    &arrays[index * count..][..count]
}

fn array_mut(arrays: &mut [f64], index: usize, count: usize) -> &mut [f64] {
    &mut arrays[index * count..][..count]
}
