//! The times of a window: those at which every followed series has a value, the expiries between.

use jiff::Timestamp;

use super::error::ReplayError;
use super::sources::Followed;
use crate::market::{PriceHistory, Series};
use crate::scenario::{BarOrders, ReplayWindow};
use crate::simulation::grid::SAME_TIME;
use crate::units::Years;

/// A moment of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// A price of the bar that closes at a time of the window, by its index there.
    Bar {
        /// Index into [`Window::times`].
        bar: usize,
        /// Which of its prices, in the order they are taken: 0 first, 3 the close.
        place: usize,
    },
    /// An expiry: nothing moves.
    Expiry,
}

/// The times of a window.
pub(super) struct Window {
    /// The close whose levels are today's.
    pub start: Timestamp,
    /// Closes after it at which every followed series has a value.
    pub times: Vec<Timestamp>,
    /// Closes left out for want of a value.
    pub missing: usize,
    /// Nodes: time from the start, and what happens there.
    pub moments: Vec<(Years, Moment)>,
}

impl Window {
    pub fn new(
        ReplayWindow { from, to }: ReplayWindow,
        bars: BarOrders,
        followed: &Followed<'_>,
        expiries: &[Years],
    ) -> Result<Self, ReplayError> {
        let closes = &followed.history.closes;
        for (time, is_start) in [(from, true), (to, false)] {
            check_end(closes, followed, time, is_start)?;
        }
        let first = closes.times.partition_point(|time| *time <= from);
        let past = closes.times.partition_point(|time| *time <= to);
        let times: Vec<Timestamp> =
            (first..past).filter(|&at| followed.has_all(at)).map(|at| closes.times[at]).collect();
        let missing = past - first - times.len();
        let mut window = Self { start: from, times, missing, moments: Vec::new() };
        window.moments = window.bars(bars, closes.interval);
        window.add_expiries(expiries);
        Ok(window)
    }

    /// Times of the nodes.
    pub fn nodes(&self) -> Vec<Years> {
        self.moments.iter().map(|(time, _)| *time).collect()
    }

    fn since_start(&self, time: Timestamp) -> Years {
        Years::from_seconds(time.duration_since(self.start).as_secs_f64())
    }

    fn bars(&self, orders: BarOrders, interval: Years) -> Vec<(Years, Moment)> {
        let mut moments = Vec::new();
        let mut before = 0.0;
        for (bar, time) in self.times.iter().enumerate() {
            let close = self.since_start(*time);
            if orders == BarOrders::BothOrders {
                // After a hole a bar is no longer than others.
                let opens = f64::max(before, close.get() - interval.get());
                let quarter = |place: usize| {
                    let time = opens + (close.get() - opens) * (place + 1) as f64 / 4.0;
                    (Years(time), Moment::Bar { bar, place })
                };
                moments.extend((0..3).map(quarter));
            }
            moments.push((close, Moment::Bar { bar, place: 3 }));
            before = close.get();
        }
        moments
    }

    /// Expiries inside the window, each once, on nodes of their own unless a price is of the same
    /// time.
    fn add_expiries(&mut self, expiries: &[Years]) {
        let end = self.moments.last().map_or(0.0, |(time, _)| time.get());
        for expiry in expiries.iter().filter(|expiry| expiry.get() > SAME_TIME) {
            let taken =
                self.moments.iter().any(|(time, _)| (time.get() - expiry.get()).abs() < SAME_TIME);
            if !taken && expiry.get() < end {
                self.moments.push((*expiry, Moment::Expiry));
            }
        }
        self.moments.sort_by(|a, b| a.0.get().total_cmp(&b.0.get()));
    }
}

/// An end of the window is a close of the data, and every followed series has a value there.
fn check_end(
    closes: &PriceHistory,
    followed: &Followed<'_>,
    time: Timestamp,
    is_start: bool,
) -> Result<(), ReplayError> {
    if closes.times.binary_search(&time).is_err() {
        let nearest = nearest(closes, time);
        return Err(ReplayError::NoClose { time: time.to_string(), is_start, nearest });
    }
    let without = followed.series.iter().find(|series| closes.at(series, time).is_none());
    match without {
        None => Ok(()),
        Some(series) => Err(not_covered(closes, series, time, is_start)),
    }
}

fn not_covered(
    closes: &PriceHistory,
    series: &Series,
    time: Timestamp,
    is_start: bool,
) -> ReplayError {
    let has_value = |index: &usize| series.values[*index].is_some();
    let shown = |index: Option<usize>| {
        index.map_or_else(|| "never".to_owned(), |index| closes.times[index].to_string())
    };
    ReplayError::NotCovered {
        series: series.name.clone(),
        time: time.to_string(),
        is_start,
        first: shown((0..series.values.len()).find(has_value)),
        last: shown((0..series.values.len()).rev().find(has_value)),
    }
}

fn nearest(closes: &PriceHistory, time: Timestamp) -> String {
    let after = closes.times.partition_point(|close| *close < time);
    let before = after.checked_sub(1).and_then(|index| closes.times.get(index));
    match (before, closes.times.get(after)) {
        (Some(before), Some(after)) => format!("the nearest are {before} and {after}"),
        (Some(last), None) => format!("the last is {last}"),
        (None, Some(first)) => format!("the first is {first}"),
        (None, None) => "it has none".to_owned(),
    }
}
