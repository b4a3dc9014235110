//! Losses measured: every path's loss and mass, and the tail in order.
//!
//! Only the tail is ordered, from the lowest loss that the asked-for figures read; a figure that
//! reads deeper orders everything for itself, and is as right.

use std::borrow::Cow;

use super::depth::{self, Needs};
use super::select::{self, Entry};
use super::{PathWeights, RiskError};
use crate::units::{ConfidenceLevel, PathId};

/// One loss a path (`losses[i]` of path `i`), what each counts for, and the ordered tail.
#[derive(Debug, Clone)]
pub struct LossSample<'a> {
    losses: &'a [f64],
    weights: Weights<'a>,
    tail: Tail,
}

/// Covariant where a `Cow` would not be.
#[derive(Debug, Clone)]
enum Weights<'a> {
    Plain(PathWeights<'static>),
    Given(&'a PathWeights<'a>),
}

impl<'a> Weights<'a> {
    fn get(&self) -> &PathWeights<'a> {
        match self {
            Self::Plain(plain) => plain,
            Self::Given(given) => given,
        }
    }
}

impl<'a> LossSample<'a> {
    /// Equally likely, independent paths; the tail is ordered as deep as VaR and ES at `levels`
    /// read.
    ///
    /// # Errors
    /// [`RiskError::Empty`] without losses; [`RiskError::NotFinite`] for NaN or infinity.
    pub fn plain(losses: &'a [f64], levels: &[ConfidenceLevel]) -> Result<Self, RiskError> {
        let needs = Needs { levels, worst_paths: 1 };
        Self::build(losses, Weights::Plain(PathWeights::plain(losses.len())), &needs)
    }

    /// Paths with `weights`; the tail is ordered as deep as `needs`.
    ///
    /// # Errors
    /// As [`LossSample::plain`], and [`RiskError::Shape`] where losses and weights differ in
    /// number.
    pub fn new(
        losses: &'a [f64],
        weights: &'a PathWeights<'a>,
        needs: &Needs,
    ) -> Result<Self, RiskError> {
        Self::build(losses, Weights::Given(weights), needs)
    }

    fn build(losses: &'a [f64], weights: Weights<'a>, needs: &Needs) -> Result<Self, RiskError> {
        refuse_unmeasurable(losses)?;
        let found = weights.get().count();
        if losses.len() != found {
            return Err(RiskError::Shape { found, paths: losses.len() });
        }
        let tail = depth::tail(losses, weights.get(), needs);
        Ok(Self { losses, weights, tail })
    }

    /// Number of paths.
    pub fn count(&self) -> usize {
        self.losses.len()
    }

    /// Losses in path order.
    pub fn losses(&self) -> &'a [f64] {
        self.losses
    }

    /// What each path counts for.
    pub fn weights(&self) -> &PathWeights<'a> {
        self.weights.get()
    }

    /// The order statistic `L_(rank)`; ranks count from 1, outside ones mean the extremes.
    pub fn order_statistic(&self, rank: usize) -> f64 {
        let rank = rank.clamp(1, self.count());
        self.reaching(|tail| tail.first_rank() <= rank).order_statistic(rank)
    }

    /// The smallest and the largest loss.
    pub fn extremes(&self) -> [f64; 2] {
        let smallest = self.losses.iter().fold(f64::INFINITY, |least, loss| least.min(*loss));
        [smallest + 0.0, self.tail.order_statistic(self.count())]
    }

    /// The `count` largest losses with their paths, worst first.
    pub fn worst(&self, count: usize) -> Vec<(PathId, f64)> {
        let tail = self.reaching(|tail| tail.len() >= count.min(self.count()));
        tail.entries.iter().rev().take(count).map(|&(loss, path)| (PathId(path), loss)).collect()
    }

    /// The tail if it `suffices`, else all losses in order.
    pub(super) fn reaching(&self, suffices: impl Fn(&Tail) -> bool) -> Cow<'_, Tail> {
        if self.tail.is_whole() || suffices(&self.tail) {
            Cow::Borrowed(&self.tail)
        } else {
            Cow::Owned(self.ranks_from(1))
        }
    }

    /// All losses from `rank` on, in order.
    pub(super) fn ranks_from(&self, rank: usize) -> Tail {
        Tail::new(select::largest(self.losses, self.count() - rank + 1), self.weights())
    }
}

/// The largest losses in ascending order, equal losses by path.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    /// Every path whose loss is at or above the first.
    pub entries: Vec<Entry>,
    /// All paths of the sample.
    count: usize,
    /// Unit of each entry, numbered within the tail; empty where every path is a unit.
    slots: Vec<u32>,
    slot_count: usize,
}

