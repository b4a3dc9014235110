//! Options of one underlying, settlement and expiry: what they share is computed once a block.
//!
//! What does not move under the model (volatility level, basis, peg) is a constant of the block.
//! Where only spot moves, its logs and levels serve as they stand, in units of today's forward.

use super::curve::{Carry, PriceSource, accumulate, scale};
use super::smile::SmileTable;
use super::state::{ContractScratch, SharedScratch};
use crate::numeric::black76::{
    Deviation, Forwards, HeldOption, Right, Weight, add_option, square_roots,
};
use crate::numeric::isa::InstructionSet;
use crate::numeric::kernel;
use crate::simulation::FactorBlock;

/// Options of one coin, quote and expiry.
#[derive(Debug, Clone)]
pub(super) struct OptionGroup {
    pub spot: PriceSource,
    /// Factor of the volatility level.
    pub volatility_factor: usize,
    /// The quote asset of linear options; `None`: inverse.
    pub quote: Option<PriceSource>,
    pub carry: Carry,
    /// Square root of the time left, by moment.
    pub root_years: Vec<f64>,
    /// Discount factor over the time left, by moment.
    pub discount: Vec<f64>,
    /// Damping of the volatility factor, by moment.
    pub damping: Vec<f64>,
    /// The market's smile, where it moves with the forward.
    pub smile: Option<SmileTable>,
    /// Moment of expiry.
    pub until: usize,
    pub contracts: Vec<OptionContract>,
    /// Cash slots that contracts settle into, ascending.
    pub slots: Vec<usize>,
}

/// One strike and right, held in any number of rows.
#[derive(Debug, Clone)]
pub(super) struct OptionContract {
    pub strike: f64,
    pub log_strike: f64,
    pub right: Right,
    /// Volatility today where it does not move along the smile; `None`: read the group's smile.
    pub volatility: Option<f64>,
    pub holdings: Vec<Holding>,
}

/// Who holds how many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Holding {
    pub row: usize,
    /// Where the settlement goes; `None` when it lies beyond the horizon.
    pub slot: Option<usize>,
    pub quantity: f64,
}

/// What all contracts of a group share on a block.
pub(super) struct Shared<'a> {
    isa: InstructionSet,
    /// The reference forward F₀ in the quote asset, and its log.
    forward: f64,
    log_forward: f64,
    forwards: Forwards<'a>,
    /// Discounted USD for a unit of value: this times the weight.
    unit: f64,
    weight: Weight<'a>,
    /// `σ√T` for a unit of volatility.
    deviation: Deviation<'a>,
}

impl Shared<'_> {
    /// On the first path: discounted USD for one unit of the quote, and the log of the forward.
    pub fn on_first_path(&self) -> (f64, f64) {
        let weight = match self.weight {
            Weight::One => 1.0,
            Weight::Each(weights) => weights[0],
        };
        (self.unit * weight, self.log_forward + self.forwards.logs[0])
    }
}

