//! Order statistics and tails without sorting everything.
//!
//! A few losses, picked by a Weyl sequence so that no pattern of the path order can hide from
//! them, say where a rank must lie; one pass then keeps what lies there. What is kept is checked
//! against the ranks wanted, so the result is exact; a bracket that missed costs a second pass.

/// Losses looked at in one go; their indices fit a buffer in the first-level cache.
const CHUNK: usize = 1_024;
/// Below this many losses ranks are not placed by picked ones first.
const SMALL: usize = 4_096;
/// The golden ratio's fraction in 64 bits: steps of the Weyl sequence.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
/// Standard errors of the picked rank on each side of a bracket.
const REACH: f64 = 4.0;

/// A loss with its path, equal losses by path: the order of every tail.
pub(super) type Entry = (f64, u64);

pub(super) fn by_loss_then_path(a: &Entry, b: &Entry) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// Losses that satisfy `keep`, with their paths, in path order. Zeros lose their sign: the total
/// order would otherwise part equal losses.
pub(super) fn filter(losses: &[f64], keep: impl Fn(f64) -> bool) -> Vec<Entry> {
    let mut kept = Vec::new();
    let mut hits = [0u32; CHUNK];
    for (chunk, first) in losses.chunks(CHUNK).zip((0u64..).step_by(CHUNK)) {
        let mut count = 0;
        for (index, &loss) in (0u32..).zip(chunk) {
            hits[count % CHUNK] = index;
            count += usize::from(keep(loss));
        }
        let entry = |&index: &u32| (chunk[index as usize] + 0.0, first + u64::from(index));
        kept.extend(hits[..count].iter().map(entry));
    }
    kept
}

/// At least the `wanted` largest losses, ascending: every path whose loss is at or above the
/// smallest kept.
pub(super) fn largest(losses: &[f64], wanted: usize) -> Vec<Entry> {
    let count = losses.len();
    let mut kept = Vec::new();
    if count >= SMALL && wanted < count / 4 {
        let picked = picked(losses);
        let share = wanted as f64 / count as f64;
        kept = filter(losses, at_least(upper_order(&picked, share)));
    }
    if kept.len() < wanted {
        kept = filter(losses, |_| true);
    }
    if let Some(surplus) = kept.len().checked_sub(wanted).filter(|_| wanted > 0) {
        let smallest = kept.select_nth_unstable_by(surplus, by_loss_then_path).1.0;
        kept.retain(|(loss, _)| *loss >= smallest);
    }
    kept.sort_unstable_by(by_loss_then_path);
    kept
}

/// A predicate for losses at or above `threshold`, as the order of tails has it.
pub(super) fn at_least(threshold: f64) -> impl Fn(f64) -> bool {
    move |loss| loss >= threshold
}

