//! Where the order statistics of a large sample will be, told by its first paths.
//!
//! A window holds the losses among which a wanted rank must be found. It reaches
//! [`REACH`] standard errors of the pilot's rank to both sides, besides the ranks of the
//! interval: a miss has a chance of 2·10⁻⁹ and is told, not hidden.

use serde::{Deserialize, Serialize};

use super::super::histogram::edges;
use super::super::ranks::order_statistic_interval;
use super::super::sample::{LossSample, Tail};
use super::super::tail_index::order_statistics_used;
use super::super::{Needs, RiskError, moments};
use crate::units::ConfidenceLevel;

/// Standard errors of the pilot's rank on each side of a window.
const REACH: f64 = 6.0;

/// Plan of a summary: the same for every part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TailWindows {
    /// Paths of the whole run.
    pub(super) count: u64,
    pub(super) levels: Vec<ConfidenceLevel>,
    pub(super) worst_paths: usize,
    /// What losses are measured from, so that squares do not cancel.
    pub(super) centre: f64,
    /// Ascending, apart, each `low..=high`.
    pub(super) windows: Vec<[f64; 2]>,
    /// Edges of the histogram; the outermost give way to what is found.
    pub(super) edges: Vec<f64>,
}

impl TailWindows {
    /// For a run of `count` paths whose first losses are `pilot`.
    ///
    /// A pilot of 10⁷ paths and 10⁹ in all keep about 0.4 million losses at 99 % and 0.6 million
    /// at 97.5 %, each in 24 bytes; a shorter pilot keeps more.
    ///
    /// # Errors
    /// [`RiskError::Empty`] without losses; [`RiskError::NotFinite`] for NaN or infinity.
    pub fn new(pilot: &[f64], count: u64, needs: &Needs) -> Result<Self, RiskError> {
        let sample = LossSample::plain(pilot, needs.levels)?;
        let total = count as usize;
        let per_level = needs.levels.iter().map(|&level| {
            let ranks = order_statistic_interval(total, level);
            [ranks.lower, ranks.upper]
        });
        let hill = total.saturating_sub(order_statistics_used(total)).max(1);
        let reaches = per_level.chain([[hill, hill]]).map(|ranks| reach(ranks, pilot.len(), total));
        let reaches: Vec<[usize; 2]> = reaches.collect();
        let lowest = reaches.iter().map(|reach| reach[0]).filter(|rank| *rank > 0).min();
        let tail = sample.ranks_from(lowest.unwrap_or(pilot.len()));
        let windows = reaches.into_iter().map(|reach| window(&tail, reach, pilot.len())).collect();
        Ok(Self {
            count,
            levels: needs.levels.to_vec(),
            worst_paths: needs.worst_paths,
            centre: moments(&sample).mean,
            windows: apart(windows),
            edges: edges(pilot, sample.extremes()),
        })
    }

    /// Paths of the whole run.
    pub fn count(&self) -> u64 {
        self.count
    }
}

/// Ranks of a pilot of `count` between which ranks `first` to `last` of `total` will lie; 0 and
/// beyond `count` where it cannot tell.
fn reach([first, last]: [usize; 2], count: usize, total: usize) -> [usize; 2] {
    if count >= total {
        return [0, count + 1];
    }
    let place = |rank: usize| rank as f64 / total as f64;
    let reach = |share: f64| REACH * (count as f64 * share * (1.0 - share)).sqrt() + REACH;
    let (low, high) = (place(first), place(last));
    let lowest = count as f64 * low - reach(low);
    let highest = count as f64 * high + reach(high) + 1.0;
    // Below rank one casts to zero.
    [lowest as usize, highest as usize]
}

/// The losses of the pilot at those ranks.
fn window(pilot: &Tail, [lowest, highest]: [usize; 2], count: usize) -> [f64; 2] {
    [
        if lowest < 1 { f64::MIN } else { pilot.order_statistic(lowest) },
        if highest > count { f64::MAX } else { pilot.order_statistic(highest) },
    ]
}

/// Ascending windows, those that touch made one.
fn apart(mut windows: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    windows.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]));
    let mut apart: Vec<[f64; 2]> = Vec::new();
    for window in windows {
        match apart.last_mut() {
            Some(last) if window[0] <= last[1] => last[1] = last[1].max(window[1]),
            _ => apart.push(window),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_enclose_the_quantile_narrowly() {
        let losses: Vec<f64> = (0..100_000u32).map(|i| f64::from(i * 7_919 % 100_000)).collect();
        let levels = [0.975, 0.99].map(|level| ConfidenceLevel::new(level).unwrap());
        let needs = Needs { levels: &levels, worst_paths: 20 };
        let found = TailWindows::new(&losses, 100_000_000, &needs).unwrap();
        // 6 errors of 10^5 paths at 97.5 %, 99 %, 99.5 %: 296, 189, 134 ranks to a side.
        let expected = [(97_500.0, 296.0), (99_000.0, 189.0), (99_500.0, 134.0)];
        assert_eq!(found.windows.len(), 3);
        for (window, (at, reach)) in found.windows.iter().zip(expected) {
            let (low, high) = (at - window[0], window[1] - at);
            assert!(low > reach && low < reach + 30.0, "{window:?}");
            assert!(high > reach && high < reach + 30.0, "{window:?}");
        }
    }

    #[test]
    fn a_pilot_of_the_whole_keeps_everything_and_overlaps_join() {
        let level = ConfidenceLevel::new(0.9).unwrap();
        let needs = Needs { levels: &[level], worst_paths: 1 };
        let found = TailWindows::new(&[1.0, 2.0, 3.0], 3, &needs).unwrap();
        assert_eq!(found.windows, [[f64::MIN, f64::MAX]]);
        assert_eq!(apart(vec![[3.0, 5.0], [0.0, 1.0], [4.0, 6.0]]), [[0.0, 1.0], [3.0, 6.0]]);
    }
}
