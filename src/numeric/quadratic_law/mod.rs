//! The law of a quadratic in normals or in Student-t returns: the delta-gamma loss.
//!
//! Flows in: constant, slopes and curvatures in independent directions. Flows out: tail
//! probabilities, expected excesses and quantiles by inversion of the moment generating function,
//! exponential twists and what they make of the normals. Set-up code: deterministic, crate `libm`.
//!
//! Sources: Rouvinez, "Going Greek with VaR", Risk 10(2), 1997; Glasserman, Heidelberger and
//! Shahabuddin, "Variance reduction techniques for estimating value-at-risk", Management Science
//! 46, 2000, and "Portfolio value-at-risk with heavy-tailed risk factors", Mathematical Finance
//! 12, 2002.

mod inversion;
mod normal;
mod search;
mod student_t;

#[cfg(test)]
mod tests;

pub use normal::{QuadraticLaw, Tilted};
pub use student_t::{ScaledExcessLaw, StudentQuadraticLaw};
