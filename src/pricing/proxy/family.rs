//! Option groups that are functions of the same variables, and what becomes of them.

use super::Proof;
use super::domain::{Axis, FactorRange};
use super::pieces::Pieces;
use crate::numeric::chebyshev::Tensor;
use crate::pricing::CompiledBook;
use crate::pricing::curve::PriceSource;
use crate::pricing::options::OptionGroup;

/// Operations of mapping a block to one variable, a path.
const AXIS_COST: f64 = 6.0;
/// Operations of a unit that differs by path.
const UNIT_COST: f64 = 16.0;

/// A factor that moves, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mover {
    pub factor: usize,
    pub axis: Axis,
}

/// The variables of a family: x = ln S [− ln P] [+ years · basis], and the volatility's log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variables {
    pub spot: usize,
    /// The moving peg of the quote.
    pub quote: Option<Mover>,
    /// The moving basis, with the years it acts over.
    pub basis: Option<(Mover, f64)>,
    pub x: Axis,
    pub volatility: Option<Mover>,
    pub unit: Unit,
}

/// What the polynomial's value is multiplied by on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    /// Nothing: it is the same on every path and part of the polynomial.
    Constant,
    /// USD price of the quote.
    Price(PriceSource),
    /// USD of a coin over its forward, of this group.
    Inverse(usize),
}

/// Groups to be interpolated together.
#[derive(Debug, Clone)]
pub(super) struct FamilyPlan {
    pub variables: Variables,
    pub groups: Vec<usize>,
    pub still: Vec<(usize, f64)>,
    /// Largest unit inside the domain.
    pub unit_max: f64,
}

/// A family whose rows are polynomials.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub variables: Variables,
    pub shape: Shape,
    pub still: Vec<(usize, f64)>,
    pub proof: Proof,
}

/// How many polynomials stand for a row.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// One over the whole domain.
    Whole(Vec<RowPolynomial>),
    /// One a piece of x.
    Pieces(Pieces),
}

/// The options of one row.
#[derive(Debug, Clone)]
pub(super) struct RowPolynomial {
    pub row: usize,
    pub polynomial: Tensor,
    /// Bound of the error in USD.
    pub error: f64,
}

impl Family {
    /// Polynomials evaluated a path.
    pub fn row_count(&self) -> usize {
        match &self.shape {
            Shape::Whole(rows) => rows.len(),
            Shape::Pieces(pieces) => pieces.row_count(),
        }
    }

    /// Coefficients evaluated a path, at most.
    pub fn term_count(&self) -> usize {
        match &self.shape {
            Shape::Whole(rows) => terms(rows),
            Shape::Pieces(pieces) => pieces.term_count(),
        }
    }

    /// Operations a path.
    pub fn cost(&self) -> f64 {
        let finding = match &self.shape {
            Shape::Whole(_) => 0.0,
            Shape::Pieces(pieces) => pieces.cost(),
        };
        self.variables.cost() + finding + self.term_count() as f64
    }

    /// Adds the bound of every row's error, in USD.
    pub fn add_errors(&self, row_errors: &mut [f64]) {
        match &self.shape {
            Shape::Whole(rows) => rows.iter().for_each(|row| row_errors[row.row] += row.error),
            Shape::Pieces(pieces) => pieces.add_errors(row_errors),
        }
    }
}

/// Coefficients of all rows.
pub(super) fn terms(rows: &[RowPolynomial]) -> usize {
    rows.iter().map(|row| row.polynomial.term_count()).sum()
}

impl Variables {
    /// Operations that do not depend on the polynomials.
    pub fn cost(&self) -> f64 {
        let axes = [self.quote.is_some(), self.basis.is_some(), self.volatility.is_some()];
        let axes = 1 + axes.into_iter().filter(|moves| *moves).count();
        let unit = if self.unit == Unit::Constant { 0.0 } else { UNIT_COST };
        AXIS_COST * axes as f64 + unit
    }
}

impl FamilyPlan {
    /// Rows of all groups, counted with each group.
    pub fn cell_count(&self, book: &CompiledBook) -> usize {
        self.groups.iter().map(|&group| rows(&book.groups[group]).len()).sum()
    }
}

/// Rows that hold contracts of a group, ascending.
pub(super) fn rows(group: &OptionGroup) -> Vec<usize> {
    let holdings = group.contracts.iter().flat_map(|contract| &contract.holdings);
    let mut rows: Vec<usize> = holdings.map(|holding| holding.row).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Sorts groups into families; the second list has those that no polynomial can stand for.
pub(super) fn families(
    book: &CompiledBook,
    moment: usize,
    ranges: &[FactorRange],
    groups: impl Iterator<Item = usize>,
) -> (Vec<FamilyPlan>, Vec<usize>) {
    let mut plans: Vec<FamilyPlan> = Vec::new();
    let mut in_full = Vec::new();
    for index in groups {
        let Some(plan) = plan(&book.groups[index], index, moment, ranges) else {
            in_full.push(index);
            continue;
        };
        match plans.iter_mut().find(|other| other.variables == plan.variables) {
            Some(other) => {
                other.groups.push(index);
                other.still.extend(plan.still);
            }
            None => plans.push(plan),
        }
    }
    (plans, in_full)
}

/// A family of one group; `None` where its coin does not move.
fn plan(
    group: &OptionGroup,
    index: usize,
    moment: usize,
    ranges: &[FactorRange],
) -> Option<FamilyPlan> {
    let moving = |factor: usize| ranges[factor].axis().map(|axis| Mover { factor, axis });
    let spot = moving(group.spot.factor?)?;
    let quote = group.quote.and_then(|quote| quote.factor).and_then(moving);
    let years = group.carry.years[moment];
    let basis = group.carry.basis.filter(|_| years != 0.0).and_then(moving);
    let damping = group.damping[moment];
    let volatility = moving(group.volatility_factor).filter(|_| damping != 0.0);
    let mut x = spot.axis;
    if let Some(quote) = quote {
        x = x.plus(-1.0, quote.axis);
    }
    if let Some(basis) = basis {
        x = x.plus(years, basis.axis);
    }
    let (unit, unit_max) = unit(group, index, moment, quote, basis);
    let basis = basis.map(|basis| (basis, years));
    let factors = [group.quote.and_then(|quote| quote.factor), group.carry.basis];
    let factors = factors.into_iter().flatten().chain([group.volatility_factor]);
    let still = factors.filter_map(|factor| match ranges[factor] {
        FactorRange::Still(log) => Some((factor, log)),
        FactorRange::Moving { .. } => None,
    });
    let variables = Variables { spot: spot.factor, quote, basis, x, volatility, unit };
    Some(FamilyPlan { variables, groups: vec![index], still: still.collect(), unit_max })
}

/// The unit and the largest it can be.
fn unit(
    group: &OptionGroup,
    index: usize,
    moment: usize,
    quote: Option<Mover>,
    basis: Option<Mover>,
) -> (Unit, f64) {
    match (group.quote, quote, basis) {
        (Some(source), Some(quote), _) => {
            (Unit::Price(source), source.price * libm::exp(quote.axis.at(1.0)))
        }
        (None, _, Some(basis)) => {
            let years = group.carry.years[moment];
            let exponent = -group.carry.log_ratio[moment] - years * basis.axis.at(-1.0);
            (Unit::Inverse(index), libm::exp(exponent))
        }
        _ => (Unit::Constant, 1.0),
    }
}
