//! Steps that lead to a horizon drawn first: a Brownian bridge, node by node.
//!
//! Given the normal z of the whole horizon, the share r of its variance still ahead and the rest R
//! of √T·z still to go, a step of share s takes `R·s/r + √(s(r−s)/r)·ε` with a fresh normal ε.

use crate::simulation::TimeGrid;

/// Shares of each step in the horizon's variance, which flows evenly in time.
#[derive(Debug, Clone)]
pub(super) struct Bridge {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// s/r.
    pull: f64,
    /// √(s(r−s)/r).
    spread: f64,
    /// 1/√s.
    normal: f64,
}

impl Bridge {
    pub fn new(grid: &TimeGrid) -> Self {
        let horizon = grid.horizon().get();
        let count = grid.node_count();
        let step = |node: usize| {
            let share = grid.step_of(node).get() / horizon;
            let ahead = 1.0 - grid.start_of(node).get() / horizon;
            let is_last = node + 1 == count;
            let pull = if is_last { 1.0 } else { share / ahead };
            let spread = if is_last { 0.0 } else { (share * (1.0 - pull)).sqrt() };
            Step { pull, spread, normal: 1.0 / share.sqrt() }
        };
        Self { steps: (0..count).map(step).collect() }
    }

    /// Whether the horizon is one step: its normals are then the step's.
    pub fn is_one_step(&self) -> bool {
        self.steps.len() == 1
    }

    /// Whether the step to `node` needs normals of its own.
    pub fn is_free(&self, node: usize) -> bool {
        self.steps[node].spread > 0.0
    }

    /// Turns `normals` (fresh ones; anything where the step is not free) into those of the step to
    /// `node`, and takes them off what is still `ahead`.
    pub fn step(&self, node: usize, ahead: &mut [f64], normals: &mut [f64]) {
        let Step { pull, spread, normal } = self.steps[node];
        if spread == 0.0 {
            for (slot, ahead) in normals.iter_mut().zip(ahead) {
                *slot = *ahead * normal;
            }
            return;
        }
        for (slot, ahead) in normals.iter_mut().zip(ahead) {
            let move_now = pull * *ahead + spread * *slot;
            *ahead -= move_now;
            *slot = move_now * normal;
        }
    }
}
