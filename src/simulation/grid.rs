//! The nodes of a simulation and how calibration intervals cut the time between them.

use serde::{Deserialize, Serialize};

use crate::units::Years;

/// The nodes at which paths are evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeGrid {
    /// Node times, strictly increasing, the last is the horizon; time zero is not a node.
    pub nodes: Vec<Years>,
    /// Interval the model was calibrated to (the history's spacing; one day without history).
    pub calibration_interval: Years,
}

/// A grid that cannot be simulated on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GridError {
    /// No step or no time.
    #[error("{steps} steps over {horizon} years: at least one step and a positive horizon needed")]
    Empty {
        /// Horizon in years.
        horizon: f64,
        /// Even steps asked for.
        steps: u32,
    },
    /// Nodes that do not increase from zero.
    #[error("node {node} at {time} years does not come after the one before it")]
    NotIncreasing {
        /// Index of the node.
        node: usize,
        /// Its time.
        time: f64,
    },
    /// A calibration interval that is not a positive time.
    #[error("calibration interval of {0} years, expected a positive time")]
    InvalidInterval(f64),
    /// More pieces of time than the streams can number.
    #[error("{pieces} nodes and calibration intervals, at most {SEGMENTS_MAX}")]
    TooFine {
        /// Nodes plus calibration intervals.
        pieces: f64,
    },
}

/// Most nodes plus calibration intervals of a grid.
pub const SEGMENTS_MAX: usize = 20_000;
/// Times closer than this are one node: a tenth of a second.
pub(super) const SAME_TIME: f64 = 0.1 / crate::units::SECONDS_PER_YEAR;
/// Relative distance to an interval's end that counts as the end.
const SAME_POSITION: f64 = 1e-9;

/// A piece of time inside one node's step and one calibration interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    /// Position among all pieces of the grid.
    pub index: u32,
    /// Index of the calibration interval, from zero.
    pub interval: u32,
    /// Where the piece starts inside its interval, in [0, 1).
    pub from: f64,
    /// Where it ends, in (0, 1].
    pub to: f64,
}

impl Segment {
    pub fn opens_interval(&self) -> bool {
        self.from == 0.0
    }

    pub fn closes_interval(&self) -> bool {
        self.to == 1.0
    }

    /// Share of the interval covered.
    pub fn share(&self) -> f64 {
        self.to - self.from
    }
}

impl TimeGrid {
    /// Even steps to the horizon, with a node at every expiry before it.
    ///
    /// # Errors
    /// No steps, no positive horizon or interval, too many pieces.
    pub fn new(
        horizon: Years,
        steps: u32,
        expiries: &[Years],
        calibration_interval: Years,
    ) -> Result<Self, GridError> {
        let nodes = Self::merged_nodes(horizon, steps, expiries)?;
        Self::from_nodes(nodes, calibration_interval)
    }

    /// Node times of even steps and of the expiries in (0, horizon); an expiry replaces an even
    /// step within a tenth of a second of it.
    ///
    /// # Errors
    /// No steps or no positive horizon.
    pub fn merged_nodes(
        horizon: Years,
        steps: u32,
        expiries: &[Years],
    ) -> Result<Vec<Years>, GridError> {
        let length = horizon.get();
        if steps == 0 || !length.is_finite() || length <= 0.0 {
            return Err(GridError::Empty { horizon: length, steps });
        }
        let inside = |time: f64| time > SAME_TIME && time < length - SAME_TIME;
        let expiries = expiries.iter().map(|expiry| expiry.get());
        let mut times: Vec<f64> = expiries.filter(|&time| inside(time)).collect();
        times.sort_by(f64::total_cmp);
        times.dedup_by(|later, earlier| *later - *earlier < SAME_TIME);
        let even = (1..steps).map(|step| length * f64::from(step) / f64::from(steps));
        let even: Vec<f64> =
            even.filter(|step| times.iter().all(|time| (time - step).abs() >= SAME_TIME)).collect();
        times.extend(even);
        times.sort_by(f64::total_cmp);
        times.push(length);
        Ok(times.into_iter().map(Years).collect())
    }

    /// From node times and the calibration interval.
    ///
    /// # Errors
    /// Nodes that do not increase from zero, an interval that is not positive, too many pieces.
    pub fn from_nodes(nodes: Vec<Years>, calibration_interval: Years) -> Result<Self, GridError> {
        let grid = Self { nodes, calibration_interval };
        grid.check()?;
        Ok(grid)
    }

