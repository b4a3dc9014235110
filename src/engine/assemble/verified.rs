//! A solved scale verified: the scaled book simulated again in full.

use super::Found;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::exposure::Exposure;
use crate::engine::scaled::Variation;
use crate::engine::{EngineError, accounts, pass, proxy, remark};
use crate::risk::{self, SampleDesign};
use crate::threshold::{self, Policy, TermKind};

/// Potential loss of the book with its positions times `scale`, on all paths.
pub(super) fn potential_loss(
    found: &Found,
    policy: &Policy,
    exposure: &Exposure,
    scale: f64,
    control: &Control,
) -> Result<f64, EngineError> {
    let (part, design) = losses(found, scale, control)?;
    let weights = part.weights(part.losses.len(), &design)?;
    let requirements = found.book.margin.requirements(scale);
    let closing_costs: Vec<Option<f64>> = requirements.iter().map(accounts::closing_cost).collect();
    let variation = Variation { scale, added: None, closing_costs: &closing_costs };
    let mut terms = exposure.terms(&variation)?;
    for (estimate, term) in terms.iter_mut().zip(&policy.terms) {
        if let TermKind::SimulatedShortfall { level } = term.kind {
            estimate.amount = risk::tail_mean(&part.losses, &weights, level)?.expected_shortfall;
        }
    }
    Ok(threshold::potential_loss(policy, &terms)?.estimate.amount)
}

fn losses(
    found: &Found,
    scale: f64,
    control: &Control,
) -> Result<(pass::Partial, SampleDesign), EngineError> {
    let portfolio = remark::scaled(found.book.setting.portfolio, scale);
    let book = Compiled::new(found.plan, &portfolio, found.book.setting.isa)?;
    let stage = Stage::Verification;
    let part = proxy::whole_pass(found.plan, &book, 0, control, stage)?.part;
    Ok((part, book.design))
}
