//! `calibration.html` of a policy: one self-contained page.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{COLUMNS, cells, difference};
use crate::outcome::{Difference, MissedDate, PolicyCalibration, PolicyMeasures, VariedParameter};
use crate::report::figures::{Figures, number, percent};
use crate::report::html::templates;
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::{ReportError, charts};

/// The calibration as one HTML page.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit it.
pub fn policy_calibration_html(calibration: &PolicyCalibration) -> Result<String, ReportError> {
    let calibration = &readable(calibration)?;
    let environment = templates::environment(Figures::up_to(1e6), &Look::default())?;
    let safe = |chart: Option<String>| chart.map(Value::from_safe_string);
    let sensitivity = calibration.sensitivity.iter().enumerate().filter_map(|(index, one)| {
        let id = format!("chart-sensitivity-{index}");
        safe(charts::policy_sensitivity(calibration, one, &id))
    });
    let page = environment.get_template("policy_calibration.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        front => safe(charts::policy_front(calibration, "chart-policy-front")),
        history => safe(charts::policy_history(calibration, "chart-policy-history")),
        sensitivity => sensitivity.collect::<Vec<Value>>(),
        headline => headline(calibration),
        settings => settings(calibration),
        columns => COLUMNS,
        contenders => contenders(calibration),
        folds => folds(calibration),
        constraints => constraints(calibration),
        against_static => differences(&calibration.comparison.against_static),
        against_target => differences(&calibration.comparison.against_volatility_target),
        missed_dates => missed_dates(calibration),
        missed_dates_left => calibration.comparison.missed_dates.len().saturating_sub(MISSED_SHOWN),
        tolerance => percent(calibration.tolerance, 1),
        target_level => percent(calibration.comparison.volatility_target_level, 1),
        calibration => Value::from(Serde(calibration)),
    })?;
    Ok(page)
}

/// The recommendation in a line; its values stand in the table of [`settings`].
fn headline(calibration: &PolicyCalibration) -> &'static str {
    match (calibration.constraints.is_empty(), calibration.feasible) {
        (true, _) => "The recommended policy costs least of those searched where it was trained.",
        (false, true) => "The recommended policy meets every constraint where it was trained.",
        (false, false) => "No policy searched meets every constraint where it was trained.",
    }
}

/// Every value of the recommendation beside what it was searched between.
fn settings(calibration: &PolicyCalibration) -> Vec<Value> {
    let best = &calibration.candidates[calibration.recommended];
    let row = |(parameter, value): (&VariedParameter, &f64)| {
        let stands = parameter.as_it_stands.map_or_else(|| "–".to_owned(), |one| one.to_string());
        let cells =
            [value.to_string(), stands, parameter.from.to_string(), parameter.to.to_string()];
        context! { name => parameter.name.clone(), cells }
    };
    calibration.parameters.iter().zip(&best.values).map(row).collect()
}

fn contenders(calibration: &PolicyCalibration) -> Vec<Value> {
    let comparison = &calibration.comparison;
    let row = |name: &str, measures: &PolicyMeasures| context! { name, cells => cells(measures) };
    vec![
        row("calibrated policy", &comparison.policy),
        row("static limit", &comparison.static_limit),
        row("volatility target", &comparison.volatility_target),
    ]
}

/// Missed dates that the page shows; `result.json` has all of them.
const MISSED_SHOWN: usize = 12;

fn missed_dates(calibration: &PolicyCalibration) -> Vec<Value> {
    let told = |one: &MissedDate| {
        let cells: Vec<String> = (0..3)
            .flat_map(|limit| {
                [
                    percent(one.scales[limit], 1),
                    percent(one.losses[limit], 1),
                    percent(one.missed[limit], 2),
                ]
            })
            .collect();
        context! { date => day(&one.instant), cells }
    };
    calibration.comparison.missed_dates.iter().take(MISSED_SHOWN).map(told).collect()
}

fn day(instant: &str) -> String {
    instant.chars().take(10).collect()
}

fn folds(calibration: &PolicyCalibration) -> Vec<Value> {
    let span = |ends: &[String; 2]| format!("{} to {}", day(&ends[0]), day(&ends[1]));
    let rows = calibration.folds.iter().flat_map(|fold| {
        let values: Vec<String> = fold.values.iter().map(ToString::to_string).collect();
        let values = values.join(", ");
        [
            context! { part => "trained", dates => span(&fold.train), values => values.clone(), cells => cells(&fold.trained) },
            context! { part => "tested", dates => span(&fold.test), values, cells => cells(&fold.tested) },
        ]
    });
    rows.collect()
}

fn constraints(calibration: &PolicyCalibration) -> Vec<Value> {
    let row = |one: &crate::outcome::PolicyConstraint| {
        context! {
            name => one.name.clone(),
            limit => number(one.limit, 4),
            recommended => number(one.recommended, 4),
            least => number(one.least, 4),
            cost_without => one.cost_without.map(|cost| percent(cost, 2)),
            finding => one.finding.clone(),
        }
    };
    calibration.constraints.iter().map(row).collect()
}

fn differences(found: &[Difference]) -> Vec<Value> {
    let row = |one: &Difference| context! { name => one.name.clone(), cells => difference(one) };
    found.iter().map(row).collect()
}
