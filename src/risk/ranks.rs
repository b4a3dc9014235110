//! Which order statistic is the quantile, and which two enclose it.
//!
//! The number of losses at or below the true quantile is Binomial(n, α), so
//! `P(L_(l) ≤ q < L_(u)) ≥ P(l ≤ Bin < u)`, whatever the distribution (David & Nagaraja 2003,
//! §7.1). The binomial weights are built from their ratios around the mode: only `+ − × ÷`, so
//! ranks are the same on every machine and stay accurate for any n (a continued fraction with a
//! fixed number of terms does not).

use crate::units::ConfidenceLevel;

/// Rank `⌈nα⌉` of the quantile among `count` ascending losses, counted from 1.
///
/// A product within rounding of a whole number is that number: 100 · 0.07 is 7, not 8.
pub fn quantile_rank(count: usize, level: f64) -> usize {
    let (rank, _) = rank_and_boundary(count, level);
    rank
}

/// The rank, and `rank − nα` in [0, 1): the part of the boundary loss that lies in the tail.
pub(super) fn rank_and_boundary(count: usize, level: f64) -> (usize, f64) {
    let product = count as f64 * level;
    let nearest = product.round();
    let snapped = (product - nearest).abs() <= 4.0 * f64::EPSILON * product;
    let rank = if snapped { nearest } else { product.ceil() };
    let boundary = if snapped { 0.0 } else { rank - product };
    ((rank as usize).clamp(1, count.max(1)), boundary)
}

/// Two ranks and the probability that their losses enclose the quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankInterval {
    /// Lower rank, from 1.
    pub lower: usize,
    /// Upper rank, at most the number of losses.
    pub upper: usize,
    /// `P(lower ≤ Bin(n, α) < upper)`. Below 0.95 where the sample is too small for the level.
    pub coverage: f64,
}

/// The ranks that cut at most 2.5 % from each side, by binomial probability.
///
/// Where so few losses lie beyond the level that no upper rank does, the largest loss is taken
/// and `coverage` says what is left.
pub fn order_statistic_interval(count: usize, level: ConfidenceLevel) -> RankInterval {
    let binomial = BinomialWindow::new(count, level.get());
    let total: f64 = binomial.weights.iter().sum();
    let allowed = 0.025 * total;
    let below = terms_within(binomial.weights.iter(), allowed);
    let above = terms_within(binomial.weights.iter().rev(), allowed);
    // Bin < lower and Bin >= upper each have at most 2.5 %.
    let lower = (binomial.first + below).max(1);
    let upper = (binomial.first + binomial.weights.len() - above).min(count);
    let inside = lower.saturating_sub(binomial.first)..upper.saturating_sub(binomial.first);
    let covered: f64 = binomial.weights.get(inside).unwrap_or(&[]).iter().sum();
    RankInterval { lower: lower.min(count), upper, coverage: covered / total }
}

/// How many leading terms sum to at most `allowed`.
fn terms_within<'a>(weights: impl Iterator<Item = &'a f64>, allowed: f64) -> usize {
    let mut sum = 0.0;
    weights
        .take_while(|weight| {
            sum += **weight;
            sum <= allowed
        })
        .count()
}

/// Binomial weights relative to the mode's, over all counts that matter.
struct BinomialWindow {
    first: usize,
    weights: Vec<f64>,
}

impl BinomialWindow {
    fn new(count: usize, level: f64) -> Self {
        let trials = count as f64;
        let odds = level / (1.0 - level);
        let mode = (((trials + 1.0) * level) as usize).min(count);
        // Twelve deviations and a margin for small, Poisson-like tails: what is left out is
        // below 1e-25 of the whole.
        let reach = (12.0 * (trials * level * (1.0 - level)).sqrt()) as usize + 60;
        let first = mode.saturating_sub(reach);
        let last = (mode + reach).min(count);
        let mut weights = vec![1.0; last - first + 1];
        for successes in (first..mode).rev() {
            let ratio = (successes + 1) as f64 / ((count - successes) as f64 * odds);
            weights[successes - first] = weights[successes + 1 - first] * ratio;
        }
        for successes in mode + 1..=last {
            let ratio = (count - successes + 1) as f64 * odds / successes as f64;
            weights[successes - first] = weights[successes - 1 - first] * ratio;
        }
        Self { first, weights }
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, DiscreteCDF};

    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    #[test]
    fn rounding_does_not_move_the_rank() {
        assert_eq!(quantile_rank(100, 0.07), 7);
        assert_eq!(quantile_rank(1_000_000, 0.999), 999_000);
        assert_eq!(quantile_rank(293, 0.95), 279); // 278.35
        assert_eq!(quantile_rank(1, 0.99), 1);
    }

    #[test]
    fn ranks_and_coverage_agree_with_statrs() {
        for (count, alpha) in [(200, 0.9), (1_000, 0.95), (2_000, 0.99), (500, 0.975)] {
            let found = order_statistic_interval(count, level(alpha));
            let binomial = Binomial::new(alpha, count as u64).unwrap();
            let below = |rank: usize| binomial.cdf(rank as u64 - 1);
            assert!(below(found.lower) <= 0.025 && below(found.lower + 1) > 0.025);
            assert!(1.0 - below(found.upper) <= 0.025 && 1.0 - below(found.upper - 1) > 0.025);
            let coverage = below(found.upper) - below(found.lower);
            assert!((coverage - found.coverage).abs() < 1e-9);
        }
    }

    #[test]
    fn a_million_losses_give_the_normal_approximation() {
        // Independent: nα ± 1.96 √(nα(1−α)) = 990 000 ± 195.01.
        let found = order_statistic_interval(1_000_000, level(0.99));
        assert!(found.lower.abs_diff(989_805) <= 1, "{found:?}");
        assert!(found.upper.abs_diff(990_196) <= 1, "{found:?}");
        assert!((0.95..0.952).contains(&found.coverage));
    }

    #[test]
    fn a_sample_too_small_for_the_level_says_so() {
        // P(Bin(100, 0.99) = 100) = 0.99^100 = 0.366: no upper rank leaves 2.5 %.
        let found = order_statistic_interval(100, level(0.99));
        assert_eq!(found.upper, 100);
        assert!(found.coverage < 0.64);
        assert_eq!(order_statistic_interval(1, level(0.99)).upper, 1);
    }
}
