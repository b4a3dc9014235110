//! Some dates once more, with the scenario's own steps and everything that happens inside paths.

use rayon::prelude::*;

use super::evaluate::{Evaluator, Fault};
use super::record::{DateRecord, LevelMeasure};
use super::{BacktestError, LoadedBacktest, Walk};
use crate::engine::Control;
use crate::numeric::isa::InstructionSet;
use crate::outcome::{PathEventsCheck, PathEventsRow};

/// VaR and ES of one date without and with path events, one pair a level.
type Pairs = Vec<[LevelMeasure; 2]>;

impl LoadedBacktest {
    /// Walks the dates asked for once more; `None` where none are.
    ///
    /// # Errors
    /// Asked to stop; a book that cannot be walked with path events.
    pub fn path_events(
        &self,
        walk: &Walk,
        isa: InstructionSet,
        control: &Control,
    ) -> Result<Option<PathEventsCheck>, BacktestError> {
        let Some(wanted) = self.path_events else { return Ok(None) };
        let evaluator = Evaluator { backtest: self, history: self.history(), isa, control };
        let dates = self.spread(wanted);
        let mut rows = Vec::new();
        let mut told = Vec::new();
        for (index, model) in walk.record.models.iter().enumerate() {
            let place = |date: usize| {
                let instant = evaluator.history.times[self.calendar.date(date).marked];
                let found = model.dates.binary_search_by_key(&instant, |date| date.instant).ok()?;
                Some((date, &model.dates[found]))
            };
            let known: Vec<(usize, &DateRecord)> =
                dates.iter().copied().filter_map(place).collect();
            let again =
                known.par_iter().map(|&(date, record)| self.again(&evaluator, index, date, record));
            let pairs: Vec<Pairs> = again.collect::<Result<_, BacktestError>>()?;
            for (level, at) in walk.record.levels.iter().enumerate() {
                let pairs: Vec<[LevelMeasure; 2]> = pairs.iter().map(|date| date[level]).collect();
                rows.push(row(model.name.clone(), at.get(), &pairs));
            }
            if index == 0 {
                told = known.iter().map(|(_, record)| record.instant.to_string()).collect();
            }
        }
        let steps = self.base.scenario.simulation.steps;
        Ok(Some(PathEventsCheck { steps, dates: told, rows }))
    }

    /// `wanted` dates, evenly spread, first and last among them.
    fn spread(&self, wanted: usize) -> Vec<usize> {
        let (count, wanted) = (self.calendar.count, wanted.min(self.calendar.count));
        let place = |index: usize| index * (count - 1) / (wanted - 1).max(1);
        (0..wanted).map(place).collect()
    }

    fn again(
        &self,
        evaluator: &Evaluator,
        model: usize,
        date: usize,
        record: &DateRecord,
    ) -> Result<Pairs, BacktestError> {
        let model = &self.models[model];
        let fault = |reason: String| BacktestError::PathEvents {
            model: model.name.clone(),
            instant: record.instant,
            reason,
        };
        let marked = evaluator.marked(self.calendar.date(date)).map_err(fault)?;
        let figures = evaluator.whole_figures(model, &marked).map_err(|found| match found {
            Fault::Interrupted(stop) => stop.into(),
            Fault::Because(reason) => fault(reason),
        })?;
        let pair = |(before, after): (&LevelMeasure, &crate::engine::DatedMeasure)| {
            let with = LevelMeasure {
                value_at_risk: after.value_at_risk,
                expected_shortfall: after.expected_shortfall,
                standard_error: after.standard_error,
            };
            [*before, with]
        };
        Ok(record.measures.iter().zip(&figures.measures).map(pair).collect())
    }
}

fn row(model: String, level: f64, pairs: &[[LevelMeasure; 2]]) -> PathEventsRow {
    let count = pairs.len().max(1) as f64;
    let value = |pair: &[LevelMeasure; 2]| pair[1].value_at_risk - pair[0].value_at_risk;
    let shortfall =
        |pair: &[LevelMeasure; 2]| pair[1].expected_shortfall - pair[0].expected_shortfall;
    let mean = |of: &dyn Fn(&[LevelMeasure; 2]) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let largest = |of: &dyn Fn(&[LevelMeasure; 2]) -> f64| {
        let all = pairs.iter().map(of);
        all.fold(0.0, |most: f64, one: f64| if one.abs() > most.abs() { one } else { most })
    };
    PathEventsRow {
        model,
        level,
        mean_value_at_risk: mean(&|pair| pair[0].value_at_risk),
        value_at_risk_difference: mean(&value),
        value_at_risk_difference_largest: largest(&value),
        mean_expected_shortfall: mean(&|pair| pair[0].expected_shortfall),
        expected_shortfall_difference: mean(&shortfall),
        expected_shortfall_difference_largest: largest(&shortfall),
    }
}
