//! The potential loss, term by term, up to its total, against the threshold.

use super::canvas::Canvas;
use super::rows::{Bar, Rows, height};
use crate::outcome::{Outcome, PotentialLossTerm, Threshold};
use crate::report::figures::{Figures, compact, plain};

/// The chart; `None` without a policy.
pub fn waterfall(outcome: &Outcome, id: &str) -> Option<String> {
    let threshold = outcome.threshold.as_ref()?;
    let figures = Figures::of(outcome);
    let bars = bars(threshold, figures);
    let extent = bars
        .iter()
        .flat_map(|bar| [bar.from, bar.to])
        .fold([0.0, 0.0], |[low, high], end| [f64::min(low, end), f64::max(high, end)]);
    let title = "Potential loss against the threshold";
    let canvas = Canvas::new(id, height(bars.len()), title, &description(outcome, threshold));
    let mut rows = Rows::new(canvas, extent, bars.len(), &outcome.currency, &compact);
    for bar in &bars {
        rows.bar(bar);
    }
    let rule = rows.rule("limit", threshold.threshold).series("limit");
    rows.canvas.add(rule.data("value", threshold.threshold).tip("threshold"));
    Some(rows.canvas.finish())
}

/// Terms end to end where they are summed, side by side where the largest counts.
fn bars(threshold: &Threshold, figures: Figures) -> Vec<Bar<'_>> {
    let summed = threshold.combination == "sum";
    let mut reached = 0.0;
    let mut bars = Vec::new();
    for term in &threshold.terms {
        let weighted = term.amount * term.weight;
        let from = if summed { reached } else { 0.0 };
        bars.push(term_bar(term, from, from + weighted, figures));
        reached += weighted;
    }
    bars.push(total_bar("potential loss", "bar total", "total", threshold.potential_loss, figures));
    bars.push(total_bar("threshold", "bar allowed", "threshold", threshold.threshold, figures));
    bars
}

fn term_bar(term: &PotentialLossTerm, from: f64, to: f64, figures: Figures) -> Bar<'_> {
    let weighted = figures.money(to - from).replace('-', "−");
    let weight = plain(term.weight);
    Bar {
        name: &term.name,
        class: "bar",
        series: "term",
        from,
        to,
        tip: format!("{}: {} × {weight} = {weighted}", term.name, figures.money(term.amount)),
        figure: weighted,
    }
}

fn total_bar<'a>(
    name: &'a str,
    class: &'a str,
    series: &'a str,
    value: f64,
    figures: Figures,
) -> Bar<'a> {
    let figure = figures.money(value).replace('-', "−");
    Bar { name, class, series, from: 0.0, to: value, tip: format!("{name}: {figure}"), figure }
}

fn description(outcome: &Outcome, threshold: &Threshold) -> String {
    let figures = Figures::of(outcome);
    let terms: Vec<String> = threshold
        .terms
        .iter()
        .map(|term| format!("{} {}", term.name, figures.money(term.amount * term.weight)))
        .collect();
    format!(
        "Terms of the potential loss in {}, combined by {}: {}. Potential loss {}, threshold {}.",
        outcome.currency,
        threshold.combination,
        terms.join(", "),
        figures.money(threshold.potential_loss),
        figures.money(threshold.threshold)
    )
}
