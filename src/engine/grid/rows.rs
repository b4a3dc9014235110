//! Losses by position and balance at one point, everything held.

use crate::engine::EngineError;
use crate::engine::assemble;
use crate::engine::compiled::Compiled;
use crate::engine::path::PathEngine;
use crate::engine::plan::Plan;
use crate::engine::stress::stressed_block;
use crate::engine::tail::{TailRow, tail_row};
use crate::numeric::isa::InstructionSet;
use crate::outcome::PathRow;
use crate::pricing::{Granularity, PathState};
use crate::threshold::Stress;

/// Largest loss first.
pub(super) fn rows(
    plan: &Plan,
    stress: &Stress,
    isa: InstructionSet,
) -> Result<Vec<PathRow>, EngineError> {
    let book = Compiled::new(plan, &plan.portfolio, isa)?;
    let engine = PathEngine::compile(&book.setting, Granularity::Position)?;
    let compiled = engine.book();
    let mut state = PathState::new(compiled, 1);
    let block = stressed_block(book.setting.model, stress)?;
    compiled.start_block(&mut state, 1);
    let mut values = vec![0.0; compiled.rows().len()];
    compiled.values_today(isa, &block, &mut state, &mut values);
    let losses: Vec<f64> =
        compiled.base_values().iter().zip(&values).map(|(today, then)| today - then).collect();
    let rows: Vec<TailRow> =
        compiled.rows().iter().map(|row| tail_row(row, &plan.portfolio).0).collect();
    Ok(assemble::path_rows(&rows, &losses, &plan.portfolio))
}
