//! From the earlier run to the later one: a mixture of their inputs after every step, run where it
//! is not what was run before.

use super::side::Side;
use super::{ExplainError, paired};
use crate::document::Violations;
use crate::engine::{self, Control, Documents, Plan, first_fault};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{ExplainedStep, Outcome};
use crate::simulation::Sampling;

/// What was found after every step.
pub struct Walked {
    /// The earlier run.
    pub start: Reached,
    /// The steps, in order.
    pub steps: Vec<Taken>,
    /// Standard error of the change of ES from the first to the last.
    pub standard_error: Option<f64>,
}

/// One step.
pub struct Taken {
    /// Which.
    pub step: ExplainedStep,
    /// Whether anything that the run depends on was replaced.
    pub changed: bool,
    /// Why it is told with the next one.
    pub told_with_next: Option<String>,
    /// What is reached.
    pub reached: Reached,
    /// Standard error of what ES changed by.
    pub standard_error: Option<f64>,
}

/// The figures of a run.
#[derive(Clone)]
pub struct Reached {
    /// Its outcome.
    pub outcome: Outcome,
    /// One loss a path, where paths are independent and count the same.
    losses: Vec<f64>,
}

/// Walks from the first of `sides` to the second; ES at `level`.
///
/// # Errors
/// A run that does not reproduce its results, or cannot be run.
pub fn walk(
    sides: &[Side; 2],
    level: f64,
    isa: InstructionSet,
    control: &Control,
) -> Result<Walked, ExplainError> {
    let [earlier, later] = sides;
    let run = |plan: &Plan| reached(plan, isa, control);
    let mut plan = planned(earlier)?;
    let start = run(&plan)?;
    earlier.check(&start.outcome)?;
    let mut at = start.clone();
    let mut mixed = earlier.documents.clone();
    let mut steps = Vec::new();
    for step in ExplainedStep::ALL {
        let next = match step {
            ExplainedStep::Noise => planned(later)?,
            _ => {
                mixed = after(&mixed, step, &later.documents);
                match mixture(&mixed) {
                    Ok(next) => next,
                    Err(violations) => {
                        steps.push(put_off(step, &violations, &at));
                        continue;
                    }
                }
            }
        };
        let changed = !is_same_run(&plan, &next);
        let reached = if changed { run(&next)? } else { at.clone() };
        let standard_error = if changed { error(&at, &reached, level) } else { Some(0.0) };
        steps.push(Taken {
            step,
            changed,
            told_with_next: None,
            reached: reached.clone(),
            standard_error,
        });
        (plan, at) = (next, reached);
    }
    check_end(later, &at)?;
    let standard_error = error(&start, &at, level);
    Ok(Walked { start, steps, standard_error })
}

fn put_off(step: ExplainedStep, violations: &Violations, at: &Reached) -> Taken {
    Taken {
        step,
        changed: true,
        told_with_next: Some(first_fault(violations)),
        reached: at.clone(),
        standard_error: None,
    }
}

/// The documents after a step.
fn after(mixed: &Documents, step: ExplainedStep, later: &Documents) -> Documents {
    match step {
        ExplainedStep::Time => mixed.at_time_of(later),
        ExplainedStep::Market => mixed.with_market_of(later),
        ExplainedStep::Positions => mixed.with_positions_of(later),
        ExplainedStep::Collateral => mixed.with_book_of(later),
        ExplainedStep::Parameters => mixed.with_parameters_of(later),
        ExplainedStep::Noise => later.clone(),
    }
}

/// The plan of a run's own documents.
fn planned(side: &Side) -> Result<Plan, ExplainError> {
    mixture(&side.documents).map_err(|violations| ExplainError::Refused {
        folder: side.folder.clone(),
        reason: first_fault(&violations),
    })
}

fn mixture(documents: &Documents) -> Result<Plan, Violations> {
    Plan::build(&documents.inputs()?)
}

fn reached(plan: &Plan, isa: InstructionSet, control: &Control) -> Result<Reached, ExplainError> {
    let run = engine::run(plan, isa, control)?;
    let plain = plan.sampling == Sampling::Plain && plan.hazards.strata.is_none();
    let whole = run.losses.len() as u64 == run.outcome.paths && run.masses.is_empty();
    let losses = if plain && whole { run.losses } else { Vec::new() };
    Ok(Reached { outcome: run.outcome, losses })
}

/// Whether two plans are of the same run: the same figures, whatever files they were read from.
fn is_same_run(first: &Plan, second: &Plan) -> bool {
    let bare = |plan: &Plan| Plan { inputs: vec![], findings: vec![], ..plan.clone() };
    bare(first) == bare(second)
}

/// Error of what ES changes by; `None` where it is not known.
fn error(before: &Reached, after: &Reached, level: f64) -> Option<f64> {
    paired::standard_error(&before.losses, &after.losses, level)
}

/// That the last step is the later run. Files that moved no figure may be told of differently.
fn check_end(later: &Side, end: &Reached) -> Result<(), ExplainError> {
    let mut reached = end.outcome.clone();
    reached.data_quality.clone_from(&later.outcome.data_quality);
    later.check(&reached)
}
