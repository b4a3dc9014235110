//! Walk-forward: models re-estimated date by date on what was known, against what happened next.
//!
//! ```text
//! backtest.toml + base scenario ─▶ dates ─▶ at each: market at its closes, book in it, window of
//!     history ─▶ each model: fit ─▶ plan ─▶ engine, few figures ─▶ realised loss of the period
//!     ─▶ status along the dates ─▶ WalkRecord ─▶ coverage tests, scores ─▶ Backtest
//! ```
//!
//! Dates are evaluated in parallel, each as one task: it draws by a seed of its own, made from the
//! backtest's seed and the instant, so that Monte Carlo errors of dates are independent and no
//! date's figures depend on which others there are. All models of a date draw by the same seed.
//!
//! # No look-ahead
//! Everything at a date is made of closes up to it: marks, the window that models are fitted on,
//! the history over which market conditions are replayed. The realised loss and its rank alone
//! know the period that follows.
//!
//! # Limits
//! Paths take one step, with nothing that venues or the desk do inside them; `path_events` says by
//! how much that moves VaR and ES. What the history does not record (carry of forwards, basis,
//! liquidity) stands at every date as the market document says.

mod book;
mod calendar;
mod document;
mod error;
mod evaluate;
mod fallbacks;
mod judge;
mod load;
mod marks;
mod memory;
mod path_events;
mod realised;
mod record;
mod surface;
mod tell;
mod thresholds;

pub use document::{
    BacktestDocument, BookDocument, DatedBookDocument, NamedModelDocument, PathEventsDocument,
    PeriodDocument, RollDocument, SizeDocument, SurfaceDocument, UnrolledDocument,
};
pub use error::BacktestError;
pub use record::{
    DateRecord, LeftOut, LevelMeasure, ModelRecord, RealisedLoss, ThresholdRecord, WalkRecord,
};

use std::path::Path;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::document::{Confinement, InputFile, Violations};
use crate::engine::{self, Control, Inputs, Interrupted, PartOf};
use crate::market::PriceHistory;
use crate::numeric::isa::InstructionSet;
use crate::outcome::Backtest;
use crate::scenario::ModelSettings;
use crate::threshold::ShortfallVolatility;
use crate::units::{ConfidenceLevel, Symbol, Years};
use book::{DatedBook, Roll, Size};
use calendar::Calendar;
use evaluate::{Evaluated, Evaluator, ModelDate};
use marks::Marks;
use surface::SurfaceHistory;

/// A backtest whose document and everything it names were read and checked.
#[derive(Debug)]
pub struct LoadedBacktest {
    name: String,
    description: String,
    levels: Vec<ConfidenceLevel>,
    scales: Vec<f64>,
    models: Vec<Model>,
    calendar: Calendar,
    books: Vec<DatedBook>,
    rolls: Vec<Roll>,
    unrolled: UnrolledDocument,
    size: Size,
    surfaces: SurfaceHistory,
    path_events: Option<usize>,
    periods: Option<[Period; 2]>,
    base: Inputs,
    /// Every file read.
    pub files: Vec<InputFile>,
}

/// A model under its name.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    name: String,
    settings: ModelSettings,
}

/// A part of the dates, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    from: Timestamp,
    to: Timestamp,
}

/// A walk-forward, with what is not kept in its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// What was found.
    pub record: WalkRecord,
    /// One a model: every simulated loss beyond VaR, of the dates of its record.
    pub tails: Vec<Tails>,
}

/// `[level][date]`: every simulated loss beyond VaR, in path order.
pub type Tails = Vec<Vec<Vec<f64>>>;

/// Whether a file is a backtest document, by the keys that only they have.
pub fn is_backtest(path: &Path, confinement: Confinement) -> bool {
    document::has_models(path, confinement)
}

/// Checks a backtest document with everything that it names; says what was found.
///
/// # Errors
/// Every violation in any of them.
pub fn check(path: &Path, confinement: Confinement) -> Result<String, Violations> {
    let found = LoadedBacktest::read(path, confinement)?;
    Ok(format!(
        "backtest '{}', no violations: {} models, {} dates, {} files",
        found.name,
        found.models.len(),
        found.calendar.count,
        found.files.len()
    ))
}

