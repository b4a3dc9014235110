//! Value over a replayed window, with and without what happens inside it, and when it happened.

use super::canvas::{Canvas, Mark, WIDTH, circle, diamond, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{HistoricalOutcome, ReplayStep, ReplayedValue};
use crate::report::figures::{Figures, compact, instant, number};
use crate::units::DAYS_PER_YEAR;

const HOURS_PER_YEAR: f64 = 24.0 * DAYS_PER_YEAR;
const PLOT_X: [f64; 2] = [52.0, WIDTH - 10.0];

/// A value at each node, and the steps that changed it.
struct Curves<'a> {
    title: String,
    values: &'a [ReplayedValue],
    with: Vec<f64>,
    without: Vec<f64>,
    steps: Vec<&'a ReplayStep>,
    height: f64,
}

/// The book's value; `None` without a node.
pub fn book_value(outcome: &HistoricalOutcome, id: &str) -> Option<String> {
    let values = &outcome.values;
    let curves = Curves {
        title: format!("value of the book, {}", outcome.currency),
        with: values.iter().map(|value| value.book).collect(),
        without: values.iter().map(|value| value.book_without_events).collect(),
        steps: outcome.steps.iter().collect(),
        values,
        height: 280.0,
    };
    draw(outcome, &curves, id)
}

/// The value of one account, by its place among the accounts.
pub fn account_value(outcome: &HistoricalOutcome, account: usize, id: &str) -> Option<String> {
    let name = &outcome.accounts.get(account)?.account;
    let values = &outcome.values;
    let pick = |pick: fn(&ReplayedValue) -> &Vec<f64>| -> Option<Vec<f64>> {
        values.iter().map(|value| pick(value).get(account).copied()).collect()
    };
    let curves = Curves {
        title: format!("{name}, {}", outcome.currency),
        with: pick(|value| &value.accounts)?,
        without: pick(|value| &value.accounts_without_events)?,
        steps: outcome.steps.iter().filter(|step| step.account == *name).collect(),
        values,
        height: 190.0,
    };
    draw(outcome, &curves, id)
}

fn draw(outcome: &HistoricalOutcome, curves: &Curves<'_>, id: &str) -> Option<String> {
    let hours: Vec<f64> =
        curves.values.iter().map(|value| value.time_years * HOURS_PER_YEAR).collect();
    let [first, .., last] = hours.as_slice() else { return None };
    let plot_y = [40.0, curves.height - 44.0];
    let x = Scale::linear([*first, *last], PLOT_X);
    let all = curves.with.iter().chain(&curves.without);
    let start = [f64::INFINITY, f64::NEG_INFINITY];
    let range = all.fold(start, |[low, high], &value| [low.min(value), high.max(value)]);
    let y = Scale::linear(range, [plot_y[1], plot_y[0]]);
    let mut canvas = Canvas::new(id, curves.height, &curves.title, &description(outcome, curves));
    canvas.x_axis(&x, plot_y, 6, &|hour| number(hour, 0));
    canvas.y_axis(&y, PLOT_X, &compact);
    let shape = |values: &[f64]| -> Vec<[f64; 2]> {
        hours.iter().zip(values).map(|(hour, value)| [x.at(*hour), y.at(*value)]).collect()
    };
    canvas.add(polyline("curve without", &shape(&curves.without)));
    canvas.add(polyline("curve", &shape(&curves.with)));
    points(&mut canvas, outcome, curves, ("with", &curves.with), &shape(&curves.with));
    points(&mut canvas, outcome, curves, ("without", &curves.without), &shape(&curves.without));
    for step in &curves.steps {
        canvas.add(marker(outcome, curves, step, (&x, &y)));
    }
    legend(&mut canvas, curves);
    let axis = format!("hours since {}", instant(&outcome.window.from));
    canvas.add(text("axis", [PLOT_X[0], curves.height - 8.0], &axis));
    Some(canvas.finish())
}

/// Invisible marks that tell the exact figures.
fn points(
    canvas: &mut Canvas,
    outcome: &HistoricalOutcome,
    curves: &Curves<'_>,
    (series, figures): (&str, &[f64]),
    places: &[[f64; 2]],
) {
    let money = Figures::up_to(outcome.book.value.abs());
    for ((value, figure), at) in curves.values.iter().zip(figures).zip(places) {
        let tip = format!("{}, {series} events: {}", instant(&value.time), money.money(*figure));
        let dot = circle("hit", *at, 3.5).series(series).data("value", *figure);
        canvas.add(dot.data("hours", value.time_years * HOURS_PER_YEAR).tip(&tip));
    }
}

fn marker(
    outcome: &HistoricalOutcome,
    curves: &Curves<'_>,
    step: &ReplayStep,
    (x, y): (&Scale, &Scale),
) -> Mark {
    let index = step.node.map_or(0, |node| node + 1);
    let hours = curves.values.get(index).map_or(0.0, |value| value.time_years * HOURS_PER_YEAR);
    let value = curves.with.get(index).copied().unwrap_or_default();
    let at = [x.at(hours), y.at(value)];
    let what = step.events.join("; ");
    let money = Figures::up_to(outcome.book.value.abs());
    let tip = format!(
        "{}, {}: {what} ({} to the loss)",
        instant(&step.time),
        step.account,
        money.change(step.total)
    );
    shape_of(kind(step), at)
        .series("event")
        .named(&step.account)
        .data("total", step.total)
        .tip(&tip)
}

fn shape_of(kind: &str, at: [f64; 2]) -> Mark {
    match kind {
        "call" => circle("event call", at, 4.0),
        kind => diamond(&format!("event {kind}"), at, 5.5),
    }
}

/// What a step is drawn as: the gravest of what it holds.
pub(in crate::report) fn kind(step: &ReplayStep) -> &'static str {
    if step.notional > 0.0 && step.events.iter().any(|event| event.starts_with("stop ")) {
        "stop"
    } else if step.notional > 0.0 || step.node.is_none() {
        "liquidation"
    } else {
        "call"
    }
}

fn legend(canvas: &mut Canvas, curves: &Curves<'_>) {
    canvas.add(text("label", [PLOT_X[0], 14.0], &curves.title));
    let mut left = PLOT_X[0];
    for (class, name) in [("curve", "with events"), ("curve without", "without")] {
        canvas.add(line(class, [left, 27.0], [left + 18.0, 27.0]));
        canvas.add(text("note", [left + 23.0, 31.0], name));
        left += if class == "curve" { 108.0 } else { 76.0 };
    }
    left += 4.0;
    for wanted in ["call", "stop", "liquidation"] {
        if curves.steps.iter().any(|step| kind(step) == wanted) {
            canvas.add(shape_of(wanted, [left, 27.0]));
            canvas.add(text("note", [left + 9.0, 31.0], wanted));
            left += 46.0;
        }
    }
}

fn description(outcome: &HistoricalOutcome, curves: &Curves<'_>) -> String {
    let money = Figures::up_to(outcome.book.value.abs());
    let end = |values: &[f64]| money.money(values.last().copied().unwrap_or_default());
    format!(
        "{} from {} to {}: {} at first, {} at the end with events and {} without.",
        curves.title,
        instant(&outcome.window.from),
        instant(&outcome.window.to),
        money.money(curves.with.first().copied().unwrap_or_default()),
        end(&curves.with),
        end(&curves.without)
    )
}
