//! From what a summary keeps to its figures.

use super::super::expected_shortfall::{ExcessMoments, of_excesses, with_interval};
use super::super::ranks::{order_statistic_interval, quantile_rank, rank_and_boundary};
use super::super::tail_index::{estimate, order_statistics_used};
use super::super::{Bin, ExpectedShortfall, Moments, RiskError, TailIndexEstimate, ValueAtRisk};
use super::kept::Run;
use super::{Gap, TailSummary, TailWindows};
use crate::units::{ConfidenceLevel, Loss, PathId};

/// Figures of a large plain sample, estimated as those of a small one.
#[derive(Debug, Clone, PartialEq)]
pub struct LargeSampleFigures {
    /// Paths.
    pub count: u64,
    /// Mean and standard deviation.
    pub moments: Moments,
    /// Smallest and largest loss.
    pub extremes: [f64; 2],
    /// By level, in the order of the plan.
    pub value_at_risk: Vec<ValueAtRisk>,
    /// By level, in the order of the plan.
    pub expected_shortfall: Vec<ExpectedShortfall>,
    /// Hill's estimate, where the largest losses are positive.
    pub tail_index: Option<TailIndexEstimate>,
    /// Worst first.
    pub worst: Vec<(PathId, f64)>,
    /// Bins where the first paths lie, out to the extremes of all.
    pub histogram: Vec<Bin>,
}

impl TailSummary {
    /// Figures of all paths.
    ///
    /// # Errors
    /// [`RiskError::Empty`] without losses; [`RiskError::Shape`] where paths are missing;
    /// [`RiskError::WindowMissed`] where a quantile lies outside its window, which a longer pilot
    /// mends.
    pub fn finish(self) -> Result<LargeSampleFigures, RiskError> {
        let count = self.all.count as usize;
        if count == 0 {
            return Err(RiskError::Empty);
        }
        if self.all.count != self.windows.count {
            return Err(RiskError::Shape { found: count, paths: self.windows.count as usize });
        }
        let (moments, histogram) = (self.moments(), self.histogram());
        let worst = self.worst.iter().map(|&(loss, path)| (PathId(path), loss)).collect();
        let pieces = self.kept.into_iter().zip(self.gaps);
        let pieces = pieces.map(|(kept, gap)| Piece { runs: kept.into_runs(), gap }).collect();
        let tail = LargeTail { count, pieces, centre: self.windows.centre };
        let TailWindows { levels, .. } = &self.windows;
        let at_risk = levels.iter().map(|&level| tail.value_at_risk(level));
        let shortfall = levels.iter().map(|&level| tail.expected_shortfall(level));
        Ok(LargeSampleFigures {
            count: self.all.count,
            moments,
            extremes: self.extremes.map(|loss| loss + 0.0),
            value_at_risk: at_risk.collect::<Result<_, _>>()?,
            expected_shortfall: shortfall.collect::<Result<_, _>>()?,
            tail_index: tail.tail_index()?,
            worst,
            histogram,
        })
    }

    fn moments(&self) -> Moments {
        let count = self.all.count as f64;
        let from_centre = self.all.sum.value() / count;
        let squares = self.all.squares.value() - count * from_centre * from_centre;
        let deviation = (squares.max(0.0) / (count - 1.0).max(1.0)).sqrt();
        Moments { mean: self.windows.centre + from_centre, deviation }
    }

    fn histogram(&self) -> Vec<Bin> {
        let mut edges = self.windows.edges.clone();
        let last = edges.len() - 1;
        // The outermost bins reach as far as losses do, and no inner edge is passed.
        edges[0] = self.extremes[0].min(edges[1]);
        edges[last] = self.extremes[1].max(edges[last - 1]);
        let probability = |count: u64| count as f64 / self.all.count as f64;
        let bins = edges.windows(2).zip(&self.bins).map(|(pair, &count)| Bin {
            lower: pair[0],
            upper: pair[1],
            count,
            probability: probability(count),
        });
        bins.collect()
    }
}

/// A window's losses and what lies above them, up to the next window.
struct Piece {
    runs: Vec<Run>,
    gap: Gap,
}

/// All that is known of the tail.
struct LargeTail {
    count: usize,
    /// Ascending.
    pieces: Vec<Piece>,
    centre: f64,
}

/// Where a rank lies.
struct Place {
    piece: usize,
    run: usize,
}

