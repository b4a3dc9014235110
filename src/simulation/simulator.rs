//! Moves blocks of paths from node to node.
//!
//! Flows in: a fitted model, a seed, an instruction set. Flows out: factor levels that are a pure
//! function of (model, seed, path id): neither the cut into blocks nor the instruction set shows.

use super::block::FactorBlock;
use super::correlated::Draw;
use super::drift::drift_steps;
use super::driver::{Driver, Scale};
use super::error::SimulationError;
use super::movement::{Movement, move_factor};
use super::replay::ReplayedPaths;
use super::sampling::{Sampling, SamplingMemory, Scheme};
use super::scratch::{Needs, SimulationScratch};
use super::{FactorModel, Process, TimeGrid};
use crate::numeric::{InstructionSet, Streams, accumulate};

/// A compiled model: tables and drifts computed once, shared by all workers.
#[derive(Debug, Clone)]
pub struct Simulator {
    streams: Streams,
    isa: InstructionSet,
    grid: TimeGrid,
    movements: Vec<Movement>,
    /// Factors that are drawn, in matrix order.
    drawn: Vec<usize>,
    /// For each factor its row among the drawn ones; `None` where it does not move at random.
    rows: Vec<Option<usize>>,
    driver: Driver,
    /// Deterministic part of each step, `[node][factor]`.
    drifts: Vec<f64>,
    truncation: Option<f64>,
    scheme: Scheme,
}

impl Simulator {
    /// Compiles `model`, its paths drawn plainly.
    ///
    /// # Errors
    /// A model that does not hold together, e.g. read from a damaged plan.
    pub fn new(
        model: &FactorModel,
        seed: u64,
        isa: InstructionSet,
    ) -> Result<Self, SimulationError> {
        Self::with_sampling(model, &Sampling::Plain, seed, isa)
    }

    /// Compiles `model`, its paths drawn by a scheme fitted to it.
    ///
    /// # Errors
    /// A model that does not hold together, or a scheme of another model.
    pub fn with_sampling(
        model: &FactorModel,
        sampling: &Sampling,
        seed: u64,
        isa: InstructionSet,
    ) -> Result<Self, SimulationError> {
        model.check()?;
        let drawn = drawn_factors(model);
        let mut rows = vec![None; model.factors.len()];
        for (row, &factor) in drawn.iter().enumerate() {
            rows[factor] = (model.factors[factor].volatility > 0.0).then_some(row);
        }
        let movement = |factor: &super::Factor| Movement::of(&factor.key, model.returns);
        let scheme = Scheme::new(sampling, model, &drawn)?;
        let driver = Driver::new(model, &drawn);
        let driver = match (&scheme, &model.process) {
            (Scheme::Conditional(draws), Process::StudentT { degrees_of_freedom, .. }) => {
                driver.given(*degrees_of_freedom, draws.evidence())
            }
            _ => driver,
        };
        Ok(Self {
            streams: Streams::new(seed, isa),
            isa,
            grid: model.grid.clone(),
            movements: model.factors.iter().map(movement).collect(),
            driver,
            drifts: drift_steps(model),
            truncation: applied_truncation(model),
            scheme,
            drawn,
            rows,
        })
    }

    /// The same paths with some factors held at today's levels: they are drawn, for what others share
    /// with them, and do not move.
    ///
    /// # Panics
    /// If `held` is not of this model.
    #[must_use]
    pub fn holding(mut self, held: &[bool]) -> Self {
        assert_eq!(held.len(), self.factor_count(), "one entry a factor");
        for node in self.drifts.chunks_exact_mut(held.len().max(1)) {
            node.iter_mut()
                .zip(held)
                .filter(|(_, held)| **held)
                .for_each(|(drift, _)| *drift = 0.0);
        }
        self.rows.iter_mut().zip(held).filter(|(_, held)| **held).for_each(|(row, _)| *row = None);
        self
    }

    /// Number of factors.
    pub fn factor_count(&self) -> usize {
        self.movements.len()
    }

    /// The nodes.
    pub fn grid(&self) -> &TimeGrid {
        &self.grid
    }

