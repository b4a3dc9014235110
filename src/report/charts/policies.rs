//! Charts of a policy calibration: the front, the threshold against losses, and what one parameter at
//! a time does.

use super::canvas::{Canvas, WIDTH, circle, diamond, polyline, text};
use super::scale::Scale;
use crate::outcome::{PolicyCalibration, PolicyCandidate, PolicyDate, Sensitivity};
use crate::report::figures::{number, percent};

const HEIGHT: f64 = 300.0;
const PLOT_X: [f64; 2] = [56.0, WIDTH - 14.0];
const PLOT_Y: [f64; 2] = [40.0, 248.0];
/// Share of the range left free at each end.
const ROOM: f64 = 0.06;
/// Points of a curve beyond which it is thinned: the largest of each stretch stays.
const POINTS_MAX: usize = 400;

/// Exposure carried against missed loss, where policies were trained.
pub fn policy_front(calibration: &PolicyCalibration, id: &str) -> Option<String> {
    let at = |one: &PolicyCandidate| [one.trained.exposure_carried, one.trained.missed_loss];
    let all = calibration.candidates.iter().map(at);
    let x = Scale::linear(range(all.clone().map(|at| at[0]))?, PLOT_X);
    let y = Scale::linear(range(all.map(|at| at[1]))?, [PLOT_Y[1], PLOT_Y[0]]);
    let front = calibration.candidates.iter().filter(|one| one.on_front).count();
    let description = format!(
        "{front} of {} policies stand on the front of missed loss, false alarms, turnover, exposure \
         carried and largest change of the threshold. Across: mean exposure carried; up: mean missed \
         loss as a share of capital. The diamond is the recommendation.",
        calibration.candidates.len()
    );
    let title = "missed loss against exposure carried";
    let mut canvas = Canvas::new(id, HEIGHT, title, &description);
    canvas.x_axis(&x, PLOT_Y, 5, &|value| percent(value, 0));
    canvas.y_axis(&y, PLOT_X, &|value| percent(value, 2));
    canvas.add(text("axis", [4.0, 14.0], "missed loss, mean share of capital"));
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 14.0], "exposure carried, share of the book"));
    legend(&mut canvas);
    let mut order: Vec<(usize, &PolicyCandidate)> =
        calibration.candidates.iter().enumerate().collect();
    order.sort_by_key(|(index, one)| (*index == calibration.recommended, one.on_front));
    for (index, one) in order {
        let found = at(one);
        let place = [x.at(found[0]), y.at(found[1])];
        let (series, mark) = match (index == calibration.recommended, one.on_front) {
            (true, _) => ("base", diamond("candidate base", place, 6.5)),
            (_, true) => ("front", circle("candidate front", place, 4.0)),
            _ => ("dominated", circle("candidate dominated", place, 2.5)),
        };
        let tip = format!(
            "{}: carries {}, misses {}, {} false alarms a year",
            settings(calibration, &one.values),
            percent(found[0], 1),
            percent(found[1], 3),
            number(one.trained.false_alarms_per_year, 1)
        );
        let mark = mark.series(series).tip(&tip).data("x", found[0]).data("y", found[1]);
        canvas.add(mark.data("id", index as f64));
    }
    Some(canvas.finish())
}

fn legend(canvas: &mut Canvas) {
    let mut left = PLOT_X[0] + 6.0;
    for (series, words, radius) in [("front", "front", 4.0), ("dominated", "others", 2.5)] {
        canvas.add(circle(&format!("candidate {series}"), [left, 27.0], radius));
        canvas.add(text("tick", [left + 9.0, 31.0], words));
        left += 24.0 + 7.2 * words.len() as f64;
    }
    canvas.add(diamond("candidate base", [left, 27.0], 6.0));
    canvas.add(text("tick", [left + 10.0, 31.0], "recommended"));
}

/// Values of the parameters in words.
fn settings(calibration: &PolicyCalibration, values: &[f64]) -> String {
    let pairs = calibration.parameters.iter().zip(values);
    let pairs: Vec<String> = pairs
        .map(|(parameter, value)| format!("{} {}", parameter.name, number(*value, 4)))
        .collect();
    pairs.join(", ")
}

