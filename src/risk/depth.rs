//! How deep the ordered tail must reach.

use super::exceedance::crossing;
use super::kernel::{self, KernelWeights};
use super::ranks::{order_statistic_interval, quantile_rank};
use super::sample::Tail;
use super::tail_index::{self, order_statistics_used};
use super::{LossSample, PathWeights, RiskError, select};
use crate::units::ConfidenceLevel;

/// What will be asked of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needs<'a> {
    /// Levels of VaR, ES and contributions.
    pub levels: &'a [ConfidenceLevel],
    /// Worst paths told.
    pub worst_paths: usize,
}

/// Room for intervals and kernels beyond the deepest level, as a first guess.
const FIRST_GUESS: f64 = 1.3;

/// The tail that `needs` read.
pub(super) fn tail(losses: &[f64], weights: &PathWeights, needs: &Needs) -> Tail {
    let count = losses.len();
    if weights.are_plain() {
        let wanted = count - lowest_rank_needed(count, needs.levels, needs.worst_paths) + 1;
        return Tail::new(select::largest(losses, wanted), weights);
    }
    let mut wanted = first_guess(losses, weights, needs);
    loop {
        let tail = Tail::new(select::largest(losses, wanted), weights);
        if tail.is_whole() || lowest_index(&tail, weights, needs).is_some() {
            return tail;
        }
        wanted = (2 * tail.len()).min(count);
    }
}

/// Paths that hold the mass of the deepest level and some more, by the masses of a few.
fn first_guess(losses: &[f64], weights: &PathWeights, needs: &Needs) -> usize {
    let count = losses.len();
    let share = needs.levels.iter().map(|level| level.tail()).fold(0.005, f64::max);
    let minimum = needs.worst_paths.max(order_statistics_used(0) + 1);
    if weights.are_equal() {
        return ((FIRST_GUESS * share * count as f64) as usize + minimum).min(count);
    }
    let root = libm::cbrt(count as f64);
    let indices = select::weyl_indices(count, (2.0 * root * root) as usize);
    let mut picked: Vec<(f64, u64)> = indices.map(|i| (losses[i], i as u64)).collect();
    picked.sort_unstable_by(|a, b| select::by_loss_then_path(b, a));
    let target = FIRST_GUESS * share * picked.len() as f64;
    let mut mass = 0.0;
    let held = picked.iter().take_while(|(_, path)| {
        mass += weights.mass(*path as usize);
        mass < target
    });
    let held = (held.count() + 1) as f64 / picked.len() as f64;
    ((held * count as f64) as usize + minimum).min(count)
}

/// Index of the lowest entry that `needs` read; `None` where the tail does not reach it.
fn lowest_index(tail: &Tail, weights: &PathWeights, needs: &Needs) -> Option<usize> {
    let worst = tail.len().checked_sub(needs.worst_paths.clamp(1, weights.count()))?;
    let mut lowest = worst.min(tail_index::lowest_index(tail, weights)?);
    for level in needs.levels {
        let found = crossing(weights, tail, level.tail())?;
        let kernel = kernel::lowest_index(tail, weights, *level, &found)?;
        lowest = lowest.min(found.lower?).min(kernel);
    }
    Some(lowest)
}

/// The lowest rank that VaR, its interval, kernel contributions, the tail index or the worst
/// paths read in a plain sample.
pub fn lowest_rank_needed(count: usize, levels: &[ConfidenceLevel], worst_paths: usize) -> usize {
    let per_level = levels.iter().map(|&level| {
        let kernel = quantile_rank(count, level.get()) - KernelWeights::half_width(count, level);
        kernel.min(order_statistic_interval(count, level).lower)
    });
    let worst = count.saturating_sub(worst_paths) + 1;
    let tail = count.saturating_sub(order_statistics_used(count)).max(1);
    per_level.chain([worst.min(count), tail]).min().unwrap_or(1)
}

