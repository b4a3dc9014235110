//! The model that moved the factors, and what a reader must be warned of.

use super::{process, stressed};
use crate::engine::compiled::Compiled;
use crate::engine::plan::Plan;
use crate::engine::proxy::Revalued;
use crate::outcome::{FactorSummary, ModelSummary, Warning};
use crate::scenario::{Drift, ReturnKind};
use crate::simulation::Process;

/// The model in words and numbers.
pub(super) fn model(plan: &Plan, revalued: &Revalued) -> ModelSummary {
    let settings = &plan.scenario.simulation;
    let factor = |factor: &crate::simulation::Factor| FactorSummary {
        name: factor.key.to_string(),
        volatility: factor.volatility,
        source: factor.source.clone(),
    };
    ModelSummary {
        process: process::describe(&plan.model.process),
        returns: match settings.returns {
            ReturnKind::Log => "log".to_owned(),
            ReturnKind::Simple => "simple".to_owned(),
        },
        revaluation: revalued.words(settings.revaluation),
        proxy: revalued.proxy.clone(),
        drift: drift(&plan.scenario.model.drift),
        correlation_source: plan.fit.correlation_source.clone(),
        correlation_projection_distance: plan.fit.projection_distance,
        factors: plan.model.factors.iter().map(factor).collect(),
        correlation: plan.fit.correlation.clone(),
        stressed: stressed::stressed(plan),
        notes: plan.fit.notes.clone(),
    }
}

fn drift(drift: &Drift) -> String {
    match drift {
        Drift::Martingale => "martingale at the forward (no view)".to_owned(),
        Drift::Zero => "zero: the mean of every price is today's".to_owned(),
        Drift::Annual(stated) => {
            let stated: Vec<String> = stated
                .iter()
                .map(|(symbol, rate)| format!("{symbol} {:+.1} %", rate * 100.0))
                .collect();
            format!("stated annual drift ({}), others martingale at the forward", stated.join(", "))
        }
    }
}

/// Cautions about book and model.
pub(super) fn warnings(plan: &Plan, book: &Compiled) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code: &str, message: String| {
        warnings.push(Warning { code: code.to_owned(), message });
    };
    if let Some(stressed) = stressed::stressed(plan) {
        warn("stressed_model", stressed.description);
    }
    let portfolio = book.setting.portfolio;
    for (account, requirement) in portfolio.accounts.iter().zip(&book.requirements) {
        if requirement.liquidated_at_once() {
            warn(
                "liquidated_at_once",
                format!(
                    "{} is below its maintenance margin today: the venue would close it at once, \
                     and the figures count it as closed at today's marks plus the closing fee.",
                    account.name
                ),
            );
        } else if !requirement.meets_initial() {
            warn(
                "initial_margin",
                format!("{} does not meet its initial margin today.", account.name),
            );
        }
    }
    let stage = book.engine.event_stage();
    let acting = stage.map_or(0, |events| events.stage().orders().count());
    let idle = portfolio.orders.len() - acting;
    if idle > 0 {
        let why = match stage {
            None => "this run has no path events",
            Some(_) => "they are no stops that reduce a position their venue can liquidate",
        };
        warn("orders_idle", format!("{idle} open or stop orders are held but do not act: {why}."));
    }
    for account in stage.map_or_else(Vec::new, |events| events.stage().watched_at_nodes_alone()) {
        let name = &portfolio.accounts[account].name;
        warn(
            "watched_at_steps",
            format!(
                "{name} is watched at the steps alone, not at all times: prices jump or are drawn \
                 from history, or it is under portfolio margin."
            ),
        );
    }
    if plan.sampling.is_weighted() && matches!(plan.model.process, Process::StudentT { .. }) {
        warn(
            "weighted_body",
            format!(
                "{} sampling of Student-t returns: likelihood ratios of paths far from the tail may \
                 have no variance. VaR and ES near the level aimed at are right with their \
                 intervals; take mean, deviation, histogram and any level far below it from a run \
                 with plain sampling.",
                plan.sampling.name()
            ),
        );
    }
    let repaired = plan.findings.iter().filter(|finding| finding.repair.is_some()).count();
    if repaired > 0 {
        let found = if repaired == 1 { "finding was" } else { "findings were" };
        warn("data_repaired", format!("{repaired} {found} repaired in the data, as opted in."));
    }
    warnings
}
