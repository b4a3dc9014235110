//! How factors move: the fitted model, its counter-based streams, its paths in blocks.
//!
//! Flows in: settings, market and history. Flows out: a serialisable [`FactorModel`] and, node by
//! node, a [`FactorBlock`] of factor levels `[factor][path]`.

pub mod block;
pub mod model;

pub use block::FactorBlock;
pub use model::{Factor, FactorKey, FactorModel, Process, TimeGrid};
