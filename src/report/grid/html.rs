//! The page of a grid.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::words::{figures, headline, moves, reasons};
use crate::outcome::GridOutcome;
use crate::report::html::{light_sign, templates};
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::verdict::light;
use crate::report::{ReportError, charts};

/// Positions listed one by one.
const ROWS_LISTED: usize = 30;

/// The report as one self-contained HTML page, in the look of a house.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit the outcome.
pub fn grid_html(outcome: &GridOutcome, look: &Look) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    let environment = templates::environment(figures(&outcome), look)?;
    let word = outcome.threshold.as_ref().map_or("NO POLICY", |one| light(one.status));
    let worst = &outcome.cells[outcome.worst];
    let named: Vec<String> = outcome.cells.iter().map(moves).collect();
    let page = environment.get_template("grid.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        chart => Value::from_safe_string(charts::heat_map(&outcome, "chart-grid")),
        light => word,
        light_sign => light_sign(word),
        headline => headline(&outcome),
        reasons => reasons(&outcome),
        worst => Value::from(Serde(worst)),
        worst_moves => moves(worst),
        named,
        rows => Value::from(Serde(outcome.rows.iter().take(ROWS_LISTED).collect::<Vec<_>>())),
        hidden => outcome.rows.len().saturating_sub(ROWS_LISTED),
        outcome => Value::from(Serde(&outcome)),
    })?;
    Ok(page)
}
