//! What a candidate leads to, by the engine on the common paths.

use super::document::{ObjectiveDocument, Quantity, Statistic};
use super::parameter::{Parameter, Setting};
use super::{CalibrationError, LoadedCalibration, apply};
use crate::engine::{Control, EngineError, EventPaths, PathAmounts, Plan, event_paths};
use crate::margin::Requirement;
use crate::numeric::isa::InstructionSet;
use crate::outcome::{Candidate, CandidateFigures, ObjectiveEstimate, Standing};

/// Evaluates candidates of one calibration.
pub(super) struct Evaluator<'a> {
    pub calibration: &'a LoadedCalibration,
    pub isa: InstructionSet,
    pub control: &'a Control<'a>,
}

/// A candidate with what is needed to compare it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Evaluated {
    pub round: u32,
    pub values: Vec<f64>,
    pub standing: Standing,
    /// Place of the candidate that dominates it.
    pub dominated_by: Option<usize>,
    pub found: Result<Found, String>,
}

/// Objectives of a candidate that can be held.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub objectives: Vec<Measured>,
    pub paths: u64,
    liquidation_probability: f64,
    stop_probability: f64,
    rebalancing_probability: f64,
}

/// An objective and what each path adds to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub value: f64,
    /// Influence of each path on the estimate, ascending by path: their mean over all paths, plus a
    /// constant, is the estimate. Paths that are not here add nothing.
    pub influence: Vec<(u64, f64)>,
}

impl Evaluator<'_> {
    /// The base scenario, nothing set; every parameter must act on something in it.
    pub fn as_it_stands(&self) -> Result<Evaluated, CalibrationError> {
        let plan = &self.calibration.plan;
        let walked = self.walk("the scenario as it stands", plan)?;
        for parameter in &self.calibration.parameters {
            if let Some(reason) = idle(parameter, plan, &walked.watched) {
                let parameter = parameter.name.clone();
                return Err(CalibrationError::Idle { parameter, reason });
            }
        }
        Ok(self.evaluated(0, Vec::new(), plan, &walked))
    }

    /// One candidate.
    pub fn candidate(&self, round: u32, values: Vec<f64>) -> Result<Evaluated, CalibrationError> {
        let LoadedCalibration { plan, parameters, .. } = self.calibration;
        let refused = |round, values, reason: String| Evaluated {
            round,
            values,
            standing: Standing::Infeasible,
            dominated_by: None,
            found: Err(reason),
        };
        match apply::plan_with(plan, parameters, &values) {
            Ok(plan) => {
                let walked = self.walk(&self.told(&values), &plan)?;
                Ok(self.evaluated(round, values, &plan, &walked))
            }
            Err(reason) => Ok(refused(round, values, reason)),
        }
    }

    fn walk(&self, candidate: &str, plan: &Plan) -> Result<EventPaths, CalibrationError> {
        event_paths(plan, self.isa, self.control).map_err(|source: EngineError| {
            CalibrationError::Engine { candidate: candidate.to_owned(), source: Box::new(source) }
        })
    }

    /// A candidate in words, for errors.
    fn told(&self, values: &[f64]) -> String {
        let pairs = self.calibration.parameters.iter().zip(values);
        let words: Vec<String> =
            pairs.map(|(parameter, value)| format!("{} = {value}", parameter.name)).collect();
        format!("candidate with {}", words.join(", "))
    }

    fn evaluated(
        &self,
        round: u32,
        values: Vec<f64>,
        plan: &Plan,
        walked: &EventPaths,
    ) -> Evaluated {
        let closed = walked.requirements.iter().position(Requirement::liquidated_at_once);
        let found = match closed {
            Some(account) => {
                let name = &plan.portfolio.accounts[account].name;
                Err(format!("'{name}' is below its maintenance margin today"))
            }
            None => Ok(self.found(walked)),
        };
        let standing = if found.is_ok() { Standing::Front } else { Standing::Infeasible };
        Evaluated { round, values, standing, dominated_by: None, found }
    }

    fn found(&self, walked: &EventPaths) -> Found {
        let tail = 1.0 - self.calibration.level;
        let objectives = self.calibration.objectives.iter();
        let share = |happened: &dyn Fn(&PathAmounts) -> bool| {
            walked.happened.iter().filter(|one| happened(one)).count() as f64 / walked.paths as f64
        };
        Found {
            objectives: objectives.map(|one| measured(one, walked, tail)).collect(),
            paths: walked.paths,
            liquidation_probability: share(&|one| one.liquidated),
            stop_probability: share(&|one| one.stopped),
            rebalancing_probability: share(&|one| one.rebalanced),
        }
    }
}

/// Why nothing inside paths reads a parameter; `None` where something does.
fn idle(parameter: &Parameter, plan: &Plan, watched: &[usize]) -> Option<String> {
    let accounts = &plan.portfolio.accounts;
    match &parameter.sets {
        Setting::Venue { venue, .. } => {
            let acts = watched.iter().any(|index| accounts[*index].venue == Some(*venue));
            let name = &plan.portfolio.venues[*venue].name;
            (!acts).then(|| format!("'{name}' closes no account of the book inside paths"))
        }
        Setting::StopDistance { orders } => {
            let of = |order: &usize| {
                plan.portfolio.positions[plan.portfolio.orders[*order].position].account
            };
            let acts = orders.iter().any(|order| watched.contains(&of(order)));
            let reason = "no venue watches the account of the order inside paths";
            (!acts).then(|| reason.to_owned())
        }
        Setting::Leverage { accounts: set }
        | Setting::RebalancingTarget { accounts: set }
        | Setting::RebalancingBand { accounts: set } => {
            let acts = set.iter().any(|account| watched.contains(account));
            (!acts).then(|| "no venue watches the account inside paths".to_owned())
        }
        Setting::CollateralSplit { account, other, .. } => {
            let acts = [account, other].into_iter().any(|one| watched.contains(one));
            (!acts).then(|| "no venue watches either account inside paths".to_owned())
        }
    }
}

