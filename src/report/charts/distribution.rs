//! The loss distribution: share of paths by loss, with VaR, ES and their intervals.
//!
//! Bars are the outcome's bins. The outermost bins may be wide (they hold the last few paths of a
//! long tail); they are told in words instead of stretching the axis.

use super::canvas::{Anchor, Canvas, WIDTH, line, rectangle, text};
use super::scale::Scale;
use crate::outcome::{HistogramBin, Measure, Outcome};
use crate::report::figures::{Figures, compact, duration, level, percent};

const HEIGHT: f64 = 310.0;
const PLOT_X: [f64; 2] = [48.0, WIDTH - 10.0];
const PLOT_Y: [f64; 2] = [56.0, 250.0];

/// The chart; `None` where the outcome has no bins.
pub fn distribution(outcome: &Outcome, id: &str) -> Option<String> {
    let bins = &outcome.measures.histogram.bins;
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    if total == 0 {
        return None;
    }
    let [value_at_risk, shortfall] = marked(outcome);
    let shown = even_bins(bins);
    let x = Scale::linear(extent(shown, [value_at_risk, shortfall]), PLOT_X);
    let highest = shown.iter().map(|bin| bin.probability).fold(0.0, f64::max);
    let y = Scale::linear([0.0, highest * 1.04], [PLOT_Y[1], PLOT_Y[0]]);

    let mut canvas = Canvas::new(id, HEIGHT, "Loss distribution", &description(outcome));
    canvas.x_axis(&x, PLOT_Y, 5, &compact);
    canvas.y_axis(&y, PLOT_X, &level);
    let tail_from = value_at_risk.map_or(f64::INFINITY, |measure| measure.loss);
    for bin in shown {
        canvas.add(bar(outcome, bin, tail_from, [&x, &y]));
    }
    for (measure, kind) in
        [(value_at_risk, MarkKind::ValueAtRisk), (shortfall, MarkKind::Shortfall)]
    {
        if let Some(measure) = measure {
            mark(&mut canvas, outcome, measure, kind, &x);
        }
    }
    axis_titles(&mut canvas, outcome);
    canvas.add(text("note", [4.0, HEIGHT - 8.0], &outer_note(outcome, bins, shown, total)));
    Some(canvas.finish())
}

/// VaR and ES at the level of the contributions, or the highest where that level has none.
fn marked(outcome: &Outcome) -> [Option<&Measure>; 2] {
    let at_level = |measures: &'_ [Measure]| {
        let level = outcome.contributions.level;
        measures.iter().position(|measure| measure.level == level).or(measures.len().checked_sub(1))
    };
    let (var, es) = (&outcome.measures.value_at_risk, &outcome.measures.expected_shortfall);
    [at_level(var).map(|index| &var[index]), at_level(es).map(|index| &es[index])]
}

/// The bins less an outer one on either side that is much wider than its neighbour.
fn even_bins(bins: &[HistogramBin]) -> &[HistogramBin] {
    let width = |bin: &HistogramBin| bin.upper - bin.lower;
    let mut shown = bins;
    if let [first, second, ..] = shown
        && width(first) > 1.5 * width(second)
        && shown.len() > 3
    {
        shown = &shown[1..];
    }
    if let [.., second, last] = shown
        && width(last) > 1.5 * width(second)
        && shown.len() > 3
    {
        shown = &shown[..shown.len() - 1];
    }
    shown
}

fn extent(bins: &[HistogramBin], measures: [Option<&Measure>; 2]) -> [f64; 2] {
    let ends = bins.iter().flat_map(|bin| [bin.lower, bin.upper]);
    let marks = measures.into_iter().flatten().flat_map(|measure| measure.interval_95);
    ends.chain(marks)
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], end| [low.min(end), high.max(end)])
}

