//! The value of one option with relative precision in its wings, for set-up and Greeks.
//!
//! With d = ln(F/K)/s ± s/2 the identity F·φ(d₁) = K·φ(d₂) lets one exponential serve both
//! distribution functions, and Φ(−|d|) = e^(−d²/2)·P(|d|)/Q(|d|) lets one division serve both
//! ratios. Each right is valued directly, so a far out-of-the-money put keeps its digits where
//! parity would cancel them. Error below 1e-15·max(F, K) (measured in the tests).

use crate::numeric::element::{TAIL_ARGUMENT_MAX, exp_of_nonpositive, tail_ratio};

/// Stands for a deviation of zero: the value is then the intrinsic one.
pub(super) const DEVIATION_MIN: f64 = 1e-100;

/// Holds `d` within the range of the tail ratio; NaN becomes its lower end.
fn bounded(d: f64) -> f64 {
    let above = if d > -TAIL_ARGUMENT_MAX { d } else { -TAIL_ARGUMENT_MAX };
    if above < TAIL_ARGUMENT_MAX { above } else { TAIL_ARGUMENT_MAX }
}

/// The undiscounted value; `sign` is +1 for a call, −1 for a put, `deviation` is positive.
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
