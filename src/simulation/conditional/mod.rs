//! What a model expects of all factors given the moves of some.
//!
//! Flows in: a fitted model, log moves (changes of additive factors) of the factors that are named,
//! the time they take. Flows out: [`ConditionalMoves`], the median move of every factor given those;
//! and for elliptical models the whole conditional law ([`ConditionalLaw`]).
//!
//! | process | given the moves s of the named factors n, the others u |
//! |---|---|
//! | normal | location `Σ_un Σ_nn⁻¹ s`, covariance `Σ_uu − Σ_un Σ_nn⁻¹ Σ_nu` |
//! | Student-t | the same location, ν + p degrees of freedom, scale × (ν + d²)/(ν + p) (Ding 2016) |
//! | t copula | the location in the copula's coordinates, carried back by the marginals |
//! | jumps | as normal, with the covariance of total returns |
//! | bootstrap, filtered | weighted medians over the nearest dates |
//!
//! d² is the squared Mahalanobis distance of s under the t's scale matrix, p the number of named
//! factors. Moves are those of a shock: without drift. Factors that do not move at random inform
//! nobody and stay.

mod dates;
mod draws;
mod elliptical;
mod error;
mod medians;
#[cfg(test)]
mod tests;

pub(super) use draws::ConditionalDraws;
pub use draws::conditional_sampling;
pub use elliptical::{ConditionalLaw, Conditioning};
pub use error::ConditionalError;
pub use medians::{ConditionalMoves, conditional_moves};
