//! How much may be carried: the threshold and everything derived from it.

use rayon::prelude::*;

use super::Found;
use super::incremental::standalone;
use super::procyclicality::Adjusted;
use super::{margin_calls, procyclicality, terms, verified};
use crate::engine::EngineError;
use crate::engine::breach::Distance;
use crate::engine::compiled::Compiled;
use crate::engine::control::Control;
use crate::engine::exposure::Exposure;
use crate::engine::headroom::AddedPosition;
use crate::engine::hedging;
use crate::engine::scaled::Variation;
use crate::outcome::{
    self, Condition, ConditionDriver, ConditionState, DaysAbove, DistanceToBreach,
    ExposureEquivalents, Headroom, ScaleToThreshold, Threshold,
};
use crate::pricing;
use crate::risk::{self, LossSample, NORMAL_95};
use crate::threshold::{
    self, Capital, Direction, HeadroomLimits, MoneyEstimate, Policy, RemedyInputs, ScaleSolution,
    StatusPolicy, TermKind, Utilisation, UtilisationEstimate,
};
use crate::units::grouped;

/// The threshold of the book, where there is a policy.
pub(super) fn threshold(
    found: &Found,
    control: &Control,
) -> Result<Option<Threshold>, EngineError> {
    let Some(policy) = &found.plan.policy else { return Ok(None) };
    let kept = (found.columns, found.kept_weights);
    let deltas = dollar_deltas(found.book)?;
    let direction = Direction::of(&deltas);
    let raw = found.plan.condition.as_ref().map_or(1.0, |condition| condition.of(direction).raw);
    let adjusted = procyclicality::adjusted(found, policy, raw, control)?;
    let exposure = Exposure::new(found.plan, policy, found.book, kept, control)?
        .adjusted(adjusted.adjustment.clone());
    let capital = threshold::capital(&policy.capital, found.book.collateral_after_haircuts());
    let derivation = Derivation { found, policy, exposure, adjusted, deltas, direction, capital };
    derivation.threshold(control).map(Some)
}

/// Dollar delta of each underlying today.
pub(in crate::engine) fn dollar_deltas(book: &Compiled) -> Result<Vec<f64>, EngineError> {
    let setting = &book.setting;
    let greeks = pricing::greeks(setting.market, setting.portfolio, setting.pricing, &[])?;
    Ok(greeks.by_underlying.iter().map(|(_, greeks)| greeks.dollar_delta).collect())
}

struct Derivation<'a> {
    found: &'a Found<'a>,
    policy: &'a Policy,
    exposure: Exposure<'a>,
    adjusted: Adjusted,
    deltas: Vec<f64>,
    direction: Direction,
    capital: Capital,
}

