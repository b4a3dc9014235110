//! Proportion of failures (Kupiec 1995): are there as many exceptions as the level promises?

use super::{LikelihoodRatio, bernoulli};
use crate::numeric::special::incomplete_beta;

/// The test of unconditional coverage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kupiec {
    /// `LR_uc`, chi-square with one degree of freedom in the limit.
    pub ratio: LikelihoodRatio,
    /// Probability of a statistic at least as large under the binomial law itself.
    pub exact_p_value: f64,
    /// `(x − np) / √(np(1 − p))`.
    pub z: f64,
}

impl Kupiec {
    /// The test of `exceptions` in `observations` at `tail` probability.
    pub fn new(observations: usize, exceptions: usize, tail: f64) -> Self {
        let (n, x) = (observations as f64, exceptions as f64);
        let z =
            if observations == 0 { 0.0 } else { (x - n * tail) / (n * tail * (1.0 - tail)).sqrt() };
        Self {
            ratio: LikelihoodRatio::new(statistic(observations, exceptions, tail), 1),
            exact_p_value: exact_p_value(observations, exceptions, tail),
            z,
        }
    }
}

/// `LR_uc`, with 0 · ln 0 = 0.
pub(super) fn statistic(observations: usize, exceptions: usize, tail: f64) -> f64 {
    if observations == 0 {
        return 0.0;
    }
    let misses = observations - exceptions;
    let found = exceptions as f64 / observations as f64;
    -2.0 * (bernoulli(misses, exceptions, tail) - bernoulli(misses, exceptions, found))
}

/// Binomial mass of every count whose statistic is at least that of `exceptions`.
fn exact_p_value(observations: usize, exceptions: usize, tail: f64) -> f64 {
    let observed = statistic(observations, exceptions, tail);
    // Equal statistics on the two sides differ by rounding.
    let extreme = |count: usize| statistic(observations, count, tail) >= observed * (1.0 - 1e-12);
    let expected = (observations as f64 * tail) as usize;
    let below = (0..=expected).rev().find(|&count| extreme(count));
    let above = (expected + 1..=observations).find(|&count| extreme(count));
    let lower = below.map_or(0.0, |count| at_most(observations, count, tail));
    let upper = above.map_or(0.0, |count| 1.0 - at_most(observations, count - 1, tail));
    (lower + upper).min(1.0)
}

/// P(Bin(n, p) ≤ count).
pub(super) fn at_most(observations: usize, count: usize, tail: f64) -> f64 {
    if count >= observations {
        return 1.0;
    }
    incomplete_beta((observations - count) as f64, count as f64 + 1.0, 1.0 - tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exact p-value against the sum over all counts, term by term.
    #[test]
    fn the_exact_p_value_is_a_sum_over_counts() {
        let (n, tail) = (60usize, 0.05);
        let mass = |count: usize| {
            let below = if count == 0 { 0.0 } else { at_most(n, count - 1, tail) };
            at_most(n, count, tail) - below
        };
        for x in 0..12 {
            let observed = statistic(n, x, tail);
            let extreme = (0..=n).filter(|&c| statistic(n, c, tail) >= observed * (1.0 - 1e-12));
            let sum: f64 = extreme.map(mass).sum();
            let found = Kupiec::new(n, x, tail).exact_p_value;
            assert!((found - sum).abs() < 1e-12, "{x}: {found} is not {sum}");
        }
    }

    #[test]
    fn the_edges_are_finite() {
        assert_eq!(Kupiec::new(0, 0, 0.01).ratio.statistic, 0.0);
        assert!(Kupiec::new(250, 250, 0.01).ratio.p_value == 0.0);
        assert_eq!(Kupiec::new(100, 1, 0.01).ratio.statistic, 0.0);
        assert_eq!(Kupiec::new(100, 1, 0.01).exact_p_value, 1.0);
    }
}
