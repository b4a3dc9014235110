//! Means of exponentials of historical returns at each node, exact for the bootstrap and on a grid
//! of conditional variances for the filtered simulation.

use super::grid::Segment;
use super::historical::VarianceFilter;
use super::mixing::LogGrid;

/// `ln E[e^X]` at each node under the stationary bootstrap; `deviation` is that of an interval.
///
/// Carried over the intervals is `E[e^X so far; this interval's date is d]`, a vector over dates:
/// consecutive dates are not independent.
pub(super) fn bootstrap_log_means(
    shocks: &[f64],
    deviation: f64,
    restart: f64,
    segments: &[Vec<Segment>],
) -> Vec<f64> {
    let dates = shocks.len();
    let mut weights = vec![1.0 / dates as f64; dates];
    let mut means = Vec::with_capacity(segments.len());
    for step in segments {
        let mut mean = 1.0;
        for segment in step {
            let grown = |(weight, shock): (&f64, &f64)| weight * growth(deviation, *shock, segment);
            let ended: Vec<f64> = weights.iter().zip(shocks).map(grown).collect();
            mean = ended.iter().sum();
            if segment.closes_interval() {
                let restarted = restart * mean / dates as f64;
                for (date, weight) in weights.iter_mut().enumerate() {
                    let before = if date == 0 { dates - 1 } else { date - 1 };
                    *weight = restarted + (1.0 - restart) * ended[before];
                }
            }
        }
        means.push(libm::log(mean));
    }
    means
}

/// Mean growth of a piece from its interval's start, given the interval's date: the share of the
/// date's move and the bridge's variance there.
fn growth(deviation: f64, shock: f64, segment: &Segment) -> f64 {
    let share = segment.to;
    libm::exp(deviation * share * (shock + 0.5 * deviation * (1.0 - share)))
}

const GRID_POINTS: usize = 300;
/// Weights that cannot be seen in the mean.
const NEGLIGIBLE: f64 = 1e-18;

/// `ln E[e^X]` at each node under filtered historical simulation.
///
/// Carried over the intervals is `E[e^X so far; conditional variance]` on a grid in the variance's
/// logarithm; masses between grid points are split so that the mean variance is kept.
pub(super) fn filtered_log_means(
    shocks: &[f64],
    deviation: f64,
    filter: &VarianceFilter,
    segments: &[Vec<Segment>],
) -> Vec<f64> {
    let mut state = VarianceWeights::today(deviation);
    let mut means = Vec::with_capacity(segments.len());
    for (node, step) in segments.iter().enumerate() {
        for segment in step {
            if Some(segment) == step.last() {
                means.push(libm::log(state.mean_growth(shocks, segment)));
            }
            let more = node + 1 < segments.len() || Some(segment) != step.last();
            if segment.closes_interval() && more {
                state.close_interval(shocks, filter, intervals(segments));
            }
        }
    }
    means
}

fn intervals(segments: &[Vec<Segment>]) -> u32 {
    segments.last().and_then(|step| step.last()).map_or(0, |segment| segment.interval + 1)
}

/// Weights `E[e^X so far; variance]` of conditional variances.
struct VarianceWeights {
    deviation: f64,
    variances: Vec<f64>,
    weights: Vec<f64>,
    /// Where each (grid variance, date) leads, once the grid is set.
    moves: Vec<Move>,
}

/// Growth over an interval, and the split between two grid points it ends on.
#[derive(Clone, Copy)]
struct Move {
    growth: f64,
    left: u32,
    share: f64,
}

impl VarianceWeights {
    fn today(deviation: f64) -> Self {
        Self { deviation, variances: vec![1.0], weights: vec![1.0], moves: Vec::new() }
    }

    fn mean_growth(&self, shocks: &[f64], segment: &Segment) -> f64 {
        let mean = |variance: &f64| {
            let deviation = self.deviation * variance.sqrt();
            let sum: f64 = shocks.iter().map(|&shock| growth(deviation, shock, segment)).sum();
            sum / shocks.len() as f64
        };
        self.variances.iter().zip(&self.weights).map(|(value, weight)| weight * mean(value)).sum()
    }

    /// Moves the weights over a whole interval; the first time onto the grid.
    fn close_interval(&mut self, shocks: &[f64], filter: &VarianceFilter, intervals: u32) {
        let on_grid = !self.moves.is_empty();
        if on_grid {
            self.weights = self.moved(shocks.len(), self.weights.len());
            return;
        }
        let grid = grid(filter, intervals);
        self.moves = self.moves_onto(&grid, shocks, filter);
        self.weights = self.moved(shocks.len(), GRID_POINTS);
        self.variances = grid.values().to_vec();
        self.moves = self.moves_onto(&grid, shocks, filter);
    }

    fn moves_onto(&self, grid: &LogGrid, shocks: &[f64], filter: &VarianceFilter) -> Vec<Move> {
        let one = |variance: f64, shock: f64| {
            let (left, share) = grid.place(filter.next(variance, shock));
            let growth = libm::exp(self.deviation * variance.sqrt() * shock);
            Move { growth: growth / shocks.len() as f64, left: left as u32, share }
        };
        let from = |&variance: &f64| shocks.iter().map(move |&shock| one(variance, shock));
        self.variances.iter().flat_map(from).collect()
    }

    fn moved(&self, dates: usize, points: usize) -> Vec<f64> {
        let mut weights = vec![0.0; points];
        for (weight, moves) in self.weights.iter().zip(self.moves.chunks_exact(dates)) {
            if *weight < NEGLIGIBLE {
                continue;
            }
            for step in moves {
                let (mass, left) = (weight * step.growth, step.left as usize);
                weights[left] += mass * (1.0 - step.share);
                weights[left + 1] += mass * step.share;
            }
        }
        weights
    }
}

/// From the lowest variance that can be reached to the cap.
fn grid(filter: &VarianceFilter, intervals: u32) -> LogGrid {
    let mut lowest = 1.0_f64;
    let mut variance = 1.0;
    for _ in 0..intervals {
        variance = filter.next(variance, 0.0);
        lowest = lowest.min(variance);
    }
    let lowest = lowest.max(VARIANCE_SMALLEST);
    LogGrid::new(lowest, filter.cap.max(lowest * 2.0), GRID_POINTS)
}

/// Below this share of today's variance a factor does not move visibly.
const VARIANCE_SMALLEST: f64 = 1e-9;
