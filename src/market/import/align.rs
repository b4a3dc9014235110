//! Series on one even grid.

use std::fmt;

use jiff::Timestamp;

use crate::market::history::{PriceHistory, Series};
use crate::units::{Symbol, Years};

/// Longest grid, in times: a century of hours.
const TIMES_MAX: i64 = 900_000;

/// Spacing of bars; grid times are its multiples since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(i64);

impl Interval {
    /// From seconds; `None` below one second or where it does not divide into whole seconds.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        let whole = seconds.fract() == 0.0 && (1.0..1e10).contains(&seconds);
        #[allow(clippy::cast_possible_truncation)]
        whole.then(|| Self(seconds as i64 * 1_000))
    }

    /// In milliseconds.
    pub fn milliseconds(self) -> i64 {
        self.0
    }

    /// Whether `time` is a multiple.
    pub fn is_on_grid(self, time: i64) -> bool {
        time.rem_euclid(self.0) == 0
    }

    /// The nearest multiple; the later one of two.
    pub fn nearest(self, time: i64) -> i64 {
        (time + self.0 / 2).div_euclid(self.0) * self.0
    }

    /// Intervals from `start` to `end`, both on the grid.
    pub fn steps(self, start: i64, end: i64) -> i64 {
        (end - start) / self.0
    }

    /// One interval later.
    pub fn after(self, time: i64) -> i64 {
        time + self.0
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 / 1_000 {
            day if day % 86_400 == 0 => write!(f, "{}d", day / 86_400),
            hour if hour % 3_600 == 0 => write!(f, "{}h", hour / 3_600),
            minute if minute % 60 == 0 => write!(f, "{}m", minute / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

/// A history from series with their values by close instant, each sorted by time.
///
/// The grid runs from the earliest to the latest value. `None` where there is no value at all or
/// the grid would have more than 900 000 times.
pub fn align(
    series: Vec<(Series, Vec<(i64, f64)>)>,
    interval: Interval,
    quote: Symbol,
) -> Option<PriceHistory> {
    let ends =
        |(_, values): &(Series, Vec<(i64, f64)>)| Some((values.first()?.0, values.last()?.0));
    let start = series.iter().filter_map(ends).map(|(first, _)| first).min()?;
    let end = series.iter().filter_map(ends).map(|(_, last)| last).max()?;
    let steps = interval.steps(start, end);
    if steps >= TIMES_MAX {
        return None;
    }
    let instant = |step| Timestamp::from_millisecond(start + step * interval.milliseconds()).ok();
    let times: Option<Vec<Timestamp>> = (0..=steps).map(instant).collect();
    let times = times?;
    let count = times.len();
    let mut placed: Vec<Series> = series
        .into_iter()
        .map(|(series, values)| place(series, &values, start, count, interval))
        .collect();
    placed.sort_by(|a, b| (&a.symbol, a.quantity).cmp(&(&b.symbol, b.quantity)));
    Some(PriceHistory {
        interval: Years::from_seconds(interval.milliseconds() as f64 / 1e3),
        times,
        series: placed,
        quote,
        findings: Vec::new(),
    })
}

fn place(
    mut series: Series,
    values: &[(i64, f64)],
    start: i64,
    count: usize,
    interval: Interval,
) -> Series {
    series.values = vec![None; count];
    for &(time, value) in values {
        let slot = usize::try_from(interval.steps(start, time)).ok();
        if let Some(slot) = slot.and_then(|index| series.values.get_mut(index)) {
            *slot = Some(value);
        }
    }
    series
}