    /// Checks a grid that was read instead of built.
    pub(super) fn check(&self) -> Result<(), GridError> {
        let interval = self.calibration_interval.get();
        if !interval.is_finite() || interval <= 0.0 {
            return Err(GridError::InvalidInterval(interval));
        }
        let mut before = 0.0;
        for (node, time) in self.nodes.iter().map(|time| time.get()).enumerate() {
            if !time.is_finite() || time <= before {
                return Err(GridError::NotIncreasing { node, time });
            }
            before = time;
        }
        let pieces = self.nodes.len() as f64 + before / interval;
        match (self.nodes.is_empty(), pieces <= SEGMENTS_MAX as f64) {
            (true, _) => Err(GridError::Empty { horizon: 0.0, steps: 0 }),
            (false, false) => Err(GridError::TooFine { pieces }),
            (false, true) => Ok(()),
        }
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The last node's time.
    pub fn horizon(&self) -> Years {
        self.nodes.last().copied().unwrap_or_default()
    }

    /// Time of the node before `node`; zero for the first.
    pub fn start_of(&self, node: usize) -> Years {
        node.checked_sub(1).map_or(Years(0.0), |before| self.nodes[before])
    }

    /// Length of the step to `node`.
    pub fn step_of(&self, node: usize) -> Years {
        Years(self.nodes[node].get() - self.start_of(node).get())
    }

    /// The node at `time`, to a tenth of a second.
    pub fn node_at(&self, time: Years) -> Option<usize> {
        let same = |node: &Years| (node.get() - time.get()).abs() < SAME_TIME;
        self.nodes.iter().position(same)
    }

    /// For each node, the pieces of its step by calibration interval.
    pub(super) fn segments(&self) -> Vec<Vec<Segment>> {
        let (mut position, mut index) = (0.0, 0);
        let mut step = |node: &Years| {
            let end = snapped(node.get() / self.calibration_interval.get());
            let pieces = pieces_between(position, end, index);
            index += pieces.len() as u32;
            position = end;
            pieces
        };
        self.nodes.iter().map(&mut step).collect()
    }
}

fn snapped(position: f64) -> f64 {
    let whole = position.round();
    if (position - whole).abs() < SAME_POSITION * whole.max(1.0) { whole } else { position }
}

fn pieces_between(start: f64, end: f64, first: u32) -> Vec<Segment> {
    let mut pieces = Vec::new();
    let mut position = start;
    while position < end {
        let interval = position.floor();
        let stop = end.min(interval + 1.0);
        pieces.push(Segment {
            index: first + pieces.len() as u32,
            interval: interval as u32,
            from: position - interval,
            to: if stop == interval + 1.0 { 1.0 } else { stop - interval },
        });
        position = stop;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(values: &[f64]) -> Vec<Years> {
        values.iter().map(|&day| Years::from_days(day)).collect()
    }

    #[test]
    fn expiries_join_the_even_steps_once() {
        let horizon = Years::from_days(3.0);
        let expiries = days(&[2.0, 0.5, 0.5, 2.0 + 1e-8, 3.0, 90.0, -1.0]);
        let grid = TimeGrid::new(horizon, 3, &expiries, Years::from_days(1.0)).unwrap();
        let found: Vec<f64> = grid.nodes.iter().map(|node| node.days()).collect();
        assert_eq!(found.len(), 4);
        for (node, day) in found.iter().zip([0.5, 1.0, 2.0, 3.0]) {
            assert!((node - day).abs() < 1e-12);
        }
        assert_eq!(grid.node_at(Years::from_days(2.0)), Some(2));
        assert_eq!(grid.node_at(Years::from_days(2.1)), None);
        assert_eq!(*grid.nodes.last().unwrap(), horizon);
    }

    #[test]
    fn steps_are_cut_at_calibration_intervals() {
        let nodes = days(&[0.25, 2.5, 3.0]);
        let grid = TimeGrid::from_nodes(nodes, Years::from_days(1.0)).unwrap();
        let cut: Vec<Vec<(u32, f64, f64)>> = grid
            .segments()
            .iter()
            .map(|node| node.iter().map(|piece| (piece.interval, piece.from, piece.to)).collect())
            .collect();
        assert_eq!(cut[0], [(0, 0.0, 0.25)]);
        assert_eq!(cut[1], [(0, 0.25, 1.0), (1, 0.0, 1.0), (2, 0.0, 0.5)]);
        assert_eq!(cut[2], [(2, 0.5, 1.0)]);
    }

    #[test]
    fn a_month_of_hours_closes_every_day() {
        let grid = TimeGrid::new(Years::from_days(30.0), 720, &[], Years::from_days(1.0)).unwrap();
        let segments = grid.segments();
        assert!(segments.iter().all(|step| step.len() == 1));
        let closed = segments.iter().filter(|step| step[0].closes_interval());
        assert_eq!(closed.count(), 30);
    }

    #[test]
    fn impossible_grids_are_refused() {
        let day = Years::from_days(1.0);
        assert!(TimeGrid::new(day, 0, &[], day).is_err());
        assert!(TimeGrid::new(Years(f64::NAN), 1, &[], day).is_err());
        assert!(TimeGrid::new(day, 1, &[], Years(0.0)).is_err());
        assert!(TimeGrid::from_nodes(days(&[1.0, 1.0]), day).is_err());
        assert!(TimeGrid::from_nodes(Vec::new(), day).is_err());
        let second = Years::from_seconds(1.0);
        assert!(matches!(
            TimeGrid::new(Years(1.0), 1, &[], second),
            Err(GridError::TooFine { .. })
        ));
    }
}
