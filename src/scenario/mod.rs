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
mod historical;
mod historical_document;
mod kind;
mod model_document;
pub mod settings;
mod shock;
mod shock_document;

pub use events::{CascadeSettings, ClosingSettings, EventSettings, PegBreakSettings};
pub use historical::{BarOrders, Beta, HistoricalSettings, VolatilityBeta};
pub use kind::ScenarioKind;
pub use settings::{
    CorrelationSettings, Drift, JumpSettings, MeasureSettings, ModelSettings,
    NotPositiveSemidefinite, ProcessSettings, ReturnKind, Revaluation, SamplingMethod,
    SamplingSettings, Scenario, SimulationSettings, SmileDynamics, StatedVolatility,
    VolatilityDynamics, VolatilitySettings,
};
pub use shock::{
    AbsentAssets, AssetGroup, FollowedBeta, MoveSize, Propagation, ShockLeg, ShockResult,
    ShockSettings, StatedMove, rank,
};
