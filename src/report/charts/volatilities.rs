//! Annual volatilities of an estimated market model, with the intervals of those that have errors.

use super::canvas::Canvas;
use super::rows::{Bar, Rows, height};
use crate::outcome::{EstimatedVolatility, MarketModel};
use crate::report::figures::{NORMAL_95, percent};

/// Factors of which no more are drawn: the most volatile ones.
const ROWS_MAX: usize = 24;

/// The chart; `None` where nothing moves.
pub fn volatilities(model: &MarketModel, id: &str) -> Option<String> {
    let mut shown: Vec<&EstimatedVolatility> =
        model.volatilities.iter().filter(|one| one.volatility > 0.0).collect();
    shown.sort_by(|a, b| b.volatility.total_cmp(&a.volatility));
    shown.truncate(ROWS_MAX);
    let description = description(model, shown.first()?, shown.len());
    let ends = shown.iter().map(|one| interval(one).map_or(one.volatility, |[_, high]| high));
    let extent = [0.0, ends.fold(0.0, f64::max)];
    let canvas = Canvas::new(id, height(shown.len()), "Volatility by factor", &description);
    let label = |tick: f64| percent(tick, 0);
    let mut rows = Rows::new(canvas, extent, shown.len(), "annual volatility", &label);
    for one in &shown {
        rows.bar(&bar(one));
        if let Some(ends) = interval(one) {
            rows.whisker(ends);
        }
    }
    Some(rows.canvas.finish())
}

/// 95 % interval, where the estimator gives an error.
fn interval(one: &EstimatedVolatility) -> Option<[f64; 2]> {
    let half = NORMAL_95 * one.standard_error?;
    Some([(one.volatility - half).max(0.0), one.volatility + half])
}

fn bar(one: &EstimatedVolatility) -> Bar<'_> {
    let figure = percent(one.volatility, 1);
    let within = interval(one).map_or(String::new(), |[low, high]| {
        format!(", 95 % interval {} to {}", percent(low, 1), percent(high, 1))
    });
    Bar {
        name: &one.factor,
        class: "bar",
        series: "volatility",
        from: 0.0,
        to: one.volatility,
        tip: format!("{}: {figure} a year{within}; {}", one.factor, one.source),
        figure,
    }
}

fn description(model: &MarketModel, most: &EstimatedVolatility, shown: usize) -> String {
    let moving = model.volatilities.iter().filter(|one| one.volatility > 0.0).count();
    let which =
        if shown < moving { format!("The {shown} most volatile") } else { "All".to_owned() };
    format!(
        "{which} of {moving} factors that move. {} moves most, {} a year.",
        most.factor,
        percent(most.volatility, 1)
    )
}
