//! **plimsoll**: Monte Carlo stress testing, VaR and dynamic exposure thresholds for books of
//! crypto derivatives.
//!
//! # The pipeline
//!
//! ```text
//! documents ─▶ market ─▶ estimation ─▶ simulation ─▶ pricing ─▶ margin ─▶ risk ─▶ threshold
//!    │           history    volatility    factors on    values     at time   VaR,     how much
//!    └─▶ portfolio          correlation   every path    by row     zero      ES       may be carried
//!
//! engine:  load ─▶ Plan ─▶ losses(range) … ─▶ merge ─▶ tail ─▶ Outcome ─▶ report, cli
//! ```
//!
//! [`engine`] runs it, [`study`] runs it many times; [`outcome`] is what was found; [`report`] tells
//! people and [`catalogue`] remembers. The modules may import
//! each other only along the arrows (`tests/architecture.rs`).
//!
//! # Conventions
//!
//! - A [loss](units::Loss) is positive when money is lost; a confidence level of 0.99 leaves the
//!   worst 1 %.
//! - Money is in USD, rates and volatilities are decimals, times are ACT/365 years from the market's
//!   instant, UTC.
//! - Arrays name their shape, `[factor][path]` or `[row][path]`.
//! - Every draw is a function of (seed, purpose, path, step, factor): the same seed gives the same
//!   bits for any number of threads, any sharding and any x86-64 instruction set.
//!
//! # Use
//!
//! ```no_run
//! use std::path::Path;
//!
//! use plimsoll::document::Confinement;
//! use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
//! use plimsoll::numeric::isa::InstructionSet;
//!
//! let options = LoadOptions {
//!     confinement: Confinement::Inside,
//!     overrides: Overrides { paths: Some(10_000), ..Overrides::default() },
//!     trades: None,
//! };
//! let inputs = engine::load(Path::new("scenarios/desk/scenario.toml"), &options)?;
//! let plan = Plan::build(&inputs)?;
//! let run = engine::run(&plan, InstructionSet::detect(), &Control::none())?;
//! assert_eq!(run.losses.len(), 10_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod backtest;
pub mod catalogue;
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
pub mod study;
pub mod threshold;
pub mod units;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
