//! Parts of the dates that are trained on, and the later ones that are tested on.

use std::ops::Range;

use jiff::Timestamp;

use super::PolicyCalibrationError;
use crate::units::Years;

/// Fewest dates of a part: with fewer a frequency of losses says nothing.
pub(super) const DATES_MIN: usize = 60;

/// How parts are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Periods {
    /// Before an instant, and from it on.
    Split { test_from: Timestamp },
    /// A window of one length.
    Rolling { train: Years, test: Years },
    /// A window from the first date on.
    Expanding { train: Years, test: Years },
}

/// A part trained on and the one after it, by index of date.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fold {
    pub train: Range<usize>,
    pub test: Range<usize>,
}

impl Periods {
    /// The folds of dates, in order of time; test parts follow one another without a gap.
    ///
    /// # Errors
    /// No fold with enough dates in both parts.
    pub fn folds(
        self,
        instants: &[Timestamp],
        spacing_days: f64,
    ) -> Result<Vec<Fold>, PolicyCalibrationError> {
        let count = instants.len();
        let dates = |length: Years| (length.days() / spacing_days).round() as usize;
        let folds = match self {
            Self::Split { test_from } => {
                let at = instants.partition_point(|instant| *instant < test_from);
                vec![Fold { train: 0..at, test: at..count }]
            }
            Self::Rolling { train, test } => windows(count, dates(train), dates(test))
                .map(|test| Fold { train: test.start - dates(train)..test.start, test })
                .collect(),
            Self::Expanding { train, test } => windows(count, dates(train), dates(test))
                .map(|test| Fold { train: 0..test.start, test })
                .collect(),
        };
        let enough = |fold: &Fold| fold.train.len() >= DATES_MIN && fold.test.len() >= DATES_MIN;
        let folds: Vec<Fold> = folds.into_iter().filter(enough).collect();
        if folds.is_empty() {
            return Err(PolicyCalibrationError::TooFewDates { dates: count, needed: DATES_MIN });
        }
        Ok(folds)
    }
}

/// Test parts after a first part trained on; the last may be shorter.
fn windows(count: usize, train: usize, test: usize) -> impl Iterator<Item = Range<usize>> {
    (train..count).step_by(test.max(1)).map(move |start| start..(start + test).min(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants(count: usize) -> Vec<Timestamp> {
        (0..count).map(|day| Timestamp::from_second(86_400 * day as i64).unwrap()).collect()
    }

    fn days(days: f64) -> Years {
        Years::from_days(days)
    }

    #[test]
    fn a_split_tests_from_its_instant_on() {
        let instants = instants(200);
        let found = Periods::Split { test_from: instants[120] }.folds(&instants, 1.0).unwrap();
        assert_eq!(found, [Fold { train: 0..120, test: 120..200 }]);
    }

    #[test]
    fn windows_roll_or_grow_and_tests_follow_one_another() {
        let instants = instants(330);
        let rolling = Periods::Rolling { train: days(100.0), test: days(80.0) };
        let expected = [
            Fold { train: 0..100, test: 100..180 },
            Fold { train: 80..180, test: 180..260 },
            Fold { train: 160..260, test: 260..330 },
        ];
        assert_eq!(rolling.folds(&instants, 1.0).unwrap(), expected);
        let expanding = Periods::Expanding { train: days(100.0), test: days(80.0) };
        let found = expanding.folds(&instants, 1.0).unwrap();
        assert_eq!(found[2], Fold { train: 0..260, test: 260..330 });
    }

    #[test]
    fn too_few_dates_are_no_fold() {
        let instants = instants(119);
        let found = Periods::Split { test_from: instants[60] }.folds(&instants, 1.0);
        assert!(found.is_err());
    }
}
