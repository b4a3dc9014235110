//! A grid as tables.

use super::stated::{assumptions, losses, threshold};
use super::{Cell, ChartKind, Section};
use crate::outcome::GridOutcome;

/// All tables of a grid whose texts are readable; those with nothing in them are left out. The answer
/// is given as light, headline and reasons.
pub(in crate::report) fn sections_of_grid(
    outcome: &GridOutcome,
    answer: &[(&str, String)],
) -> Vec<Section> {
    let all = [
        summary(outcome, answer),
        cells(outcome),
        accounts(outcome),
        losses(&outcome.rows, "Positions at the worst cell", &outcome.currency),
        assumptions(&outcome.notes, &outcome.warnings),
    ];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

fn summary(outcome: &GridOutcome, answer: &[(&str, String)]) -> Section {
    let note = format!("Amounts in {}; losses are positive.", outcome.currency);
    let mut section = Section::new("Summary", note, &["what", "value"]);
    for (what, text) in answer {
        section.row([Cell::text(what), Cell::text(text)]);
    }
    let mut tell = |what: &str, value: Cell| section.row([Cell::text(what), value]);
    tell("Scenario", Cell::text(&outcome.scenario));
    tell("Why it exists", Cell::text(&outcome.description));
    tell("Book", Cell::text(&outcome.book.name));
    tell("Market as of, UTC", Cell::Instant(outcome.as_of.clone()));
    tell("Worst loss that counts", Cell::Money(outcome.loss));
    outcome.threshold.iter().for_each(|one| threshold(&mut section, one));
    section.row([Cell::text("plimsoll"), Cell::text(&outcome.plimsoll_version)]);
    section
}

fn cells(outcome: &GridOutcome) -> Section {
    let note = format!(
        "Moves of spot and of 30-day volatility; losses in {}, positive where money is lost. The loss \
         that counts is its share of the loss.",
        outcome.currency
    );
    let columns = [
        "spot",
        "volatility",
        "loss",
        "with everything held",
        "share that counts",
        "loss that counts",
    ];
    let mut section = Section::new("Cells", note, &columns);
    for cell in &outcome.cells {
        section.row([
            Cell::Share(cell.spot),
            Cell::Share(cell.volatility),
            Cell::Money(cell.loss),
            Cell::Money(cell.loss_held),
            Cell::Share(cell.cover),
            Cell::Money(cell.counted),
        ]);
    }
    section
}

fn accounts(outcome: &GridOutcome) -> Section {
    let note = format!("At the worst cell, in {}.", outcome.currency);
    let mut section =
        Section::new("By account", note, &["account", "loss", "equity after", "closed"]);
    for one in &outcome.accounts {
        section.row([
            Cell::text(&one.account),
            Cell::Money(one.loss),
            Cell::Money(one.equity),
            Cell::text(if one.is_closed { "by its venue" } else { "no" }),
        ]);
    }
    section.chart("Loss by account at the worst cell", ChartKind::Bars, 0, 1)
}
