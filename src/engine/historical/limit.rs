//! The loss of a replay against the threshold of the policy.
//!
//! The replay stands in the place of the policy's stressed loss, alone and in full: terms that need
//! a distribution have no meaning on one path, and add-ons are not part of it.

use crate::engine::EngineError;
use crate::engine::assemble;
use crate::engine::compiled::Compiled;
use crate::engine::plan::Plan;
use crate::outcome::ReplayedThreshold;
use crate::threshold::{
    self, Direction, MoneyEstimate, Policy, Term, TermKind, UtilisationEstimate,
};

/// `None` without a policy.
pub(in crate::engine) fn threshold(
    plan: &Plan,
    book: &Compiled,
    loss: f64,
) -> Result<Option<ReplayedThreshold>, EngineError> {
    let Some(policy) = &plan.policy else { return Ok(None) };
    let Some(term) = stressed(policy) else { return Ok(None) };
    let direction = Direction::of(&assemble::dollar_deltas(book)?);
    let condition = plan.condition.as_ref().map(|condition| condition.of(direction).value);
    let multiplier = condition.unwrap_or(1.0);
    let capital = threshold::capital(&policy.capital, book.collateral_after_haircuts());
    let limit = threshold::threshold(policy.appetite, capital.amount, multiplier);
    let utilisation = UtilisationEstimate::new(MoneyEstimate::exact(loss), limit);
    let (status, _) = threshold::status(&policy.status, &utilisation, None);
    let left_out = policy.terms.iter().filter(|one| one.name != term.name);
    Ok(Some(ReplayedThreshold {
        policy: policy.name.clone(),
        term: term.name.clone(),
        capital: capital.amount,
        capital_base: capital.description,
        appetite: policy.appetite,
        multiplier,
        threshold: limit,
        utilisation: utilisation.point.finite(),
        share_of_capital: if capital.amount > 0.0 { loss / capital.amount } else { 0.0 },
        status: assemble::outcome_status(status),
        boundaries: [policy.status.amber, policy.status.red],
        left_out: left_out.map(|one| one.name.clone()).collect(),
    }))
}

/// The term that asks for a stressed loss.
pub(super) fn stressed(policy: &Policy) -> Option<&Term> {
    policy.terms.iter().find(|term| matches!(term.kind, TermKind::StressedLoss { .. }))
}
