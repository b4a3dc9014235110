//! Options of one underlying, settlement and expiry: what they share is computed once a block.

use super::curve::{Carry, PriceSource, accumulate, scale};
use super::smile::SmileTable;
use super::state::Scratch;
use crate::numeric::black76::{Right, black76_values};
use crate::numeric::isa::InstructionSet;
use crate::numeric::kernel;
use crate::simulation::FactorBlock;

/// Beyond this `σ√T` an option's value is its limit to the last bit; keeps huge moves finite.
const DEVIATION_MAX: f64 = 80.0;

/// A factor's part in a group.
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

impl OptionGroup {
    /// Fills what all contracts share: forward in quote, its log, `σ√T` per unit of volatility,
    /// and discounted USD per unit of price.
    pub fn prepare(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        scratch: &mut Scratch,
    ) {
        self.fill_log_forward(moment, block, scratch);
        let count = block.path_count();
        kernel::exp(isa, &scratch.log_forward[..count], &mut scratch.forward[..count]);
        self.fill_volatility_scale(isa, moment, block, scratch);
        let (unit, exponents) = (&mut scratch.unit_usd[..count], &mut scratch.exponents[..count]);
        match self.quote {
            Some(quote) => quote.fill(block, unit),
            None => self.carry.fill_inverse(isa, moment, block, exponents, unit),
        }
        scale(self.discount[moment], unit);
    }

    /// USD value of one contract on every path into `scratch.value`; after [`Self::prepare`].
    pub fn value(&self, isa: InstructionSet, contract: &OptionContract, scratch: &mut Scratch) {
        let count = scratch.path_count;
        let moneyness = &mut scratch.log_moneyness[..count];
        for (slot, log_forward) in moneyness.iter_mut().zip(&scratch.log_forward) {
            *slot = log_forward - contract.log_strike;
        }
        let deviations = &mut scratch.deviations[..count];
        match (contract.volatility, &self.smile) {
            (None, Some(smile)) => smile.fill(moneyness, deviations),
            (volatility, _) => deviations.fill(volatility.unwrap_or(0.0)),
        }
        for (deviation, scale) in deviations.iter_mut().zip(&scratch.volatility_scale) {
            *deviation = (*deviation * scale).min(DEVIATION_MAX);
        }
        let value = &mut scratch.value[..count];
        let forward = &scratch.forward[..count];
        let (right, strike) = (contract.right, contract.strike);
        black76_values(isa, right, strike, forward, moneyness, deviations, value);
        for (slot, unit) in value.iter_mut().zip(&scratch.unit_usd) {
            *slot *= unit;
        }
    }

    fn fill_log_forward(&self, moment: usize, block: &FactorBlock, scratch: &mut Scratch) {
        let quote_price = self.quote.map_or(1.0, |quote| quote.price);
        let constant = libm::log(self.spot.price / quote_price) + self.carry.log_ratio[moment];
        let log_forward = &mut scratch.log_forward[..block.path_count()];
        log_forward.fill(constant);
        let quote_factor = self.quote.and_then(|quote| quote.factor);
        let years = self.carry.years[moment];
        let parts = [(self.spot.factor, 1.0), (quote_factor, -1.0), (self.carry.basis, years)];
        for (factor, weight) in parts {
            if let Some(factor) = factor {
                accumulate(weight, block.log(factor), log_forward);
            }
        }
    }

    fn fill_volatility_scale(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        scratch: &mut Scratch,
    ) {
        let count = block.path_count();
        let (damping, root_years) = (self.damping[moment], self.root_years[moment]);
        let exponents = &mut scratch.exponents[..count];
        for (slot, change) in exponents.iter_mut().zip(block.log(self.volatility_factor)) {
            *slot = damping * change;
        }
        let volatility_scale = &mut scratch.volatility_scale[..count];
        kernel::exp(isa, exponents, volatility_scale);
        scale(root_years, volatility_scale);
    }
}
