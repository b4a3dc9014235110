//! The kernels of `random`: a slice of paths in, their uniforms or normals out.
//!
//! Normals go in stages over a few dozen paths at a time (words, radii, turns): each loop is short
//! enough for the processor to work on several of its turns at once, where one long loop would
//! wait for its own chain of dependent operations.

use super::Counter;
use crate::numeric::element::{cos_sin_turn, minus_two_ln};
use crate::numeric::isa::cloned_per_instruction_set;
use crate::numeric::philox::wide_block;

/// Paths a stage takes at a time (measured: 64 to 256 are alike, 32 and 512 are slower).
const STAGE: usize = 128;

cloned_per_instruction_set! {
    /// Rows of factors 2·pair and 2·pair + 1.
    pub(super) fn normal_pairs(
        counter: Counter, key: [u32; 2], paths: &[u64], even: &mut [f64], odd: &mut [f64],
    ) = bodies::normal_pairs;
}
cloned_per_instruction_set! {
    /// Rows of factors 0, 1, …, `stride` apart.
    pub(super) fn normal_rows(
        counter: Counter, key: [u32; 2], paths: &[u64], stride: usize, out: &mut [f64],
    ) = bodies::normal_rows;
}
cloned_per_instruction_set! {
    pub(super) fn even_normals(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64])
        = bodies::even_normals;
}
cloned_per_instruction_set! {
    pub(super) fn odd_normals(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64])
        = bodies::odd_normals;
}
cloned_per_instruction_set! {
    pub(super) fn even_uniforms(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64])
        = bodies::even_uniforms;
}
cloned_per_instruction_set! {
    pub(super) fn odd_uniforms(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64])
        = bodies::odd_uniforms;
}

/// Working memory of a stage: −2 ln of the first uniform, and the word of the second.
struct Stage {
    radial: [f64; STAGE],
    angular: [u64; STAGE],
}

impl Stage {
    #[inline(always)]
    fn new() -> Self {
        Self { radial: [0.0; STAGE], angular: [0; STAGE] }
    }
}

/// The two 64-bit words of a path.
#[inline(always)]
fn words_of(counter: Counter, path: u64, key: [u32; 2]) -> (u64, u64) {
    let counter = [path, path >> 32, counter.place.into(), counter.pair.into()];
    let [x0, x1, x2, x3] = wide_block(counter, key);
    (x1 << 32 | x0 & 0xFFFF_FFFF, x3 << 32 | x2 & 0xFFFF_FFFF)
}

/// (k + ½)·2⁻⁵² with k the top 52 bits of `word`.
#[inline(always)]
fn midpoint(word: u64) -> f64 {
    let in_one_to_two = f64::from_bits(word >> 12 | 1.0f64.to_bits());
    in_one_to_two - (1.0 - f64::EPSILON / 2.0)
}

mod bodies {
    use super::*;

    #[inline(always)]
    pub fn normal_pairs(
        counter: Counter,
        key: [u32; 2],
        paths: &[u64],
        even: &mut [f64],
        odd: &mut [f64],
    ) {
        assert!(even.len() == paths.len() && odd.len() == paths.len());
        let mut stage = Stage::new();
        let slices = paths.chunks(STAGE).zip(even.chunks_mut(STAGE)).zip(odd.chunks_mut(STAGE));
        for ((paths, even), odd) in slices {
            fill_stage(counter, key, paths, &mut stage, even, odd);
        }
    }

    #[inline(always)]
    pub fn normal_rows(
        counter: Counter,
        key: [u32; 2],
        paths: &[u64],
        stride: usize,
        out: &mut [f64],
    ) {
        assert!(stride >= paths.len() && out.len().is_multiple_of(2 * stride));
        let mut stage = Stage::new();
        for (pair, rows) in out.chunks_exact_mut(2 * stride).enumerate() {
            let counter = Counter { pair: pair as u32, ..counter };
            let (even, odd) = rows.split_at_mut(stride);
            let slices = paths.chunks(STAGE).zip(even.chunks_mut(STAGE)).zip(odd.chunks_mut(STAGE));
            for ((paths, even), odd) in slices {
                let (even, odd) = (&mut even[..paths.len()], &mut odd[..paths.len()]);
                fill_stage(counter, key, paths, &mut stage, even, odd);
            }
        }
    }

    #[inline(always)]
    pub fn even_normals(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64]) {
        assert_eq!(out.len(), paths.len());
        let (mut stage, mut unused) = (Stage::new(), [0.0; STAGE]);
        for (paths, out) in paths.chunks(STAGE).zip(out.chunks_mut(STAGE)) {
            fill_stage(counter, key, paths, &mut stage, out, &mut unused[..paths.len()]);
        }
    }

    #[inline(always)]
    pub fn odd_normals(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64]) {
        assert_eq!(out.len(), paths.len());
        let (mut stage, mut unused) = (Stage::new(), [0.0; STAGE]);
        for (paths, out) in paths.chunks(STAGE).zip(out.chunks_mut(STAGE)) {
            fill_stage(counter, key, paths, &mut stage, &mut unused[..paths.len()], out);
        }
    }

    #[inline(always)]
    pub fn even_uniforms(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64]) {
        assert_eq!(out.len(), paths.len());
        for (slot, &path) in out.iter_mut().zip(paths) {
            *slot = midpoint(words_of(counter, path, key).0);
        }
    }

    #[inline(always)]
    pub fn odd_uniforms(counter: Counter, key: [u32; 2], paths: &[u64], out: &mut [f64]) {
        assert_eq!(out.len(), paths.len());
        for (slot, &path) in out.iter_mut().zip(paths) {
            *slot = midpoint(words_of(counter, path, key).1);
        }
    }

    /// Both normals of up to [`STAGE`] paths; all slices have one length.
    #[inline(always)]
    fn fill_stage(
        counter: Counter,
        key: [u32; 2],
        paths: &[u64],
        stage: &mut Stage,
        even: &mut [f64],
        odd: &mut [f64],
    ) {
        let radial = &mut stage.radial[..paths.len()];
        let angular = &mut stage.angular[..paths.len()];
        for ((radial, angular), &path) in radial.iter_mut().zip(&mut *angular).zip(paths) {
            let (first, second) = words_of(counter, path, key);
            (*radial, *angular) = (midpoint(first), second);
        }
        for radial in &mut *radial {
            *radial = minus_two_ln(*radial);
        }
        let draws = radial.iter().zip(angular);
        for ((even, odd), (radial, angular)) in even.iter_mut().zip(odd).zip(draws) {
            let radius = radial.sqrt();
            let (cosine, sine) = cos_sin_turn(*angular);
            (*even, *odd) = (radius * cosine, radius * sine);
        }
    }
}
