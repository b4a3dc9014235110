//! What may happen: scenario documents become validated settings.
//!
//! Flows in: a scenario document, with what it `extends`. Flows out: a [`Scenario`]: settings only;
//! nothing is estimated here.

mod correlation_document;
pub mod document;
#[cfg(test)]
mod document_tests;
pub mod events;
mod events_document;
mod extends;
mod grid;
mod grid_document;
mod historical;
mod historical_document;
mod kind;
mod library;
mod liquidity_horizon;
mod liquidity_horizon_document;
mod model_document;
mod reverse;
mod reverse_document;
pub mod settings;
mod shock;
mod shock_document;
mod stressed;
mod stressed_document;

pub use events::{
    BreachLadderSettings, CascadeSettings, ClosingSettings, EventSettings, PegBreakSettings,
};
pub use grid::{GridAxes, GridSettings};
pub use historical::{
    BarOrders, Beta, HistoricalSettings, ReplayWindow, Stretch, VolatilityBeta, WorstSettings,
};
pub use kind::ScenarioKind;
pub use library::{LibraryEntry, SHELVES, library, library_path};
pub use liquidity_horizon::{FactorHorizon, LiquidityHorizonSettings};
pub use reverse::{ReverseSettings, ReverseTarget};
pub use settings::{
    CorrelationSettings, Drift, FailureSampling, JumpSettings, MeasureSettings, ModelSettings,
    NotPositiveSemidefinite, ProcessSettings, ReturnKind, Revaluation, SamplingMethod,
    SamplingSettings, Scenario, SimulationSettings, SmileDynamics, StatedVolatility,
    VolatilityDynamics, VolatilitySettings,
};
pub use shock::{
    AbsentAssets, AssetGroup, FollowedBeta, MoveSize, Propagation, ShockLeg, ShockResult,
    ShockSettings, StatedMove, rank,
};
pub use stressed::{StressWindow, StressedSettings};
