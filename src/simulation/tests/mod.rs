//! What every process owes: means at the forward, stated moments, and independence of how the
//! work is cut. Bounds are 4 standard errors at a fixed seed.

mod blocks;
mod copula;
mod historical;
mod jumps;
mod moments;
pub(super) mod support;
