//! Correlated normals of one step, in blocks `[factor][path]`.
//!
//! Independent normals are drawn and multiplied a tile of paths at a time, so that they never
//! leave the caches.

use crate::numeric::matrix::{PackedFactor, TILE_PATHS, TilePlace};
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
    factor: PackedFactor,
}

impl CorrelatedNormals {
    /// From a row-major lower triangular factor, `size` × `size`.
    pub fn new(size: usize, factor: &[f64]) -> Self {
        Self { factor: PackedFactor::new(size, factor) }
    }

    /// Length of the work slice: a tile of pairs of normals, so of an even count of factors.
    pub fn work_length(&self) -> usize {
        self.factor.size().next_multiple_of(2) * TILE_PATHS
    }

    /// Fills `out[factor][path]`, with standard normals of the model's correlations where the
    /// factor's rows have unit length.
    pub fn fill(
        &self,
        draw: &Draw,
        purpose: Purpose,
        step: u32,
        work: &mut [f64],
        out: &mut [f64],
    ) {
        let stride = draw.paths.len();
        for (tile, paths) in draw.paths.chunks(TILE_PATHS).enumerate() {
            let place = TilePlace { first: tile * TILE_PATHS, count: paths.len(), stride };
            let draw = Draw { paths, ..*draw };
            self.fill_tile(&draw, (purpose, step), work, place, out);
        }
    }

    /// As [`Self::fill`] for some paths of the slice only (by their index in it), packed:
    /// `out[factor][position among those paths]`.
    pub fn fill_some(
        &self,
        draw: &Draw,
        purpose: Purpose,
        step: u32,
        some: &[u32],
        work: &mut [f64],
        out: &mut [f64],
    ) {
        for (tile, some_here) in some.chunks(TILE_PATHS).enumerate() {
            let (ids, count) = (draw.ids(some_here), some_here.len());
            let place = TilePlace { first: tile * TILE_PATHS, count, stride: some.len() };
            let draw = Draw { paths: &ids[..count], ..*draw };
            self.fill_tile(&draw, (purpose, step), work, place, out);
        }
    }

    fn fill_tile(
        &self,
        draw: &Draw,
        (purpose, step): (Purpose, u32),
        work: &mut [f64],
        place: TilePlace,
        out: &mut [f64],
    ) {
        let normals = &mut work[..self.work_length()];
        draw.streams.fill_normal_rows(purpose, step, draw.paths, TILE_PATHS, normals);
        self.factor.multiply_tile(draw.isa, normals, out, place);
    }
}

impl Draw<'_> {
    /// Ids of up to a tile of the paths, by their index.
    pub fn ids(&self, some: &[u32]) -> [u64; TILE_PATHS] {
        let mut ids = [0; TILE_PATHS];
        for (id, index) in ids.iter_mut().zip(some) {
            *id = self.paths[*index as usize];
        }
        ids
    }
}

/// What a process of standard normals knows of the drawn factors.
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
