//! The standard normal distribution, bit for bit as in `kernel`.

use crate::numeric::element;

/// 1/√(2π).
const DENSITY_AT_ZERO: f64 = 0.398_942_280_401_432_7;

/// Φ(x); lower tail with full relative precision.
pub fn normal_cdf(x: f64) -> f64 {
    element::normal_cdf(x)
}

/// φ(x).
pub fn normal_pdf(x: f64) -> f64 {
    DENSITY_AT_ZERO * element::exp_of_nonpositive(-0.5 * x * x)
}

/// Φ⁻¹(p) for p in (0, 1); ∓∞ at 0 and 1, NaN outside. Wichura's AS 241.
pub fn normal_quantile(p: f64) -> f64 {
    element::normal_quantile(p)
}
