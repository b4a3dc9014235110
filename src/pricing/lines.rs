//! Lines: sums that are linear in the prices of a moment, such as an account's equity less its
//! maintenance margin, evaluated over blocks in one pass a line.
//!
//! Flows in: balances, positions and notionals with their multiples, then blocks of factor levels.
//! Flows out: one number a line and path, in USD. A price that moves with its spot alone is read
//! off the block's levels, its constant part merged into the coefficient; only marks with a moving
//! basis are computed. Limits: options are no lines.

use super::PricingError;
use super::builder::{Builder, Parts};
use super::curve::{Curve, Form};
use super::position::{Contract, ResolvedPosition};
use super::settings::PricingSettings;
use super::timeline::Timeline;
use crate::market::Market;
use crate::numeric::combination::add_weighted;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Balance, Position};
use crate::simulation::{FactorBlock, FactorModel};

/// Columns added in one pass.
const COLUMNS: usize = 16;

/// Lines compiled against a market and a factor model; immutable, shared by threads.
///
/// Moment 0 is today, moment `i + 1` is node `i`.
#[derive(Debug, Clone)]
pub struct PriceLines {
    curves: Vec<Curve>,
    lines: Vec<Vec<Term>>,
}

/// Gathers what lines are made of.
pub struct PriceLinesBuilder<'a> {
    builder: Builder<'a>,
    market: &'a Market,
    line_count: usize,
    moments: Timeline,
}

/// A line's multiple of a curve.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    curve: usize,
    coefficient: f64,
    /// What the coefficient has grown by, by moment; empty: it does not.
    growth: Vec<f64>,
    /// Moment at which it settles, and is no longer part of the line.
    until: usize,
}

/// Room to evaluate lines in, for up to a number of paths.
#[derive(Debug, Clone)]
pub struct LinesScratch {
    path_capacity: usize,
    forms: Vec<Form>,
    /// `[curve][path]`, for curves of form `Array`.
    arrays: Vec<f64>,
    exponents: Vec<f64>,
}

impl<'a> PriceLinesBuilder<'a> {
    /// `line_count` empty lines.
    pub fn new(market: &'a Market, model: &'a FactorModel, line_count: usize) -> Self {
        let builder = Builder::new(market, model, PricingSettings::full());
        Self { builder, market, line_count, moments: Timeline::new(&model.grid) }
    }

    /// Adds a balance; a borrowed one grows by its interest.
    ///
    /// # Errors
    /// What market or model lack.
    pub fn add_balance(
        &mut self,
        line: usize,
        account: &str,
        balance: &Balance,
    ) -> Result<(), PricingError> {
        self.builder.add_balance(line, account, balance)
    }

    /// Adds the value of a position until it settles; nothing for an option.
    ///
    /// # Errors
    /// What market or model lack.
    pub fn add_value(&mut self, line: usize, position: &'a Position) -> Result<(), PricingError> {
        let resolved = ResolvedPosition::new(self.market, position)?;
        match resolved.contract {
            Contract::Option { .. } => Ok(()),
            _ => self.builder.add_position(line, &resolved),
        }
    }

    /// Adds `multiple` times the USD notional of one contract until it settles: the mark of a
    /// linear future, a dollar of an inverse one, the coin of an option; nothing for spot.
    ///
    /// # Errors
    /// What market or model lack.
    pub fn add_notional(
        &mut self,
        line: usize,
        position: &Position,
        multiple: f64,
    ) -> Result<(), PricingError> {
        let resolved = ResolvedPosition::new(self.market, position)?;
        self.builder.add_notional(line, &resolved, multiple)
    }

    /// Adds the USD mark of one perpetual, or the forward of a contract's expiry until it settles;
    /// nothing for spot.
    ///
    /// # Errors
    /// What market or model lack.
    pub fn add_forward(&mut self, line: usize, position: &Position) -> Result<(), PricingError> {
        let resolved = ResolvedPosition::new(self.market, position)?;
        self.builder.add_forward(line, &resolved)
    }

