//! Correlated normals of one step, in blocks `[factor][path]`.

use crate::numeric::matrix;
use crate::numeric::{InstructionSet, Purpose, Streams};

/// The paths a step is drawn for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw<'a> {
    pub streams: Streams,
    pub isa: InstructionSet,
    pub paths: &'a [u64],
}

/// A triangular factor over the drawn factors, and what it does to independent normals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CorrelatedNormals {
    size: usize,
    factor: Vec<f64>,
}

impl CorrelatedNormals {
    /// From a row-major lower triangular factor, `size` × `size`.
    pub fn new(size: usize, factor: Vec<f64>) -> Self {
        Self { size, factor }
    }

    /// Length of the work slice for `path_capacity` paths: pairs of normals, so an even count.
    pub fn work_length(&self, path_capacity: usize) -> usize {
        self.size.next_multiple_of(2) * path_capacity
    }

    /// Fills `out[factor][path]` with standard normals of the model's correlations.
    pub fn fill(
        &self,
        draw: &Draw,
        purpose: Purpose,
        step: u32,
        work: &mut [f64],
        out: &mut [f64],
    ) {
        let paths = draw.paths.len();
        let work = &mut work[..self.work_length(paths)];
        for (pair, normals) in work.chunks_exact_mut(2 * paths).enumerate() {
            let (even, odd) = normals.split_at_mut(paths);
            let pair = pair as u32;
            draw.streams.fill_normal_pair(purpose, step, pair, draw.paths, even, odd);
        }
        self.multiply(draw.isa, work, paths, out);
    }

    /// As [`Self::fill`] for some paths of the slice only (by their index in it), packed:
    /// `out[factor][position among those paths]`.
    pub fn fill_some(
        &self,
        draw: &Draw,
        purpose: Purpose,
        step: u32,
        paths: &[u32],
        work: &mut [f64],
        out: &mut [f64],
    ) {
        let count = paths.len();
        let work = &mut work[..self.work_length(count)];
        for (pair, normals) in work.chunks_exact_mut(2 * count).enumerate() {
            let (evens, odds) = normals.split_at_mut(count);
            for ((path, even), odd) in paths.iter().zip(evens.chunks_mut(1)).zip(odds.chunks_mut(1))
            {
                let path = &draw.paths[*path as usize..][..1];
                draw.streams.fill_normal_pair(purpose, step, pair as u32, path, even, odd);
            }
        }
        self.multiply(draw.isa, work, count, out);
    }

    fn multiply(&self, isa: InstructionSet, work: &[f64], paths: usize, out: &mut [f64]) {
        let normals = &work[..self.size * paths];
        let out = &mut out[..self.size * paths];
        matrix::multiply(isa, &self.factor, self.size, normals, paths, out);
    }
}

/// What every process knows of the drawn factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    pub normals: CorrelatedNormals,
    /// Annual volatility of each.
    pub volatilities: Vec<f64>,
}

impl Drawn {
    pub fn count(&self) -> usize {
        self.volatilities.len()
    }
}
