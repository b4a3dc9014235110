//! VaR, ES and threshold over recorded runs, and below them utilisation.
//!
//! Runs stand side by side in the order in which they were recorded, whatever time lay between.

use super::canvas::{Anchor, Canvas, WIDTH, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::RunHistory;
use crate::report::catalogue::series::{Series, SeriesRow};
use crate::report::figures::{Figures, compact, instant, percent};

const HEIGHT: f64 = 312.0;
const PLOT_X: [f64; 2] = [56.0, WIDTH - 14.0];
const MONEY_Y: [f64; 2] = [40.0, 160.0];
const SHARE_Y: [f64; 2] = [196.0, 268.0];
/// Share of the range left free at each end.
const ROOM: f64 = 0.08;

/// The chart; `None` of fewer than two runs.
pub fn trend(history: &RunHistory, id: &str) -> Option<String> {
    let series = Series::of(history);
    let runs = series.runs.len();
    let ((from, _, figures), (to, _, _)) = (series.runs.first()?, series.runs.last()?);
    if runs < 2 {
        return None;
    }
    let rows = series.rows();
    let x = Scale::linear([0.0, (runs - 1) as f64], PLOT_X);
    let description = description(&rows, runs, [day(from), day(to)]);
    let mut canvas = Canvas::new(id, HEIGHT, "recorded runs, oldest first", &description);
    let panels = [(false, MONEY_Y, figures.currency.as_str()), (true, SHARE_Y, "utilisation")];
    for (is_share, plot_y, axis) in panels {
        let shown: Vec<&SeriesRow> = rows.iter().filter(|row| row.is_share == is_share).collect();
        let values = shown.iter().flat_map(|row| row.values.iter().copied().flatten());
        let Some(range) = range(values, is_share) else { continue };
        let y = Scale::linear(range, [plot_y[1], plot_y[0]]);
        let label = |value: f64| if is_share { percent(value, 0) } else { compact(value) };
        canvas.y_axis(&y, PLOT_X, &label);
        if is_share {
            canvas.add(text("axis", [4.0, plot_y[0] - 10.0], axis));
            canvas.add(line("limit", [PLOT_X[0], y.at(1.0)], [PLOT_X[1], y.at(1.0)]));
        } else {
            legend(&mut canvas, &shown, axis);
        }
        for row in shown {
            draw(&mut canvas, row, history, (&x, &y));
        }
    }
    for (index, anchor) in [(0, Anchor::Start), (runs - 1, Anchor::End)] {
        let (at, _, _) = series.runs[index];
        let place = [x.at(index as f64), SHARE_Y[1] + 16.0];
        canvas.add(text("tick", place, day(at)).anchor(anchor));
    }
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 8.0], &format!("{runs} runs, oldest first")));
    Some(canvas.finish())
}

/// A line that breaks where a run has no figure, and a mark for each that has one.
fn draw(canvas: &mut Canvas, row: &SeriesRow, history: &RunHistory, (x, y): (&Scale, &Scale)) {
    let class = class(&row.name);
    let known: Vec<Option<[f64; 2]>> = (0..)
        .zip(&row.values)
        .map(|(index, value)| value.map(|value| [x.at(f64::from(index)), y.at(value)]))
        .collect();
    for stretch in known.split(Option::is_none) {
        let points: Vec<[f64; 2]> = stretch.iter().flatten().copied().collect();
        if points.len() > 1 {
            canvas.add(polyline(&format!("trend {class}"), &points));
        }
    }
    let largest = row.values.iter().flatten().fold(0.0, |most: f64, one| most.max(one.abs()));
    let told = history.runs.iter().filter(|one| one.run.figures.is_some());
    for ((index, recorded), (at, value)) in told.enumerate().zip(known.iter().zip(&row.values)) {
        let (Some(at), Some(value)) = (at, value) else { continue };
        let shown = match row.is_share {
            true => percent(*value, 1),
            false => Figures::up_to(largest).money(*value),
        };
        let entry = recorded
            .entry
            .map_or_else(|| "this run, not recorded".to_owned(), |entry| format!("entry {entry}"));
        let tip = format!("{}, {entry}: {} {shown}", instant(&recorded.recorded_at), row.name);
        let mark = circle(&format!("trend-point {class}"), *at, 3.0).series(&row.name).tip(&tip);
        canvas.add(mark.data("run", index as f64).data("value", *value));
    }
}

/// How a figure is drawn.
fn class(name: &str) -> &'static str {
    match name {
        "threshold" => "threshold",
        "utilisation" => "utilisation",
        name if name.starts_with("VaR") => "var",
        _ => "es",
    }
}

fn legend(canvas: &mut Canvas, shown: &[&SeriesRow], currency: &str) {
    canvas.add(text("axis", [4.0, 14.0], currency));
    let mut left = PLOT_X[0];
    for row in shown.iter().filter(|row| row.values.iter().any(Option::is_some)) {
        canvas.add(line(&format!("trend {}", class(&row.name)), [left, 27.0], [left + 22.0, 27.0]));
        canvas.add(text("tick", [left + 27.0, 31.0], &row.name));
        left += 44.0 + 6.6 * row.name.chars().count() as f64;
    }
}

/// The range of values with room at both ends; of shares 0 % and 100 % are in it.
fn range(values: impl Iterator<Item = f64>, is_share: bool) -> Option<[f64; 2]> {
    let start = [f64::INFINITY, f64::NEG_INFINITY];
    let [low, high] = values.fold(start, |[low, high], value| [low.min(value), high.max(value)]);
    if low > high {
        return None;
    }
    let [low, high] = if is_share { [low.min(0.0), high.max(1.0)] } else { [low, high] };
    let room = ROOM * (high - low);
    Some(if is_share { [low, high + room] } else { [low - room, high + room] })
}

fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}

fn description(rows: &[SeriesRow], runs: usize, [from, to]: [&str; 2]) -> String {
    let told = |row: &SeriesRow| {
        let known: Vec<f64> = row.values.iter().copied().flatten().collect();
        let (first, last) = (known.first()?, known.last()?);
        let shown = |value: f64| match row.is_share {
            true => percent(value, 1),
            false => Figures::up_to(value.abs()).money(value),
        };
        Some(format!("{} from {} to {}", row.name, shown(*first), shown(*last)))
    };
    let told: Vec<String> = rows.iter().filter_map(told).collect();
    format!("{runs} runs from {from} to {to}: {}.", told.join("; "))
}