impl OptionGroup {
    /// What all contracts share at `moment`.
    pub fn share<'a>(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &'a FactorBlock,
        scratch: &'a mut SharedScratch,
    ) -> Shared<'a> {
        let count = block.path_count();
        let SharedScratch { exponents, logs, levels, roots, units, scales, rooted } = scratch;
        let exponents = &mut exponents[..count];
        let [logs, levels] = [logs, levels].map(|array| &mut array[..count]);
        let [roots, units] = [roots, units].map(|array| &mut array[..count]);
        let (constant, moving) = self.movement(moment, block);
        let (unit, weight) = self.unit(isa, moment, block, exponents, units);
        let quote_price = self.quote.map_or(1.0, |quote| quote.price);
        let forward = self.spot.price / quote_price * libm::exp(constant);
        let (logs, levels) = match (self.spot.factor, moving.other_count()) {
            (Some(factor), 0) => (block.log(factor), block.level(factor)),
            _ => moving.fill(isa, block, logs, levels),
        };
        let of_spot = self.spot.factor.filter(|_| moving.other_count() == 0);
        if of_spot.is_none() || *rooted != of_spot {
            square_roots(isa, levels, roots);
            *rooted = of_spot;
        }
        Shared {
            isa,
            forward,
            log_forward: libm::log(forward),
            forwards: Forwards { logs, levels, roots },
            unit: unit * self.discount[moment],
            weight,
            deviation: self.deviation(isa, moment, block, exponents, &mut scales[..count]),
        }
    }

    /// Log of the forward over spot at today's prices of both, and what else moves it.
    fn movement(&self, moment: usize, block: &FactorBlock) -> (f64, Movement) {
        let mut constant = self.carry.log_ratio[moment];
        let mut moving = Movement { spot: self.spot.factor, others: [None; 2] };
        let quote = self.quote.and_then(|quote| quote.factor);
        let years = self.carry.years[moment];
        let parts = [(quote, -1.0), (self.carry.basis.filter(|_| years != 0.0), years)];
        for (other, (factor, weight)) in moving.others.iter_mut().zip(parts) {
            let Some(factor) = factor else { continue };
            match block.uniform(factor) {
                Some(log) => constant += weight * log,
                None => *other = Some((factor, weight)),
            }
        }
        (constant, moving)
    }

    /// USD for a unit of value, undiscounted: a constant and what moves on the paths.
    fn unit<'a>(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        exponents: &mut [f64],
        units: &'a mut [f64],
    ) -> (f64, Weight<'a>) {
        match self.quote {
            Some(quote) => match quote.uniform(block) {
                Some(price) => (price, Weight::One),
                None => {
                    quote.fill(block, units);
                    (1.0, Weight::Each(units))
                }
            },
            None => match self.carry.uniform_log(moment, block) {
                Some(log) => (libm::exp(-log), Weight::One),
                None => {
                    self.carry.fill_inverse(isa, moment, block, exponents, units);
                    (1.0, Weight::Each(units))
                }
            },
        }
    }

    fn deviation<'a>(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        exponents: &mut [f64],
        scales: &'a mut [f64],
    ) -> Deviation<'a> {
        let (damping, root_years) = (self.damping[moment], self.root_years[moment]);
        if root_years == 0.0 {
            return Deviation::Same(0.0);
        }
        if let Some(log) = block.uniform(self.volatility_factor) {
            return Deviation::Same(root_years * libm::exp(damping * log));
        }
        for (slot, change) in exponents.iter_mut().zip(block.log(self.volatility_factor)) {
            *slot = damping * change;
        }
        kernel::exp(isa, exponents, scales);
        scale(root_years, scales);
        Deviation::Each(scales)
    }

    /// Adds `quantity` times the USD value of one contract to `sums`.
    pub fn add(
        &self,
        contract: &OptionContract,
        quantity: f64,
        shared: &Shared,
        deviations: &mut [f64],
        sums: &mut [f64],
    ) {
        let held = HeldOption {
            right: contract.right,
            strike: contract.strike / shared.forward,
            log_strike: contract.log_strike - shared.log_forward,
            amount: quantity * shared.unit * shared.forward,
        };
        let deviation = self.contract_deviation(contract, held.log_strike, shared, deviations);
        add_option(shared.isa, held, shared.forwards, deviation, shared.weight, sums);
    }

    fn contract_deviation<'a>(
        &self,
        contract: &OptionContract,
        log_strike: f64,
        shared: &Shared,
        deviations: &'a mut [f64],
    ) -> Deviation<'a> {
        let logs = shared.forwards.logs;
        match (contract.volatility, &self.smile, shared.deviation) {
            (_, _, Deviation::Same(0.0)) => return Deviation::Same(0.0),
            (None, Some(smile), Deviation::Same(scale)) => {
                smile.fill(shared.isa, log_strike, scale, logs, deviations);
            }
            (None, Some(smile), Deviation::Each(scales)) => {
                smile.fill(shared.isa, log_strike, 1.0, logs, deviations);
                multiply(scales, deviations);
            }
            (volatility, _, Deviation::Same(scale)) => {
                return Deviation::Same(volatility.unwrap_or(0.0) * scale);
            }
            (volatility, _, Deviation::Each(scales)) => {
                let volatility = volatility.unwrap_or(0.0);
                for (slot, scale) in deviations.iter_mut().zip(scales) {
                    *slot = volatility * scale;
                }
            }
        }
        Deviation::Each(deviations)
    }

    /// Adds what the holdings of one cash slot are worth to `sums`.
    pub fn add_slot(
        &self,
        slot: usize,
        shared: &Shared,
        scratch: &mut ContractScratch,
        sums: &mut [f64],
    ) {
        let deviations = &mut scratch.deviations[..sums.len()];
        for contract in &self.contracts {
            for holding in contract.holdings.iter().filter(|held| held.slot == Some(slot)) {
                self.add(contract, holding.quantity, shared, deviations, sums);
            }
        }
    }

    /// Adds every contract to the rows of `out` that hold it.
    pub fn add_all(&self, shared: &Shared, scratch: &mut ContractScratch, out: &mut [f64]) {
        let count = shared.forwards.logs.len();
        let ContractScratch { deviations, value } = scratch;
        let (deviations, value) = (&mut deviations[..count], &mut value[..count]);
        for contract in &self.contracts {
            if let [holding] = contract.holdings[..] {
                let row = &mut out[holding.row * count..][..count];
                self.add(contract, holding.quantity, shared, deviations, row);
                continue;
            }
            value.fill(0.0);
            self.add(contract, 1.0, shared, deviations, value);
            for holding in &contract.holdings {
                let row = &mut out[holding.row * count..][..count];
                accumulate(holding.quantity, value, row);
            }
        }
    }
}

/// What moves a forward on the paths of a block, with the weight of its log.
struct Movement {
    spot: Option<usize>,
    /// Quote and basis.
    others: [Option<(usize, f64)>; 2],
}

impl Movement {
    fn other_count(&self) -> usize {
        self.others.iter().flatten().count()
    }

    /// Logs and levels of the forward over its reference.
    fn fill<'a>(
        &self,
        isa: InstructionSet,
        block: &FactorBlock,
        logs: &'a mut [f64],
        levels: &'a mut [f64],
    ) -> (&'a [f64], &'a [f64]) {
        match self.spot {
            Some(factor) => logs.copy_from_slice(block.log(factor)),
            None => logs.fill(0.0),
        }
        for &(factor, weight) in self.others.iter().flatten() {
            accumulate(weight, block.log(factor), logs);
        }
        kernel::exp(isa, logs, levels);
        (logs, levels)
    }
}

fn multiply(factors: &[f64], values: &mut [f64]) {
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}
