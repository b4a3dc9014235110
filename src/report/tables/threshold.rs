//! How much may be carried: terms, conditions, limits, room, and what to do.

use super::{Cell, ChartKind, Section};
use crate::outcome::{HedgingProgramme, LimitState, Outcome, Threshold};

/// All tables of a threshold.
pub(super) fn sections(threshold: &Threshold, outcome: &Outcome) -> Vec<Section> {
    let currency = &outcome.currency;
    let hedges = threshold.hedging.as_ref().map(|one| hedges(one, currency));
    let tables = [
        terms(threshold, currency),
        conditions(threshold),
        limits(threshold, currency),
        headroom(threshold, currency),
        calls(threshold, currency),
        transfers(threshold, currency),
    ];
    tables.into_iter().chain(hedges).collect()
}

fn terms(threshold: &Threshold, currency: &str) -> Section {
    let note = format!("In {currency}; combined as a {}.", threshold.combination);
    let columns = ["term", "amount", "weight", "weighted", "estimator"];
    let mut section = Section::new("Potential loss", note, &columns);
    for term in &threshold.terms {
        section.row([
            Cell::text(&term.name),
            Cell::Money(term.amount),
            Cell::Number(term.weight),
            Cell::Money(term.amount * term.weight),
            Cell::text(&term.estimator),
        ]);
    }
    for one in &threshold.adjustments {
        let amount = Cell::Money(one.amount);
        let description = Cell::text(&one.description);
        section.row([Cell::text(&one.name), Cell::Nothing, Cell::Nothing, amount, description]);
    }
    section.chart("Terms of the potential loss", ChartKind::Columns, 0, 3)
}

fn conditions(threshold: &Threshold) -> Section {
    let condition = &threshold.condition;
    let mut note = format!(
        "The multiplier is {:.4}: the product of the factors, held between {} and {}.",
        condition.multiplier, condition.floor, condition.cap
    );
    condition.clamps.iter().for_each(|clamp| note += &format!(" {clamp}."));
    let columns = ["driver", "observed", "reference", "factor", "definition"];
    let mut section = Section::new("Market conditions", note, &columns);
    for driver in &condition.drivers {
        let shown = if driver.is_share { Cell::Share } else { Cell::Number };
        let level = |value: Option<f64>| value.map_or(Cell::Nothing, shown);
        section.row([
            Cell::text(&driver.name),
            level(driver.observed),
            level(driver.reference),
            Cell::Number(driver.factor),
            Cell::text(&driver.definition),
        ]);
    }
    section
}

fn limits(threshold: &Threshold, currency: &str) -> Section {
    let columns =
        ["limit", "level", "of", "measure", "value", "soft", "hard", "share of capital", "state"];
    let mut section = Section::new("Limits", format!("Amounts in {currency}."), &columns);
    for limit in &threshold.limits {
        let state = match limit.state {
            LimitState::Within => "within",
            LimitState::SoftBreached => "above the soft bound",
            LimitState::HardBreached => "above the hard bound",
        };
        section.row([
            Cell::text(&limit.name),
            Cell::text(&limit.level),
            Cell::text(&limit.of),
            Cell::text(&limit.measure),
            Cell::Money(limit.value),
            Cell::money(limit.soft),
            Cell::money(limit.hard),
            Cell::share(limit.share_of_capital),
            Cell::text(state),
        ]);
    }
    section
}

fn headroom(threshold: &Threshold, currency: &str) -> Section {
    let note = format!(
        "Further exposure in {currency} at which the potential loss meets the threshold, 95 % \
         Monte Carlo intervals."
    );
    let columns = [
        "underlying",
        "more long",
        "low",
        "high",
        "ended by",
        "more short",
        "low",
        "high",
        "ended by",
    ];
    let mut section = Section::new("Headroom", note, &columns);
    for room in &threshold.headroom {
        let mut row = vec![Cell::text(&room.underlying)];
        for (value, bound) in [(room.long, &room.long_bound), (room.short, &room.short_bound)] {
            let [low, high] = bound.interval_95.map_or([None; 2], |ends| ends.map(Some));
            let ended = if bound.reason.is_empty() { &bound.binding } else { &bound.reason };
            row.extend([
                Cell::money(value),
                Cell::money(low),
                Cell::money(high),
                Cell::text(ended),
            ]);
        }
        section.row(row);
    }
    section
}

fn calls(threshold: &Threshold, currency: &str) -> Section {
    let remedy = &threshold.remedy;
    let note = format!("{} Outside money by account, in {currency}.", remedy.advice);
    let columns = ["account", "to initial margin", "to the target", "left by own transfers"];
    let mut section = Section::new("Margin calls", note, &columns);
    for call in &remedy.accounts {
        section.row([
            Cell::text(&call.account),
            Cell::Money(call.to_initial_margin),
            Cell::money(call.to_target),
            Cell::Money(call.uncured_by_transfers),
        ]);
    }
    section
}

fn transfers(threshold: &Threshold, currency: &str) -> Section {
    let note = format!("Between own accounts, in {currency}; they raise no capital.");
    let mut section = Section::new("Transfers", note, &["from", "to", "amount"]);
    for one in &threshold.remedy.transfers {
        section.row([Cell::text(&one.from), Cell::text(&one.to), Cell::Money(one.amount)]);
    }
    section
}

fn hedges(programme: &HedgingProgramme, currency: &str) -> Section {
    let note = format!("{} Amounts in {currency}.", programme.summary);
    let columns = [
        "instrument",
        "account",
        "quantity",
        "notional",
        "cost",
        "premium",
        "largest long",
        "largest short",
    ];
    let mut section = Section::new("Proposed hedges", note, &columns);
    for trade in &programme.trades {
        section.row([
            Cell::text(&trade.id),
            Cell::text(&trade.account),
            Cell::Number(trade.quantity),
            Cell::Money(trade.notional),
            Cell::Money(trade.cost),
            Cell::Money(trade.premium),
            Cell::Number(trade.largest_long),
            Cell::Number(trade.largest_short),
        ]);
    }
    section
}
