//! Was it right: forecasts of VaR and ES against what happened.
//!
//! Flows in: one [`Forecast`] a period with the loss realised over it, in time order, of periods
//! that do not overlap. Flows out: test statistics with their p-values and power, and scores.
//!
//! ```text
//! forecasts ─▶ exceptions ─▶ Kupiec, Christoffersen, time between, dynamic quantile, Basel
//!     │                                     │
//!     ├─▶ exceptions with their losses ─▶ Acerbi & Szekely Z1, Z2
//!     │                                     └─▶ replicates under the model: p-values, power
//!     └─▶ joint score of VaR and ES ─▶ which of two models is better
//! ```
//!
//! Signs: losses, VaR and ES are positive when money is lost; the tail probability is 1 − level, so
//! 0.01 for a 99 % VaR. An exception is a loss strictly above VaR.
//!
//! Sources: Kupiec (1995); Christoffersen (1998); Haas (2001); Engle and Manganelli (2004); Basel
//! Committee (1996; MAR99 of 2019); Acerbi and Szekely (2014); Fissler and Ziegel (2016) in the
//! homogeneous form of Patton, Ziegel and Chen (2019); Diebold and Mariano (1995).

mod acerbi_szekely;
mod christoffersen;
mod coverage;
mod dynamic_quantile;
mod exceptions;
mod kupiec;
mod replicates;
mod score;
mod time_between;
mod traffic_light;
mod uniformity;

pub use acerbi_szekely::AcerbiSzekely;
pub use christoffersen::{Christoffersen, Transitions};
pub use coverage::{CoverageTest, CoverageTestKind, CoverageTests, REPLICATES, coverage};
pub use dynamic_quantile::DynamicQuantile;
pub use exceptions::{Exceptions, Forecast};
pub use kupiec::Kupiec;
pub use replicates::Alternative;
pub use score::{ScoreDifference, fissler_ziegel, score_difference};
pub use time_between::TimeBetween;
pub use traffic_light::{TrafficLight, Zone};
pub use uniformity::{Uniformity, uniformity};

use crate::numeric::special::chi_square_survival;

/// A likelihood ratio with its asymptotic p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LikelihoodRatio {
    /// −2 ln of the ratio; large where the forecast is wrong.
    pub statistic: f64,
    /// Degrees of freedom of its chi-square limit.
    pub degrees: usize,
    /// Probability of so large a statistic under that limit.
    pub p_value: f64,
}

impl LikelihoodRatio {
    /// A ratio by its statistic; rounding below zero is zero.
    pub fn new(statistic: f64, degrees: usize) -> Self {
        let statistic = statistic.max(0.0);
        Self { statistic, degrees, p_value: chi_square_survival(statistic, degrees) }
    }
}

/// `count · ln(probability)` with 0 · ln 0 = 0.
fn weighted_log(count: usize, probability: f64) -> f64 {
    if count == 0 { 0.0 } else { count as f64 * libm::log(probability) }
}

/// Log-likelihood of `hits` and `misses` with probability `hit`.
fn bernoulli(misses: usize, hits: usize, hit: f64) -> f64 {
    weighted_log(misses, 1.0 - hit) + weighted_log(hits, hit)
}
