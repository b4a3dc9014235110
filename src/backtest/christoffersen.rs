//! Do exceptions come alone (Christoffersen 1998)? Independence against a first-order Markov chain,
//! and conditional coverage, which asks for number and independence together.

use super::exceptions::Exceptions;
use super::{LikelihoodRatio, bernoulli, kupiec};

/// How often each state followed each: `n01` counts an exception after none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transitions {
    /// None after none.
    pub n00: usize,
    /// An exception after none.
    pub n01: usize,
    /// None after an exception.
    pub n10: usize,
    /// An exception after an exception.
    pub n11: usize,
}

impl Transitions {
    /// Counted over consecutive periods.
    pub fn of(exceptions: &Exceptions) -> Self {
        let pairs = exceptions.observations.saturating_sub(1);
        let periods = exceptions.periods;
        let n11 = periods.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
        let followed = periods.iter().filter(|&&period| period < pairs).count();
        let led = periods.iter().filter(|&&period| period > 0).count();
        let (n10, n01) = (followed - n11, led - n11);
        Self { n00: pairs - n11 - n10 - n01, n01, n10, n11 }
    }
}

/// The tests of independence and of conditional coverage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Christoffersen {
    /// What followed what.
    pub transitions: Transitions,
    /// `LR_ind`, one degree of freedom.
    pub independence: LikelihoodRatio,
    /// `LR_cc = LR_uc + LR_ind`, two degrees of freedom.
    pub conditional: LikelihoodRatio,
}

impl Christoffersen {
    /// The tests of `exceptions` at `tail` probability.
    pub fn new(exceptions: &Exceptions, tail: f64) -> Self {
        let transitions = Transitions::of(exceptions);
        let independence = independence(&transitions);
        let number = kupiec::statistic(exceptions.observations, exceptions.count(), tail);
        Self {
            transitions,
            independence: LikelihoodRatio::new(independence, 1),
            conditional: LikelihoodRatio::new(number + independence, 2),
        }
    }
}

/// `LR_ind`, with 0 · ln 0 = 0 and probability 0 of what was never followed.
pub(super) fn independence(counts: &Transitions) -> f64 {
    let Transitions { n00, n01, n10, n11 } = *counts;
    let share = |hits: usize, misses: usize| match hits + misses {
        0 => 0.0,
        all => hits as f64 / all as f64,
    };
    let pooled = share(n01 + n11, n00 + n10);
    let apart = bernoulli(n00, n01, share(n01, n00)) + bernoulli(n10, n11, share(n11, n10));
    -2.0 * (bernoulli(n00 + n10, n01 + n11, pooled) - apart)
}
