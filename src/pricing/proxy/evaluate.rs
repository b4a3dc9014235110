//! Evaluates a book's proxies on a block of paths.

use super::OptionProxies;
use super::domain::Axis;
use super::family::{Family, RowPolynomial, Shape, Unit, Variables};
use super::pieces::Sorted;
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
    sorted: Sorted,
    /// Largest distance of any variable from the centre of its domain, in half-widths.
    pub reach: Vec<f64>,
}

impl ProxyScratch {
    pub fn new(path_capacity: usize) -> Self {
        let array = || vec![0.0; path_capacity];
        Self {
            x: array(),
            t: array(),
            u: array(),
            sum: array(),
            unit: array(),
            sorted: Sorted::new(path_capacity),
            reach: array(),
        }
    }
}

impl ProxyScratch {
    /// Tells which of the paths whose logs are given leave `axis`.
    pub(super) fn watch(&mut self, isa: InstructionSet, axis: Axis, logs: &[f64]) {
        let (places, reach) = (&mut self.t[..logs.len()], &mut self.reach[..logs.len()]);
        map_to_interval(isa, axis.centre, 1.0 / axis.half_width, logs, places, reach);
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
        let ProxyScratch { x, t, u, sum, unit, sorted, .. } = scratch;
        let (t, u, sum) = (&t[..count], &u[..count], &mut sum[..count]);
        let unit = &mut unit[..count];
        let unit = match self.variables.unit {
            Unit::Constant => None,
            Unit::Price(source) => {
                source.fill(block, unit);
                Some(&*unit)
            }
            Unit::Inverse(group) => {
                book.groups[group].carry.fill_inverse(isa, moment, block, &mut x[..count], unit);
                Some(&*unit)
            }
        };
        match &self.shape {
            Shape::Whole(rows) => add_rows(isa, rows, (t, u), unit, sum, out),
            Shape::Pieces(pieces) => {
                pieces.sort(isa, (t, u), sorted);
                pieces.add(isa, sorted, unit, sum, out);
            }
        }
    }
}

/// Adds each row's polynomial to `out[row][path]`, times `unit` where there is one; `sum` is
/// scratch.
fn add_rows(
    isa: InstructionSet,
    rows: &[RowPolynomial],
    (t, u): (&[f64], &[f64]),
    unit: Option<&[f64]>,
    sum: &mut [f64],
    out: &mut [f64],
) {
    let count = t.len();
    for row in rows {
        let slots = &mut out[row.row * count..][..count];
        let Some(unit) = unit else {
            accumulate(isa, &row.polynomial, t, u, slots);
            continue;
        };
        sum.fill(0.0);
        accumulate(isa, &row.polynomial, t, u, sum);
        for ((slot, sum), unit) in slots.iter_mut().zip(&*sum).zip(unit) {
            *slot += *sum * unit;
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
        let mut axis = |axis: Axis, values: &[f64], arguments: &mut [f64]| {
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
