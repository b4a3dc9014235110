//! The hedged book simulated in full: its figures as a run of it would tell them.

use super::Request;
use super::units::hedged;
use crate::engine::EngineError;
use crate::engine::assemble::{self, full_terms};
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::exposure::Exposure;
use crate::engine::pass::PathColumns;
use crate::engine::{proxy, remark};
use crate::risk::{self, LossSample, Needs};
use crate::threshold::{
    self, Capital, Direction, MoneyEstimate, Optimum, Status, UtilisationEstimate,
};
use crate::units::ConfidenceLevel;

/// Figures of the hedged book.
pub(super) struct Verified {
    pub terms: Vec<MoneyEstimate>,
    pub potential_loss: MoneyEstimate,
    /// After the cost of the trades and what was paid for them.
    pub capital: Capital,
    pub limit: f64,
    /// What the potential loss was to stay below: the target share of the threshold.
    pub bound: f64,
    pub utilisation: UtilisationEstimate,
    pub status: Status,
    pub indistinct: bool,
    /// By level of the scenario: VaR and ES.
    pub measures: Vec<(ConfidenceLevel, f64, f64)>,
    /// What each account lacks of its initial margin.
    pub margin_calls: Vec<f64>,
}

/// Simulates the book with the trades of `optimum`, all paths, under all rules.
pub(super) fn verified(
    request: &Request,
    optimum: &Optimum,
    control: &Control,
) -> Result<Verified, EngineError> {
    let (found, policy) = (request.found, request.policy);
    let (plan, setting) = (found.plan, &found.book.setting);
    let portfolio = hedged(setting.portfolio, setting.market, &optimum.trades)?;
    let book = Compiled::on(plan, &portfolio, setting.market, setting.model, setting.isa)?;
    let kept = book.kept_paths(plan.scenario.simulation.paths);
    let mut part = proxy::whole_pass(plan, &book, kept, control, Stage::Verification)?.part;
    let columns = std::mem::take(&mut part.columns);
    let columns = PathColumns::new(portfolio.accounts.len(), book.underlyings.len(), columns);
    let weights = part.weights(part.losses.len(), &book.design)?;
    let kept_weights = part.weights(columns.path_count(), &book.design)?;
    let levels = assemble::levels(plan);
    let sample =
        LossSample::new(&part.losses, &weights, &Needs { levels: &levels, worst_paths: 1 })?;
    let exposure = Exposure::new(plan, policy, &book, (&columns, &kept_weights), control)?;
    let plain = full_terms(policy, &book, &exposure, &sample)?;
    // Factors of shortfalls stay those of the book before the trades.
    let adjustment = request.exposure.adjustment();
    let potential_loss = adjustment.potential_loss(policy, &plain)?.estimate;
    let terms = adjustment.terms(&plain);
    let base = remark::after_loss(&policy.capital, optimum.cost);
    let capital = threshold::capital(&base, book.collateral_after_haircuts() - optimum.cost);
    let limit = threshold::threshold(policy.appetite, capital.amount, multiplier(request, &book)?);
    let utilisation = UtilisationEstimate::new(potential_loss, limit);
    let (status, indistinct) = threshold::status(&policy.status, &utilisation, None);
    let measure = |level: &ConfidenceLevel| {
        let value_at_risk = risk::value_at_risk(&sample, *level).loss.amount();
        (*level, value_at_risk, risk::expected_shortfall(&sample, *level).loss.amount())
    };
    Ok(Verified {
        terms,
        potential_loss,
        capital,
        limit,
        bound: policy.target_utilisation * limit,
        utilisation,
        status,
        indistinct,
        measures: plan.scenario.measures.levels.iter().map(measure).collect(),
        margin_calls: book.requirements.iter().map(|one| one.margin_call()).collect(),
    })
}

/// The condition multiplier of the hedged book: trades can change its direction.
fn multiplier(request: &Request, book: &Compiled) -> Result<f64, EngineError> {
    let deltas = assemble::dollar_deltas(book)?;
    let condition = request.found.plan.condition.as_ref();
    Ok(condition.map_or(1.0, |one| one.of(Direction::of(&deltas)).value))
}
