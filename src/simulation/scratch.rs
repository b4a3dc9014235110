//! Working memory of a worker, and the part of a block's state that is not a factor level.

use super::simulator::Simulator;

/// Preallocated slices for one worker; all `[row][path]` with the block's path count as stride.
///
/// It also carries what a process remembers of its paths between nodes, so a block and its scratch
/// belong together from [`Simulator::start`] to the horizon.
#[derive(Debug, Clone)]
pub struct SimulationScratch {
    pub(super) path_capacity: usize,
    pub(super) paths: std::ops::Range<u64>,
    /// Node the block stands at; `None` today.
    pub(super) node: Option<usize>,
    /// Independent normals.
    pub(super) normals: Vec<f64>,
    /// Correlated normals, then returns over the step, `[drawn factor][path]`.
    pub(super) increments: Vec<f64>,
    /// Rows of one value a path.
    pub(super) rows: [Vec<f64>; 2],
    /// What the process remembers.
    pub(super) memory: Memory,
}

/// What a process remembers of its paths; empty where it needs nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// Cumulative return before truncation, `[drawn factor][path]`.
    pub untruncated: Vec<f64>,
}

impl SimulationScratch {
    /// Room for blocks of up to `path_capacity` paths.
    pub fn new(simulator: &Simulator, path_capacity: usize) -> Self {
        let rows = simulator.drawn_count() * path_capacity;
        let needs = simulator.needs();
        let sized = |needed: bool| vec![0.0; if needed { rows } else { 0 }];
        Self {
            path_capacity,
            paths: 0..0,
            node: None,
            normals: vec![0.0; simulator.work_length(path_capacity)],
            increments: vec![0.0; rows],
            rows: [vec![0.0; path_capacity], vec![0.0; path_capacity]],
            memory: Memory { untruncated: sized(needs.untruncated) },
        }
    }
}

/// Which memory a process needs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    pub untruncated: bool,
}
