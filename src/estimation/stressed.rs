//! Correlations moved toward one, and the part of a history between two dates.
//!
//! Flows in: a correlation matrix with the sign that each factor takes when everything falls at
//! once; close instants. Flows out: a correlation matrix; a range of returns.
//!
//! Limits: where the matrix is positive semidefinite the mix is too, being a convex combination of
//! two such matrices with a unit diagonal.

use std::ops::Range;

use jiff::Timestamp;
use nalgebra::DMatrix;

/// `(1 − θ)·R + θ·s·sᵀ` for `theta` in [0, 1] and `signs` of ±1; a factor of sign zero, which does
/// not move, keeps its correlations of zero.
pub fn toward_one(correlation: &DMatrix<f64>, signs: &[f64], theta: f64) -> DMatrix<f64> {
    DMatrix::from_fn(correlation.nrows(), correlation.ncols(), |row, column| {
        if row == column {
            return 1.0;
        }
        (1.0 - theta) * correlation[(row, column)] + theta * signs[row] * signs[column]
    })
}

/// Mean of `s_i·s_j·R_ij` over the pairs of factors that move: 1 where all of them move as one.
/// `None` where there is no pair.
pub fn mean_signed_correlation(correlation: &DMatrix<f64>, signs: &[f64]) -> Option<f64> {
    let (mut sum, mut pairs) = (0.0, 0.0_f64);
    for row in 0..signs.len() {
        for column in 0..row {
            let sign = signs[row] * signs[column];
            sum += sign * correlation[(row, column)];
            pairs += sign.abs();
        }
    }
    (pairs > 0.0).then(|| sum / pairs)
}

/// Returns between consecutive closes that lie wholly between two instants; return `i` is that from
/// `times[i]` to `times[i + 1]`. `None` where the closes do not reach from one instant to the other.
pub fn returns_between(
    times: &[Timestamp],
    from: Timestamp,
    to: Timestamp,
) -> Option<Range<usize>> {
    let (first, last) = (times.first()?, times.last()?);
    if from < *first || to > *last {
        return None;
    }
    let start = times.partition_point(|time| *time < from);
    let end = times.partition_point(|time| *time <= to);
    Some(start..end.saturating_sub(1).max(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::matrix::semidefinite_cholesky;

    /// By hand: half way from 0.2 and −0.4 toward 1 and −1 is 0.6 and −0.7.
    #[test]
    fn half_way_is_the_mean_of_the_two_matrices() {
        let given = DMatrix::from_row_slice(3, 3, &[1.0, 0.2, -0.4, 0.2, 1.0, 0.0, -0.4, 0.0, 1.0]);
        let signs = [1.0, 1.0, -1.0];
        let found = toward_one(&given, &signs, 0.5);
        for (place, expected) in [((0, 1), 0.6), ((0, 2), -0.7), ((1, 2), -0.5), ((1, 1), 1.0)] {
            assert!((found[place] - expected).abs() < 1e-15, "{place:?}");
        }
        let before = mean_signed_correlation(&given, &signs).unwrap();
        assert!((before - 0.2).abs() < 1e-15);
        let after = mean_signed_correlation(&found, &signs).unwrap();
        assert!((after - 0.6).abs() < 1e-15);
    }

    /// A valid matrix stays valid all the way to rank one, and an unmoved factor stays apart.
    #[test]
    fn the_mix_stays_positive_semidefinite() {
        let given = DMatrix::from_row_slice(
            4,
            4,
            &[1.0, -0.9, 0.8, 0.0, -0.9, 1.0, -0.5, 0.0, 0.8, -0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        );
        assert!(semidefinite_cholesky(&given).is_ok());
        let signs = [1.0, 1.0, -1.0, 0.0];
        for step in 0..=20 {
            let mixed = toward_one(&given, &signs, f64::from(step) / 20.0);
            assert!(semidefinite_cholesky(&mixed).is_ok(), "{step}");
            assert_eq!([mixed[(3, 0)], mixed[(3, 3)]], [0.0, 1.0]);
        }
        let one = toward_one(&given, &signs, 1.0);
        assert_eq!([one[(0, 1)], one[(0, 2)], one[(1, 2)]], [1.0, -1.0, -1.0]);
    }

    #[test]
    fn returns_lie_wholly_between_the_dates() {
        let time = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let times: Vec<Timestamp> = (0..10).map(time).collect();
        assert_eq!(returns_between(&times, time(2), time(5)), Some(2..5));
        assert_eq!(returns_between(&times, time(0), time(9)), Some(0..9));
        let half = Timestamp::from_second(2 * 86_400 + 1).unwrap();
        assert_eq!(returns_between(&times, half, time(3)), Some(3..3));
        assert_eq!(returns_between(&times, time(2), time(10)), None);
        assert_eq!(returns_between(&times, time(-1), time(3)), None);
        assert_eq!(returns_between(&[], time(0), time(1)), None);
    }
}
