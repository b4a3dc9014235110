//! One expiry's smile: SVI, corrected between the quotes by a spline.
//!
//! Inside the quoted strikes the spline lets the smile follow the quotes; outside it dies away,
//! and the wings are SVI's straight lines in total variance.

use serde::{Deserialize, Serialize};

use super::spline::Spline;
use super::svi::{Svi, Variance};
use crate::units::Years;

/// Total variance by log-moneyness at one expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Smile {
    /// Time to expiry.
    pub expiry: Years,
    /// Forward of the quotes (their median), USD.
    pub forward: f64,
    /// At-the-money `σ√T` of the quotes: the unit of the correction's argument.
    pub deviation: f64,
    /// The parametric part.
    pub svi: Svi,
    /// The rest, in units of `deviation²`, by `k/deviation`.
    pub correction: Spline,
}

impl Smile {
    /// Total variance and derivatives at `k = ln(K/F)`.
    pub fn at(&self, k: f64) -> Variance {
        let base = self.svi.at(k);
        let bend = self.correction.at(k / self.deviation);
        Variance {
            value: base.value + self.deviation * self.deviation * bend.value,
            slope: base.slope + self.deviation * bend.slope,
            curvature: base.curvature + bend.curvature,
        }
    }

    /// Log-moneynesses dense around the forward and sparse far out, over ±`reach`: `count` of them.
    pub fn grid(deviation: f64, reach: f64, count: u32) -> Vec<f64> {
        let edge = libm::asinh(reach / deviation);
        let step = 2.0 * edge / f64::from(count - 1);
        let node = |index: u32| deviation * libm::sinh(-edge + step * f64::from(index));
        (0..count).map(node).collect()
    }
}
