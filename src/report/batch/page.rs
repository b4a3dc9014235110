//! `index.html` of a batch: every run with its figures, linked to its report.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{answer, fault, light, liquidations, money, utilisation};
use crate::outcome::{BatchRun, BatchSummary};
use crate::report::html::templates;
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::{ReportError, charts};

/// The batch as one HTML page; `linked` tells where a run's report is, from the page.
/// It has the look of a house.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit it.
pub fn batch_html(
    summary: &BatchSummary,
    linked: impl Fn(&BatchRun) -> Option<String>,
    look: &Look,
) -> Result<String, ReportError> {
    let summary = &readable(summary)?;
    let environment = templates::environment(money(summary), look)?;
    let rows: Vec<Value> = summary.runs.iter().map(|run| row(run, linked(run))).collect();
    let has = |of: fn(&BatchRun) -> bool| summary.runs.iter().any(of);
    let currency = summary.runs.iter().find_map(|run| Some(&run.figures.as_ref()?.currency));
    let page = environment.get_template("batch.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        answer => answer(summary),
        rows,
        currency => currency.cloned().unwrap_or_default(),
        with_books => has(|run| run.book.is_some()),
        with_policies => has(|run| run.policy.is_some()),
        with_faults => has(|run| run.figures.is_none()),
        summary => Value::from(Serde(summary)),
    })?;
    Ok(page)
}

/// A run's cells as text.
fn row(run: &BatchRun, link: Option<String>) -> Value {
    let figures = run.figures.as_ref();
    context! {
        run => run.run.as_str(),
        scenario => run.scenario.as_str(),
        book => run.book.as_deref().unwrap_or("its own"),
        policy => run.policy.as_deref().unwrap_or("its own"),
        link,
        figures => figures.map(|one| Value::from(Serde(one))),
        utilisation => figures.map(utilisation),
        light => figures.map(light),
        liquidations => figures.map(liquidations),
        faults => run.faults.iter().map(fault).collect::<Vec<String>>(),
    }
}