impl Tail {
    /// From entries in ascending order.
    pub fn new(entries: Vec<Entry>, weights: &PathWeights) -> Self {
        let unit_paths = weights.unit().paths() as u64;
        let unit = |entry: &Entry| entry.1 / unit_paths;
        let mut units: Vec<u64> = Vec::new();
        if unit_paths > 1 {
            units = entries.iter().map(unit).collect();
            units.sort_unstable();
            units.dedup();
        }
        let slot = |entry: &Entry| units.partition_point(|other| *other < unit(entry)) as u32;
        let slots = if units.is_empty() { Vec::new() } else { entries.iter().map(slot).collect() };
        Self { count: weights.count(), slots, slot_count: units.len(), entries }
    }

    /// Losses in the tail.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether every loss of the sample is in it.
    pub fn is_whole(&self) -> bool {
        self.len() == self.count
    }

    /// Rank, among all losses from 1, of the smallest one here.
    pub fn first_rank(&self) -> usize {
        self.count - self.len() + 1
    }

    /// Path of the entry at `index`.
    pub fn path(&self, index: usize) -> usize {
        self.entries[index].1 as usize
    }

    /// The order statistic of a rank from [`Self::first_rank`] on.
    pub fn order_statistic(&self, rank: usize) -> f64 {
        self.entries[rank - self.first_rank()].0
    }

    /// Indices of all entries whose loss equals `loss`, which need not occur.
    pub fn tied_with(&self, loss: f64) -> std::ops::Range<usize> {
        let first = self.entries.partition_point(|entry| entry.0 < loss);
        let end = self.entries.partition_point(|entry| entry.0 <= loss);
        first..end
    }

    /// Room for one sum a unit met in the tail; none where every path is a unit.
    pub fn unit_room(&self) -> Vec<f64> {
        vec![0.0; self.slot_count]
    }

    /// Where the unit of the entry at `index` keeps its sum.
    pub fn slot(&self, index: usize) -> Option<usize> {
        self.slots.get(index).map(|&slot| slot as usize)
    }
}

/// Refuses an empty sample and losses that are not finite.
pub(super) fn refuse_unmeasurable(losses: &[f64]) -> Result<(), RiskError> {
    if losses.is_empty() {
        return Err(RiskError::Empty);
    }
    // Without an early exit, so that whole vectors of losses are tested at once.
    if losses.iter().fold(true, |finite, loss| finite & loss.is_finite()) {
        return Ok(());
    }
    let found = (0u64..).zip(losses).find(|(_, loss)| !loss.is_finite());
    found.map_or(Ok(()), |(path, &loss)| Err(RiskError::NotFinite { path, loss }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(losses: &[f64]) -> Tail {
        LossSample::plain(losses, &[]).unwrap().reaching(Tail::is_whole).into_owned()
    }

    #[test]
    fn equal_losses_stand_by_path_and_zeros_are_equal() {
        let tail = ordered(&[2.0, 0.0, -0.0, -1.0, 2.0]);
        assert_eq!(tail.entries, [(-1.0, 3), (0.0, 1), (0.0, 2), (2.0, 0), (2.0, 4)]);
        assert_eq!(tail.tied_with(0.0), 1..3);
        assert_eq!(tail.tied_with(1.0), 3..3);
    }

    #[test]
    fn worst_come_first() {
        let sample = LossSample::plain(&[1.0, 3.0, 2.0], &[]).unwrap();
        assert_eq!(sample.worst(2), [(PathId(1), 3.0), (PathId(2), 2.0)]);
        assert_eq!(sample.extremes(), [1.0, 3.0]);
    }

    #[test]
    fn nothing_and_nan_are_refused() {
        assert_eq!(LossSample::plain(&[], &[]).unwrap_err(), RiskError::Empty);
        let found = LossSample::plain(&[0.0, f64::INFINITY], &[]);
        assert!(matches!(found, Err(RiskError::NotFinite { path: 1, .. })));
        assert!(LossSample::plain(&[f64::NAN], &[]).is_err());
    }

    #[test]
    fn a_figure_deeper_than_the_tail_is_as_right() {
        let losses: Vec<f64> = (0..100_000u32).map(|i| f64::from(i * 7 % 100_000)).collect();
        let level = ConfidenceLevel::new(0.99).unwrap();
        let sample = LossSample::plain(&losses, &[level]).unwrap();
        assert!(sample.tail.len() < 3_000, "{}", sample.tail.len());
        for rank in [1, 50_000, 99_000, 100_000] {
            assert_eq!(sample.order_statistic(rank), rank as f64 - 1.0);
        }
    }
}
