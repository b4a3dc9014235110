//! Reverse stress: the most plausible moves over the horizon that reach a target.
//!
//! Flows in: a run's book, its losses, its threshold. Flows out: a [`ReverseStress`]: local minima of
//! the Mahalanobis distance of moves that, if they came at once, lose as much as the target or get an
//! account liquidated; and the nearest of the simulated paths that do.
//!
//! Searched on the full revaluation, from many starts; a jump of the loss counts as reaching it. For
//! a linear book the answer is `x* = −ℓ·Σw/(w'Σw)` at the distance `ℓ/√(w'Σw)`.

mod paths;
mod shocked;
mod starts;
mod whitening;

use rayon::prelude::*;

use self::shocked::{Goal, Shocked, closing_stage};
use self::starts::{Slopes, Start, starts};
use self::whitening::Whitening;
use super::EngineError;
use super::compiled::Compiled;
use super::control::Control;
use crate::document::{Violation, ViolationCollector, did_you_mean};
use crate::engine::load::Inputs;
use crate::numeric::least_distance::{DISTANCE_MAX, LeastDistance, Reached, distinct, norm};
use crate::outcome::{
    FactorMove, Probability, ReverseAccount, ReverseAnswer, ReverseStress, Threshold,
};
use crate::risk::{self, LossSample};
use crate::scenario::{ReverseSettings, ReverseTarget};
use crate::units::usd;

/// Starts from which is descended, the nearest ones.
const DESCENTS: usize = 12;
/// Starts from which is climbed where few reach the target.
const CLIMBS: usize = 6;

/// A target that names what the book does not have.
pub(super) fn check(inputs: &Inputs, collector: &mut ViolationCollector) {
    let Some(reverse) = &inputs.scenario.reverse else { return };
    let ReverseTarget::FirstLiquidation(Some(name)) = &reverse.target else { return };
    let names: Vec<&str> = inputs.portfolio.accounts.iter().map(|one| one.name.as_str()).collect();
    if !names.contains(&name.as_str()) {
        let place = inputs.scenario_places.places.at("reverse.account");
        let title = format!("the portfolio has no account {name}");
        let hint = did_you_mean(name, names);
        collector.add(Violation::new(place, title).help_if(hint));
    }
}

/// What a reverse stress starts from.
pub(super) struct Search<'a> {
    pub settings: &'a ReverseSettings,
    pub book: &'a Compiled<'a>,
    pub sample: &'a LossSample<'a>,
    pub threshold: Option<&'a Threshold>,
}

