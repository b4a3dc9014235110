//! Schemes that draw the normals of the whole horizon first.
//!
//! Coordinates y along the quadratic's directions come from the scheme (tilted, stratified or
//! quasi-random); what lies beside the directions is drawn plainly as ξ, and the horizon's normals
//! are `ξ + Σ uₖ(yₖ − uₖ′ξ)`: standard normal again where y is.

use super::bridge::Bridge;
use super::error::SamplingError;
use super::law::LossLaw;
use super::memory::{Proposals, SamplingMemory};
use super::sobol::QuasiRandom;
use super::strata::{CHUNK, ROUNDS, Strata};
use super::{ControlPair, PrincipalQuadratic, Sampling, Twist, controls};
use crate::numeric::matrix::{PackedFactor, TILE_PATHS, TilePlace};
use crate::numeric::projection::{self, TiltedDirection};
use crate::numeric::{InstructionSet, Purpose, Streams, kernel};
use crate::simulation::block::FactorBlock;
use crate::simulation::correlated::Draw;
use crate::simulation::driver::Scale;
use crate::simulation::mixing::MixingTable;
use crate::simulation::scratch::SimulationScratch;
use crate::simulation::{FactorModel, Process};

/// A compiled scheme that draws the horizon first.
#[derive(Debug, Clone)]
pub(super) struct Horizon {
    source: Source,
    tilt: Option<Tilt>,
    /// The quadratic, for tilts and controls.
    quadratic: Quadratic,
    controls: Vec<ControlPair>,
    /// `[direction][drawn factor]`.
    directions: Vec<f64>,
    mixing: Option<MixingTable>,
    bridge: Bridge,
    /// Triangular factor over the drawn factors, times their annual volatilities.
    returns: PackedFactor,
    /// Root of each step's length.
    root_steps: Vec<f64>,
}

/// Where coordinates come from.
#[derive(Debug, Clone)]
enum Source {
    PseudoRandom,
    Strata(Strata),
    QuasiRandom(QuasiRandom),
}

/// Change of measure.
#[derive(Debug, Clone, Copy)]
struct Tilt {
    theta: f64,
    cumulant: f64,
}

/// `Q = constant·r² + Σ y(b·r + λ·y)` of tilted coordinates, r the reciprocal root of the variance
/// multiplier, itself multiplied by `mixing_divisor` under the tilt.
#[derive(Debug, Clone)]
struct Quadratic {
    constant: f64,
    directions: Vec<TiltedDirection>,
    mixing_divisor: f64,
}

/// What is drawn beside the quadratic's directions starts here among quasi-random dimensions.
const MIXING_DIMENSION: usize = 0;

impl Horizon {
    pub fn new(
        sampling: &Sampling,
        model: &FactorModel,
        drawn: &[usize],
    ) -> Result<Option<Self>, SamplingError> {
        match sampling {
            Sampling::Plain | Sampling::Antithetic | Sampling::Conditional { .. } => Ok(None),
            Sampling::Importance { quadratic, twist } => {
                let parts = Parts::new(sampling, quadratic, model, drawn)?;
                parts.tilted(Source::PseudoRandom, twist).map(Some)
            }
            Sampling::Stratified { quadratic, twist, bounds } => {
                let parts = Parts::new(sampling, quadratic, model, drawn)?;
                parts.check_strata(twist, bounds)?;
                parts.tilted(Source::Strata(Strata::new(bounds.clone())), twist).map(Some)
            }
            Sampling::ControlVariate { quadratic, controls } => {
                let parts = Parts::new(sampling, quadratic, model, drawn)?;
                let horizon = parts.plain(Source::PseudoRandom);
                Ok(Some(Self { controls: controls.clone(), ..horizon }))
            }
            Sampling::Sobol { quadratic, points } => {
                let parts = Parts::new(sampling, quadratic, model, drawn)?;
                let dimensions = 1 + quadratic.rank() + drawn.len();
                let quasi = QuasiRandom::new((*points).max(1), dimensions);
                Ok(Some(parts.plain(Source::QuasiRandom(quasi))))
            }
        }
    }

