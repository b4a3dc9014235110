//! Climbing the GARCH likelihood: a coarse grid, then damped Newton steps inside the bounds.
//!
//! Near the top the steps are plain Newton, so that the parameters reach nearly full precision and
//! the answer does not depend on a simplex's stopping rule.

use nalgebra::{Cholesky, Matrix4};

use super::likelihood::{Likelihood, Point, likelihood, value};

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

/// The top of the likelihood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Top {
    pub point: Point,
    pub likelihood: Likelihood,
    /// Parameters that are free: not fixed by the caller, not held at a bound.
    pub free: [bool; 4],
}

/// Maximises the likelihood of `returns` (unit variance) over the parameters that are `open`.
///
/// # Errors
/// The number of iterations spent, when they did not suffice.
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
            return Ok(Top { point, likelihood: here, free });
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
    Err(ITERATIONS_MAX)
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
