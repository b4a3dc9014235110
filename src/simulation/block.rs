//! Factor levels of a block of paths at one node.

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
///
/// The paths are named by id, in any order: a run of them in the first pass, scattered ones in the
/// tail.
#[derive(Debug, Clone, Default)]
pub struct FactorBlock {
    paths: Vec<u64>,
    factor_count: usize,
    logs: Vec<f64>,
    levels: Vec<f64>,
    /// Log of each factor that is the same on every path.
    uniform: Vec<Option<f64>>,
    /// Likelihood ratios; empty where all are one.
    weights: Vec<f64>,
    /// `[control][path]`.
    controls: Vec<f64>,
}

/// Numbers of a factor block (logs and levels, of two nodes) that a core's second-level cache of
/// 1 MB holds beside the triangular factor passing through it. Measured with 500 factors: 128
/// paths a block take a sixth less time than 512, and 64 no less than 128.
const CACHED_NUMBERS: usize = 1 << 18;
/// Smallest number of paths over which the cost of calling a kernel is spread.
const BLOCK_PATHS_MIN: usize = 64;
/// More paths than this spread it no further.
const BLOCK_PATHS_MAX: usize = 512;

/// Paths to walk together with `factor_count` factors, so that their levels stay in the caches.
/// How many cannot be observed in any number.
pub fn block_paths(factor_count: usize) -> usize {
    let paths = CACHED_NUMBERS / (4 * factor_count.max(1));
    let whole = paths / BLOCK_PATHS_MIN * BLOCK_PATHS_MIN;
    whole.clamp(BLOCK_PATHS_MIN, BLOCK_PATHS_MAX)
}

/// Level whose logarithm stands in for that of a smaller or negative one (simple returns only).
pub const SMALLEST_LEVEL: f64 = 1e-6;

impl FactorBlock {
    /// Room for `factor_count` factors on up to `path_capacity` paths; today's levels on the paths
    /// from id 0.
    pub fn new(factor_count: usize, path_capacity: usize) -> Self {
        let size = factor_count * path_capacity;
        Self {
            paths: (0..path_capacity as u64).collect(),
            factor_count,
            logs: vec![0.0; size],
            levels: vec![1.0; size],
            uniform: vec![Some(0.0); factor_count],
            weights: Vec::new(),
            controls: Vec::new(),
        }
    }

    /// Points the block at `paths`; contents are then undefined.
    ///
    /// # Panics
    /// If the block was built for fewer paths.
    pub fn reset(&mut self, paths: &[u64]) {
        assert!(paths.len() * self.factor_count <= self.logs.len(), "block too small");
        self.paths.clear();
        self.paths.extend_from_slice(paths);
        self.uniform.fill(None);
        self.weights.clear();
        self.controls.clear();
    }

    /// Points the block at `count` copies of one path; contents are then undefined.
    pub(super) fn reset_repeated(&mut self, path: u64, count: usize) {
        assert!(count * self.factor_count <= self.logs.len(), "block too small");
        self.paths.clear();
        self.paths.resize(count, path);
        self.uniform.fill(None);
        self.weights.clear();
        self.controls.clear();
    }

    /// Becomes a copy of `other` without allocating: the previous node's block, before the step;
    /// weights and controls, which belong to whole paths, are left out.
    ///
    /// # Panics
    /// If the factor counts differ or the block was built for fewer paths.
    pub fn copy_from(&mut self, other: &Self) {
        assert_eq!(self.factor_count, other.factor_count, "factors differ");
        self.reset(&other.paths);
        self.uniform.copy_from_slice(&other.uniform);
        let size = other.factor_count * other.path_count();
        self.logs[..size].copy_from_slice(&other.logs[..size]);
        self.levels[..size].copy_from_slice(&other.levels[..size]);
    }

    /// Becomes a copy of `other`, weights and controls included; allocates at most once.
    ///
    /// # Panics
    /// As [`Self::copy_from`].
    pub fn copy_whole(&mut self, other: &Self) {
        self.copy_from(other);
        self.weights.clone_from(&other.weights);
        self.controls.clone_from(&other.controls);
    }

    /// Becomes some of the paths of `other`, by their places in it, without allocating.
    ///
    /// # Panics
    /// If the factor counts differ, the block was built for fewer paths, or a place is beyond
    /// `other`.
    pub fn gather(&mut self, other: &Self, places: &[usize]) {
        assert_eq!(self.factor_count, other.factor_count, "factors differ");
        assert!(places.len() * self.factor_count <= self.logs.len(), "block too small");
        self.paths.clear();
        self.paths.extend(places.iter().map(|&place| other.paths[place]));
        for factor in 0..self.factor_count {
            let (logs, levels) = self.factor_mut(factor);
            let (from_logs, from_levels) = (other.log(factor), other.level(factor));
            for ((log, level), &place) in logs.iter_mut().zip(levels).zip(places) {
                (*log, *level) = (from_logs[place], from_levels[place]);
            }
        }
        self.uniform.copy_from_slice(&other.uniform);
    }

