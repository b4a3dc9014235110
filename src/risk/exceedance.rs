//! The mass beyond a loss, walked from the largest loss down, with its error at every loss.
//!
//! VaR is where the mass beyond reaches n(1 − α); its interval holds the losses x whose tail
//! probability does not differ from 1 − α by more than its own error at x (an inverted test, so
//! the density at VaR is never estimated).

use std::ops::Range;

use super::PathWeights;
use super::sample::Tail;
use super::unit_sums::UnitSums;

/// The mass beyond a loss that falls.
pub(super) struct Exceedance<'a> {
    weights: &'a PathWeights<'a>,
    tail: &'a Tail,
    sums: UnitSums<'a>,
    room: Vec<f64>,
    mass: f64,
    /// Entries from here on lie beyond.
    first: usize,
}

impl<'a> Exceedance<'a> {
    pub fn new(weights: &'a PathWeights<'a>, tail: &'a Tail) -> Self {
        let (sums, room) = (UnitSums::new(weights), tail.unit_room());
        Self { weights, tail, sums, room, mass: 0.0, first: tail.len() }
    }

    /// Mass beyond, n in all.
    pub fn mass(&self) -> f64 {
        self.mass
    }

    /// Standard error of the mass beyond.
    fn error(&self) -> f64 {
        self.sums.standard_error() * self.weights.count() as f64
    }

    /// The next loss down, with the entries that share it; `None` where the tail ends.
    pub fn next_tied(&self) -> Option<(f64, Range<usize>)> {
        let loss = self.tail.entries.get(self.first.checked_sub(1)?)?.0;
        let same = self.tail.entries[..self.first].iter().rev().take_while(|e| e.0 == loss);
        Some((loss, self.first - same.count()..self.first))
    }

    /// Takes `tied` in, which [`Self::next_tied`] gave.
    pub fn take(&mut self, tied: &Range<usize>) {
        let unit_paths = self.weights.unit().paths();
        for index in tied.clone().rev() {
            let path = self.tail.path(index);
            let ratio = self.weights.ratio(path);
            self.mass += self.weights.mass(path);
            let before = self.tail.slot(index).map_or(0.0, |slot| {
                let held = self.room[slot];
                self.room[slot] += ratio;
                held
            });
            self.sums.grow(path / unit_paths, before, ratio);
        }
        self.first = tied.start;
    }
}

/// Where the mass beyond reaches a level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Crossing {
    /// Entries whose loss is VaR.
    pub tied: Range<usize>,
    /// Mass strictly beyond.
    pub beyond: f64,
    /// Entry at the upper end of the 95 % interval.
    pub upper: usize,
    /// Entry at the lower end; `None` where the tail ends above it.
    pub lower: Option<usize>,
}

/// Mass that lies beyond a level, and by how much rounding may move it.
pub(super) fn tail_mass(weights: &PathWeights, tail_share: f64) -> (f64, f64) {
    let count = weights.count() as f64;
    (count * tail_share, 8.0 * f64::EPSILON * count)
}

/// Finds VaR and its interval; `None` where the tail ends above VaR.
pub(super) fn crossing(weights: &PathWeights, tail: &Tail, tail_share: f64) -> Option<Crossing> {
    let (target, slack) = tail_mass(weights, tail_share);
    let reach = weights.quantile_95();
    let mut walk = Exceedance::new(weights, tail);
    let mut found: Option<Crossing> = None;
    let (mut upper, mut upper_open) = (tail.len() - 1, true);
    while let Some((_, tied)) = walk.next_tied() {
        upper_open = upper_open && walk.mass() + reach * walk.error() <= target + slack;
        if upper_open {
            upper = tied.start;
        }
        let beyond = walk.mass();
        walk.take(&tied);
        let start = tied.start;
        if found.is_none() && walk.mass() > target + slack {
            found = Some(Crossing { tied, beyond, upper, lower: None });
        }
        if let Some(crossing) = &mut found {
            crossing.upper = upper.max(crossing.tied.start);
            if walk.mass() - reach * walk.error() >= target - slack {
                crossing.lower = Some(start.min(crossing.tied.start));
                return found;
            }
        }
    }
    // All mass together may fall short of the level, where likelihood ratios are all small.
    let short =
        || Crossing { tied: tail.tied_with(tail.entries[0].0), beyond: 0.0, upper, lower: None };
    found.or_else(|| tail.is_whole().then(short))
}

