//! Jump-diffusion with common and own lognormal jumps (Merton 1976).
//!
//! A common jump hits all spot factors at once, with sizes of the model's correlations; an own
//! jump hits one. The factor's volatility is that of its total return: the diffusion has
//! `σ² − λ_c(m_c² + s_c²) − λ_o(m_o² + s_o²)` a year. The model's matrix is that of the diffusion
//! and of the common sizes; total returns correlate by `(ρ(σ_i^d σ_j^d + λ_c s_c²) + λ_c m_c²)/σ_iσ_j`.
//!
//! Given the number of jumps in a step their sum is normal, so one normal a jumping path suffices;
//! only paths that jump draw sizes.

use super::correlated::{Draw, Drawn};
use super::grid::TimeGrid;
use super::scratch::SimulationScratch;
use crate::numeric::Purpose;
use crate::numeric::matrix::TILE_PATHS;
use crate::scenario::JumpSettings;

/// Variance a year that jumps contribute: `λ(m² + s²)`.
pub(super) fn jump_variance(jumps: &JumpSettings) -> f64 {
    jumps.intensity * (jumps.mean * jumps.mean + jumps.deviation * jumps.deviation)
}

/// `λ(E[e^J] − 1)` a year: what jumps add to the logarithm of the mean price.
pub(super) fn exponential_growth(jumps: &JumpSettings) -> f64 {
    let exponent = jumps.mean + 0.5 * jumps.deviation * jumps.deviation;
    jumps.intensity * libm::expm1(exponent)
}

/// A Merton process compiled for the drawn factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Merton {
    common: JumpSettings,
    own: JumpSettings,
    /// Whether each drawn factor jumps.
    jumps: Vec<bool>,
    /// Diffusive annual volatility of each drawn factor.
    diffusive: Vec<f64>,
    /// Root of each step's length.
    root_steps: Vec<f64>,
    /// Of each step.
    common_counts: Vec<PoissonTable>,
    own_counts: Vec<PoissonTable>,
}

