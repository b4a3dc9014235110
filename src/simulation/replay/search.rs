//! Every window of one length that a history has.
//!
//! Flows in: a history, the factors of a book, a length. Flows out: the windows, in order of time,
//! and models of those among them that have their closes at the same times after their starts, each
//! a path, so that one compiled book walks them together.
//!
//! A window starts at a close at which every followed series has a value, and ends at another just
//! its length later. Holes inside are moved over in one step, as in a replay of one window. Where
//! the end falls into a hole there is no window: how many starts that leaves out is told.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::error::ReplayError;
use super::levels::check_bars;
use super::sources::{Followed, sources};
use super::{ReplayModel, replay_model};
use crate::market::{BarHistory, PriceHistory};
use crate::scenario::{BarOrders, HistoricalSettings, ReplayWindow};
use crate::simulation::{FactorKey, FactorModel};
use crate::units::{SECONDS_PER_YEAR, Years};

/// A history and its windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowSearch {
    settings: HistoricalSettings,
    history: BarHistory,
    keys: Vec<FactorKey>,
    expiries: Vec<Years>,
    /// Closes at which every followed series has a value, by their indices.
    usable: Vec<usize>,
    /// In order of time.
    pub windows: Vec<ReplayWindow>,
    /// Starts that have none: it would end where a series has no value.
    pub left_out: usize,
}

impl WindowSearch {
    /// The windows of `length` for the factors `keys`.
    ///
    /// # Errors
    /// [`ReplayError`]: no such window, bars that lack a price, contradictory statements.
    pub fn new(
        settings: &HistoricalSettings,
        length: Years,
        history: &BarHistory,
        keys: &[FactorKey],
        expiries: &[Years],
    ) -> Result<Self, ReplayError> {
        let sources = sources(settings, &history.closes, keys)?;
        let followed = Followed::of(history, keys, &sources);
        let closes = &history.closes;
        let usable: Vec<usize> =
            (0..closes.times.len()).filter(|&index| followed.has_all(index)).collect();
        let (windows, left_out) = windows(closes, &usable, length)?;
        if settings.bars == BarOrders::BothOrders {
            check_bars(&followed, usable.get(1..).unwrap_or_default())?;
        }
        Ok(Self {
            settings: settings.clone(),
            history: history.clone(),
            keys: keys.to_vec(),
            expiries: expiries.to_vec(),
            usable,
            windows,
            left_out,
        })
    }

    /// The replay of one window.
    ///
    /// # Errors
    /// As [`replay_model`].
    pub fn replay(&self, window: ReplayWindow) -> Result<ReplayModel, ReplayError> {
        replay_model(&self.settings, &[window], &self.history, &self.keys, &self.expiries)
    }

    /// A model whose paths are the windows at `indices`, which are alike.
    ///
    /// # Errors
    /// As [`replay_model`].
    pub fn model(&self, indices: &[usize]) -> Result<FactorModel, ReplayError> {
        let windows: Vec<ReplayWindow> = indices.iter().map(|&index| self.windows[index]).collect();
        let (history, keys) = (&self.history, &self.keys);
        Ok(replay_model(&self.settings, &windows, history, keys, &self.expiries)?.model)
    }

    /// Indices of windows whose closes are at the same times after their starts, in lists whose
    /// models have at most `numbers_max` levels, or one window.
    pub fn alike(&self, numbers_max: usize) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<Vec<i64>, Vec<usize>> = BTreeMap::new();
        for (index, window) in self.windows.iter().enumerate() {
            groups.entry(self.shape(*window)).or_default().push(index);
        }
        let lists = groups.into_values().flat_map(|group| {
            let window = self.windows[group[0]];
            let size = self.bars(window).len() * self.numbers_a_bar();
            let fit = (numbers_max / size.max(1)).max(1);
            group.chunks(fit).map(<[usize]>::to_vec).collect::<Vec<_>>()
        });
        lists.collect()
    }

    /// Levels and logs of a bar, all factors, all orders.
    fn numbers_a_bar(&self) -> usize {
        let prices = match self.settings.bars {
            BarOrders::Closes => 1,
            BarOrders::BothOrders => 4,
        };
        2 * prices * self.settings.bars.paths() as usize * self.keys.len()
    }

    /// Closes after the window's start, its end included.
    fn bars(&self, window: ReplayWindow) -> Range<usize> {
        let times = &self.history.closes.times;
        let first = times.partition_point(|time| *time <= window.from);
        first..times.partition_point(|time| *time <= window.to)
    }

    /// Times of the closes after the start at which every series has a value, in milliseconds;
    /// nothing where they are evenly spaced without a hole.
    fn shape(&self, window: ReplayWindow) -> Vec<i64> {
        let closes = &self.history.closes;
        let bars = self.bars(window);
        let first = self.usable.partition_point(|index| *index < bars.start);
        let past = self.usable.partition_point(|index| *index < bars.end);
        let from = window.from.as_millisecond();
        let since = |index: &usize| closes.times[*index].as_millisecond() - from;
        let shape: Vec<i64> = self.usable[first..past].iter().map(since).collect();
        let interval = milliseconds(closes.interval);
        let even = shape.iter().zip(1..).all(|(time, place)| *time == place * interval);
        if even { Vec::new() } else { shape }
    }
}

/// The windows, and how many starts have none though the data goes on for as long.
fn windows(
    closes: &PriceHistory,
    usable: &[usize],
    length: Years,
) -> Result<(Vec<ReplayWindow>, usize), ReplayError> {
    let time = |index: &usize| closes.times[*index];
    let (Some(first), Some(last)) = (usable.first().map(time), usable.last().map(time)) else {
        let title = "the history has no close at which every series has a value".to_owned();
        return Err(ReplayError::NoWindow(title));
    };
    let length_shown = shown(length);
    let span = jiff::SignedDuration::from_millis(milliseconds(length));
    let (mut windows, mut left_out) = (Vec::new(), 0);
    for from in usable.iter().map(time) {
        let Some(to) = from.checked_add(span).ok().filter(|to| *to <= last) else { break };
        let ends =
            closes.times.binary_search(&to).is_ok_and(|at| usable.binary_search(&at).is_ok());
        match ends {
            true => windows.push(ReplayWindow { from, to }),
            false => left_out += 1,
        }
    }
    match (windows.is_empty(), left_out) {
        (false, _) => Ok((windows, left_out)),
        (true, 0) => Err(ReplayError::NoWindow(format!(
            "no window of {length_shown} fits into the history, whose series have values in common \
             from {first} to {last}"
        ))),
        (true, _) => Err(ReplayError::NoWindow(format!(
            "no two closes are {length_shown} apart: the history's interval is {}",
            shown(closes.interval)
        ))),
    }
}

fn milliseconds(length: Years) -> i64 {
    // A length is a century at most.
    #[allow(clippy::cast_possible_truncation)]
    let whole = (length.get() * SECONDS_PER_YEAR * 1e3).round() as i64;
    whole
}

/// A length in words.
fn shown(length: Years) -> String {
    let hours = milliseconds(length) as f64 / 3.6e6;
    let (number, unit) = if hours >= 48.0 && hours % 24.0 == 0.0 {
        (hours / 24.0, "days")
    } else {
        (hours, "hours")
    };
    format!("{number} {unit}")
}
