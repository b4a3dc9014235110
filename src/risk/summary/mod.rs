//! Figures of runs too large to keep a loss a path.
//!
//! The first paths tell where the quantiles will be ([`TailWindows`]). Losses inside those windows
//! are kept; of those outside, the number and exact sums. Both are the same whatever order or
//! number of parts losses came in, so the figures have the same bits however the work was cut.
//! VaR, its interval and the worst paths are those of the whole sample to the last bit; ES, its
//! error, moments and the tail index differ from them by rounding alone.
//!
//! # Limits
//! Plain samples only: a scheme that needs fewer paths does not need this. Contributions rest on
//! paths revalued by position and belong to the first paths of such a run.

mod exact_sum;
mod figures;
mod kept;
#[cfg(test)]
mod tests;
mod windows;

pub use figures::LargeSampleFigures;
pub use windows::TailWindows;

use serde::{Deserialize, Serialize};

use super::RiskError;
use super::histogram::Tally;
use super::sample::refuse_unmeasurable;
use super::select::{Entry, by_loss_then_path};
use exact_sum::ExactSum;
use kept::Kept;

/// Number, sum and sum of squares of losses from the centre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sums {
    count: u64,
    sum: ExactSum,
    squares: ExactSum,
}

impl Sums {
    fn zero() -> Self {
        Self { count: 0, sum: ExactSum::zero(), squares: ExactSum::zero() }
    }

    #[inline]
    fn add(&mut self, from_centre: f64) {
        self.count += 1;
        self.sum.add(from_centre);
        self.squares.add(from_centre * from_centre);
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
    }
}

/// What is kept above one window, up to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Gap {
    sums: Sums,
    /// Sum of cubes of losses from the centre.
    cubes: ExactSum,
    /// Sum of logarithms, of positive losses.
    logs: ExactSum,
}

/// A part of a large run: the tail's order statistics, a histogram, moments, the worst paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TailSummary {
    windows: TailWindows,
    all: Sums,
    extremes: [f64; 2],
    bins: Vec<u64>,
    kept: Vec<Kept>,
    /// `gaps[i]` lies above window `i`.
    gaps: Vec<Gap>,
    worst: Vec<Entry>,
}

impl TailSummary {
    /// Nothing yet.
    pub fn new(windows: &TailWindows) -> Self {
        let gap = Gap { sums: Sums::zero(), cubes: ExactSum::zero(), logs: ExactSum::zero() };
        Self {
            all: Sums::zero(),
            extremes: [f64::INFINITY, f64::NEG_INFINITY],
            bins: vec![0; windows.edges.len() - 1],
            kept: vec![Kept::default(); windows.windows.len()],
            gaps: vec![gap; windows.windows.len()],
            worst: Vec::new(),
            windows: windows.clone(),
        }
    }

    /// Paths taken in.
    pub fn count(&self) -> u64 {
        self.all.count
    }

    /// Takes in the losses of consecutive paths from `first_path` on.
    ///
    /// # Errors
    /// [`RiskError::Empty`] without losses; [`RiskError::NotFinite`] for NaN or infinity.
    pub fn push(&mut self, first_path: u64, losses: &[f64]) -> Result<(), RiskError> {
        refuse_unmeasurable(losses).map_err(|error| match error {
            RiskError::NotFinite { path, loss } => {
                RiskError::NotFinite { path: first_path + path, loss }
            }
            other => other,
        })?;
        let mut tally = Tally::new(&self.windows.edges);
        tally.count(losses);
        self.bins.iter_mut().zip(tally.counts()).for_each(|(bin, more)| *bin += more);
        for &loss in losses {
            self.all.add(loss - self.windows.centre);
            self.extremes = [self.extremes[0].min(loss), self.extremes[1].max(loss)];
        }
        let lowest = self.windows.windows.first().map_or(f64::INFINITY, |window| window[0]);
        for (path, &loss) in (first_path..).zip(losses) {
            if loss >= lowest {
                self.push_tail(path, loss);
            }
        }
        self.push_worst(first_path, losses);
        Ok(())
    }

    fn push_tail(&mut self, path: u64, loss: f64) {
        let windows = &self.windows.windows;
        let index = windows.partition_point(|window| window[0] <= loss) - 1;
        if loss <= windows[index][1] {
            self.kept[index].push(loss, path);
            return;
        }
        let gap = &mut self.gaps[index];
        let from_centre = loss - self.windows.centre;
        gap.sums.add(from_centre);
        gap.cubes.add(from_centre * from_centre * from_centre);
        if loss > 0.0 {
            gap.logs.add(libm::log(loss));
        }
    }

    /// Keeps the worst; cuts back whenever twice as many are there.
    fn push_worst(&mut self, first_path: u64, losses: &[f64]) {
        let wanted = self.windows.worst_paths;
        for (path, &loss) in (first_path..).zip(losses) {
            let full = self.worst.len() >= wanted;
            if full && self.worst.get(wanted.wrapping_sub(1)).is_none_or(|last| loss < last.0) {
                continue;
            }
            self.worst.push((loss + 0.0, path));
            if self.worst.len() > 2 * wanted {
                self.cut_worst();
            }
        }
        self.cut_worst();
    }

    fn cut_worst(&mut self) {
        self.worst.sort_unstable_by(|a, b| by_loss_then_path(b, a));
        self.worst.truncate(self.windows.worst_paths);
    }

    /// Takes in what another part of the same run found.
    ///
    /// # Errors
    /// [`RiskError::Shape`] where the parts were planned differently.
    pub fn merge(&mut self, other: Self) -> Result<(), RiskError> {
        if self.windows != other.windows {
            let (found, paths) = (other.windows.count as usize, self.windows.count as usize);
            return Err(RiskError::Shape { found, paths });
        }
        self.all.merge(&other.all);
        let [low, high] = other.extremes;
        self.extremes = [self.extremes[0].min(low), self.extremes[1].max(high)];
        self.bins.iter_mut().zip(other.bins).for_each(|(bin, more)| *bin += more);
        self.kept.iter_mut().zip(other.kept).for_each(|(kept, more)| kept.merge(more));
        for (gap, more) in self.gaps.iter_mut().zip(&other.gaps) {
            gap.sums.merge(&more.sums);
            gap.cubes.merge(&more.cubes);
            gap.logs.merge(&more.logs);
        }
        self.worst.extend(other.worst);
        self.cut_worst();
        Ok(())
    }
}
