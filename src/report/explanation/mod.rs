//! What moved the figures between two runs: as JSON, on one screen, as a page.

mod page;
mod terminal;

pub use page::explanation_html;
pub(super) use page::{explained, steps};
pub use terminal::explanation_terminal;

use super::figures::{level, number, percent, signed};
use super::{ReportError, json};
use crate::outcome::{ExplainedFigure, ExplainedQuantity, Explanation, FigureStep};

/// The explanation as pretty JSON with a newline at the end; the same bytes for the same one.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn explanation_json(explanation: &Explanation) -> Result<String, ReportError> {
    json::json_of(explanation)
}

/// Name of a quantity.
pub(super) fn name(quantity: ExplainedQuantity, explanation: &Explanation) -> String {
    match quantity {
        ExplainedQuantity::Threshold => "threshold".to_owned(),
        ExplainedQuantity::ExpectedShortfall => format!("ES {}", level(explanation.level)),
        ExplainedQuantity::PotentialLoss => "potential loss".to_owned(),
        ExplainedQuantity::Utilisation => "utilisation".to_owned(),
        ExplainedQuantity::Capital => "capital".to_owned(),
    }
}

/// What moved a figure, in a sentence: the steps that moved it, in their order.
pub(super) fn sentence(figure: &ExplainedFigure, explanation: &Explanation) -> String {
    let name = subject(figure.quantity, explanation);
    let moved = figure.steps.iter().filter(|step| step.contribution != 0.0);
    let parts: Vec<String> = moved.map(|step| part(step, figure)).collect();
    let parts = parts.join(", ");
    let verb = match figure.change {
        change if change < 0.0 => "fell",
        change if change > 0.0 => "rose",
        _ if parts.is_empty() => return format!("{name} did not move."),
        _ => {
            return format!(
                "{name} did not change, what moved it making up for each other: {parts}."
            );
        }
    };
    let (by, to) = if figure.quantity.is_share() {
        (moved_by(figure.change.abs(), figure), percent(figure.after, 1).replace('-', "−"))
    } else {
        let currency = &explanation.currency;
        (format!("{} {currency}", three_digits(figure.change.abs())), three_digits(figure.after))
    };
    format!("{name} {verb} by {by} to {to}: {parts}.")
}

/// What a sentence is about.
fn subject(quantity: ExplainedQuantity, explanation: &Explanation) -> String {
    let name = name(quantity, explanation);
    if quantity == ExplainedQuantity::ExpectedShortfall { name } else { format!("The {name}") }
}

/// A change of a share in percentage points, its sign always shown.
pub(super) fn points(share: f64) -> String {
    format!("{}\u{a0}pt", signed(number(share * 100.0, 1)))
}

fn part(step: &FigureStep, figure: &ExplainedFigure) -> String {
    let sign = if step.contribution < 0.0 { "−" } else { "+" };
    format!("{} {sign}{}", step.step.name(), moved_by(step.contribution.abs(), figure))
}

/// The size of a change: money to three digits, a share in percentage points.
fn moved_by(size: f64, figure: &ExplainedFigure) -> String {
    if figure.quantity.is_share() {
        return format!("{}\u{a0}points", number(size * 100.0, 1));
    }
    three_digits(size)
}

/// Money as one says it: `1.23m`, `45.6k`, `789`.
fn three_digits(amount: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e9, "bn"), (1e6, "m"), (1e3, "k"), (1.0, "")];
    let size = amount.abs();
    // What rounds up to the next unit is said in it.
    let found = UNITS.into_iter().find(|(unit, _)| size >= 0.9995 * unit).unwrap_or((1.0, ""));
    let scaled = size / found.0;
    let decimals = [99.95, 9.995, 0.9995].iter().position(|bound| scaled >= *bound).unwrap_or(3);
    let sign = if amount < 0.0 { "−" } else { "" };
    format!("{sign}{scaled:.decimals$}{}", found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_said_to_three_digits() {
        let said =
            [1_234_567.0, 45_550.0, 789.4, 1.0, 0.25, -2.5e9, 999_960.0, 0.0].map(three_digits);
        assert_eq!(said, ["1.23m", "45.5k", "789", "1.00", "0.250", "−2.50bn", "1.00m", "0.000"]);
    }
}
