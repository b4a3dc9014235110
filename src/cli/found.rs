//! What a scenario found, whatever its kind: written, shown, judged.

use super::arguments::RunArguments;
use super::exit::Exit;
use super::output::{Circumstances, Output, OutputFailure};
use super::terminal::Terminal;
use crate::engine::{self, Control, EngineError, Plan, Run};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{BatchFigures, GridOutcome, HistoricalOutcome, Outcome, Status, Threshold};
use crate::report;
use crate::study::batch;

/// The results of one scenario.
pub enum Found {
    /// Of simulated paths.
    Simulated(Box<Run>),
    /// Of one stated path: a window of history, or a shock.
    Replayed(Box<HistoricalOutcome>),
    /// Of a risk array.
    Grid(Box<GridOutcome>),
}

impl Found {
    /// Runs the plan.
    pub fn by(plan: &Plan, isa: InstructionSet, control: &Control) -> Result<Self, EngineError> {
        if plan.scenario.grid.is_some() {
            return Ok(Self::Grid(Box::new(engine::grid(plan, isa, control)?)));
        }
        if plan.scenario.is_stated() {
            let outcome = engine::historical(plan, isa, control)?;
            return Ok(Self::Replayed(Box::new(outcome)));
        }
        Ok(Self::Simulated(Box::new(engine::run(plan, isa, control)?)))
    }

    /// Writes the result folder.
    pub fn write(&self, output: Output, told: Circumstances) -> Result<(), OutputFailure> {
        match self {
            Self::Simulated(run) => output.write(run, told),
            Self::Replayed(outcome) => output.write_historical(outcome, told),
            Self::Grid(outcome) => output.write_grid(outcome, told),
        }
    }

    /// Its line in the summary of a batch.
    pub fn figures(&self) -> BatchFigures {
        match self {
            Self::Simulated(run) => batch::figures(&run.outcome),
            Self::Replayed(outcome) => batch::figures_of_stated(outcome),
            Self::Grid(outcome) => batch::figures_of_grid(outcome),
        }
    }

    /// Prints what the arguments ask for.
    pub fn show(&self, arguments: &RunArguments, terminal: &Terminal) -> Exit {
        let lines = arguments.scenarios.len() > 1;
        let report = match (self, arguments.json, lines) {
            (_, false, _) if arguments.quiet => return Exit::Within,
            (Self::Simulated(run), true, true) => report::json_line(&run.outcome),
            (Self::Simulated(run), true, false) => report::json(&run.outcome),
            (Self::Simulated(run), false, _) => report::terminal(&run.outcome, terminal.style()),
            (Self::Replayed(outcome), true, true) => report::historical_json_line(outcome),
            (Self::Replayed(outcome), true, false) => report::historical_json(outcome),
            (Self::Replayed(outcome), false, _) => {
                report::historical_terminal(outcome, terminal.style())
            }
            (Self::Grid(outcome), true, true) => report::grid_json_line(outcome),
            (Self::Grid(outcome), true, false) => report::grid_json(outcome),
            (Self::Grid(outcome), false, _) => report::grid_terminal(outcome, terminal.style()),
        };
        terminal.print_report(report)
    }

    /// The exit code of the finding.
    pub fn verdict(&self) -> Exit {
        let red = |status: Option<Status>| status == Some(Status::Red);
        let breached = match self {
            Self::Simulated(run) => is_breached(&run.outcome),
            Self::Replayed(outcome) => red(outcome.threshold.as_ref().map(|limit| limit.status)),
            Self::Grid(outcome) => red(outcome.threshold.as_ref().map(|limit| limit.status)),
        };
        if breached { Exit::Breached } else { Exit::Within }
    }
}

/// Of the book as proposed where trades were given.
fn is_breached(outcome: &Outcome) -> bool {
    let judged = outcome.with_trades.as_deref().unwrap_or(outcome);
    judged.threshold.as_ref().is_some_and(Threshold::is_breached)
}
