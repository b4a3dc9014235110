//! The search from a walk-forward to its outcome.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;

use super::bootstrap::Bootstrap;
use super::carry::Carried;
use super::contenders::Contest;
use super::days::Days;
use super::evaluate::Evaluator;
use super::measures::Yardstick;
use super::periods::Fold;
use super::search::{self, Point};
use super::tell::{Chosen, Found};
use super::{PolicyCalibrationError, PolicySearch};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{PolicyCalibration, Sensitivity, SensitivityPoint};
use crate::study::walk_forward::{ModelRecord, WalkRecord};
use crate::threshold::{Policy, ShortfallVolatility};

impl PolicySearch {
    /// Searches on a walk-forward.
    ///
    /// # Errors
    /// [`PolicyCalibrationError`]: a walk-forward of other terms or too few dates; no policy.
    pub fn run(
        &self,
        record: &WalkRecord,
        isa: InstructionSet,
    ) -> Result<PolicyCalibration, PolicyCalibrationError> {
        let model = self.model_of(record)?;
        self.check_terms(record)?;
        let days = Days::new(record, model, &self.policy.policy)?;
        let folds = self.periods.folds(&days.instants, days.spacing_days)?;
        let evaluator = self.evaluator(&days, model);
        let chosen = folds.iter().map(|fold| self.chosen(&evaluator, fold));
        let chosen: Vec<Chosen> = chosen.collect::<Result<_, _>>()?;
        let sensitivity = self.sensitivity(&evaluator, &chosen[chosen.len() - 1]);
        let carried = self.tested(&evaluator, &chosen)?;
        let dates = folds[0].test.start..folds[folds.len() - 1].test.end;
        let block = ((self.block_days / days.spacing_days).round() as usize).max(1);
        let contest = Contest {
            days: &days,
            dates: dates.clone(),
            policy: &carried,
            yardstick: &evaluator.yardstick,
            trading_cost: self.trading_cost,
            bootstrap: Bootstrap { block, ..self.bootstrap },
            isa,
        };
        let (comparison, targeted) = contest.run(&self.volatility_target)?;
        Ok(Found {
            search: self,
            record,
            model,
            days: &days,
            evaluator: &evaluator,
            chosen,
            sensitivity,
            carried,
            dates,
            comparison,
            targeted,
            block,
        }
        .outcome())
    }

    fn model_of<'a>(
        &self,
        record: &'a WalkRecord,
    ) -> Result<&'a ModelRecord, PolicyCalibrationError> {
        let found = match &self.model {
            Some(name) => record.models.iter().find(|model| &model.name == name),
            None => record.models.first(),
        };
        let name = || self.model.clone().unwrap_or_default();
        found.ok_or_else(|| PolicyCalibrationError::NoModel(name()))
    }

    /// The policy varied must make its potential loss of the terms that were simulated.
    fn check_terms(&self, record: &WalkRecord) -> Result<(), PolicyCalibrationError> {
        let policy = &self.policy.policy;
        let differ =
            |what: String| PolicyCalibrationError::OtherTerms { policy: policy.name.clone(), what };
        let Some(simulated) = &record.policy else {
            return Err(differ("its scenario has no policy".to_owned()));
        };
        if simulated.capital != policy.capital {
            return Err(differ("the capital base is another".to_owned()));
        }
        if simulated.terms.len() != policy.terms.len() {
            let [one, other] = [&policy.terms, &simulated.terms].map(Vec::len);
            return Err(differ(format!("{one} terms against {other}")));
        }
        let mut pairs = policy.terms.iter().zip(&simulated.terms);
        match pairs.find(|(one, other)| one.kind != other.kind) {
            Some((one, _)) => Err(differ(format!("'{}' measures something else", one.name))),
            None => Ok(()),
        }
    }

    fn evaluator<'a>(&'a self, days: &'a Days, model: &ModelRecord) -> Evaluator<'a> {
        let dates = |length: f64| ((length / days.spacing_days).round() as usize).max(1);
        Evaluator {
            days,
            base: &self.policy,
            parameters: &self.parameters,
            yardstick: Yardstick {
                tolerance: self.tolerance,
                alarm_share: self.alarm_share,
                alarm_dates: dates(self.alarm_days),
                change_dates: dates(self.change_days),
                idle_capital_rate: self.idle_capital_rate,
            },
            trading_cost: self.trading_cost,
            volatility: match model.conditional_volatility {
                true => ShortfallVolatility::Conditional,
                false => ShortfallVolatility::Unconditional,
            },
            read: Mutex::new(BTreeMap::new()),
        }
    }

    /// What a fold recommends, from its train part alone.
    fn chosen(&self, evaluator: &Evaluator, fold: &Fold) -> Result<Chosen, PolicyCalibrationError> {
        let points = search::search(
            evaluator,
            &self.parameters,
            &self.constraints,
            &fold.train,
            self.effort,
        );
        if points.is_empty() {
            return Err(PolicyCalibrationError::NoPolicy);
        }
        let best = search::best(&points, &self.constraints);
        let tested = |point: &Point| evaluator.measures(&point.values, fold.test.clone());
        let tested = points.par_iter().map(|point| tested(point).unwrap_or_default()).collect();
        Ok(Chosen { fold: fold.clone(), points, tested, best })
    }

    /// What is carried on all test parts, each by the policy of its fold.
    fn tested(
        &self,
        evaluator: &Evaluator,
        chosen: &[Chosen],
    ) -> Result<Carried, PolicyCalibrationError> {
        let mut all = Carried::default();
        for one in chosen {
            let policy = self.policy_with(evaluator, &one.points[one.best].values)?;
            let carried = evaluator.carried(&policy, one.fold.test.clone())?;
            all.scale.extend(carried.scale);
            all.threshold.extend(carried.threshold);
            all.potential_loss.extend(carried.potential_loss);
            all.traded.extend(carried.traded);
            all.cost.extend(carried.cost);
            all.forced.extend(carried.forced);
        }
        Ok(all)
    }

    fn policy_with(
        &self,
        evaluator: &Evaluator,
        values: &[f64],
    ) -> Result<Policy, PolicyCalibrationError> {
        let found = evaluator.varied(values).ok_or(PolicyCalibrationError::NoPolicy)?;
        Ok(found.1)
    }

    /// One parameter at a time around the recommendation, at the values of its grid and its own.
    fn sensitivity(&self, evaluator: &Evaluator, chosen: &Chosen) -> Vec<Sensitivity> {
        let values = &chosen.points[chosen.best].values;
        let of = |parameter: usize| {
            let mut tried = self.parameters[parameter].values.clone();
            tried.push(values[parameter]);
            tried.sort_by(f64::total_cmp);
            tried.dedup();
            let point = |value: f64| {
                let mut values = values.clone();
                values[parameter] = value;
                let over = |dates: &Range<usize>| evaluator.measures(&values, dates.clone());
                Some(SensitivityPoint {
                    value,
                    trained: over(&chosen.fold.train)?,
                    tested: over(&chosen.fold.test)?,
                })
            };
            Sensitivity { parameter, points: tried.into_iter().filter_map(point).collect() }
        };
        (0..self.parameters.len()).into_par_iter().map(of).collect()
    }
}
