//! Price curves: the few arrays of prices, one number a path, that linear positions combine.

use super::timeline::NEVER;
use crate::numeric::isa::InstructionSet;
use crate::numeric::kernel;
use crate::simulation::FactorBlock;

/// Where an asset's USD price comes from: today's price times a factor's level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceSource {
    /// USD today.
    pub price: f64,
    /// Index in the model. `None`: the price never moves (money).
    pub factor: Option<usize>,
}

impl PriceSource {
    /// USD price where it is the same on every path of `block`.
    pub fn uniform(&self, block: &FactorBlock) -> Option<f64> {
        match self.factor {
            None => Some(self.price),
            Some(factor) => {
                block.uniform(factor)?;
                block.level(factor).first().map(|level| self.price * level)
            }
        }
    }

    /// USD prices on every path of `block`.
    pub fn fill(&self, block: &FactorBlock, out: &mut [f64]) {
        match self.factor {
            None => out.fill(self.price),
            Some(factor) => {
                for (slot, level) in out.iter_mut().zip(block.level(factor)) {
                    *slot = self.price * level;
                }
            }
        }
    }
}

/// A forward over its spot: `F = S · exp(carry + basis · years)`, all by moment.
///
/// A perpetual is the same with a constant carry and a constant tenor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carry {
    /// `ln(F/S)` at unchanged basis, by moment.
    pub log_ratio: Vec<f64>,
    /// Years over which the basis factor acts, by moment.
    pub years: Vec<f64>,
    /// The factor of the annualised basis; `None`: it never moves.
    pub basis: Option<usize>,
}

/// Which way a [`Carry`] is applied to the spot price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Reverse,
}

/// How a curve moves over the paths of one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// The same on every path.
    Constant(f64),
    /// `scale` times a factor's level.
    Level { factor: usize, scale: f64 },
    /// Anything else: an array, computed path by path.
    Array,
}

/// What a curve holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CurveKind {
    /// USD for one unit of an asset.
    Price(PriceSource),
    /// USD mark of a linear future or perpetual: `F`.
    Forward(PriceSource, Carry),
    /// USD value of the coins that one dollar buys at the mark: `S/F` (inverse contracts).
    Inverse(Carry),
}

/// A curve and the moment after which nobody asks for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    pub kind: CurveKind,
    /// Moment of expiry.
    pub until: usize,
}

impl Curve {
    /// A curve that never expires.
    pub fn lasting(kind: CurveKind) -> Self {
        Self { kind, until: NEVER }
    }

    /// How it moves over `block` at `moment`.
    pub fn form(&self, moment: usize, block: &FactorBlock) -> Form {
        match &self.kind {
            CurveKind::Price(source) => source.form(1.0, block),
            CurveKind::Forward(source, carry) => match carry.uniform_log(moment, block) {
                Some(log) => source.form(libm::exp(log), block),
                None => Form::Array,
            },
            CurveKind::Inverse(carry) => match carry.uniform_log(moment, block) {
                Some(log) => Form::Constant(libm::exp(-log)),
                None => Form::Array,
            },
        }
    }

    /// Values on every path of `block` at `moment`; `exponents` is scratch of the same length.
    pub fn fill(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        exponents: &mut [f64],
        out: &mut [f64],
    ) {
        match &self.kind {
            CurveKind::Price(source) => source.fill(block, out),
            CurveKind::Forward(source, carry) => {
                carry.fill_ratio(isa, moment, block, Direction::Forward, exponents, out);
                source.multiply(block, out);
            }
            CurveKind::Inverse(carry) => {
                carry.fill_ratio(isa, moment, block, Direction::Reverse, exponents, out);
            }
        }
    }
}

impl PriceSource {
    /// The price times `ratio`.
    fn form(&self, ratio: f64, block: &FactorBlock) -> Form {
        match (self.uniform(block), self.factor) {
            (None, Some(factor)) => Form::Level { factor, scale: self.price * ratio },
            (price, _) => Form::Constant(price.unwrap_or(self.price) * ratio),
        }
    }

    fn multiply(&self, block: &FactorBlock, out: &mut [f64]) {
        match self.factor {
            None => scale(self.price, out),
            Some(factor) => {
                for (slot, level) in out.iter_mut().zip(block.level(factor)) {
                    *slot *= self.price * level;
                }
            }
        }
    }
}

impl Carry {
    /// `ln(F/S)` where it is the same on every path.
    pub fn uniform_log(&self, moment: usize, block: &FactorBlock) -> Option<f64> {
        let years = self.years[moment];
        match self.basis {
            Some(factor) if years != 0.0 => {
                block.uniform(factor).map(|basis| self.log_ratio[moment] + years * basis)
            }
            _ => Some(self.log_ratio[moment]),
        }
    }

    /// `F/S` (or `S/F`) on every path.
    fn fill_ratio(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        direction: Direction,
        exponents: &mut [f64],
        out: &mut [f64],
    ) {
        let sign = match direction {
            Direction::Forward => 1.0,
            Direction::Reverse => -1.0,
        };
        let constant = sign * self.log_ratio[moment];
        let years = sign * self.years[moment];
        match self.basis {
            Some(factor) if years != 0.0 => {
                for (slot, basis) in exponents.iter_mut().zip(block.log(factor)) {
                    *slot = constant + years * basis;
                }
                kernel::exp(isa, exponents, out);
            }
            _ => out.fill(libm::exp(constant)),
        }
    }

    /// `S/F` on every path: USD of a coin over its forward.
    pub fn fill_inverse(
        &self,
        isa: InstructionSet,
        moment: usize,
        block: &FactorBlock,
        exponents: &mut [f64],
        out: &mut [f64],
    ) {
        self.fill_ratio(isa, moment, block, Direction::Reverse, exponents, out);
    }
}

/// `values *= factor`.
pub(super) fn scale(factor: f64, values: &mut [f64]) {
    for value in values {
        *value *= factor;
    }
}

/// `sum += coefficient * values`.
pub(super) fn accumulate(coefficient: f64, values: &[f64], sum: &mut [f64]) {
    for (slot, value) in sum.iter_mut().zip(values) {
        *slot += coefficient * value;
    }
}

/// `sum += values / prices`: money turned into units of an asset; nothing for a price of zero.
pub(super) fn accumulate_units(values: &[f64], prices: &[f64], sum: &mut [f64]) {
    for ((slot, value), price) in sum.iter_mut().zip(values).zip(prices) {
        let units = value / price;
        *slot += if units.is_finite() { units } else { 0.0 };
    }
}