    /// Points the block at the paths of `other`, with their weights and controls; what it knows of
    /// factors on them stays.
    pub(super) fn follow(&mut self, other: &Self) {
        assert_eq!(self.factor_count, other.factor_count, "factors differ");
        if self.paths != other.paths {
            self.reset(&other.paths);
        }
        self.weights.clone_from(&other.weights);
        self.controls.clone_from(&other.controls);
    }

    /// Takes over one factor of a block on the same paths.
    pub(super) fn carry(&mut self, other: &Self, factor: usize) {
        match other.uniform[factor] {
            Some(log) if self.uniform[factor] == Some(log) => {}
            Some(log) => self.set_uniform(factor, log, other.level(factor)[0]),
            None => {
                let (logs, levels) = self.factor_mut(factor);
                logs.copy_from_slice(other.log(factor));
                levels.copy_from_slice(other.level(factor));
            }
        }
    }

    /// Ids of the paths in use.
    pub fn paths(&self) -> &[u64] {
        &self.paths
    }

    /// Paths in use.
    pub fn path_count(&self) -> usize {
        self.paths.len()
    }

    /// Likelihood ratio of each path against the model, under the sampling scheme; empty where all
    /// are one.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Control values per path.
    pub fn control_count(&self) -> usize {
        self.controls.len() / self.path_count().max(1)
    }

    /// Values of one control, in the order of the scheme's control means.
    pub fn control(&self, index: usize) -> &[f64] {
        &self.controls[index * self.path_count()..][..self.path_count()]
    }

    /// Weights to write, one a path.
    pub(super) fn weights_mut(&mut self) -> &mut [f64] {
        self.weights.resize(self.paths.len(), 1.0);
        &mut self.weights
    }

    /// Controls to write, `[control][path]`.
    pub(super) fn controls_mut(&mut self, count: usize) -> &mut [f64] {
        self.controls.resize(count * self.paths.len(), 0.0);
        &mut self.controls
    }

    /// Factors.
    pub fn factor_count(&self) -> usize {
        self.factor_count
    }

    /// Logs (or additive changes) of one factor.
    pub fn log(&self, factor: usize) -> &[f64] {
        &self.logs[factor * self.path_count()..][..self.path_count()]
    }

    /// Levels of one factor.
    pub fn level(&self, factor: usize) -> &[f64] {
        &self.levels[factor * self.path_count()..][..self.path_count()]
    }

    /// The log of a factor that is the same on every path of the block, such as one that never
    /// moves; `None` where paths may differ. Lets pricing compute it once.
    pub fn uniform(&self, factor: usize) -> Option<f64> {
        self.uniform[factor]
    }

    /// Logs and levels of one factor, to write; it is no longer known to be uniform.
    pub fn factor_mut(&mut self, factor: usize) -> (&mut [f64], &mut [f64]) {
        self.uniform[factor] = None;
        let range = factor * self.path_count()..(factor + 1) * self.path_count();
        (&mut self.logs[range.clone()], &mut self.levels[range])
    }

    /// Sets one factor on every path.
    pub(crate) fn set_uniform(&mut self, factor: usize, log: f64, level: f64) {
        let (logs, levels) = self.factor_mut(factor);
        logs.fill(log);
        levels.fill(level);
        self.uniform[factor] = Some(log);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_shrink_as_factors_grow() {
        let counts = [0, 1, 20, 128, 200, 500, 1000, 100_000].map(block_paths);
        assert_eq!(counts, [512, 512, 512, 512, 320, 128, 64, 64]);
    }

    #[test]
    fn a_copy_follows_the_paths_in_use() {
        let mut small = FactorBlock::new(2, 8);
        small.reset(&[40, 7, 42]);
        small.factor_mut(1).0.fill(0.5);
        small.set_uniform(0, 0.25, 1.5);
        let mut copy = FactorBlock::new(2, 8);
        copy.copy_from(&small);
        assert_eq!(copy.paths(), [40, 7, 42]);
        assert_eq!((copy.uniform(0), copy.uniform(1)), (Some(0.25), None));
        assert_eq!(copy.log(1), [0.5; 3]);
    }

    #[test]
    fn gathered_paths_keep_their_levels_and_what_is_uniform() {
        let mut all = FactorBlock::new(2, 4);
        all.reset(&[7, 8, 9, 10]);
        all.factor_mut(1).0.copy_from_slice(&[0.1, 0.2, 0.3, 0.4]);
        all.set_uniform(0, 0.25, 1.5);
        let mut some = FactorBlock::new(2, 2);
        some.gather(&all, &[3, 1]);
        assert_eq!(some.paths(), [10, 8]);
        assert_eq!((some.log(1), some.level(0)), ([0.4, 0.2].as_slice(), [1.5; 2].as_slice()));
        assert_eq!((some.uniform(0), some.uniform(1)), (Some(0.25), None));
    }
}
