//! How wrong the figures may be, by where the error comes from.

use super::figures::{Figures, count, level, number, percent, plain};
use crate::outcome::Outcome;

/// One source of error: its name, how large it is, and what that means.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct ModelError {
    pub(super) source: String,
    pub(super) size: String,
    pub(super) meaning: String,
}

/// Every source that the outcome knows of.
pub(super) fn model_errors(outcome: &Outcome) -> Vec<ModelError> {
    let mut errors = monte_carlo(outcome);
    errors.extend([proxies(outcome), sums(outcome)]);
    errors.extend(tail(outcome));
    errors.extend(correlation(outcome));
    errors
}

fn error(source: String, size: String, meaning: &str) -> ModelError {
    ModelError { source, size, meaning: meaning.to_owned() }
}

fn monte_carlo(outcome: &Outcome) -> Vec<ModelError> {
    let figures = Figures::of(outcome);
    let measures = outcome.measures.expected_shortfall.iter();
    let index = outcome.measures.tail_index.as_ref();
    let meaning = match index.is_some_and(|index| index.infinite_variance) {
        true => {
            "One standard error: how far another seed moves it. The tail has no finite variance: \
                 four times the paths do not halve it."
        }
        false => {
            "One standard error: how far another seed moves it. Four times the paths halve it."
        }
    };
    let told = measures.filter_map(|one| {
        let size = one.standard_error?;
        let share = size / one.loss.abs();
        let share = share.is_finite().then(|| format!(", {} of it", percent(share, 1)));
        let (money, share) = (figures.money(size), share.unwrap_or_default());
        Some(error(
            format!("Monte Carlo, ES {}", level(one.level)),
            format!("± {money} {}{share}", outcome.currency),
            meaning,
        ))
    });
    told.collect()
}

fn proxies(outcome: &Outcome) -> ModelError {
    let source = "Revaluation".to_owned();
    let Some(proxy) = &outcome.model.proxy else {
        let meaning = "No polynomial stands in for a price.";
        return error(source, outcome.model.revaluation.clone(), meaning);
    };
    let paths = usize::try_from(proxy.sample_paths).unwrap_or(usize::MAX);
    error(
        source,
        format!(
            "at most {} {} a path ({} tail)",
            plain(proxy.error_bound),
            outcome.currency,
            proxy.tail
        ),
        &format!(
            "Polynomials price the options; the tail is revalued in full. Largest error seen: {} on {} \
             of the whole run, {} on the tail.",
            plain(proxy.largest_error_sample),
            count(paths, "path"),
            plain(proxy.largest_error_tail)
        ),
    )
}

/// Contributions are read off the tail once more, position by position: what they sum to is held
/// against the ES of the first pass.
fn sums(outcome: &Outcome) -> ModelError {
    let contributions = &outcome.contributions;
    let sum: f64 = contributions.by_position.iter().map(|row| row.expected_shortfall).sum();
    let gap = sum - contributions.expected_shortfall;
    let share = gap.abs() / contributions.expected_shortfall.abs();
    let size = if share < 1e-9 { "none to nine digits".to_owned() } else { percent(share, 6) };
    error(
        "P&L attribution".to_owned(),
        size,
        "The tail is walked twice, by account and by position; this is what the positions’ losses \
         leave unexplained of ES.",
    )
}

fn tail(outcome: &Outcome) -> Option<ModelError> {
    let index = outcome.measures.tail_index.as_ref()?;
    let meaning = match index.heavy_tail {
        true => format!("Heavy: the 95 % intervals of ES cover the truth {}.", index.covered),
        false => "Not heavy: intervals of ES cover as stated.".to_owned(),
    };
    let size = format!("ξ = {} ± {}", number(index.xi, 2), number(index.standard_error, 2));
    Some(error("Estimator in the tail".to_owned(), size, &meaning))
}

fn correlation(outcome: &Outcome) -> Option<ModelError> {
    let distance = outcome.model.correlation_projection_distance?;
    Some(error(
        "Correlation matrix".to_owned(),
        plain(distance),
        "Frobenius distance to the nearest valid matrix, which was used.",
    ))
}
