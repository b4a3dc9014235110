//! The Pareto front: two objectives of every candidate, both to be small.
//!
//! Other objectives are not seen here, so a point of the front may lie behind others: it is better
//! in one that this chart does not show.

use super::canvas::{Canvas, Mark, WIDTH, circle, diamond, line, text};
use super::scale::Scale;
use crate::outcome::{Calibration, Candidate, Standing};
use crate::report::figures::{Figures, NORMAL_95, compact};

const HEIGHT: f64 = 300.0;
const PLOT_X: [f64; 2] = [56.0, WIDTH - 14.0];
const PLOT_Y: [f64; 2] = [40.0, 248.0];
/// Share of the range left free at each end.
const ROOM: f64 = 0.08;

/// Objective `across` against objective `up`; `None` where no candidate can be held.
pub fn front(calibration: &Calibration, [across, up]: [usize; 2], id: &str) -> Option<String> {
    let held: Vec<(&Candidate, [f64; 2])> = std::iter::once(&calibration.as_it_stands)
        .chain(&calibration.candidates)
        .filter_map(|one| Some((one, at(one, [across, up])?)))
        .collect();
    let range = |axis: usize| {
        let values = held.iter().map(|(_, at)| at[axis]);
        let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        });
        let room = ROOM * (high - low);
        (low <= high).then_some([low - room, high + room])
    };
    let x = Scale::linear(range(0)?, PLOT_X);
    let y = Scale::linear(range(1)?, [PLOT_Y[1], PLOT_Y[0]]);
    let names = [across, up].map(|index| calibration.objectives[index].name.as_str());
    let title = format!("{} against {}", names[1], names[0]);
    let mut canvas = Canvas::new(id, HEIGHT, &title, &description(calibration, names));
    canvas.x_axis(&x, PLOT_Y, 5, &compact);
    canvas.y_axis(&y, PLOT_X, &compact);
    let currency = &calibration.currency;
    canvas.add(text("axis", [4.0, 14.0], &format!("{}, {currency}", names[1])));
    canvas.add(text("axis", [PLOT_X[0], HEIGHT - 14.0], &format!("{}, {currency}", names[0])));
    legend(&mut canvas);
    // What matters most lies on top.
    let mut order: Vec<&(&Candidate, [f64; 2])> = held.iter().collect();
    order.sort_by_key(|(one, _)| (one.id == 0, one.standing == Standing::Front));
    for (candidate, at) in order {
        let place = [x.at(at[0]), y.at(at[1])];
        if candidate.standing == Standing::Front && candidate.id > 0 {
            whiskers(&mut canvas, candidate, [across, up], [&x, &y]);
        }
        let mark = mark(candidate, place).named(&name(candidate)).tip(&tip(calibration, candidate));
        let mark = mark.series(series(candidate)).data("id", candidate.id as f64);
        canvas.add(mark.data("x", at[0]).data("y", at[1]));
    }
    Some(canvas.finish())
}

fn at(candidate: &Candidate, axes: [usize; 2]) -> Option<[f64; 2]> {
    let figures = candidate.figures.as_ref()?;
    Some(axes.map(|index| figures.objectives[index].value))
}

fn series(candidate: &Candidate) -> &'static str {
    match (candidate.id, candidate.standing) {
        (0, _) => "base",
        (_, Standing::Front) => "front",
        (_, Standing::WithinError) => "within",
        _ => "dominated",
    }
}

fn mark(candidate: &Candidate, place: [f64; 2]) -> Mark {
    let class = format!("candidate {}", series(candidate));
    match series(candidate) {
        "base" => diamond(&class, place, 6.5),
        "front" => circle(&class, place, 4.5),
        "within" => circle(&class, place, 3.5),
        _ => circle(&class, place, 2.5),
    }
}

/// 95 % intervals of both objectives.
fn whiskers(canvas: &mut Canvas, candidate: &Candidate, axes: [usize; 2], [x, y]: [&Scale; 2]) {
    let Some(figures) = &candidate.figures else { return };
    let ends = axes.map(|index| {
        let one = figures.objectives[index];
        [-NORMAL_95, NORMAL_95].map(|reach| one.value + reach * one.standard_error)
    });
    let [across, up] = axes.map(|index| figures.objectives[index].value);
    let [left, right] = ends[0].map(|end| x.at(end));
    let [low, high] = ends[1].map(|end| y.at(end));
    canvas.add(line("grid", [left, y.at(up)], [right, y.at(up)]));
    canvas.add(line("grid", [x.at(across), low], [x.at(across), high]));
}

fn name(candidate: &Candidate) -> String {
    match candidate.id {
        0 => "as it stands".to_owned(),
        id => format!("candidate {id}"),
    }
}

fn tip(calibration: &Calibration, candidate: &Candidate) -> String {
    let settings =
        calibration.parameters.iter().zip(&candidate.values).map(|(parameter, value)| {
            let value = crate::report::calibration::setting(parameter.unit, *value);
            format!("{} {value}", parameter.name)
        });
    let found = candidate.figures.iter().flat_map(|figures| &figures.objectives);
    let found = calibration.objectives.iter().zip(found).map(|(objective, one)| {
        format!("{} {}", objective.name, Figures::up_to(one.value).money(one.value))
    });
    let words: Vec<String> = settings.chain(found).collect();
    format!("{}: {}", name(candidate), words.join("; "))
}

fn legend(canvas: &mut Canvas) {
    let entries =
        [("front", "front", 4.5), ("within", "within error", 3.5), ("dominated", "dominated", 2.5)];
    let mut left = PLOT_X[0] + 6.0;
    for (series, words, radius) in entries {
        canvas.add(circle(&format!("candidate {series}"), [left, 27.0], radius));
        canvas.add(text("tick", [left + 9.0, 31.0], words));
        left += 24.0 + 7.2 * words.len() as f64;
    }
    canvas.add(diamond("candidate base", [left, 27.0], 6.0));
    canvas.add(text("tick", [left + 10.0, 31.0], "as it stands"));
}

fn description(calibration: &Calibration, names: [&str; 2]) -> String {
    let count =
        |standing| calibration.candidates.iter().filter(|one| one.standing == standing).count();
    format!(
        "{} of {} candidates stand on the Pareto front, {} more within error of it. Across: {}; up: \
         {}; less is better in both.",
        count(Standing::Front),
        calibration.candidates.len(),
        count(Standing::WithinError),
        names[0],
        names[1]
    )
}
