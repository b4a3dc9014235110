//! An estimated market model on one screen: volatilities, tails, correlations, with their errors.

use super::TerminalStyle;
use super::grid::{Grid, render, text_row};
use crate::outcome::MarketModel;
use crate::report::ReportError;
use crate::report::figures::{count, instant, number, percent};
use crate::report::json::json_of;
use crate::report::readable::readable;

/// Factors, parameters and pairs listed; the rest is counted.
const LISTED: usize = 12;

/// The estimates as JSON.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn market_model_json(model: &MarketModel) -> Result<String, ReportError> {
    json_of(model)
}

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn market_model_terminal(
    model: &MarketModel,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let model = &readable(model)?;
    let grid = Grid::new(style);
    let window = match &model.window {
        Some([from, to]) => {
            format!("{} from {} to {}", count(model.returns, "return"), instant(from), instant(to))
        }
        None => "no history".to_owned(),
    };
    let title =
        format!("{} · {} · {} · {window}", model.scenario, instant(&model.as_of), model.process);
    let mut blocks = vec![grid.line(&title), volatilities(model, &grid)];
    if !model.parameters.is_empty() {
        blocks.push(parameters(model, &grid));
    }
    blocks.extend(correlations(model, &grid));
    Ok(blocks.join("\n\n") + "\n")
}

fn more(text: String, of: usize) -> String {
    match of.saturating_sub(LISTED) {
        0 => text,
        left => format!("{text}\n  {left} more with --json"),
    }
}

fn volatilities(model: &MarketModel, grid: &Grid) -> String {
    let mut table = grid.table(&["Factor", "volatility", "± error", "source"]);
    for one in model.volatilities.iter().take(LISTED) {
        let error = one.standard_error.map_or("–".to_owned(), |error| percent(error, 2));
        table.add_row(text_row([
            one.factor.clone(),
            percent(one.volatility, 2),
            error,
            one.source.clone(),
        ]));
    }
    more(render(table, &[1, 2]), model.volatilities.len())
}

fn parameters(model: &MarketModel, grid: &Grid) -> String {
    let mut table = grid.table(&["Parameter", "value", "± error", "observations"]);
    for one in model.parameters.iter().take(LISTED) {
        let error = one.standard_error.map_or("–".to_owned(), |error| number(error, 4));
        table.add_row(text_row([
            one.name.clone(),
            number(one.value, 4),
            error,
            one.observations.to_string(),
        ]));
    }
    more(render(table, &[1, 2, 3]), model.parameters.len())
}

/// Pairs in the order of the matrix.
fn correlations(model: &MarketModel, grid: &Grid) -> Option<String> {
    let factors = &model.volatilities;
    let mut table = grid.table(&["Correlation", "", "value", "± error"]);
    let mut pairs = 0;
    for (row, first) in factors.iter().enumerate() {
        for (column, second) in factors.iter().enumerate().take(row) {
            let value = model.correlation[row][column];
            if value == 0.0 {
                continue;
            }
            pairs += 1;
            let error = model.correlation_errors.get(row).and_then(|errors| errors.get(column));
            if pairs <= LISTED {
                table.add_row(text_row([
                    second.factor.clone(),
                    first.factor.clone(),
                    number(value, 3),
                    error.map_or("–".to_owned(), |error| number(*error, 3)),
                ]));
            }
        }
    }
    let source = grid.line(&format!("Correlations: {}.", model.correlation_source));
    (pairs > 0).then(|| format!("{}\n{source}", more(render(table, &[2, 3]), pairs)))
}
