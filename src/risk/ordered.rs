//! Losses in ascending order, each still knowing its path.

use super::RiskError;
use crate::units::PathId;

/// Losses ascending; equal losses by path id. Index `r - 1` holds the order statistic `L_(r)`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedLosses {
    losses: Vec<f64>,
    paths: Vec<PathId>,
}

impl OrderedLosses {
    /// Sorts `losses`, where `losses[i]` is the loss of path `i`.
    ///
    /// # Errors
    /// [`RiskError::Empty`] without losses; [`RiskError::NotFinite`] for NaN or infinity.
    pub fn new(losses: &[f64]) -> Result<Self, RiskError> {
        refuse_unmeasurable(losses)?;
        // Adding zero turns -0.0 into 0.0: the total order would otherwise part equal losses.
        let mut pairs: Vec<(f64, u64)> =
            (0u64..).zip(losses).map(|(path, loss)| (loss + 0.0, path)).collect();
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (losses, paths) = pairs.into_iter().map(|(loss, path)| (loss, PathId(path))).unzip();
        Ok(Self { losses, paths })
    }

    /// Number of paths.
    pub fn count(&self) -> usize {
        self.losses.len()
    }

    /// Losses ascending.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Path ids in the order of [`Self::losses`].
    pub fn paths(&self) -> &[PathId] {
        &self.paths
    }

    /// The order statistic `L_(rank)`; ranks count from 1, outside ones mean the extremes.
    pub fn order_statistic(&self, rank: usize) -> f64 {
        self.losses[rank.clamp(1, self.count()) - 1]
    }

    /// The `count` largest losses with their paths, worst first.
    pub fn worst(&self, count: usize) -> impl Iterator<Item = (PathId, f64)> {
        let pairs = self.paths.iter().copied().zip(self.losses.iter().copied());
        pairs.rev().take(count)
    }

    /// Indices of all losses equal to `loss`, which need not occur.
    pub(super) fn tied_with(&self, loss: f64) -> std::ops::Range<usize> {
        let first = self.losses.partition_point(|other| *other < loss);
        let end = self.losses.partition_point(|other| *other <= loss);
        first..end
    }
}

/// Refuses an empty sample and losses that are not finite.
pub(super) fn refuse_unmeasurable(losses: &[f64]) -> Result<(), RiskError> {
    if losses.is_empty() {
        return Err(RiskError::Empty);
    }
    match (0u64..).zip(losses).find(|(_, loss)| !loss.is_finite()) {
        Some((path, &loss)) => Err(RiskError::NotFinite { path, loss }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_losses_stand_by_path_and_zeros_are_equal() {
        let ordered = OrderedLosses::new(&[2.0, 0.0, -0.0, -1.0, 2.0]).unwrap();
        assert_eq!(ordered.losses(), [-1.0, 0.0, 0.0, 2.0, 2.0]);
        assert_eq!(ordered.paths(), [3, 1, 2, 0, 4].map(PathId));
        assert_eq!(ordered.tied_with(0.0), 1..3);
        assert_eq!(ordered.tied_with(1.0), 3..3);
    }

    #[test]
    fn worst_come_first() {
        let ordered = OrderedLosses::new(&[1.0, 3.0, 2.0]).unwrap();
        let worst: Vec<_> = ordered.worst(2).collect();
        assert_eq!(worst, [(PathId(1), 3.0), (PathId(2), 2.0)]);
    }

    #[test]
    fn nothing_and_nan_are_refused() {
        assert_eq!(OrderedLosses::new(&[]), Err(RiskError::Empty));
        let found = OrderedLosses::new(&[0.0, f64::INFINITY]);
        assert!(matches!(found, Err(RiskError::NotFinite { path: 1, .. })));
        assert!(OrderedLosses::new(&[f64::NAN]).is_err());
    }
}
