//! Quantiles of the gamma distribution in set-up, exact to about 1e-13 far into both tails.
//!
//! Source: series and continued fraction of the incomplete gamma function (NIST DLMF 8.7.1,
//! 8.9.2). Only `libm` is used, so the bits do not depend on the CPU.

/// Terms after which series and fraction have converged for every shape used here.
const TERMS_MAX: usize = 20_000;
const NEWTON_STEPS_MAX: usize = 200;

/// `ln P(a, x)` and `ln Q(a, x)` of the regularised incomplete gamma functions, for a, x > 0.
pub(super) fn log_regularised(a: f64, x: f64) -> (f64, f64) {
    let prefactor = a * libm::log(x) - x - libm::lgamma(a);
    if x < a + 1.0 {
        let lower = prefactor + libm::log(lower_series(a, x));
        (lower, libm::log1p(-libm::exp(lower)))
    } else {
        let upper = prefactor + libm::log(upper_fraction(a, x));
        (libm::log1p(-libm::exp(upper)), upper)
    }
}

/// `Γ(a) x^{−a} e^x P(a, x)` (DLMF 8.7.1).
fn lower_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for k in 1..TERMS_MAX {
        term *= x / (a + k as f64);
        sum += term;
        if term < sum * f64::EPSILON * 0.25 {
            break;
        }
    }
    sum
}

/// `Γ(a) x^{−a} e^x Q(a, x)` by the modified Lentz algorithm (DLMF 8.9.2).
fn upper_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for k in 1..TERMS_MAX {
        let numerator = -(k as f64) * (k as f64 - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// The x with `P(a, x) = lower`, given both tails' probabilities (`lower + upper = 1`).
///
/// Newton's method in `ln x` on the smaller tail's logarithm, which is concave there: it converges
/// from anywhere, and from one side after the first step.
pub(super) fn gamma_quantile(a: f64, lower: f64, upper: f64) -> f64 {
    let log_lower_tail = lower < upper;
    let target = libm::log(lower.min(upper));
    let mut y = start(a, lower);
    for _ in 0..NEWTON_STEPS_MAX {
        let x = libm::exp(y);
        let (log_p, log_q) = log_regularised(a, x);
        let (value, sign) = if log_lower_tail { (log_p, 1.0) } else { (log_q, -1.0) };
        let log_density = a * y - x - libm::lgamma(a); // of y = ln x
        let slope = sign * libm::exp(log_density - value);
        let step = (value - target) / slope;
        y -= step.clamp(-STEP_MAX, STEP_MAX);
        if step.abs() < STEP_CONVERGED {
            break;
        }
    }
    libm::exp(y)
}

const STEP_MAX: f64 = 5.0;
const STEP_CONVERGED: f64 = 1e-14;

/// A start left of the root in the far lower tail, `x ≈ (p Γ(a+1))^{1/a}`, else the mean.
fn start(a: f64, lower: f64) -> f64 {
    let small = (libm::log(lower) + libm::lgamma(a + 1.0)) / a;
    small.min(libm::log(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_erlang_are_closed_form() {
        for x in [1e-12, 1e-3, 0.5, 1.0, 1.9, 2.1, 30.0, 500.0] {
            let (_, log_q) = log_regularised(1.0, x);
            assert!((log_q + x).abs() < 1e-13 * x.max(1.0), "{x}");
            let (log_p, log_q) = log_regularised(2.0, x); // Q(2, x) = (1 + x) e^{−x}
            assert!((log_q - (libm::log1p(x) - x)).abs() < 1e-12 * x.max(1.0), "{x}");
            assert!(log_p <= 0.0);
        }
    }

    #[test]
    fn chi_square_quantiles_agree_with_printed_tables() {
        // Abramowitz & Stegun, table 26.8: chi-square with ν degrees of freedom exceeded with
        // probability Q.
        let table = [
            (1.0, 0.05, 3.84146),
            (3.0, 0.01, 11.3449),
            (4.0, 0.995, 0.206990),
            (10.0, 0.5, 9.34182),
            (30.0, 0.001, 59.703),
        ];
        for (nu, upper, expected) in table {
            let quantile = 2.0 * gamma_quantile(nu / 2.0, 1.0 - upper, upper);
            assert!((quantile / expected - 1.0).abs() < 2e-5, "{nu} {upper}: {quantile}");
        }
    }

    #[test]
    fn quantile_inverts_far_into_both_tails() {
        for a in [1.01, 1.5, 2.0, 10.0, 500.0, 5000.0] {
            for tail in [1e-18, 1e-9, 1e-3, 0.3] {
                let low = gamma_quantile(a, tail, 1.0 - tail);
                let (log_p, _) = log_regularised(a, low);
                assert!((log_p - libm::log(tail)).abs() < 1e-10, "{a} {tail} {low}");
                let high = gamma_quantile(a, 1.0 - tail, tail);
                let (_, log_q) = log_regularised(a, high);
                assert!((log_q - libm::log(tail)).abs() < 1e-10, "{a} {tail} {high}");
            }
        }
    }
}
