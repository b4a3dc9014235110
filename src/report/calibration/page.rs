//! `calibration.html`: one self-contained page with the front in charts.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{answer, setting, standing};
use crate::outcome::{Calibration, Candidate, Standing};
use crate::report::figures::{Figures, NORMAL_95, number, percent};
use crate::report::html::templates;
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::{ReportError, charts};

/// Rows of the table of all candidates; the rest is in `candidates.csv`.
const ROWS_MAX: usize = 500;

/// The calibration as one HTML page.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit it.
pub fn calibration_html(calibration: &Calibration) -> Result<String, ReportError> {
    let calibration = &readable(calibration)?;
    let environment = templates::environment(Figures::up_to(1e6), &Look::default())?;
    let drawn = (1..calibration.objectives.len()).filter_map(|up| {
        let chart = charts::front(calibration, [0, up], &format!("chart-front-{up}"))?;
        Some(Value::from_safe_string(chart))
    });
    let rows = |keep: &dyn Fn(&Candidate) -> bool| -> Vec<Value> {
        let kept = calibration.candidates.iter().filter(|one| keep(one)).take(ROWS_MAX);
        kept.map(|one| row(calibration, one)).collect()
    };
    let near = |one: &Candidate| matches!(one.standing, Standing::Front | Standing::WithinError);
    let [of, stands] = answer(calibration);
    let page = environment.get_template("calibration.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        charts => drawn.collect::<Vec<Value>>(),
        of,
        stands,
        base => row(calibration, &calibration.as_it_stands),
        front => rows(&near),
        others => rows(&|one| !near(one)),
        hidden => calibration.candidates.len().saturating_sub(ROWS_MAX),
        calibration => Value::from(Serde(calibration)),
    })?;
    Ok(page)
}

/// A candidate's cells as text.
fn row(calibration: &Calibration, candidate: &Candidate) -> Value {
    let settings: Vec<String> = calibration
        .parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let value = candidate.values.get(index);
            value.map_or_else(|| "–".to_owned(), |value| setting(parameter.unit, *value))
        })
        .collect();
    let figures = candidate.figures.as_ref();
    let objectives: Vec<[String; 2]> = figures.map_or_else(Vec::new, |figures| {
        let pair = |one: &crate::outcome::ObjectiveEstimate| {
            let error = match one.standard_error {
                0.0 => String::new(),
                error => format!("± {}", number(NORMAL_95 * error, 0)),
            };
            [number(one.value, 0), error]
        };
        figures.objectives.iter().map(pair).collect()
    });
    context! {
        id => candidate.id,
        settings,
        objectives,
        liquidated => figures.map(|figures| percent(figures.liquidation_probability, 2)),
        stopped => figures.map(|figures| percent(figures.stop_probability, 2)),
        rebalanced => figures.map(|figures| percent(figures.rebalancing_probability, 2)),
        standing => standing(candidate.standing),
        dominated_by => candidate.dominated_by,
        infeasible => candidate.infeasible.as_deref(),
    }
}
