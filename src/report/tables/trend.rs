//! The recorded runs up to this one.

use super::{Cell, ChartKind, Section};
use crate::outcome::RunHistory;
use crate::report::catalogue::series::Series;

/// A row a run; without rows where there is no run before.
pub(super) fn trend(history: &RunHistory) -> Section {
    let series = Series::of(history);
    let currency = series.runs.first().map_or("", |(_, _, figures)| &figures.currency);
    let note = format!("Recorded runs of this scenario, oldest first, amounts in {currency}.");
    let columns =
        ["recorded, UTC", "entry", "VaR", "ES", "threshold", "utilisation", "policy", "multiplier"];
    let mut section = Section::new("Run after run", note, &columns);
    if series.runs.len() < 2 {
        return section;
    }
    let told = history.runs.iter().filter_map(|one| Some((one, one.run.figures.as_ref()?)));
    for (one, figures) in told {
        let tail = one.run.tail.last();
        let policy = one.run.policy.as_ref();
        section.row([
            Cell::Instant(one.recorded_at.clone()),
            one.entry.map_or(Cell::Nothing, Cell::Count),
            Cell::money(tail.map(|one| one.value_at_risk)),
            Cell::money(Some(tail.map_or(figures.loss, |one| one.expected_shortfall))),
            Cell::money(figures.threshold),
            Cell::share(figures.utilisation),
            policy.map_or(Cell::Nothing, |one| Cell::text(&one.name)),
            policy.map_or(Cell::Nothing, |one| Cell::Number(one.multiplier)),
        ]);
    }
    section.chart("Utilisation, run after run", ChartKind::Columns, 1, 5)
}
