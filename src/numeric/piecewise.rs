//! Piecewise cubics on an even grid, read on many paths at once.
//!
//! Places are found in wide registers; each path then loads the one cell it needs, in a row of its
//! own, which is faster than gathering coefficients across paths.

use super::isa::cloned_per_instruction_set;

/// Paths whose places are found before their cells are read.
const RUN: usize = 64;
/// 1.5·2⁵²: adding it rounds to an integer and leaves that integer in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Cubics on cells of equal width, flat beyond the ends.
#[derive(Debug, Clone, PartialEq)]
pub struct PiecewiseCubic {
    /// Where the first cell begins.
    pub start: f64,
    /// One over the width of a cell.
    pub cells_per_unit: f64,
    /// Coefficients of each cell, lowest power first, in the cell's own coordinate in [0, 1].
    pub cells: Vec<[f64; 4]>,
}

cloned_per_instruction_set! {
    /// `scale · curve(centre − x)` for each x into `out`; NaN is read at the start.
    ///
    /// # Panics
    /// If the slices differ in length or the curve has no cell.
    pub fn read_mirrored(
        curve: &PiecewiseCubic,
        centre: f64,
        scale: f64,
        x: &[f64],
        out: &mut [f64],
    ) = read;
}

#[inline(always)]
fn read(curve: &PiecewiseCubic, centre: f64, scale: f64, x: &[f64], out: &mut [f64]) {
    assert!(x.len() == out.len() && !curve.cells.is_empty());
    let mut cells = [0_u32; RUN];
    for (x, out) in x.chunks(RUN).zip(out.chunks_mut(RUN)) {
        locate(curve, centre, x, out, &mut cells[..x.len()]);
        for (slot, &cell) in out.iter_mut().zip(&cells) {
            let [a, b, c, d] = curve.cells[cell as usize];
            let u = *slot;
            *slot = scale * u.mul_add(u.mul_add(u.mul_add(d, c), b), a);
        }
    }
}

/// The cell of each number, and the place in that cell into `places`.
#[inline(always)]
fn locate(curve: &PiecewiseCubic, centre: f64, x: &[f64], places: &mut [f64], cells: &mut [u32]) {
    let count = x.len();
    assert!(places.len() == count && cells.len() == count);
    let end = curve.cells.len() as f64;
    let offset = centre - curve.start;
    for path in 0..count {
        let place = (offset - x[path]) * curve.cells_per_unit;
        let place = if place > 0.0 { place } else { 0.0 };
        let place = if place < end { place } else { end };
        // Rounds down, but for whole numbers, which both neighbours own.
        let below = (place - 0.5) + ROUND - ROUND;
        let below = if below < end - 1.0 { below } else { end - 1.0 };
        places[path] = place - below;
        cells[path] = (below + ROUND).to_bits() as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::InstructionSet;

    /// x³ in cells [1, 1.5), [1.5, 2), …, exactly representable.
    fn cube(count: usize) -> PiecewiseCubic {
        let cell = |index: usize| {
            let x = 1.0 + 0.5 * index as f64;
            [x * x * x, 1.5 * x * x, 0.75 * x, 0.125]
        };
        PiecewiseCubic { start: 1.0, cells_per_unit: 2.0, cells: (0..count).map(cell).collect() }
    }

    #[test]
    fn reads_a_cubic_and_stays_flat_beyond_its_ends() {
        for count in [1, 4, 5] {
            let end = 1.0 + 0.5 * count as f64;
            let x: Vec<f64> = (0..200).map(|i| f64::from(i) * 0.04 - 2.0).collect();
            let mut out = vec![f64::NAN; x.len()];
            read_mirrored(InstructionSet::detect(), &cube(count), 0.5, 3.0, &x, &mut out);
            for (x, read) in x.iter().zip(&out) {
                let inside = (0.5 - x).clamp(1.0, end);
                assert!(
                    (read - 3.0 * inside * inside * inside).abs() < 1e-13 * read.abs(),
                    "{count} {x}"
                );
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits_whatever_the_number() {
        let mut x: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.0173 - 9.0).collect();
        x.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300]);
        let read = |isa| {
            let mut out = vec![f64::NAN; x.len()];
            read_mirrored(isa, &cube(7), 0.25, 1.0, &x, &mut out);
            out
        };
        let expected = read(InstructionSet::Baseline);
        assert!(expected.iter().all(|value| value.is_finite()));
        for isa in InstructionSet::available() {
            assert_eq!(read(isa), expected, "{isa}");
        }
    }
}
