//! GARCH(1,1) by maximum likelihood (Bollerslev 1986): `h_t = ω + α e²_{t−1} + β h_{t−1}`.
//!
//! Normal likelihood, exact first and second derivatives, started at `h_0 = e²_0` = mean of
//! `(y − μ)²`, which moves with μ: the convention of the benchmark of Fiorentini, Calzolari &
//! Panattoni (1996). Standard errors: Hessian, outer product, and the sandwich of Bollerslev &
//! Wooldridge (1992), which holds for returns that are not normal.
//!
//! Missing dates are skipped: the recursion goes on from the last observation. Limits: one lag, no
//! asymmetry; jumps enter the variance unless the caller sets them aside.

mod ascent;
mod fit;
mod likelihood;

pub use fit::{
    GARCH_OBSERVATIONS_MIN, GarchFallback, GarchFit, GarchMean, GarchParameters, GarchSettings,
    GarchStandardErrors, Integrated, fit_garch,
};
