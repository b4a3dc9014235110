//! Student-t copula with Student-t marginals of their own (Demarta & McNeil 2005).
//!
//! In each calibration interval `T_i = √(ν/χ²_ν)·Y_i`, Y correlated normals, and the return is
//! `σ_i·F_i⁻¹(t_ν(T_i))` with F_i the unit-variance t of factor i. The map from T to the return is
//! monotone, odd and tabulated in set-up. Inside an interval, at the share s of it, Y is a Brownian
//! motion over the root of s, and the return is that of the interval times √s: every node has the
//! same copula and marginals, only narrower. The model's matrix is that of Y.

use super::correlated::{Draw, Drawn};
use super::grid::{Segment, TimeGrid};
use super::mixing::MixingTable;
use super::scratch::SimulationScratch;
use super::table::EvenTable;
use crate::numeric::special::{student_t_cdf, student_t_quantile};
use crate::numeric::{InstructionSet, Purpose, kernel};

/// A t copula compiled for the drawn factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TCopula {
    mixing: MixingTable,
    /// `ν/(ν−2)`: from a variance multiplier of mean one to `ν/χ²`.
    unscaled: f64,
    marginals: Vec<EvenTable>,
    segments: Vec<Vec<Segment>>,
    interval_root: f64,
}

/// One factor's slices `[path]` over a piece of the step.
struct Row<'a> {
    normals: &'a [f64],
    /// `√(ν/χ²)` of the interval.
    roots: &'a [f64],
    positions: &'a mut [f64],
    partial: &'a mut [f64],
    increments: &'a mut [f64],
    work: &'a mut [f64],
}

impl TCopula {
    /// `marginals` are the degrees of freedom of each drawn factor.
    pub fn new(grid: &TimeGrid, degrees_of_freedom: f64, marginals: &[f64]) -> Self {
        let table = |&marginal: &f64| marginal_table(degrees_of_freedom, marginal);
        Self {
            mixing: MixingTable::new(degrees_of_freedom),
            unscaled: degrees_of_freedom / (degrees_of_freedom - 2.0),
            marginals: marginals.iter().map(table).collect(),
            segments: grid.segments(),
            interval_root: grid.calibration_interval.get().sqrt(),
        }
    }

    /// Fills `scratch.increments` with the returns of the step to `node`.
    pub fn fill_increments(
        &self,
        node: usize,
        draw: &Draw,
        drawn: &Drawn,
        scratch: &mut SimulationScratch,
    ) {
        let paths = draw.paths.len();
        let SimulationScratch {
            normals, correlated, increments, rows: [roots, work], memory, ..
        } = scratch;
        increments.fill(0.0);
        for segment in &self.segments[node] {
            drawn.normals.fill(draw, Purpose::Diffusion, segment.index, normals, correlated);
            let multipliers =
                self.mixing.multipliers(segment.interval, draw, &mut memory.multipliers);
            for (root, multiplier) in roots.iter_mut().zip(multipliers) {
                *root = (multiplier * self.unscaled).sqrt();
            }
            for (factor, volatility) in drawn.volatilities.iter().enumerate() {
                let range = factor * paths..(factor + 1) * paths;
                let row = Row {
                    normals: &correlated[range.clone()],
                    roots: &roots[..paths],
                    positions: &mut memory.positions[range.clone()],
                    partial: &mut memory.partial[range.clone()],
                    increments: &mut increments[range],
                    work: &mut work[..paths],
                };
                let scale = volatility * self.interval_root;
                move_row(&self.marginals[factor], scale, segment, draw.isa, row);
            }
        }
    }
}

/// Moves one factor over `segment`; `scale` is its deviation over a whole interval.
fn move_row(
    marginal: &EvenTable,
    scale: f64,
    segment: &Segment,
    isa: InstructionSet,
    row: Row<'_>,
) {
    let Row { normals, roots, positions, partial, increments, work } = row;
    if segment.opens_interval() {
        positions.fill(0.0);
        partial.fill(0.0);
    }
    let (share_root, end_root) = (segment.share().sqrt(), segment.to.sqrt());
    let normals = positions.iter_mut().zip(normals).zip(roots);
    for (((position, normal), root), slot) in normals.zip(&mut *work) {
        *position += share_root * normal;
        let size = (*position * root / end_root).abs();
        *slot = size + (size * size + 1.0).sqrt();
    }
    kernel::ln_in_place(isa, work); // asinh|T|
    marginal.apply(work);
    let scale = scale * end_root;
    for (((increment, partial), position), size) in
        increments.iter_mut().zip(partial).zip(positions).zip(work)
    {
        let so_far = scale * size.copysign(*position);
        *increment += so_far - *partial;
        *partial = so_far;
    }
}

const TABLE_POINTS: usize = 2049;
/// Tail probability beyond which no draw lands: |T| is held there.
const TAIL_SMALLEST: f64 = 1e-40;

/// Unit-variance return of |T| as a function of `asinh|T|`: near zero linear, far out
/// `|T|^(ν/ν_i)`, so smooth in this variable and tame to interpolate.
fn marginal_table(copula: f64, marginal: f64) -> EvenTable {
    let farthest = libm::asinh(-student_t_quantile(TAIL_SMALLEST, copula));
    let unit = ((marginal - 2.0) / marginal).sqrt();
    EvenTable::new(0.0, farthest, TABLE_POINTS, |s| {
        let tail = student_t_cdf(-libm::sinh(s), copula);
        -unit * student_t_quantile(tail.min(0.5), marginal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_degrees_of_freedom_only_rescale() {
        for nu in [2.5, 4.0, 30.0] {
            let table = marginal_table(nu, nu);
            let unit = ((nu - 2.0) / nu).sqrt();
            for t in [1e-3, 0.2, 1.0, 7.0, 12.0] {
                let found = table.value(libm::asinh(t));
                assert!((found / (unit * t) - 1.0).abs() < 1e-6, "{nu} {t} {found}");
            }
        }
    }

    #[test]
    fn the_map_carries_quantiles_to_quantiles() {
        let table = marginal_table(5.0, 3.0);
        let unit = (1.0_f64 / 3.0).sqrt();
        for probability in [0.4, 0.1, 1e-3, 1e-6, 1e-9, 1e-15] {
            let t = -student_t_quantile(probability, 5.0);
            let expected = -unit * student_t_quantile(probability, 3.0);
            let found = table.value(libm::asinh(t));
            assert!((found / expected - 1.0).abs() < 1e-6, "{probability}: {found} {expected}");
        }
    }
}
