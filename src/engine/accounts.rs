//! What the engine makes of margin at time zero.

use crate::margin::Requirement;

/// What the venue's closing of the account costs, where it would close it at once.
pub(super) fn closing_cost(requirement: &Requirement) -> Option<f64> {
    requirement.liquidated_at_once().then_some(requirement.liquidation_cost)
}
