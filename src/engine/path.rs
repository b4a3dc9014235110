//! The stages of a path, in order. Every pass walks paths through this file and no other.
//!
//! At each node: factors move; funding and interest accrue; what expires here settles. At the
//! horizon every row is valued. Paths go in blocks, by id; how they are cut into blocks cannot be
//! observed in any number.

use super::EngineError;
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::pricing::{CompiledBook, Granularity, PathState, PricingSettings};
use crate::simulation::{FactorBlock, FactorModel, SimulationScratch, Simulator};

/// Paths walked together: 34 factors × 512 × 8 bytes stay within a core's second-level cache.
pub(super) const BLOCK_PATHS: usize = 512;

/// A book and a model, compiled to walk paths.
pub(super) struct PathEngine {
    simulator: Simulator,
    book: CompiledBook,
    nodes: usize,
    isa: InstructionSet,
}

/// Everything a worker needs to walk blocks without allocating.
pub(super) struct Workspace {
    previous: FactorBlock,
    current: FactorBlock,
    scratch: SimulationScratch,
    state: PathState,
    values: Vec<f64>,
}

/// What a path engine is compiled from.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub market: &'a Market,
    pub portfolio: &'a Portfolio,
    pub model: &'a FactorModel,
    pub pricing: PricingSettings,
    pub seed: u64,
    pub isa: InstructionSet,
}

impl PathEngine {
    pub fn compile(setting: &Setting, granularity: Granularity) -> Result<Self, EngineError> {
        let Setting { market, portfolio, model, pricing, seed, isa } = *setting;
        let book = CompiledBook::compile(market, portfolio, model, pricing, granularity)?;
        let simulator = Simulator::new(model, seed, isa)?;
        Ok(Self { simulator, book, nodes: model.grid.nodes.len(), isa })
    }

    pub fn book(&self) -> &CompiledBook {
        &self.book
    }

    pub fn workspace(&self, path_capacity: usize) -> Workspace {
        let factor_count = self.simulator.factor_count();
        Workspace {
            previous: FactorBlock::new(factor_count, path_capacity),
            current: FactorBlock::new(factor_count, path_capacity),
            scratch: SimulationScratch::new(&self.simulator, path_capacity),
            state: PathState::new(&self.book, path_capacity),
            values: vec![0.0; self.book.rows().len() * path_capacity],
        }
    }

    /// Walks `paths` to the horizon and values every row there.
    pub fn walk(&self, workspace: &mut Workspace, paths: &[u64]) {
        self.walk_watched(workspace, paths, |_, _| {});
    }

    /// As `walk`, showing the factors at every node to `watch`.
    pub fn walk_watched(
        &self,
        workspace: &mut Workspace,
        paths: &[u64],
        mut watch: impl FnMut(usize, &FactorBlock),
    ) {
        let Workspace { previous, current, scratch, state, values, .. } = workspace;
        self.simulator.start(paths, current, scratch);
        self.book.start_block(state, paths.len());
        for node in 0..self.nodes {
            previous.copy_from(current);
            self.simulator.advance(node, current, scratch);
            self.book.step(self.isa, node, previous, current, state);
            watch(node, current);
        }
        let size = self.book.rows().len() * paths.len();
        self.book.values(self.isa, self.nodes - 1, current, state, &mut values[..size]);
    }
}

impl Workspace {
    /// Value of a row at the horizon, `[path]`, in USD.
    pub fn row(&self, row: usize) -> &[f64] {
        let count = self.current.path_count();
        &self.values[row * count..][..count]
    }

    /// Factors at the horizon.
    pub fn factors(&self) -> &FactorBlock {
        &self.current
    }
}
