//! Calibration of liquidation thresholds: which settings of a book, a venue or a lending protocol
//! give the least bad debt, liquidated notional, cost and idle capital together.
//!
//! ```text
//! calibration.toml + base scenario ─▶ candidates ─▶ plan of each ─▶ engine, common paths
//!     ─▶ objectives with errors ─▶ Pareto front ─▶ refinement around it, round by round
//! ```
//!
//! All candidates see the same factor paths (same seed, path ids and model), so that differences
//! between them are far more certain than their levels, and a dominance is judged on differences
//! path by path.
//!
//! # Definitions
//! - **Bad debt**: what accounts owe venues once nothing is left to close, summed over accounts.
//! - **Liquidated notional**: what venues close and what liquidators of loans repay; what stop orders
//!   close is not in it.
//! - **Cost**: fees and slippage of liquidations, slippage of stop orders, and what liquidators of
//!   loans take beyond what they repay.
//! - **Idle capital**: margin balance beyond initial margin at time zero, summed over the accounts
//!   that have it; exact.
//!
//! # Limits
//! A candidate under which a venue would close an account today is infeasible: it cannot be held. A
//! refinement halves the spacing of ranges around the front; lists are not refined.

mod apply;
mod candidates;
mod document;
mod error;
mod evaluate;
mod front;
mod names;
mod parameter;

pub use document::{
    CalibrationDocument, ObjectiveDocument, ParameterDocument, ParameterKind, Quantity,
    RangeDocument, SearchDocument, Statistic,
};
pub use error::CalibrationError;

use std::path::Path;

use crate::document::{Confinement, InputFile, Violations};
use crate::engine::{Control, PartOf, Plan};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{CALIBRATION_FORMAT_VERSION, Calibration, Candidate, Standing};
use candidates::Search;
use evaluate::{Evaluated, Evaluator};
use parameter::Parameter;

/// Candidates of one calibration, refinements included.
pub const CANDIDATES_MAX: usize = 4_096;

/// A calibration whose document and base scenario were read and checked.
#[derive(Debug)]
pub struct LoadedCalibration {
    name: String,
    description: String,
    level: f64,
    plan: Plan,
    parameters: Vec<Parameter>,
    objectives: Vec<ObjectiveDocument>,
    search: Search,
    /// Every file read.
    pub files: Vec<InputFile>,
}

/// Whether a file is a calibration document, by the table that only they have.
pub fn is_calibration(path: &Path, confinement: Confinement) -> bool {
    document::has_parameters(path, confinement)
}

/// Checks a calibration document with the scenario that it names; says what was found.
///
/// # Errors
/// Every violation in either.
pub fn check(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let found = LoadedCalibration::read(path, confinement)?;
    let first = found.search.count(&found.parameters);
    Ok(format!(
        "calibration '{}', no violations: {} parameters, {first} candidates at first, {} files",
        found.name,
        found.parameters.len(),
        found.files.len()
    ))
}

impl LoadedCalibration {
    /// Reads the calibration document at `path` and the scenario that it names.
    ///
    /// # Errors
    /// Every violation in either.
    pub fn read(path: &Path, confinement: Confinement) -> Result<Self, Violations> {
        document::read(path, confinement)
    }

    /// Seed of every draw.
    pub fn seed(&self) -> u64 {
        self.plan.scenario.simulation.seed
    }

    /// Paths a candidate.
    pub fn paths(&self) -> u64 {
        self.plan.scenario.simulation.paths
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Evaluates every candidate and finds the front.
    ///
    /// # Errors
    /// [`CalibrationError`]: interrupted; nothing to calibrate.
    pub fn run(
        &self,
        isa: InstructionSet,
        control: &Control,
    ) -> Result<Calibration, CalibrationError> {
        let base = Evaluator { calibration: self, isa, control }.as_it_stands()?;
        let mut notes = Vec::new();
        let mut proposed = self.search.first(&self.parameters);
        let mut evaluated: Vec<Evaluated> = Vec::new();
        for round in 0..=self.search.refinements {
            let room = CANDIDATES_MAX - evaluated.len();
            if proposed.len() > room {
                notes.push(format!(
                    "refinement {round} proposed {} candidates; {room} of them were evaluated",
                    proposed.len()
                ));
                proposed.truncate(room);
            }
            let whole = PartOf { whole: *control, total: proposed.len() as u64 * self.paths() };
            let evaluator = Evaluator { calibration: self, isa, control: &control.telling(&whole) };
            for values in proposed {
                evaluated.push(evaluator.candidate(round, values)?);
            }
            front::judge(&mut evaluated);
            proposed = self.search.around(round + 1, &self.parameters, &evaluated);
        }
        let base = front::judge_against(&evaluated, base);
        Ok(self.outcome(base, evaluated, notes))
    }

    fn outcome(&self, base: Evaluated, found: Vec<Evaluated>, notes: Vec<String>) -> Calibration {
        let simulation = &self.plan.scenario.simulation;
        let candidate = |(index, one): (usize, Evaluated)| one.into_candidate(index + 1);
        let candidates: Vec<Candidate> = found.into_iter().enumerate().map(candidate).collect();
        Calibration {
            format_version: CALIBRATION_FORMAT_VERSION,
            plimsoll_version: self.plan.plimsoll_version.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            scenario: self.plan.scenario.name.clone(),
            as_of: self.plan.market.as_of.to_string(),
            currency: "USD".to_owned(),
            horizon_years: simulation.horizon.get(),
            paths: simulation.paths,
            seed: simulation.seed,
            level: self.level,
            search: self.search.describe(),
            parameters: self.parameters.iter().map(Parameter::described).collect(),
            objectives: self
                .objectives
                .iter()
                .map(|one| names::objective(one, self.level))
                .collect(),
            as_it_stands: base.into_candidate(0),
            notes: self.notes(&candidates, notes),
            candidates,
        }
    }

    fn notes(&self, candidates: &[Candidate], mut notes: Vec<String>) -> Vec<String> {
        let count = |standing| candidates.iter().filter(|one| one.standing == standing).count();
        let infeasible = count(Standing::Infeasible);
        if infeasible > 0 {
            notes.push(format!(
                "{infeasible} of {} candidates cannot be held; each says why",
                candidates.len()
            ));
        }
        notes
    }
}
