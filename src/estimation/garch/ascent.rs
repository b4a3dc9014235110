//! Climbing the GARCH likelihood: a coarse grid, then damped Newton steps inside the bounds.
//!
//! Near the top the steps are plain Newton, so that the parameters reach nearly full precision and
//! the answer does not depend on a simplex's stopping rule. A simplex search is the last resort,
//! where Newton steps do not settle: on the ridge of α ≈ 0, along which ω and β trade against each
//! other, the Hessian is singular.

use nalgebra::{Cholesky, Matrix4};

use super::likelihood::{Likelihood, Point, constant_variance, likelihood, value};
use crate::numeric::optimise::{MinimiseOptions, minimise};

/// Lower bounds of (μ, ω, α, β) for returns of unit variance.
const LOWER: [f64; 4] = [-10.0, 1e-9, 0.0, 0.0];
/// Upper bounds; α + β is judged by the caller.
const UPPER: [f64; 4] = [10.0, 10.0, 2.0, 1.0 - 1e-9];
/// A parameter this near to its bound is held there while the gradient pushes it out.
const NEAR_BOUND: f64 = 1e-7;
/// Share of the way to a bound that one step may go.
const STEP_TO_BOUND: f64 = 0.95;
/// A step cut shorter than this leads along a bound: more damping turns it toward the gradient.
const SHARE_MIN: f64 = 0.1;
const ITERATIONS_MAX: usize = 500;
/// Newton decrement below which steps are taken unconditionally: rounding hides the gain.
const DECREMENT_FINE: f64 = 1e-9;
/// Newton decrement at which the parameters are within 1e-9 of a standard error.
const DECREMENT_DONE: f64 = 1e-18;
/// Newton decrement that passes for the top once the iterations are spent: rounding may hide more,
/// and the parameters are within 1e-6 of a standard error.
const DECREMENT_ENOUGH: f64 = 1e-12;
/// Natural steps of (μ, ω, α, β) in the simplex search.
const SIMPLEX_STEPS: [f64; 4] = [0.05, 0.05, 0.05, 0.1];
/// Gain in log-likelihood over a constant variance below which the variance is told as constant: a
/// likelihood ratio of 0.002, far below what any test can see.
const FLAT_GAIN: f64 = 1e-3;

/// The top of the likelihood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Top {
    pub point: Point,
    pub likelihood: Likelihood,
    /// Parameters that are free: not fixed by the caller, not held at a bound.
    pub free: [bool; 4],
    /// How it was reached.
    pub ascent: Ascent,
    /// How it stands against a constant variance.
    pub shape: Shape,
}

/// How the top was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ascent {
    /// By Newton steps.
    Newton,
    /// By a simplex search, as Newton steps did not settle.
    Simplex,
}

/// Whether a variance that moves explains more than one that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// It does.
    Peak,
    /// It does not: every (ω, β) with the same `ω / (1 − β)` does as well.
    Ridge,
}

impl Top {
    fn new(
        returns: &[f64],
        point: Point,
        here: Likelihood,
        open: [bool; 4],
        ascent: Ascent,
    ) -> Self {
        let free = free_parameters(&point, &here.gradient, open);
        let constant = value(returns, &constant_variance(returns, point[0], open[0]));
        let shape = if here.value - constant < FLAT_GAIN { Shape::Ridge } else { Shape::Peak };
        Self { point, likelihood: here, free, ascent, shape }
    }
}

/// Maximises the likelihood of `returns` (unit variance) over the parameters that are `open`.
///
/// # Errors
/// The number of iterations and evaluations spent, when they did not suffice.
pub(super) fn climb(returns: &[f64], mean: f64, open: [bool; 4]) -> Result<Top, usize> {
    let mut point = grid_start(returns, mean);
    let mut here = likelihood(returns, &point);
    let mut damping = 1e-3;
    for _ in 0..ITERATIONS_MAX {
        let free = free_parameters(&point, &here.gradient, open);
        if snap(&mut point, free, open) {
            here = likelihood(returns, &point);
            continue;
        }
        let Some(step) = newton_step(&here, free, damping) else {
            damping *= 10.0;
            continue;
        };
        // Undoing the damping, or a timid step would pass for the top.
        let decrement = step.dot(&here.gradient) * (1.0 + damping);
        if decrement < DECREMENT_DONE {
            return Ok(Top::new(returns, point, here, open, Ascent::Newton));
        }
        let share = room(&point, &step);
        if share < SHARE_MIN {
            damping = (damping * 10.0).max(1e-6);
            continue;
        }
        let candidate = point + step * share;
        let there = likelihood(returns, &candidate);
        let gain = there.value - here.value;
        if gain >= 0.0 || (decrement < DECREMENT_FINE && gain > -1e-9) {
            let fine = decrement < DECREMENT_FINE;
            (point, here) = (candidate, there);
            damping = if fine { 0.0 } else { damping * 0.1 };
        } else {
            damping = (damping * 10.0).max(1e-6);
        }
    }
    if is_near_top(&point, &here, open) {
        return Ok(Top::new(returns, point, here, open, Ascent::Newton));
    }
    search(returns, point, open)
}

