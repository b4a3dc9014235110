//! The change of a figure between two runs, step after step, up to its total.

use super::canvas::Canvas;
use super::rows::{Bar, Rows, height};
use crate::outcome::{ExplainedFigure, Explanation, FigureStep};
use crate::report::explanation::{name, points, sentence};
use crate::report::figures::{Figures, compact, percent};

/// The chart: bars end to end from no change, the last one the whole.
pub fn explained(explanation: &Explanation, figure: &ExplainedFigure, id: &str) -> String {
    let mut reached = 0.0;
    let mut bars = Vec::new();
    for step in &figure.steps {
        bars.push(step_bar(step, figure, reached, explanation));
        reached += step.contribution;
    }
    let told = told(figure.change, figure, explanation);
    bars.push(Bar {
        name: "change",
        class: "bar total",
        series: "change",
        from: 0.0,
        to: figure.change,
        tip: format!("change: {told}"),
        figure: told,
    });
    let extent = bars
        .iter()
        .flat_map(|bar| [bar.from, bar.to])
        .fold([0.0, 0.0], |[low, high], end| [f64::min(low, end), f64::max(high, end)]);
    let extent = if extent == [0.0, 0.0] { [-1.0, 1.0] } else { extent };
    let title = format!("What moved the {}", name(figure.quantity, explanation));
    let description = sentence(figure, explanation);
    let canvas = Canvas::new(id, height(bars.len()), &title, &description);
    let share = figure.quantity.is_share();
    let unit = if share { "" } else { &explanation.currency };
    let label = |value: f64| if share { percent(value, 0) } else { compact(value) };
    let mut rows = Rows::new(canvas, extent, bars.len(), unit, &label);
    for bar in &bars {
        rows.bar(bar);
    }
    rows.canvas.finish()
}

/// Orange where the step moved the figure down, blue where up.
fn step_bar<'a>(
    step: &FigureStep,
    figure: &ExplainedFigure,
    from: f64,
    explanation: &Explanation,
) -> Bar<'a> {
    let name = step.step.name();
    let told = told(step.contribution, figure, explanation);
    Bar {
        name,
        class: if step.contribution < 0.0 { "bar tail" } else { "bar" },
        series: "step",
        from,
        to: from + step.contribution,
        tip: format!("{name}: {told}"),
        figure: told,
    }
}

fn told(change: f64, figure: &ExplainedFigure, explanation: &Explanation) -> String {
    if figure.quantity.is_share() {
        return points(change).replace('-', "−");
    }
    let amounts = explanation.figures.iter().filter(|one| !one.quantity.is_share());
    let amounts = amounts.flat_map(|one| [one.before.abs(), one.after.abs()]);
    Figures::up_to(amounts.fold(0.0, f64::max)).change(change).replace('-', "−")
}
