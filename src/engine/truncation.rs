//! What truncating a Student-t does to ES: the same paths under a bound twice as wide.

use super::EngineError;
use super::assemble::Found;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::pass;
use crate::risk::{self, PathWeights};
use crate::units::grouped;

/// Paths compared.
const PATHS: usize = 50_000;

/// A note on the effect, where the process is truncated.
///
/// The expectation of an exponential of an untruncated Student-t is infinite, so there is no
/// untruncated ES to compare with; the effect of doubling the bound tells whether it matters.
pub(super) fn note(found: &Found, control: &Control) -> Result<Option<String>, EngineError> {
    let Found { plan, book, sample, .. } = found;
    let Some(bound) = plan.model.process.truncation() else { return Ok(None) };
    let Some(wider) = plan.model.with_truncation(2.0 * bound) else { return Ok(None) };
    let setting = &book.setting;
    let count = PATHS.min(sample.count());
    let other = Compiled::on(plan, setting.portfolio, setting.market, &wider, setting.isa)?;
    let range = 0..count as u64;
    let wide = pass::losses(&other.engine, &other.ledger, range, 0, control, Stage::Verification)?;
    let level = plan.scenario.measures.contribution_level;
    let weights = found.part.weights(count, &book.design)?;
    let narrow = risk::tail_mean(&sample.losses()[..count], &weights, level)?.expected_shortfall;
    let weights = PathWeights::first(count, &wide.ratios, &wide.controls, &other.design)?;
    let wide = risk::tail_mean(&wide.losses, &weights, level)?.expected_shortfall;
    let change = if narrow == 0.0 { 0.0 } else { (wide / narrow - 1.0) * 100.0 };
    Ok(Some(format!(
        "Log-returns are truncated at ±{bound:.4}; doubling the bound moves ES {} % by {change:+.3} % \
         (first {} paths, common random numbers)",
        level.get() * 100.0,
        grouped(count as f64, 0)
    )))
}
