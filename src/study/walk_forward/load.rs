//! From a backtest document, and what it names, to a backtest that can be walked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::book::{DatedBook, Roll, Size};
use super::calendar::Calendar;
use super::document::{BacktestDocument, NamedModelDocument, PeriodDocument, SizeDocument};
use super::surface::SurfaceHistory;
use super::{LoadedBacktest, Model, Period};
use crate::document::{
    Confinement, DurationText, InputFile, Loader, Parsed, Violation, ViolationCollector,
    Violations, quoted, read_toml,
};
use crate::engine::{self, Inputs, Member, Overrides, Plan, Shared};
use crate::market::PriceHistory;
use crate::portfolio::{Instrument, Position};
use crate::scenario::document::read_model;
use crate::scenario::{FailureSampling, SamplingMethod};
use crate::units::ConfidenceLevel;

/// Fewest returns that a model is estimated on.
const WINDOW_MIN: usize = 50;

/// Reads a backtest with everything that it names.
pub(super) fn read(path: &Path, confinement: Confinement) -> Result<LoadedBacktest, Violations> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let loader = Loader::new(folder, confinement)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let file = loader.open(&name.unwrap_or_default(), None)?;
    let parsed: Parsed<BacktestDocument> = read_toml(&file)?;
    let shared = Arc::new(Shared::new(folder, confinement));
    let reading = Reading { parsed: &parsed, loader: &loader, folder: folder.to_owned(), shared };
    reading.read()
}

struct Reading<'a> {
    parsed: &'a Parsed<BacktestDocument>,
    loader: &'a Loader,
    folder: PathBuf,
    shared: Arc<Shared>,
}