    /// The lines.
    pub fn finish(self) -> PriceLines {
        let Self { builder, line_count, moments, .. } = self;
        let Parts { curves, legs, .. } = builder.finish();
        let mut lines: Vec<Vec<Term>> = vec![Vec::new(); line_count];
        for leg in legs {
            let growth = growth(leg.growth_rate, &moments);
            let terms = &mut lines[leg.row];
            let same = |term: &&mut Term| {
                term.curve == leg.curve && term.until == leg.until && term.growth == growth
            };
            match terms.iter_mut().find(same) {
                Some(term) => term.coefficient += leg.coefficient,
                None => terms.push(Term {
                    curve: leg.curve,
                    coefficient: leg.coefficient,
                    growth,
                    until: leg.until,
                }),
            }
        }
        PriceLines { curves, lines }
    }
}

/// Growth at every moment, empty where there is none.
fn growth(rate: f64, moments: &Timeline) -> Vec<f64> {
    if rate == 0.0 {
        return Vec::new();
    }
    moments.times().iter().map(|time| libm::exp(rate * time)).collect()
}

impl PriceLines {
    /// Room for blocks of up to `path_capacity` paths.
    pub fn scratch(&self, path_capacity: usize) -> LinesScratch {
        LinesScratch {
            path_capacity,
            forms: vec![Form::Constant(0.0); self.curves.len()],
            arrays: vec![0.0; self.curves.len() * path_capacity],
            exponents: vec![0.0; path_capacity],
        }
    }

    /// Whether anything of a line is left at `moment`.
    pub fn is_empty_at(&self, line: usize, moment: usize) -> bool {
        self.lines[line].iter().all(|term| term.until <= moment)
    }

    /// Prices what the lines share at `moment`; [`Self::fill`] then evaluates them.
    ///
    /// # Panics
    /// If `scratch` was built for fewer paths.
    pub fn prepare(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        scratch: &mut LinesScratch,
    ) {
        let count = block.path_count();
        assert!(count <= scratch.path_capacity, "scratch too small");
        for (index, curve) in self.curves.iter().enumerate() {
            if curve.until <= moment {
                continue;
            }
            scratch.forms[index] = curve.form(moment, block);
            if scratch.forms[index] == Form::Array {
                let exponents = &mut scratch.exponents[..count];
                let array = &mut scratch.arrays[index * count..][..count];
                curve.fill(isa, moment, block, exponents, array);
            }
        }
    }

    /// One line on every path of the block that was prepared, at the same `moment`.
    pub fn fill(
        &self,
        isa: InstructionSet,
        line: usize,
        moment: usize,
        block: &FactorBlock,
        scratch: &LinesScratch,
        out: &mut [f64],
    ) {
        let count = block.path_count();
        let alive = || self.lines[line].iter().filter(|term| term.until > moment);
        let constants = alive().filter_map(|term| match scratch.forms[term.curve] {
            Form::Constant(value) => Some(term.at(moment) * value),
            _ => None,
        });
        out.fill(constants.fold(0.0, |sum, constant| sum + constant));
        let mut columns: [(f64, &[f64]); COLUMNS] = [(0.0, &[]); COLUMNS];
        let mut filled = 0;
        for term in alive() {
            let column = match scratch.forms[term.curve] {
                Form::Constant(_) => continue,
                Form::Level { factor, scale } => (term.at(moment) * scale, block.level(factor)),
                Form::Array => (term.at(moment), &scratch.arrays[term.curve * count..][..count]),
            };
            columns[filled] = column;
            filled += 1;
            if filled == COLUMNS {
                add_weighted(isa, &columns, out);
                filled = 0;
            }
        }
        add_weighted(isa, &columns[..filled], out);
    }
}

impl Term {
    fn at(&self, moment: usize) -> f64 {
        match self.growth.get(moment) {
            Some(growth) => self.coefficient * growth,
            None => self.coefficient,
        }
    }
}
