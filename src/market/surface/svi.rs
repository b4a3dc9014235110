//! Gatheral's raw SVI in total variance, in a form whose parameters mean something.
//!
//! `w(k) = w_min − σ√(LR) + (R−L)/2·(k−m) + (R+L)/2·√((k−m)²+σ²)` is raw SVI (Gatheral 2004) with
//! `b(1−ρ) = L` and `b(1+ρ) = R`: the slopes of the left and right wing. Any `w_min > 0`, `σ > 0`
//! and slopes in (0, 2) give positive variance within Lee's moment bounds (Lee 2004).

use serde::{Deserialize, Serialize};

/// Total variance and its first two derivatives by log-moneyness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variance {
    /// `w = σ²T`.
    pub value: f64,
    /// `dw/dk`.
    pub slope: f64,
    /// `d²w/dk²`.
    pub curvature: f64,
}

/// A smile of one expiry in raw SVI.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Svi {
    /// Lowest total variance.
    pub minimum: f64,
    /// Slope of the left wing, `−dw/dk` as k → −∞, in (0, 2).
    pub left_slope: f64,
    /// Slope of the right wing, `dw/dk` as k → ∞, in (0, 2).
    pub right_slope: f64,
    /// Centre `m` in log-moneyness.
    pub centre: f64,
    /// Width `σ` of the rounded bottom in log-moneyness.
    pub width: f64,
}

impl Svi {
    /// Total variance and derivatives at `k = ln(K/F)`.
    pub fn at(&self, k: f64) -> Variance {
        let x = k - self.centre;
        let root = (x * x + self.width * self.width).sqrt();
        let half_sum = 0.5 * (self.right_slope + self.left_slope);
        let half_difference = 0.5 * (self.right_slope - self.left_slope);
        let offset = self.minimum - self.width * (self.left_slope * self.right_slope).sqrt();
        Variance {
            value: offset + half_difference * x + half_sum * root,
            slope: half_difference + half_sum * x / root,
            curvature: half_sum * self.width * self.width / (root * root * root),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gatheral & Jacquier 2014, section 2: raw SVI a + b(ρ(k−m) + √((k−m)²+σ²)).
    fn raw([a, b, rho, m, sigma]: [f64; 5], k: f64) -> f64 {
        a + b * (rho * (k - m) + ((k - m) * (k - m) + sigma * sigma).sqrt())
    }

    #[test]
    fn equals_the_raw_form_and_attains_its_minimum() {
        // Axel Vogt's parameters, Gatheral & Jacquier 2014, example 3.1.
        let [a, b, rho, m, sigma] = [-0.0410, 0.1331, 0.3060, 0.3586, 0.4153];
        let svi = Svi {
            minimum: a + b * sigma * f64::sqrt(1.0 - rho * rho),
            left_slope: b * (1.0 - rho),
            right_slope: b * (1.0 + rho),
            centre: m,
            width: sigma,
        };
        for k in [-1.5, -0.2, 0.0, 0.3586, 1.0] {
            let expected = raw([a, b, rho, m, sigma], k);
            assert!((svi.at(k).value - expected).abs() < 1e-15);
        }
        let lowest = (-200..=200).map(|i| svi.at(0.01 * f64::from(i)).value);
        assert!(lowest.fold(f64::MAX, f64::min) >= svi.minimum - 1e-15);
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let svi =
            Svi { minimum: 0.02, left_slope: 0.3, right_slope: 0.1, centre: 0.05, width: 0.2 };
        let h = 1e-4;
        for k in [-1.0, -0.1, 0.0, 0.5] {
            let (down, here, up) = (svi.at(k - h), svi.at(k), svi.at(k + h));
            assert!((here.slope - (up.value - down.value) / (2.0 * h)).abs() < 1e-7);
            assert!((here.curvature - (up.slope - down.slope) / (2.0 * h)).abs() < 1e-6);
        }
    }
}
