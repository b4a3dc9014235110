//! Kernels that move the levels of a block of paths by the changes of a step.
//!
//! Flows in: changes `[path]` of one factor, what they are multiplied by, a drift. Flows out: the
//! factor's running sums, and their exponentials, in one pass over memory.
//!
//! # Panics
//! Every kernel panics if its slices differ in length: a fault of the caller's code, not of input.

use super::element;
use super::isa::cloned_per_instruction_set;

cloned_per_instruction_set! {
    /// `logs += scale·changes + drift`, then `levels = e^logs`.
    pub fn accumulate_exponential(
        scale: f64, changes: &[f64], drift: f64, logs: &mut [f64], levels: &mut [f64],
    ) = bodies::accumulate_exponential;
}
cloned_per_instruction_set! {
    /// `logs = before + (scale·changes + drift)`, then `levels = e^logs`; the same bits as in place.
    pub fn accumulate_exponential_from(
        scale: f64,
        changes: &[f64],
        drift: f64,
        before: &[f64],
        logs: &mut [f64],
        levels: &mut [f64],
    ) = bodies::accumulate_exponential_from;
}
cloned_per_instruction_set! {
    /// `sums += scale·changes + drift`.
    pub fn accumulate(scale: f64, changes: &[f64], drift: f64, sums: &mut [f64])
        = bodies::accumulate;
}
cloned_per_instruction_set! {
    /// `changes *= scales`, path by path.
    pub fn scale_paths(scales: &[f64], changes: &mut [f64]) = bodies::scale_paths;
}
cloned_per_instruction_set! {
    /// `totals += scale·changes`; the changes become those of the totals held within ±`bound`.
    pub fn bound_changes(scale: f64, bound: f64, totals: &mut [f64], changes: &mut [f64])
        = bodies::bound_changes;
}
cloned_per_instruction_set! {
    /// [`bound_changes`] with a scale for each path.
    pub fn bound_scaled_changes(
        scales: &[f64], bound: f64, totals: &mut [f64], changes: &mut [f64],
    ) = bodies::bound_scaled_changes;
}

mod bodies {
    use super::element;

    #[inline(always)]
    pub fn accumulate_exponential(
        scale: f64,
        changes: &[f64],
        drift: f64,
        logs: &mut [f64],
        levels: &mut [f64],
    ) {
        assert!(changes.len() == logs.len() && levels.len() == logs.len());
        for ((log, level), change) in logs.iter_mut().zip(levels).zip(changes) {
            *log += scale.mul_add(*change, drift);
            *level = element::exp(*log);
        }
    }

    #[inline(always)]
    pub fn accumulate_exponential_from(
        scale: f64,
        changes: &[f64],
        drift: f64,
        before: &[f64],
        logs: &mut [f64],
        levels: &mut [f64],
    ) {
        let count = logs.len();
        assert!(changes.len() == count && before.len() == count && levels.len() == count);
        let moves = before.iter().zip(changes);
        for ((log, level), (before, change)) in logs.iter_mut().zip(levels).zip(moves) {
            *log = before + scale.mul_add(*change, drift);
            *level = element::exp(*log);
        }
    }

    #[inline(always)]
    pub fn accumulate(scale: f64, changes: &[f64], drift: f64, sums: &mut [f64]) {
        assert_eq!(changes.len(), sums.len());
        for (sum, change) in sums.iter_mut().zip(changes) {
            *sum += scale.mul_add(*change, drift);
        }
    }

    #[inline(always)]
    pub fn scale_paths(scales: &[f64], changes: &mut [f64]) {
        assert_eq!(scales.len(), changes.len());
        for (change, scale) in changes.iter_mut().zip(scales) {
            *change *= scale;
        }
    }

    #[inline(always)]
    pub fn bound_changes(scale: f64, bound: f64, totals: &mut [f64], changes: &mut [f64]) {
        assert_eq!(totals.len(), changes.len());
        for (total, change) in totals.iter_mut().zip(changes) {
            *change = moved_within(scale * *change, bound, total);
        }
    }

    #[inline(always)]
    pub fn bound_scaled_changes(
        scales: &[f64],
        bound: f64,
        totals: &mut [f64],
        changes: &mut [f64],
    ) {
        assert!(scales.len() == changes.len() && totals.len() == changes.len());
        for ((total, change), scale) in totals.iter_mut().zip(changes).zip(scales) {
            *change = moved_within(scale * *change, bound, total);
        }
    }

    /// Adds `change` to the total; what that does to the total held within ±`bound`.
    #[inline(always)]
    fn moved_within(change: f64, bound: f64, total: &mut f64) -> f64 {
        let before = held(*total, bound);
        *total += change;
        held(*total, bound) - before
    }

    #[inline(always)]
    fn held(x: f64, bound: f64) -> f64 {
        let below = if x < bound { x } else { bound };
        if below > -bound { below } else { -bound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::InstructionSet;

    const CHANGES: [f64; 5] = [0.0, 0.5, -0.25, 3.0, -8.0];

    #[test]
    fn sums_take_the_scaled_change_and_the_drift() {
        for isa in InstructionSet::available() {
            let (mut logs, mut levels) = ([0.25; 5], [0.0; 5]);
            accumulate_exponential(isa, 0.5, &CHANGES, 0.125, &mut logs, &mut levels);
            assert_eq!(logs, [0.375, 0.625, 0.25, 1.875, -3.625]);
            for (level, log) in levels.iter().zip(logs) {
                assert!((level / libm::exp(log) - 1.0).abs() < 3e-16);
            }
            let (mut after, mut exponentials) = ([0.0; 5], [0.0; 5]);
            let before = [0.25; 5];
            accumulate_exponential_from(
                isa,
                0.5,
                &CHANGES,
                0.125,
                &before,
                &mut after,
                &mut exponentials,
            );
            assert_eq!((after, exponentials), (logs, levels));
            let mut sums = [0.25; 5];
            accumulate(isa, 0.5, &CHANGES, 0.125, &mut sums);
            assert_eq!(sums, logs);
        }
    }

    #[test]
    fn held_totals_come_back_from_where_they_are() {
        for isa in InstructionSet::available() {
            let (mut totals, mut changes) = ([0.5; 5], CHANGES);
            bound_changes(isa, 1.0, 1.0, &mut totals, &mut changes);
            assert_eq!(totals, [0.5, 1.0, 0.25, 3.5, -7.5]);
            assert_eq!(changes, [0.0, 0.5, -0.25, 0.5, -1.5]);
            let mut back = [-0.25, -0.25, 0.25, -1.5, 3.0];
            bound_scaled_changes(isa, &[1.0, 1.0, 1.0, 2.0, 2.0], 1.0, &mut totals, &mut back);
            assert_eq!(totals, [0.25, 0.75, 0.5, 0.5, -1.5]);
            assert_eq!(back, [-0.25, -0.25, 0.25, -0.5, 0.0]);
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let changes: Vec<f64> = (0..1_003).map(|i| libm::sin(f64::from(i) * 12.9898)).collect();
        let run = |isa| {
            let (mut logs, mut levels) = (changes.clone(), changes.clone());
            accumulate_exponential(isa, 0.1, &changes, 0.01, &mut logs, &mut levels);
            let (mut totals, mut moves) = (logs.clone(), changes.clone());
            bound_scaled_changes(isa, &levels, 0.7, &mut totals, &mut moves);
            scale_paths(isa, &levels, &mut totals);
            [logs, levels, totals, moves].concat()
        };
        let expected = run(InstructionSet::Baseline);
        for isa in InstructionSet::available() {
            assert_eq!(run(isa), expected, "{isa}");
        }
    }
}
