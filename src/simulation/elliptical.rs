//! Geometric Brownian motion and the multivariate Student-t: one correlated normal vector a step,
//! scaled by the root of the step's time, for the t by its *variance time* `Σ w_j Δ_j` over the
//! calibration intervals j it touches (sums of t are not t; given the w they are normal).

use super::correlated::{CorrelatedNormals, Draw};
use super::grid::{Segment, TimeGrid};
use super::mixing::{DiscreteLaw, KeptMultipliers, MixingTable};

/// Deterministic variance time: the root of each step's length.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gaussian {
    /// Correlated returns over a year.
    pub returns: CorrelatedNormals,
    root_steps: Vec<f64>,
}

impl Gaussian {
    pub fn new(grid: &TimeGrid, returns: CorrelatedNormals) -> Self {
        let root = |node| grid.step_of(node).get().sqrt();
        Self { returns, root_steps: (0..grid.node_count()).map(root).collect() }
    }

    /// Root of the variance time of the step to `node`.
    pub fn root(&self, node: usize) -> f64 {
        self.root_steps[node]
    }
}

/// Random variance time of the multivariate t.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StudentT {
    /// Correlated returns over a year of variance time.
    pub returns: CorrelatedNormals,
    table: MixingTable,
    segments: Vec<Vec<Segment>>,
    interval_years: f64,
}

impl StudentT {
    pub fn new(grid: &TimeGrid, degrees_of_freedom: f64, returns: CorrelatedNormals) -> Self {
        Self {
            returns,
            table: MixingTable::new(degrees_of_freedom),
            segments: grid.segments(),
            interval_years: grid.calibration_interval.get(),
        }
    }

    /// The same with the posterior of the mixing variable.
    pub fn given(self, degrees_of_freedom: f64, evidence: (usize, f64)) -> Self {
        Self { table: MixingTable::posterior(degrees_of_freedom, evidence), ..self }
    }

    /// Fills `roots[path]` with the root of the variance time of the step to `node`.
    pub fn fill_roots(
        &self,
        node: usize,
        draw: &Draw,
        kept: &mut KeptMultipliers,
        roots: &mut [f64],
    ) {
        roots.fill(0.0);
        for segment in &self.segments[node] {
            let multipliers = self.table.multipliers(segment.interval, draw, kept);
            let years = segment.share() * self.interval_years;
            for (root, multiplier) in roots.iter_mut().zip(multipliers) {
                *root += multiplier * years;
            }
        }
        for root in roots {
            *root = root.sqrt();
        }
    }
}

/// Laws of the variance time (years) from today to each node, for mixing with `ν` degrees of
/// freedom: whole intervals add up, the last is in part.
pub(super) fn variance_time_laws(grid: &TimeGrid, degrees_of_freedom: f64) -> Vec<DiscreteLaw> {
    let years = grid.calibration_interval.get();
    let one = DiscreteLaw::mixing(degrees_of_freedom).scaled(years);
    let mut whole = DiscreteLaw::zero();
    let mut laws = Vec::with_capacity(grid.node_count());
    for step in grid.segments() {
        let mut law = whole.clone();
        for segment in step {
            law = whole.sum(&one.scaled(segment.to));
            if segment.closes_interval() {
                whole = law.clone();
            }
        }
        laws.push(law);
    }
    laws
}
