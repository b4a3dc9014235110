//! The beta function and its incomplete ratio.

const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;
/// From here on Stirling's series has 17 digits in six terms.
const STIRLING_ARGUMENT_MIN: f64 = 10.0;
const ITERATIONS_MAX: usize = 20_000;

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ln B(a, b) for a, b > 0, without the cancellation of three large log-gammas (the arrangement
/// of Didonato and Morris, TOMS 708, 1992).
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    let sum = small + large;
    let share = small / sum;
    if small >= STIRLING_ARGUMENT_MIN {
        let remainder =
            stirling_remainder(small) + stirling_remainder(large) - stirling_remainder(sum);
        return LN_SQRT_TAU - 0.5 * libm::log(large)
            + remainder
            + (small - 0.5) * libm::log(share)
            + large * libm::log1p(-share);
    }
    if large >= STIRLING_ARGUMENT_MIN {
        let remainder = stirling_remainder(large) - stirling_remainder(sum);
        return ln_gamma(small) + remainder + small - small * libm::log(sum)
            + (large - 0.5) * libm::log1p(-share);
    }
    ln_gamma(small) + (ln_gamma(large) - ln_gamma(sum))
}

/// ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π], for x ≥ 10 (Abramowitz and Stegun 6.1.41).
fn stirling_remainder(x: f64) -> f64 {
    const TERMS: [f64; 6] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1_260.0,
        -1.0 / 1_680.0,
        1.0 / 1_188.0,
        -691.0 / 360_360.0,
    ];
    let square = 1.0 / (x * x);
    TERMS.iter().rev().fold(0.0, |sum, term| sum * square + term) / x
}

/// The regularised incomplete beta function I_x(a, b) for x in [0, 1] and a, b > 0.
///
/// Relative error about 1e-14 in either tail. NaN outside the domain.
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    incomplete_beta_between(a, b, x, 1.0 - x)
}

/// I_x(a, b) with `complement` = 1 − x, which a caller may know better than by subtraction.
pub(super) fn incomplete_beta_between(a: f64, b: f64, x: f64, complement: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && x >= 0.0 && complement >= 0.0) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    if complement == 0.0 {
        return 1.0;
    }
    if x <= (a + 1.0) / (a + b + 2.0) {
        lower_ratio(a, b, x, complement)
    } else {
        1.0 - lower_ratio(b, a, complement, x)
    }
}

/// The ratio where its continued fraction converges fast.
fn lower_ratio(a: f64, b: f64, x: f64, complement: f64) -> f64 {
    let logarithm = |y: f64, rest: f64| {
        if y < 0.5 { libm::log(y) } else { libm::log1p(-rest) }
    };
    let power = a * logarithm(x, complement) + b * logarithm(complement, x);
    libm::exp(power - ln_beta(a, b)) * continued_fraction(a, b, x) / a
}

/// The continued fraction of I_x(a, b) (Abramowitz and Stegun 26.5.8) by Lentz's method.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |y: f64| if y.abs() < TINY { TINY } else { y };
    let mut numerator = 1.0;
    let mut denominator = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = denominator;
    for index in 1..=ITERATIONS_MAX {
        let m = index as f64;
        let place = a + 2.0 * m;
        let even = m * (b - m) * x / ((place - 1.0) * place);
        let odd = -(a + m) * (a + b + m) * x / (place * (place + 1.0));
        for coefficient in [even, odd] {
            denominator = 1.0 / away_from_zero(1.0 + coefficient * denominator);
            numerator = away_from_zero(1.0 + coefficient / numerator);
            value *= denominator * numerator;
        }
        if (denominator * numerator - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        let error = (found - expected).abs();
        assert!(error <= tolerance * expected.abs(), "{found} is not {expected}");
    }

    /// B(a, b) at whole numbers is (a−1)!(b−1)!/(a+b−1)!; B(½, ½) = π.
    #[test]
    fn beta_at_known_points() {
        assert_close(ln_beta(0.5, 0.5), libm::log(std::f64::consts::PI), 1e-15);
        assert_close(ln_beta(2.0, 3.0), libm::log(1.0 / 12.0), 1e-15);
        assert_close(ln_beta(3.0, 12.0), libm::log(2.0 * 39_916_800.0 / 87_178_291_200.0), 1e-15);
        assert_close(ln_beta(11.0, 11.0), libm::log(1.0 / (21.0 * 184_756.0)), 1e-15);
    }

    /// The binomial sum: I_p(k, n − k + 1) = P(Bin(n, p) ≥ k).
    #[test]
    fn incomplete_beta_is_a_binomial_tail() {
        for (n, p) in [(10u32, 0.3), (25, 0.07), (40, 0.9)] {
            for k in 1..=n {
                let tail: f64 = (k..=n).map(|j| binomial_term(n, j, p)).sum();
                let found = incomplete_beta(f64::from(k), f64::from(n - k + 1), p);
                assert_close(found, tail, 2e-14);
            }
        }
    }

    fn binomial_term(n: u32, k: u32, p: f64) -> f64 {
        let choose = (0..k).fold(1.0, |c, j| c * f64::from(n - j) / f64::from(j + 1));
        choose * libm::pow(p, f64::from(k)) * libm::pow(1.0 - p, f64::from(n - k))
    }

    #[test]
    fn the_edges_are_exact_and_outside_is_nan() {
        assert_eq!(incomplete_beta(2.0, 3.0, 0.0), 0.0);
        assert_eq!(incomplete_beta(2.0, 3.0, 1.0), 1.0);
        for (a, b, x) in [(0.0, 1.0, 0.5), (1.0, -1.0, 0.5), (1.0, 1.0, 1.5), (1.0, 1.0, f64::NAN)]
        {
            assert!(incomplete_beta(a, b, x).is_nan());
        }
    }
}
