//! Working memory of a worker, and the part of a block's state that is not a factor level.

use super::mixing::KeptMultipliers;
use super::sampling::SamplingMemory;
use super::simulator::Simulator;

/// Preallocated slices for one worker; but for the normals all `[row][path]` with the block's path
/// count as stride.
///
/// It also carries what a process remembers of its paths between nodes, so a block and its scratch
/// belong together from [`Simulator::start`] to the horizon.
#[derive(Debug, Clone)]
pub struct SimulationScratch {
    pub(super) path_capacity: usize,
    /// Paths in use.
    pub(super) path_count: usize,
    /// Node the block stands at; `None` today.
    pub(super) node: Option<usize>,
    /// Independent normals of a tile of paths.
    pub(super) normals: Vec<f64>,
    /// Correlated normals of a piece of the step, `[drawn factor][path]`.
    pub(super) correlated: Vec<f64>,
    /// Changes over the step, `[drawn factor][path]`; a scale makes them returns.
    pub(super) increments: Vec<f64>,
    /// Rows of one value a path.
    pub(super) rows: [Vec<f64>; 2],
    /// Some paths of the block, by their index in it.
    pub(super) some_paths: Vec<u32>,
    /// What the process remembers.
    pub(super) memory: Memory,
    /// What the sampling scheme keeps of its paths.
    pub(super) sampling: SamplingMemory,
}

/// What a process remembers of its paths; empty where it needs nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// Cumulative return before truncation, `[drawn factor][path]`.
    pub untruncated: Vec<f64>,
    /// Brownian position inside the calibration interval, in roots of it, `[drawn factor][path]`.
    pub positions: Vec<f64>,
    /// Return of the calibration interval so far, `[drawn factor][path]`.
    pub partial: Vec<f64>,
    /// Conditional variance of the interval over today's, `[drawn factor][path]`.
    pub variances: Vec<f64>,
    /// Date drawn for the interval, `[path]`.
    pub dates: Vec<u32>,
    /// Variance multipliers of the interval.
    pub multipliers: KeptMultipliers,
}

impl SimulationScratch {
    /// Room for blocks of up to `path_capacity` paths.
    pub fn new(simulator: &Simulator, path_capacity: usize) -> Self {
        let rows = simulator.drawn_count() * path_capacity;
        let needs = simulator.needs();
        let sized = |needed: bool| vec![0.0; if needed { rows } else { 0 }];
        Self {
            path_capacity,
            path_count: 0,
            node: None,
            normals: vec![0.0; simulator.work_length()],
            correlated: sized(needs.correlated),
            increments: vec![0.0; rows],
            rows: [vec![0.0; path_capacity], vec![0.0; path_capacity]],
            some_paths: Vec::with_capacity(path_capacity),
            memory: Memory {
                untruncated: sized(needs.untruncated),
                positions: sized(needs.positions),
                partial: sized(needs.partial),
                variances: sized(needs.variances),
                dates: vec![0; path_capacity],
                multipliers: KeptMultipliers::new(path_capacity),
            },
            sampling: simulator.sampling_memory(path_capacity),
        }
    }
}

impl SimulationScratch {
    /// Changes of one drawn factor over the step.
    pub(super) fn changes(&self, row: usize) -> &[f64] {
        &self.increments[row * self.path_count..][..self.path_count]
    }
}

/// Which slices a process needs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    pub untruncated: bool,
    pub correlated: bool,
    pub positions: bool,
    pub partial: bool,
    pub variances: bool,
}
