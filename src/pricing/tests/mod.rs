//! Tests of pricing through its public face: compile, step, values.

mod discount;
mod expansion;
pub(super) mod fixture;
mod greeks;
mod linear;
mod options;
mod robustness;
mod smile;
mod time;
