//! The HTML report: one self-contained page for the people who decide.
//!
//! Templates lay out, filters format, and all words about the answer come from
//! [`verdict`](super::verdict). The page loads nothing (no font, no picture, no script from elsewhere; its
//! one script sorts tables, and its content security policy runs that one alone, by its hash), follows the reader's light or dark preference, and prints. Every value goes through
//! the engine's HTML escaping; only the charts, whose writer escapes by itself, are put in as they
//! are.

mod exposure;
pub(super) mod filters;
mod model;
pub(super) mod templates;

pub use templates::shipped as shipped_templates;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::beside::{Beside, Explained};
use super::comparison::compared_rows;
use super::explanation::{explained, steps};
use super::figures::Figures;
use super::look::Look;
use super::model_error::model_errors;
use super::ranking::{contributors, largest_and_rest};
use super::readable::readable;
use super::verdict::verdict;
use super::{ReportError, backtest, charts, policy, stopping};
use crate::outcome::{ContributionRow, Outcome};

/// Positions listed one by one; the rest is summed in a row of its own.
const POSITIONS_LISTED: usize = 30;

/// The report as one HTML page.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where a
/// template does not fit the outcome.
pub fn html(outcome: &Outcome) -> Result<String, ReportError> {
    html_beside(outcome, &Beside::default(), &Look::default())
}

/// As [`html`], with what is told beside the outcome, in the look of a house.
///
/// # Errors
/// As [`html`]; [`ReportError::NotComparable`] where an earlier run is in another currency.
pub fn html_beside(outcome: &Outcome, beside: &Beside, look: &Look) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    let beside = beside.readable(&outcome)?;
    let environment = templates::environment(Figures::of(&outcome), look)?;
    let verdict = verdict(&outcome);
    let explanation = match &beside.explained {
        Explained::Told(explanation) => Some(&**explanation),
        _ => None,
    };
    let page = environment.get_template("report.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        charts => charts_of(&outcome),
        positions => Value::from(Serde(positions(&outcome))),
        contributors => contributors(&outcome),
        after => after(&outcome),
        since => beside.earlier.as_ref().map(|earlier| since(earlier, &outcome)),
        not_explained => match &beside.explained {
            Explained::Impossible(why) => Some(why),
            _ => None,
        },
        explanation => explanation.map(|one| Value::from(Serde(one))),
        explained => explanation.map(explained),
        steps => explanation.map(steps),
        stories => charts::stories(&outcome)
            .into_iter()
            .map(|all| all.into_iter().map(Value::from_safe_string).collect::<Vec<_>>())
            .collect::<Vec<_>>(),
        policy => policy::sentences(&outcome),
        policy_trend => safe(
            beside.history.as_ref().and_then(|one| charts::policy_trend(one, "chart-policy")),
        ),
        history => beside.history.as_ref().map(|one| Value::from(Serde(one))),
        backtest => beside.backtest.as_deref().map(|one| Value::from(Serde(one))),
        answers => beside.backtest.as_deref().map(backtest::answers),
        parts => beside.backtest.as_deref().map(backtest::parts),
        threshold_rows => beside.backtest.as_deref().map(backtest::threshold_rows),
        exceptions => beside.backtest.as_deref().map(backtest::best_exceptions),
        model_errors => Value::from(Serde(model_errors(&outcome))),
        inputs => Value::from(Serde(&beside.inputs)),
        age => beside.age(&outcome),
        trend => safe(beside.history.as_ref().and_then(|one| charts::trend(one, "chart-trend"))),
        liquidations => Value::from(Serde(exposure::liquidations(&outcome))),
        margin => Value::from(Serde(exposure::margin(&outcome))),
        ladders => Value::from(Serde(exposure::ladders(&outcome))),
        hedges => Value::from(Serde(exposure::hedges(&outcome))),
        shown_model => Value::from(Serde(model::ShownModel::of(&outcome.model))),
        stopping => outcome.stopping.as_ref().map(stopping::sentence),
        light_sign => light_sign(verdict.light),
        verdict => Value::from(Serde(verdict)),
        outcome => Value::from(Serde(&outcome)),
    })?;
    Ok(page)
}

/// Charts by name; one that the outcome has nothing for is absent, which templates see as empty.
fn charts_of(outcome: &Outcome) -> Value {
    Value::from_pairs(charts::of_outcome(outcome).map(|(name, chart)| (name, safe(chart))))
}

/// A chart's SVG as it is, or nothing.
pub(super) fn safe(chart: Option<String>) -> Value {
    chart.map_or(Value::from(""), Value::from_safe_string)
}

fn positions(outcome: &Outcome) -> Vec<ContributionRow> {
    let (largest, rest) = largest_and_rest(&outcome.contributions.by_position, POSITIONS_LISTED);
    largest.into_iter().cloned().chain(rest).collect()
}

/// The run with proposed trades, beside the one without.
fn after(outcome: &Outcome) -> Option<Value> {
    let after = outcome.with_trades.as_deref()?;
    let verdict = verdict(after);
    Some(context! {
        gauge => safe(charts::gauge(after, "chart-gauge-after")),
        sign => light_sign(verdict.light),
        rows => Value::from(Serde(compared_rows(outcome, after))),
        verdict => Value::from(Serde(verdict)),
    })
}

/// What moved since an earlier run.
fn since(earlier: &Outcome, outcome: &Outcome) -> Value {
    context! {
        scenario => earlier.scenario.clone(),
        as_of => earlier.as_of.clone(),
        seed => earlier.seed,
        rows => Value::from(Serde(compared_rows(earlier, outcome))),
    }
}

/// A sign whose shape repeats the light, for those who do not see its colour.
pub(super) fn light_sign(light: &str) -> &'static str {
    match light {
        "GREEN" => "✓",
        "AMBER" => "!",
        "RED" => "✕",
        _ => "?",
    }
}
