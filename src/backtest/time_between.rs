//! Time until the first exception (Kupiec 1995) and between exceptions (Haas 2001): each gap against
//! the geometric law of the level.

use super::exceptions::Exceptions;
use super::{LikelihoodRatio, bernoulli, kupiec};

/// Tests of the gaps between exceptions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeBetween {
    /// `LR_tuff` of the first gap; absent without an exception.
    pub until_first: Option<LikelihoodRatio>,
    /// `LR_tbfi`: the sum over gaps, as many degrees of freedom; absent without an exception.
    pub between: Option<LikelihoodRatio>,
    /// `LR_tbf`: with `LR_uc` added, one degree more; absent without an exception.
    pub mixed: Option<LikelihoodRatio>,
}

impl TimeBetween {
    /// The tests of `exceptions` at `tail` probability.
    pub fn new(exceptions: &Exceptions, tail: f64) -> Self {
        let gaps: Vec<f64> = gaps(exceptions).map(|gap| statistic(gap, tail)).collect();
        let Some(first) = gaps.first() else {
            return Self { until_first: None, between: None, mixed: None };
        };
        let sum: f64 = gaps.iter().sum();
        let number = kupiec::statistic(exceptions.observations, exceptions.count(), tail);
        Self {
            until_first: Some(LikelihoodRatio::new(*first, 1)),
            between: Some(LikelihoodRatio::new(sum, gaps.len())),
            mixed: Some(LikelihoodRatio::new(sum + number, gaps.len() + 1)),
        }
    }
}

/// Periods until each exception, from the one before, the first from the start.
fn gaps(exceptions: &Exceptions) -> impl Iterator<Item = usize> {
    let before = std::iter::once(None).chain(exceptions.periods.iter().map(Some));
    let pairs = exceptions.periods.iter().zip(before);
    pairs.map(|(&at, before)| before.map_or(at + 1, |&before| at - before))
}

/// Likelihood ratio of one gap: its own rate 1/gap against `tail`.
fn statistic(gap: usize, tail: f64) -> f64 {
    -2.0 * (bernoulli(gap - 1, 1, tail) - bernoulli(gap - 1, 1, 1.0 / gap as f64))
}
