//! Factors between two nodes at which they are known: Brownian bridges of all of them jointly.
//!
//! Flows in: the logarithms of all factors at two times of one path, the variance time between them.
//! Flows out: those half-way, drawn as a pure function of (seed, path, position in the grid, factor);
//! the variance of anything that depends on them.
//!
//! Given both ends a diffusion is a Brownian bridge, whatever its drift: half-way over a variance
//! time of w it is normal about the mean of the ends with covariance `w/4 · LLᵀ` (Glasserman 2003,
//! §3.1). Sources of w: the step's length, times the mixing variable under a Student-t.
//!
//! Limits: geometric Brownian motion and the multivariate Student-t given its mixing variable, with
//! logarithmic returns. Where a step of a Student-t reaches over calibration intervals, variance time
//! passes evenly in it; where a path is held at the bound on its returns, the bridge is not.

use super::block::FactorBlock;
use super::model::FactorModel;
use super::movement::Movement;
use super::simulator::drawn_factors;
use crate::numeric::{Purpose, Streams};

/// The diffusion of a model, to draw its factors between nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorBridge {
    /// Factors that are drawn, in matrix order.
    drawn: Vec<usize>,
    /// Whether each factor moves.
    moves: Vec<bool>,
    movements: Vec<Movement>,
    /// Lower triangular, a row a drawn factor: volatility a year times the correlation factor.
    lower: Vec<f64>,
}

impl FactorBridge {
    /// `None` unless factors diffuse between nodes.
    pub fn new(model: &FactorModel) -> Option<Self> {
        if !model.prices_diffuse() {
            return None;
        }
        let drawn = drawn_factors(model);
        let n = model.factors.len();
        let entry = |row: usize, column: usize| {
            model.factors[row].volatility * model.correlation_factor[row * n + column]
        };
        let row = |&row: &usize| drawn.iter().map(move |&column| entry(row, column));
        let movement = |factor: &super::Factor| Movement::of(&factor.key, model.returns);
        Some(Self {
            lower: drawn.iter().flat_map(row).collect(),
            moves: model.factors.iter().map(|factor| factor.volatility > 0.0).collect(),
            movements: model.factors.iter().map(movement).collect(),
            drawn,
        })
    }

    /// Room that [`Self::halfway`] and [`Self::variance`] need for normals.
    pub fn work_length(&self) -> usize {
        self.drawn.len().next_multiple_of(2)
    }

    /// Whether a factor moves at random.
    pub fn moves(&self, factor: usize) -> bool {
        self.moves[factor]
    }

    /// Fills `out` with the logarithms of all factors half-way between `before` and `after`, `root`
    /// being the root of the variance time between them; `position` names the time in the grid.
    ///
    /// # Panics
    /// If a slice is shorter than there are factors, or `work` than [`Self::work_length`].
    pub fn halfway(
        &self,
        streams: &Streams,
        (position, path): (u32, u64),
        root: f64,
        (before, after): (&[f64], &[f64]),
        work: &mut [f64],
        out: &mut [f64],
    ) {
        for ((out, before), after) in out.iter_mut().zip(before).zip(after) {
            *out = 0.5 * (before + after);
        }
        let normals = &mut work[..self.work_length()];
        streams.fill_normal_rows(Purpose::SubStep, position, &[path], 1, normals);
        let half_root = 0.5 * root;
        for (row, &factor) in self.lower_rows().zip(&self.drawn) {
            let products = row.iter().zip(&*normals).map(|(entry, normal)| entry * normal);
            out[factor] += half_root * products.fold(0.0, |sum, product| sum + product);
        }
    }

    /// Variance per unit of variance time of what changes by `sensitivities` (factor, change a unit
    /// of its logarithm); `along`, one a factor, is filled with its covariances with the factors.
    ///
    /// # Panics
    /// As [`Self::halfway`].
    pub fn variance(
        &self,
        sensitivities: impl Iterator<Item = (usize, f64)>,
        work: &mut [f64],
        along: &mut [f64],
    ) -> f64 {
        let size = self.drawn.len();
        let combined = &mut work[..size];
        combined.fill(0.0);
        for (factor, sensitivity) in sensitivities {
            let Ok(row) = self.drawn.binary_search(&factor) else { continue };
            let entries = &self.lower[row * size..][..size];
            combined.iter_mut().zip(entries).for_each(|(sum, entry)| *sum += sensitivity * entry);
        }
        along.fill(0.0);
        for (row, &factor) in self.lower_rows().zip(&self.drawn) {
            along[factor] = row.iter().zip(&*combined).fold(0.0, |sum, (a, b)| sum + a * b);
        }
        combined.iter().fold(0.0, |sum, entry| sum + entry * entry)
    }

    /// Sets `block` to `logs` on as many paths as there are `bumped` factors and one: the first as
    /// they are, each of the others with one of those factors moved by `size`.
    ///
    /// # Panics
    /// If the block was built for fewer paths or other factors.
    pub fn spread(
        &self,
        (path, logs): (u64, &[f64]),
        (bumped, size): (&[usize], f64),
        block: &mut FactorBlock,
    ) {
        block.reset_repeated(path, bumped.len() + 1);
        for (factor, (&log, movement)) in logs.iter().zip(&self.movements).enumerate() {
            let level = movement.level_of(log);
            if !self.moves[factor] {
                block.set_uniform(factor, log, level);
                continue;
            }
            let (lane_logs, levels) = block.factor_mut(factor);
            lane_logs.fill(log);
            levels.fill(level);
            if let Some(lane) = bumped.iter().position(|one| *one == factor) {
                lane_logs[lane + 1] = log + size;
                levels[lane + 1] = movement.level_of(log + size);
            }
        }
    }

    fn lower_rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.lower.chunks_exact(self.drawn.len().max(1))
    }
}
