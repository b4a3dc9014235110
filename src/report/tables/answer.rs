//! The first page: the answer, and the figures it rests on.

use super::{Cell, Section};
use crate::outcome::{Outcome, Threshold};
use crate::report::stopping;
use crate::report::verdict::Verdict;

/// The answer and its figures, one a row.
pub(super) fn summary(outcome: &Outcome, verdict: &Verdict) -> Section {
    let note = format!("Amounts in {}; losses are positive.", outcome.currency);
    let mut section = Section::new("Summary", note, &["what", "value", "low", "high"]);
    let mut tell = |what: &str, value: Cell| section.row([Cell::text(what), value]);
    tell("Light", Cell::text(verdict.light));
    tell("May the book be carried?", Cell::text(&verdict.headline));
    verdict.reasons.iter().for_each(|reason| tell("Because", Cell::text(reason)));
    verdict.actions.iter().for_each(|action| tell("To do", Cell::text(action)));
    tell("Scenario", Cell::text(&outcome.scenario));
    tell("Why it exists", Cell::text(&outcome.description));
    tell("Book", Cell::text(&outcome.book.name));
    tell("Market as of, UTC", Cell::Instant(outcome.as_of.clone()));
    tell("Horizon, days", Cell::Number(outcome.horizon_years * 365.0));
    tell("Paths", Cell::Count(outcome.paths));
    tell("Seed", Cell::Count(outcome.seed));
    tell("plimsoll", Cell::text(&outcome.plimsoll_version));
    if let Some(stopping) = &outcome.stopping {
        tell("Why so many paths", Cell::Text(stopping::sentence(stopping)));
    }
    tell("Value of the book", Cell::Money(outcome.book.value));
    if let Some(threshold) = &outcome.threshold {
        figures(&mut section, threshold);
    }
    section
}

fn figures(section: &mut Section, threshold: &Threshold) {
    let mut tell = |what: &str, value: Cell, interval: Option<[Cell; 2]>| {
        let [low, high] = interval.unwrap_or([Cell::Nothing, Cell::Nothing]);
        section.row([Cell::text(what), value, low, high]);
    };
    let money = |[low, high]: [f64; 2]| [Cell::Money(low), Cell::Money(high)];
    let share = |[low, high]: [f64; 2]| [Cell::Share(low), Cell::Share(high)];
    let interval = threshold.potential_loss_interval_95;
    tell(
        "Potential loss, 95 % interval",
        Cell::Money(threshold.potential_loss),
        Some(money(interval)),
    );
    tell("Exposure threshold", Cell::Money(threshold.threshold), None);
    tell("Threshold, share of capital", Cell::Share(threshold.share_of_capital), None);
    tell(
        "Utilisation, 95 % interval",
        Cell::share(threshold.utilisation),
        threshold.utilisation_interval_95.map(share),
    );
    tell("Utilisation with multiplier 1", Cell::share(threshold.utilisation_unconditioned), None);
    tell("Capital", Cell::Money(threshold.capital), None);
    tell("Capital is", Cell::text(&threshold.capital_base), None);
    tell("Appetite, share of capital", Cell::Share(threshold.appetite), None);
    tell("Condition multiplier", Cell::Number(threshold.condition.multiplier), None);
    let scale = &threshold.scale_to_threshold;
    let number = |[low, high]: [f64; 2]| [Cell::Number(low), Cell::Number(high)];
    let value = scale.value.map_or_else(|| Cell::text(&scale.reason), Cell::Number);
    tell("Scale to threshold k*, 95 % interval", value, scale.interval_95.map(number));
}
