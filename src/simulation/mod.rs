//! How factors move: the fitted model, its counter-based streams, its paths in blocks.
//!
//! Flows in: settings, market and history. Flows out: a serialisable [`FactorModel`] and, node by
//! node, a [`FactorBlock`] of factor levels `[factor][path]`.

pub mod block;
pub mod bridge;
pub mod calibrate;
pub mod conditional;
pub mod error;
pub mod factor;
pub mod grid;
pub mod model;
pub mod process;
pub mod replay;
pub mod sampling;
pub mod scratch;
pub mod simulator;

mod compensator;
mod copula;
mod correlated;
mod drift;
mod driver;
mod elliptical;
mod gamma_quantile;
mod historical;
mod historical_means;
mod merton;
mod mixing;
mod movement;
mod own_means;
mod table;

#[cfg(test)]
mod tests;

pub use block::{FactorBlock, block_paths};
pub use bridge::FactorBridge;
pub use calibrate::{
    Calibrated, CalibrationError, Fallback, FittedParameter, StressedFit, calibrate,
};
pub use error::SimulationError;
pub use factor::{Factor, FactorKey, UnknownFactor};
pub use grid::{GridError, TimeGrid};
pub use historical::{DateShocks, VarianceFilter};
pub use model::FactorModel;
pub use process::Process;
pub use replay::{
    FactorSource, ReplayError, ReplayModel, ReplayedPaths, StatedLeg, StatedSetting, WindowSearch,
    replay_model, stated_model,
};
pub use sampling::Sampling;
pub use scratch::SimulationScratch;
pub use simulator::{Simulator, StepDeviation};
