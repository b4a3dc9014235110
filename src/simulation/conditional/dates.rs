//! Nearest-date weights: what happened on the dates of history most like the named moves.
//!
//! Each date's moves are those of the history in units of volatility, times today's volatility over
//! the time. Its distance is the Mahalanobis distance of its named moves from the stated ones. The
//! k = ⌈√D⌉ nearest of D dates count, with weight `1 − ((d − d₁)/(d_{k+1} − d₁))²` for a distance d:
//! one for the nearest, none for the first that does not count; a shock far outside of history has
//! the same weights as one at its edge. Moves are not stretched to the size of the shock.

use super::Conditioning;
use crate::simulation::{DateShocks, FactorModel};
use crate::units::Years;

/// What the nearest dates say.
pub(super) struct Nearest {
    /// Weighted median move of every factor.
    pub moves: Vec<f64>,
    /// Dates that count.
    pub dates: usize,
}

/// Medians over the dates nearest to the named moves, in the order of `conditioning.named`.
pub(super) fn nearest_dates(
    model: &FactorModel,
    history: &DateShocks,
    (conditioning, named): (&Conditioning, &[f64]),
    time: Years,
) -> Nearest {
    let root = time.get().sqrt();
    let scale = |factor: usize| model.factors[factor].volatility * root;
    let distance = |date: usize| {
        let gap = conditioning
            .named
            .iter()
            .zip(named)
            .map(|(&factor, stated)| history.factor(factor)[date] * scale(factor) - stated);
        conditioning.distance_squared(&gap.collect::<Vec<f64>>(), time).sqrt()
    };
    let mut order: Vec<(f64, usize)> =
        (0..history.dates).map(|date| (distance(date), date)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let count = (history.dates as f64).sqrt().ceil() as usize;
    let weighted = weights(&order, count.clamp(1, history.dates));
    let median = |factor: usize| {
        let moves = history.factor(factor);
        let rows = weighted.iter().map(|&(date, weight)| (moves[date], weight));
        scale(factor) * weighted_median(rows.collect())
    };
    Nearest { moves: (0..model.factors.len()).map(median).collect(), dates: weighted.len() }
}

/// Dates that count, with their weights.
fn weights(order: &[(f64, usize)], count: usize) -> Vec<(usize, f64)> {
    let nearest = order[0].0;
    let beyond = order.get(count).map_or(f64::INFINITY, |one| one.0);
    let width = beyond - nearest;
    let weight = |distance: f64| {
        let way = if width > 0.0 { (distance - nearest) / width } else { 0.0 };
        1.0 - way * way
    };
    let counted = order[..count].iter().map(|&(distance, date)| (date, weight(distance)));
    counted.filter(|(_, weight)| *weight > 0.0).collect()
}

/// The least value with at least half of the weight at or below it; the mean with the next where it
/// is exactly half.
fn weighted_median(mut rows: Vec<(f64, f64)>) -> f64 {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * rows.iter().map(|row| row.1).sum::<f64>();
    let mut below = 0.0;
    for (index, (value, weight)) in rows.iter().enumerate() {
        below += weight;
        if below > half {
            return *value;
        }
        if below == half {
            return rows.get(index + 1).map_or(*value, |next| 0.5 * (value + next.0));
        }
    }
    rows.last().map_or(0.0, |row| row.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_weighted_values() {
        assert_eq!(weighted_median(vec![(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), 2.0);
        assert_eq!(weighted_median(vec![(3.0, 1.0), (1.0, 1.0)]), 2.0);
        assert_eq!(weighted_median(vec![(1.0, 1.0), (9.0, 2.0)]), 9.0);
    }

    /// One for the nearest, less for the next: (3 − 1)/(5 − 1) of the way, 1 − 1/4.
    #[test]
    fn weights_fall_to_the_first_date_that_does_not_count() {
        let order = [(1.0, 7), (3.0, 2), (5.0, 4)];
        assert_eq!(weights(&order, 2), [(7, 1.0), (2, 0.75)]);
        assert_eq!(weights(&order, 3), [(7, 1.0), (2, 1.0), (4, 1.0)]);
    }
}
