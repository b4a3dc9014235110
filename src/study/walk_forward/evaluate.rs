//! One date: the market marked, the book held, every model estimated and walked, and what became of
//! the book.

use blake3::Hasher;
use jiff::Timestamp;

use super::book::{DatedBook, HeldBook, Holding, rules_without_path_events, without_path_events};
use super::calendar::Date;
use super::marks::unmarked;
use super::realised::Period;
use super::record::{DateRecord, LevelMeasure, RealisedLoss, ThresholdRecord};
use super::{LoadedBacktest, Model};
use crate::document::Violations;
use crate::engine::{
    self, AccountValues, Control, Dated, DatedFigures, DatedThreshold, EngineError, Interrupted,
};
use crate::market::{Market, PriceHistory};
use crate::numeric::isa::InstructionSet;
use crate::outcome::Status;
use crate::scenario::{EventSettings, Scenario};
use crate::threshold::MoneyEstimate;

/// Evaluates dates of one backtest.
pub(super) struct Evaluator<'a> {
    pub backtest: &'a LoadedBacktest,
    pub history: &'a PriceHistory,
    pub isa: InstructionSet,
    pub control: &'a Control<'a>,
}

/// What was found on a date, or why nothing was.
pub(super) struct Evaluated {
    pub instant: Timestamp,
    /// `[model]`, or why the date has no figures at all.
    pub models: Result<Vec<Result<ModelDate, String>>, String>,
}

/// One model on one date.
pub(super) struct ModelDate {
    pub record: DateRecord,
    /// PL with its error, for the status.
    pub potential_loss: Option<MoneyEstimate>,
    /// `[level]`: every simulated loss beyond VaR.
    pub tails: Vec<Vec<f64>>,
}

/// The book and the markets of one date.
pub(super) struct Marked<'a> {
    pub instant: Timestamp,
    pub ends: Timestamp,
    pub book: &'a DatedBook,
    pub held: HeldBook,
    /// The market at the date, with the window before it.
    windowed: Market,
    /// The market at the date, with everything before it.
    known: Market,
    realised: Vec<AccountValues>,
}

impl Evaluator<'_> {
    /// Everything on date `index`.
    pub fn date(&self, index: usize) -> Result<Evaluated, Interrupted> {
        let date = self.backtest.calendar.date(index);
        let instant = self.history.times[date.marked];
        let marked = match self.marked(date) {
            Ok(marked) => marked,
            Err(reason) => return Ok(Evaluated { instant, models: Err(reason) }),
        };
        let mut models = Vec::with_capacity(self.backtest.models.len());
        for model in &self.backtest.models {
            models.push(match self.bare_figures(model, &marked) {
                Ok(figures) => Ok(self.model_date(&marked, figures)),
                Err(Fault::Interrupted(stop)) => return Err(stop),
                Err(Fault::Because(reason)) => Err(reason),
            });
        }
        Ok(Evaluated { instant, models: Ok(models) })
    }

    /// The markets of a date and its period, and the book in them.
    pub fn marked(&self, date: Date) -> Result<Marked<'_>, String> {
        let LoadedBacktest { base, rolls, unrolled, size, .. } = self.backtest;
        let marks = self.backtest.marks();
        let markets: Vec<Market> =
            (date.marked..=date.ends).map(|close| marks.market(close)).collect();
        let (today, end) = (&markets[0], &markets[markets.len() - 1]);
        let instant = today.as_of;
        let book = self.backtest.book_at(instant);
        for (market, when) in [(today, "at the date"), (end, "at the end of its period")] {
            let lacking = unmarked(market, &book.portfolio);
            if !lacking.is_empty() {
                return Err(format!("{} {when}, {}", lacking.join(", "), market.as_of));
            }
        }
        let holding =
            Holding { base: &base.market.market, rolls, unrolled: *unrolled, size: *size };
        let held = holding.at(&book.portfolio, today).map_err(|error| error.to_string())?;
        let period =
            Period { marks, first: date.marked, markets: &markets, portfolio: &held.portfolio };
        let realised = period.values().map_err(|error| error.to_string())?;
        let with = |closes| Market { history: Some(marks.history(closes)), ..today.clone() };
        let (windowed, known) = (with(date.window), with([0, date.marked]));
        let ends = end.as_of;
        Ok(Marked { instant, ends, book, held, windowed, known, realised })
    }

    /// Figures of one step with nothing inside paths.
    fn bare_figures(&self, model: &Model, marked: &Marked) -> Result<DatedFigures, Fault> {
        let mut scenario = self.scenario(model, marked);
        scenario.simulation.steps = 1;
        scenario.events =
            EventSettings { closing: scenario.events.closing, ..EventSettings::default() };
        let dated = Dated {
            scenario,
            market: marked.windowed.clone(),
            portfolio: without_path_events(&marked.held.portfolio),
            venue_rules: rules_without_path_events(&marked.book.rules),
        };
        self.figures(dated, marked, &self.backtest.scales)
    }

    /// Figures with the scenario's own steps and everything inside paths.
    pub fn whole_figures(&self, model: &Model, marked: &Marked) -> Result<DatedFigures, Fault> {
        let dated = Dated {
            scenario: self.scenario(model, marked),
            market: marked.windowed.clone(),
            portfolio: marked.held.portfolio.clone(),
            venue_rules: marked.book.rules.clone(),
        };
        self.figures(dated, marked, &[])
    }

    fn figures(
        &self,
        dated: Dated,
        marked: &Marked,
        scales: &[f64],
    ) -> Result<DatedFigures, Fault> {
        let plan = engine::dated_plan(&self.backtest.base, dated, &marked.known)
            .map_err(|violations| Fault::Because(first_title(&violations)))?;
        Ok(engine::dated_figures(&plan, scales, self.isa, self.control)?)
    }

    /// The scenario of a date under a model.
    fn scenario(&self, model: &Model, marked: &Marked) -> Scenario {
        let mut scenario = self.backtest.base.scenario.clone();
        scenario.model = model.settings.clone();
        scenario.simulation.seed = seed_of(scenario.simulation.seed, marked.instant);
        scenario.simulation.precision = None;
        scenario.reverse = None;
        scenario.measures.liquidity_horizons = None;
        scenario.measures.levels = self.backtest.levels.clone();
        scenario.measures.worst_paths = 1;
        if let Some(highest) = self.backtest.levels.last() {
            scenario.measures.contribution_level = *highest;
        }
        scenario
    }

    fn model_date(&self, marked: &Marked, figures: DatedFigures) -> ModelDate {
        let total = figures.loss(&marked.realised);
        let measure = |one: &engine::DatedMeasure| LevelMeasure {
            value_at_risk: one.value_at_risk,
            expected_shortfall: one.expected_shortfall,
            standard_error: one.standard_error,
        };
        let beyond = |one: &engine::DatedMeasure| {
            let losses = figures.losses.iter().copied();
            losses.filter(|loss| *loss > one.value_at_risk).collect()
        };
        let today = figures.values();
        let at_end =
            |part: fn(&AccountValues) -> f64| -> f64 { marked.realised.iter().map(part).sum() };
        let appetite = self.backtest.base.policy.as_ref().map_or(1.0, |one| one.policy.appetite);
        let record = DateRecord {
            instant: marked.instant,
            ends: marked.ends,
            measures: figures.measures.iter().map(measure).collect(),
            gross_exposure: figures.gross_exposure,
            net_exposure: figures.net_exposure,
            direction: figures.direction,
            position_scale: marked.held.scale,
            positions_value: today.positions,
            balances_value: today.balances,
            collateral_after_haircuts: figures.collateral_after_haircuts,
            threshold: figures.threshold.as_ref().map(|found| recorded(found, appetite)),
            realised: RealisedLoss {
                total,
                positions: today.positions - at_end(|values| values.positions),
                balances: today.balances - at_end(|values| values.balances),
            },
            transform: transform(&figures.losses, total),
            fallbacks: figures.fallbacks.clone(),
        };
        ModelDate {
            record,
            potential_loss: figures.threshold.as_ref().map(|found| found.potential_loss),
            tails: figures.measures.iter().map(beyond).collect(),
        }
    }
}

