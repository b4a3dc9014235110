//! What charts over the dates of a walk share: the plot, years below it, losses as stems.

use super::canvas::{Anchor, Canvas, Mark, WIDTH, line, polyline, text};
use super::scale::Scale;
use crate::outcome::BacktestDate;

pub(super) const HEIGHT: f64 = 240.0;
pub(super) const PLOT_X: [f64; 2] = [52.0, WIDTH - 8.0];
pub(super) const PLOT_Y: [f64; 2] = [40.0, 208.0];

/// A stem a date from zero to its loss.
pub(super) fn stems(losses: impl Iterator<Item = f64>, x: &Scale, y: &Scale) -> Mark {
    let zero = y.at(0.0);
    let stem = |(index, loss): (usize, f64)| {
        let place = x.at(index as f64);
        [[place, zero], [place, y.at(loss)], [place, zero]]
    };
    let stems: Vec<[f64; 2]> = losses.enumerate().flat_map(stem).collect();
    polyline("stems", &stems).series("loss")
}

/// Letters of `2026` and of `2026-11`.
const YEAR: usize = 4;
const MONTH: usize = 7;
/// Room that a letter of a label takes.
const LETTER: f64 = 8.5;

/// A rule and a label at the first date of each year, of each month where dates span two years at
/// most, as far as there is room.
pub(super) fn years(canvas: &mut Canvas, dates: &[BacktestDate], x: &Scale) {
    let begins = |letters: usize| -> Vec<usize> {
        let period = |one: &BacktestDate| one.date.get(..letters).map(str::to_owned);
        let pairs = dates.windows(2).enumerate();
        let changes = pairs.filter(|(_, pair)| period(&pair[0]) != period(&pair[1]));
        changes.map(|(index, _)| index + 1).collect()
    };
    let letters = if begins(YEAR).len() > 1 { YEAR } else { MONTH };
    let mut labelled = f64::NEG_INFINITY;
    for index in begins(letters) {
        let place = x.at(index as f64);
        canvas.add(line("grid", [place, PLOT_Y[0]], [place, PLOT_Y[1]]));
        if place - labelled > LETTER * letters as f64 {
            let words = dates[index].date.get(..letters).unwrap_or_default();
            let label = text("tick", [place, PLOT_Y[1] + 16.0], words);
            canvas.add(label.anchor(Anchor::Middle));
            labelled = place;
        }
    }
}

/// The date of an instant.
pub(super) fn day(instant: &str) -> &str {
    instant.get(..10).unwrap_or(instant)
}