impl Derivation<'_> {
    fn threshold(&self, control: &Control) -> Result<Threshold, EngineError> {
        let plain = full_terms(self.policy, self.found.book, &self.exposure, self.found.sample)?;
        let adjustment = &self.adjusted.adjustment;
        let potential_loss = adjustment.potential_loss(self.policy, &plain)?.estimate;
        let terms = adjustment.terms(&plain);
        let before_buffer = threshold::potential_loss(self.policy, &terms)?.estimate;
        let condition = self.condition();
        let per_capital = self.policy.appetite * condition.multiplier;
        let limit = self.limit(condition.multiplier);
        let utilisation = UtilisationEstimate::new(potential_loss, limit);
        let (status, indistinct) = threshold::status(&self.policy.status, &utilisation, None);
        control.check()?;
        let scale = threshold::solve_scale(&mut &self.exposure, limit)?;
        control.check()?;
        let headroom = self.headrooms()?;
        control.check()?;
        let level = self.policy.shortfall_level();
        let level = level.unwrap_or(self.found.plan.scenario.measures.contribution_level);
        let gross: f64 = self.deltas.iter().map(|delta| delta.abs()).sum();
        let half_width = NORMAL_95 * potential_loss.standard_error;
        let StatusPolicy { amber, red, .. } = self.policy.status;
        let request = hedging::Request {
            found: self.found,
            policy: self.policy,
            exposure: &self.exposure,
            terms: &plain,
            potential_loss: potential_loss.amount,
            capital: &self.capital,
            per_capital,
        };
        Ok(Threshold {
            policy: self.policy.name.clone(),
            potential_loss: potential_loss.amount,
            potential_loss_interval_95: [
                potential_loss.amount - half_width,
                potential_loss.amount + half_width,
            ],
            terms: terms::describe(self.policy, &terms, &self.exposure, self.found),
            adjustments: self.adjusted.rows(self.found, self.policy, before_buffer, condition.raw),
            combination: match self.policy.combination {
                threshold::Combination::Sum => "sum".to_owned(),
                threshold::Combination::Maximum => "maximum".to_owned(),
            },
            capital: self.capital.amount,
            capital_base: self.capital.description.clone(),
            appetite: self.policy.appetite,
            threshold: limit,
            share_of_capital: per_capital,
            utilisation: utilisation.point.finite(),
            utilisation_interval_95: interval(&utilisation),
            utilisation_unconditioned: threshold::utilisation(
                potential_loss.amount,
                self.limit(1.0),
            )
            .finite(),
            status: outcome_status(status),
            indistinct,
            boundaries: [amber, red],
            equivalents: self.equivalents(gross, &scale),
            distance_to_breach: self.distances(potential_loss, condition.multiplier, control)?,
            scale_to_threshold: self.verified(scale, limit, control)?,
            headroom,
            diversification_level: Some(level.get()),
            standalone_expected_shortfall: standalone(self.found, level)?,
            diversified_expected_shortfall: risk::expected_shortfall(self.found.sample, level)
                .loss
                .amount(),
            remedy: self.remedy(potential_loss.amount, per_capital, limit, gross)?,
            hedging: hedging::programme(&request, control)?,
            limits: Vec::new(),
            condition,
        })
    }

    fn limit(&self, multiplier: f64) -> f64 {
        threshold::threshold(self.policy.appetite, self.capital.amount, multiplier)
    }

    fn condition(&self) -> Condition {
        let policy = &self.policy.condition;
        let found = &self.found.plan.condition;
        let multiplier = found.as_ref().map(|condition| condition.of(self.direction));
        let driver = |reading: &threshold::DriverReading| ConditionDriver {
            name: reading.name.clone(),
            observed: reading.observed,
            reference: reading.reference,
            is_share: reading.is_share,
            factor: reading.factor(self.direction),
            definition: reading.definition.clone(),
        };
        Condition {
            multiplier: multiplier.map_or(1.0, |one| one.value),
            raw: multiplier.map_or(1.0, |one| one.raw),
            target: multiplier.map_or(1.0, |one| one.target),
            floor: policy.floor,
            cap: policy.cap,
            drivers: found.iter().flat_map(|found| found.drivers.iter().map(driver)).collect(),
            clamps: self.clamps(),
            state: self.state(),
        }
    }

    /// What held the drivers, then what held M.
    fn clamps(&self) -> Vec<String> {
        let Some(found) = &self.found.plan.condition else { return Vec::new() };
        let drivers = found.drivers.iter().map(|driver| driver.clamp.clone());
        let multiplier = found.of(self.direction).clamps.iter().map(ToString::to_string);
        drivers.filter(|clamp| !clamp.is_empty()).chain(multiplier).collect()
    }

    fn state(&self) -> ConditionState {
        let state = self.found.plan.condition.as_ref().map(threshold::Condition::state);
        ConditionState {
            as_of: self.found.plan.market.as_of.to_string(),
            hedged: state.map_or(1.0, |state| state.hedged),
            long: state.map_or(1.0, |state| state.long),
            short: state.map_or(1.0, |state| state.short),
            days_above: state.map_or_else(DaysAbove::default, |state| DaysAbove {
                hedged: state.days_above.hedged,
                long: state.days_above.long,
                short: state.days_above.short,
            }),
        }
    }

    /// k* with the utilisation that a full run of the scaled book finds there.
    fn verified(
        &self,
        solution: ScaleSolution,
        limit: f64,
        control: &Control,
    ) -> Result<ScaleToThreshold, EngineError> {
        let at_value = solution
            .value
            .map(|k| verified::potential_loss(self.found, self.policy, &self.exposure, k, control))
            .transpose()?;
        Ok(ScaleToThreshold {
            value: solution.value,
            interval_95: solution.interval_95,
            binding: solution.binding.name().to_owned(),
            reason: solution.reason,
            crossings: solution.crossings,
            utilisation_at_value: at_value
                .and_then(|loss| threshold::utilisation(loss, limit).finite()),
            paths: self.exposure.solver_paths(),
        })
    }

    fn headrooms(&self) -> Result<Vec<Headroom>, EngineError> {
        let gross: f64 = self.deltas.iter().map(|delta| delta.abs()).sum();
        let of = |direction| match &self.found.plan.condition {
            Some(condition) => self.limit(condition.of(direction).value),
            None => self.limit(1.0),
        };
        let limits = HeadroomLimits {
            long: of(Direction::Long),
            short: of(Direction::Short),
            typical_exposure: gross.max(self.capital.amount),
        };
        let underlyings = self.found.book.underlyings.par_iter().enumerate();
        let solve = |(index, symbol): (usize, &crate::units::Symbol)| {
            let evaluate = |amount| self.exposure.with_added(index, amount);
            let carrier = AddedPosition::new(&self.exposure, index)?;
            let found = match &carrier {
                None => threshold::solve_headroom(evaluate, limits)?,
                Some(added) => {
                    let largest = added.largest(limits.typical_exposure)?;
                    let change = |amount| added.change(amount);
                    threshold::solve_acted(evaluate, change, largest, limits)?
                }
            };
            let bound = |bound: &threshold::HeadroomBound| outcome::HeadroomBound {
                interval_95: bound.interval_95,
                binding: bound.binding.name().to_owned(),
                reason: bound.reason.clone(),
            };
            Ok(Headroom {
                underlying: symbol.to_string(),
                long: found.long.value,
                short: found.short.value,
                held_as: carrier.map(|added| added.name()),
                long_bound: bound(&found.long),
                short_bound: bound(&found.short),
            })
        };
        underlyings.map(solve).collect()
    }

    fn equivalents(&self, gross: f64, scale: &ScaleSolution) -> ExposureEquivalents {
        let net: f64 = self.deltas.iter().sum::<f64>().abs();
        let tells = self.direction != Direction::Hedged;
        ExposureEquivalents {
            gross_exposure: gross,
            net_exposure: net,
            gross_at_threshold: scale.value.map(|k| k * gross),
            net_at_threshold: scale.value.filter(|_| tells).map(|k| k * net),
        }
    }

    fn distances(
        &self,
        potential_loss: MoneyEstimate,
        multiplier: f64,
        control: &Control,
    ) -> Result<DistanceToBreach, EngineError> {
        let distance = Distance {
            plan: self.found.plan,
            policy: self.policy,
            portfolio: self.found.book.setting.portfolio,
            isa: self.found.book.setting.isa,
            multiplier,
            potential_loss,
            adjustment: &self.adjusted.adjustment,
        };
        let found = distance.solve(control)?;
        let mut notes = vec![format!(
            "today's market moved and the book revalued on {} common paths; the loss of the move \
             reduces stated capital, conditions stay as they are",
            grouped(found.paths as f64, 0)
        )];
        let rows = [
            ("all spots down", found.spot_down.breach),
            ("all spots up", found.spot_up.breach),
            ("all volatilities up", found.volatility_up.breach),
        ];
        let missing = rows.iter().filter(|(_, breach)| breach.at().is_none());
        notes.extend(missing.map(|(what, breach)| format!("{what}: {}", breach.note())));
        Ok(DistanceToBreach {
            spot_down: found.spot_down.breach.at(),
            spot_up: found.spot_up.breach.at(),
            volatility_up: found.volatility_up.breach.at(),
            spot_down_interval_95: found.spot_down.interval_95,
            spot_up_interval_95: found.spot_up.interval_95,
            volatility_up_interval_95: found.volatility_up.interval_95,
            notes,
        })
    }

    fn remedy(
        &self,
        potential_loss: f64,
        threshold_per_capital: f64,
        limit: f64,
        gross_exposure: f64,
    ) -> Result<outcome::Remedy, EngineError> {
        let target_utilisation = self.policy.target_utilisation;
        let target = target_utilisation * limit;
        let to_target = threshold::solve_scale(&mut &self.exposure, target)?;
        let found = threshold::remedy(&RemedyInputs {
            potential_loss,
            capital: self.capital.amount,
            threshold_per_capital,
            target_utilisation,
            scale_to_target: to_target.value,
            gross_exposure,
        });
        let (accounts, transfers) = margin_calls::by_account(self.found, found.margin_call);
        Ok(outcome::Remedy {
            target_utilisation: found.target_utilisation,
            margin_call: found.margin_call,
            scale_positions: found.scale_positions,
            reduce_gross_exposure: found.reduce_gross_exposure,
            advice: found.advice,
            accounts,
            transfers,
        })
    }
}

