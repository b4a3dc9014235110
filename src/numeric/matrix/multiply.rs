//! The product of a triangular factor and a block of draws.
//!
//! out[i][path] = Σ_{k ≤ i} L[i][k]·z[k][path], k ascending, one fused multiply-add a term: the
//! order of every sum is fixed, so tiles, instruction sets and block sizes leave no trace.
//!
//! The factor is packed once in the order in which the kernel reads it; draws come in tiles of
//! [`TILE_PATHS`] paths, so that a tile of a desk's factors stays in the first-level cache and one
//! of 500 factors in the second. Four rows of 32 sums fill the registers of AVX-512, four of eight
//! those of AVX2; measured at 55 GFLOP/s of 56 for 500 factors, 47 for 20 (AVX-512, Zen 4).

use crate::numeric::InstructionSet;
use crate::numeric::isa::cloned_per_instruction_set;

/// Paths in a tile of draws: the distance between its rows.
pub const TILE_PATHS: usize = 64;
/// Rows whose sums stay in registers together.
const ROWS: usize = 4;

/// A lower triangular factor in the kernel's order: for each group of four rows the columns up to
/// its diagonal, and in each column the four entries side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedFactor {
    size: usize,
    entries: Vec<f64>,
}

/// Where a tile's products go in `[row][path]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePlace {
    /// Position of the tile's first path in a row.
    pub first: usize,
    /// Paths of the tile in use.
    pub count: usize,
    /// Length of a row.
    pub stride: usize,
}

impl PackedFactor {
    /// Packs the lower triangle of `factor`, `size` × `size` and row-major; what stands above its
    /// diagonal is not read.
    ///
    /// # Panics
    /// If `factor` is not `size²` long.
    pub fn new(size: usize, factor: &[f64]) -> Self {
        assert_eq!(factor.len(), size * size, "a square factor");
        let mut entries = Vec::new();
        for group in (0..size).step_by(ROWS) {
            for column in 0..size.min(group + ROWS) {
                entries.extend((group..group + ROWS).map(|row| {
                    if row < size && column <= row { factor[row * size + column] } else { 0.0 }
                }));
            }
        }
        Self { size, entries }
    }

    /// Rows and columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Multiplies by draws `[factor][path]`, into `out` of the same shape.
    ///
    /// # Panics
    /// If the slices do not hold `path_count` paths of every factor.
    pub fn multiply(&self, isa: InstructionSet, draws: &[f64], path_count: usize, out: &mut [f64]) {
        assert!(draws.len() == self.size * path_count && out.len() == draws.len());
        let mut tile = vec![0.0; self.size * TILE_PATHS];
        for first in (0..path_count).step_by(TILE_PATHS) {
            let place =
                TilePlace { first, count: TILE_PATHS.min(path_count - first), stride: path_count };
            for (row, draws) in tile.chunks_exact_mut(TILE_PATHS).zip(draws.chunks(path_count)) {
                row[..place.count].copy_from_slice(&draws[first..first + place.count]);
            }
            self.multiply_tile(isa, &tile, out, place);
        }
    }

    /// Multiplies by a tile of draws, `[factor][TILE_PATHS]`, into the rows of `out` at `place`.
    /// Draws past the paths in use are read but leave no trace.
    ///
    /// # Panics
    /// If the tile is short of rows, more of its paths are in use than it has, or `out` is too
    /// small.
    pub fn multiply_tile(
        &self,
        isa: InstructionSet,
        tile: &[f64],
        out: &mut [f64],
        place: TilePlace,
    ) {
        assert!(place.count <= TILE_PATHS, "paths of a tile");
        assert!(place.first + place.count <= place.stride, "paths of a row");
        // The widths fill the registers of each set; they do not change a bit.
        match isa {
            InstructionSet::Avx512 => wide(isa, self, tile, place, out),
            _ => narrow(isa, self, tile, place, out),
        }
    }
}

cloned_per_instruction_set! {
    fn wide(factor: &PackedFactor, tile: &[f64], place: TilePlace, out: &mut [f64]) = product::<32>;
}
cloned_per_instruction_set! {
    fn narrow(factor: &PackedFactor, tile: &[f64], place: TilePlace, out: &mut [f64]) = product::<8>;
}

#[inline(always)]
fn product<const WIDTH: usize>(
    factor: &PackedFactor,
    tile: &[f64],
    place: TilePlace,
    out: &mut [f64],
) {
    let whole = place.count - place.count % WIDTH;
    for column in (0..whole).step_by(WIDTH) {
        columns::<WIDTH>(factor, tile, place, column, out, |sums, out| {
            out[..WIDTH].copy_from_slice(sums);
        });
    }
    if whole < place.count {
        let width = place.count - whole;
        columns::<WIDTH>(factor, tile, place, whole, out, |sums, out| {
            out[..width].copy_from_slice(&sums[..width]);
        });
    }
}

/// All rows of `WIDTH` paths of the tile from `column` on.
#[inline(always)]
fn columns<const WIDTH: usize>(
    factor: &PackedFactor,
    tile: &[f64],
    place: TilePlace,
    column: usize,
    out: &mut [f64],
    store: impl Fn(&[f64; WIDTH], &mut [f64]),
) {
    let tile = &tile[..factor.size * TILE_PATHS];
    let mut entries = &factor.entries[..];
    for group in (0..factor.size).step_by(ROWS) {
        let rows = ROWS.min(factor.size - group);
        let (these, rest) = entries.split_at((group + rows) * ROWS);
        entries = rest;
        let sums = group_sums::<WIDTH>(these, tile, column);
        for (row, sums) in sums.iter().enumerate().take(rows) {
            store(sums, &mut out[(group + row) * place.stride + place.first + column..]);
        }
    }
}

/// Products of a group of rows with `WIDTH` paths of the tile from `column` on.
#[inline(always)]
fn group_sums<const WIDTH: usize>(
    entries: &[f64],
    tile: &[f64],
    column: usize,
) -> [[f64; WIDTH]; ROWS] {
    let mut sums = [[0.0; WIDTH]; ROWS];
    for (entries, draws) in entries.chunks_exact(ROWS).zip(tile.chunks_exact(TILE_PATHS)) {
        let draws = &draws[column..column + WIDTH];
        for (sums, entry) in sums.iter_mut().zip(entries) {
            for (sum, draw) in sums.iter_mut().zip(draws) {
                *sum = entry.mul_add(*draw, *sum);
            }
        }
    }
    sums
}
