//! The outcome of a backtest: its record told, its tests, its notes.

use super::fallbacks;
use super::judge;
use super::record::{DateRecord, ModelRecord};
use super::thresholds;
use super::{BacktestError, LoadedBacktest, Walk};
use crate::outcome::{
    BACKTEST_FORMAT_VERSION, Backtest, BacktestDate, BacktestPart, BacktestSeries,
    BacktestThreshold, LeftOutDate, LevelTests, ModelChoice, PartPurpose, PathEventsCheck,
};
use crate::units::grouped;

impl LoadedBacktest {
    /// The outcome of a walk.
    ///
    /// # Errors
    /// [`BacktestError::TooFewDates`] where a model has figures on too few dates to test.
    pub fn outcome(
        &self,
        walk: &Walk,
        path_events: Option<PathEventsCheck>,
    ) -> Result<Backtest, BacktestError> {
        self.refuse_few_dates(walk)?;
        let record = &walk.record;
        let parts = judge::parts(self, walk);
        let choices = judge::choices(&parts);
        let notes = self.notes(walk, &parts, &choices);
        let left_out = record.left_out.iter().map(|one| LeftOutDate {
            date: one.instant.to_string(),
            model: one.model.clone(),
            reason: one.reason.clone(),
        });
        Ok(Backtest {
            format_version: BACKTEST_FORMAT_VERSION,
            plimsoll_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: self.name.clone(),
            description: self.description.clone(),
            scenario: record.scenario.clone(),
            currency: record.currency.clone(),
            horizon_years: record.horizon.get(),
            every_years: record.every.get(),
            estimated_on: self.estimated_on(),
            dates: self.dates(),
            paths: record.paths,
            seed: record.seed,
            levels: record.levels.iter().map(|level| level.get()).collect(),
            alternatives: judge::alternatives(),
            parts,
            choices,
            path_events,
            series: record.models.iter().map(series).collect(),
            left_out: left_out.collect(),
            notes,
        })
    }

    fn refuse_few_dates(&self, walk: &Walk) -> Result<(), BacktestError> {
        let few = walk.record.models.iter().find(|model| model.dates.len() < judge::DATES_MIN);
        let Some(model) = few else { return Ok(()) };
        let of_model = |name: &Option<String>| name.as_ref().is_none_or(|name| *name == model.name);
        let reason = walk.record.left_out.iter().find(|one| of_model(&one.model));
        Err(BacktestError::TooFewDates {
            model: model.name.clone(),
            dates: model.dates.len(),
            asked: self.dates(),
            reason: reason.map_or_else(|| "none was".to_owned(), |one| one.reason.clone()),
        })
    }

    fn estimated_on(&self) -> String {
        let days = self.history().interval.days();
        let window = grouped(self.calendar.window as f64 * days, 0);
        let closes = grouped(self.calendar.window as f64 + 1.0, 0);
        let refit = match self.calendar.refit {
            1 => "at every date".to_owned(),
            count => format!("at every {count}th date"),
        };
        let growing = match self.calendar.growing() {
            0 => String::new(),
            count => format!(
                " (at the first {} dates the history is shorter: all of it, {} closes at the least)",
                grouped(count as f64, 0),
                grouped(self.calendar.date(0).window[1] as f64 + 1.0, 0)
            ),
        };
        format!("the {closes} closes of the {window} days up to the date{growing}, {refit}")
    }

    fn notes(&self, walk: &Walk, parts: &[BacktestPart], choices: &[ModelChoice]) -> Vec<String> {
        let mut notes: Vec<String> = choices.iter().map(chosen).collect();
        notes.extend(
            parts.iter().filter(|part| part.purpose == PartPurpose::All).flat_map(failures),
        );
        if self.periods.is_some() && parts.len() < 3 {
            notes.push(format!(
                "no model is chosen: a part of the dates has fewer than {} with figures of every \
                 model",
                judge::DATES_MIN
            ));
        }
        let policy = self.base.policy.as_ref();
        notes.extend(policy.and_then(|one| one.limits_unread("in a walk-forward")));
        let out = walk.record.left_out.len();
        if let Some(first) = walk.record.left_out.first() {
            notes.push(format!(
                "{} left out, each listed with why; the first: {}",
                if out == 1 {
                    "one date is".to_owned()
                } else {
                    format!("{out} dates or models are")
                },
                first.reason
            ));
        }
        let books = self.books.iter().map(|book| &book.portfolio);
        let mut unrecorded: Vec<String> =
            books.flat_map(|book| self.marks().unrecorded(book)).collect();
        unrecorded.sort();
        unrecorded.dedup();
        if !unrecorded.is_empty() {
            notes.push(format!(
                "the history has no prices of {}: they stand at the market document's at every date",
                unrecorded.join(", ")
            ));
        }
        notes
    }
}

/// What was chosen, and how it did.
fn chosen(choice: &ModelChoice) -> String {
    let level = percent(choice.level);
    let how = if choice.all_rejected {
        format!("at {level} every model is rejected where one is chosen; the best by score is")
    } else {
        format!("at {level} the best by score of the models not rejected is")
    };
    let later = if choice.rejected_later { "rejected" } else { "not rejected" };
    let rank = choice.rank_later.map_or(String::new(), |rank| format!(", rank {rank} by score"));
    format!("{how} {}; where it is judged it is {later}{rank}", choice.model)
}

/// Every rejection over all dates, in words.
fn failures(part: &BacktestPart) -> Vec<String> {
    let mut found = Vec::new();
    for model in &part.models {
        for level in model.levels.iter().filter(|level| level.rejected) {
            found.push(format!(
                "{} is rejected at {}: {}",
                model.model,
                percent(level.level),
                why(level)
            ));
        }
    }
    found
}

fn why(level: &LevelTests) -> String {
    let size = 0.05 / level.tests.len().max(1) as f64;
    let tests = level.tests.iter().filter(|test| test.p_value < size);
    let tests: Vec<String> =
        tests.map(|test| format!("{} p = {:.4}", test.name, test.p_value)).collect();
    format!(
        "{} exceptions where {} are expected; {}",
        level.exceptions,
        grouped(level.expected, 1),
        tests.join(", ")
    )
}

fn percent(level: f64) -> String {
    let text = grouped(level * 100.0, 4);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn series(model: &ModelRecord) -> BacktestSeries {
    let dates: Vec<BacktestDate> = model.dates.iter().map(date).collect();
    BacktestSeries {
        model: model.name.clone(),
        fallbacks: fallbacks::counted(&dates),
        thresholds: thresholds::history(&dates),
        dates,
    }
}

fn date(record: &DateRecord) -> BacktestDate {
    let threshold = record.threshold.as_ref().map(|found| BacktestThreshold {
        potential_loss: found.potential_loss,
        capital: found.capital,
        multiplier: found.multiplier,
        threshold: found.threshold,
        utilisation: found.utilisation,
        status: found.status,
    });
    BacktestDate {
        date: record.instant.to_string(),
        ends: record.ends.to_string(),
        value_at_risk: record.measures.iter().map(|one| one.value_at_risk).collect(),
        expected_shortfall: record.measures.iter().map(|one| one.expected_shortfall).collect(),
        loss: record.realised.total,
        positions_loss: record.realised.positions,
        balances_loss: record.realised.balances,
        transform: record.transform,
        gross_exposure: record.gross_exposure,
        net_exposure: record.net_exposure,
        threshold,
        fallbacks: record.fallbacks.iter().map(fallbacks::told).collect(),
    }
}