    pub fn memory(&self, path_capacity: usize) -> SamplingMemory {
        let (rank, size) = (self.rank(), self.size());
        let row = || vec![0.0; path_capacity];
        let rows = |count: usize| vec![0.0; count * path_capacity];
        let proposals = match &self.source {
            Source::Strata(strata) => Proposals {
                ids: Vec::with_capacity(CHUNK),
                coordinates: vec![0.0; rank.next_multiple_of(2) * CHUNK],
                inverse_roots: vec![1.0; CHUNK],
                excess: vec![0.0; CHUNK],
                mixing: vec![0.0; CHUNK],
                wanted: vec![0; strata.count() * ROUNDS as usize],
                seen: vec![0; strata.count()],
            },
            _ => Proposals::default(),
        };
        SamplingMemory {
            sources: Vec::new(),
            coordinates: rows(rank.next_multiple_of(2)),
            projected: rows(rank),
            totals: rows(size.next_multiple_of(2)),
            steps: rows(if self.bridge.is_one_step() { 0 } else { size.next_multiple_of(2) }),
            roots: row(),
            inverse_roots: row(),
            excess: row(),
            indices: Vec::with_capacity(path_capacity),
            proposals,
        }
    }

    fn rank(&self) -> usize {
        self.quadratic.directions.len()
    }

    /// Drawn factors.
    fn size(&self) -> usize {
        self.returns.size()
    }

    /// Draws the horizon of every path of `block`, with its weight and controls.
    pub fn start(
        &self,
        streams: &Streams,
        isa: InstructionSet,
        block: &mut FactorBlock,
        scratch: &mut SimulationScratch,
    ) {
        let paths = block.paths();
        let count = paths.len();
        let memory = &mut scratch.sampling;
        match &self.source {
            Source::PseudoRandom => self.draw_plainly(streams, paths, memory),
            Source::Strata(strata) => self.draw_strata(strata, streams, isa, paths, memory),
            Source::QuasiRandom(quasi) => self.draw_points(quasi, streams, isa, paths, memory),
        }
        self.mix(&mut memory.inverse_roots[..count]);
        let roots = memory.roots[..count].iter_mut().zip(&memory.inverse_roots);
        roots.for_each(|(root, inverse)| *root = 1.0 / inverse);
        if self.tilt.is_some() || !self.controls.is_empty() {
            let SamplingMemory { coordinates, inverse_roots, excess, .. } = memory;
            let coordinates = &mut coordinates[..self.rank() * count];
            let (roots, excess) = (&inverse_roots[..count], &mut excess[..count]);
            self.quadratic.evaluate(isa, roots, coordinates, excess);
            self.quadratic.tilt(isa, roots, coordinates);
        }
        self.weigh(isa, memory, block);
        self.fill_totals(streams, isa, block.paths(), memory);
    }

    /// Coordinates and the mixing normal (into `inverse_roots`) of independent paths.
    fn draw_plainly(&self, streams: &Streams, paths: &[u64], memory: &mut SamplingMemory) {
        let count = paths.len();
        let SamplingMemory { coordinates, inverse_roots, .. } = memory;
        fill_pairs(streams, Purpose::Horizon, self.rank(), paths, coordinates);
        if self.mixing.is_some() {
            streams.fill_normals(Purpose::Mixing, 0, 0, paths, &mut inverse_roots[..count]);
        }
    }

    /// The same, conditional on the path's stratum.
    fn draw_strata(
        &self,
        strata: &Strata,
        streams: &Streams,
        isa: InstructionSet,
        paths: &[u64],
        memory: &mut SamplingMemory,
    ) {
        let (rank, count) = (self.rank(), paths.len());
        let SamplingMemory { coordinates, inverse_roots, proposals, .. } = memory;
        let draw = |proposals: &mut Proposals| self.propose(streams, isa, proposals);
        strata.fill(paths, proposals, draw, |slot, index, found| {
            inverse_roots[slot] = found.mixing[index];
            for direction in 0..rank {
                let value = found.coordinates[direction * CHUNK + index];
                coordinates[direction * count + slot] = value;
            }
        });
    }

