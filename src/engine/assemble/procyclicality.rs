//! What options against procyclicality make of the potential loss: shortfalls of the same book under
//! floored volatilities and in a stressed period, on all paths and the same numbers, and the buffer.

use super::Found;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::plan::Plan;
use crate::engine::proxy;
use crate::outcome::PotentialLossAdjustment;
use crate::risk::{self, PathWeights};
use crate::simulation::FactorModel;
use crate::threshold::{Adjustment, MoneyEstimate, Policy, Shortfalls, TermKind};
use crate::units::ConfidenceLevel;

/// The adjustment of a policy's potential loss, with how it came about.
pub(in crate::engine) struct Adjusted {
    pub adjustment: Adjustment,
    shortfalls: Vec<Option<Shortfalls>>,
}

/// Shortfalls under every model that the policy asks for, and the buffer at the product `raw` of the
/// drivers.
pub(super) fn adjusted(
    found: &Found,
    policy: &Policy,
    raw: f64,
    control: &Control,
) -> Result<Adjusted, EngineError> {
    let plain = |level| Ok(risk::expected_shortfall(found.sample, level).loss.amount());
    adjusted_book((found.plan, found.book), policy, raw, &plain, control)
}

/// The same of a book of which `plain` tells the ES of the scenario's model.
pub(in crate::engine) fn adjusted_book(
    (plan, book): (&Plan, &Compiled),
    policy: &Policy,
    raw: f64,
    plain: &dyn Fn(ConfidenceLevel) -> Result<f64, EngineError>,
    control: &Control,
) -> Result<Adjusted, EngineError> {
    let levels = policy.terms.iter().map(|term| match term.kind {
        TermKind::SimulatedShortfall { level } => Some(level),
        _ => None,
    });
    let levels: Vec<Option<ConfidenceLevel>> = levels.collect();
    let under = |model: &Option<FactorModel>| match model {
        Some(model) => under((plan, book), model, &levels, control),
        None => Ok(vec![None; levels.len()]),
    };
    let floored = under(&plan.floored_model)?;
    let stressed = under(&plan.stressed_model)?;
    let shortfalls = levels.iter().enumerate().map(|(term, level)| {
        let Some(level) = *level else { return Ok(None) };
        let (floored, stressed) = (floored[term], stressed[term]);
        Ok(Some(Shortfalls { plain: plain(level)?, floored, stressed }))
    });
    let shortfalls: Vec<Option<Shortfalls>> = shortfalls.collect::<Result<_, EngineError>>()?;
    let options = &policy.anti_procyclicality;
    let period = options.stressed_period.as_ref();
    let factor = |one: &Option<Shortfalls>| one.map_or(1.0, |one| one.factor(period));
    let adjustment = Adjustment {
        factors: shortfalls.iter().map(factor).collect(),
        buffer: options.buffer.map_or(0.0, |buffer| buffer.added(raw)),
    };
    Ok(Adjusted { adjustment, shortfalls })
}

/// ES of every term under another model.
fn under(
    (plan, book): (&Plan, &Compiled),
    model: &FactorModel,
    levels: &[Option<ConfidenceLevel>],
    control: &Control,
) -> Result<Vec<Option<f64>>, EngineError> {
    let setting = &book.setting;
    let book = Compiled::on(plan, setting.portfolio, setting.market, model, setting.isa)?;
    let part = proxy::whole_pass(plan, &book, 0, control, Stage::Threshold)?.part;
    let count = part.losses.len();
    let weights = PathWeights::first(count, &part.ratios, &part.controls, &book.design)?;
    let of = |level: &Option<ConfidenceLevel>| {
        let found = level.map(|level| risk::tail_mean(&part.losses, &weights, level));
        Ok(found.transpose()?.map(|found| found.expected_shortfall))
    };
    levels.iter().map(of).collect()
}

impl Adjusted {
    /// One row a step from plain terms to the potential loss, in the order they are taken.
    pub fn rows(
        &self,
        found: &Found,
        policy: &Policy,
        plain: MoneyEstimate,
        raw: f64,
    ) -> Vec<PotentialLossAdjustment> {
        let mut rows = Vec::new();
        for (term, shortfalls) in policy.terms.iter().zip(&self.shortfalls) {
            let Some(shortfalls) = shortfalls else { continue };
            let mut row = |name: &str, amount: f64, description: String| {
                let name = format!("{name} in '{}'", term.name);
                rows.push(PotentialLossAdjustment {
                    name,
                    amount: term.weight * amount,
                    description,
                });
            };
            let floor = &found.plan.volatility_floor;
            match shortfalls.floored {
                Some(floored) => {
                    let added = shortfalls.at_floor() - shortfalls.plain;
                    row("volatility floor", added, format!("ES {floored:.0} with {floor}"));
                }
                None if !floor.is_empty() => {
                    row("volatility floor", 0.0, format!("{floor}: the model has none"));
                }
                None => {}
            }
            let period = policy.anti_procyclicality.stressed_period.as_ref();
            if let (Some(period), Some(stressed)) = (period, shortfalls.stressed) {
                let added = shortfalls.used(Some(period)) - shortfalls.at_floor();
                let description = format!(
                    "{} % of ES {stressed:.0} by the model of {} to {}, the rest as it is",
                    100.0 * period.weight,
                    period.from,
                    period.to
                );
                row("stressed period", added, description);
            }
        }
        if let Some(buffer) = policy.anti_procyclicality.buffer {
            rows.push(PotentialLossAdjustment {
                name: "drawable buffer".to_owned(),
                amount: self.adjustment.buffer * plain.amount,
                description: format!(
                    "{} % of the potential loss, {:.0} % of it drawn: the drivers' product is \
                     {raw:.4}, drawn from {} to {}",
                    100.0 * buffer.share,
                    100.0 * buffer.drawn(raw),
                    buffer.released_from,
                    buffer.released_at
                ),
            });
        }
        rows
    }
}
