//! Forward curve of an underlying: log-linear in the forward between quoted expiries.

use serde::{Deserialize, Serialize};

use crate::units::Years;

/// Carry of the forward over spot by expiry.
///
/// `ln(F(T)/S)` is linear in T between pillars, through zero at T = 0, and continues beyond the
/// last pillar at that pillar's annual rate. No pillars: forwards equal spot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ForwardCurve {
    /// `(expiry, ln(F/S))`, expiries strictly increasing and positive.
    pillars: Vec<(Years, f64)>,
}

impl ForwardCurve {
    /// From `(expiry, forward)` quotes in USD and the spot price; quotes sorted by expiry.
    pub fn from_quotes(spot: f64, quotes: &[(Years, f64)]) -> Self {
        let pillars = quotes.iter().map(|&(t, forward)| (t, libm::log(forward / spot))).collect();
        Self { pillars }
    }

    /// The `(expiry, ln(F/S))` pillars.
    pub fn pillars(&self) -> &[(Years, f64)] {
        &self.pillars
    }

    /// `ln(F(T)/S)`.
    pub fn log_ratio(&self, expiry: Years) -> f64 {
        let t = expiry.get().max(0.0);
        let mut left = (0.0, 0.0);
        for &(pillar, value) in &self.pillars {
            let right = (pillar.get(), value);
            if t <= right.0 {
                return left.1 + (right.1 - left.1) * (t - left.0) / (right.0 - left.0);
            }
            left = right;
        }
        if left.0 > 0.0 { left.1 * t / left.0 } else { 0.0 }
    }

    /// `F(T)/S`.
    pub fn ratio(&self, expiry: Years) -> f64 {
        libm::exp(self.log_ratio(expiry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_through_quotes_and_spot() {
        let quotes = [(Years(0.25), 101.0), (Years(1.0), 106.0)];
        let curve = ForwardCurve::from_quotes(100.0, &quotes);
        assert!((curve.ratio(Years(0.0)) - 1.0).abs() < 1e-15);
        for (t, forward) in quotes {
            assert!((100.0 * curve.ratio(t) - forward).abs() < 1e-12);
        }
        let beyond = libm::log(1.06);
        assert!((curve.log_ratio(Years(2.0)) - 2.0 * beyond).abs() < 1e-14);
    }
}