    /// Fills a chunk of proposals with coordinates, mixing normals and the twisted quantity.
    fn propose(&self, streams: &Streams, isa: InstructionSet, proposals: &mut Proposals) {
        let Proposals { ids, coordinates, inverse_roots, excess, mixing, .. } = proposals;
        fill_pairs(streams, Purpose::Proposal, self.rank(), ids, coordinates);
        if self.mixing.is_some() {
            let factor = u32::MAX;
            streams.fill_normals(Purpose::Proposal, 0, factor, ids, mixing);
            inverse_roots.copy_from_slice(mixing);
        }
        self.mix(inverse_roots);
        self.quadratic.evaluate(isa, inverse_roots, coordinates, excess);
    }

    fn draw_points(
        &self,
        quasi: &QuasiRandom,
        streams: &Streams,
        isa: InstructionSet,
        paths: &[u64],
        memory: &mut SamplingMemory,
    ) {
        let count = paths.len();
        let SamplingMemory { coordinates, inverse_roots, indices, .. } = memory;
        let mut fill = |dimension: usize, row: &mut [f64]| {
            if dimension < quasi.dimension_count() {
                quasi.fill_normals(streams, isa, dimension, paths, indices, row);
            } else {
                streams.fill_normals(Purpose::Horizon, 0, dimension as u32, paths, row);
            }
        };
        if self.mixing.is_some() {
            fill(MIXING_DIMENSION, &mut inverse_roots[..count]);
        }
        for (direction, row) in coordinates.chunks_exact_mut(count).take(self.rank()).enumerate() {
            fill(1 + direction, row);
        }
    }

    /// Turns mixing normals into the reciprocal roots of variance multipliers; ones without mixing.
    fn mix(&self, rows: &mut [f64]) {
        let Some(table) = &self.mixing else { return rows.fill(1.0) };
        table.apply(rows);
        for slot in rows {
            *slot = 1.0 / (*slot * self.quadratic.mixing_divisor).sqrt();
        }
    }

    /// Likelihood ratios `e^{ψ(θ) − θQ}` and control values.
    fn weigh(&self, isa: InstructionSet, memory: &mut SamplingMemory, block: &mut FactorBlock) {
        let count = block.path_count();
        let SamplingMemory { excess, roots, .. } = memory;
        if let Some(Tilt { theta, cumulant }) = self.tilt {
            let weights = block.weights_mut();
            for (weight, excess) in weights.iter_mut().zip(&*excess) {
                *weight = cumulant - theta * excess;
            }
            kernel::exp_in_place(isa, weights);
        }
        if !self.controls.is_empty() {
            let losses = &mut excess[..count];
            losses.iter_mut().zip(roots).for_each(|(loss, root)| *loss *= *root * *root);
            controls::fill(&self.controls, losses, block.controls_mut(2 * self.controls.len()));
        }
    }

    /// The horizon's normals from coordinates and what lies beside them.
    fn fill_totals(
        &self,
        streams: &Streams,
        isa: InstructionSet,
        paths: &[u64],
        memory: &mut SamplingMemory,
    ) {
        let (count, rank, size) = (paths.len(), self.rank(), self.size());
        let SamplingMemory { coordinates, projected, totals, indices, .. } = memory;
        let coordinates = &mut coordinates[..rank * count];
        if rank == size {
            totals[..size * count].fill(0.0);
        } else {
            self.draw_beside(streams, isa, paths, indices, totals);
            let projected = &mut projected[..rank * count];
            projection::project(isa, &self.directions, &totals[..size * count], count, projected);
            coordinates.iter_mut().zip(projected).for_each(|(y, beside)| *y -= *beside);
        }
        let totals = &mut totals[..size * count];
        projection::lift(isa, &self.directions, coordinates, count, totals);
    }