impl Search<'_> {
    /// Searches.
    ///
    /// # Errors
    /// [`EngineError`]: interrupted, or rules that cannot act.
    pub fn run(&self, control: &Control) -> Result<ReverseStress, EngineError> {
        let (goal, target) = self.goal();
        let whitening = Whitening::of(self.book.setting.model);
        let stage = closing_stage(self.book)?;
        let accounts = self.book.ledger.rows.len();
        let new = || Shocked::new(self.book, &whitening, stage.clone(), goal);
        let mut shocked = new();
        let slopes = Slopes::of(&mut shocked, whitening.dimensions(), accounts);
        let starts = starts(self.book, &whitening, &slopes);
        let today = today(&mut shocked, &whitening);
        let mut found = Found::default();
        if today < 0.0 {
            found = self.search(&starts, &new, control)?;
        }
        let answers = found.reached.iter().take(self.settings.answers);
        let answers: Vec<ReverseAnswer> = answers
            .map(|(start, one)| self.answer(&mut shocked, &whitening, &starts[*start].name, one))
            .collect();
        let target_loss = match goal {
            Goal::Loss(loss) => Some(loss),
            Goal::Liquidation(_) => None,
        };
        let slope = norm(&slopes.book);
        let linear = target_loss.filter(|loss| slope > 0.0 && *loss > 0.0).map(|loss| loss / slope);
        let largest_loss = target_loss.zip(found.largest).map(|(loss, excess)| loss + excess);
        let losses = (goal, self.sample.losses());
        let (engine, model) = (&self.book.engine, self.book.setting.model);
        let path = paths::most_plausible(engine, model, &whitening, losses, control)?;
        let status = match (today >= 0.0, answers.is_empty()) {
            (true, _) => "already_reached",
            (false, false) => "found",
            (false, true) => "unreachable",
        };
        Ok(ReverseStress {
            description: describe(status, &target, answers.first(), largest_loss),
            target,
            target_loss,
            status: status.to_owned(),
            distance_max: DISTANCE_MAX,
            dimensions: whitening.dimensions(),
            starts: starts.len(),
            answers,
            largest_loss: largest_loss.filter(|_| status == "unreachable"),
            linear_distance: linear,
            linear_probability: linear.and_then(|distance| whitening.beyond_plane(distance)),
            simulated: target_loss.map(|loss| self.simulated(loss)),
            path,
            notes: notes(&whitening),
        })
    }

    /// What is to be reached, and in words.
    fn goal(&self) -> (Goal, String) {
        let of_policy = |of: fn(&Threshold) -> f64| self.threshold.map_or(0.0, of);
        match &self.settings.target {
            ReverseTarget::Threshold => {
                let loss = of_policy(|threshold| threshold.threshold);
                (Goal::Loss(loss), format!("a loss of {}, the policy's threshold", usd(loss)))
            }
            ReverseTarget::Capital => {
                let loss = of_policy(|threshold| threshold.capital);
                (Goal::Loss(loss), format!("a loss of {}, the capital base", usd(loss)))
            }
            ReverseTarget::Loss(loss) => (Goal::Loss(*loss), format!("a loss of {}", usd(*loss))),
            ReverseTarget::FirstLiquidation(None) => {
                (Goal::Liquidation(None), "the first liquidation of any account".to_owned())
            }
            ReverseTarget::FirstLiquidation(Some(name)) => {
                let accounts = &self.book.setting.portfolio.accounts;
                let account = accounts.iter().position(|one| one.name == *name);
                (Goal::Liquidation(account), format!("the liquidation of {name}"))
            }
        }
    }

    /// Local minima from the nearest starts; where few reach the target, from where climbs lead.
    fn search<'b>(
        &'b self,
        starts: &[Start],
        new: &(impl Fn() -> Shocked<'b> + Sync),
        control: &Control,
    ) -> Result<Found, EngineError> {
        let rays: Vec<(Option<f64>, f64)> = starts
            .par_iter()
            .map_init(
                || LeastDistance::new(new()),
                |search, start| {
                    let radius = search.radius(&start.direction, DISTANCE_MAX);
                    (radius, search.largest(&start.direction).0)
                },
            )
            .collect();
        let mut near: Vec<(usize, f64)> = rays
            .iter()
            .enumerate()
            .filter_map(|(index, (radius, _))| Some((index, (*radius)?)))
            .collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        near.truncate(DESCENTS);
        let mut from: Vec<(usize, Vec<f64>)> =
            near.iter().map(|(index, _)| (*index, starts[*index].direction.clone())).collect();
        let mut largest = rays.iter().map(|(_, most)| *most).fold(f64::NEG_INFINITY, f64::max);
        if from.len() < CLIMBS {
            control.check()?;
            for (index, (direction, (most, _))) in climbed(starts, &rays, new) {
                largest = largest.max(most);
                if most >= 0.0 {
                    from.push((index, direction));
                }
            }
        }
        control.check()?;
        let descend = |(index, direction): &(usize, Vec<f64>)| {
            Some((*index, LeastDistance::new(new()).descend(direction)?))
        };
        let reached: Vec<Option<(usize, Reached)>> = from.par_iter().map(descend).collect();
        let reached = distinct(reached.into_iter().flatten().collect());
        Ok(Found { reached, largest: largest.is_finite().then_some(largest) })
    }

    fn answer(
        &self,
        shocked: &mut Shocked,
        whitening: &Whitening,
        found_from: &str,
        reached: &Reached,
    ) -> ReverseAnswer {
        let point: Vec<f64> = reached.direction.iter().map(|one| one * reached.distance).collect();
        shocked.revalue(std::iter::once(point.as_slice()));
        let portfolio = self.book.setting.portfolio;
        let account = |(index, account): (usize, &crate::portfolio::Account)| {
            let (loss, liquidated_notional) = shocked.account(index, 0, 1);
            ReverseAccount { account: account.name.clone(), loss, liquidated_notional }
        };
        let mut accounts: Vec<ReverseAccount> =
            portfolio.accounts.iter().enumerate().map(account).collect();
        accounts.sort_by(|a, b| b.loss.total_cmp(&a.loss));
        ReverseAnswer {
            distance: reached.distance,
            plausibility: whitening.plausibility(reached.distance),
            first_order_probability: whitening.beyond_plane(reached.distance),
            loss: shocked.loss(0, 1),
            found_from: found_from.to_owned(),
            factors: moves(self.book, whitening, &point),
            accounts,
        }
    }

    fn simulated(&self, loss: f64) -> Probability {
        let found = risk::probability_of_loss_beyond(self.sample, loss);
        Probability {
            event: "simulated loss over the horizon above the target".to_owned(),
            amount: loss,
            probability: found.probability,
            interval_95: found.interval_95,
            estimator: risk::probability_estimator(self.sample.weights()),
        }
    }
}

