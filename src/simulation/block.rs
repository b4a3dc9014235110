//! Factor levels of a block of consecutive paths at one node.

/// Levels `[factor][path]` at the current node, relative to today.
///
/// | factor | `log` | `level` |
/// |---|---|---|
/// | spot, peg | `ln(S_t/S_0)` | `S_t/S_0` |
/// | volatility | cumulative log change | its exponential |
/// | basis (annualised), funding (per 8 h) | additive change | additive change |
///
/// Under simple returns a level can fall below zero; its `log` is then that of
/// [`SMALLEST_LEVEL`], so that nothing is NaN.
#[derive(Debug, Clone, Default)]
pub struct FactorBlock {
    first_path: u64,
    path_count: usize,
    factor_count: usize,
    logs: Vec<f64>,
    levels: Vec<f64>,
}

/// Level whose logarithm stands in for that of a smaller or negative one (simple returns only).
pub const SMALLEST_LEVEL: f64 = 1e-6;

impl FactorBlock {
    /// Room for `factor_count` factors on up to `path_capacity` paths, at today's levels.
    pub fn new(factor_count: usize, path_capacity: usize) -> Self {
        let size = factor_count * path_capacity;
        Self {
            first_path: 0,
            path_count: path_capacity,
            factor_count,
            logs: vec![0.0; size],
            levels: vec![1.0; size],
        }
    }

    /// Points the block at `path_count` paths from `first_path`; contents are then undefined.
    ///
    /// # Panics
    /// If the block was built for fewer paths.
    pub fn reset(&mut self, first_path: u64, path_count: usize) {
        assert!(path_count * self.factor_count <= self.logs.len(), "block too small");
        self.first_path = first_path;
        self.path_count = path_count;
    }

    /// Becomes a copy of `other` without allocating: the previous node's block, before the step.
    ///
    /// # Panics
    /// If the factor counts differ or the block was built for fewer paths.
    pub fn copy_from(&mut self, other: &Self) {
        assert_eq!(self.factor_count, other.factor_count, "factors differ");
        self.reset(other.first_path, other.path_count);
        let size = other.factor_count * other.path_count;
        self.logs[..size].copy_from_slice(&other.logs[..size]);
        self.levels[..size].copy_from_slice(&other.levels[..size]);
    }

    /// Id of the first path.
    pub fn first_path(&self) -> u64 {
        self.first_path
    }

    /// Paths in use.
    pub fn path_count(&self) -> usize {
        self.path_count
    }

    /// Factors.
    pub fn factor_count(&self) -> usize {
        self.factor_count
    }

    /// Logs (or additive changes) of one factor.
    pub fn log(&self, factor: usize) -> &[f64] {
        &self.logs[factor * self.path_count..][..self.path_count]
    }

    /// Levels of one factor.
    pub fn level(&self, factor: usize) -> &[f64] {
        &self.levels[factor * self.path_count..][..self.path_count]
    }

    /// Logs and levels of one factor, to write.
    pub fn factor_mut(&mut self, factor: usize) -> (&mut [f64], &mut [f64]) {
        let range = factor * self.path_count..(factor + 1) * self.path_count;
        (&mut self.logs[range.clone()], &mut self.levels[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_follows_the_paths_in_use() {
        let mut small = FactorBlock::new(2, 8);
        small.reset(40, 3);
        small.factor_mut(1).0.fill(0.5);
        let mut copy = FactorBlock::new(2, 8);
        copy.copy_from(&small);
        assert_eq!((copy.first_path(), copy.path_count()), (40, 3));
        assert_eq!(copy.log(1), [0.5; 3]);
    }
}
