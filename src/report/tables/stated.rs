//! A stated path as tables: a window of history or a shock.

use super::{Cell, ChartKind, Section};
use crate::outcome::{
    DataFinding, HistoricalOutcome, PathRow, ReplayedThreshold, Warning, WindowsSearched,
};

/// All tables of a stated path whose texts are readable; those with nothing in them are left out.
/// The answer is given as light, headline and reasons.
pub(in crate::report) fn sections_of_stated(
    outcome: &HistoricalOutcome,
    answer: &[(&str, String)],
) -> Vec<Section> {
    let currency = &outcome.currency;
    let all = [
        vec![summary(outcome, answer), values(outcome), steps(outcome), accounts(outcome)],
        outcome.search.iter().map(|search| windows(search, currency)).collect(),
        vec![
            losses(&outcome.rows, "Positions and balances", currency),
            factors(outcome),
            assumptions(&outcome.notes, &outcome.warnings),
            data_quality(&outcome.data_quality),
        ],
    ];
    all.into_iter().flatten().filter(|section| !section.rows.is_empty()).collect()
}

fn summary(outcome: &HistoricalOutcome, answer: &[(&str, String)]) -> Section {
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
    tell("Path from, UTC", Cell::Instant(outcome.window.from.clone()));
    tell("Path to, UTC", Cell::Instant(outcome.window.to.clone()));
    tell("Loss", Cell::Money(outcome.loss));
    tell("Loss without events", Cell::Money(outcome.loss_without_events));
    tell("Difference", Cell::Money(outcome.difference));
    outcome.threshold.iter().for_each(|one| threshold(&mut section, one));
    section.row([Cell::text("plimsoll"), Cell::text(&outcome.plimsoll_version)]);
    section
}

/// The rows of a threshold that a stated loss is held against.
pub(super) fn threshold(section: &mut Section, threshold: &ReplayedThreshold) {
    let mut tell = |what: &str, value: Cell| section.row([Cell::text(what), value]);
    tell("Policy", Cell::text(&threshold.policy));
    tell("Exposure threshold", Cell::Money(threshold.threshold));
    tell("Share of the threshold", Cell::share(threshold.utilisation));
    tell("Capital", Cell::Money(threshold.capital));
    tell("Appetite, share of capital", Cell::Share(threshold.appetite));
    tell("Condition multiplier", Cell::Number(threshold.multiplier));
}

fn values(outcome: &HistoricalOutcome) -> Section {
    let note = format!("Value of the book at each node, in {}.", outcome.currency);
    let columns = ["hours", "time, UTC", "with events", "without events"];
    let mut section = Section::new("Value over the path", note, &columns);
    for value in &outcome.values {
        section.row([
            Cell::Number(value.time_years * 365.0 * 24.0),
            Cell::Instant(value.time.clone()),
            Cell::Money(value.book),
            Cell::Money(value.book_without_events),
        ]);
    }
    section.chart("Value of the book, hours from the start", ChartKind::Line, 0, 2)
}

fn steps(outcome: &HistoricalOutcome) -> Section {
    let note = format!(
        "What each event added to the loss, in {}; they sum to the difference.",
        outcome.currency
    );
    let columns =
        ["time, UTC", "account", "what", "notional closed", "cost", "market", "liability", "total"];
    let mut section = Section::new("What happened", note, &columns);
    for step in &outcome.steps {
        section.row([
            Cell::Instant(step.time.clone()),
            Cell::text(&step.account),
            Cell::text(&step.events.join("; ")),
            Cell::Money(step.notional),
            Cell::Money(step.cost),
            Cell::Money(step.market),
            Cell::Money(step.liability),
            Cell::Money(step.total),
        ]);
    }
    section
}

fn accounts(outcome: &HistoricalOutcome) -> Section {
    let note = format!("In {}.", outcome.currency);
    let columns = [
        "account",
        "loss",
        "loss without events",
        "notional closed",
        "cost",
        "borne by venue",
        "first call, UTC",
        "liquidated, UTC",
    ];
    let mut section = Section::new("By account", note, &columns);
    let instant = |at: &Option<String>| at.clone().map_or(Cell::Nothing, Cell::Instant);
    for one in &outcome.accounts {
        section.row([
            Cell::text(&one.account),
            Cell::Money(one.loss),
            Cell::Money(one.loss_without_events),
            Cell::Money(one.notional),
            Cell::Money(one.cost),
            Cell::Money(one.borne_by_venue),
            instant(&one.called_at),
            instant(&one.liquidated_at),
        ]);
    }
    section.chart("Loss by account", ChartKind::Bars, 0, 1)
}

fn windows(search: &WindowsSearched, currency: &str) -> Section {
    let note = format!("The worst of {} windows, in {currency}.", search.windows);
    let columns =
        ["from, UTC", "to, UTC", "loss", "loss without events", "liquidated", "notional closed"];
    let mut section = Section::new("Worst windows", note, &columns);
    for one in &search.worst {
        section.row([
            Cell::Instant(one.from.clone()),
            Cell::Instant(one.to.clone()),
            Cell::Money(one.loss),
            Cell::Money(one.loss_without_events),
            Cell::text(&one.liquidated.join(", ")),
            Cell::Money(one.notional),
        ]);
    }
    section
}

/// Losses by position and balance.
pub(super) fn losses(rows: &[PathRow], title: &'static str, currency: &str) -> Section {
    let note = format!("Losses in {currency}, largest first.");
    let mut section = Section::new(title, note, &["position or balance", "loss"]);
    for row in rows {
        section.row([Cell::text(&row.name), Cell::Money(row.loss)]);
    }
    section.chart("Loss by position and balance", ChartKind::Bars, 0, 1)
}

fn factors(outcome: &HistoricalOutcome) -> Section {
    let note = "Moves from today: relative of spots, volatilities and pegs, additive of basis and \
                funding."
        .to_owned();
    let columns = ["factor", "move to the end", "lowest", "highest", "source"];
    let mut section = Section::new("Factors", note, &columns);
    for one in &outcome.factors {
        section.row([
            Cell::text(&one.name),
            Cell::Number(one.change),
            Cell::Number(one.lowest),
            Cell::Number(one.highest),
            Cell::text(&one.description),
        ]);
    }
    section
}

/// What was assumed, and what a reader should know.
pub(super) fn assumptions(notes: &[String], warnings: &[Warning]) -> Section {
    let mut section = Section::new("Assumptions", String::new(), &["what", "assumed"]);
    notes.iter().for_each(|note| section.row([Cell::text("Note"), Cell::text(note)]));
    warnings.iter().for_each(|one| section.row([Cell::text("Warning"), Cell::text(&one.message)]));
    section
}

/// What was found in the data, and what was done about it.
pub(super) fn data_quality(findings: &[DataFinding]) -> Section {
    let note = "Nothing is repaired but what the documents opt in to.".to_owned();
    let mut section = Section::new("Data quality", note, &["file", "line", "found", "repair"]);
    for one in findings {
        section.row([
            Cell::text(&one.file),
            one.line.map_or(Cell::Nothing, |line| Cell::Count(line as u64)),
            Cell::text(&one.what),
            one.repair.as_deref().map_or(Cell::text("none"), Cell::text),
        ]);
    }
    section
}
