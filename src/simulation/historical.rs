//! Whole dates of history drawn for each calibration interval: bootstrap and filtered historical
//! simulation.
//!
//! *Bootstrap*: stationary blocks of consecutive dates with geometric lengths, around the end to
//! the start (Politis & Romano 1994). *Filtered*: independent dates of standardised residuals,
//! rescaled by each factor's conditional variance `g ← ω + (αz² + β)g`, in units of today's
//! variance, constant within an interval (Barone-Adesi, Giannopoulos & Vosper 1999) and never
//! above a cap. Inside an interval the date's return is reached by a Brownian bridge with the
//! interval's volatility and the model's correlations, so the variance grows evenly with time.

use serde::{Deserialize, Serialize};

use super::correlated::{Draw, Drawn};
use super::grid::{Segment, TimeGrid};
use super::scratch::SimulationScratch;
use crate::numeric::Purpose;

/// Standardised moves of all factors on whole dates; each factor has mean zero and variance one
/// over the dates (zeros for factors that do not move).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateShocks {
    /// Number of dates.
    pub dates: usize,
    /// Moves `[factor][date]`, oldest date first.
    pub shocks: Vec<f64>,
}

impl DateShocks {
    /// The moves of one factor.
    pub fn factor(&self, factor: usize) -> &[f64] {
        &self.shocks[factor * self.dates..(factor + 1) * self.dates]
    }
}

/// Recursion of a factor's conditional variance over today's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VarianceFilter {
    /// Constant ω, over today's variance.
    pub omega: f64,
    /// Weight α of the last squared move.
    pub alpha: f64,
    /// Weight β of the last variance.
    pub beta: f64,
    /// Largest variance, over today's.
    pub cap: f64,
}

impl VarianceFilter {
    /// Variance stays today's.
    pub const CONSTANT: Self = Self { omega: 1.0, alpha: 0.0, beta: 0.0, cap: 1.0 };

    /// The next interval's variance after a standardised move.
    #[inline]
    pub fn next(&self, variance: f64, shock: f64) -> f64 {
        let next = self.omega + (self.alpha * shock * shock + self.beta) * variance;
        if next < self.cap { next } else { self.cap }
    }
}

/// A historical process compiled for the drawn factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Historical {
    dates: usize,
    /// Moves of each drawn factor.
    shocks: Vec<Vec<f64>>,
    /// Probability that an interval starts a new block.
    restart: f64,
    /// One for each drawn factor; none: constant variance.
    filters: Vec<VarianceFilter>,
    segments: Vec<Vec<Segment>>,
    interval_root: f64,
}

/// One factor's slices `[path]` over a piece of the step.
struct Row<'a> {
    shocks: &'a [f64],
    dates: &'a [u32],
    normals: &'a [f64],
    positions: &'a mut [f64],
    increments: &'a mut [f64],
}

impl Historical {
    /// `filters` empty: a bootstrap that starts a new block with probability `restart`.
    pub fn new(
        grid: &TimeGrid,
        history: &DateShocks,
        drawn: &[usize],
        restart: f64,
        filters: Vec<VarianceFilter>,
    ) -> Self {
        Self {
            dates: history.dates,
            shocks: drawn.iter().map(|&factor| history.factor(factor).to_vec()).collect(),
            restart,
            filters,
            segments: grid.segments(),
            interval_root: grid.calibration_interval.get().sqrt(),
        }
    }

    pub fn is_filtered(&self) -> bool {
        !self.filters.is_empty()
    }

    /// Fills `scratch.increments` with the returns of the step to `node`.
    pub fn fill_increments(
        &self,
        node: usize,
        draw: &Draw,
        drawn: &Drawn,
        scratch: &mut SimulationScratch,
    ) {
        scratch.increments.fill(0.0);
        for segment in &self.segments[node] {
            if segment.opens_interval() {
                self.open_interval(segment.interval, draw, scratch);
            }
            if segment.closes_interval() {
                scratch.correlated.fill(0.0);
            } else {
                let SimulationScratch { normals, correlated, .. } = scratch;
                drawn.normals.fill(draw, Purpose::Bridge, segment.index, normals, correlated);
            }
            for factor in 0..drawn.count() {
                let scale = drawn.volatilities[factor] * self.interval_root;
                self.move_factor(factor, scale, segment, draw.paths.len(), scratch);
            }
        }
    }

    fn open_interval(&self, interval: u32, draw: &Draw, scratch: &mut SimulationScratch) {
        let paths = draw.paths.len();
        let SimulationScratch { rows: [fresh, places], memory, .. } = scratch;
        let (fresh, places) = (&mut fresh[..paths], &mut places[..paths]);
        draw.streams.fill_uniforms(Purpose::HistoryDate, interval, 0, draw.paths, fresh);
        draw.streams.fill_uniforms(Purpose::HistoryDate, interval, 1, draw.paths, places);
        let last = self.dates - 1;
        for ((date, fresh), place) in memory.dates.iter_mut().zip(fresh).zip(places) {
            let starts = interval == 0 || *fresh < self.restart;
            let following = if *date as usize == last { 0 } else { *date + 1 };
            let drawn = ((*place * self.dates as f64) as usize).min(last) as u32;
            *date = if starts { drawn } else { following };
        }
        memory.positions.fill(0.0);
        if interval == 0 {
            memory.variances.fill(1.0);
        }
    }

    fn move_factor(
        &self,
        factor: usize,
        scale: f64,
        segment: &Segment,
        paths: usize,
        scratch: &mut SimulationScratch,
    ) {
        let range = factor * paths..(factor + 1) * paths;
        let SimulationScratch { correlated, increments, memory, .. } = scratch;
        let row = Row {
            shocks: &self.shocks[factor],
            dates: &memory.dates[..paths],
            normals: &correlated[range.clone()],
            positions: &mut memory.positions[range.clone()],
            increments: &mut increments[range.clone()],
        };
        match self.filters.get(factor) {
            None => move_row(segment, row, |_| scale),
            Some(filter) => {
                let variances = &mut memory.variances[range];
                move_row(segment, row, |path| scale * variances[path].sqrt());
                if segment.closes_interval() {
                    for (variance, &date) in variances.iter_mut().zip(&memory.dates) {
                        *variance = filter.next(*variance, self.shocks[factor][date as usize]);
                    }
                }
            }
        }
    }
}

/// Moves one factor over `segment`: its share of the date's move and of the bridge.
fn move_row(segment: &Segment, row: Row<'_>, scale: impl Fn(usize) -> f64) {
    let (kept, deviation) = bridge(segment);
    let slots = row.increments.iter_mut().zip(row.positions).zip(row.normals).zip(row.dates);
    for (path, (((increment, position), normal), &date)) in slots.enumerate() {
        let moved = kept * *position + deviation * normal;
        let shock = row.shocks[date as usize] * segment.share();
        *increment += scale(path) * (shock + moved - *position);
        *position = moved;
    }
}

/// What a bridge to zero at the interval's end keeps of its position over a segment, and the
/// deviation of what it adds.
fn bridge(segment: &Segment) -> (f64, f64) {
    let kept = (1.0 - segment.to) / (1.0 - segment.from);
    (kept, (segment.share() * kept).sqrt())
}