    /// Plain normals of every factor; quasi-random while dimensions last.
    fn draw_beside(
        &self,
        streams: &Streams,
        isa: InstructionSet,
        paths: &[u64],
        indices: &mut Vec<u32>,
        totals: &mut [f64],
    ) {
        let size = self.size();
        fill_pairs(streams, Purpose::Complement, size, paths, totals);
        if let Source::QuasiRandom(quasi) = &self.source {
            let first = 1 + self.rank();
            let rows = totals.chunks_exact_mut(paths.len()).take(size).enumerate();
            for (factor, row) in rows {
                if first + factor < quasi.dimension_count() {
                    quasi.fill_normals(streams, isa, first + factor, paths, indices, row);
                }
            }
        }
    }

    /// Fills `scratch.increments`; times the scale they are the returns of the step to `node`.
    pub fn fill_increments(
        &self,
        node: usize,
        draw: &Draw,
        scratch: &mut SimulationScratch,
    ) -> Scale {
        let (count, size) = (draw.paths.len(), self.size());
        let SimulationScratch { normals, increments, sampling, rows: [scales, _], .. } = scratch;
        let SamplingMemory { totals, steps, roots, .. } = sampling;
        let totals = &mut totals[..size * count];
        let step = if self.bridge.is_one_step() {
            &*totals
        } else {
            if self.bridge.is_free(node) {
                let place = (Purpose::InnerStep, node as u32);
                fill_rows(&draw.streams, place, size, draw.paths, steps);
            }
            let steps = &mut steps[..size * count];
            self.bridge.step(node, totals, steps);
            &*steps
        };
        self.correlate(draw.isa, step, normals, &mut increments[..size * count]);
        if self.mixing.is_none() {
            return Scale::Common(self.root_steps[node]);
        }
        for (scale, root) in scales.iter_mut().zip(&roots[..count]) {
            *scale = self.root_steps[node] * root;
        }
        Scale::Paths
    }

    /// Multiplies by the triangular factor, a tile of paths at a time.
    fn correlate(&self, isa: InstructionSet, draws: &[f64], tile: &mut [f64], out: &mut [f64]) {
        let Some(stride) = draws.len().checked_div(self.size()) else { return };
        for first in (0..stride).step_by(TILE_PATHS) {
            let place = TilePlace { first, count: TILE_PATHS.min(stride - first), stride };
            for (row, draws) in tile.chunks_exact_mut(TILE_PATHS).zip(draws.chunks(stride)) {
                row[..place.count].copy_from_slice(&draws[first..first + place.count]);
            }
            self.returns.multiply_tile(isa, tile, out, place);
        }
    }
}

impl Quadratic {
    fn of(quadratic: &PrincipalQuadratic, constant: f64, theta: f64, mixing_divisor: f64) -> Self {
        let direction = |index: usize| {
            let tilted = quadratic.law.tilted(index, theta);
            TiltedDirection {
                linear: quadratic.law.linear[index],
                curvature: quadratic.law.curvature[index],
                mean: tilted.mean,
                deviation: tilted.deviation,
            }
        };
        let directions = (0..quadratic.rank()).map(direction).collect();
        Self { constant, directions, mixing_divisor }
    }

    /// Q of untilted coordinates `[direction][path]`.
    fn evaluate(
        &self,
        isa: InstructionSet,
        roots: &[f64],
        coordinates: &[f64],
        excess: &mut [f64],
    ) {
        for (slot, root) in excess.iter_mut().zip(roots) {
            *slot = self.constant * root * root;
        }
        let rows = coordinates.chunks_exact(roots.len());
        for (direction, row) in self.directions.iter().zip(rows) {
            projection::add_tilted(isa, *direction, roots, row, excess);
        }
    }

    fn tilt(&self, isa: InstructionSet, roots: &[f64], coordinates: &mut [f64]) {
        let rows = coordinates.chunks_exact_mut(roots.len());
        for (direction, row) in self.directions.iter().zip(rows) {
            projection::tilt(isa, *direction, roots, row);
        }
    }
}

/// What all schemes of this kind are compiled from.
struct Parts<'a> {
    quadratic: &'a PrincipalQuadratic,
    law: LossLaw,
    model: &'a FactorModel,
    drawn: &'a [usize],
}