impl LoadedBacktest {
    /// Reads the backtest document at `path` and everything that it names.
    ///
    /// # Errors
    /// Every violation in any of them.
    pub fn read(path: &Path, confinement: Confinement) -> Result<Self, Violations> {
        load::read(path, confinement)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Dates to be evaluated.
    pub fn dates(&self) -> usize {
        self.calendar.count
    }

    /// Paths a date and model.
    pub fn paths(&self) -> u64 {
        self.base.scenario.simulation.paths
    }

    /// Seed of the whole.
    pub fn seed(&self) -> u64 {
        self.base.scenario.simulation.seed
    }

    /// Walks every date, tests every model, chooses one where that is asked for.
    ///
    /// # Errors
    /// [`BacktestError`]: interrupted; too few dates with figures; path events that cannot be walked.
    pub fn run(
        &self,
        isa: InstructionSet,
        control: &Control,
    ) -> Result<(Walk, Backtest), BacktestError> {
        let walk = self.walk(isa, control)?;
        let path_events = self.path_events(&walk, isa, control)?;
        let outcome = self.outcome(&walk, path_events)?;
        Ok((walk, outcome))
    }

    /// Evaluates every date.
    ///
    /// # Errors
    /// Asked to stop.
    pub fn walk(&self, isa: InstructionSet, control: &Control) -> Result<Walk, Interrupted> {
        let total = (self.calendar.count * self.models.len()) as u64 * self.paths();
        let whole = PartOf { whole: *control, total };
        let control = control.telling(&whole);
        let history = self.history();
        let evaluator = Evaluator { backtest: self, history, isa, control: &control };
        let dates = (0..self.calendar.count).into_par_iter();
        let dates: Vec<Evaluated> =
            dates.map(|index| evaluator.date(index)).collect::<Result<_, Interrupted>>()?;
        Ok(self.collected(dates))
    }

    fn marks(&self) -> Marks<'_> {
        let base = &self.base.market.market;
        Marks { base, history: self.history(), surfaces: &self.surfaces }
    }

    /// The history; every backtest that was read has one.
    fn history(&self) -> &PriceHistory {
        static NONE: std::sync::OnceLock<PriceHistory> = std::sync::OnceLock::new();
        let none = || PriceHistory {
            interval: Years::from_days(1.0),
            times: Vec::new(),
            series: Vec::new(),
            quote: Symbol::usd(),
            findings: Vec::new(),
        };
        self.base.market.market.history.as_ref().unwrap_or_else(|| NONE.get_or_init(none))
    }

    /// The book that is held at `instant`.
    fn book_at(&self, instant: Timestamp) -> &DatedBook {
        let after = self.books.partition_point(|book| book.from <= instant);
        &self.books[after.saturating_sub(1)]
    }

    /// Dates by model, in order.
    fn collected(&self, dates: Vec<Evaluated>) -> Walk {
        let mut left_out = Vec::new();
        let mut models: Vec<Vec<ModelDate>> = self.models.iter().map(|_| Vec::new()).collect();
        for Evaluated { instant, models: found } in dates {
            let found = match found {
                Ok(found) => found,
                Err(reason) => {
                    left_out.push(LeftOut { instant, model: None, reason });
                    continue;
                }
            };
            for (index, found) in found.into_iter().enumerate() {
                match found {
                    Ok(date) => models[index].push(date),
                    Err(reason) => {
                        let model = Some(self.models[index].name.clone());
                        left_out.push(LeftOut { instant, model, reason });
                    }
                }
            }
        }
        if let Some(policy) = &self.base.policy {
            let status = &policy.policy.status;
            models.iter_mut().for_each(|dates| memory::follow(status, dates.iter_mut()));
        }
        let (records, tails) = self.records(models);
        Walk { record: self.record(records, left_out), tails }
    }

    fn records(&self, models: Vec<Vec<ModelDate>>) -> (Vec<ModelRecord>, Vec<Tails>) {
        let mut records = Vec::new();
        let mut tails = Vec::new();
        for (model, found) in self.models.iter().zip(models) {
            let mut by_level: Tails = self.levels.iter().map(|_| Vec::new()).collect();
            let mut dates = Vec::with_capacity(found.len());
            for date in found {
                dates.push(date.record);
                by_level.iter_mut().zip(date.tails).for_each(|(level, tail)| level.push(tail));
            }
            let volatility = engine::shortfall_volatility(&model.settings);
            let conditional_volatility = volatility == ShortfallVolatility::Conditional;
            records.push(ModelRecord { name: model.name.clone(), conditional_volatility, dates });
            tails.push(by_level);
        }
        (records, tails)
    }

    fn record(&self, models: Vec<ModelRecord>, left_out: Vec<LeftOut>) -> WalkRecord {
        let (calendar, history) = (&self.calendar, self.history());
        let last = calendar.date(calendar.count.saturating_sub(1)).ends;
        let interval = history.interval.get();
        WalkRecord {
            name: self.name.clone(),
            scenario: self.base.scenario.name.clone(),
            currency: Symbol::usd().to_string(),
            horizon: Years(interval * calendar.horizon as f64),
            every: Years(interval * calendar.step as f64),
            levels: self.levels.clone(),
            paths: self.paths(),
            seed: self.seed(),
            policy: self.base.policy.as_ref().map(|loaded| loaded.policy.clone()),
            scales: self.scales.clone(),
            models,
            history: marks::part_of(history, [0, last]),
            left_out,
        }
    }
}
