//! What a policy made of capital over recorded runs: its multiplier, and the threshold as a share of
//! capital.

use super::canvas::{Anchor, Canvas, WIDTH, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{RecordedRun, RunHistory};
use crate::report::figures::{instant, number, percent};

const HEIGHT: f64 = 230.0;
const PLOT_X: [f64; 2] = [56.0, WIDTH - 14.0];
const PLOT_Y: [f64; 2] = [40.0, 182.0];

/// Series by name, with how a run reads.
type Series = (&'static str, &'static str, fn(&RecordedRun) -> Option<f64>);

const SERIES: [Series; 2] = [
    ("multiplier", "utilisation", |one| one.run.policy.as_ref().map(|policy| policy.multiplier)),
    ("threshold, share of capital", "threshold", share_of_capital),
];

/// The chart; `None` where fewer than two runs say how their threshold was made.
pub fn policy_trend(history: &RunHistory, id: &str) -> Option<String> {
    let runs: Vec<&RecordedRun> =
        history.runs.iter().filter(|one| one.run.policy.is_some()).collect();
    let (first, last) = (runs.first()?, runs.last()?);
    if runs.len() < 2 {
        return None;
    }
    let values = SERIES.iter().flat_map(|(_, _, read)| runs.iter().filter_map(|one| read(one)));
    let highest = values.fold(1.0, f64::max);
    let x = Scale::linear([0.0, (runs.len() - 1) as f64], PLOT_X);
    let y = Scale::linear([0.0, 1.05 * highest], [PLOT_Y[1], PLOT_Y[0]]);
    let told = |one: &RecordedRun| {
        let multiplier = one.run.policy.as_ref().map_or(1.0, |policy| policy.multiplier);
        format!("{} on {}", number(multiplier, 3), day(&one.recorded_at))
    };
    let description =
        format!("{} runs: the multiplier was {} and {}.", runs.len(), told(first), told(last));
    let mut canvas = Canvas::new(id, HEIGHT, "the policy, run after run", &description);
    canvas.y_axis(&y, PLOT_X, &|value| percent(value, 0));
    let mut left = PLOT_X[0];
    for (name, class, read) in SERIES {
        canvas.add(line(&format!("trend {class}"), [left, 27.0], [left + 22.0, 27.0]));
        canvas.add(text("tick", [left + 27.0, 31.0], name));
        left += 44.0 + 6.4 * name.chars().count() as f64;
        let known: Vec<(usize, f64)> =
            runs.iter().enumerate().filter_map(|(index, one)| Some((index, read(one)?))).collect();
        let place = |(index, value): &(usize, f64)| [x.at(*index as f64), y.at(*value)];
        let points: Vec<[f64; 2]> = known.iter().map(place).collect();
        canvas.add(polyline(&format!("trend {class}"), &points));
        for (index, value) in &known {
            let tip =
                format!("{}: {name} {}", instant(&runs[*index].recorded_at), percent(*value, 1));
            let mark = circle(&format!("trend-point {class}"), place(&(*index, *value)), 3.0);
            let mark = mark.series(name).tip(&tip).data("run", *index as f64);
            canvas.add(mark.data("value", *value));
        }
    }
    for (index, anchor) in [(0, Anchor::Start), (runs.len() - 1, Anchor::End)] {
        let place = [x.at(index as f64), PLOT_Y[1] + 16.0];
        canvas.add(text("tick", place, day(&runs[index].recorded_at)).anchor(anchor));
    }
    let axis = format!("{} runs, oldest first", runs.len());
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 8.0], &axis));
    Some(canvas.finish())
}

fn share_of_capital(one: &RecordedRun) -> Option<f64> {
    let figures = one.run.figures.as_ref()?;
    let capital = figures.capital.filter(|capital| *capital > 0.0)?;
    Some(figures.threshold? / capital)
}

fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}
