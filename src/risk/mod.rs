//! What the losses say: quantile, VaR, ES, their Monte Carlo errors, and where they come from.
//!
//! Flows in: one loss a path (positive is money lost), path ids consecutive from zero. Flows out:
//! plain figures, each with its error and the paths it rests on.
//!
//! # Estimators
//! - VaR is the order statistic `L_(⌈nα⌉)` (Hyndman & Fan 1996, type 1), its 95 % interval a pair
//!   of order statistics whose binomial coverage is stated ([`value_at_risk`]).
//! - ES weighs the boundary order statistic so that atoms are exact (Acerbi & Tasche 2002); its
//!   error is that of Manistre & Hancock (2005) ([`expected_shortfall`]).
//! - Contributions use the ES estimator's own weights ([`ExpectedShortfallWeights`]), so they sum
//!   to it; those to VaR are a kernel average around the quantile ([`contributions`]).
//!
//! # Measured coverage of the 95 % intervals
//! 2000 seeds of 50,000 paths (`cargo run --release --example coverage`), in per cent, and the
//! mean half-width of ES over the asymptotic one; one standard error of a coverage is 0.5:
//!
//! | losses (ξ) | VaR 97.5 % | ES 97.5 % | VaR 99 % | ES 99 % | width | flagged |
//! |---|---|---|---|---|---|---|
//! | normal (0) | 95.7 | 95.1 | 95.1 | 95.0 | 1.00 | 0 |
//! | exponential (0) | 94.6 | 94.6 | 94.9 | 95.6 | 1.00 | 0 |
//! | Student-t ν = 12 (0.08) | 94.7 | 95.3 | 95.5 | 94.9 | 1.00 | 0 |
//! | Student-t ν = 6 (0.17) | 95.4 | 95.3 | 94.7 | 94.7 | 1.00 | 78 |
//! | Student-t ν = 4 (0.25) | 95.1 | 94.2 | 95.3 | 94.7 | 0.99 | 100 |
//! | Student-t ν = 3 (0.33) | 94.7 | 94.3 | 94.9 | 94.3 | 0.96–0.98 | 100 |
//!
//! With fewer tail losses heavy tails are covered less: at n = 10^4 and 99 %, ES of ν = 3 in
//! 91.7 % of runs.
//!
//! # Limits
//! Losses must be independent and equally likely: no importance weights, strata or quasi-random
//! points.

mod contributions;
mod controls;
mod depth;
mod design;
mod exceedance;
mod expected_shortfall;
mod histogram;
mod kernel;
mod moments;
mod parametric;
mod path_weights;
mod probability;
mod quantile;
mod ranks;
mod sample;
mod select;
mod tail_index;
mod unit_sums;
mod value_at_risk;
mod weights;

pub use contributions::{Contribution, TailSample, contributions};
pub use depth::{Needs, lowest_loss_needed, lowest_rank_needed};
pub use design::{SampleDesign, Unit};
pub use expected_shortfall::{
    EXPECTED_SHORTFALL_ESTIMATOR, ExpectedShortfall, TailMean, expected_shortfall,
    expected_shortfall_estimator, tail_mean,
};
pub use histogram::{Bin, histogram};
pub use kernel::KernelWeights;
pub use moments::{Moments, moments};
pub use parametric::{
    TailFigures, deviation_components, modified_tail, normal_tail, student_t_tail,
};
pub use path_weights::PathWeights;
pub use probability::{
    PROBABILITY_ESTIMATOR, ProbabilityEstimate, probability_estimator, probability_of_loss_beyond,
    share_of_paths,
};
pub use quantile::{QuantileEstimator, quantile};
pub use ranks::{RankInterval, order_statistic_interval, quantile_rank};
pub use sample::LossSample;
pub use tail_index::{
    HEAVY_TAIL_FROM, TAIL_INDEX_ESTIMATOR, TailIndexEstimate, tail_index, tail_index_estimator,
};
pub use value_at_risk::{
    VALUE_AT_RISK_ESTIMATOR, ValueAtRisk, value_at_risk, value_at_risk_estimator,
};
pub use weights::{
    CONTRIBUTION_ESTIMATOR, ExpectedShortfallWeights, PathWeight, contribution_estimator,
};

/// Half-width of a 95 % interval in standard errors: the 97.5 % quantile of the normal.
pub const NORMAL_95: f64 = 1.959_963_984_540_054;

/// Why losses cannot be measured.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RiskError {
    /// There is nothing to measure.
    #[error("no losses: at least one path is needed")]
    Empty,
    /// A loss is NaN or infinite.
    #[error("the loss of path {path} is {loss}, not a finite amount")]
    NotFinite {
        /// Its path.
        path: u64,
        /// What was found.
        loss: f64,
    },
    /// The tail pass did not revalue a path the estimator needs.
    #[error("path {path} carries weight in the tail but was not revalued")]
    MissingTailPath {
        /// The path wanted.
        path: u64,
    },
    /// A likelihood ratio is negative, NaN or infinite.
    #[error("the likelihood ratio of path {path} is {weight}, not a finite number from 0 up")]
    Weight {
        /// Its path.
        path: u64,
        /// What was found.
        weight: f64,
    },
    /// A control variate or its mean is NaN or infinite.
    #[error("a control variate or its mean is {value}, not a finite number")]
    Control {
        /// What was found.
        value: f64,
    },
    /// The last independent unit lacks paths.
    #[error("{paths} paths are no whole number of independent units of {unit}")]
    RaggedUnits {
        /// Paths given.
        paths: usize,
        /// Paths a unit.
        unit: usize,
    },
    /// Too few independent units to tell an error.
    #[error("{units} independent units with {controls} controls cannot tell an error: at least {} are needed", controls + 2)]
    TooFewUnits {
        /// Units given.
        units: usize,
        /// Controls regressed on.
        controls: usize,
    },
    /// Values do not fill rows × paths.
    #[error("{found} values do not fill whole rows of {paths} paths")]
    Shape {
        /// Values given.
        found: usize,
        /// Paths a row.
        paths: usize,
    },
}
