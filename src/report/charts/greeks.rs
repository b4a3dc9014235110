//! The delta–gamma exposure profile: value, delta and gamma over a ladder of spot moves.

use super::canvas::{Canvas, WIDTH, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{GreeksProfilePoint, Outcome};
use crate::report::figures::{Figures, compact, percent, signed};

const PANEL_HEIGHT: f64 = 108.0;
const PANEL_GAP: f64 = 30.0;
const TOP: f64 = 22.0;
const PLOT_X: [f64; 2] = [58.0, WIDTH - 12.0];

/// One curve of the profile.
struct Panel {
    series: &'static str,
    title: &'static str,
    pick: fn(&GreeksProfilePoint) -> f64,
}

const PANELS: [Panel; 3] = [
    Panel { series: "value", title: "change in value", pick: |point| point.value_change },
    Panel { series: "delta", title: "dollar delta", pick: |point| point.dollar_delta },
    Panel { series: "gamma", title: "gamma per 1 %", pick: |point| point.gamma_1pct },
];

/// The chart; `None` where the profile has fewer than two points.
pub fn greeks(outcome: &Outcome, id: &str) -> Option<String> {
    let points = &outcome.book.greeks.profile.points;
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 2 {
        return None;
    }
    let height = TOP + PANELS.len() as f64 * (PANEL_HEIGHT + PANEL_GAP) + 20.0;
    let mut canvas = Canvas::new(id, height, "Greeks profile", &description(outcome));
    let x = Scale::linear([first.spot_move, last.spot_move], PLOT_X);
    let all = [TOP, TOP + PANELS.len() as f64 * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP];
    canvas.x_axis(&x, all, 5, &|spot_move| signed(percent(spot_move, 0)));
    for (index, panel) in PANELS.iter().enumerate() {
        let top = TOP + index as f64 * (PANEL_HEIGHT + PANEL_GAP);
        draw(&mut canvas, outcome, panel, &x, [top, top + PANEL_HEIGHT]);
    }
    canvas.add(text("axis", [PLOT_X[0], height - 8.0], "spot move"));
    Some(canvas.finish())
}

fn draw(canvas: &mut Canvas, outcome: &Outcome, panel: &Panel, x: &Scale, [top, bottom]: [f64; 2]) {
    let points = &outcome.book.greeks.profile.points;
    let range = points
        .iter()
        .map(panel.pick)
        .fold([0.0, 0.0], |[low, high], value| [f64::min(low, value), f64::max(high, value)]);
    let y = Scale::linear(range, [bottom, top]);
    canvas.y_axis(&y, PLOT_X, &compact);
    canvas.add(text(
        "axis",
        [PLOT_X[0], top - 7.0],
        &format!("{}, {}", panel.title, outcome.currency),
    ));
    canvas.add(line("zero", [PLOT_X[0], y.at(0.0)], [PLOT_X[1], y.at(0.0)]));
    let shape: Vec<[f64; 2]> =
        points.iter().map(|point| [x.at(point.spot_move), y.at((panel.pick)(point))]).collect();
    canvas.add(polyline("curve", &shape));
    for (point, at) in points.iter().zip(shape) {
        let value = (panel.pick)(point);
        let tip = format!(
            "spot {}: {} {}",
            signed(percent(point.spot_move, 1)),
            panel.title,
            Figures::of(outcome).change(value)
        );
        let dot = circle("dot", at, 2.2).series(panel.series);
        canvas.add(dot.data("move", point.spot_move).data("value", value).tip(&tip));
    }
}

fn description(outcome: &Outcome) -> String {
    let figures = Figures::of(outcome);
    let total = &outcome.book.greeks.total;
    format!(
        "Change in value, dollar delta and gamma per 1 % against spot moves ({}). Today the dollar \
         delta is {} {} and gamma per 1 % is {}.",
        outcome.book.greeks.profile.axis,
        outcome.currency,
        figures.money(total.dollar_delta),
        figures.money(total.gamma_1pct)
    )
}
