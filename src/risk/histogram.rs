//! A histogram that stays readable when one path lost everything.

use super::select::order_statistics;
use super::{LossSample, PathWeights};

/// One bin: `lower <= loss < upper`; the last includes its upper end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower loss.
    pub lower: f64,
    /// Upper loss.
    pub upper: f64,
    /// Paths.
    pub count: u64,
    /// Probability of a loss in it, by the mass of its paths; all bins together one.
    pub probability: f64,
}

/// Share of paths kept out of the even bins on either side.
const OUTER_SHARE: f64 = 5e-4;
const BINS_MIN: usize = 20;
const BINS_MAX: usize = 120;

/// Even bins over all but the outermost 0.05 % of paths on either side, which share one wide
/// bin a side; every path is in exactly one bin.
///
/// The even width is that of Freedman & Diaconis (1981), `2·IQR·n^{−1/3}`, within 20 to 120 bins.
/// Where all losses are equal there is one bin of no width. Bins lie where paths are, whatever
/// their mass: importance sampling then shows the tail it was drawn for.
pub fn histogram(sample: &LossSample) -> Vec<Bin> {
    let losses = sample.losses();
    let edges = edges(losses, sample.extremes());
    let mut tally = Tally::new(&edges);
    if sample.weights().are_equal() {
        tally.count(losses);
    } else {
        tally.weigh(losses, sample.weights());
    }
    tally.bins()
}

/// At least two ascending edges from the smallest to the largest loss.
pub(super) fn edges(losses: &[f64], [minimum, maximum]: [f64; 2]) -> Vec<f64> {
    let count = losses.len();
    let outside = (OUTER_SHARE * count as f64) as usize;
    let ranks = [1 + outside, count - outside, count / 4, 3 * count / 4];
    let [low, high, lower_quartile, upper_quartile] = order_statistics(losses, ranks);
    let bins = bin_count(count, high - low, upper_quartile - lower_quartile);
    let width = (high - low) / bins as f64;
    let step = |index: usize| low + width * index as f64;
    let inner = (0..bins).map(step).chain([high]);
    let mut edges: Vec<f64> = [minimum].into_iter().chain(inner).chain([maximum]).collect();
    // Equal edges (no outer losses, or too narrow a range to divide) leave no bin of their own.
    edges.dedup();
    if edges.len() == 1 {
        edges.push(maximum);
    }
    edges
}

fn bin_count(count: usize, range: f64, quartile_range: f64) -> usize {
    let width = 2.0 * quartile_range / libm::cbrt(count as f64);
    if width > 0.0 { ((range / width) as usize).clamp(BINS_MIN, BINS_MAX) } else { BINS_MIN }
}

/// Losses told off into bins.
pub(super) struct Tally<'a> {
    edges: &'a [f64],
    /// Bin of the first even edge, and bins a unit of loss.
    first: f64,
    per_loss: f64,
    counts: Vec<u64>,
    masses: Vec<f64>,
}

impl<'a> Tally<'a> {
    pub fn new(edges: &'a [f64]) -> Self {
        let bins = edges.len() - 1;
        // Inner edges are even; where there are none any guess leads to the one bin.
        let (from, to) = if bins > 2 { (1, bins - 1) } else { (0, bins) };
        let range = edges[to] - edges[from];
        let per_loss = if range > 0.0 { (to - from) as f64 / range } else { 0.0 };
        let first = from as f64 - per_loss * edges[from];
        Self { edges, first, per_loss, counts: vec![0; bins], masses: vec![0.0; bins] }
    }

    /// The bin of a loss: a guess from the even width, then the edges themselves decide.
    fn bin(&self, loss: f64) -> usize {
        let last = self.counts.len() - 1;
        let mut bin = ((self.first + self.per_loss * loss) as usize).min(last);
        while bin > 0 && loss < self.edges[bin] {
            bin -= 1;
        }
        while bin < last && loss >= self.edges[bin + 1] {
            bin += 1;
        }
        bin
    }