impl Reading<'_> {
    fn read(&self) -> Result<LoadedBacktest, Violations> {
        let document = &self.parsed.value;
        let mut collector = ViolationCollector::default();
        let models = collector.absorb(self.models());
        let levels = collector.absorb(self.levels());
        let scales = collector.absorb(self.scales());
        let surfaces = SurfaceHistory::read(&document.surface, &self.parsed.places, self.loader);
        let surfaces = collector.absorb(surfaces);
        let periods = collector.absorb(self.periods());
        let base = collector.absorb(self.base());
        let calendar = base.as_ref().and_then(|base| collector.absorb(self.calendar(base)));
        let books = base.as_ref().and_then(|base| collector.absorb(self.books(base)));
        let rolls = books.as_ref().and_then(|(books, _)| collector.absorb(self.rolls(books)));
        let read = (models, levels, scales, surfaces, periods, base, calendar, books, rolls);
        let (
            Some(models),
            Some(levels),
            Some(scales),
            Some(surfaces),
            Some(periods),
            Some(base),
            Some(calendar),
            Some((books, book_files)),
            Some(rolls),
        ) = read
        else {
            return collector.finish_some(None);
        };
        let levels = levels.unwrap_or_else(|| base.scenario.measures.levels.clone());
        let files = self.files(&base, book_files);
        let size = self.size(&base);
        let path_events = document.path_events.as_ref().map(|one| one.dates as usize);
        collector.finish(LoadedBacktest {
            name: document.name.to_string(),
            description: document.description.to_string(),
            levels,
            scales,
            models,
            calendar,
            books,
            rolls,
            unrolled: document.book.unrolled,
            size,
            surfaces,
            path_events,
            periods,
            base,
            files,
        })
    }

    fn files(&self, base: &Inputs, books: Vec<InputFile>) -> Vec<InputFile> {
        let mut files = self.loader.inputs();
        files.extend(base.files.iter().cloned());
        files.extend(books);
        files.sort();
        files.dedup();
        files
    }

    fn fault(&self, path: &str, title: impl Into<String>) -> Violation {
        Violation::new(self.parsed.places.at(path), title)
    }

    /// The settings of every model, names of their own.
    fn models(&self) -> Result<Vec<Model>, Violations> {
        let mut collector = ViolationCollector::default();
        let mut names = BTreeSet::new();
        let mut models = Vec::new();
        for (index, NamedModelDocument { name, settings }) in
            self.parsed.value.model.iter().enumerate()
        {
            if !names.insert(name.as_str()) {
                let title = format!("model {} appears twice", quoted(name.as_str()));
                let fault = self.fault(&format!("model[{index}].name"), title);
                collector.add(fault.expected("a name of its own"));
            }
            let path = format!("model[{index}].settings");
            let part = self.parsed.part(&path, settings.clone());
            let read = collector.absorb(read_model(&part, self.loader));
            models.extend(read.map(|settings| Model { name: name.to_string(), settings }));
        }
        collector.finish(models)
    }

    fn levels(&self) -> Result<Option<Vec<ConfidenceLevel>>, Violations> {
        let Some(levels) = &self.parsed.value.levels else { return Ok(None) };
        let levels: Vec<f64> = levels.iter().map(|level| level.get()).collect();
        self.increasing("levels", &levels)?;
        let levels = levels.into_iter().map(ConfidenceLevel::new).collect::<Result<_, _>>();
        levels.map(Some).map_err(|error| self.fault("levels", error.to_string()).into())
    }

    fn scales(&self) -> Result<Vec<f64>, Violations> {
        let scales: Vec<f64> = self.parsed.value.scales.iter().map(|scale| scale.get()).collect();
        self.increasing("scales", &scales)?;
        if scales.contains(&1.0) {
            return Ok(scales);
        }
        Err(self
            .fault("scales", "the scales lack the book as it is")
            .expected("1 among them")
            .into())
    }

    fn increasing(&self, key: &str, values: &[f64]) -> Result<(), Violations> {
        let falls = values.windows(2).position(|pair| pair[0] >= pair[1]);
        let Some(at) = falls else { return Ok(()) };
        let place = format!("{key}[{}]", at + 1);
        Err(self.fault(&place, format!("`{key}` must increase")).into())
    }

    /// The base scenario with its own book.
    fn base(&self) -> Result<Inputs, Violations> {
        let place = self.parsed.places.at("scenario");
        self.loader.open(self.parsed.value.scenario.as_str(), Some(&place))?;
        let mut inputs = self.load(None)?;
        if inputs.scenario.is_stated() {
            let fault = self.fault("scenario", "the scenario draws no paths: it has no VaR");
            return Err(fault.expected("a scenario of the kind `monte_carlo`").into());
        }
        if inputs.market.market.history.is_none() {
            let fault = self.fault("scenario", "the scenario's market has no price history");
            return Err(fault.help("add a table `history` to its market document").into());
        }
        // the memory of M is that of the history up to each date
        if let Some(policy) = &mut inputs.policy {
            policy.previous = None;
        }
        Plan::build(&inputs)?;
        Ok(inputs)
    }

    fn load(&self, portfolio: Option<String>) -> Result<Inputs, Violations> {
        let document = &self.parsed.value;
        let overrides = Overrides {
            paths: Some(document.paths),
            seed: document.seed,
            sampling: Some(SamplingMethod::Plain),
            failures: Some(FailureSampling::Plain),
            ..Overrides::default()
        };
        let member = Member {
            folder: self.folder.clone(),
            scenario: document.scenario.to_string(),
            portfolio,
            policy: None,
        };
        engine::load_member(&member, overrides, &self.shared)
    }

    /// The dates; every step a whole number of closes.
    fn calendar(&self, base: &Inputs) -> Result<Calendar, Violations> {
        let document = &self.parsed.value;
        let Some(history) = &base.market.market.history else {
            return Err(self.fault("scenario", "the market has no price history").into());
        };
        let mut collector = ViolationCollector::default();
        let horizon = collector.absorb(self.horizon(base, history));
        let every = document.every.as_ref();
        let step = every.map(|every| collector.absorb(self.closes("every", every, history)));
        let step = step.unwrap_or(horizon);
        let window = collector.absorb(self.closes("window", &document.window, history));
        if let (Some(horizon), Some(step)) = (horizon, step)
            && step < horizon
        {
            let fault = self.fault("every", "periods overlap: the horizon is longer than the step");
            let expected = format!("at least the scenario's horizon, {horizon} closes");
            collector.add(fault.found(format!("{step} closes")).expected(expected));
        }
        let shortest = document.window_min.as_ref();
        let shortest =
            shortest.map(|length| collector.absorb(self.closes("window_min", length, history)));
        let window_min = shortest.unwrap_or(window);
        for (key, length) in [("window", window), ("window_min", shortest.flatten())] {
            if length.is_some_and(|length| length < WINDOW_MIN) {
                let fault = self.fault(key, "the window is too short to estimate a model on");
                collector.add(fault.expected(format!("at least {WINDOW_MIN} closes")));
            }
        }
        if let (Some(window), Some(least)) = (window, window_min)
            && window < least
        {
            let fault = self.fault("window_min", "the shortest window is longer than the window");
            collector.add(fault.expected(format!("at most {window} closes")));
        }
        let (Some(horizon), Some(step), Some(window), Some(window_min)) =
            (horizon, step, window, window_min)
        else {
            return collector.finish_some(None);
        };
        let steps = Calendar {
            first: 0,
            count: 0,
            step: step.max(1),
            horizon,
            window,
            window_min,
            refit: document.refit as usize,
        };
        let calendar = collector.absorb(self.dates(steps, history));
        collector.finish_some(calendar)
    }

    fn horizon(&self, base: &Inputs, history: &PriceHistory) -> Result<usize, Violations> {
        let horizon = base.scenario.simulation.horizon;
        whole(horizon.get() / history.interval.get()).ok_or_else(|| {
            let fault = self.fault("scenario", "the horizon is no whole number of closes");
            let expected = format!("a multiple of {} days", history.interval.days());
            fault.found(format!("{} days", horizon.days())).expected(expected).into()
        })
    }

    fn closes(
        &self,
        key: &str,
        length: &DurationText,
        history: &PriceHistory,
    ) -> Result<usize, Violations> {
        whole(length.years().get() / history.interval.get()).ok_or_else(|| {
            let fault = self.fault(key, format!("`{key}` is no whole number of closes"));
            let expected = format!("a multiple of {} days", history.interval.days());
            fault.expected(expected).into()
        })
    }

    fn dates(&self, steps: Calendar, history: &PriceHistory) -> Result<Calendar, Violations> {
        let document = &self.parsed.value;
        let (from, to) = (document.from.timestamp(), document.to.timestamp());
        if to < from {
            let fault = self.fault("to", "the last date is before the first");
            return Err(fault.expected(format!("an instant from {from} on")).into());
        }
        let calendar = steps.between(history, [from, to]);
        if calendar.count == 0 {
            let fault = self.fault("from", "the history holds no period that begins in this range");
            let ends = history.times.last().map(ToString::to_string).unwrap_or_default();
            return Err(fault.found(format!("the history ends at {ends}")).into());
        }
        if calendar.first < calendar.window_min {
            let fault = self.fault("from", "the window begins before the history");
            let earliest = history.times.get(calendar.window_min);
            let expected = earliest.map(|time| format!("a date from {time} on"));
            let expected = expected.unwrap_or_else(|| "a shorter window".to_owned());
            let help = "`window_min` lets the window begin with the history and grow";
            let fault = fault.expected(expected);
            let fault = if document.window_min.is_none() { fault.help(help) } else { fault };
            return Err(fault.into());
        }
        Ok(calendar)
    }

    /// The books by date, the first from the beginning.
    fn books(&self, base: &Inputs) -> Result<(Vec<DatedBook>, Vec<InputFile>), Violations> {
        let document = &self.parsed.value;
        let book = |from, inputs: &Inputs| DatedBook {
            from,
            portfolio: inputs.portfolio.clone(),
            rules: inputs.venue_rules.clone(),
        };
        if document.book.dated.is_empty() {
            return Ok((vec![book(document.from.timestamp(), base)], Vec::new()));
        }
        let mut collector = ViolationCollector::default();
        let (mut books, mut files) = (Vec::<DatedBook>::new(), Vec::new());
        for (index, dated) in document.book.dated.iter().enumerate() {
            let from = dated.from.timestamp();
            let place = format!("book.dated[{index}].from");
            if index == 0 && from > document.from.timestamp() {
                let fault = self.fault(&place, "nothing is held on the first date");
                let expected = format!("an instant up to {}", document.from.timestamp());
                collector.add(fault.expected(expected));
            }
            if index > 0 && from <= document.book.dated[index - 1].from.timestamp() {
                collector.add(self.fault(&place, "dates of books must increase"));
            }
            let place = self.parsed.places.at(&format!("book.dated[{index}].portfolio"));
            let path = dated.portfolio.to_string();
            if collector.absorb(self.loader.open(&path, Some(&place))).is_none() {
                continue;
            }
            if let Some(inputs) = collector.absorb(self.load(Some(path))) {
                books.push(book(from, &inputs));
                files.extend(inputs.files);
            }
        }
        collector.finish((books, files))
    }

    /// Contracts struck anew, each in one of the books at least.
    fn rolls(&self, books: &[DatedBook]) -> Result<Vec<Roll>, Violations> {
        let mut collector = ViolationCollector::default();
        let mut names = BTreeSet::new();
        let mut rolls = Vec::new();
        for (index, roll) in self.parsed.value.book.roll.iter().enumerate() {
            let name = roll.position.as_str();
            let at = |key: &str| format!("book.roll[{index}].{key}");
            let positions = books.iter().flat_map(|book| &book.portfolio.positions);
            let held: Vec<&Position> = positions.filter(|one| one.id == name).collect();
            let dated = held.iter().filter(|one| one.instrument.expiry().is_some());
            if held.is_empty() {
                let title = format!("no book holds a position {}", quoted(name));
                collector.add(self.fault(&at("position"), title));
            } else if dated.count() == 0 {
                let title = format!("{} does not expire", quoted(name));
                let fault = self.fault(&at("position"), title);
                collector.add(fault.expected("a dated future or an option"));
            }
            if !names.insert(name) {
                let title = format!("{} is rolled twice", quoted(name));
                collector.add(self.fault(&at("position"), title));
            }
            let is_option =
                held.iter().any(|one| matches!(one.instrument, Instrument::Option { .. }));
            if roll.moneyness.is_some() && !held.is_empty() && !is_option {
                let title = format!("{} is no option: it has no strike", quoted(name));
                collector.add(self.fault(&at("moneyness"), title).help("remove the key"));
            }
            rolls.push(Roll {
                position: name.to_owned(),
                tenor: roll.tenor.years(),
                moneyness: roll.moneyness.map(|one| one.get()),
            });
        }
        collector.finish(rolls)
    }

    fn size(&self, base: &Inputs) -> Size {
        match self.parsed.value.book.size {
            SizeDocument::Constant => Size::Constant,
            SizeDocument::GrossNotional { amount } => Size::GrossNotional(amount.get()),
            SizeDocument::ShareOfCapital { share } => {
                let capital = base.policy.as_ref().map(|loaded| loaded.policy.capital);
                Size::ShareOfCapital(share.get(), capital)
            }
        }
    }

    /// Where a model is chosen and where it is judged: both or neither, one after the other.
    fn periods(&self) -> Result<Option<[Period; 2]>, Violations> {
        let document = &self.parsed.value;
        let (chosen, judged) = match (document.chosen_on, document.judged_on) {
            (None, None) => return Ok(None),
            (Some(chosen), Some(judged)) => (chosen, judged),
            (Some(_), None) => {
                let fault = self.fault("chosen_on", "a model is chosen and nowhere judged");
                return Err(fault.help("add `judged_on`").into());
            }
            (None, Some(_)) => {
                let fault = self.fault("judged_on", "no model is chosen that could be judged");
                return Err(fault.help("add `chosen_on`").into());
            }
        };
        let mut collector = ViolationCollector::default();
        for (key, period) in [("chosen_on", chosen), ("judged_on", judged)] {
            if period.to <= period.from {
                let fault = self.fault(&format!("{key}.to"), "the period ends before it begins");
                let expected = format!("an instant after {}", period.from.timestamp());
                collector.add(fault.expected(expected));
            }
        }
        if judged.from <= chosen.to {
            let fault = self.fault("judged_on.from", "the model is judged on what it is chosen on");
            let expected = format!("an instant after {}", chosen.to.timestamp());
            collector.add(fault.expected(expected));
        }
        let period =
            |one: PeriodDocument| Period { from: one.from.timestamp(), to: one.to.timestamp() };
        collector.finish(Some([period(chosen), period(judged)]))
    }
}

/// A count that is a whole number but for rounding.
fn whole(count: f64) -> Option<usize> {
    let nearest = count.round();
    let is_whole = (count - nearest).abs() <= 1e-6 * count.max(1.0) && nearest >= 1.0;
    (is_whole && nearest < 1e9).then_some(nearest as usize)
}
