//! Horizon normals from scrambled Sobol points: mixing first, then directions by falling variance,
//! then the rest of the factors.

use crate::numeric::sobol::{DIMENSIONS_MAX, Scramble, SobolSequence};
use crate::numeric::{InstructionSet, Streams, kernel};

/// Points of a run, `points` to a replicate.
#[derive(Debug, Clone)]
pub(super) struct QuasiRandom {
    sequence: SobolSequence,
    points: u64,
}

impl QuasiRandom {
    /// With `dimensions`, or as many as there are.
    pub fn new(points: u64, dimensions: usize) -> Self {
        let sequence = SobolSequence::new(dimensions.min(DIMENSIONS_MAX));
        Self { sequence, points }
    }

    /// Dimensions that have points; the others are left to pseudo-random numbers.
    pub fn dimension_count(&self) -> usize {
        self.sequence.dimension_count()
    }

    /// Standard normals of one dimension on `paths`, run by run of one replicate.
    pub fn fill_normals(
        &self,
        streams: &Streams,
        isa: InstructionSet,
        dimension: usize,
        paths: &[u64],
        indices: &mut Vec<u32>,
        out: &mut [f64],
    ) {
        let mut rest = &mut *out;
        for run in paths.chunk_by(|a, b| a / self.points == b / self.points) {
            let (here, after) = rest.split_at_mut(run.len());
            indices.clear();
            indices.extend(run.iter().map(|path| (path % self.points) as u32));
            let scramble = Scramble::draw(streams, run[0] / self.points, dimension as u32);
            self.sequence.fill_uniforms(isa, dimension, scramble, indices, here);
            rest = after;
        }
        kernel::normal_quantile_in_place(isa, out);
    }
}
