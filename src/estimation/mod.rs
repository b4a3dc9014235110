//! What the history says: volatility, correlation, tails, jumps, spot–volatility correlation.
//!
//! Flows in: returns on the history's grid, `[date]` or `[series][date]`, `None` where a series has
//! no return (not listed yet, a gap). Flows out: estimates per observation interval with their
//! standard errors, the number of observations used and notes in words.
//!
//! Everything is a pure function and uses the `libm` crate, so that the bits do not depend on the
//! CPU. Limits: standard errors assume independent (standardised) observations unless said.

pub mod correlation;
pub mod error;
pub mod estimate;
pub mod ewma;
pub mod garch;
pub mod shrinkage;
pub mod volatility;

mod panel;

pub use correlation::{
    CorrelationEstimate, Overlap, ewma_correlation, pair_correlation, sample_correlation,
};
pub use error::EstimationError;
pub use estimate::{Estimate, annualisation};
pub use ewma::{EwmaFilter, EwmaStart, ewma_filter, ewma_filter_from, ewma_volatility};
pub use garch::{
    GarchFit, GarchMean, GarchParameters, GarchSettings, GarchStandardErrors, Integrated, fit_garch,
};
pub use panel::{Gaps, common_dates};
pub use shrinkage::{ShrunkCorrelation, ledoit_wolf_correlation};
pub use volatility::{SampleMoments, sample_moments, sample_volatility};
