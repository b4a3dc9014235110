//! Venues that fail, more likely when prices have fallen, and pegs that break the same way.
//!
//! Flows in: an annual probability, how strongly it depends on the drawdown of the main coins, and
//! the drawdowns on pilot paths. Flows out: a [`Hazard`], called per node over a block: the hazard
//! of the step on every path, and whether a uniform says that it struck; what a claim is worth then
//! ([`ShareLaw`]); the expected loss.
//!
//! Source: Hull & White (2012, "CVA and Wrong-Way Risk"): `h = exp(a + b·w)`, w the drawdown here,
//! with a such that the mean probability over the horizon is the stated one. Limits: a is one number
//! for the horizon; venues fail independently given the drawdown.

mod claim;
mod exposure;
mod peg;
mod strata;

#[cfg(test)]
mod tests;

pub use claim::{ShareLaw, ShareLawError};
pub use exposure::{expected_loss, exposure_at_default};
pub use peg::{PegBreak, PegState};
pub use strata::{ClockTilt, FailureStrata, VenueStrata};

use serde::{Deserialize, Serialize};

use crate::numeric::InstructionSet;
use crate::numeric::kernel::exp_in_place;
use crate::numeric::root::bisect;
use crate::units::Years;

/// A hazard `exp(a + b·w)` a year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hazard {
    /// a; −∞: never.
    intercept: f64,
    /// b: by how much the logarithm of the hazard rises with a drawdown of the whole price.
    slope: f64,
}

/// Drawdowns on pilot paths, to calibrate on.
#[derive(Debug, Clone, Copy)]
pub struct PilotDrawdowns<'a> {
    /// Lengths of the steps.
    pub steps: &'a [Years],
    /// `[step][path]`, in [0, 1], at the end of each step.
    pub drawdowns: &'a [f64],
}

impl Hazard {
    /// Nothing fails.
    pub const NEVER: Self = Self { intercept: f64::NEG_INFINITY, slope: 0.0 };

    /// A hazard by its parameters.
    pub const fn new(intercept: f64, slope: f64) -> Self {
        Self { intercept, slope }
    }

    /// The intercept a.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The slope b.
    pub fn slope(&self) -> f64 {
        self.slope
    }

    /// The hazard whose mean probability over the pilot paths is `probability`, in [0, 1], over
    /// their steps together: solves `mean(exp(−eᵃ·Σ exp(b·w)·dt)) = 1 − probability`. Set-up code.
    ///
    /// # Panics
    /// If there is no pilot path, no step, or no whole number of paths: a fault of the caller's
    /// code.
    pub fn calibrated(probability: f64, slope: f64, pilot: &PilotDrawdowns) -> Self {
        let paths = pilot.path_count();
        if probability <= 0.0 {
            return Self { slope, ..Self::NEVER };
        }
        if probability >= 1.0 {
            return Self { intercept: f64::INFINITY, slope };
        }
        let exposures: Vec<f64> = (0..paths).map(|path| pilot.exposure(path, slope)).collect();
        let survived = |intercept: f64| {
            let scale = libm::exp(intercept);
            let each = exposures.iter().map(|exposure| libm::exp(-scale * exposure));
            each.sum::<f64>() / paths as f64
        };
        // Where all paths had the exposure of the most, or of the least, exposed.
        let needed = libm::log(-libm::log1p(-probability));
        let most = exposures.iter().fold(f64::MIN_POSITIVE, |most, one| most.max(*one));
        let least = exposures.iter().fold(most, |least, one| least.min(*one));
        let (low, high) = (needed - libm::log(most), needed - libm::log(least));
        let gap = |intercept: f64| survived(intercept) - (1.0 - probability);
        // Rounding may leave both ends on one side where all paths are alike.
        let intercept = bisect(gap, low - WIDER, high + WIDER, 0.0);
        Self { intercept: intercept.unwrap_or(0.5 * (low + high)), slope }
    }

    /// Turns the drawdowns of a block into the hazards of a step, `exp(a + b·w)·dt`.
    pub fn fill_step(&self, isa: InstructionSet, step: Years, values: &mut [f64]) {
        for slot in values.iter_mut() {
            *slot = self.intercept + self.slope * *slot;
        }
        exp_in_place(isa, values);
        values.iter_mut().for_each(|slot| *slot *= step.get());
    }
}

/// Room around a bracket whose ends may be roots themselves.
const WIDER: f64 = 1e-6;

impl PilotDrawdowns<'_> {
    fn path_count(&self) -> usize {
        let steps = self.steps.len();
        assert!(steps > 0, "pilot paths without steps");
        let paths = self.drawdowns.len() / steps;
        assert!(paths > 0 && paths * steps == self.drawdowns.len(), "ragged pilot paths");
        paths
    }

    /// `Σ exp(b·w)·dt` of one path.
    fn exposure(&self, path: usize, slope: f64) -> f64 {
        let rows = self.drawdowns.chunks_exact(self.path_count());
        let terms = self.steps.iter().zip(rows);
        terms.map(|(step, row)| libm::exp(slope * row[path]) * step.get()).sum()
    }
}

/// Probability of failing in a step of the given hazard.
pub fn step_probability(hazard: f64) -> f64 {
    -libm::expm1(-hazard)
}

/// Whether it fails: `1 − exp(−h·dt) > U`.
#[inline]
pub fn strikes(hazard: f64, uniform: f64) -> bool {
    // 1 − exp(−x) ≤ x: most paths need no exponential.
    hazard > uniform && step_probability(hazard) > uniform
}

/// Probability over `horizon` of what has probability `annual` a year, at an even hazard.
pub fn horizon_probability(annual: f64, horizon: Years) -> f64 {
    -libm::expm1(horizon.get() * libm::log1p(-annual))
}

/// Adds `weight` times the drawdown from the highest price so far, on each path; `highest` starts
/// with today's price and is kept up.
///
/// # Panics
/// If the slices differ in length: a fault of the caller's code.
pub fn add_drawdowns(weight: f64, prices: &[f64], highest: &mut [f64], drawdowns: &mut [f64]) {
    assert!(prices.len() == highest.len() && prices.len() == drawdowns.len(), "one value a path");
    for ((price, highest), slot) in prices.iter().zip(highest).zip(drawdowns) {
        *highest = highest.max(*price);
        *slot += weight * (1.0 - price / *highest);
    }
}