#[cfg(test)]
mod tests {
    use super::super::select::largest;
    use super::super::{SampleDesign, Unit};
    use super::*;

    fn whole(losses: &[f64], weights: &PathWeights) -> Tail {
        Tail::new(largest(losses, losses.len()), weights)
    }

    #[test]
    fn mass_and_error_by_hand() {
        let plain = SampleDesign::plain();
        let weights = PathWeights::new(4, &[0.5, 1.0, 0.25, 2.0], &[], &plain).unwrap();
        let tail = whole(&[3.0, 1.0, 3.0, 0.0], &weights);
        let mut walk = Exceedance::new(&weights, &tail);
        let (loss, tied) = walk.next_tied().unwrap();
        assert_eq!((loss, tied.clone()), (3.0, 2..4));
        walk.take(&tied);
        assert_eq!(walk.mass(), 0.75);
        // Values 0.5, 0, 0.25, 0: squares 0.3125 − 0.75²/4 over 3·4, times n.
        let expected = ((0.3125 - 0.140_625) / 12.0f64).sqrt() * 4.0;
        approx::assert_relative_eq!(walk.error(), expected, max_relative = 1e-14);
    }

    #[test]
    fn pairs_that_always_hit_once_leave_no_error() {
        let design = SampleDesign { unit: Unit::AntitheticPair, ..SampleDesign::plain() };
        let loss = |i: i32| if i % 2 == 0 { 1.0 + f64::from(i) } else { -1.0 };
        let losses: Vec<f64> = (0..40).map(loss).collect();
        let weights = PathWeights::new(40, &[], &[], &design).unwrap();
        let tail = whole(&losses, &weights);
        let mut walk = Exceedance::new(&weights, &tail);
        for _ in 0..20 {
            let (_, tied) = walk.next_tied().unwrap();
            walk.take(&tied);
        }
        assert_eq!((walk.mass(), walk.error()), (20.0, 0.0));
    }

    #[test]
    fn equal_masses_cross_where_ranks_do() {
        let losses: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let ones = vec![1.0; 1_000];
        let weights = PathWeights::new(1_000, &ones, &[], &SampleDesign::plain()).unwrap();
        let tail = whole(&losses, &weights);
        for (share, rank) in [(1.0 - 0.9, 900), (1.0 - 0.975, 975), (1.0 - 0.9905, 991)] {
            let found = crossing(&weights, &tail, share).unwrap();
            assert_eq!(tail.entries[found.tied.start].0, rank as f64, "{share}");
        }
        // Wald at x: k − 1.96·√(k(1 − k/n)) meets 100 near k = 121, k + … near 83.
        let found = crossing(&weights, &tail, 1.0 - 0.9).unwrap();
        let ends = [found.lower.unwrap(), found.upper].map(|index| 1_000 - index);
        assert!(ends[0].abs_diff(121) <= 1 && ends[1].abs_diff(83) <= 1, "{ends:?}");
    }

    #[test]
    fn masses_that_fall_short_of_the_level_end_at_the_smallest_loss() {
        let ratios = [1e-6; 10];
        let weights = PathWeights::new(10, &ratios, &[], &SampleDesign::plain()).unwrap();
        let losses: Vec<f64> = (0..10).map(f64::from).collect();
        let found = crossing(&weights, &whole(&losses, &weights), 0.05).unwrap();
        assert_eq!(found.tied, 0..1);
    }
}
