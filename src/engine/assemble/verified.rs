//! A solved scale verified: the scaled book simulated again in full.

use super::Found;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::exposure::{Exposure, owes_venues, put_simulated};
use crate::engine::scaled::Variation;
use crate::engine::{EngineError, accounts, proxy, remark};
use crate::threshold::Policy;

/// Potential loss of the book with its positions times `scale`, on all paths.
pub(super) fn potential_loss(
    found: &Found,
    policy: &Policy,
    exposure: &Exposure,
    scale: f64,
    control: &Control,
) -> Result<f64, EngineError> {
    let requirements = found.book.margin.requirements(scale);
    let closing_costs: Vec<Option<f64>> = requirements.iter().map(accounts::closing_cost).collect();
    let variation = Variation { scale, added: None, closing_costs: &closing_costs };
    let mut terms = exposure.terms(&variation)?;
    let portfolio = remark::scaled(found.book.setting.portfolio, scale);
    let book = Compiled::new(found.plan, &portfolio, found.book.setting.isa)?;
    let paths = found.plan.scenario.simulation.paths;
    let kept = if owes_venues(policy) { book.kept_paths(paths) } else { 0 };
    let part = proxy::whole_pass(found.plan, &book, kept, control, Stage::Verification)?.part;
    put_simulated(policy, &book, &part, &mut terms)?;
    Ok(exposure.adjustment().potential_loss(policy, &terms)?.estimate.amount)
}
