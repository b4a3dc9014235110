//! Interpolates the options of one group, row by row, until the error is within a budget.
//!
//! Values at the nodes come from the book's own pricing, on a block whose paths are the nodes.
//! Flat volatilities: the degree follows from the bound. Along a smile: it grows until the last
//! coefficients have died away and the error off the nodes, doubled, is within the budget.

use super::bound::{self, DEGREE_MAX, OptionBound, VOLATILITY_DEGREE_MAX};
use super::domain::FactorRange;
use super::family::{FamilyPlan, Unit, rows};
use super::merge::full_cost;
use super::{Interpolation, Proof};
use crate::numeric::chebyshev::{Tensor, accumulate, coefficients, points};
use crate::numeric::isa::InstructionSet;
use crate::pricing::{CompiledBook, PathState};
use crate::simulation::FactorBlock;

/// Rounding of a value, of its share in the coefficients and of their sum by Clenshaw's recurrence,
/// whose error grows at worst with the square of the degree, in units of the size of its legs.
fn rounding((along, across): (usize, usize)) -> f64 {
    let steps = (along + across + 8) as f64;
    2.0 * f64::EPSILON * steps * steps
}

/// A measured error is taken this many times.
const SAFETY: f64 = 2.0;
/// Most nodes of a measured fit.
const NODES_MAX: usize = 4096;
/// Paths in full a node must be spread over where the set-up counts: a tenth of a run.
const PATHS_PER_NODE: usize = 10;

/// The interpolants of one group.
#[derive(Debug, Clone)]
pub(super) struct GroupFit {
    pub group: usize,
    pub proof: Proof,
    pub rows: Vec<RowFit>,
}

/// The interpolant of one group in one row.
#[derive(Debug, Clone)]
pub(super) struct RowFit {
    pub row: usize,
    /// `[degree in the volatility's log][degree in x]`.
    pub coefficients: Vec<Vec<f64>>,
    /// Bound of the error in the polynomial's unit.
    pub error: f64,
}

impl RowFit {
    /// Coefficients above `floor` in size.
    pub fn significant(&self, floor: f64) -> usize {
        self.coefficients.iter().flatten().filter(|entry| entry.abs() > floor).count()
    }
}

/// Prices groups at nodes.
pub(super) struct Fitter<'a> {
    book: &'a CompiledBook,
    isa: InstructionSet,
    moment: usize,
    ranges: &'a [FactorRange],
    /// Most nodes a group may take.
    nodes_max: usize,
    /// Nodes that each group has taken.
    nodes: Vec<usize>,
}

/// Values of a group's rows at points, in the polynomial's unit.
struct Sampled {
    /// By row of the group, then by point.
    values: Vec<Vec<f64>>,
    /// Value in the polynomial's unit of one unit of undiscounted quote.
    unit: f64,
    /// ln F less x.
    log_forward: f64,
}

/// A grid of points in both variables, on [−1, 1].
struct Grid {
    t: Vec<f64>,
    u: Vec<f64>,
}

impl Grid {
    fn new(degree: usize, volatility_degree: usize) -> Self {
        let (along, across) = (points(degree), points(volatility_degree));
        let t = across.iter().flat_map(|_| along.iter().copied()).collect();
        let u = across.iter().flat_map(|&u| along.iter().map(move |_| u)).collect();
        Self { t, u }
    }
}

impl<'a> Fitter<'a> {
    pub fn new(
        book: &'a CompiledBook,
        (isa, interpolation): (InstructionSet, Interpolation),
        moment: usize,
        ranges: &'a [FactorRange],
    ) -> Self {
        let nodes_max = match interpolation {
            Interpolation::WherePossible | Interpolation::WhereCheaper => usize::MAX,
            Interpolation::WhereCheaperOver(paths) => paths as usize / PATHS_PER_NODE,
        };
        let nodes = vec![0; book.groups.len()];
        Self { book, isa, moment, ranges, nodes_max, nodes }
    }

