//! From losses and tail to the outcome: one file a part of it.

mod book;
mod contributions;
mod exposure;
mod failures;
mod few_paths;
mod idle;
mod incremental;
mod ladder;
mod left_out;
mod limits;
mod liquidations;
mod margin_calls;
mod market;
mod measures;
mod model;
mod moved_prices;
mod path_events;
mod process;
mod procyclicality;
mod replay;
mod story;
mod stressed;
mod terms;
mod threshold;
mod verified;
mod without;
mod worst;

pub(super) use book::today;
pub(super) use limits::all_parts;
pub(super) use measures::{WholeSample, measures_of_all};
pub(super) use procyclicality::adjusted_book;
pub(super) use replay::replay;
pub(super) use threshold::{dollar_deltas, full_terms, outcome_status};
pub(super) use worst::{factor_moves, happening, path_rows};

use super::EngineError;
use super::compiled::Compiled;
use super::control::Control;
use super::pass::{Partial, PathColumns};
use super::path::PathEngine;
use super::plan::Plan;
use super::proxy::Revalued;
use super::tail::TailLosses;
use super::{reverse, truncation};
use crate::outcome::{DataFinding, FORMAT_VERSION, Measures, Outcome, Warning};
use crate::risk::{LossSample, Needs, PathWeights};
use crate::simulation::Sampling;
use crate::threshold::TermKind;
use crate::units::{ConfidenceLevel, Symbol};

/// Everything the passes found.
pub(in crate::engine) struct Found<'a> {
    pub plan: &'a Plan,
    pub book: &'a Compiled<'a>,
    pub by_position: &'a PathEngine,
    /// As the first pass left it, without its columns.
    pub part: &'a Partial,
    pub sample: &'a LossSample<'a>,
    pub columns: &'a PathColumns,
    /// What the paths of `columns` count for.
    pub kept_weights: &'a PathWeights<'a>,
    pub tail: &'a TailLosses,
    pub revalued: &'a Revalued,
}

/// The outcome of one book.
pub(super) fn outcome(found: &Found, control: &Control) -> Result<Outcome, EngineError> {
    let Found { plan, book, sample, .. } = found;
    let settings = &plan.scenario.simulation;
    let levels = &plan.scenario.measures;
    let portfolio = book.setting.portfolio;
    let mut threshold = threshold::threshold(found, control)?;
    let contributions =
        contributions::contributions(sample, levels.contribution_level, found.tail, portfolio)?;
    if let (Some(threshold), Some(policy)) = (&mut threshold, &plan.policy) {
        threshold.limits = limits::limits(found, policy, threshold.capital, &contributions)?;
    }
    let reverse = plan.scenario.reverse.as_ref().map(|settings| {
        let threshold = threshold.as_ref();
        reverse::Search { settings, book, sample, threshold }.run(control)
    });
    let reverse = reverse.transpose()?;
    let breach_ladder = ladder::breach_ladder(found, threshold.as_ref(), control)?;
    let capital = threshold.as_ref().map(|threshold| threshold.capital);
    let measures = measures::measures(sample, &levels.levels, capital);
    let mut model = model::model(plan, found.revalued);
    model.notes.extend(truncation::note(found, control)?);
    let mut warnings = self::warnings(plan, book);
    warnings.extend(left_out::still_volatilities(plan, book));
    warnings.extend(heavy_tail(&measures));
    warnings.extend(few_paths::warning(sample, &levels.levels));
    warnings.extend(found.revalued.warning());
    let greeks = book::greeks(book)?;
    let summary = book::summary(plan, book, &greeks);
    let outside = |threshold| left_out::positions_outside_capital(threshold, &summary);
    warnings.extend(threshold.as_ref().and_then(outside));
    let exposure::Exposed { exposure, prices } = exposure::exposure(found, &greeks, control)?;
    Ok(Outcome {
        format_version: FORMAT_VERSION,
        plimsoll_version: plan.plimsoll_version.clone(),
        scenario: plan.scenario.name.clone(),
        description: plan.scenario.description.clone(),
        as_of: plan.market.as_of.to_string(),
        currency: Symbol::usd().to_string(),
        horizon_years: settings.horizon.get(),
        nodes_years: plan.model.grid.nodes.iter().map(|node| node.get()).collect(),
        paths: settings.paths,
        stopping: None,
        seed: settings.seed,
        model,
        book: summary,
        contributions,
        incremental: incremental::incremental(found)?,
        worst_paths: worst::worst_paths(
            sample.worst(levels.worst_paths).into_iter(),
            found.tail,
            found.by_position,
            &plan.model,
            portfolio,
        ),
        measures,
        threshold,
        margin: book::margin(plan, book, prices),
        liquidations: liquidations::liquidations(found)?,
        path_events: path_events::of_book(found)?,
        venue_failures: failures::venue_failures(found)?,
        failure_sampling: failures::sampling(found),
        calls_met: failures::calls_met(found)?,
        moved_prices: moved_prices::moved_prices(found, control)?,
        breach_ladder,
        reverse,
        liquidity_horizons: None,
        liquidation_exposure: exposure,
        data_quality: plan.findings.iter().map(finding).collect(),
        warnings,
        with_trades: None,
    })
}

