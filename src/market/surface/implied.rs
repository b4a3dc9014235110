//! Implied deviation from an option price: Black-76 inverted.
//!
//! Prices are per unit of forward, undiscounted; a Deribit coin price is one already. The deviation
//! is `σ√T`. Out-of-the-money prices are inverted (an in-the-money price minus its intrinsic value
//! is the other right's price, by parity), by Newton's method on the logarithm of the price inside
//! a bracket that always holds the root. Deterministic: `libm` only.

use crate::numeric::black76::{Black76, Right};
use crate::numeric::special::normal_pdf;

const DEVIATION_MIN: f64 = 1e-6;
const DEVIATION_MAX: f64 = 20.0;
const ITERATIONS_MAX: usize = 100;
const TOLERANCE: f64 = 1e-13;

/// Price per unit of forward of an option at log-moneyness `ln(K/F)` and deviation `σ√T`.
pub fn normalised_price(right: Right, log_moneyness: f64, deviation: f64) -> f64 {
    option(right, log_moneyness, deviation).value()
}

/// The deviation `σ√T` at which the option is worth `price` per unit of forward.
///
/// `None` where no positive deviation gives that price: at or below intrinsic value, at or above
/// the forward (call) or strike (put), or not finite.
pub fn implied_deviation(right: Right, log_moneyness: f64, price: f64) -> Option<f64> {
    let out = price - intrinsic(right, log_moneyness);
    let bound = libm::exp(log_moneyness).min(1.0);
    if !(out > 0.0 && out < bound) {
        return None;
    }
    let target = libm::log(out);
    let gap = |deviation| libm::log(out_of_the_money(log_moneyness, deviation)) - target;
    let (mut low, mut high) = (DEVIATION_MIN, DEVIATION_MAX);
    if gap(low) > 0.0 || gap(high) < 0.0 {
        return None;
    }
    let mut deviation = (2.0 * log_moneyness.abs()).sqrt().clamp(1e-3, 5.0);
    for _ in 0..ITERATIONS_MAX {
        let value = out_of_the_money(log_moneyness, deviation);
        let error = libm::log(value) - target;
        if error > 0.0 {
            high = deviation;
        } else {
            low = deviation;
        }
        let newton = deviation - error * value / vega(log_moneyness, deviation);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - deviation).abs() <= TOLERANCE * deviation {
            return Some(next);
        }
        deviation = next;
    }
    Some(deviation)
}

fn intrinsic(right: Right, log_moneyness: f64) -> f64 {
    let call = 1.0 - libm::exp(log_moneyness);
    match right {
        Right::Call => call.max(0.0),
        Right::Put => (-call).max(0.0),
    }
}

/// The out-of-the-money option: a call at or above the forward, a put below.
fn out_of_the_money(log_moneyness: f64, deviation: f64) -> f64 {
    let right = if log_moneyness >= 0.0 { Right::Call } else { Right::Put };
    option(right, log_moneyness, deviation).value()
}

fn option(right: Right, log_moneyness: f64, deviation: f64) -> Black76 {
    let strike = libm::exp(log_moneyness);
    Black76 { right, forward: 1.0, strike, volatility: deviation, years: 1.0, discount: 1.0 }
}

/// Derivative of the price by the deviation.
fn vega(log_moneyness: f64, deviation: f64) -> f64 {
    normal_pdf(-log_moneyness / deviation + 0.5 * deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverts_its_own_price_in_both_rights() {
        for right in [Right::Call, Right::Put] {
            for k in [-1.5, -0.3, -0.01, 0.0, 0.02, 0.4, 1.2] {
                for deviation in [0.02, 0.1, 0.5, 1.5] {
                    let price = normalised_price(right, k, deviation);
                    let time_value = price - intrinsic(right, k);
                    if time_value < 1e-9 {
                        continue; // parity costs the digits: not a quotable price
                    }
                    let found = implied_deviation(right, k, price).expect("attainable");
                    let error = (normalised_price(right, k, found) - price).abs();
                    assert!(error < 1e-13, "{right:?} k {k} s {deviation}: {found}");
                }
            }
        }
    }

    #[test]
    fn matches_a_known_at_the_money_value() {
        // Black-76 at the forward: 2 N(s/2) - 1; N(0.1) = 0.539827837277029 (Abramowitz & Stegun 26.2).
        let price = normalised_price(Right::Call, 0.0, 0.2);
        assert!((price - 0.079_655_674_554_058).abs() < 1e-12, "{price}");
    }

    #[test]
    fn refuses_prices_outside_the_bounds() {
        assert_eq!(implied_deviation(Right::Call, 0.1, 0.0), None);
        assert_eq!(implied_deviation(Right::Call, 0.1, 1.0), None);
        assert_eq!(implied_deviation(Right::Put, 0.1, 0.1), None); // below intrinsic e^0.1 - 1
        assert_eq!(implied_deviation(Right::Put, -0.1, f64::NAN), None);
    }
}
