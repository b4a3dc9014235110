//! What a right model, and models wrong in stated ways, would have shown: replicates of the
//! exceptions and of how far losses lie beyond VaR.
//!
//! Exceptions follow a chain of two states, drawn by the lengths of its stays, so that a replicate
//! costs as many draws as it has exceptions. A loss beyond VaR is one of the model's own simulated
//! losses beyond VaR of that period.

use rand::Rng;
use rayon::prelude::*;

use super::acerbi_szekely::AcerbiSzekely;
use super::christoffersen::{self, Transitions};
use super::dynamic_quantile::DynamicQuantile;
use super::exceptions::Exceptions;
use super::kupiec;
use crate::numeric::{Purpose, Streams};

/// Autocorrelation of exceptions that come in clusters.
const CLUSTERING: f64 = 0.2;
/// Losses beyond VaR of a model too shallow, over its own.
const DEEPER: f64 = 1.3;

/// A way of being wrong, against which the power of tests is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// Exceptions happen twice as often as said, alone.
    Frequent,
    /// As often as said, but with a first-order autocorrelation of 0.2.
    Clustered,
    /// As often as said and alone, but 1.3 times as far from zero.
    Deep,
}

impl Alternative {
    /// All, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Frequent, Self::Clustered, Self::Deep];

    /// In words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Frequent => "exceptions twice as often as said",
            Self::Clustered => "exceptions as often as said, with autocorrelation 0.2",
            Self::Deep => "losses beyond VaR 1.3 times as large as said",
        }
    }
}

/// The tests that are replicated; of each a large figure speaks against the model.
pub(super) const FIGURES: usize = 6;

/// Kupiec, independence, conditional coverage, dynamic quantile, −Z1, −Z2.
pub(super) type Figures = [f64; FIGURES];

/// The forecasts as replicates see them.
pub(super) struct Setting<'a> {
    pub tail: f64,
    /// Simulated losses beyond VaR over ES, by period; empty where there is no ES to compare with.
    pub ratios: &'a [Vec<f64>],
    pub observations: usize,
    pub dynamic: &'a DynamicQuantile,
}

impl Setting<'_> {
    /// The figures of exceptions at `periods` with these ratios of loss to ES.
    pub fn figures(&self, periods: &[usize], ratios: &[f64]) -> Figures {
        let exceptions = Exceptions { periods, observations: self.observations };
        let number = kupiec::statistic(self.observations, periods.len(), self.tail);
        let independence = christoffersen::independence(&Transitions::of(&exceptions));
        let dynamic = self.dynamic.statistic(periods).unwrap_or(0.0);
        let depth = AcerbiSzekely::new(ratios, self.observations, self.tail);
        // Without an exception there is no size to speak against the model.
        let z1 = depth.z1.unwrap_or(f64::INFINITY);
        [number, independence, number + independence, dynamic, -z1, -depth.z2]
    }

    /// Figures of `count` replicates under the model, or under an alternative.
    pub fn replicates(
        &self,
        alternative: Option<Alternative>,
        count: usize,
        streams: &Streams,
    ) -> Vec<Figures> {
        let hypothesis = alternative.map_or(0, |alternative| alternative as u32 + 1);
        let one = |(periods, ratios): &mut (Vec<usize>, Vec<f64>), replicate: usize| {
            let purpose = Purpose::BacktestReplicate;
            let mut stream = streams.stream(purpose, hypothesis, 0, replicate as u64);
            self.draw(alternative, &mut stream, periods, ratios);
            self.figures(periods, ratios)
        };
        let replicates = (0..count).into_par_iter();
        replicates.map_init(|| (Vec::new(), Vec::new()), one).collect()
    }

    fn draw(
        &self,
        alternative: Option<Alternative>,
        stream: &mut impl Rng,
        periods: &mut Vec<usize>,
        ratios: &mut Vec<f64>,
    ) {
        periods.clear();
        ratios.clear();
        let chain = Chain::of(alternative, self.tail);
        let deeper = if alternative == Some(Alternative::Deep) { DEEPER } else { 1.0 };
        let mut next = geometric(uniform(stream), chain.unconditional);
        while next < self.observations {
            periods.push(next);
            if let Some(known) = self.ratios.get(next).filter(|known| !known.is_empty()) {
                let chosen = (uniform(stream) * known.len() as f64) as usize;
                ratios.push(deeper * known[chosen.min(known.len() - 1)]);
            }
            next += 1;
            if uniform(stream) >= chain.again {
                next = next.saturating_add(1 + geometric(uniform(stream), chain.first));
            }
        }
    }
}

/// Exceptions as a chain of two states.
struct Chain {
    unconditional: f64,
    /// An exception after none.
    first: f64,
    /// An exception after one.
    again: f64,
}

impl Chain {
    fn of(alternative: Option<Alternative>, tail: f64) -> Self {
        let alone = |rate: f64| Self { unconditional: rate, first: rate, again: rate };
        match alternative {
            None | Some(Alternative::Deep) => alone(tail),
            Some(Alternative::Frequent) => alone((2.0 * tail).min(0.5 * (1.0 + tail))),
            Some(Alternative::Clustered) => Self {
                unconditional: tail,
                first: tail * (1.0 - CLUSTERING),
                again: tail + CLUSTERING * (1.0 - tail),
            },
        }
    }
}

/// Misses before the first hit of probability `rate`.
fn geometric(uniform: f64, rate: f64) -> usize {
    // The cast saturates.
    (libm::log(uniform) / libm::log1p(-rate)) as usize
}

/// Strictly inside (0, 1).
fn uniform(stream: &mut impl Rng) -> f64 {
    ((stream.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::isa::InstructionSet;

    fn exceptions_of(alternative: Option<Alternative>) -> (f64, f64) {
        let (observations, tail) = (2_000, 0.05);
        let dynamic = DynamicQuantile::of_exceptions(observations, 4, tail);
        let setting = Setting { tail, ratios: &[], observations, dynamic: &dynamic };
        let streams = Streams::new(7, InstructionSet::detect());
        let (mut hits, mut pairs) = (0, 0);
        for replicate in 0..500 {
            let mut stream = streams.stream(Purpose::BacktestReplicate, 0, 0, replicate);
            let (mut periods, mut ratios) = (Vec::new(), Vec::new());
            setting.draw(alternative, &mut stream, &mut periods, &mut ratios);
            hits += periods.len();
            pairs += periods.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
        }
        (hits as f64 / 1e6, pairs as f64 / hits as f64)
    }

    /// Rates and the probability of an exception after one, within four binomial errors.
    #[test]
    fn the_chains_have_their_rates() {
        let near = |found: f64, expected: f64, count: f64| {
            let error = (expected * (1.0 - expected) / count).sqrt();
            assert!((found - expected).abs() < 5.0 * error, "{found} is not {expected}");
        };
        let (rate, again) = exceptions_of(None);
        near(rate, 0.05, 1e6);
        near(again, 0.05 * 1_999.0 / 2_000.0, 5e4);
        let (rate, again) = exceptions_of(Some(Alternative::Frequent));
        near(rate, 0.10, 1e6);
        near(again, 0.10, 1e5);
        // Autocorrelation 0.2 leaves the rate, whose error grows by √(1.2/0.8).
        let (rate, again) = exceptions_of(Some(Alternative::Clustered));
        near(rate, 0.05, 1e6 / 1.5);
        near(again, 0.05 + 0.2 * 0.95, 5e4);
    }
}
