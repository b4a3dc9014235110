//! A histogram that stays readable when one path lost everything.

use super::OrderedLosses;

/// One bin: `lower <= loss < upper`; the last includes its upper end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower loss.
    pub lower: f64,
    /// Upper loss.
    pub upper: f64,
    /// Paths.
    pub count: u64,
}

/// Share of paths kept out of the even bins on either side.
const OUTER_SHARE: f64 = 5e-4;
const BINS_MIN: usize = 20;
const BINS_MAX: usize = 120;

/// Even bins over all but the outermost 0.05 % of losses on either side, which share one wide
/// bin a side; every path is in exactly one bin.
///
/// The even width is that of Freedman & Diaconis (1981), `2·IQR·n^{−1/3}`, within 20 to 120 bins.
/// Where all losses are equal there is one bin of no width.
pub fn histogram(ordered: &OrderedLosses) -> Vec<Bin> {
    let losses = ordered.losses();
    let (minimum, maximum) = (losses[0], losses[losses.len() - 1]);
    let edges = edges(ordered, minimum, maximum);
    let below = |edge: f64| losses.partition_point(|loss| *loss < edge);
    let last = edges.len() - 2;
    let bin = |(index, pair): (usize, &[f64])| {
        let end = if index == last { losses.len() } else { below(pair[1]) };
        Bin { lower: pair[0], upper: pair[1], count: (end - below(pair[0])) as u64 }
    };
    edges.windows(2).enumerate().map(bin).collect()
}

/// At least two ascending edges from the smallest to the largest loss.
fn edges(ordered: &OrderedLosses, minimum: f64, maximum: f64) -> Vec<f64> {
    let outside = (OUTER_SHARE * ordered.count() as f64) as usize;
    let low = ordered.order_statistic(1 + outside);
    let high = ordered.order_statistic(ordered.count() - outside);
    let width = (high - low) / bin_count(ordered, high - low) as f64;
    let step = |index: usize| low + width * index as f64;
    let inner = (0..bin_count(ordered, high - low)).map(step).chain([high]);
    let mut edges: Vec<f64> = [minimum].into_iter().chain(inner).chain([maximum]).collect();
    // Equal edges (no outer losses, or too narrow a range to divide) leave no bin of their own.
    edges.dedup();
    if edges.len() == 1 {
        edges.push(maximum);
    }
    edges
}

fn bin_count(ordered: &OrderedLosses, range: f64) -> usize {
    let count = ordered.count();
    let quartiles = ordered.order_statistic(3 * count / 4) - ordered.order_statistic(count / 4);
    let width = 2.0 * quartiles / libm::cbrt(count as f64);
    if width > 0.0 { ((range / width) as usize).clamp(BINS_MIN, BINS_MAX) } else { BINS_MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins_of(losses: &[f64]) -> Vec<Bin> {
        histogram(&OrderedLosses::new(losses).unwrap())
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
        assert_eq!(bins, [Bin { lower: 7.0, upper: 7.0, count: 30 }]);
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
}
