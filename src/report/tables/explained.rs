//! What moved since an earlier run, step by step.

use super::{Cell, Section};
use crate::outcome::{ExplainedFigure, Explanation};
use crate::report::beside::Explained;
use crate::report::explanation::name;

/// The steps of threshold, ES and the other figures; nothing where they are not told.
pub(super) fn explained(explained: &Explained) -> Vec<Section> {
    match explained {
        Explained::Told(explanation) => vec![steps(explanation)],
        Explained::Unasked | Explained::Impossible(_) => vec![],
    }
}

fn steps(explanation: &Explanation) -> Section {
    let note = format!(
        "Inputs replaced one after another, the steps summing to the change; amounts in {}, changes of \
         shares in points.",
        explanation.currency
    );
    let columns = ["figure", "step", "moved by", "standard error", "reached"];
    let mut section = Section::new("What moved, step by step", note, &columns);
    for figure in &explanation.figures {
        let told = Cell::text(&name(figure.quantity, explanation));
        let cell = |value| value_of(figure, value);
        section.row([
            told.clone(),
            Cell::text("before"),
            Cell::Nothing,
            Cell::Nothing,
            cell(figure.before),
        ]);
        for (step, taken) in figure.steps.iter().zip(&explanation.steps) {
            let moved = match taken.told_with_next {
                Some(_) => Cell::text("with the next"),
                None => cell(step.contribution),
            };
            let error = step.standard_error.map_or(Cell::Nothing, cell);
            section.row([
                told.clone(),
                Cell::text(step.step.name()),
                moved,
                error,
                cell(step.value),
            ]);
        }
        let error = figure.standard_error.map_or(Cell::Nothing, cell);
        section.row([told, Cell::text("change"), cell(figure.change), error, cell(figure.after)]);
    }
    section
}

fn value_of(figure: &ExplainedFigure, value: f64) -> Cell {
    if figure.quantity.is_share() { Cell::Share(value) } else { Cell::Money(value) }
}
