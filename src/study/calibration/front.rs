//! The Pareto front, and which dominances are beyond the Monte Carlo error.
//!
//! A candidate dominates another when it is as good in every objective and better in one. The
//! dominance is clear when in some objective it is better by more than 1.96 standard errors of the
//! mean difference over the common paths; where no dominator is clearly better anywhere, the
//! candidate is within error of the front.
//!
//! All pairs are compared, O(n²) in at most a few thousand candidates: sorting schemes (Kung 1975;
//! fronts of NSGA-II) win from far more on.

use super::evaluate::{Evaluated, Found, Measured, error_of_mean};
use crate::outcome::Standing;
use crate::risk::NORMAL_95;

/// Gives every candidate its standing among all.
pub(super) fn judge(candidates: &mut [Evaluated]) {
    let standings: Vec<(Standing, Option<usize>)> = (0..candidates.len())
        .map(|place| match &candidates[place].found {
            Ok(found) => standing(found, Some(place), candidates),
            Err(_) => (Standing::Infeasible, None),
        })
        .collect();
    for (candidate, (standing, by)) in candidates.iter_mut().zip(standings) {
        (candidate.standing, candidate.dominated_by) = (standing, by);
    }
}

/// Gives the scenario as it stands its standing among the candidates.
pub(super) fn judge_against(candidates: &[Evaluated], base: Evaluated) -> Evaluated {
    let (standing, dominated_by) = match &base.found {
        Ok(found) => standing(found, None, candidates),
        Err(_) => (Standing::Infeasible, None),
    };
    Evaluated { standing, dominated_by, ..base }
}

/// Against all candidates but the one at `own`: a clear dominator is named before others.
fn standing(
    found: &Found,
    own: Option<usize>,
    candidates: &[Evaluated],
) -> (Standing, Option<usize>) {
    let mut within = None;
    for (place, other) in candidates.iter().enumerate().filter(|(place, _)| Some(*place) != own) {
        let Ok(other) = &other.found else { continue };
        if !dominates(other, found) {
            continue;
        }
        if is_clear(other, found) {
            return (Standing::Dominated, Some(place));
        }
        within = within.or(Some(place));
    }
    match within {
        Some(place) => (Standing::WithinError, Some(place)),
        None => (Standing::Front, None),
    }
}

/// Whether `better` is as good as `other` in every objective and better in one.
fn dominates(better: &Found, other: &Found) -> bool {
    let pairs = || better.objectives.iter().zip(&other.objectives);
    pairs().all(|(a, b)| a.value <= b.value) && pairs().any(|(a, b)| a.value < b.value)
}

/// Whether `better` is better in one objective by more than the error of the difference.
fn is_clear(better: &Found, other: &Found) -> bool {
    let pairs = better.objectives.iter().zip(&other.objectives);
    pairs.into_iter().any(|(one, two)| {
        let gain = two.value - one.value;
        gain > NORMAL_95 * error_of_difference(one, two, other.paths)
    })
}

/// Standard error of the difference of two estimates on common paths.
fn error_of_difference(a: &Measured, b: &Measured, paths: u64) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    let (mut left, mut right) = (a.influence.as_slice(), b.influence.as_slice());
    let next = |rest: &[(u64, f64)]| rest.first().map_or(u64::MAX, |(path, _)| *path);
    while !(left.is_empty() && right.is_empty()) {
        let path = next(left).min(next(right));
        let difference = taken(&mut left, path) - taken(&mut right, path);
        sum += difference;
        squares += difference * difference;
    }
    error_of_mean(sum, squares, paths)
}

/// The value of `path` where it comes next, which is then taken off; else zero.
fn taken(rest: &mut &[(u64, f64)], path: u64) -> f64 {
    match rest.split_first() {
        Some(((next, value), others)) if *next == path => {
            *rest = others;
            *value
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two objectives whose paths 0 and 1 of ten carry everything.
    fn candidate(first: [f64; 2], second: [f64; 2]) -> Evaluated {
        let measured = |values: [f64; 2]| Measured {
            value: (values[0] + values[1]) / 10.0,
            influence: (0u64..).zip(values).filter(|(_, value)| *value > 0.0).collect(),
        };
        Evaluated {
            round: 0,
            values: Vec::new(),
            standing: Standing::Front,
            dominated_by: None,
            found: Ok(Found::of(vec![measured(first), measured(second)], 10)),
        }
    }

    #[test]
    fn standings_by_hand() {
        let mut all = [
            candidate([1.0, 1.0], [5.0, 5.0]),
            candidate([5.0, 5.0], [1.0, 1.0]),
            // behind the first by 0.2 ± 0.13 in one objective: 1.96 errors are more
            candidate([2.0, 2.0], [5.0, 5.0]),
            // behind the first by what one path in ten tells
            candidate([1.0, 9.0], [5.0, 5.0]),
            // as good as the first: neither dominates
            candidate([1.0, 1.0], [5.0, 5.0]),
        ];
        judge(&mut all);
        let standings: Vec<_> = all.iter().map(|one| (one.standing, one.dominated_by)).collect();
        let expected = [
            (Standing::Front, None),
            (Standing::Front, None),
            (Standing::WithinError, Some(0)),
            (Standing::WithinError, Some(0)),
            (Standing::Front, None),
        ];
        assert_eq!(standings, expected);
    }

    /// Differences 1, −2, 0 … of ten paths: mean −0.1, sum of squares 5.
    #[test]
    fn the_error_of_a_difference_is_by_path() {
        let measured = |influence: Vec<(u64, f64)>| Measured { value: 0.0, influence };
        let one = measured(vec![(0, 3.0), (4, 1.0)]);
        let two = measured(vec![(0, 2.0), (4, 3.0)]);
        let expected = ((5.0 - 0.1) / 9.0 / 10.0f64).sqrt();
        approx::assert_relative_eq!(error_of_difference(&one, &two, 10), expected);
        assert_eq!(error_of_difference(&one, &one, 10), 0.0);
    }

    #[test]
    fn a_gain_on_many_paths_alike_is_clear() {
        let many = |value: f64| Measured {
            value,
            influence: (0..1_000).map(|path| (path, value)).collect(),
        };
        let found = |first: f64| Found::of(vec![many(first), many(1.0)], 1_000);
        assert!(dominates(&found(1.0), &found(1.01)));
        assert!(is_clear(&found(1.0), &found(1.01)));
        assert!(!dominates(&found(1.01), &found(1.0)));
    }
}