    /// Sets block and scratch to today's levels on `paths`, in any order.
    ///
    /// # Panics
    /// If block or scratch were built for fewer paths or other factors, or without a path.
    pub fn start(&self, paths: &[u64], block: &mut FactorBlock, scratch: &mut SimulationScratch) {
        assert!((1..=scratch.path_capacity).contains(&paths.len()), "scratch too small");
        assert_eq!(block.factor_count(), self.factor_count(), "block of another model");
        block.reset(paths);
        for (factor, movement) in self.movements.iter().enumerate() {
            block.set_uniform(factor, 0.0, movement.level_today());
        }
        scratch.path_count = paths.len();
        scratch.node = None;
        scratch.memory.untruncated.fill(0.0);
        scratch.memory.multipliers.forget();
        self.scheme.start(&self.streams, self.isa, block, scratch);
    }

    /// Moves the block from the node before to `node` (the first from today).
    ///
    /// What others did to the block between nodes, such as market impact, stays.
    ///
    /// # Panics
    /// If nodes are not taken in order, or block and scratch were not started together.
    pub fn advance(&self, node: usize, block: &mut FactorBlock, scratch: &mut SimulationScratch) {
        if let Driver::Replayed(paths) = &self.driver {
            let before = block.clone();
            return self.replay(paths, node, &before, block, scratch);
        }
        let scale = self.draw(node, block.paths(), scratch);
        for factor in 0..self.factor_count() {
            self.move_in_place(factor, (node, scale), block, scratch);
        }
    }

    /// As [`Self::advance`], from `previous`, which stays as it is, to `block`, whatever that held:
    /// for steps that look at both nodes, without a copy.
    ///
    /// # Panics
    /// If nodes are not taken in order, or `previous` and scratch were not started together.
    pub fn advance_from(
        &self,
        node: usize,
        previous: &FactorBlock,
        block: &mut FactorBlock,
        scratch: &mut SimulationScratch,
    ) {
        if let Driver::Replayed(paths) = &self.driver {
            return self.replay(paths, node, previous, block, scratch);
        }
        let scale = self.draw(node, previous.paths(), scratch);
        block.follow(previous);
        for factor in 0..self.factor_count() {
            match (self.movements[factor], self.rows[factor]) {
                (Movement::Exponential, Some(row)) => {
                    let (changes, drift) = (scratch.changes(row), self.drift(node, factor));
                    let before = previous.log(factor);
                    let (logs, levels) = block.factor_mut(factor);
                    accumulate::accumulate_exponential_from(
                        self.isa, scale, changes, drift, before, logs, levels,
                    );
                }
                _ => {
                    block.carry(previous, factor);
                    self.move_in_place(factor, (node, scale), block, scratch);
                }
            }
        }
    }

    /// Moves a block whose levels are stated.
    fn replay(
        &self,
        paths: &ReplayedPaths,
        node: usize,
        previous: &FactorBlock,
        block: &mut FactorBlock,
        scratch: &mut SimulationScratch,
    ) {
        assert_eq!(scratch.node.map_or(0, |at| at + 1), node, "nodes are taken in order");
        scratch.node = Some(node);
        block.follow(previous);
        let is_additive = |factor: usize| self.movements[factor] == Movement::Additive;
        paths.move_block(node, previous, block, is_additive);
    }

    /// Fills the changes of the step to `node`; returns what they are to be multiplied by.
    fn draw(&self, node: usize, paths: &[u64], scratch: &mut SimulationScratch) -> f64 {
        assert_eq!(scratch.node.map_or(0, |at| at + 1), node, "nodes are taken in order");
        assert_eq!(scratch.path_count, paths.len(), "block and scratch differ");
        scratch.node = Some(node);
        let draw = Draw { streams: self.streams, isa: self.isa, paths };
        let scale = self.scheme.fill_increments(node, &draw, scratch, |draw, scratch| {
            self.driver.fill_increments(node, draw, scratch)
        });
        self.absorb(scale, paths.len(), scratch)
    }

    /// Takes into the changes what is not the same for all of them: a scale of each path, and the
    /// bound on cumulative returns. Returns the scale that is left.
    fn absorb(&self, scale: Scale, path_count: usize, scratch: &mut SimulationScratch) -> f64 {
        let size = self.drawn.len() * path_count;
        let SimulationScratch { memory, increments, rows: [scales, _], .. } = scratch;
        let (changes, scales) = (&mut increments[..size], &scales[..path_count]);
        let by_factor = changes.chunks_exact_mut(path_count);
        match (scale, self.truncation) {
            (Scale::Common(scale), None) => return scale,
            (Scale::Common(scale), Some(bound)) => {
                let totals = &mut memory.untruncated[..size];
                accumulate::bound_changes(self.isa, scale, bound, totals, changes);
            }
            (Scale::Paths, None) => {
                by_factor.for_each(|row| accumulate::scale_paths(self.isa, scales, row));
            }
            (Scale::Paths, Some(bound)) => {
                let totals = memory.untruncated.chunks_exact_mut(path_count);
                for (changes, totals) in by_factor.zip(totals) {
                    accumulate::bound_scaled_changes(self.isa, scales, bound, totals, changes);
                }
            }
        }
        1.0
    }