/// The order statistics at `ranks` (from 1), exact.
pub(super) fn order_statistics<const N: usize>(losses: &[f64], ranks: [usize; N]) -> [f64; N] {
    if losses.len() < SMALL {
        let mut sorted: Vec<f64> = losses.iter().map(|loss| loss + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        return ranks.map(|rank| sorted[rank.clamp(1, sorted.len()) - 1]);
    }
    let picked = picked(losses);
    ranks.map(|rank| order_statistic(losses, &picked, rank.clamp(1, losses.len())))
}

fn order_statistic(losses: &[f64], picked: &[f64], rank: usize) -> f64 {
    let share = (losses.len() - rank) as f64 / losses.len() as f64;
    let (low, high) = (upper_order(picked, share), lower_order(picked, share));
    let below = losses.iter().fold(0, |sum, loss| sum + usize::from(*loss < low));
    let mut inside = filter(losses, |loss| loss >= low && loss <= high);
    let index = match rank.checked_sub(below + 1) {
        Some(index) if index < inside.len() => index,
        _ => {
            inside = filter(losses, |_| true);
            rank - 1
        }
    };
    inside.select_nth_unstable_by(index, by_loss_then_path).1.0
}

/// About `2·n^{2/3}` losses, ascending: enough to place a rank within `n^{2/3}`.
fn picked(losses: &[f64]) -> Vec<f64> {
    let root = libm::cbrt(losses.len() as f64);
    let mut picked: Vec<f64> =
        weyl_indices(losses.len(), (2.0 * root * root) as usize).map(|i| losses[i]).collect();
    picked.sort_unstable_by(f64::total_cmp);
    picked
}

/// `wanted` indices below `count`, spread evenly whatever the period of what they index.
pub(super) fn weyl_indices(count: usize, wanted: usize) -> impl Iterator<Item = usize> {
    let at = move |index: u64| {
        let fraction = u128::from(index.wrapping_mul(GOLDEN));
        ((fraction * count as u128) >> 64) as usize
    };
    (1..=wanted as u64).map(at)
}

/// A loss that surely has more than `share` of all losses above it.
fn upper_order(picked: &[f64], share: f64) -> f64 {
    let (above, reach) = placed(picked, share);
    let index = above + reach;
    if index < picked.len() as f64 { picked[picked.len() - 1 - index as usize] } else { f64::MIN }
}

/// A loss that surely has less than `share` of all losses above it.
fn lower_order(picked: &[f64], share: f64) -> f64 {
    let (above, reach) = placed(picked, share);
    let index = above - reach;
    if index >= 0.0 { picked[picked.len() - 1 - index as usize] } else { f64::MAX }
}

/// How many picked losses lie above, and how far that may be off.
fn placed(picked: &[f64], share: f64) -> (f64, f64) {
    let above = share * picked.len() as f64;
    (above, REACH * (above * (1.0 - share)).sqrt() + REACH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(count: u64) -> Vec<f64> {
        let mixed =
            |i: u64| (i.wrapping_mul(GOLDEN) ^ (i << 7)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (0..count).map(|i| ((mixed(i) >> 40) as f64 - 8e6) * 1e-3).collect()
    }

    fn sorted(losses: &[f64]) -> Vec<Entry> {
        let mut all: Vec<Entry> = (0u64..).zip(losses).map(|(path, l)| (l + 0.0, path)).collect();
        all.sort_unstable_by(by_loss_then_path);
        all
    }

    fn check(losses: &[f64]) {
        let all = sorted(losses);
        let count = losses.len();
        for wanted in [1, 7, count / 100 + 1, count / 5, count].map(|wanted| wanted.clamp(1, count))
        {
            let found = largest(losses, wanted);
            assert!(found.len() >= wanted);
            assert_eq!(found, all[count - found.len()..]);
            // Ties with the smallest kept are all in.
            assert!(found.len() == count || all[count - found.len() - 1].0 < found[0].0);
        }
        let ranks = [1, count / 2000 + 1, count / 4, count / 2, count];
        assert_eq!(order_statistics(losses, ranks), ranks.map(|r| all[r.clamp(1, count) - 1].0));
    }

    #[test]
    fn tails_and_order_statistics_are_those_of_the_sorted_sample() {
        for count in [1, 2, 100, 4_095, 4_096, 50_001, 200_000] {
            check(&losses(count));
        }
    }

    #[test]
    fn atoms_signed_zeros_and_sorted_input_are_no_trouble() {
        let atoms: Vec<f64> = losses(60_000).iter().map(|l| (l / 1e3).trunc() * 1e3).collect();
        assert!(atoms.iter().any(|loss| loss.to_bits() == (-0.0f64).to_bits()));
        check(&atoms);
        check(&vec![3.0; 30_000]);
        let mut ordered = losses(60_000);
        ordered.sort_unstable_by(f64::total_cmp);
        check(&ordered);
        ordered.reverse();
        check(&ordered);
    }

    #[test]
    fn a_pick_that_misleads_costs_time_and_not_exactness() {
        // Every picked loss is zero: brackets collapse, the fallback orders everything.
        let mut misleading: Vec<f64> = (1..=30_000).map(f64::from).collect();
        let root = libm::cbrt(30_000.0);
        weyl_indices(30_000, (2.0 * root * root) as usize).for_each(|i| misleading[i] = 0.0);
        check(&misleading);
    }

    #[test]
    fn weyl_indices_reach_every_residue_of_a_period() {
        // A stratified sample has the period of its strata.
        let mut seen = [0; 40];
        weyl_indices(40_000, 2_000).for_each(|index| seen[index % 40] += 1);
        assert!(seen.iter().all(|&count| (30..=70).contains(&count)), "{seen:?}");
    }
}
