//! Daily closes by series, from a history of any spacing.
//!
//! Series are named as the history names them: prices by asset, the rest with what they record:
//! `BTC.vol`, `BTC.funding`, `BTC.volume`, `BTC.depth`.

use std::collections::BTreeMap;

use crate::units::Years;

/// Daily closes, oldest first, all series on the same days.
///
/// A finer history is read every 24 hours, counted back from its last close; a coarser one as it
/// stands, its spacing stated in days.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionHistory {
    days_per_close: f64,
    days: usize,
    series: BTreeMap<String, Vec<Option<f64>>>,
}

impl ConditionHistory {
    /// From series on one even grid of spacing `interval`; `None` marks a missing close.
    pub fn new(
        interval: Years,
        series: impl IntoIterator<Item = (String, Vec<Option<f64>>)>,
    ) -> Self {
        let interval_days = interval.days();
        let stride = ((1.0 / interval_days).round() as usize).max(1);
        let sampled = |values: Vec<Option<f64>>| -> Vec<Option<f64>> {
            let offset = values.len().saturating_sub(1) % stride;
            values.into_iter().skip(offset).step_by(stride).collect()
        };
        let series: BTreeMap<_, _> =
            series.into_iter().map(|(name, values)| (name, sampled(values))).collect();
        Self {
            days_per_close: interval_days * stride as f64,
            days: series.values().map(Vec::len).max().unwrap_or(0),
            series,
        }
    }

    /// Days between closes, one unless the history is coarser.
    pub fn days_per_close(&self) -> f64 {
        self.days_per_close
    }

    /// Closes of the longest series.
    pub(super) fn days(&self) -> usize {
        self.days
    }

    /// The closes of one series that are above zero.
    pub(super) fn closes(&self, name: &str) -> Option<Closes> {
        self.observed(name, |value| value > 0.0)
    }

    /// The values of one series, of either sign.
    pub(super) fn values(&self, name: &str) -> Option<Closes> {
        self.observed(name, |_| true)
    }

    fn observed(&self, name: &str, counts: impl Fn(f64) -> bool) -> Option<Closes> {
        let values = self.series.get(name)?;
        let counted = |(day, value): (usize, &Option<f64>)| {
            let value = value.filter(|value| value.is_finite() && counts(*value))?;
            Some((day, value))
        };
        Some(Closes {
            days: self.days,
            days_per_close: self.days_per_close,
            observed: values.iter().enumerate().filter_map(counted).collect(),
        })
    }
}

/// The closes of one series that are there.
pub(super) struct Closes {
    /// Length of the history.
    pub days: usize,
    /// Days between closes.
    pub days_per_close: f64,
    /// Day and close, ascending.
    pub observed: Vec<(usize, f64)>,
}

impl Closes {
    /// So many days in closes, at least one.
    pub fn in_closes(&self, days: usize) -> usize {
        ((days as f64 / self.days_per_close).round() as usize).max(1)
    }

    /// Log-returns between consecutive observed closes; a gap is bridged by one return.
    pub fn log_returns(&self) -> Vec<f64> {
        let pairs = self.observed.windows(2);
        pairs.map(|pair| libm::log(pair[1].1 / pair[0].1)).collect()
    }

    /// Spreads values that belong to the last `values.len()` observed closes over all days; a
    /// day without close keeps the value before it.
    pub fn spread<T: Copy>(&self, values: &[T]) -> Vec<Option<T>> {
        let mut spread = vec![None; self.days];
        let skipped = self.observed.len() - values.len();
        for (&(day, _), value) in self.observed[skipped..].iter().zip(values) {
            spread[day] = Some(*value);
        }
        for day in 1..spread.len() {
            spread[day] = spread[day].or(spread[day - 1]);
        }
        spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_become_days_counted_back_from_the_last() {
        let hours: Vec<Option<f64>> = (0..50).map(|hour| Some(f64::from(hour) + 1.0)).collect();
        let hourly = Years::from_days(1.0 / 24.0);
        let history = ConditionHistory::new(hourly, [("BTC".to_owned(), hours)]);
        let closes = history.closes("BTC").unwrap();
        assert_eq!(closes.observed, [(0, 2.0), (1, 26.0), (2, 50.0)]);
        approx::assert_relative_eq!(history.days_per_close(), 1.0, max_relative = 1e-12);
    }

    #[test]
    fn gaps_keep_the_last_value() {
        let values = vec![None, Some(1.0), None, Some(2.0), None];
        let history = ConditionHistory::new(Years::from_days(7.0), [("X".to_owned(), values)]);
        let closes = history.closes("X").unwrap();
        assert_eq!(closes.spread(&[5, 6]), [None, Some(5), Some(5), Some(6), Some(6)]);
        assert_eq!(closes.spread(&[6]), [None, None, None, Some(6), Some(6)]);
        approx::assert_relative_eq!(closes.days_per_close, 7.0, max_relative = 1e-12);
    }
}
