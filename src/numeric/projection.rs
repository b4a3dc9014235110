//! Blocks of draws along a few directions: projected on them, moved along them, tilted in them.
//!
//! Sums run over directions or draws in index order, one fused multiply-add a term, so neither
//! instruction sets nor block sizes leave a trace.

use super::InstructionSet;
use super::isa::cloned_per_instruction_set;

/// `out[direction][path] = Σ directions[direction][row]·draws[row][path]`.
///
/// # Panics
/// If the slices do not hold directions × rows, rows × paths and directions × paths.
pub fn project(
    isa: InstructionSet,
    directions: &[f64],
    draws: &[f64],
    path_count: usize,
    out: &mut [f64],
) {
    let (rows, rank) = (draws.len() / path_count, out.len() / path_count);
    assert_eq!(directions.len(), rows * rank);
    out.fill(0.0);
    for (direction, out) in
        directions.chunks_exact(rows.max(1)).zip(out.chunks_exact_mut(path_count))
    {
        for (entry, draws) in direction.iter().zip(draws.chunks_exact(path_count)) {
            add_multiple(isa, *entry, draws, out);
        }
    }
}

/// `out[row][path] += Σ directions[direction][row]·coordinates[direction][path]`.
///
/// # Panics
/// If the slices do not hold directions × rows, directions × paths and rows × paths.
pub fn lift(
    isa: InstructionSet,
    directions: &[f64],
    coordinates: &[f64],
    path_count: usize,
    out: &mut [f64],
) {
    let (rows, rank) = (out.len() / path_count, coordinates.len() / path_count);
    assert_eq!(directions.len(), rows * rank);
    for (row, out) in out.chunks_exact_mut(path_count).enumerate() {
        for (direction, coordinates) in coordinates.chunks_exact(path_count).enumerate() {
            add_multiple(isa, directions[direction * rows + row], coordinates, out);
        }
    }
}

/// One direction of a quadratic and what a tilt makes of its normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TiltedDirection {
    /// Slope b of the quadratic.
    pub linear: f64,
    /// Curvature λ.
    pub curvature: f64,
    /// Mean of the normal where the root is one.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

cloned_per_instruction_set! {
    /// `sum[path] += y·(b·root + λ·y)` with `y = deviation·normal + mean·root`: what one direction
    /// adds to a quadratic whose slopes and means scale with a root of each path.
    pub fn add_tilted(
        direction: TiltedDirection,
        roots: &[f64],
        normals: &[f64],
        sum: &mut [f64],
    ) = add_tilted_body;
}
cloned_per_instruction_set! {
    /// Replaces each normal by `y = deviation·normal + mean·root`.
    pub fn tilt(direction: TiltedDirection, roots: &[f64], normals: &mut [f64]) = tilt_body;
}
cloned_per_instruction_set! {
    fn add_multiple(factor: f64, values: &[f64], out: &mut [f64]) = add_multiple_body;
}

#[inline(always)]
fn tilted(direction: TiltedDirection, root: f64, normal: f64) -> f64 {
    direction.deviation.mul_add(normal, direction.mean * root)
}

#[inline(always)]
fn add_tilted_body(direction: TiltedDirection, roots: &[f64], normals: &[f64], sum: &mut [f64]) {
    assert!(roots.len() == sum.len() && normals.len() == sum.len());
    for ((slot, &root), &normal) in sum.iter_mut().zip(roots).zip(normals) {
        let y = tilted(direction, root, normal);
        *slot = y.mul_add(direction.curvature.mul_add(y, direction.linear * root), *slot);
    }
}

#[inline(always)]
fn tilt_body(direction: TiltedDirection, roots: &[f64], normals: &mut [f64]) {
    assert_eq!(roots.len(), normals.len());
    for (slot, &root) in normals.iter_mut().zip(roots) {
        *slot = tilted(direction, root, *slot);
    }
}

#[inline(always)]
fn add_multiple_body(factor: f64, values: &[f64], out: &mut [f64]) {
    assert_eq!(values.len(), out.len());
    for (slot, &value) in out.iter_mut().zip(values) {
        *slot = factor.mul_add(value, *slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orthonormal rows: lifting what was projected and projecting again changes nothing.
    #[test]
    fn projecting_a_lift_gives_the_coordinates_back() {
        let directions = [0.6, 0.8, 0.0, 0.0, 0.0, 1.0];
        let coordinates = [1.0, -2.0, 0.5, 3.0];
        for isa in InstructionSet::available() {
            let mut draws = [0.0; 6];
            lift(isa, &directions, &coordinates, 2, &mut draws);
            assert_eq!(draws[4..], [0.5, 3.0]);
            let mut back = [7.0; 4];
            project(isa, &directions, &draws, 2, &mut back);
            for (found, expected) in back.iter().zip(coordinates) {
                assert!((found - expected).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn a_tilted_direction_adds_its_part_of_the_quadratic() {
        let direction = TiltedDirection { linear: 2.0, curvature: 0.5, mean: 3.0, deviation: 4.0 };
        let (roots, mut normals) = ([1.0, 0.5], [0.25, -1.0]);
        for isa in InstructionSet::available() {
            let mut sum = [10.0, 20.0];
            add_tilted(isa, direction, &roots, &normals, &mut sum);
            // y = 4 and −2.5: 4·(2 + 2) and −2.5·(1 − 1.25).
            assert_eq!(sum, [26.0, 20.625]);
        }
        tilt(InstructionSet::Baseline, direction, &roots, &mut normals);
        assert_eq!(normals, [4.0, -2.5]);
    }
}