    pub fn book(&self) -> &'a CompiledBook {
        self.book
    }

    pub fn moment(&self) -> usize {
        self.moment
    }

    /// Operations spent, as a path in full counts them.
    pub fn spent(&self) -> f64 {
        let groups = self.book.groups.iter().zip(&self.nodes);
        groups.map(|(group, &nodes)| nodes as f64 * full_cost(group)).sum()
    }

    /// Whether a group may take that many nodes more.
    fn affords(&self, group: usize, nodes: usize) -> bool {
        self.nodes[group].saturating_add(nodes) <= self.nodes_max
    }

    /// USD of one unit of undiscounted quote in the polynomial's unit, and ln F less x.
    pub fn constants(&mut self, plan: &FamilyPlan, group: usize) -> (f64, f64) {
        let centre = self.sample(plan, group, &Grid::new(0, 0));
        (centre.unit, centre.log_forward)
    }

    /// Interpolants of `group` with errors within `budget` USD a row; `None` where no degree that
    /// would pay reaches it.
    pub fn fit(&mut self, plan: &FamilyPlan, group: usize, budget: f64) -> Option<GroupFit> {
        let budget = budget / plan.unit_max;
        let centre = self.sample(plan, group, &Grid::new(0, 0));
        let constants = (centre.unit, centre.log_forward);
        match bound::bounds(self.book, plan, (group, self.moment), constants, budget) {
            Some(bounds) => self.proven(plan, group, &bounds, budget),
            None => self.measured(plan, group, &centre, budget),
        }
    }

    fn proven(
        &mut self,
        plan: &FamilyPlan,
        group: usize,
        bounds: &[OptionBound],
        budget: f64,
    ) -> Option<GroupFit> {
        let degrees = bound::degrees(bounds, budget)?;
        self.affords(group, (degrees.0 + 1) * (degrees.1 + 1)).then_some(())?;
        let sampled = self.sample(plan, group, &Grid::new(degrees.0, degrees.1));
        let errors = bounds.iter().map(|bound| {
            bound.tensor_error(degrees.0, degrees.1) + rounding(degrees) * bound.size()
        });
        Some(self.group_fit(group, Proof::Proven, degrees, &sampled, errors))
    }

    fn measured(
        &mut self,
        plan: &FamilyPlan,
        group: usize,
        centre: &Sampled,
        budget: f64,
    ) -> Option<GroupFit> {
        let two = plan.variables.volatility.is_some();
        let mut degrees = (12, if two { 6 } else { 0 });
        let size = self.size(plan, group, centre);
        while degrees.0 <= DEGREE_MAX
            && degrees.1 <= VOLATILITY_DEGREE_MAX
            && (degrees.0 + 1) * (degrees.1 + 1) <= NODES_MAX
            && self.affords(group, (degrees.0 + 1) * (degrees.1 + 1))
        {
            let sampled = self.sample(plan, group, &Grid::new(degrees.0, degrees.1));
            let none = std::iter::repeat(0.0);
            let mut fit = self.group_fit(group, Proof::Measured, degrees, &sampled, none);
            let (along, across) = ends(&fit);
            if along <= 0.25 * budget && across <= 0.25 * budget {
                self.measure(plan, &mut fit, degrees, size);
                if fit.rows.iter().all(|row| row.error <= budget) {
                    return Some(fit);
                }
            }
            if across > along {
                degrees.1 += 4;
            } else {
                degrees.0 += degrees.0 / 2;
            }
        }
        None
    }

    /// Size of the legs of all contracts at the upper end of x.
    fn size(&self, plan: &FamilyPlan, group: usize, centre: &Sampled) -> f64 {
        let forward = libm::exp(centre.log_forward + plan.variables.x.at(1.0));
        let contracts = self.book.groups[group].contracts.iter();
        let leg = |contract: &crate::pricing::options::OptionContract| {
            let quantity: f64 = contract.holdings.iter().map(|held| held.quantity.abs()).sum();
            quantity * (forward + contract.strike)
        };
        centre.unit * contracts.map(leg).sum::<f64>()
    }

    fn group_fit(
        &self,
        group: usize,
        proof: Proof,
        degrees: (usize, usize),
        sampled: &Sampled,
        errors: impl Iterator<Item = f64>,
    ) -> GroupFit {
        let rows = rows(&self.book.groups[group]).into_iter().zip(&sampled.values).zip(errors);
        let rows = rows.map(|((row, values), error)| RowFit {
            row,
            coefficients: tensor_coefficients(values, degrees.0),
            error,
        });
        GroupFit { group, proof, rows: rows.collect() }
    }

    /// Sets each row's error to twice the largest on a grid of twice the degree.
    fn measure(
        &mut self,
        plan: &FamilyPlan,
        fit: &mut GroupFit,
        degrees: (usize, usize),
        size: f64,
    ) {
        let across = if degrees.1 == 0 { 0 } else { 2 * degrees.1 + 1 };
        let grid = Grid::new(2 * degrees.0 + 1, across);
        let sampled = self.sample(plan, fit.group, &grid);
        for (row, exact) in fit.rows.iter_mut().zip(&sampled.values) {
            let mut found = vec![0.0; exact.len()];
            let polynomial = Tensor::new(&row.coefficients);
            accumulate(self.isa, &polynomial, &grid.t, &grid.u, &mut found);
            let errors = found.iter().zip(exact).map(|(found, exact)| (found - exact).abs());
            row.error = SAFETY * errors.fold(0.0, f64::max) + rounding(degrees) * size;
        }
    }

    fn sample(&mut self, plan: &FamilyPlan, group: usize, grid: &Grid) -> Sampled {
        let count = grid.t.len();
        self.nodes[group] += count;
        let block = self.block(plan, grid);
        let mut state = PathState::new(self.book, count);
        self.book.start_block(&mut state, count);
        let mut out = vec![0.0; self.book.rows.len() * count];
        self.book.add_group(self.isa, self.moment, group, &block, &mut state, &mut out);
        let shared = &mut state.scratch.shared;
        shared.rooted = None;
        let held = &self.book.groups[group];
        let (unit, log_forward) = held.share(self.isa, self.moment, &block, shared).on_first_path();
        let divisor = self.divisor(plan, &block);
        let of_row = |row: usize| {
            let values = &out[row * count..][..count];
            values.iter().map(|value| value / divisor).collect()
        };
        Sampled {
            values: rows(held).into_iter().map(of_row).collect(),
            unit: unit / divisor,
            log_forward: log_forward - plan.variables.x.at(grid.t[0]),
        }
    }

    /// A block whose paths are the grid's points.
    fn block(&self, plan: &FamilyPlan, grid: &Grid) -> FactorBlock {
        let variables = &plan.variables;
        let count = grid.t.len();
        let mut block = FactorBlock::new(self.ranges.len(), count);
        for (factor, range) in self.ranges.iter().enumerate() {
            let log = match *range {
                FactorRange::Still(log) => log,
                FactorRange::Moving { centre, .. } => centre,
            };
            block.set_uniform(factor, log, libm::exp(log));
        }
        if let Some(quote) = variables.quote {
            block.set_uniform(quote.factor, 0.0, 1.0);
        }
        let shift = variables.basis.map_or(0.0, |(basis, years)| years * basis.axis.centre);
        let (logs, levels) = block.factor_mut(variables.spot);
        for ((log, level), &t) in logs.iter_mut().zip(levels).zip(&grid.t) {
            *log = variables.x.at(t) - shift;
            *level = libm::exp(*log);
        }
        if let Some(volatility) = variables.volatility {
            let (logs, levels) = block.factor_mut(volatility.factor);
            for ((log, level), &u) in logs.iter_mut().zip(levels).zip(&grid.u) {
                *log = volatility.axis.at(u);
                *level = libm::exp(*log);
            }
        }
        block
    }

    /// The unit on the sampled block, where it is the same on every path.
    fn divisor(&self, plan: &FamilyPlan, block: &FactorBlock) -> f64 {
        match plan.variables.unit {
            Unit::Constant => 1.0,
            Unit::Price(source) => source.price,
            Unit::Inverse(group) => {
                let mut unit = vec![0.0; block.path_count()];
                let mut exponents = unit.clone();
                let carry = &self.book.groups[group].carry;
                carry.fill_inverse(self.isa, self.moment, block, &mut exponents, &mut unit);
                unit[0]
            }
        }
    }
}

