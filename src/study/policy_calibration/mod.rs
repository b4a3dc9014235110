//! Calibration of threshold policies: a policy's parameters searched on a walk-forward, for the least
//! cost of idle capital and of trades under constraints on what is missed, on false alarms and on
//! how much the threshold moves.
//!
//! ```text
//! walk-forward (terms at scales, realised losses, history) ─▶ days
//! policy.toml × vary ─▶ candidates ─▶ M over the history, T, U, what is carried ─▶ measures
//!     ─▶ grid, then COBYLA from its best points ─▶ recommended policy, fold by fold
//!     ─▶ test parts: against a static limit and a volatility target of equal average exposure
//! ```
//!
//! Nothing is simulated here: the potential loss at any scale of the positions is read off the
//! walk-forward, linear between the scales that it kept.
//!
//! # Definitions
//! - **Carried**: positions are cut to the policy's target utilisation when U is above red, after
//!   whole periods of the delay of the rung `forced_reduction`, and raised toward it by at most
//!   `relax_per_day` while U is below. They never exceed the book of the walk-forward. Losses of
//!   positions scale; those of balances do not. Where no scale is within the target, as in a book
//!   whose positions hedge its balances, the scale of least potential loss takes its place. A part of
//!   the dates begins at the target.
//! - **Missed loss**: loss of a period, costs included, beyond tolerance × capital.
//! - **False alarm**: a forced reduction after which the uncut book does not lose `alarm_share` of
//!   the tolerance within `alarm_within`, as far as the part of the dates goes.
//! - **Idle**: the share of the tolerated loss that the potential loss carried leaves unused, taken
//!   to be the share of capital that stands idle.
//! - **Change of the threshold**: of `a·M`, so that it does not move with prices of collateral.
//!
//! # Limits
//! Limited liability of accounts, limits beside the threshold and factors of shortfalls against
//! procyclicality are as they were simulated, at every scale. What is tested knows nothing of what
//! comes after; M of a date uses nothing after it.

mod bootstrap;
mod carry;
mod contenders;
mod days;
mod document;
mod error;
mod evaluate;
mod front;
mod load;
mod measures;
mod parameter;
mod periods;
mod run;
mod search;
mod tell;
#[cfg(test)]
mod tests;

pub use document::{
    AimDocument, BootstrapDocument, ConstraintsDocument, PeriodsDocument,
    PolicyCalibrationDocument, SearchDocument, VaryDocument, VolatilityTargetDocument,
};
pub use error::PolicyCalibrationError;
pub use load::LoadedPolicyCalibration;
pub use parameter::PolicyField;

use std::path::Path;

use crate::document::{Confinement, Violations};
use crate::threshold::document::LoadedPolicy;
use bootstrap::Bootstrap;
use contenders::VolatilityTarget;
use parameter::Parameter;
use periods::Periods;
use search::{Constraint, Effort};

/// Whether a file is a policy calibration, by the table that only they have.
pub fn is_policy_calibration(path: &Path, confinement: Confinement) -> bool {
    load::has_vary(path, confinement)
}

/// Checks a document with everything that it names; says what was found.
///
/// # Errors
/// Every violation in any of them.
pub fn check(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let found = LoadedPolicyCalibration::read(path, confinement)?;
    let policies: usize = found.parameters().iter().map(|one| one.values.len()).product();
    Ok(format!(
        "policy calibration '{}', no violations: {} parameters, {policies} policies in the grid, {} \
         files",
        found.name(),
        found.parameters().len(),
        found.files.len()
    ))
}

/// Policies of one grid.
pub const POLICIES_MAX: usize = 20_000;

/// A search, read and checked.
#[derive(Debug)]
pub struct PolicySearch {
    name: String,
    description: String,
    /// The model of the walk-forward; `None`: its first.
    model: Option<String>,
    policy: LoadedPolicy,
    parameters: Vec<Parameter>,
    tolerance: f64,
    idle_capital_rate: f64,
    trading_cost: f64,
    alarm_share: f64,
    alarm_days: f64,
    change_days: f64,
    constraints: Vec<Constraint>,
    periods: Periods,
    effort: Effort,
    volatility_target: VolatilityTarget,
    /// Its block counts dates once their spacing is known.
    bootstrap: Bootstrap,
    block_days: f64,
}