fn is_near_top(point: &Point, here: &Likelihood, open: [bool; 4]) -> bool {
    let free = free_parameters(point, &here.gradient, open);
    let step = newton_step(here, free, 0.0);
    step.is_some_and(|step| step.dot(&here.gradient) < DECREMENT_ENOUGH)
}

/// Looks for the top without derivatives; points outside the bounds are moved onto them.
fn search(returns: &[f64], start: Point, open: [bool; 4]) -> Result<Top, usize> {
    let axes: Vec<usize> = (0..4).filter(|&index| open[index]).collect();
    let place = |coordinates: &[f64]| {
        let mut point = start;
        for (&axis, &coordinate) in axes.iter().zip(coordinates) {
            point[axis] = coordinate.clamp(LOWER[axis], UPPER[axis]);
        }
        point
    };
    let begin: Vec<f64> = axes.iter().map(|&axis| start[axis]).collect();
    let steps: Vec<f64> = axes.iter().map(|&axis| SIMPLEX_STEPS[axis]).collect();
    let depth = |coordinates: &[f64]| -value(returns, &place(coordinates));
    let lowest =
        minimise(depth, &begin, &steps, &MinimiseOptions::default()).map_err(|_| ITERATIONS_MAX)?;
    let mut point = place(&lowest.point);
    if !lowest.converged {
        // Anywhere along a ridge does: the constant variance itself is the plainest place.
        let constant = constant_variance(returns, start[0], open[0]);
        if -lowest.value - value(returns, &constant) >= FLAT_GAIN {
            return Err(ITERATIONS_MAX + lowest.evaluations);
        }
        point = constant;
    }
    let here = likelihood(returns, &point);
    let free = free_parameters(&point, &here.gradient, open);
    let here = if snap(&mut point, free, open) { likelihood(returns, &point) } else { here };
    Ok(Top::new(returns, point, here, open, Ascent::Simplex))
}

/// The best of a few (α, β) with ω set so that the long-run variance is that of the sample.
fn grid_start(returns: &[f64], mean: f64) -> Point {
    let mut best = (f64::NEG_INFINITY, Point::zeros());
    for alpha in [0.02, 0.05, 0.1, 0.2] {
        for persistence in [0.5, 0.8, 0.9, 0.95, 0.98] {
            let point = Point::new(mean, 1.0 - persistence, alpha, persistence - alpha);
            let height = value(returns, &point);
            if height > best.0 {
                best = (height, point);
            }
        }
    }
    best.1
}

fn free_parameters(point: &Point, gradient: &Point, open: [bool; 4]) -> [bool; 4] {
    std::array::from_fn(|index| {
        let held_below = point[index] - LOWER[index] < NEAR_BOUND && gradient[index] < 0.0;
        let held_above = UPPER[index] - point[index] < NEAR_BOUND && gradient[index] > 0.0;
        open[index] && !held_below && !held_above
    })
}

/// Puts held parameters on their bounds; says whether any moved.
fn snap(point: &mut Point, free: [bool; 4], open: [bool; 4]) -> bool {
    let mut moved = false;
    for index in (0..4).filter(|&index| open[index] && !free[index]) {
        let low = point[index] - LOWER[index] < NEAR_BOUND;
        let bound = if low { LOWER[index] } else { UPPER[index] };
        moved |= point[index] != bound;
        point[index] = bound;
    }
    moved
}

/// Solves `(−H + damping·diag)·step = gradient` over the free parameters; `None` when indefinite.
fn newton_step(here: &Likelihood, free: [bool; 4], damping: f64) -> Option<Point> {
    let information = Matrix4::from_fn(|i, j| match (i == j, free[i] && free[j]) {
        (true, true) => -here.hessian[(i, i)] + damping * here.hessian[(i, i)].abs().max(1e-12),
        (true, false) => 1.0,
        (false, true) => -here.hessian[(i, j)],
        (false, false) => 0.0,
    });
    let gradient = Point::from_fn(|i, _| if free[i] { here.gradient[i] } else { 0.0 });
    Cholesky::new(information).map(|factor| factor.solve(&gradient))
}

/// Largest share of `step`, at most one, that keeps the point inside its bounds.
fn room(point: &Point, step: &Point) -> f64 {
    let mut share = 1.0_f64;
    for index in 0..4 {
        let end = point[index] + step[index];
        let distance = if end < LOWER[index] {
            point[index] - LOWER[index]
        } else if end > UPPER[index] {
            UPPER[index] - point[index]
        } else {
            continue;
        };
        share = share.min(STEP_TO_BOUND * distance / step[index].abs());
    }
    share
}
