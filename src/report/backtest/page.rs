//! `backtest.html`: one self-contained page with tests, exceptions over time and calibration.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{answers, fallbacks, p_value, purpose};
use crate::outcome::{Backtest, BacktestPart, BacktestSeries, LevelTests};
use crate::report::figures::{Figures, NORMAL_95, level, number, percent};
use crate::report::html::templates;
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::{ReportError, charts};

/// Dates left out that are listed; the rest is in `result.json`.
const LEFT_OUT_LISTED: usize = 50;

/// The backtest as one HTML page.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit it.
pub fn backtest_html(backtest: &Backtest) -> Result<String, ReportError> {
    let backtest = &readable(backtest)?;
    let environment = templates::environment(figures(backtest), &Look::default())?;
    let series = backtest.series.iter().enumerate();
    let exceptions = series.flat_map(|(index, series)| {
        (0..backtest.levels.len()).filter_map(move |at| {
            let id = format!("chart-exceptions-{index}-{at}");
            charts::exceptions(backtest, series, at, &id).map(Value::from_safe_string)
        })
    });
    let models = backtest.parts.first().map(|part| part.models.as_slice()).unwrap_or_default();
    let calibration = models.iter().enumerate().map(|(index, model)| {
        let id = format!("chart-calibration-{index}");
        Value::from_safe_string(charts::calibration(&model.model, &model.calibration, &id))
    });
    let page = environment.get_template("backtest.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        answers => answers(backtest),
        fallbacks => fallbacks(backtest),
        parts => parts(backtest),
        exceptions => exceptions.collect::<Vec<Value>>(),
        thresholds => threshold_charts(backtest),
        threshold_rows => threshold_rows(backtest),
        calibration => calibration.collect::<Vec<Value>>(),
        left_out => Value::from(Serde(
            backtest.left_out.iter().take(LEFT_OUT_LISTED).collect::<Vec<_>>()
        )),
        hidden => backtest.left_out.len().saturating_sub(LEFT_OUT_LISTED),
        backtest => Value::from(Serde(backtest)),
    })?;
    Ok(page)
}

fn threshold_charts(backtest: &Backtest) -> Vec<Value> {
    let series = backtest.series.iter().enumerate();
    let charts = series.filter_map(|(index, one)| {
        charts::thresholds(one, &backtest.currency, &format!("chart-thresholds-{index}"))
    });
    charts.map(Value::from_safe_string).collect()
}

/// How threshold and status went, a row a model.
pub(in crate::report) fn threshold_rows(backtest: &Backtest) -> Vec<Value> {
    let row = |series: &BacktestSeries| {
        let found = series.thresholds.as_ref()?;
        let of_dates = |dates: usize| percent(dates as f64 / found.dates as f64, 1);
        Some(context! {
            model => &series.model,
            potential_loss => found.mean_potential_loss,
            threshold => found.mean_threshold,
            amber => of_dates(found.amber),
            red => of_dates(found.red),
            changes => found.status_changes,
            fall => percent(found.largest_fall, 1),
            rise => percent(found.largest_rise, 1),
            beyond => found.losses_beyond,
            beyond_at_red => found.losses_beyond_at_red,
        })
    };
    backtest.series.iter().filter_map(row).collect()
}

/// The tables of each part of the dates.
pub(in crate::report) fn parts(backtest: &Backtest) -> Vec<Value> {
    backtest.parts.iter().map(|one| part(backtest, one)).collect()
}

/// The chart of the model with the best score at each level.
pub(in crate::report) fn best_exceptions(backtest: &Backtest) -> Vec<Value> {
    let Some(part) = backtest.parts.first() else { return vec![] };
    let chart = |at: usize| {
        let best = part.models.iter().find(|model| model.levels[at].rank == Some(1))?;
        let series = backtest.series.iter().find(|series| series.model == best.model)?;
        charts::exceptions(backtest, series, at, &format!("chart-exceptions-{at}"))
    };
    (0..backtest.levels.len()).filter_map(chart).map(Value::from_safe_string).collect()
}

fn figures(backtest: &Backtest) -> Figures {
    let dates = backtest.series.iter().flat_map(|series| &series.dates);
    let measures = dates.flat_map(|date| &date.expected_shortfall);
    Figures::up_to(measures.fold(0.0, |largest: f64, one| largest.max(one.abs())))
}

/// A part of the dates with a table a level.
fn part(backtest: &Backtest, part: &BacktestPart) -> Value {
    let levels = backtest.levels.iter().enumerate().map(|(index, at)| {
        let names: Vec<String> = part.models.first().map_or_else(Vec::new, |model| {
            model.levels[index].tests.iter().map(|test| test.name.clone()).collect()
        });
        let rows: Vec<Value> = part
            .models
            .iter()
            .map(|model| row(&model.model, &model.levels[index], &names))
            .collect();
        context! { level => level(*at), names, rows }
    });
    context! {
        purpose => purpose(part.purpose),
        from => &part.from,
        to => &part.to,
        dates => part.dates,
        levels => levels.collect::<Vec<Value>>(),
    }
}

fn row(model: &str, tests: &LevelTests, names: &[String]) -> Value {
    let found = names.iter().map(|name| tests.tests.iter().find(|test| test.name == *name));
    let p_values: Vec<Value> = found
        .map(|test| match test {
            Some(test) => context! {
                text => p_value(test.p_value),
                low => test.p_value < 0.05,
                power => test.power.iter().map(|one| percent(*one, 0)).collect::<Vec<_>>().join(", "),
            },
            None => context! { text => "–", low => false, power => "" },
        })
        .collect();
    let gap = tests.to_best.map(|gap| {
        format!("{} ± {}", number(gap.mean, 4), number(NORMAL_95 * gap.standard_error, 4))
    });
    context! {
        model,
        exceptions => tests.exceptions,
        expected => number(tests.expected, 1),
        value_at_risk => tests.mean_value_at_risk,
        shortfall => tests.mean_expected_shortfall,
        depth => tests.exception_over_shortfall.map(|one| number(one, 2)),
        zone => &tests.zone,
        p_values,
        score => tests.mean_score.map(|one| number(one, 4)),
        gap,
        rank => tests.rank,
        rejected => tests.rejected,
    }
}