impl<'a> Parts<'a> {
    fn new(
        sampling: &Sampling,
        quadratic: &'a PrincipalQuadratic,
        model: &'a FactorModel,
        drawn: &'a [usize],
    ) -> Result<Self, SamplingError> {
        let law = LossLaw::of(model, quadratic, sampling.name())?;
        let shape = quadratic.directions.len() == quadratic.rank() * drawn.len()
            && quadratic.law.curvature.len() == quadratic.rank();
        let numbers = quadratic.directions.iter().chain(&quadratic.law.linear);
        let mut numbers = numbers.chain(&quadratic.law.curvature);
        if shape && numbers.all(|number| number.is_finite()) {
            return Ok(Self { quadratic, law, model, drawn });
        }
        Err(SamplingError::Damaged("directions of another book or model"))
    }

    /// Strata of a damaged plan could have no proposal in them for ever.
    fn check_strata(&self, twist: &Twist, bounds: &[f64]) -> Result<(), SamplingError> {
        let law = self.law.twisted(twist.target, twist.theta);
        let least = 0.5 / (bounds.len() + 1) as f64;
        let mut above = 1.0;
        let ends = bounds.iter().map(|bound| law.rough_tail_probability(*bound)).chain([0.0]);
        for beyond in ends {
            let share = above - beyond;
            if share.is_nan() || share < least {
                return Err(SamplingError::Damaged("strata that are not equiprobable"));
            }
            above = beyond;
        }
        Ok(())
    }

    fn tilted(&self, source: Source, twist: &Twist) -> Result<Horizon, SamplingError> {
        let Twist { target, theta } = *twist;
        let law = self.law.twisted(target, theta);
        let (cumulant, mixing_divisor) = (law.cumulant(), law.mixing_divisor());
        if !(theta >= 0.0 && cumulant.is_finite() && mixing_divisor > 0.0) {
            return Err(SamplingError::Damaged("a twist without a measure"));
        }
        let constant = self.quadratic.law.constant - target;
        let quadratic = Quadratic::of(self.quadratic, constant, theta, mixing_divisor);
        Ok(Horizon { tilt: Some(Tilt { theta, cumulant }), quadratic, ..self.plain(source) })
    }

    fn plain(&self, source: Source) -> Horizon {
        let Self { quadratic, model, drawn, .. } = self;
        let n = model.factors.len();
        let row = |&row: &usize| {
            let volatility = model.factors[row].volatility;
            let entry = move |&column: &usize| model.correlation_factor[row * n + column];
            drawn.iter().map(move |column| volatility * entry(column))
        };
        let returns: Vec<f64> = drawn.iter().flat_map(row).collect();
        let grid = &model.grid;
        Horizon {
            source,
            tilt: None,
            quadratic: Quadratic::of(quadratic, quadratic.law.constant, 0.0, 1.0),
            controls: Vec::new(),
            directions: quadratic.directions.clone(),
            mixing: match &model.process {
                Process::StudentT { degrees_of_freedom, .. } => {
                    Some(MixingTable::new(*degrees_of_freedom))
                }
                _ => None,
            },
            bridge: Bridge::new(grid),
            returns: PackedFactor::new(drawn.len(), &returns),
            root_steps: (0..grid.node_count())
                .map(|node| grid.step_of(node).get().sqrt())
                .collect(),
        }
    }
}

/// Standard normals of `count` rows on `paths`, two at a time.
fn fill_pairs(streams: &Streams, purpose: Purpose, count: usize, paths: &[u64], out: &mut [f64]) {
    fill_rows(streams, (purpose, 0), count, paths, out);
}

fn fill_rows(
    streams: &Streams,
    (purpose, step): (Purpose, u32),
    count: usize,
    paths: &[u64],
    out: &mut [f64],
) {
    let rows = out.chunks_exact_mut(2 * paths.len()).take(count.div_ceil(2));
    for (pair, rows) in rows.enumerate() {
        let (even, odd) = rows.split_at_mut(paths.len());
        streams.fill_normal_pair(purpose, step, pair as u32, paths, even, odd);
    }
}