fn bar(
    outcome: &Outcome,
    bin: &HistogramBin,
    tail_from: f64,
    [x, y]: [&Scale; 2],
) -> super::canvas::Mark {
    let middle = 0.5 * (bin.lower + bin.upper);
    let class = if middle >= tail_from { "bar tail" } else { "bar" };
    let figures = Figures::of(outcome);
    let tip = format!(
        "{} {}: {} paths, {}",
        outcome.currency,
        figures.interval([bin.lower, bin.upper]),
        bin.count,
        percent(bin.probability, 2)
    );
    rectangle(class, [x.at(bin.lower), y.at(0.0)], [x.at(bin.upper), y.at(bin.probability)])
        .series("bin")
        .data("lower", bin.lower)
        .data("upper", bin.upper)
        .data("count", bin.count as f64)
        .data("probability", bin.probability)
        .tip(&tip)
}

#[derive(Clone, Copy)]
enum MarkKind {
    ValueAtRisk,
    Shortfall,
}

/// A vertical line over its interval, labelled above the plot.
fn mark(canvas: &mut Canvas, outcome: &Outcome, measure: &Measure, kind: MarkKind, x: &Scale) {
    // The line on the right is the taller, so that neither crosses the other's label.
    let (name, class, label_y) = match kind {
        MarkKind::ValueAtRisk => ("VaR", "var", PLOT_Y[0] - 8.0),
        MarkKind::Shortfall => ("ES", "es", PLOT_Y[0] - 24.0),
    };
    let figures = Figures::of(outcome);
    let label = format!("{name} {}: {}", level(measure.level), figures.money(measure.loss));
    let [low, high] = measure.interval_95;
    let tip = format!("{label}, 95 % interval {}", figures.interval([low, high]));
    let band = rectangle(&format!("band {class}"), [x.at(low), PLOT_Y[0]], [x.at(high), PLOT_Y[1]]);
    canvas.add(
        band.series(&format!("{class}-interval")).data("low", low).data("high", high).tip(&tip),
    );
    let at = x.at(measure.loss);
    let rule = line(&format!("mark {class}"), [at, label_y - 8.0], [at, PLOT_Y[1]]);
    canvas
        .add(rule.series(class).data("level", measure.level).data("loss", measure.loss).tip(&tip));
    canvas.add(text(&format!("label {class}"), [at - 5.0, label_y], &label).anchor(Anchor::End));
}

fn axis_titles(canvas: &mut Canvas, outcome: &Outcome) {
    let axis = format!(
        "loss over {} in {} (positive = money lost)",
        duration(outcome.horizon_years),
        outcome.currency
    );
    canvas.add(text("axis", [PLOT_X[1], PLOT_Y[1] + 34.0], &axis).anchor(Anchor::End));
    canvas.add(text("axis", [4.0, 14.0], "share of paths"));
}

fn outer_note(
    outcome: &Outcome,
    bins: &[HistogramBin],
    shown: &[HistogramBin],
    total: u64,
) -> String {
    let drawn: u64 = shown.iter().map(|bin| bin.count).sum();
    if shown.len() == bins.len() {
        return format!("{} paths, all drawn", figures_count(total));
    }
    let figures = Figures::of(outcome);
    format!(
        "{} of {} paths lie outside, from {} to {}",
        figures_count(total - drawn),
        figures_count(total),
        figures.money(outcome.measures.minimum_loss),
        figures.money(outcome.measures.maximum_loss)
    )
    .replace('-', "−")
}

fn figures_count(count: u64) -> String {
    crate::report::figures::number(count as f64, 0)
}

fn description(outcome: &Outcome) -> String {
    let figures = Figures::of(outcome);
    let mut words = format!(
        "Histogram of the losses of {} paths over {}, in {}; mean {}, largest {}.",
        figures_count(outcome.paths),
        duration(outcome.horizon_years),
        outcome.currency,
        figures.money(outcome.measures.mean_loss),
        figures.money(outcome.measures.maximum_loss)
    );
    for (name, measure) in ["VaR", "ES"].into_iter().zip(marked(outcome)) {
        if let Some(measure) = measure {
            words.push_str(&format!(
                " {name} {} is {}, 95 % interval {}.",
                level(measure.level),
                figures.money(measure.loss),
                figures.interval(measure.interval_95)
            ));
        }
    }
    words
}
