//! Evaluates a book's proxies on a block of paths.

use super::OptionProxies;
use super::family::{Family, Unit, Variables};
use crate::numeric::chebyshev::{accumulate, map_to_interval};
use crate::numeric::isa::InstructionSet;
use crate::pricing::book::CompiledBook;
use crate::pricing::state::PathState;
use crate::simulation::FactorBlock;

/// Arrays of one number a path.
#[derive(Debug, Clone)]
pub(in crate::pricing) struct ProxyScratch {
    x: Vec<f64>,
    t: Vec<f64>,
    u: Vec<f64>,
    sum: Vec<f64>,
    unit: Vec<f64>,
    /// Largest distance of any variable from the centre of its domain, in half-widths.
    pub reach: Vec<f64>,
}

impl ProxyScratch {
    pub fn new(path_capacity: usize) -> Self {
        let array = || vec![0.0; path_capacity];
        Self { x: array(), t: array(), u: array(), sum: array(), unit: array(), reach: array() }
    }
}

impl OptionProxies {
    /// Whether they stand for `moment` and what they take as still is so on `block`.
    pub(in crate::pricing) fn apply(&self, moment: usize, block: &FactorBlock) -> bool {
        let as_built = |&(factor, log): &(usize, f64)| block.uniform(factor) == Some(log);
        self.moment == moment && self.still.iter().all(as_built)
    }

    /// Adds every row's options to `out[row][path]`.
    pub(in crate::pricing) fn add(
        &self,
        book: &CompiledBook,
        isa: InstructionSet,
        block: &FactorBlock,
        state: &mut PathState,
        out: &mut [f64],
    ) {
        for &group in &self.in_full {
            book.add_group(isa, self.moment, group, block, state, out);
        }
        for family in &self.families {
            family.add(book, (isa, self.moment), block, &mut state.proxy, out);
        }
    }
}

impl Family {
    fn add(
        &self,
        book: &CompiledBook,
        (isa, moment): (InstructionSet, usize),
        block: &FactorBlock,
        scratch: &mut ProxyScratch,
        out: &mut [f64],
    ) {
        let count = block.path_count();
        self.variables.map(isa, block, scratch);
        match self.variables.unit {
            Unit::Constant => {
                let (t, u) = (&scratch.t[..count], &scratch.u[..count]);
                for row in &self.rows {
                    let slots = &mut out[row.row * count..][..count];
                    accumulate(isa, &row.polynomial, t, u, slots);
                }
                return;
            }
            Unit::Price(source) => source.fill(block, &mut scratch.unit[..count]),
            Unit::Inverse(group) => {
                let (x, unit) = (&mut scratch.x[..count], &mut scratch.unit[..count]);
                book.groups[group].carry.fill_inverse(isa, moment, block, x, unit);
            }
        }
        for row in &self.rows {
            let (t, u) = (&scratch.t[..count], &scratch.u[..count]);
            let sum = &mut scratch.sum[..count];
            sum.fill(0.0);
            accumulate(isa, &row.polynomial, t, u, sum);
            let slots = &mut out[row.row * count..][..count];
            for ((slot, sum), unit) in slots.iter_mut().zip(sum).zip(&scratch.unit) {
                *slot += *sum * unit;
            }
        }
    }
}

impl Variables {
    /// Fills `t` and `u`, and tells who leaves the domain.
    fn map(&self, isa: InstructionSet, block: &FactorBlock, scratch: &mut ProxyScratch) {
        let count = block.path_count();
        let ProxyScratch { x, t, u, reach, .. } = scratch;
        let (x, t, u) = (&mut x[..count], &mut t[..count], &mut u[..count]);
        let reach = &mut reach[..count];
        let mut axis = |axis: super::domain::Axis, values: &[f64], arguments: &mut [f64]| {
            let scale = 1.0 / axis.half_width;
            map_to_interval(isa, axis.centre, scale, values, arguments, reach);
        };
        let spot = block.log(self.spot);
        // What enters x by a sum is watched on its own too: the unit is bounded by it.
        if let Some(quote) = self.quote {
            axis(quote.axis, block.log(quote.factor), u);
        }
        if let Some((basis, _)) = self.basis {
            axis(basis.axis, block.log(basis.factor), u);
        }
        if self.quote.is_none() && self.basis.is_none() {
            axis(self.x, spot, t);
        } else {
            x.copy_from_slice(spot);
            let quote = self.quote.map(|quote| (quote, -1.0));
            for (mover, weight) in quote.into_iter().chain(self.basis) {
                for (slot, log) in x.iter_mut().zip(block.log(mover.factor)) {
                    *slot += weight * log;
                }
            }
            axis(self.x, x, t);
        }
        if let Some(volatility) = self.volatility {
            axis(volatility.axis, block.log(volatility.factor), u);
        }
    }
}
