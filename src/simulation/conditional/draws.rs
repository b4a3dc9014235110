//! Paths drawn given where named factors end.
//!
//! Flows in: the returns that named factors are to have at the horizon. Flows out: corrections of the
//! increments that a process drew without knowing it. Matheron's rule, step by step: with a share
//! w = dt/(time left) of the way still ahead, a named factor moves by `w·(s − S) + √(1 − w)·dX`, dX
//! its own increment and S its return so far, which is a Brownian bridge to s; every other factor
//! moves by `Σ_un Σ_nn⁻¹` times the change of the named increments beside its own. Exact for any
//! number of steps. A Student-t within one calibration interval is normal given its mixing variable,
//! whose posterior is `((ν − 2) + d²)/χ²_{ν+p}`.
//!
//! Limits: normal log-returns, and Student-t within one calibration interval; means and the
//! compensation of drifts are those of the unconditional model.

use super::{ConditionalError, Conditioning};
use crate::scenario::ReturnKind;
use crate::simulation::drift::drift_steps;
use crate::simulation::driver::Scale;
use crate::simulation::sampling::{Sampling, SamplingError, SamplingMemory};
use crate::simulation::scratch::SimulationScratch;
use crate::simulation::{FactorModel, Process};
use crate::units::Years;

/// The scheme under which each named factor ends at its stated log-return (change).
///
/// # Errors
/// [`ConditionalError`]: a process that cannot be conditioned, factors that do not move at random or
/// determine each other.
pub fn conditional_sampling(
    model: &FactorModel,
    named: &[(usize, f64)],
) -> Result<Sampling, ConditionalError> {
    check_process(model)?;
    let drifts = drift_steps(model);
    let count = model.factors.len();
    for (factor, change) in named {
        let item = &model.factors[*factor];
        if item.volatility == 0.0 {
            return Err(ConditionalError::NotRandom { factor: item.key.to_string() });
        }
        if model.process.truncation().is_some_and(|bound| change.abs() >= bound) {
            return Err(ConditionalError::TooFar { factor: item.key.to_string() });
        }
    }
    let factors: Vec<usize> = named.iter().map(|(factor, _)| *factor).collect();
    Conditioning::new(model, &factors)?;
    let drift = |factor: usize| drifts.iter().skip(factor).step_by(count).sum::<f64>();
    let targets = named.iter().map(|(factor, change)| change - drift(*factor)).collect();
    Ok(Sampling::Conditional { named: factors, targets })
}

fn check_process(model: &FactorModel) -> Result<(), ConditionalError> {
    let refused = |what: &str| Err(ConditionalError::NotDrawn(what.to_owned()));
    if model.returns != ReturnKind::Log {
        return refused("paths are drawn given the stated moves with log returns alone");
    }
    let horizon = model.grid.horizon().get();
    let interval = model.grid.calibration_interval.get();
    match model.process {
        Process::Gbm => Ok(()),
        Process::StudentT { .. } if horizon <= interval * (1.0 + 1e-9) => Ok(()),
        Process::StudentT { .. } => refused(
            "student_t is drawn given the stated moves within one calibration interval: the \
             horizon is longer",
        ),
        _ => refused("paths are drawn given the stated moves under gbm and student_t alone"),
    }
}

/// A conditional scheme compiled for the drawn factors.
#[derive(Debug, Clone)]
pub(in crate::simulation) struct ConditionalDraws {
    /// Row of each named factor among the drawn ones.
    rows: Vec<usize>,
    /// Returns at the horizon, without drift.
    targets: Vec<f64>,
    /// `[drawn factor][named factor]`.
    slopes: Vec<f64>,
    /// Share of the way ahead that each step goes, and the root of what is left.
    steps: Vec<(f64, f64)>,
    /// Squared distance of the targets under the model's covariance.
    squared: f64,
}

impl ConditionalDraws {
    pub fn new(
        model: &FactorModel,
        drawn: &[usize],
        (named, targets): (&[usize], &[f64]),
    ) -> Result<Self, SamplingError> {
        let damaged = SamplingError::Damaged;
        if named.is_empty() || named.len() != targets.len() {
            return Err(damaged("named factors and their targets differ in number"));
        }
        let row = |factor: &usize| drawn.iter().position(|one| one == factor);
        let rows: Option<Vec<usize>> = named.iter().map(row).collect();
        let rows = rows.ok_or(damaged("a named factor is not drawn"))?;
        check_process(model).map_err(|_| damaged("a process that cannot be conditioned"))?;
        let conditioning = Conditioning::new(model, named)
            .map_err(|_| damaged("named factors determine each other"))?;
        if conditioning.named.len() != named.len() {
            return Err(damaged("a named factor does not move"));
        }
        let slopes = drawn.iter().flat_map(|&factor| conditioning.slopes(model, factor)).collect();
        let horizon = model.grid.horizon();
        let squared = conditioning.distance_squared(targets, horizon);
        Ok(Self { rows, targets: targets.to_vec(), slopes, steps: steps(model, horizon), squared })
    }

    /// Named factors and their squared distance: what the posterior of a mixing variable knows.
    pub fn evidence(&self) -> (usize, f64) {
        (self.rows.len(), self.squared)
    }

    pub fn memory(&self, path_capacity: usize) -> SamplingMemory {
        let rows = || vec![0.0; self.rows.len() * path_capacity];
        SamplingMemory { totals: rows(), steps: rows(), ..SamplingMemory::default() }
    }

    pub fn start(&self, scratch: &mut SimulationScratch) {
        scratch.sampling.totals.fill(0.0);
    }

    /// Turns the increments of a step, which `scale` makes returns, into those of the conditional
    /// law.
    pub fn correct(
        &self,
        node: usize,
        paths: usize,
        scale: Scale,
        scratch: &mut SimulationScratch,
    ) {
        let SimulationScratch { increments, rows: [roots, _], sampling, .. } = scratch;
        let (share, kept) = self.steps[node];
        for (index, (&row, &target)) in self.rows.iter().zip(&self.targets).enumerate() {
            let increments = &increments[row * paths..][..paths];
            let standing = &mut sampling.totals[index * paths..][..paths];
            let gaps = &mut sampling.steps[index * paths..][..paths];
            for path in 0..paths {
                let root = match scale {
                    Scale::Common(root) => root,
                    Scale::Paths => roots[path],
                };
                let ahead = (target - standing[path]) * share;
                let moved = ahead / root + kept * increments[path];
                gaps[path] = moved - increments[path];
                standing[path] += root * moved;
            }
        }
        let named = self.rows.len();
        for (row, slopes) in self.slopes.chunks_exact(named).enumerate() {
            let increments = &mut increments[row * paths..][..paths];
            let gaps = sampling.steps.chunks_exact(paths);
            for (slope, gaps) in slopes.iter().zip(gaps).filter(|(slope, _)| **slope != 0.0) {
                for (slot, gap) in increments.iter_mut().zip(gaps) {
                    *slot += slope * gap;
                }
            }
        }
    }
}

/// Share of the way ahead of each step, and the root of the rest.
fn steps(model: &FactorModel, horizon: Years) -> Vec<(f64, f64)> {
    let nodes = model.grid.node_count();
    let mut ahead = horizon.get();
    let step = |node: usize| {
        let length = model.grid.step_of(node).get();
        let share = if node + 1 == nodes { 1.0 } else { length / ahead };
        ahead -= length;
        (share, (1.0 - share).max(0.0).sqrt())
    };
    (0..nodes).map(step).collect()
}
