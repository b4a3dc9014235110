//! Policies that no other beats in everything: missed loss, false alarms, turnover, exposure carried
//! and largest change of the threshold.

use super::search::Point;
use crate::outcome::PolicyMeasures;

/// What is compared, each to be small.
fn aims(measures: &PolicyMeasures) -> [f64; 5] {
    [
        measures.missed_loss,
        measures.false_alarms_per_year,
        measures.turnover_per_year,
        -measures.exposure_carried,
        measures.largest_change,
    ]
}

/// Whether each point is on the front; of equal ones all are.
pub(super) fn on_front(points: &[Point]) -> Vec<bool> {
    let all: Vec<[f64; 5]> = points.iter().map(|point| aims(&point.measures)).collect();
    let beats = |one: &[f64; 5], other: &[f64; 5]| {
        let pairs = || one.iter().zip(other);
        pairs().all(|(one, other)| one <= other) && pairs().any(|(one, other)| one < other)
    };
    all.iter().map(|one| !all.iter().any(|other| beats(other, one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(missed_loss: f64, exposure_carried: f64) -> Point {
        let measures =
            PolicyMeasures { missed_loss, exposure_carried, ..PolicyMeasures::default() };
        Point { values: Vec::new(), measures }
    }

    #[test]
    fn more_exposure_for_the_same_loss_beats() {
        let points = [point(1.0, 0.5), point(1.0, 0.6), point(2.0, 0.9), point(2.0, 0.9)];
        assert_eq!(on_front(&points), [false, true, true, true]);
    }
}