/// The lowest loss that VaR, ES, their intervals and contributions, the tail index or the worst
/// paths read: none of them changes where losses below it change and stay below it.
///
/// A revaluation by proxy within ±ε must be exact from `lowest_loss_needed − 2ε` up. In a
/// weighted sample the ends of intervals move with the masses met on the way down: after the
/// exact losses are in, ask again, and revalue further where the answer has sunk below what was
/// revalued. Mean, deviation, histogram and the probability of a loss beyond capital read every
/// path.
///
/// # Errors
/// As [`LossSample::new`].
pub fn lowest_loss_needed(
    losses: &[f64],
    weights: &PathWeights,
    needs: &Needs,
) -> Result<f64, RiskError> {
    let sample = LossSample::new(losses, weights, needs)?;
    if weights.are_plain() {
        let rank = lowest_rank_needed(losses.len(), needs.levels, needs.worst_paths);
        return Ok(sample.order_statistic(rank));
    }
    let tail = sample.reaching(|_| true);
    let index = lowest_index(&tail, weights, needs).unwrap_or(0);
    Ok(tail.entries[index].0)
}

#[cfg(test)]
mod tests {
    use super::super::{
        ExpectedShortfallWeights, SampleDesign, Unit, expected_shortfall, tail_index, value_at_risk,
    };
    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    #[test]
    fn the_lowest_rank_reaches_below_every_figure() {
        let levels = [level(0.975), level(0.99)];
        let lowest = lowest_rank_needed(100_000, &levels, 20);
        assert!(lowest <= order_statistic_interval(100_000, levels[0]).lower);
        assert!(lowest <= 97_500 - KernelWeights::half_width(100_000, levels[0]));
        assert_eq!(lowest_rank_needed(1, &levels, 20), 1);
    }

    fn uniforms(count: usize, salt: u64) -> Vec<f64> {
        let mixed = |i: u64| {
            let mixed = (i + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
        };
        (1..=count as u64).map(|i| (mixed(i) >> 11) as f64 / (1u64 << 53) as f64).collect()
    }

    /// Every figure that the tail alone decides, as text.
    fn figures(losses: &[f64], weights: &PathWeights, needs: &Needs) -> String {
        let sample = LossSample::new(losses, weights, needs).unwrap();
        let per_level = needs.levels.iter().map(|&level| {
            let tail = ExpectedShortfallWeights::new(&sample, level);
            let kernel = KernelWeights::new(&sample, level);
            let (var, es) = (value_at_risk(&sample, level), expected_shortfall(&sample, level));
            format!("{var:?} {es:?} {tail:?} {kernel:?}")
        });
        let worst = sample.worst(needs.worst_paths);
        format!("{:?} {worst:?} {:?}", tail_index(&sample), per_level.collect::<Vec<_>>())
    }

    fn check_lowest(weights: &PathWeights) {
        let levels = [level(0.975), level(0.99)];
        let needs = Needs { levels: &levels, worst_paths: 20 };
        let losses: Vec<f64> =
            uniforms(weights.count(), 7).iter().map(|u| -libm::log(*u)).collect();
        let lowest = lowest_loss_needed(&losses, weights, &needs).unwrap();
        let below: Vec<f64> = losses
            .iter()
            .map(|&loss| if loss < lowest { 0.5 * loss - 9.0 } else { loss })
            .collect();
        assert_ne!(losses, below);
        assert_eq!(figures(&losses, weights, &needs), figures(&below, weights, &needs));
        // It is not far too low either: what is at or above it is a small part.
        let kept = losses.iter().filter(|loss| **loss >= lowest).count();
        assert!(kept < losses.len() / 10, "{kept}");
    }

    #[test]
    fn losses_below_the_lowest_needed_move_no_figure() {
        let count = 24_000;
        let design = |unit| SampleDesign { unit, control_means: Vec::new() };
        check_lowest(&PathWeights::plain(count));
        for unit in
            [Unit::AntitheticPair, Unit::Round { paths: 40 }, Unit::Replicate { paths: 750 }]
        {
            check_lowest(&PathWeights::new(count, &[], &[], &design(unit)).unwrap());
        }
        let ratios: Vec<f64> = uniforms(count, 99).iter().map(|u| 2.0 * u).collect();
        check_lowest(&PathWeights::new(count, &ratios, &[], &design(Unit::Path)).unwrap());
        let controlled = SampleDesign { control_means: vec![1.0], ..design(Unit::AntitheticPair) };
        check_lowest(&PathWeights::new(count, &[], &ratios, &controlled).unwrap());
    }
}
