//! The three reference workloads as numbers, and as plans of the engine.
//!
//! Flows out: a [`Workload`], every number from a small integer hash (splitmix64), so that any
//! language generates the same one; and a [`Plan`](plimsoll::engine::Plan) of it, built through the
//! library alone, no files. `tests/workloads.rs` compares every number with the files of the
//! reference generator, bit for bit.

mod book;
pub mod correlation;
pub mod data;
mod plan;
mod splitmix;
mod w1;
mod w2;
mod w3;

pub use data::Work;
pub use plan::{Sampling, plan};
