//! Special functions of one number, for set-up, estimation and tests; deterministic.
//!
//! Flows in and out: plain numbers. Elementary functions come from the crate `libm`, those of the
//! normal distribution from the kernels' own element functions, so that a scalar and a slice give
//! the same bits. Own code rather than the crates `statrs` or `puruspe`, which call the platform's
//! library, whose bits differ between CPUs.

mod beta;
mod chi_square;
mod normal;
mod student_t;

pub use beta::{incomplete_beta, ln_beta, ln_gamma};
pub use chi_square::{chi_square_survival, f_survival};
pub use normal::{normal_cdf, normal_pdf, normal_quantile};
pub use student_t::{student_t_cdf, student_t_pdf, student_t_quantile};
