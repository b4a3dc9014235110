//! The page of a replay.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::words::{answer, figures, told_move};
use crate::outcome::{HistoricalOutcome, PathRow};
use crate::report::html::templates;
use crate::report::html::{light_sign, safe};
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::{ReportError, charts};

/// Positions listed one by one; the rest is summed.
const ROWS_LISTED: usize = 30;

/// The report as one self-contained HTML page, in the look of a house.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit the outcome.
pub fn historical_html(outcome: &HistoricalOutcome, look: &Look) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    let environment = templates::environment(figures(&outcome), look)?;
    let answer = answer(&outcome);
    let page = environment.get_template("historical.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        chart => safe(charts::book_value(&outcome, "chart-book")),
        account_charts => account_charts(&outcome)
            .map(Value::from_safe_string)
            .collect::<Vec<Value>>(),
        legs => legs(&outcome),
        depth => depth(&outcome),
        rows => Value::from(Serde(rows(&outcome))),
        light_sign => light_sign(answer.light),
        answer => Value::from(Serde(answer)),
        outcome => Value::from(Serde(&outcome)),
    })?;
    Ok(page)
}

/// Legs of a shock with their moves in words.
fn legs(outcome: &HistoricalOutcome) -> Value {
    let legs = outcome.shock.iter().flat_map(|shock| &shock.legs);
    let told = legs.map(|leg| {
        let moves: Vec<String> = leg.moves.iter().map(told_move).collect();
        context! {
            begins => leg.begins.clone(),
            ends => leg.ends.clone(),
            moves => moves,
            venues_failed => leg.venues_failed.clone(),
        }
    });
    told.collect()
}

/// Changes of depth in words.
fn depth(outcome: &HistoricalOutcome) -> Value {
    let changes = outcome.shock.iter().flat_map(|shock| &shock.depth);
    changes.map(|change| Value::from(told_move(change))).collect()
}

/// A chart of every account to which something happened.
pub(in crate::report) fn account_charts(
    outcome: &HistoricalOutcome,
) -> impl Iterator<Item = String> + '_ {
    let happened = |name: &str| outcome.steps.iter().any(|step| step.account == name);
    let accounts = outcome.accounts.iter().enumerate();
    let accounts = accounts.filter(move |(_, row)| happened(&row.account));
    accounts.filter_map(|(index, _)| {
        charts::account_value(outcome, index, &format!("chart-account-{index}"))
    })
}

/// The rows with the largest losses and gains, the rest in one; without those that lose nothing.
fn rows(outcome: &HistoricalOutcome) -> Vec<PathRow> {
    let is_zero = |index: &usize| outcome.rows[*index].loss == 0.0;
    let mut order: Vec<usize> = (0..outcome.rows.len()).filter(|index| !is_zero(index)).collect();
    let size = |index: &usize| outcome.rows[*index].loss.abs();
    order.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
    let (listed, rest) = order.split_at(order.len().min(ROWS_LISTED));
    let mut listed: Vec<usize> = listed.to_vec();
    listed.sort_unstable();
    let mut rows: Vec<PathRow> =
        listed.into_iter().map(|index| outcome.rows[index].clone()).collect();
    if !rest.is_empty() {
        let loss = rest.iter().map(|index| outcome.rows[*index].loss).sum();
        rows.push(PathRow { name: format!("{} smaller ones", rest.len()), loss });
    }
    rows
}
