//! How the figures of each scenario went from run to run.

use super::series::{Series, SeriesRow};
use crate::outcome::{CatalogueListing, CatalogueRecord};
use crate::report::ReportError;
use crate::report::figures::{Figures, count, number, percent, signed};
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::{Grid, render, text_row};

use super::list::minute;

/// Heights of a bar; a figure that is absent is a space.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Runs drawn of one scenario, the latest.
const DRAWN: usize = 24;

/// One block a scenario, or run of a batch: VaR, ES, threshold and utilisation as a row of bars, with the first, the
/// last, and the change between them.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn trends_terminal(
    listing: &CatalogueListing,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let listing = &readable(listing)?;
    let grid = Grid::new(style);
    let mut series: Vec<Series> = Vec::new();
    for entry in &listing.entries {
        if let CatalogueRecord::Run(run) = &entry.record
            && let Some(figures) = &run.figures
        {
            let at = (&*entry.recorded_at, &**run, figures);
            match series.iter_mut().find(|one| one.fits(run, figures)) {
                Some(one) => one.runs.push(at),
                None => series.push(Series { runs: vec![at] }),
            }
        }
    }
    if series.is_empty() {
        return Ok(grid.line("no recorded run with figures fits") + "\n");
    }
    let blocks: Vec<String> = series.iter().map(|one| block(one, &grid)).collect();
    Ok(blocks.join("\n\n") + "\n")
}

fn block(series: &Series<'_>, grid: &Grid) -> String {
    let (from, first, figures) = series.runs[0];
    let (to, _, _) = series.runs[series.runs.len() - 1];
    let heading = format!(
        "{}: {} from {} to {}, {}",
        first.name(),
        count(series.runs.len(), "run"),
        minute(from),
        minute(to),
        figures.currency
    );
    let mut table = grid.table(&["", "run by run", "first", "last", "change"]);
    for SeriesRow { name, values, is_share } in series.rows() {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        if let (Some(first), Some(last)) = (known.first(), known.last()) {
            let shown = |value: f64| shown(value, is_share);
            let row =
                [name, bars(&values), shown(*first), shown(*last), change(*first, *last, is_share)];
            table.add_row(text_row(row));
        }
    }
    format!("{}\n{}", grid.line(&heading), render(table, &[2, 3, 4]))
}

fn shown(value: f64, is_share: bool) -> String {
    if is_share { percent(value, 1) } else { Figures::up_to(value.abs()).money(value) }
}

/// The change of a share in points, of an amount in per cent of the first.
fn change(first: f64, last: f64, is_share: bool) -> String {
    match (is_share, first > 0.0) {
        (true, _) => signed(format!("{} points", number((last - first) * 100.0, 1))),
        (false, true) => signed(percent(last / first - 1.0, 1)),
        (false, false) => "–".to_owned(),
    }
}

/// The latest values as bars, from the smallest to the largest of them.
fn bars(values: &[Option<f64>]) -> String {
    let drawn = &values[values.len().saturating_sub(DRAWN)..];
    let known = || drawn.iter().copied().flatten();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::MIN, f64::max));
    let bar = |value: f64| {
        let height = if high > low { (value - low) / (high - low) } else { 0.5 };
        BARS[(height * (BARS.len() - 1) as f64).round() as usize]
    };
    drawn.iter().map(|value| value.map_or(' ', bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_with_the_figures_and_leave_gaps() {
        assert_eq!(bars(&[Some(1.0), None, Some(4.5), Some(8.0)]), "▁ ▅█");
        assert_eq!(bars(&[Some(3.0), Some(3.0)]), "▅▅");
    }
}
