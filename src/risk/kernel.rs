//! A local average around VaR: which paths tell where VaR comes from.

use super::exceedance::{Crossing, crossing, tail_mass};
use super::ranks::quantile_rank;
use super::sample::Tail;
use super::{LossSample, PathWeight, PathWeights};
use crate::units::{ConfidenceLevel, PathId};

/// Weights of the kernel average around VaR: `E[L_i | L = VaR] ≈ Σ weight · L_i`.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelWeights {
    /// By path id.
    pub weights: Vec<PathWeight>,
    /// Level they belong to.
    pub level: ConfidenceLevel,
}

impl KernelWeights {
    /// An Epanechnikov kernel over the ranks within [`Self::half_width`] of the quantile's; with
    /// likelihood ratios or controls over the mass beyond, each path times its mass.
    pub fn new(sample: &LossSample, level: ConfidenceLevel) -> Self {
        let mut weights = if sample.weights().are_equal() {
            by_rank(sample, level)
        } else {
            by_mass(sample, level)
        };
        let total: f64 = weights.iter().map(|entry| entry.weight).sum();
        weights.iter_mut().for_each(|entry| entry.weight /= total);
        weights.sort_unstable_by_key(|entry| entry.path);
        Self { weights, level }
    }

    /// Ranks taken on each side: `½·(n(1−α))^{4/5}`, the order that balances the bias of a local
    /// average against its variance (Silverman 1986, §3.3), and never beyond the sample.
    pub fn half_width(count: usize, level: ConfidenceLevel) -> usize {
        let tail_count = count as f64 * level.tail();
        let rank = quantile_rank(count, level.get());
        let wanted = (0.5 * libm::pow(tail_count, 0.8)).round() as usize;
        wanted.min(count - rank).min(rank - 1)
    }
}

fn by_rank(sample: &LossSample, level: ConfidenceLevel) -> Vec<PathWeight> {
    let count = sample.count();
    let rank = quantile_rank(count, level.get());
    let half_width = KernelWeights::half_width(count, level);
    let (low, high) = ((rank - half_width).max(1), (rank + half_width).min(count));
    let tail = sample.reaching(|tail| tail.first_rank() <= low);
    let entry = |other: usize| {
        let distance = other.abs_diff(rank) as f64 / (half_width + 1) as f64;
        let path = tail.path(other - tail.first_rank());
        PathWeight { path: PathId(path as u64), weight: 1.0 - distance * distance }
    };
    (low..=high).map(entry).collect()
}

fn by_mass(sample: &LossSample, level: ConfidenceLevel) -> Vec<PathWeight> {
    let weights = sample.weights();
    let window = |tail: &Tail| {
        let found = crossing(weights, tail, level.tail())?;
        Some((Window::new(tail, weights, level, &found), found))
    };
    let reaches = |tail: &Tail| {
        window(tail).is_some_and(|(window, _)| window.lowest(tail, weights).is_some())
    };
    let tail = sample.reaching(reaches);
    let Some((window, found)) = window(&tail) else { return Vec::new() };
    let kept = window.entries(&tail, weights);
    // Control weights of either sign may cancel; then VaR's own paths stand for it.
    let total: f64 = kept.iter().map(|entry| entry.weight).sum();
    if total > 0.0 {
        return kept;
    }
    let tied =
        found.tied.map(|index| PathWeight { path: PathId(tail.path(index) as u64), weight: 1.0 });
    tied.collect()
}

/// Index of the lowest entry the kernel reads; `None` where the tail ends inside it.
pub(super) fn lowest_index(
    tail: &Tail,
    weights: &PathWeights,
    level: ConfidenceLevel,
    found: &Crossing,
) -> Option<usize> {
    if weights.are_equal() {
        let count = weights.count();
        let rank = quantile_rank(count, level.get()) - KernelWeights::half_width(count, level);
        return rank.checked_sub(tail.first_rank());
    }
    Window::new(tail, weights, level, found).lowest(tail, weights)
}

/// The masses beyond that the kernel covers.
struct Window {
    centre: f64,
    half_width: f64,
}

impl Window {
    /// As wide, in shares of the tail, as a plain sample's of as many tail paths as the masses
    /// are worth (Kish 1965: squared sum over sum of squares).
    fn new(tail: &Tail, weights: &PathWeights, level: ConfidenceLevel, found: &Crossing) -> Self {
        let (centre, _) = tail_mass(weights, level.tail());
        let masses = (found.tied.start..tail.len()).map(|index| weights.mass(tail.path(index)));
        let (sum, squares) = masses.fold((0.0, 0.0), |(s, q), mass| (s + mass, q + mass * mass));
        let worth = if squares > 0.0 { (sum * sum / squares).max(1.0) } else { 1.0 };
        Self { centre, half_width: 0.5 * centre * libm::pow(worth, -0.2) }
    }

    fn lowest(&self, tail: &Tail, weights: &PathWeights) -> Option<usize> {
        let mut beyond = 0.0;
        let entered = (0..tail.len()).rev().find(|&index| {
            beyond += weights.mass(tail.path(index));
            beyond >= self.centre + self.half_width
        });
        entered.or_else(|| tail.is_whole().then_some(0))
    }

    fn entries(&self, tail: &Tail, weights: &PathWeights) -> Vec<PathWeight> {
        let lowest = self.lowest(tail, weights).unwrap_or(0);
        let mut beyond = 0.0;
        let entry = |index: usize| {
            let path = tail.path(index);
            let mass = weights.mass(path);
            let distance = (beyond + 0.5 * mass - self.centre) / self.half_width;
            beyond += mass;
            let height = (1.0 - distance * distance).max(0.0);
            PathWeight { path: PathId(path as u64), weight: mass * height }
        };
        let entries = (lowest..tail.len()).rev().map(entry);
        entries.filter(|entry| entry.weight != 0.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::SampleDesign;
    use super::super::depth::Needs;
    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    fn sum(weights: &[PathWeight], losses: &[f64]) -> f64 {
        weights.iter().map(|entry| entry.weight * losses[entry.path.0 as usize]).sum()
    }

    #[test]
    fn the_kernel_is_symmetric_and_sums_to_one() {
        let losses: Vec<f64> = (0..10_000).map(f64::from).collect();
        let ordered = LossSample::plain(&losses, &[]).unwrap();
        let found = KernelWeights::new(&ordered, level(0.99));
        // Half-width ½·100^0.8 = 19.9: 20 ranks either side of 9900, whose loss is 9899.
        assert_eq!(found.weights.len(), 41);
        approx::assert_relative_eq!(sum(&found.weights, &losses), 9_899.0, max_relative = 1e-12);
    }

    #[test]
    fn masses_of_one_give_nearly_the_kernel_over_ranks() {
        let losses: Vec<f64> = (0..10_000).map(f64::from).collect();
        let ones = vec![1.0; losses.len()];
        let weights = PathWeights::new(losses.len(), &ones, &[], &SampleDesign::plain()).unwrap();
        let needs = Needs { levels: &[level(0.99)], worst_paths: 1 };
        let sample = LossSample::new(&losses, &weights, &needs).unwrap();
        let found = KernelWeights::new(&sample, level(0.99));
        // By mass the kernel is centred on 100 beyond, between the ranks 9900 and 9901.
        approx::assert_relative_eq!(sum(&found.weights, &losses), 9_899.5, max_relative = 1e-9);
        assert!(found.weights.len().abs_diff(40) <= 1, "{}", found.weights.len());
    }
}