    pub fn count(&mut self, losses: &[f64]) {
        for &loss in losses {
            let bin = self.bin(loss);
            self.counts[bin] += 1;
        }
        let masses = self.masses.iter_mut().zip(&self.counts);
        masses.for_each(|(mass, count)| *mass = *count as f64);
    }

    /// Paths in each bin.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    fn weigh(&mut self, losses: &[f64], weights: &PathWeights) {
        for (path, &loss) in losses.iter().enumerate() {
            let bin = self.bin(loss);
            self.counts[bin] += 1;
            self.masses[bin] += weights.mass(path);
        }
    }

    fn bins(&self) -> Vec<Bin> {
        let total: f64 = self.masses.iter().sum();
        let share = |mass: f64| if total > 0.0 { mass / total } else { 0.0 };
        let tallied = self.counts.iter().zip(&self.masses);
        let bins = self.edges.windows(2).zip(tallied).map(|(pair, (&count, &mass))| Bin {
            lower: pair[0],
            upper: pair[1],
            count,
            probability: share(mass),
        });
        bins.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins_of(losses: &[f64]) -> Vec<Bin> {
        histogram(&LossSample::plain(losses, &[]).unwrap())
    }

    #[test]
    fn every_path_is_in_exactly_one_bin_and_bins_touch() {
        let losses: Vec<f64> = (0..50_000u32)
            .map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 12))
            .chain([1e12, -1e12])
            .collect();
        let bins = bins_of(&losses);
        let total: u64 = bins.iter().map(|bin| bin.count).sum();
        assert_eq!(total as usize, losses.len());
        assert!(bins.windows(2).all(|pair| pair[0].upper == pair[1].lower));
        for bin in &bins[..bins.len() - 1] {
            let inside = losses.iter().filter(|l| **l >= bin.lower && **l < bin.upper);
            assert_eq!(inside.count() as u64, bin.count);
        }
    }

    #[test]
    fn one_absurd_path_does_not_flatten_the_rest() {
        let losses: Vec<f64> = (0..10_000).map(f64::from).chain([1e15]).collect();
        let bins = bins_of(&losses);
        assert_eq!(bins[bins.len() - 1].upper, 1e15);
        assert!(bins.iter().filter(|bin| bin.count > 100).count() >= BINS_MIN);
    }

    #[test]
    fn equal_losses_are_one_bin() {
        let bins = bins_of(&[7.0; 30]);
        assert_eq!(bins, [Bin { lower: 7.0, upper: 7.0, count: 30, probability: 1.0 }]);
        assert_eq!(bins_of(&[1.0])[0].count, 1);
    }

    #[test]
    fn an_atom_with_a_tail_keeps_its_count() {
        let losses: Vec<f64> =
            std::iter::repeat_n(0.0, 9_000).chain((0..1_000).map(f64::from)).collect();
        let bins = bins_of(&losses);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 10_000);
        assert!(bins[0].count >= 9_000);
    }

    #[test]
    fn probabilities_follow_the_masses() {
        use super::super::{Needs, SampleDesign};
        let losses: Vec<f64> = (0..10_000).map(f64::from).collect();
        // Ratios rise with the loss: P(loss < x) is (x/n)².
        let ratios: Vec<f64> = losses.iter().map(|loss| 2.0 * (loss + 0.5) / 1e4).collect();
        let weights = PathWeights::new(losses.len(), &ratios, &[], &SampleDesign::plain()).unwrap();
        let needs = Needs { levels: &[], worst_paths: 1 };
        let bins = histogram(&LossSample::new(&losses, &weights, &needs).unwrap());
        let mut below = 0.0;
        for bin in &bins {
            below += bin.probability;
            let upper = if below > 0.999_999 { 1e4 } else { bin.upper.ceil() };
            assert!((below - upper * upper * 1e-8).abs() < 1e-9, "{bin:?} {below}");
        }
    }
}