impl Merton {
    pub fn new(
        grid: &TimeGrid,
        (common, own): (JumpSettings, JumpSettings),
        jumps: Vec<bool>,
        drawn: &Drawn,
    ) -> Self {
        let jumping = jump_variance(&common) + jump_variance(&own);
        let diffusive = |(volatility, jumps): (&f64, &bool)| {
            let rest = volatility * volatility - if *jumps { jumping } else { 0.0 };
            rest.max(0.0).sqrt()
        };
        let steps = || (0..grid.node_count()).map(|node| grid.step_of(node).get());
        let counts = |jumps: JumpSettings| {
            steps().map(|years| PoissonTable::new(jumps.intensity * years)).collect()
        };
        Self {
            common,
            own,
            diffusive: drawn.volatilities.iter().zip(&jumps).map(diffusive).collect(),
            jumps,
            root_steps: steps().map(f64::sqrt).collect(),
            common_counts: counts(common),
            own_counts: counts(own),
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
        let SimulationScratch { normals, increments, .. } = scratch;
        drawn.normals.fill(draw, Purpose::Diffusion, node as u32, normals, increments);
        for (row, volatility) in increments.chunks_exact_mut(draw.paths.len()).zip(&self.diffusive)
        {
            let scale = volatility * self.root_steps[node];
            row.iter_mut().for_each(|slot| *slot *= scale);
        }
        self.add_common_jumps(node, draw, drawn, scratch);
        for factor in (0..drawn.count()).filter(|&factor| self.jumps[factor]) {
            self.add_own_jumps(node, factor, draw, scratch);
        }
    }

    fn add_common_jumps(
        &self,
        node: usize,
        draw: &Draw,
        drawn: &Drawn,
        scratch: &mut SimulationScratch,
    ) {
        let (paths, step) = (draw.paths.len(), node as u32);
        let SimulationScratch { normals, correlated, increments, rows, some_paths, .. } = scratch;
        let counts = &mut rows[0][..paths];
        draw.streams.fill_uniforms(Purpose::JumpCount, step, 0, draw.paths, counts);
        self.common_counts[node].apply(counts, some_paths);
        if some_paths.is_empty() {
            return;
        }
        drawn.normals.fill_some(draw, Purpose::JumpSize, step, some_paths, normals, correlated);
        let sizes = correlated.chunks_exact(some_paths.len());
        for (factor, sizes) in sizes.take(drawn.count()).enumerate() {
            if !self.jumps[factor] {
                continue;
            }
            let row = &mut increments[factor * paths..(factor + 1) * paths];
            for (&path, normal) in some_paths.iter().zip(sizes) {
                let path = path as usize;
                row[path] += jump_sum(&self.common, counts[path], *normal);
            }
        }
    }

    fn add_own_jumps(
        &self,
        node: usize,
        factor: usize,
        draw: &Draw,
        scratch: &mut SimulationScratch,
    ) {
        let (paths, step, stream) = (draw.paths.len(), node as u32, factor as u32);
        let SimulationScratch { increments, rows: [counts, sizes], some_paths, .. } = scratch;
        let counts = &mut counts[..paths];
        draw.streams.fill_uniforms(Purpose::OwnJumpCount, step, stream, draw.paths, counts);
        self.own_counts[node].apply(counts, some_paths);
        let row = &mut increments[factor * paths..(factor + 1) * paths];
        for some in some_paths.chunks(TILE_PATHS) {
            let (ids, sizes) = (&draw.ids(some)[..some.len()], &mut sizes[..some.len()]);
            draw.streams.fill_normals(Purpose::OwnJumpSize, step, stream, ids, sizes);
            for (&path, normal) in some.iter().zip(sizes) {
                let path = path as usize;
                row[path] += jump_sum(&self.own, counts[path], *normal);
            }
        }
    }
}

/// Sum of `count` independent normal sizes, from one standard normal.
fn jump_sum(jumps: &JumpSettings, count: f64, normal: f64) -> f64 {
    count * jumps.mean + count.sqrt() * jumps.deviation * normal
}

/// Inversion of a Poisson distribution.
#[derive(Debug, Clone, PartialEq)]
struct PoissonTable {
    /// `P(N ≤ k)` for k = 0, 1, … until it is 1 to the last bit.
    cumulative: Vec<f64>,
}

impl PoissonTable {
    fn new(mean: f64) -> Self {
        let probability = |k: f64| {
            libm::exp(k * libm::log(mean.max(f64::MIN_POSITIVE)) - mean - libm::lgamma(k + 1.0))
        };
        let (mut cumulative, mut total, mut k) = (Vec::new(), 0.0, 0.0);
        loop {
            let added = probability(k);
            total += added;
            cumulative.push(total);
            if k >= mean && added < NEGLIGIBLE {
                return Self { cumulative };
            }
            k += 1.0;
        }
    }

    /// Replaces uniforms by counts and lists the paths whose count is positive.
    fn apply(&self, values: &mut [f64], jumping: &mut Vec<u32>) {
        jumping.clear();
        let none = self.cumulative[0];
        for (path, value) in values.iter_mut().enumerate() {
            if *value <= none {
                *value = 0.0;
                continue;
            }
            *value = self.cumulative.partition_point(|probability| probability < value) as f64;
            jumping.push(path as u32);
        }
    }
}

/// Less than the spacing of uniforms.
const NEGLIGIBLE: f64 = 1e-18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_invert_the_poisson_distribution() {
        // P(N ≤ k) of mean 2: 0.1353, 0.4060, 0.6767, 0.8571 (Abramowitz & Stegun, table 26.7).
        let table = PoissonTable::new(2.0);
        let mut values = [0.1353, 0.1354, 0.4059, 0.4061, 0.6766, 0.6768, 0.8571];
        let mut jumping = Vec::new();
        table.apply(&mut values, &mut jumping);
        assert_eq!(values, [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!(jumping, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn no_intensity_never_jumps_and_a_large_one_is_covered() {
        let mut jumping = Vec::new();
        let mut values = [1.0 - f64::EPSILON / 4.0];
        PoissonTable::new(0.0).apply(&mut values, &mut jumping);
        assert_eq!(values, [0.0]);
        let large = PoissonTable::new(1000.0);
        assert!((large.cumulative[999] - 0.5).abs() < 0.01);
        assert!((large.cumulative.last().unwrap() - 1.0).abs() < 1e-9);
    }
}
