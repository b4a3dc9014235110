//! Whether a price touched a level between two nodes at which it is known.
//!
//! Flows in: logarithms of the price and of the level at both nodes, the variance between them, a
//! uniform. Flows out: the probability that the path in between crossed, and whether this one did;
//! for tests and single accounts the probability within a horizon in closed form.
//!
//! Given both ends a one-factor log-diffusion is a Brownian bridge, whatever its drift: it crosses
//! a level that moves evenly from `b₀` to `b₁` with probability
//! `exp(−2(x₀ − b₀)(x₁ − b₁)/(σ²Δt))` while both ends are on one side (Karatzas & Shreve 1991,
//! §4.3; Glasserman 2003, §6.4). Limits: one factor, no jump in the interval; an account moved by
//! several factors is watched at sub-steps instead. Of two levels each is watched for itself: the
//! probability of touching either is at most the sum.

use crate::numeric::InstructionSet;
use crate::numeric::kernel::exp_in_place;
use crate::numeric::special::normal_cdf;

/// The logarithm of a price and of a level at one node, one value a path.
#[derive(Debug, Clone, Copy)]
pub struct BridgeEnd<'a> {
    /// Logarithm of the price, of any numeraire.
    pub price: &'a [f64],
    /// Logarithm of the level, of the same.
    pub level: &'a [f64],
}

/// Probabilities that paths crossed their level between two nodes: 1 where an end lies on it or
/// the ends lie on both sides. `variance` is that of the logarithm between the nodes, one a path;
/// without variance only such paths cross.
///
/// # Panics
/// If the slices differ in length: a fault of the caller's code.
pub fn fill_crossing_probabilities(
    isa: InstructionSet,
    start: BridgeEnd,
    end: BridgeEnd,
    variance: &[f64],
    out: &mut [f64],
) {
    for (slices, name) in [(start, "start"), (end, "end")] {
        assert_eq!(slices.price.len(), out.len(), "prices at the {name}");
        assert_eq!(slices.level.len(), out.len(), "levels at the {name}");
    }
    assert_eq!(variance.len(), out.len(), "variances");
    let starts = start.price.iter().zip(start.level);
    let ends = end.price.iter().zip(end.level);
    for ((slot, variance), ((x0, b0), (x1, b1))) in
        out.iter_mut().zip(variance).zip(starts.zip(ends))
    {
        *slot = exponent(x0 - b0, x1 - b1, *variance);
    }
    exp_in_place(isa, out);
}

/// The probability of one path; see [`fill_crossing_probabilities`].
pub fn crossing_probability(start_above: f64, end_above: f64, variance: f64) -> f64 {
    libm::exp(exponent(start_above, end_above, variance))
}

/// Least exponent: its exponential is zero, and so are those of numbers below.
const NEVER: f64 = -1e4;

/// Logarithm of the probability, given by how much price exceeds level at both ends.
#[inline(always)]
fn exponent(start_above: f64, end_above: f64, variance: f64) -> f64 {
    let product = start_above * end_above;
    if product > 0.0 { (-2.0 * product / variance).max(NEVER) } else { 0.0 }
}

/// Whether a path crossed: by one uniform a path and interval.
#[inline]
pub fn crosses(probability: f64, uniform: f64) -> bool {
    uniform < probability
}

/// The level below both ends that a bridge from `start` to 0 touches with probability `probability`:
/// `(start − l)·(−l) = −σ² ln(p)/2`; levels above `start` and 0 are its mirror image.
pub fn level_touched_with(probability: f64, start: f64, variance: f64) -> f64 {
    let product = -0.5 * variance * libm::log(probability);
    0.5 * (start - (start * start + 4.0 * product).sqrt())
}

/// The law of the logarithm of a price: `x₀ + drift·t + volatility·W_t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogDiffusion {
    /// Drift of the logarithm a year: `μ − σ²/2` for a geometric Brownian motion of drift μ.
    pub drift: f64,
    /// Volatility a year.
    pub volatility: f64,
}

impl LogDiffusion {
    /// Of a price whose mean stays what it is.
    pub fn martingale(volatility: f64) -> Self {
        Self { drift: -0.5 * volatility * volatility, volatility }
    }

    /// Probability of touching a level within `years` under continuous monitoring; `distance` is
    /// the logarithm of the level over today's price, negative below it:
    /// `Φ((b − νT)/σ√T) + e^{2νb/σ²}·Φ((b + νT)/σ√T)` for `b < 0`, mirrored above (Karatzas &
    /// Shreve 1991, §3.5.C).
    pub fn touch_probability(&self, distance: f64, years: f64) -> f64 {
        let (level, drift) = (-distance.abs(), -self.drift * distance.signum());
        if distance == 0.0 {
            return 1.0;
        }
        let deviation = self.volatility * years.max(0.0).sqrt();
        if deviation <= 0.0 {
            return if drift * years <= level { 1.0 } else { 0.0 };
        }
        let ended = normal_cdf((level - drift * years) / deviation);
        let returned = normal_cdf((level + drift * years) / deviation);
        if returned == 0.0 {
            return ended;
        }
        let exponent = 2.0 * drift * level / (self.volatility * self.volatility);
        (ended + libm::exp(exponent) * returned).min(1.0)
    }
}

#[cfg(test)]
mod tests;
