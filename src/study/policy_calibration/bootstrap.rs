//! Intervals of differences by circular block bootstrap (Politis & Romano 1992): blocks of
//! consecutive dates drawn with replacement, the dates taken as a circle; all contenders on the same
//! blocks.

use rayon::prelude::*;

use crate::numeric::isa::InstructionSet;
use crate::numeric::{Purpose, Streams};

/// How blocks are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bootstrap {
    /// Dates of a block.
    pub block: usize,
    pub replicates: usize,
    pub seed: u64,
}

impl Bootstrap {
    /// 95 % percentile interval of a statistic of `count` dates; `statistic` is told which dates a
    /// replicate holds, in order.
    pub fn interval(
        &self,
        isa: InstructionSet,
        count: usize,
        statistic: impl Fn(&[usize]) -> f64 + Sync,
    ) -> [f64; 2] {
        let streams = Streams::new(self.seed, isa);
        let replicate =
            |replicate: usize| statistic(&self.dates(&streams, replicate as u64, count));
        let mut found: Vec<f64> = (0..self.replicates).into_par_iter().map(replicate).collect();
        found.sort_by(f64::total_cmp);
        // Order statistics at ranks ⌈n·p⌉ from either end.
        let rank = ((0.025 * found.len() as f64).ceil() as usize).max(1);
        [found[rank - 1], found[found.len() - rank]]
    }

    /// Dates of one replicate.
    fn dates(&self, streams: &Streams, replicate: u64, count: usize) -> Vec<usize> {
        let block = self.block.clamp(1, count);
        let mut start = [0.0];
        let mut dates = Vec::with_capacity(count + block);
        for step in 0..count.div_ceil(block) {
            let paths = [replicate];
            streams.fill_uniforms(Purpose::HistoryDate, step as u32, 0, &paths, &mut start);
            let first = ((start[0] * count as f64) as usize).min(count - 1);
            dates.extend((first..first + block).map(|date| date % count));
        }
        dates.truncate(count);
        dates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOTSTRAP: Bootstrap = Bootstrap { block: 5, replicates: 2_000, seed: 3 };

    #[test]
    fn a_constant_has_no_spread_and_blocks_are_consecutive() {
        let isa = InstructionSet::detect();
        assert_eq!(BOOTSTRAP.interval(isa, 40, |dates| dates.len() as f64), [40.0, 40.0]);
        let dates = BOOTSTRAP.dates(&Streams::new(3, isa), 7, 43);
        assert_eq!(dates.len(), 43);
        for block in dates.chunks(5) {
            assert!(block.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 43));
        }
    }

    #[test]
    fn the_spread_of_a_mean_is_that_of_independent_values() {
        // ±1 mixed well: the mean of 400 has a standard deviation of 1/20, the interval ±0.098.
        let values: Vec<f64> = (0..400u64)
            .map(|day| {
                let mixed = (day + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
                if mixed.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 63 == 0 { 1.0 } else { -1.0 }
            })
            .collect();
        let mean = |dates: &[usize]| {
            dates.iter().map(|&date| values[date]).sum::<f64>() / dates.len() as f64
        };
        let independent = Bootstrap { block: 1, ..BOOTSTRAP };
        let centre = values.iter().sum::<f64>() / 400.0;
        let [low, high] = independent.interval(InstructionSet::detect(), 400, mean);
        let half_width = 1.96 * ((1.0 - centre * centre) / 400.0).sqrt();
        assert!((low - (centre - half_width)).abs() < 0.015, "{low} {centre} {half_width}");
        assert!((high - (centre + half_width)).abs() < 0.015, "{high} {centre} {half_width}");
    }
}