    fn move_in_place(
        &self,
        factor: usize,
        (node, scale): (usize, f64),
        block: &mut FactorBlock,
        scratch: &SimulationScratch,
    ) {
        let (movement, drift) = (self.movements[factor], self.drift(node, factor));
        match (self.rows[factor], block.uniform(factor)) {
            (Some(row), _) => {
                let (logs, levels) = block.factor_mut(factor);
                move_factor(movement, self.isa, (scale, scratch.changes(row)), drift, logs, levels);
            }
            (None, _) if drift == 0.0 => {}
            (None, Some(_)) => {
                // The same on every path: one is moved for all.
                let (logs, levels) = block.factor_mut(factor);
                let (log, level) = (&mut logs[..1], &mut levels[..1]);
                move_factor(movement, self.isa, (0.0, &[0.0]), drift, log, level);
                let (log, level) = (log[0], level[0]);
                block.set_uniform(factor, log, level);
            }
            (None, None) => {
                // Someone moved it apart: any changes, none of which counts.
                let (logs, levels) = block.factor_mut(factor);
                let changes = &scratch.rows[0][..logs.len()];
                move_factor(movement, self.isa, (0.0, changes), drift, logs, levels);
            }
        }
    }

    /// How far the step to `node` diffused, for the block and scratch that were just moved there;
    /// `None` where it was not by a diffusion.
    pub fn step_deviation<'a>(
        &self,
        node: usize,
        scratch: &'a SimulationScratch,
    ) -> Option<StepDeviation<'a>> {
        match &self.driver {
            Driver::Gaussian(gaussian) => Some(StepDeviation::Common(gaussian.root(node))),
            Driver::StudentT(_)
                if matches!(self.scheme, Scheme::Plain | Scheme::Conditional(_)) =>
            {
                Some(StepDeviation::Paths(&scratch.rows[0][..scratch.path_count]))
            }
            _ => None,
        }
    }

    fn drift(&self, node: usize, factor: usize) -> f64 {
        self.drifts[node * self.factor_count() + factor]
    }

    pub(super) fn drawn_count(&self) -> usize {
        self.drawn.len()
    }

    pub(super) fn work_length(&self) -> usize {
        self.driver.work_length()
    }

    pub(super) fn sampling_memory(&self, path_capacity: usize) -> SamplingMemory {
        self.scheme.memory(path_capacity)
    }

    pub(super) fn needs(&self) -> Needs {
        Needs { untruncated: self.truncation.is_some(), ..self.driver.needs() }
    }
}

/// The root of the time over which factors diffused in a step, in years: times a volatility a year
/// it is the standard deviation of the logarithm, given where the step ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepDeviation<'a> {
    /// The same on every path.
    Common(f64),
    /// One a path.
    Paths(&'a [f64]),
}

impl StepDeviation<'_> {
    /// That of the path at `place`.
    pub fn at(&self, place: usize) -> f64 {
        match self {
            Self::Common(root) => *root,
            Self::Paths(roots) => roots[place],
        }
    }
}

/// The bound on cumulative returns, where it applies: simple returns are for closed forms.
pub(super) fn applied_truncation(model: &FactorModel) -> Option<f64> {
    match model.returns {
        crate::scenario::ReturnKind::Log => model.process.truncation(),
        crate::scenario::ReturnKind::Simple => None,
    }
}

/// Factors that move, and those whose normals a moving factor uses.
pub(super) fn drawn_factors(model: &FactorModel) -> Vec<usize> {
    if model.replayed().is_some() {
        return Vec::new();
    }
    let n = model.factors.len();
    let moves = |factor: usize| model.factors[factor].volatility > 0.0;
    let used = |column: usize| {
        (column..n).any(|row| moves(row) && model.correlation_factor[row * n + column] != 0.0)
    };
    (0..n).filter(|&factor| moves(factor) || used(factor)).collect()
}