/// Coefficients `[j][i]` from values on a grid of `degree + 1` points in x.
fn tensor_coefficients(values: &[f64], degree: usize) -> Vec<Vec<f64>> {
    let along: Vec<Vec<f64>> = values.chunks_exact(degree + 1).map(coefficients).collect();
    let mut across = vec![vec![0.0; degree + 1]; along.len()];
    for i in 0..=degree {
        let column: Vec<f64> = along.iter().map(|row| row[i]).collect();
        for (row, entry) in across.iter_mut().zip(coefficients(&column)) {
            row[i] = entry;
        }
    }
    across
}

/// Size of the last two coefficients in each variable, summed over the other: the worst row's.
fn ends(fit: &GroupFit) -> (f64, f64) {
    let size = |entries: &[f64]| entries.iter().map(|entry| entry.abs()).sum::<f64>();
    let along = |row: &RowFit| row.coefficients.iter().map(|one| size(&one[one.len() - 2..])).sum();
    let across = |row: &RowFit| match row.coefficients.len() {
        1 => 0.0,
        count => row.coefficients[count - 2..].iter().map(|one| size(one)).sum(),
    };
    let worst = |of: &dyn Fn(&RowFit) -> f64| fit.rows.iter().map(of).fold(0.0, f64::max);
    (worst(&along), worst(&across))
}