/// Margin balance beyond initial margin, over the accounts that have it.
fn idle_capital(requirements: &[Requirement]) -> f64 {
    requirements.iter().map(|one| (one.margin_balance - one.initial).max(0.0)).sum()
}

fn measured(objective: &ObjectiveDocument, walked: &EventPaths, tail: f64) -> Measured {
    let amount: fn(&PathAmounts) -> f64 = match objective.quantity {
        Quantity::BadDebt => |one| one.bad_debt,
        Quantity::LiquidatedNotional => |one| one.liquidated_notional,
        Quantity::Cost => |one| one.cost,
        Quantity::IdleCapital => {
            let value = idle_capital(&walked.requirements);
            return Measured { value, influence: Vec::new() };
        }
    };
    let happened = walked.happened.iter();
    let amounts: Vec<(u64, f64)> =
        happened.map(|one| (one.path, amount(one))).filter(|(_, amount)| *amount > 0.0).collect();
    match objective.statistic {
        Statistic::Mean => Measured::mean(amounts, walked.paths),
        Statistic::ExpectedShortfall => Measured::shortfall(amounts, walked.paths, tail),
    }
}

impl Measured {
    fn mean(amounts: Vec<(u64, f64)>, paths: u64) -> Self {
        let sum: f64 = amounts.iter().map(|(_, amount)| amount).sum();
        Self { value: sum / paths as f64, influence: amounts }
    }

    /// `q + E[(X − q)⁺]/tail` at the quantile q of all paths' amounts, zeros included; q is where
    /// that is least, so a path's influence is `(X − q)⁺/tail` to first order.
    fn shortfall(amounts: Vec<(u64, f64)>, paths: u64, tail: f64) -> Self {
        let mut sorted: Vec<f64> = amounts.iter().map(|(_, amount)| *amount).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        // the largest ⌊n·tail⌋ lie beyond the quantile, that after them is it
        let beyond = libm::floor(tail * paths as f64 * (1.0 + 1e-12)) as usize;
        let quantile = sorted.get(beyond).copied().unwrap_or(0.0);
        let excess = amounts.into_iter().filter(|(_, amount)| *amount > quantile);
        let influence: Vec<(u64, f64)> =
            excess.map(|(path, amount)| (path, (amount - quantile) / tail)).collect();
        let sum: f64 = influence.iter().map(|(_, one)| one).sum();
        Self { value: quantile + sum / paths as f64, influence }
    }

    /// Standard error of the estimate.
    pub fn standard_error(&self, paths: u64) -> f64 {
        let [sum, squares] = self
            .influence
            .iter()
            .fold([0.0; 2], |[sum, squares], (_, one)| [sum + one, squares + one * one]);
        error_of_mean(sum, squares, paths)
    }
}

/// Standard error of the mean of `paths` numbers of known sum and sum of squares.
pub(super) fn error_of_mean(sum: f64, squares: f64, paths: u64) -> f64 {
    let count = paths as f64;
    let rest = (squares - sum * sum / count).max(0.0);
    (rest / (count - 1.0) / count).sqrt()
}

impl Evaluated {
    /// For outputs.
    pub fn into_candidate(self, id: usize) -> Candidate {
        let (infeasible, figures) = match self.found {
            Err(reason) => (Some(reason), None),
            Ok(found) => (None, Some(found.figures())),
        };
        Candidate {
            id,
            round: self.round,
            values: self.values,
            standing: self.standing,
            dominated_by: self.dominated_by.map(|place| place + 1),
            infeasible,
            figures,
        }
    }
}

impl Found {
    /// Of objectives alone.
    #[cfg(test)]
    pub fn of(objectives: Vec<Measured>, paths: u64) -> Self {
        Self {
            objectives,
            paths,
            liquidation_probability: 0.0,
            stop_probability: 0.0,
            rebalancing_probability: 0.0,
        }
    }

    fn figures(&self) -> CandidateFigures {
        let estimate = |one: &Measured| ObjectiveEstimate {
            value: one.value,
            standard_error: one.standard_error(self.paths),
        };
        CandidateFigures {
            objectives: self.objectives.iter().map(estimate).collect(),
            liquidation_probability: self.liquidation_probability,
            stop_probability: self.stop_probability,
            rebalancing_probability: self.rebalancing_probability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the same figures of the risk module, zeros spelt out.
    #[test]
    fn shortfall_and_mean_are_those_of_the_whole_sample() {
        let amounts: Vec<(u64, f64)> =
            (0..60).map(|index| (index * 16, 10.0 + (index * 37 % 59) as f64)).collect();
        let mut whole = vec![0.0; 1_000];
        amounts.iter().for_each(|(path, amount)| whole[*path as usize] = *amount);
        for (level, tail) in [(0.99, 0.01), (0.975, 0.025), (0.9, 0.1)] {
            let found = Measured::shortfall(amounts.clone(), 1_000, tail);
            let weights = crate::risk::PathWeights::plain(1_000);
            let level = crate::units::ConfidenceLevel::new(level).unwrap();
            let expected = crate::risk::tail_mean(&whole, &weights, level).unwrap();
            approx::assert_relative_eq!(
                found.value,
                expected.expected_shortfall,
                max_relative = 1e-9
            );
            let error = found.standard_error(1_000);
            approx::assert_relative_eq!(error, expected.standard_error, max_relative = 0.05);
        }
        let mean = Measured::mean(amounts, 1_000);
        approx::assert_relative_eq!(mean.value, whole.iter().sum::<f64>() / 1_000.0);
    }
}
