//! An explanation on one screen: a sentence a figure, the steps in a table, what each replaced.

use comfy_table::{Cell, Table};

use super::{name, points, sentence};
use crate::outcome::{ExplainedFigure, ExplainedQuantity, ExplainedStep, Explanation, StepTaken};
use crate::report::ReportError;
use crate::report::figures::{Figures, instant, percent, sentence as as_sentence};
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::{Grid, render, short_row};

/// The explanation, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn explanation_terminal(
    explanation: &Explanation,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let explanation = &readable(explanation)?;
    let grid = Grid::new(style);
    let mut blocks = vec![grid.line(&title(explanation))];
    let told = explanation.figures.iter().take(2);
    let sentences = told.map(|figure| grid.line(&sentence(figure, explanation)));
    blocks.push(sentences.collect::<Vec<_>>().join("\n"));
    blocks.push(table(explanation, &grid));
    let what: Vec<String> =
        explanation.steps.iter().filter_map(what).map(|line| grid.line(&line)).collect();
    let notes = explanation.notes.iter().map(|note| grid.line(&as_sentence(note)));
    let below: Vec<String> = what.into_iter().chain(notes).collect();
    if !below.is_empty() {
        blocks.push(below.join("\n"));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

fn title(explanation: &Explanation) -> String {
    let run = |side: usize| {
        let (name, as_of) = (&explanation.scenarios[side], &explanation.as_of[side]);
        format!("{name}, {}, seed {}", instant(as_of), explanation.seeds[side])
    };
    format!("from {} to {}", run(0), run(1))
}

/// A row a step, a column a figure; the error of ES beside it.
fn table(explanation: &Explanation, grid: &Grid) -> String {
    let largest = explanation.figures.iter().filter(|figure| !figure.quantity.is_share());
    let largest = largest.flat_map(|figure| [figure.before.abs(), figure.after.abs()]);
    let money = Figures::up_to(largest.fold(0.0, f64::max));
    let mut header = vec![explanation.currency.clone()];
    for figure in &explanation.figures {
        header.push(heading(figure.quantity, explanation));
        if has_error(figure) {
            header.push("±".to_owned());
        }
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = grid.table(&header);
    let columns = header.len();
    row(&mut table, "before", explanation, money, |figure| (figure.before, None));
    for (index, taken) in explanation.steps.iter().enumerate() {
        let name = row_name(taken.step);
        if taken.told_with_next.is_some() {
            table.add_row(short_row([Cell::new(name), Cell::new("with the next")], 1));
            continue;
        }
        changes(&mut table, name, explanation, money, |figure| {
            (figure.steps[index].contribution, figure.steps[index].standard_error)
        });
    }
    changes(&mut table, "change", explanation, money, |figure| {
        (figure.change, figure.standard_error)
    });
    row(&mut table, "after", explanation, money, |figure| (figure.after, None));
    render(table, &(1..columns).collect::<Vec<_>>())
}

/// Names that leave room for figures.
fn heading(quantity: ExplainedQuantity, explanation: &Explanation) -> String {
    match quantity {
        ExplainedQuantity::PotentialLoss => "potential".to_owned(),
        ExplainedQuantity::Utilisation => "used".to_owned(),
        other => name(other, explanation),
    }
}

fn row_name(step: ExplainedStep) -> &'static str {
    match step {
        ExplainedStep::Noise => "noise",
        other => other.name(),
    }
}

fn has_error(figure: &ExplainedFigure) -> bool {
    figure.quantity == ExplainedQuantity::ExpectedShortfall
}

type Told = fn(Figures, f64, bool) -> String;

fn row(
    table: &mut Table,
    name: &str,
    explanation: &Explanation,
    money: Figures,
    read: impl Fn(&ExplainedFigure) -> (f64, Option<f64>),
) {
    let told: Told = |money, value, share| {
        if share { percent(value, 1) } else { money.money(value) }
    };
    add(table, name, explanation, money, told, read);
}

fn changes(
    table: &mut Table,
    name: &str,
    explanation: &Explanation,
    money: Figures,
    read: impl Fn(&ExplainedFigure) -> (f64, Option<f64>),
) {
    let told: Told = |money, value, share| {
        if share { points(value) } else { money.change(value) }
    };
    add(table, name, explanation, money, told, read);
}

fn add(
    table: &mut Table,
    name: &str,
    explanation: &Explanation,
    money: Figures,
    told: Told,
    read: impl Fn(&ExplainedFigure) -> (f64, Option<f64>),
) {
    let mut cells = vec![Cell::new(name)];
    for figure in &explanation.figures {
        let (value, error) = read(figure);
        cells.push(Cell::new(told(money, value, figure.quantity.is_share())));
        if has_error(figure) {
            cells.push(Cell::new(error.map_or(String::new(), |error| money.money(error))));
        }
    }
    table.add_row(short_row(cells, 1));
}

/// What a step replaced, or why it could not be taken alone.
fn what(taken: &StepTaken) -> Option<String> {
    let name = taken.step.name();
    if let Some(reason) = &taken.told_with_next {
        return Some(format!("{name} told with the next step: {reason}"));
    }
    (!taken.what.is_empty()).then(|| format!("{name}: {}", taken.what))
}
