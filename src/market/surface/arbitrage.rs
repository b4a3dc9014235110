//! Static arbitrage in total variance.
//!
//! Butterfly: the density that a smile implies is nowhere negative, which is `g(k) ≥ 0` (Gatheral &
//! Jacquier 2014, lemma 2.2). Calendar: total variance at a fixed log-moneyness never falls with
//! expiry (ibid., lemma 2.1).

use super::svi::Variance;

/// Durrleman's function: the implied density at `k`, up to a positive factor.
pub fn butterfly(k: f64, w: Variance) -> f64 {
    let first = 1.0 - 0.5 * k * w.slope / w.value;
    first * first - 0.25 * w.slope * w.slope * (1.0 / w.value + 0.25) + 0.5 * w.curvature
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::surface::svi::Svi;

    #[test]
    fn flat_smile_has_density_one() {
        let flat = Variance { value: 0.04, slope: 0.0, curvature: 0.0 };
        assert_eq!(butterfly(0.3, flat), 1.0);
    }

    #[test]
    fn finds_vogts_butterfly_arbitrage() {
        // Gatheral & Jacquier 2014, example 3.1 and figure 2: g < 0 around k = 0.8, positive at 0.
        let [a, b, rho, m, sigma] = [-0.0410, 0.1331, 0.3060, 0.3586, 0.4153];
        let svi = Svi {
            minimum: a + b * sigma * f64::sqrt(1.0 - rho * rho),
            left_slope: b * (1.0 - rho),
            right_slope: b * (1.0 + rho),
            centre: m,
            width: sigma,
        };
        assert!(butterfly(0.8, svi.at(0.8)) < 0.0);
        assert!(butterfly(0.0, svi.at(0.0)) > 0.0);
    }
}
