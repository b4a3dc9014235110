//! The flow that keeping the hedge asks of the market per further 1 %, over the spot ladder of each
//! coin, against its depth.

use super::canvas::{Anchor, Canvas, WIDTH, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{HedgingLadder, HedgingPoint, Outcome};
use crate::report::figures::{Figures, compact, percent, signed};

const PANELS_MAX: usize = 4;
const PANEL_HEIGHT: f64 = 96.0;
const PANEL_GAP: f64 = 34.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 44.0;
const PLOT_X: [f64; 2] = [58.0, WIDTH - 12.0];
/// Depth farther out than this many times the largest flow is told, not drawn.
const DEPTH_DRAWN: f64 = 3.0;

/// The chart; `None` where nothing has to be rehedged.
pub fn hedging(outcome: &Outcome, id: &str) -> Option<String> {
    let mut shown: Vec<&HedgingLadder> = outcome.liquidation_exposure.hedging.iter().collect();
    shown.retain(|ladder| largest(ladder) > 0.0);
    shown.sort_by(|a, b| largest(b).total_cmp(&largest(a)));
    shown.truncate(PANELS_MAX);
    let points = &shown.first()?.points;
    let x = Scale::linear([points.first()?.spot_move, points.last()?.spot_move], PLOT_X);
    let bottom = TOP + shown.len() as f64 * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP;
    let title = "Hedging flow per 1 %";
    let mut canvas = Canvas::new(id, bottom + BOTTOM, title, &description(outcome, &shown));
    canvas.x_axis(&x, [TOP, bottom], 5, &|spot_move| signed(percent(spot_move, 0)));
    for (index, ladder) in shown.iter().enumerate() {
        let top = TOP + index as f64 * (PANEL_HEIGHT + PANEL_GAP);
        panel(&mut canvas, outcome, ladder, &x, [top, top + PANEL_HEIGHT]);
    }
    let axis = format!("move of the coin; {} bought (+) or sold (−) per +1 %", outcome.currency);
    canvas.add(text("axis", [PLOT_X[1], bottom + 36.0], &axis).anchor(Anchor::End));
    Some(canvas.finish())
}

fn largest(ladder: &HedgingLadder) -> f64 {
    ladder.points.iter().map(|point| point.flow_1pct.abs()).fold(0.0, f64::max)
}

fn panel(
    canvas: &mut Canvas,
    outcome: &Outcome,
    ladder: &HedgingLadder,
    x: &Scale,
    [top, bottom]: [f64; 2],
) {
    let flows = ladder.points.iter().map(|point| point.flow_1pct);
    let mut range =
        flows.fold([0.0, 0.0], |[low, high], flow| [f64::min(low, flow), f64::max(high, flow)]);
    let depth = ladder.depth_1pct.filter(|depth| *depth <= DEPTH_DRAWN * largest(ladder));
    if let Some(depth) = depth {
        let up = range[1] >= -range[0];
        range = if up { [range[0], range[1].max(depth)] } else { [range[0].min(-depth), range[1]] };
    }
    let y = Scale::linear(range, [bottom, top]);
    canvas.y_axis(&y, PLOT_X, &compact);
    let words = match ladder.depth_1pct {
        Some(depth) => format!("{}; depth within 1 %: {}", ladder.underlying, compact(depth)),
        None => format!("{}; no depth stated", ladder.underlying),
    };
    canvas.add(text("axis", [PLOT_X[0], top - 8.0], &words));
    canvas.add(line("zero", [PLOT_X[0], y.at(0.0)], [PLOT_X[1], y.at(0.0)]));
    if let Some(depth) = depth {
        for level in [depth, -depth].into_iter().filter(|at| *at >= range[0] && *at <= range[1]) {
            let rule = line("limit", [PLOT_X[0], y.at(level)], [PLOT_X[1], y.at(level)]);
            canvas.add(rule.series("depth").named(&ladder.underlying).data("value", level));
        }
    }
    let at = |point: &HedgingPoint| [x.at(point.spot_move), y.at(point.flow_1pct)];
    let points: Vec<[f64; 2]> = ladder.points.iter().map(at).collect();
    canvas.add(polyline("curve", &points));
    for (point, at) in ladder.points.iter().zip(points) {
        let dot = circle("dot", at, 2.2).series("flow").named(&ladder.underlying);
        let dot = dot.data("move", point.spot_move).data("value", point.flow_1pct);
        canvas.add(dot.tip(&tip(outcome, ladder, point)));
    }
}

fn tip(outcome: &Outcome, ladder: &HedgingLadder, point: &HedgingPoint) -> String {
    let share = point.share_of_depth.map(|share| format!(", {} of depth", percent(share, 1)));
    format!(
        "{} at {}: {} {}{}",
        ladder.underlying,
        signed(percent(point.spot_move, 0)),
        outcome.currency,
        Figures::of(outcome).change(point.flow_1pct),
        share.unwrap_or_default()
    )
}

fn description(outcome: &Outcome, ladders: &[&HedgingLadder]) -> String {
    let figures = Figures::of(outcome);
    let told = ladders
        .iter()
        .map(|ladder| format!("{} at most {}", ladder.underlying, figures.money(largest(ladder))));
    format!(
        "What a delta hedger trades per further 1 % of each coin, in {}, over moves of its price: {}.",
        outcome.currency,
        told.collect::<Vec<_>>().join(", ")
    )
}