impl Gap {
    /// Sums of what losses exceed `shift` from the centre by, of their squares and cubes.
    fn excesses(&self, shift: f64) -> [f64; 3] {
        let (count, sum) = (self.sums.count as f64, self.sums.sum.value());
        let (squares, cubes) = (self.sums.squares.value(), self.cubes.value());
        [
            sum - count * shift,
            (squares - 2.0 * shift * sum + count * shift * shift).max(0.0),
            cubes - shift * (3.0 * squares - shift * (3.0 * sum - count * shift)),
        ]
    }
}

impl LargeTail {
    /// The place of a rank from 1; `None` where it is in no window.
    fn place(&self, rank: usize) -> Option<Place> {
        let mut above = (self.count - rank) as u64;
        for (piece, Piece { runs, gap }) in self.pieces.iter().enumerate().rev() {
            above = above.checked_sub(gap.sums.count)?;
            for (run, entry) in runs.iter().enumerate().rev() {
                match above.checked_sub(entry.count) {
                    Some(left) => above = left,
                    None => return Some(Place { piece, run }),
                }
            }
        }
        None
    }

    fn run(&self, rank: usize, level: f64) -> Result<(Place, Run), RiskError> {
        let place = self.place(rank).ok_or(RiskError::WindowMissed { level })?;
        let run = self.pieces[place.piece].runs[place.run];
        Ok((place, run))
    }

    fn value_at_risk(&self, level: ConfidenceLevel) -> Result<ValueAtRisk, RiskError> {
        let rank = quantile_rank(self.count, level.get());
        let ranks = order_statistic_interval(self.count, level);
        let at = |rank| Ok(self.run(rank, level.get())?.1);
        let found = at(rank)?;
        Ok(ValueAtRisk {
            loss: Loss(found.loss),
            level,
            interval_95: [Loss(at(ranks.lower)?.loss), Loss(at(ranks.upper)?.loss)],
            rank,
            interval_ranks: ranks,
            path: PathId(found.path),
        })
    }

    fn expected_shortfall(&self, level: ConfidenceLevel) -> Result<ExpectedShortfall, RiskError> {
        let (rank, boundary) = rank_and_boundary(self.count, level.get());
        let (place, Run { loss: value_at_risk, .. }) = self.run(rank, level.get())?;
        let mass = (self.count - rank) as f64 + boundary;
        let powers = self.excesses(&place, value_at_risk);
        let [mean, squares, cubes] = powers.map(|sum| if mass > 0.0 { sum / mass } else { 0.0 });
        let excess = ExcessMoments {
            mean,
            variance: (squares - mean * mean).max(0.0),
            third: cubes - 3.0 * mean * squares + 2.0 * mean * mean * mean,
        };
        Ok(with_interval(of_excesses(value_at_risk, excess, self.count, level), level))
    }

    /// Sums of the excesses over `loss`, which is at `place`, of their squares and cubes.
    fn excesses(&self, place: &Place, loss: f64) -> [f64; 3] {
        let mut sums = [0.0; 3];
        let mut add = |powers: [f64; 3]| {
            sums.iter_mut().zip(powers).for_each(|(sum, power)| *sum += power);
        };
        for (index, Piece { runs, gap }) in self.pieces.iter().enumerate().skip(place.piece) {
            let first = if index == place.piece { place.run + 1 } else { 0 };
            for run in &runs[first..] {
                let (excess, count) = (run.loss - loss, run.count as f64);
                add([excess, excess * excess, excess * excess * excess].map(|one| count * one));
            }
            add(gap.excesses(loss - self.centre));
        }
        sums
    }

    fn tail_index(&self) -> Result<Option<TailIndexEstimate>, RiskError> {
        let used = order_statistics_used(self.count);
        if used * 10 > self.count {
            return Ok(None);
        }
        let level = 1.0 - used as f64 / self.count as f64;
        let (place, Run { loss: threshold, .. }) = self.run(self.count - used, level)?;
        if threshold <= 0.0 {
            return Ok(None);
        }
        let mut sum = 0.0;
        for (index, Piece { runs, gap }) in self.pieces.iter().enumerate().skip(place.piece) {
            let first = if index == place.piece { place.run + 1 } else { 0 };
            for run in &runs[first..] {
                sum += run.count as f64 * libm::log(run.loss / threshold);
            }
            sum += gap.logs.value() - gap.sums.count as f64 * libm::log(threshold);
        }
        let xi = sum / used as f64;
        Ok(Some(estimate(xi, xi / (used as f64).sqrt(), used)))
    }
}
