//! Quantiles of a law whose tails are known.

use crate::numeric::root::brent;
use crate::numeric::special::normal_quantile;

/// The x where `above(x)` is `tail` and `below(x)` the rest, from moments to start with; works on
/// the logarithm of the smaller of both against its target.
pub(super) fn quantile(
    [mean, deviation]: [f64; 2],
    tail: f64,
    above: impl Fn(f64) -> f64,
    below: impl Fn(f64) -> f64,
) -> f64 {
    let upper = tail <= 0.5;
    // Decreasing in x, zero at the quantile.
    let gap = |x: f64| {
        if upper {
            libm::log(above(x).max(SMALLEST) / tail)
        } else {
            -libm::log(below(x).max(SMALLEST) / (1.0 - tail))
        }
    };
    let guess = mean - deviation * normal_quantile(tail);
    let mut step = 0.5 * deviation;
    let (mut low, mut high) = (guess, guess);
    while gap(low) < 0.0 && step < deviation * WIDTHS_MAX {
        (high, low) = (low, low - step);
        step *= 2.0;
    }
    step = 0.5 * deviation;
    while gap(high) > 0.0 && step < deviation * WIDTHS_MAX {
        (low, high) = (high, high + step);
        step *= 2.0;
    }
    brent(gap, low, high, 1e-12 * deviation).unwrap_or(guess)
}

const SMALLEST: f64 = 1e-300;
const WIDTHS_MAX: f64 = 1e12;