/// What a search found.
#[derive(Default)]
struct Found {
    /// Distinct minima, nearest first, with their start.
    reached: Vec<(usize, Reached)>,
    /// The largest excess over the target.
    largest: Option<f64>,
}

type Climbed = (usize, (Vec<f64>, (f64, f64)));

/// Climbs from the starts that come closest without reaching the target.
fn climbed<'b>(
    starts: &[Start],
    rays: &[(Option<f64>, f64)],
    new: &(impl Fn() -> Shocked<'b> + Sync),
) -> Vec<Climbed> {
    let mut short: Vec<usize> = (0..rays.len()).filter(|index| rays[*index].0.is_none()).collect();
    short.sort_by(|a, b| rays[*b].1.total_cmp(&rays[*a].1).then(a.cmp(b)));
    short.truncate(CLIMBS);
    let climb = |&index: &usize| (index, LeastDistance::new(new()).climb(&starts[index].direction));
    short.par_iter().map(climb).collect()
}

/// Excess over the target before anything moves.
fn today(shocked: &mut Shocked, whitening: &Whitening) -> f64 {
    let origin = vec![0.0; whitening.dimensions()];
    shocked.revalue(std::iter::once(origin.as_slice()));
    shocked.reached(0, 1)
}

/// Moves at a point, largest in standard deviations first.
fn moves(book: &Compiled, whitening: &Whitening, point: &[f64]) -> Vec<FactorMove> {
    let model = book.setting.model;
    let factors = model.factors.iter().enumerate().filter(|(_, one)| one.volatility > 0.0);
    let one = |(index, factor): (usize, &crate::simulation::Factor)| {
        let (log, level) = model.moved(index, whitening.change(index, point));
        FactorMove {
            factor: factor.key.to_string(),
            change: if factor.key.is_additive() { log } else { level - 1.0 },
            deviations: whitening.deviations_of(index, point),
        }
    };
    let mut moves: Vec<FactorMove> = factors.map(one).collect();
    moves.sort_by(|a, b| b.deviations.abs().total_cmp(&a.deviations.abs()));
    moves
}

fn describe(
    status: &str,
    target: &str,
    nearest: Option<&ReverseAnswer>,
    largest: Option<f64>,
) -> String {
    match (status, nearest) {
        ("already_reached", _) => format!("Today reaches {target} before anything moves."),
        (_, Some(nearest)) => {
            let likely = nearest.plausibility.map_or(String::new(), |found| {
                format!("; moves as far out have a probability of {found:.2e}")
            });
            format!("{target}: reached at a distance of {:.2}{likely}.", nearest.distance)
        }
        _ => {
            let most = largest
                .map_or(String::new(), |most| format!("; the largest loss found is {}", usd(most)));
            format!("{target}: unreachable within a distance of {DISTANCE_MAX}{most}.")
        }
    }
}

fn notes(whitening: &Whitening) -> Vec<String> {
    let mut notes = vec![
        "answers are moves that come at once: the book revalued in full today, accounts below \
         their maintenance margin closed where their venue's rules act inside paths"
            .to_owned(),
        "distances are Mahalanobis distances from today's levels under the model's covariance over \
         the horizon, drift left out"
            .to_owned(),
    ];
    notes.extend(whitening.note());
    notes
}
