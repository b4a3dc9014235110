//! Factor levels of a block of consecutive paths at one node.

/// Levels `[factor][path]` at the current node, relative to today.
///
/// | factor | `log` | `level` |
/// |---|---|---|
/// | spot, peg | `ln(S_t/S_0)` | `S_t/S_0` |
/// | volatility | cumulative log change | its exponential |
/// | basis (annualised), funding (per 8 h) | additive change | additive change |
#[derive(Debug, Clone, Default)]
pub struct FactorBlock {
    first_path: u64,
    path_count: usize,
    factor_count: usize,
    logs: Vec<f64>,
    levels: Vec<f64>,
}

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
