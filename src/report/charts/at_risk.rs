//! Notional at risk of liquidation over shocks, one panel a direction, on a logarithmic price axis.

use super::canvas::{Anchor, Canvas, WIDTH, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{AtRiskCurve, Outcome};
use crate::report::figures::{Figures, compact, percent, signed};
use crate::report::text::shortened_inside;

const PANELS_MAX: usize = 4;
const PANEL_HEIGHT: f64 = 104.0;
const PANEL_GAP: f64 = 34.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 44.0;
const PLOT_X: [f64; 2] = [58.0, WIDTH - 12.0];
const TITLE_LETTERS: usize = 58;
/// Moves with a rule.
const TICKS: [f64; 8] = [-0.9, -0.75, -0.5, -0.25, 0.0, 0.5, 1.0, 2.0];
/// Those with room for a label.
const LABELLED: [f64; 6] = [-0.9, -0.75, -0.5, 0.0, 0.5, 2.0];

/// The chart; `None` where no shock closes anything.
pub fn at_risk(outcome: &Outcome, id: &str) -> Option<String> {
    let shown = shown(outcome);
    let first = shown.first()?;
    let (lowest, highest) = (first.shocks.first()?, first.shocks.last()?);
    let x = Scale::logarithmic([1.0 + lowest, 1.0 + highest], PLOT_X);
    let bottom = TOP + shown.len() as f64 * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP;
    let title = "Notional at risk of liquidation";
    let mut canvas = Canvas::new(id, bottom + BOTTOM, title, &description(outcome, &shown));
    for tick in TICKS.into_iter().filter(|tick| tick >= lowest && tick <= highest) {
        let at = x.at(1.0 + tick);
        canvas.add(line("grid", [at, TOP], [at, bottom]).data("tick-x", 1.0 + tick));
        let label = signed(percent(tick, 0)).replace('-', "−");
        if LABELLED.contains(&tick) {
            canvas.add(text("tick", [at, bottom + 16.0], &label).anchor(Anchor::Middle));
        }
    }
    for (index, curve) in shown.iter().enumerate() {
        let top = TOP + index as f64 * (PANEL_HEIGHT + PANEL_GAP);
        panel(&mut canvas, outcome, curve, &x, [top, top + PANEL_HEIGHT]);
    }
    let axis =
        format!("instant move of the price; notional closed at once in {}", outcome.currency);
    canvas.add(text("axis", [PLOT_X[1], bottom + 36.0], &axis).anchor(Anchor::End));
    Some(canvas.finish())
}

/// Directions of several coins first, then the coins whose moves close most.
pub(in crate::report) fn shown(outcome: &Outcome) -> Vec<&AtRiskCurve> {
    let mut curves: Vec<&AtRiskCurve> = outcome.liquidation_exposure.at_risk.iter().collect();
    curves.sort_by(|a, b| {
        let several = |curve: &AtRiskCurve| curve.betas.len() > 1;
        several(b).cmp(&several(a)).then(most(b).total_cmp(&most(a)))
    });
    curves.truncate(PANELS_MAX);
    curves
}

fn most(curve: &AtRiskCurve) -> f64 {
    curve.book.iter().copied().fold(0.0, f64::max)
}

fn panel(
    canvas: &mut Canvas,
    outcome: &Outcome,
    curve: &AtRiskCurve,
    x: &Scale,
    [top, bottom]: [f64; 2],
) {
    let y = Scale::linear([0.0, most(curve)], [bottom, top]);
    canvas.y_axis(&y, PLOT_X, &compact);
    let title = shortened_inside(&curve.direction, TITLE_LETTERS);
    canvas.add(text("axis", [PLOT_X[0], top - 8.0], &title));
    for account in &curve.accounts {
        let values = account.notional.iter().zip(&curve.shocks);
        let points = values.map(|(notional, shock)| [x.at(1.0 + shock), y.at(*notional)]);
        let points: Vec<[f64; 2]> = points.collect();
        canvas
            .add(polyline("curve account", &points).named(&account.account).tip(&account.account));
    }
    let points: Vec<[f64; 2]> = curve
        .shocks
        .iter()
        .zip(&curve.book)
        .map(|(shock, notional)| [x.at(1.0 + shock), y.at(*notional)])
        .collect();
    canvas.add(polyline("curve", &points));
    for ((shock, notional), at) in curve.shocks.iter().zip(&curve.book).zip(points) {
        let tip = format!(
            "{}: {} {} closed",
            signed(percent(*shock, 0)),
            outcome.currency,
            Figures::of(outcome).money(*notional)
        );
        let dot = circle("dot", at, 1.6).series("at-risk").named(&curve.direction);
        canvas.add(dot.data("shock", *shock).data("notional", *notional).tip(&tip));
    }
}

fn description(outcome: &Outcome, curves: &[&AtRiskCurve]) -> String {
    let figures = Figures::of(outcome);
    let told = curves.iter().map(|curve| {
        let nearest = |down: bool| {
            let hits = curve
                .shocks
                .iter()
                .zip(&curve.book)
                .filter(move |(shock, notional)| **notional > 0.0 && (**shock < 0.0) == down);
            hits.map(|(shock, _)| *shock).min_by(|a, b| a.abs().total_cmp(&b.abs()))
        };
        let moves = [nearest(true), nearest(false)].into_iter().flatten();
        let moves: Vec<String> = moves.map(|shock| signed(percent(shock, 0))).collect();
        format!(
            "{}: from {}, at most {} {}",
            curve.direction,
            moves.join(" and from "),
            outcome.currency,
            figures.money(most(curve))
        )
    });
    format!(
        "Notional that venues would close at once, by the move of prices. {}.",
        told.collect::<Vec<_>>().join("; ")
    )
}
