//! What the history says: volatility, correlation, tails, jumps, spot–volatility correlation.
//!
//! Flows in: returns on the history's grid, `[date]` or `[series][date]`, `None` where a series has
//! no return (not listed yet, a gap). Flows out: estimates per observation interval with their
//! standard errors, the number of observations used and notes in words.
//!
//! Everything is a pure function and uses the `libm` crate, so that the bits do not depend on the
//! CPU. Limits: standard errors assume independent (standardised) observations unless said.

pub mod copula;
pub mod correlation;
pub mod error;
pub mod estimate;
pub mod ewma;
pub mod garch;
pub mod jumps;
pub mod shrinkage;
pub mod spot_volatility;
pub mod stressed;
pub mod student_t;
pub mod volatility;

mod panel;
mod search;

pub use copula::{fit_t_copula, tail_dependence};
pub use correlation::{
    CorrelationEstimate, Overlap, ewma_correlation, pair_correlation, sample_correlation,
};
pub use error::EstimationError;
pub use estimate::{Estimate, annualisation};
pub use ewma::{EwmaFilter, EwmaStart, ewma_filter, ewma_filter_from, ewma_volatility};
pub use garch::{
    GARCH_OBSERVATIONS_MIN, GarchFallback, GarchFit, GarchMean, GarchParameters, GarchSettings,
    GarchStandardErrors, Integrated, fit_garch,
};
pub use jumps::{JumpFit, JumpTest, Jumps, fit_jumps};
pub use panel::{Gaps, common_dates};
pub use shrinkage::{ShrunkCorrelation, ledoit_wolf_correlation};
pub use spot_volatility::{SpotVolatility, spot_volatility, spot_volatility_of};
pub use stressed::{mean_signed_correlation, returns_between, toward_one};
pub use student_t::{StudentTFit, fit_multivariate_student_t, fit_student_t};
pub use volatility::{SampleMoments, sample_moments, sample_volatility};