/// Measures of the losses so far, without the capital base.
pub(super) fn measures(plan: &Plan, part: &Partial) -> Result<Measures, EngineError> {
    let levels = &plan.scenario.measures.levels;
    let design = plan.sample_design();
    let weights = part.weights(part.losses.len(), &design)?;
    let sample = LossSample::new(&part.losses, &weights, &Needs { levels, worst_paths: 1 })?;
    Ok(measures::measures(&sample, levels, None))
}

/// Every level that a figure of the plan is asked for at.
pub(super) fn levels(plan: &Plan) -> Vec<ConfidenceLevel> {
    let measures = &plan.scenario.measures;
    let policy = plan.policy.iter().flat_map(|policy| &policy.terms);
    let terms = policy.filter_map(|term| match term.kind {
        TermKind::SimulatedShortfall { level } => Some(level),
        _ => None,
    });
    measures.levels.iter().copied().chain([measures.contribution_level]).chain(terms).collect()
}

/// Cautions about book, model and settings.
pub(super) fn warnings(plan: &Plan, book: &Compiled) -> Vec<Warning> {
    let mut warnings = model::warnings(plan, book);
    warnings.extend(idle::warning(plan, book));
    warnings.extend(conditional(plan));
    warnings
}

/// Figures that are not of the law of the book as it is.
fn conditional(plan: &Plan) -> Option<Warning> {
    let Sampling::Conditional { named, .. } = &plan.sampling else { return None };
    let names: Vec<String> =
        named.iter().map(|factor| plan.model.factors[*factor].key.to_string()).collect();
    Some(Warning {
        code: "conditional_law".to_owned(),
        message: format!(
            "VaR, ES and everything else are of paths given the stated moves of {}: a loss \
             distribution of the shock, not of the book.",
            names.join(", ")
        ),
    })
}

/// What was found in a data file.
pub(super) fn finding(finding: &crate::market::Finding) -> DataFinding {
    DataFinding {
        file: finding.file.clone(),
        line: finding.line,
        what: finding.what.clone(),
        repair: finding.repair.clone(),
    }
}

fn heavy_tail(measures: &crate::outcome::Measures) -> Option<Warning> {
    let index = measures.tail_index.as_ref().filter(|index| index.heavy_tail)?;
    Some(Warning {
        code: "heavy_tail".to_owned(),
        message: format!(
            "The tail index of the losses is {:.3}, above {}: the 95 % intervals of ES cover the \
             truth {}{}.",
            index.xi,
            crate::risk::HEAVY_TAIL_FROM,
            index.covered,
            match index.infinite_variance {
                true => ", and more paths narrow them slowly: such losses have no finite variance",
                false => "",
            }
        ),
    })
}
