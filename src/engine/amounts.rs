//! Amounts of money tallied by size: exact sums in any order, quantiles and the mean of the largest,
//! in memory that does not grow with the number of paths.
//!
//! Amounts fall into bins at most a 256th of their size wide; of each bin the count and the sum are
//! kept, in whole multiples of 2⁻²⁰ USD, so that tallies of parts add up to the same bits however
//! the paths were cut. A quantile is the mean of the bin that holds its order statistic: off by less
//! than [`RESOLUTION`]. The mean of the largest takes whole bins, and of the last one a part at its
//! mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::liquidation::{COST_UNIT, cost_units};
use crate::risk::{order_statistic_interval, quantile_rank};
use crate::units::ConfidenceLevel;

/// Bits of an f64 below exponent and eight bits of the fraction.
const BIN_SHIFT: u32 = 44;

/// Widest bin over its amounts.
pub(super) const RESOLUTION: f64 = 1.0 / 256.0;

/// Mean square over squared mean of amounts spread evenly over a bin.
const WITHIN_BIN: f64 = 1.0 + RESOLUTION * RESOLUTION / 12.0;

/// Positive amounts of money, in USD, one a path at most.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AmountTally {
    /// Count and sum, in 2⁻²⁰ USD, by size.
    bins: BTreeMap<u32, (u64, i128)>,
}

/// A quantile of amounts; paths without one count as zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AmountQuantile {
    /// The order statistic, within [`RESOLUTION`] of itself.
    pub amount: f64,
    /// The order statistics that enclose the quantile with 95 %, rounded outwards to their bins.
    pub interval_95: [f64; 2],
}

/// The mean of the largest amounts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LargestMean {
    /// Their mean; paths without an amount count as zero.
    pub mean: f64,
    /// Its standard error (Manistre & Hancock 2005, as for ES).
    pub standard_error: f64,
}

impl AmountTally {
    /// Adds one amount; zero and below is none.
    pub(super) fn add(&mut self, amount: f64) {
        if amount > 0.0 {
            let bin = (amount.to_bits() >> BIN_SHIFT) as u32;
            let (count, sum) = self.bins.entry(bin).or_default();
            *count += 1;
            *sum = sum.saturating_add(cost_units(amount));
        }
    }

    pub(super) fn join(&mut self, later: &Self) {
        for (bin, (more, amount)) in &later.bins {
            let (count, sum) = self.bins.entry(*bin).or_default();
            *count += more;
            *sum = sum.saturating_add(*amount);
        }
    }

    /// Paths with an amount.
    pub(super) fn count(&self) -> u64 {
        self.bins.values().map(|(count, _)| count).sum()
    }

    /// Sum of all amounts, in USD.
    pub(super) fn sum(&self) -> f64 {
        let sum = self.bins.values().fold(0_i128, |sum, (_, amount)| sum.saturating_add(*amount));
        sum as f64 * COST_UNIT
    }

    /// Standard error of the mean over `paths` amounts.
    pub(super) fn mean_error(&self, paths: u64) -> f64 {
        let (count, mean) = (paths as f64, self.sum() / paths as f64);
        let squares = self.bins.values().map(|(count, amount)| {
            let mean = *amount as f64 * COST_UNIT / *count as f64;
            *count as f64 * mean * mean * WITHIN_BIN
        });
        let variance = (squares.sum::<f64>() / count - mean * mean).max(0.0);
        (variance / count).sqrt()
    }

    /// The order statistic `⌈paths·level⌉` of `paths` amounts (Hyndman & Fan 1996, type 1).
    pub(super) fn quantile(&self, paths: u64, level: ConfidenceLevel) -> AmountQuantile {
        let ranks = order_statistic_interval(paths as usize, level);
        let at = self.bin_at(paths, quantile_rank(paths as usize, level.get()));
        let end = |rank: usize, side: u32| {
            let bin = self.bin_at(paths, rank)?.0;
            Some(f64::from_bits(u64::from(bin + side) << BIN_SHIFT))
        };
        AmountQuantile {
            amount: at.map_or(0.0, |(_, mean)| mean),
            interval_95: [end(ranks.lower, 0), end(ranks.upper, 1)].map(|one| one.unwrap_or(0.0)),
        }
    }

    /// The bin of an order statistic, ranks from 1, and its mean; `None` where it is zero.
    fn bin_at(&self, paths: u64, rank: usize) -> Option<(u32, f64)> {
        let mut below = paths.saturating_sub(self.count());
        if rank as u64 <= below {
            return None;
        }
        for (bin, (count, sum)) in &self.bins {
            below += count;
            if rank as u64 <= below {
                return Some((*bin, *sum as f64 * COST_UNIT / *count as f64));
            }
        }
        None
    }

