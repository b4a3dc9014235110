//! Series with holes: what is observed, on which dates, and how to say so.

use super::EstimationError;

/// The values of a series that are there, checked finite, with their dates.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observed {
    /// Values in date order.
    pub values: Vec<f64>,
    /// Index of each value's date.
    pub dates: Vec<usize>,
}

/// Holes of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaps {
    /// Dates before the first observation (a late listing).
    pub before: usize,
    /// Missing dates between the first and the last observation.
    pub inside: usize,
    /// Dates after the last observation (a dead coin).
    pub after: usize,
}

impl Gaps {
    /// Counts the holes of `series`.
    pub fn of(series: &[Option<f64>]) -> Self {
        let first = series.iter().position(Option::is_some);
        let last = series.iter().rposition(Option::is_some);
        let (Some(first), Some(last)) = (first, last) else {
            return Self { before: series.len(), inside: 0, after: 0 };
        };
        let inside = series[first..=last].iter().filter(|value| value.is_none());
        Self { before: first, inside: inside.count(), after: series.len() - 1 - last }
    }

    /// The holes in words; empty when there is none.
    pub(super) fn notes(self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |count: usize, what: &str| {
            if count > 0 {
                notes.push(format!("{count} dates {what}"));
            }
        };
        note(self.before, "before the first observation left out");
        note(self.inside, "missing inside the series skipped");
        note(self.after, "after the last observation left out");
        notes
    }
}

/// The last `window` dates of a series (all when `None`).
pub(super) fn last<T>(series: &[T], window: Option<usize>) -> &[T] {
    let length = window.unwrap_or(series.len()).min(series.len());
    &series[series.len() - length..]
}

/// What is observed of `series`; at least `needed` values.
pub(super) fn observed(
    what: &str,
    series: &[Option<f64>],
    needed: usize,
) -> Result<Observed, EstimationError> {
    let dates: Vec<usize> = (0..series.len()).filter(|&date| series[date].is_some()).collect();
    let values: Vec<f64> = series.iter().flatten().copied().collect();
    if let Some(bad) = values.iter().position(|value| !value.is_finite()) {
        return Err(EstimationError::NotFinite { what: what.to_owned(), index: dates[bad] });
    }
    if values.len() < needed {
        let found = values.len();
        return Err(EstimationError::TooFewObservations { what: what.to_owned(), found, needed });
    }
    Ok(Observed { values, dates })
}

/// Checks that all series of a panel `[series][date]` have one length, and returns it.
pub(super) fn even_length(panel: &[&[Option<f64>]]) -> Result<usize, EstimationError> {
    let expected = panel.first().map_or(0, |series| series.len());
    match panel.iter().position(|series| series.len() != expected) {
        None => Ok(expected),
        Some(series) => {
            let found = panel[series].len();
            Err(EstimationError::UnevenPanel { series, found, expected })
        }
    }
}

/// Dates on which every series of a panel `[series][date]` is observed, increasing.
///
/// # Errors
/// [`EstimationError::UnevenPanel`].
pub fn common_dates(panel: &[&[Option<f64>]]) -> Result<Vec<usize>, EstimationError> {
    let length = even_length(panel)?;
    let everywhere = |&date: &usize| panel.iter().all(|series| series[date].is_some());
    Ok((0..length).filter(everywhere).collect())
}

/// Rows `[date][series]` of the dates on which every series is observed; at least `needed`.
pub(super) fn complete_rows(
    what: &str,
    panel: &[&[Option<f64>]],
    needed: usize,
) -> Result<Vec<Vec<f64>>, EstimationError> {
    let dates = common_dates(panel)?;
    if dates.len() < needed {
        let found = dates.len();
        return Err(EstimationError::TooFewObservations { what: what.to_owned(), found, needed });
    }
    let row = |&date: &usize| panel.iter().filter_map(|series| series[date]).collect();
    let rows: Vec<Vec<f64>> = dates.iter().map(row).collect();
    let bad = rows.iter().position(|row: &Vec<f64>| row.iter().any(|value| !value.is_finite()));
    match bad {
        Some(row) => Err(EstimationError::NotFinite { what: what.to_owned(), index: dates[row] }),
        None => Ok(rows),
    }
}
