//! The product of a triangular factor and a block of draws.
//!
//! out[i][path] = Σ_{k ≤ i} L[i][k]·z[k][path], k ascending, one fused multiply-add a term: the
//! order of every sum is fixed, so tiles, instruction sets and block sizes leave no trace. Draws
//! are packed by tile, since rows of a block lie a power of two apart and would share cache sets.

use crate::numeric::InstructionSet;
use crate::numeric::isa::cloned_per_instruction_set;

/// Rows of draws packed at a time: 256 rows of 32 paths are 64 KB.
const DEPTH: usize = 256;

/// Multiplies the `size` × `size` lower triangular `factor` (row-major) by `draws`
/// `[factor][path]`, into `out` `[factor][path]`.
///
/// # Panics
/// If the slices are not `size²`, `size·path_count` and `size·path_count` long.
pub fn multiply(
    isa: InstructionSet,
    factor: &[f64],
    size: usize,
    draws: &[f64],
    path_count: usize,
    out: &mut [f64],
) {
    assert_eq!(factor.len(), size * size);
    assert!(draws.len() == size * path_count && out.len() == draws.len());
    // Tiles fill the registers of each set; they do not change a bit.
    match isa {
        InstructionSet::Avx512 => wide(isa, factor, size, draws, path_count, out),
        _ => narrow(isa, factor, size, draws, path_count, out),
    }
}

cloned_per_instruction_set! {
    fn wide(factor: &[f64], size: usize, draws: &[f64], path_count: usize, out: &mut [f64])
        = product::<4, 32>;
}
cloned_per_instruction_set! {
    fn narrow(factor: &[f64], size: usize, draws: &[f64], path_count: usize, out: &mut [f64])
        = product::<6, 8>;
}

/// Where a tile lies: its paths and the rows of draws it has packed.
#[derive(Clone, Copy)]
struct Tile {
    path: usize,
    path_count: usize,
    size: usize,
    first: usize,
    depth: usize,
}

#[inline(always)]
fn product<const ROWS: usize, const PATHS: usize>(
    factor: &[f64],
    size: usize,
    draws: &[f64],
    path_count: usize,
    out: &mut [f64],
) {
    let mut packed = [[0.0; PATHS]; DEPTH];
    for path in (0..path_count).step_by(PATHS) {
        for first in (0..size).step_by(DEPTH) {
            let tile = Tile { path, path_count, size, first, depth: DEPTH.min(size - first) };
            pack(tile, draws, &mut packed);
            add_rows::<ROWS, PATHS>(tile, factor, &packed, out);
        }
    }
}

/// Copies the tile's draws; paths past the end stay as they are and are never stored.
#[inline(always)]
fn pack<const PATHS: usize>(tile: Tile, draws: &[f64], packed: &mut [[f64; PATHS]; DEPTH]) {
    let width = PATHS.min(tile.path_count - tile.path);
    for (offset, row) in packed[..tile.depth].iter_mut().enumerate() {
        let start = (tile.first + offset) * tile.path_count + tile.path;
        row[..width].copy_from_slice(&draws[start..start + width]);
    }
}

/// Adds the packed draws' share to every row from the tile's first on.
#[inline(always)]
fn add_rows<const ROWS: usize, const PATHS: usize>(
    tile: Tile,
    factor: &[f64],
    packed: &[[f64; PATHS]; DEPTH],
    out: &mut [f64],
) {
    let mut row = tile.first;
    while row + ROWS <= tile.size {
        add_block::<ROWS, PATHS>(tile, row, factor, packed, out);
        row += ROWS;
    }
    while row < tile.size {
        add_block::<1, PATHS>(tile, row, factor, packed, out);
        row += 1;
    }
}

#[inline(always)]
fn add_block<const ROWS: usize, const PATHS: usize>(
    tile: Tile,
    row: usize,
    factor: &[f64],
    packed: &[[f64; PATHS]; DEPTH],
    out: &mut [f64],
) {
    let width = PATHS.min(tile.path_count - tile.path);
    let place = |index: usize| (row + index) * tile.path_count + tile.path;
    let mut sums = [[0.0; PATHS]; ROWS];
    if tile.first > 0 {
        for (index, sum) in sums.iter_mut().enumerate() {
            sum[..width].copy_from_slice(&out[place(index)..][..width]);
        }
    }
    // Past a row's diagonal the factor is zero, and adding zero changes nothing.
    let depth = tile.depth.min(row + ROWS - tile.first);
    let rows: [&[f64]; ROWS] =
        std::array::from_fn(|index| &factor[(row + index) * tile.size + tile.first..][..depth]);
    for (k, draws) in packed[..depth].iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(&rows) {
            let entry = row[k];
            for (slot, draw) in sum.iter_mut().zip(draws) {
                *slot = entry.mul_add(*draw, *slot);
            }
        }
    }
    for (index, sum) in sums.iter().enumerate() {
        out[place(index)..][..width].copy_from_slice(&sum[..width]);
    }
}
