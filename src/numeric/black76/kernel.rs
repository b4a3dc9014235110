//! Values of one option on a block of paths.
//!
//! With d = ln(F/K)/s ± s/2 the identity F·φ(d₁) = K·φ(d₂) lets one exponential serve both
//! distribution functions, and Φ(−|d|) = e^(−d²/2)·P(|d|)/Q(|d|) lets one division serve both
//! ratios. Each right is valued directly, so a far out-of-the-money put keeps its digits where
//! parity would cancel them. Error below 1e-15·max(F, K) (measured in the tests).

use super::Right;
use crate::numeric::element::{TAIL_ARGUMENT_MAX, exp_of_nonpositive, tail_ratio};
use crate::numeric::isa::cloned_per_instruction_set;

/// Stands for a deviation of zero: the value is then the intrinsic one.
pub(super) const DEVIATION_MIN: f64 = 1e-100;

cloned_per_instruction_set! {
    /// Undiscounted Black-76 values of one option, a path each: `forwards` F, `log_moneyness`
    /// ln(F/K), `deviations` σ√T (zero or less gives the intrinsic value).
    ///
    /// A forward of zero or less, whose logarithm is −∞ or NaN, gives the intrinsic value.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn black76_values(
        right: Right,
        strike: f64,
        forwards: &[f64],
        log_moneyness: &[f64],
        deviations: &[f64],
        out: &mut [f64],
    ) = values;
}

cloned_per_instruction_set! {
    /// [`black76_values`] with one deviation for all paths; the same bits.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn black76_values_flat(
        right: Right,
        strike: f64,
        forwards: &[f64],
        log_moneyness: &[f64],
        deviation: f64,
        out: &mut [f64],
    ) = values_flat;
}

#[inline(always)]
fn values(
    right: Right,
    strike: f64,
    forwards: &[f64],
    log_moneyness: &[f64],
    deviations: &[f64],
    out: &mut [f64],
) {
    let count = out.len();
    assert!(forwards.len() == count && log_moneyness.len() == count && deviations.len() == count);
    for path in 0..count {
        let deviation = positive(deviations[path]);
        out[path] = value(right.sign(), strike, forwards[path], log_moneyness[path], deviation);
    }
}

#[inline(always)]
fn values_flat(
    right: Right,
    strike: f64,
    forwards: &[f64],
    log_moneyness: &[f64],
    deviation: f64,
    out: &mut [f64],
) {
    let count = out.len();
    assert!(forwards.len() == count && log_moneyness.len() == count);
    let deviation = positive(deviation);
    for path in 0..count {
        out[path] = value(right.sign(), strike, forwards[path], log_moneyness[path], deviation);
    }
}

#[inline(always)]
fn positive(deviation: f64) -> f64 {
    if deviation > DEVIATION_MIN { deviation } else { DEVIATION_MIN }
}

/// Holds `d` within the range of the tail ratio; NaN becomes its lower end.
#[inline(always)]
fn bounded(d: f64) -> f64 {
    let above = if d > -TAIL_ARGUMENT_MAX { d } else { -TAIL_ARGUMENT_MAX };
    if above < TAIL_ARGUMENT_MAX { above } else { TAIL_ARGUMENT_MAX }
}

/// The undiscounted value; `sign` is +1 for a call, −1 for a put, `deviation` is positive.
#[inline(always)]
pub(super) fn value(
    sign: f64,
    strike: f64,
    forward: f64,
    log_moneyness: f64,
    deviation: f64,
) -> f64 {
    let centre = log_moneyness * (1.0 / deviation);
    let d_1 = bounded(deviation.mul_add(0.5, centre));
    let d_2 = bounded(deviation.mul_add(-0.5, centre));
    let density = forward * exp_of_nonpositive(-0.5 * d_1 * d_1);
    let (numerator_1, denominator_1) = tail_ratio(d_1.abs());
    let (numerator_2, denominator_2) = tail_ratio(d_2.abs());
    // Φ(x) is the tail where x < 0, else one less the tail.
    let forward_in_tail = sign * d_1 < 0.0;
    let strike_in_tail = sign * d_2 < 0.0;
    let whole_forward = if forward_in_tail { 0.0 } else { forward };
    let whole_strike = if strike_in_tail { 0.0 } else { strike };
    let cross_1 = numerator_1 * denominator_2;
    let cross_2 = numerator_2 * denominator_1;
    let term_1 = if forward_in_tail { cross_1 } else { -cross_1 };
    let term_2 = if strike_in_tail { cross_2 } else { -cross_2 };
    let tails = density * ((term_1 - term_2) / (denominator_1 * denominator_2));
    let value = sign * ((whole_forward - whole_strike) + tails);
    if value > 0.0 { value } else { 0.0 }
}
