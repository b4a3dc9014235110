//! The moments at which a book is valued: today, then every node of the grid.

use crate::simulation::TimeGrid;
use crate::units::{SECONDS_PER_YEAR, Years};

/// Expiry beyond the last moment.
pub(super) const NEVER: usize = usize::MAX;

/// An expiry and a node this close are the same instant: a tenth of a second, as in the grid.
const SAME_INSTANT_YEARS: f64 = 0.1 / SECONDS_PER_YEAR;

/// Moment 0 is today, moment `i + 1` is node `i`.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    times: Vec<f64>,
}

impl Timeline {
    pub fn new(grid: &TimeGrid) -> Self {
        let nodes = grid.nodes.iter().map(|node| node.get());
        Self { times: std::iter::once(0.0).chain(nodes).collect() }
    }

    /// Years from today, by moment.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Years between a moment and the one before.
    pub fn step(&self, moment: usize) -> f64 {
        self.times[moment] - self.times[moment - 1]
    }

    /// The moment of `expiry`, [`NEVER`] beyond the horizon, `None` between two moments.
    pub fn moment_of(&self, expiry: Years) -> Option<usize> {
        let expiry = expiry.get();
        let same = |&time: &f64| (time - expiry).abs() <= SAME_INSTANT_YEARS;
        let horizon = self.times.last().copied().unwrap_or(0.0);
        match self.times.iter().skip(1).position(same) {
            Some(node) => Some(node + 1),
            None if expiry > horizon => Some(NEVER),
            None => None,
        }
    }

    /// Years from each moment to `expiry`; exactly zero at and after it.
    pub fn years_left(&self, expiry: Years) -> Vec<f64> {
        let left = |&time: &f64| {
            let years = expiry.get() - time;
            if years > SAME_INSTANT_YEARS { years } else { 0.0 }
        };
        self.times.iter().map(left).collect()
    }
}
