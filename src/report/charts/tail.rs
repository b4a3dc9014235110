//! The tail: the chance of losing more than an amount, on a logarithmic axis.
//!
//! At each bin edge the chance is the share of paths in the bins from there on, so the curve is
//! exact at its points. VaR at a level lies on the curve at the height of its tail; ES lies to its
//! right at the same height. Whiskers are 95 % intervals.

use super::canvas::{Anchor, Canvas, WIDTH, circle, diamond, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{Measure, Outcome};
use crate::report::figures::{Figures, compact, duration, level, number};

const HEIGHT: f64 = 300.0;
const PLOT_X: [f64; 2] = [52.0, WIDTH - 10.0];
const PLOT_Y: [f64; 2] = [38.0, 252.0];

/// A loss and the share of paths that lose at least as much.
struct Exceedance {
    loss: f64,
    probability: f64,
}

/// The chart; `None` where no level or no bin lies in the tail.
pub fn tail(outcome: &Outcome, id: &str) -> Option<String> {
    let points = exceedances(outcome)?;
    let figures = Figures::of(outcome);
    let [x, y] = scales(outcome, &points)?;
    let mut canvas = Canvas::new(id, HEIGHT, "Tail of the losses", &description(outcome, figures));
    canvas.x_axis(&x, PLOT_Y, 5, &compact);
    canvas.y_axis(&y, PLOT_X, &level);
    let line_points: Vec<[f64; 2]> =
        points.iter().map(|point| [x.at(point.loss), y.at(point.probability)]).collect();
    // Nothing is known between the last bin edge and the largest loss but their order.
    let (known, beyond) = line_points.split_at(line_points.len() - 1);
    canvas.add(polyline("curve", known));
    if let (Some(from), Some(to)) = (known.last(), beyond.first()) {
        canvas.add(line("curve beyond", *from, *to));
    }
    for point in &points {
        let tip = format!(
            "{} of paths lose {} {} or more",
            level(point.probability),
            outcome.currency,
            figures.money(point.loss)
        );
        let at = [x.at(point.loss), y.at(point.probability)];
        let dot = circle("dot", at, 2.0).series("exceedance");
        canvas.add(dot.data("loss", point.loss).data("probability", point.probability).tip(&tip));
    }
    for measure in &outcome.measures.value_at_risk {
        mark(&mut canvas, "var", measure, figures, [&x, &y]);
    }
    for measure in &outcome.measures.expected_shortfall {
        mark(&mut canvas, "es", measure, figures, [&x, &y]);
    }
    legend(&mut canvas, outcome);
    Some(canvas.finish())
}

/// Points from twice the widest tail that has a measure, to the largest loss.
fn exceedances(outcome: &Outcome) -> Option<Vec<Exceedance>> {
    let bins = &outcome.measures.histogram.bins;
    let lowest = outcome.measures.value_at_risk.first()?.level;
    let start = (2.0 * (1.0 - lowest)).min(0.5);
    // Summed from the largest loss down, so that small chances keep their digits.
    let mut points = Vec::new();
    let mut probability = 0.0;
    for bin in bins.iter().rev() {
        probability += bin.probability;
        if probability > start {
            break;
        }
        if probability > 0.0 {
            points.push(Exceedance { loss: bin.lower, probability });
        }
    }
    points.reverse();
    let last = Exceedance {
        loss: outcome.measures.maximum_loss,
        probability: bins.last().map_or(0.0, |bin| bin.probability / bin.count.max(1) as f64),
    };
    if last.probability > 0.0 && points.last().is_none_or(|point| point.loss < last.loss) {
        points.push(last);
    }
    (points.len() > 1).then_some(points)
}

fn scales(outcome: &Outcome, points: &[Exceedance]) -> Option<[Scale; 2]> {
    let (first, last) = (points.first()?, points.last()?);
    let measures = &outcome.measures;
    let marked = measures.value_at_risk.iter().chain(&measures.expected_shortfall);
    let [mut low, mut high] = [first.loss, last.loss];
    let [mut rare, mut common] = [last.probability, first.probability];
    for measure in marked {
        low = low.min(measure.interval_95[0]);
        high = high.max(measure.interval_95[1]);
        rare = rare.min(1.0 - measure.level);
        common = common.max(1.0 - measure.level);
    }
    let x = Scale::linear([low, high], PLOT_X);
    let y = Scale::logarithmic([rare * 0.9, common * 1.1], [PLOT_Y[1], PLOT_Y[0]]);
    Some([x, y])
}

/// A measure at the height of its tail: a whisker over its interval, a disc or a diamond on it.
fn mark(canvas: &mut Canvas, kind: &str, measure: &Measure, figures: Figures, [x, y]: [&Scale; 2]) {
    let name = if kind == "var" { "VaR" } else { "ES" };
    let tip = format!(
        "{name} {}: {}, 95 % interval {}",
        level(measure.level),
        figures.money(measure.loss),
        figures.interval(measure.interval_95)
    );
    let height = y.at(1.0 - measure.level);
    let [low, high] = measure.interval_95;
    let whisker = line(&format!("whisker {kind}"), [x.at(low), height], [x.at(high), height]);
    canvas.add(whisker.series(&format!("{kind}-interval")).data("low", low).data("high", high));
    let (class, at) = (format!("point {kind}"), [x.at(measure.loss), height]);
    let point = if kind == "var" { circle(&class, at, 4.5) } else { diamond(&class, at, 5.5) };
    let point = point.series(kind).data("level", measure.level).data("loss", measure.loss);
    canvas.add(point.tip(&tip));
}

fn legend(canvas: &mut Canvas, outcome: &Outcome) {
    let y = PLOT_Y[0] - 22.0;
    canvas.add(text("axis", [4.0, y], "chance of losing more"));
    canvas.add(circle("point var", [158.0, y - 4.0], 4.5));
    canvas.add(text("axis", [167.0, y], "VaR"));
    canvas.add(diamond("point es", [206.0, y - 4.0], 5.5));
    canvas.add(text("axis", [216.0, y], "ES"));
    canvas.add(line("whisker", [246.0, y - 4.0], [266.0, y - 4.0]));
    canvas.add(text("axis", [272.0, y], "95 % interval"));
    let axis = format!("loss over {} in {}", duration(outcome.horizon_years), outcome.currency);
    canvas.add(text("axis", [PLOT_X[1], PLOT_Y[1] + 36.0], &axis).anchor(Anchor::End));
}

fn description(outcome: &Outcome, figures: Figures) -> String {
    let mut words = format!(
        "Chance of losing more than an amount over {}, on a logarithmic axis, from {} paths.",
        duration(outcome.horizon_years),
        number(outcome.paths as f64, 0)
    );
    let measures = &outcome.measures;
    for (name, estimates) in
        [("VaR", &measures.value_at_risk), ("ES", &measures.expected_shortfall)]
    {
        for measure in estimates {
            let loss = figures.money(measure.loss);
            words.push_str(&format!(" {name} {} is {loss}.", level(measure.level)));
        }
    }
    words
}
