//! Sobol' points, Owen-scrambled by hashing, as pure functions of (dimension, scramble, index).
//!
//! Flows in: indices of points, one dimension at a time. Flows out: uniforms in (0, 1) on the
//! midpoints of 2³² cells. Sources: direction numbers of Joe and Kuo (2008; `joe_kuo_d6.txt`);
//! scrambling by the hash of Laine and Karras (2011) as practised by Burley, "Practical hash-based
//! Owen scrambling", JCGT 9(4), 2020, then a digital shift, which makes every point exactly
//! uniform whatever the hash.
//!
//! Points are numbered in natural order; a run of 2ᵏ points from a multiple of 2ᵏ is a net.

use super::isa::cloned_per_instruction_set;
use super::{InstructionSet, Purpose, Streams};
use rand::Rng;

/// Dimensions with direction numbers.
pub const DIMENSIONS_MAX: usize = 1000;
/// Points a dimension can tell apart.
pub const POINTS_MAX: u64 = 1 << BITS;
const BITS: usize = 32;
const INITIAL_NUMBERS: &str = include_str!("joe_kuo_d6.txt");

/// The first dimensions of the sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct SobolSequence {
    /// `[dimension][bit of the index]`.
    directions: Vec<[u32; BITS]>,
}

/// One randomisation of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scramble {
    hash: u32,
    shift: u32,
}

impl Scramble {
    /// The scramble of `dimension` in an independent `replicate`.
    pub fn draw(streams: &Streams, replicate: u64, dimension: u32) -> Self {
        let mut words = streams.stream(Purpose::Scramble, 0, dimension, replicate);
        Self { hash: words.next_u32(), shift: words.next_u32() }
    }
}

impl SobolSequence {
    /// With `dimensions` of them, at most [`DIMENSIONS_MAX`].
    ///
    /// # Panics
    /// If there are fewer direction numbers.
    pub fn new(dimensions: usize) -> Self {
        assert!(dimensions <= DIMENSIONS_MAX, "{dimensions} Sobol dimensions");
        let lines = INITIAL_NUMBERS.lines().filter(|line| !line.starts_with('#'));
        let others = lines.map(directions);
        let directions = std::iter::once(van_der_corput()).chain(others).take(dimensions);
        Self { directions: directions.collect() }
    }

    /// Number of dimensions.
    pub fn dimension_count(&self) -> usize {
        self.directions.len()
    }

    /// Scrambled coordinates of the points `indices` (below [`POINTS_MAX`]) in one dimension.
    ///
    /// # Panics
    /// If `out` and `indices` differ in length, or the dimension is not there.
    pub fn fill_uniforms(
        &self,
        isa: InstructionSet,
        dimension: usize,
        scramble: Scramble,
        indices: &[u32],
        out: &mut [f64],
    ) {
        scrambled(isa, &self.directions[dimension], scramble, indices, out);
    }
}

/// Dimension one: bits of the index mirrored.
fn van_der_corput() -> [u32; BITS] {
    std::array::from_fn(|bit| 1 << (BITS - 1 - bit))
}

/// From `a m_1 … m_s` (Bratley and Fox 1988): `m_k = 2^s m_{k−s} ⊕ m_{k−s} ⊕ ⨁ 2^i a_i m_{k−i}`.
fn directions(line: &str) -> [u32; BITS] {
    let number = |text: &str| text.parse::<u32>().expect("the embedded numbers are numbers");
    let mut numbers = line.split(' ').map(number);
    let coefficients = numbers.next().expect("a line has coefficients");
    let initial: Vec<u32> = numbers.collect();
    let degree = initial.len();
    let mut v = [0; BITS];
    for (bit, m) in initial.iter().enumerate() {
        v[bit] = m << (BITS - 1 - bit);
    }
    for bit in degree..BITS {
        let mut value = v[bit - degree] ^ (v[bit - degree] >> degree);
        for place in 1..degree {
            if coefficients >> (degree - 1 - place) & 1 == 1 {
                value ^= v[bit - place];
            }
        }
        v[bit] = value;
    }
    v
}

cloned_per_instruction_set! {
    fn scrambled(directions: &[u32; BITS], scramble: Scramble, indices: &[u32], out: &mut [f64])
        = scrambled_body;
}

#[inline(always)]
fn scrambled_body(directions: &[u32; BITS], scramble: Scramble, indices: &[u32], out: &mut [f64]) {
    assert_eq!(indices.len(), out.len());
    let highest = indices.iter().fold(0, |all, index| all | index);
    let bits = (u32::BITS - highest.leading_zeros()) as usize;
    for (slot, &index) in out.iter_mut().zip(indices) {
        let digits = nested_uniform(point(&directions[..bits], index), scramble.hash);
        *slot = (f64::from(digits ^ scramble.shift) + 0.5) * CELL;
    }
}

/// 2⁻³².
const CELL: f64 = 1.0 / 4_294_967_296.0;

#[inline(always)]
fn point(directions: &[u32], index: u32) -> u32 {
    let mut digits = 0;
    for (bit, direction) in directions.iter().enumerate() {
        let taken = 0_u32.wrapping_sub(index >> bit & 1);
        digits ^= direction & taken;
    }
    digits
}

/// A permutation that keeps the tree of dyadic intervals: each bit changes by the bits above it.
#[inline(always)]
fn nested_uniform(digits: u32, seed: u32) -> u32 {
    let mut x = digits.reverse_bits();
    x = x.wrapping_add(seed);
    x ^= x.wrapping_mul(0x6c50_b47c);
    x ^= x.wrapping_mul(0xb82f_1e52);
    x ^= x.wrapping_mul(0xc7af_e638);
    x ^= x.wrapping_mul(0x8d22_f6e6);
    x.reverse_bits()
}

#[cfg(test)]
mod tests;