/// Terms of a book as it is, simulated ones on all its paths.
pub(in crate::engine) fn full_terms(
    policy: &Policy,
    book: &Compiled,
    exposure: &Exposure,
    sample: &LossSample,
) -> Result<Vec<MoneyEstimate>, EngineError> {
    let closing_costs = &book.ledger.closing_costs;
    let mut terms = exposure.terms(&Variation { scale: 1.0, added: None, closing_costs })?;
    for (estimate, term) in terms.iter_mut().zip(&policy.terms) {
        if let TermKind::SimulatedShortfall { level } = term.kind {
            let found = risk::expected_shortfall(sample, level);
            estimate.amount = found.loss.amount();
            estimate.standard_error = found.normal_error;
        }
    }
    Ok(terms)
}

fn interval(utilisation: &UtilisationEstimate) -> Option<[f64; 2]> {
    let [low, high] = utilisation.interval_95.map(Utilisation::finite);
    Some([low?, high?])
}

/// The status as the outcome has it.
pub(in crate::engine) fn outcome_status(status: threshold::Status) -> outcome::Status {
    match status {
        threshold::Status::Green => outcome::Status::Green,
        threshold::Status::Amber => outcome::Status::Amber,
        threshold::Status::Red => outcome::Status::Red,
    }
}
