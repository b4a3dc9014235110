//! Tails of the chi-square and F distributions: how far a vector of normal or Student-t moves lies
//! out.
//!
//! Source: Abramowitz & Stegun (1964), 26.4.4 and 26.4.5 (finite sums for whole degrees of freedom)
//! and 26.6.2 (F by the incomplete beta function).

use super::beta::{incomplete_beta, ln_gamma};

/// P(X ≥ x) of chi-square with `degrees` ≥ 1 degrees of freedom, `x` ≥ 0.
pub fn chi_square_survival(x: f64, degrees: usize) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let half = 0.5 * x;
    let odd = degrees % 2 == 1;
    let start = if odd { 0.5 } else { 0.0 };
    // Terms (x/2)^s e^(−x/2) / Γ(s + 1) for s = start, start + 1, … below degrees / 2.
    let mut sum = if odd { libm::erfc(half.sqrt()) } else { 0.0 };
    let count = degrees / 2;
    let mut term = libm::exp(start * libm::log(half) - half - ln_gamma(start + 1.0));
    for index in 0..count {
        sum += term;
        term *= half / (start + index as f64 + 1.0);
    }
    sum.min(1.0)
}

/// P(F ≥ f) of F with `numerator` and `denominator` degrees of freedom, `f` ≥ 0.
pub fn f_survival(f: f64, numerator: f64, denominator: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    let share = denominator / (denominator + numerator * f);
    incomplete_beta(0.5 * denominator, 0.5 * numerator, share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz & Stegun (1964), table 26.8: 5 % points.
    #[test]
    fn the_tables_of_chi_square() {
        let points = [(1, 3.841_46), (2, 5.991_46), (3, 7.814_73), (10, 18.307_0), (11, 19.675_1)];
        for (degrees, point) in points {
            let found = chi_square_survival(point, degrees);
            assert!((found - 0.05).abs() < 2e-6, "{degrees}: {found}");
        }
        assert_eq!(chi_square_survival(0.0, 4), 1.0);
    }

    /// Table 26.9: 5 % points of F; and chi-square as the limit of many denominator degrees.
    #[test]
    fn the_tables_of_f() {
        for (numerator, denominator, point) in [(1.0, 4.0, 7.71), (5.0, 10.0, 3.33)] {
            let found = f_survival(point, numerator, denominator);
            assert!((found - 0.05).abs() < 2e-4, "{found}");
        }
        let limit = f_survival(18.307 / 10.0, 10.0, 1e8);
        assert!((limit - chi_square_survival(18.307, 10)).abs() < 1e-6);
    }
}