/// The threshold of a date; its status comes with those before it.
fn recorded(found: &DatedThreshold, appetite: f64) -> ThresholdRecord {
    ThresholdRecord {
        terms: found.terms.iter().map(|term| term.amount).collect(),
        terms_at_scales: found.terms_at_scales.clone(),
        potential_loss: found.potential_loss.amount,
        potential_loss_error: found.potential_loss.standard_error,
        capital: found.capital,
        appetite,
        multiplier: found.multiplier,
        raw_multiplier: found.raw_multiplier,
        threshold: found.threshold,
        utilisation: None,
        status: Status::Green,
        indistinct: false,
    }
}

/// Rank of `loss` among the simulated ones over their number: (below + ½ equal + ½)/(n + 1).
fn transform(losses: &[f64], loss: f64) -> f64 {
    let below = losses.iter().filter(|one| **one < loss).count() as f64;
    let equal = losses.iter().filter(|one| **one == loss).count() as f64;
    (below + 0.5 * equal + 0.5) / (losses.len() as f64 + 1.0)
}

/// The seed of a date: dates draw independently of each other, whichever dates there are beside.
fn seed_of(seed: u64, instant: Timestamp) -> u64 {
    let mut hasher = Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&instant.as_second().to_le_bytes());
    let hash = hasher.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Why a model has no figures on a date.
pub(super) enum Fault {
    /// The whole run was asked to stop.
    Interrupted(Interrupted),
    /// This date and model alone.
    Because(String),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Interrupted(stop) => Self::Interrupted(stop),
            error => Self::Because(error.to_string()),
        }
    }
}

/// What was wrong first, in one line.
fn first_title(violations: &Violations) -> String {
    violations.items().first().map_or_else(String::new, |one| one.title.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_a_mid_rank_inside_the_unit_interval() {
        let losses = [3.0, 1.0, 2.0, 2.0];
        assert_eq!(transform(&losses, 0.0), 0.1);
        assert_eq!(transform(&losses, 2.0), 0.5);
        assert_eq!(transform(&losses, 9.0), 0.9);
    }

    #[test]
    fn dates_have_seeds_of_their_own() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(seed_of(7, at(86_400)), seed_of(7, at(86_400)));
        assert_ne!(seed_of(7, at(86_400)), seed_of(7, at(172_800)));
        assert_ne!(seed_of(7, at(86_400)), seed_of(8, at(86_400)));
    }
}
