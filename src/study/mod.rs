//! Many runs of one engine, set side by side.
//!
//! Flows in: a study document that names a base scenario, or many. Flows out: plain results. Every figure
//! comes from the engine's own paths with a changed plan: there is no second simulator here.

pub mod batch;
pub mod calibration;
pub mod explain;
pub mod market_model;
pub mod policy_calibration;
pub mod results;
pub mod walk_forward;
