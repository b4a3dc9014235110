//! The dates of a walk-forward, as places in the history.

use jiff::Timestamp;

use crate::market::PriceHistory;

/// Dates at an even distance, each with the window before it and the period after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Place of the first date.
    pub first: usize,
    /// Number of dates.
    pub count: usize,
    /// Closes from one date to the next.
    pub step: usize,
    /// Closes of a period.
    pub horizon: usize,
    /// Returns of a window.
    pub window: usize,
    /// Returns of a window that begins with the history.
    pub window_min: usize,
    /// Dates from one estimation to the next.
    pub refit: usize,
}

/// One date, as places in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    /// The close at which the book is marked.
    pub marked: usize,
    /// The close at which its period ends.
    pub ends: usize,
    /// First and last close that the model is estimated on.
    pub window: [usize; 2],
}

impl Calendar {
    /// Dates of `history` from `from` to `to` whose period it holds; steps are the caller's.
    pub fn between(self, history: &PriceHistory, [from, to]: [Timestamp; 2]) -> Self {
        let first = history.times.partition_point(|time| *time < from);
        let after = history.times.partition_point(|time| *time <= to);
        let after = after.min(history.times.len().saturating_sub(self.horizon));
        let count = after.saturating_sub(first).div_ceil(self.step);
        Self { first, count, ..self }
    }

    /// Dates whose window is shorter than the others' because the history begins inside it.
    pub fn growing(&self) -> usize {
        (0..self.count).take_while(|&index| self.date(index).window[1] < self.window).count()
    }

    /// Date `index`.
    pub fn date(&self, index: usize) -> Date {
        let place = |index: usize| self.first + index * self.step;
        let marked = place(index);
        let estimated = place(index - index % self.refit);
        let begins = estimated.saturating_sub(self.window);
        Date { marked, ends: marked + self.horizon, window: [begins, estimated] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Symbol, Years};

    /// Counted by hand: closes on days 0 to 20, dates from day 10 to day 17 every third day, each
    /// with a period of two days.
    #[test]
    fn dates_stand_apart_and_their_periods_end_inside_the_history() {
        let day = |day: i64| Timestamp::from_second(86_400 * day).unwrap();
        let history = PriceHistory {
            interval: Years::from_days(1.0),
            times: (0..=20).map(day).collect(),
            series: Vec::new(),
            quote: Symbol::usd(),
            findings: Vec::new(),
        };
        let steps = Calendar {
            first: 0,
            count: 0,
            step: 3,
            horizon: 2,
            window: 8,
            window_min: 8,
            refit: 2,
        };
        let found = steps.between(&history, [day(10), day(17)]);
        assert_eq!((found.first, found.count), (10, 3));
        assert_eq!(found.date(1), Date { marked: 13, ends: 15, window: [2, 10] });
        assert_eq!(found.date(2), Date { marked: 16, ends: 18, window: [8, 16] });
        let late = steps.between(&history, [day(10), day(40)]);
        assert_eq!(late.count, 3, "day 19 has no period of two days");
        assert_eq!(steps.between(&history, [day(30), day(40)]).count, 0);
        assert_eq!(found.growing(), 0);
    }

    /// By hand: dates 5, 7, 9, 11 with ten returns wanted: the first three, estimated on days up to
    /// 5, 7 and 9, have fewer.
    #[test]
    fn a_window_begins_with_the_history_until_it_has_its_length() {
        let steps = Calendar {
            first: 5,
            count: 4,
            step: 2,
            horizon: 1,
            window: 10,
            window_min: 5,
            refit: 1,
        };
        let windows = [0, 1, 2, 3].map(|index| steps.date(index).window);
        assert_eq!(windows, [[0, 5], [0, 7], [0, 9], [1, 11]]);
        assert_eq!(steps.growing(), 3);
    }
}