    /// Mean of the largest `tail` (in (0, 1)) of `paths` amounts.
    pub(super) fn largest_mean(&self, paths: u64, tail: f64) -> LargestMean {
        let wanted = tail * paths as f64;
        let (mut left, mut sum, mut squares, mut boundary) = (wanted, 0.0, 0.0, 0.0);
        for (count, amount) in self.bins.values().rev() {
            let mean = *amount as f64 * COST_UNIT / *count as f64;
            let taken = left.min(*count as f64);
            sum += taken * mean;
            squares += taken * mean * mean * WITHIN_BIN;
            left -= taken;
            if left <= 0.0 {
                boundary = mean;
                break;
            }
        }
        let mean = sum / wanted;
        let variance = (squares / wanted - mean * mean).max(0.0);
        let beyond = (1.0 - tail) * (mean - boundary) * (mean - boundary);
        LargestMean { mean, standard_error: ((variance + beyond) / wanted).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_add_up_in_any_order_and_cut() {
        let amounts: Vec<f64> =
            (1..500).map(|index| f64::from(index * index % 97) * 12.34).collect();
        let tally = |amounts: &mut dyn Iterator<Item = &f64>| {
            let mut tally = AmountTally::default();
            amounts.for_each(|amount| tally.add(*amount));
            tally
        };
        let whole = tally(&mut amounts.iter());
        let mut parts = tally(&mut amounts[200..].iter().rev());
        parts.join(&tally(&mut amounts[..200].iter()));
        assert_eq!(parts, whole);
        let sum: f64 = amounts.iter().sum();
        approx::assert_relative_eq!(whole.sum(), sum, max_relative = 1e-9);
        let positive = amounts.iter().filter(|amount| **amount > 0.0).count();
        assert_eq!(whole.count(), positive as u64);
    }

    /// Against the sorted sample: the order statistics of 1,000 paths of which 300 have an amount.
    #[test]
    fn quantiles_are_order_statistics_within_the_resolution() {
        let amounts: Vec<f64> =
            (0..300).map(|index| 1e4 * libm::exp(f64::from(index) / 90.0)).collect();
        let mut tally = AmountTally::default();
        amounts.iter().rev().for_each(|amount| tally.add(*amount));
        let level = |level| ConfidenceLevel::new(level).unwrap();
        for (value, rank) in [(0.75, 750), (0.9, 900), (0.99, 990)] {
            let found = tally.quantile(1_000, level(value));
            let exact = amounts[rank - 701];
            approx::assert_relative_eq!(found.amount, exact, max_relative = RESOLUTION);
            let ranks = order_statistic_interval(1_000, level(value));
            let [low, high] = [ranks.lower, ranks.upper].map(|rank| amounts[rank - 701]);
            assert!(found.interval_95[0] <= low && low <= found.interval_95[0] * 1.004);
            assert!(found.interval_95[1] >= high && high >= found.interval_95[1] * 0.996);
        }
        let none = tally.quantile(1_000, level(0.6));
        assert_eq!((none.amount, none.interval_95), (0.0, [0.0, 0.0]));
        // Every path with the same amount, and none with any.
        let mut same = AmountTally::default();
        (0..10).for_each(|_| same.add(5.0));
        assert_eq!(same.quantile(10, level(0.9)).amount, 5.0);
        assert_eq!(AmountTally::default().quantile(10, level(0.9)).amount, 0.0);
    }

    /// Against the sorted sample: 1,000 paths of which 300 have an amount.
    #[test]
    fn the_mean_of_the_largest_is_that_of_the_sorted_sample() {
        let amounts: Vec<f64> =
            (0..300).map(|index| 1e4 * libm::exp(f64::from(index) / 90.0)).collect();
        let mut tally = AmountTally::default();
        amounts.iter().for_each(|amount| tally.add(*amount));
        for (tail, count) in [(0.05, 50), (0.2, 200), (0.5, 300)] {
            let largest: f64 = amounts[300 - count..].iter().sum();
            let found = tally.largest_mean(1_000, tail);
            approx::assert_relative_eq!(
                found.mean,
                largest / (tail * 1_000.0),
                max_relative = 2e-3
            );
            assert!(found.standard_error > 0.0 && found.standard_error < found.mean);
        }
        assert_eq!(AmountTally::default().largest_mean(10, 0.5).mean, 0.0);
    }
}