/// Threshold, potential loss carried and losses over the test parts, as shares of capital.
pub fn policy_history(calibration: &PolicyCalibration, id: &str) -> Option<String> {
    let dates = &calibration.path;
    let (first, last) = (dates.first()?, dates.last()?);
    let shown = thinned(dates);
    let values = shown.iter().flat_map(|(_, one)| [one.threshold, one.loss, 0.0]);
    let x = Scale::linear([0.0, (dates.len().max(2) - 1) as f64], PLOT_X);
    let y = Scale::linear(range(values)?, [PLOT_Y[1], PLOT_Y[0]]);
    let beyond = dates.iter().filter(|one| one.loss > calibration.tolerance).count();
    let description = format!(
        "{} test dates from {} to {}: threshold and losses of the positions carried as shares of \
         capital; {beyond} losses are beyond {} of capital, {} reductions were forced.",
        dates.len(),
        &first.instant[..10.min(first.instant.len())],
        &last.instant[..10.min(last.instant.len())],
        percent(calibration.tolerance, 1),
        dates.iter().filter(|one| one.forced).count()
    );
    let mut canvas = Canvas::new(id, HEIGHT, "threshold against losses", &description);
    canvas.x_axis(&x, PLOT_Y, 5, &|date| number(date, 0));
    canvas.y_axis(&y, PLOT_X, &|value| percent(value, 0));
    canvas.add(text("axis", [4.0, 14.0], "threshold (line) and losses (points), share of capital"));
    let axis = format!("test dates since {}", &first.instant[..10.min(first.instant.len())]);
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 14.0], &axis));
    let curve: Vec<[f64; 2]> =
        shown.iter().map(|(index, one)| [x.at(*index as f64), y.at(one.threshold)]).collect();
    canvas.add(polyline("curve", &curve));
    for (index, one) in &shown {
        let is_beyond = one.loss > calibration.tolerance;
        let class = if is_beyond { "candidate base" } else { "candidate dominated" };
        let place = [x.at(*index as f64), y.at(one.loss)];
        let radius = if is_beyond { 3.5 } else { 1.5 };
        let tip = format!(
            "{}: threshold {}, carried {}, loss {}",
            &one.instant[..10.min(one.instant.len())],
            percent(one.threshold, 1),
            percent(one.scale, 0),
            percent(one.loss, 1)
        );
        let mark = circle(class, place, radius).series(if is_beyond { "missed" } else { "loss" });
        canvas.add(mark.tip(&tip).data("loss", one.loss).data("threshold", one.threshold));
    }
    Some(canvas.finish())
}

/// At most so many dates: of each stretch the one that loses most.
fn thinned(dates: &[PolicyDate]) -> Vec<(usize, &PolicyDate)> {
    let stretch = dates.len().div_ceil(POINTS_MAX).max(1);
    let worst = |(chunk, dates): (usize, &[PolicyDate])| {
        let mut worst = 0;
        for (index, one) in dates.iter().enumerate() {
            if one.loss > dates[worst].loss {
                worst = index;
            }
        }
        chunk * stretch + worst
    };
    let kept = dates.chunks(stretch).enumerate().map(worst);
    kept.map(|index| (index, &dates[index])).collect()
}

/// Missed loss and cost by one parameter's value; where it was trained and where it was tested.
pub fn policy_sensitivity(
    calibration: &PolicyCalibration,
    sensitivity: &Sensitivity,
    id: &str,
) -> Option<String> {
    let points = &sensitivity.points;
    if points.len() < 2 {
        return None;
    }
    let name = &calibration.parameters[sensitivity.parameter].name;
    let x = Scale::linear(range(points.iter().map(|one| one.value))?, PLOT_X);
    let missed = points.iter().flat_map(|one| [one.trained.missed_loss, one.tested.missed_loss]);
    let y = Scale::linear(range(missed)?, [PLOT_Y[1], PLOT_Y[0]]);
    let description = format!(
        "Mean missed loss as a share of capital by {name}, everything else as recommended: trained \
         on (line with dots) and tested on (thin line)."
    );
    let mut canvas = Canvas::new(id, HEIGHT, &format!("missed loss by {name}"), &description);
    canvas.x_axis(&x, PLOT_Y, 5, &|value| number(value, 2));
    canvas.y_axis(&y, PLOT_X, &|value| percent(value, 2));
    canvas.add(text("axis", [4.0, 14.0], "missed loss, mean share of capital"));
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 14.0], name));
    let curve = |of: &dyn Fn(usize) -> f64| -> Vec<[f64; 2]> {
        (0..points.len()).map(|index| [x.at(points[index].value), y.at(of(index))]).collect()
    };
    canvas.add(polyline("curve without", &curve(&|index| points[index].tested.missed_loss)));
    canvas.add(polyline("curve", &curve(&|index| points[index].trained.missed_loss)));
    for one in points {
        for (series, measures) in [("trained", &one.trained), ("tested", &one.tested)] {
            let place = [x.at(one.value), y.at(measures.missed_loss)];
            let tip = format!(
                "{name} {}, {series}: missed {}, carried {}, cost {} a year",
                number(one.value, 4),
                percent(measures.missed_loss, 3),
                percent(measures.exposure_carried, 1),
                percent(measures.cost, 2)
            );
            let mark = circle("candidate front", place, 2.5).series(series).tip(&tip);
            canvas.add(mark.data("x", one.value).data("y", measures.missed_loss));
        }
    }
    Some(canvas.finish())
}

fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    let room = if high > low { ROOM * (high - low) } else { 0.5 * low.abs().max(1e-3) };
    (low <= high).then_some([low - room, high + room])
}
