//! **plimsoll**: Monte Carlo stress testing, VaR and dynamic exposure thresholds for books of
//! crypto derivatives.

pub mod cli;
pub mod document;
pub mod engine;
pub mod estimation;
pub mod margin;
pub mod market;
pub mod numeric;
pub mod outcome;
pub mod portfolio;
pub mod pricing;
pub mod report;
pub mod risk;
pub mod scenario;
pub mod simulation;
pub mod threshold;
pub mod units;
