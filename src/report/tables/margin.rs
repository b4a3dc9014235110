//! Accounts: what they must hold, at which prices they are closed, how likely that is.

use super::{Cell, Section};
use crate::outcome::{Outcome, PriceOf};

/// Margin of every account today.
pub(super) fn accounts(outcome: &Outcome) -> Section {
    let note = format!("Today, in {}.", outcome.currency);
    let columns = [
        "account",
        "venue",
        "rules",
        "equity",
        "initial margin",
        "maintenance margin",
        "equity over maintenance",
        "leverage",
        "margin call",
    ];
    let mut section = Section::new("Margin", note, &columns);
    for one in &outcome.margin {
        let optional = |text: &Option<String>| text.as_deref().map_or(Cell::Nothing, Cell::text);
        section.row([
            Cell::text(&one.account),
            optional(&one.venue),
            optional(&one.rules),
            Cell::Money(one.equity),
            Cell::Money(one.initial_margin),
            Cell::Money(one.maintenance_margin),
            one.margin_ratio.map_or(Cell::Nothing, Cell::Number),
            one.leverage.map_or(Cell::Nothing, Cell::Number),
            Cell::Money(one.margin_call),
        ]);
    }
    section
}

/// Prices at which venues close accounts, the other prices as they are.
pub(super) fn prices(outcome: &Outcome) -> Section {
    let columns = [
        "account",
        "position",
        "coin",
        "price",
        "liquidation below",
        "liquidation above",
        "bankruptcy below",
        "bankruptcy above",
    ];
    let note = "In USD, other prices as they are today.".to_owned();
    let mut section = Section::new("Liquidation prices", note, &columns);
    for account in &outcome.margin {
        for line in account.prices.iter().filter(|line| line.any()) {
            section.row([
                Cell::text(&account.account),
                line.position.as_deref().map_or(Cell::text("whole account"), Cell::text),
                Cell::text(&line.underlying),
                Cell::Number(line.price),
                price(line.liquidation_below),
                price(line.liquidation_above),
                price(line.bankruptcy_below),
                price(line.bankruptcy_above),
            ]);
        }
    }
    section
}

fn price(of: PriceOf) -> Cell {
    match of {
        PriceOf::Never => Cell::text("never"),
        PriceOf::Passed => Cell::text("passed"),
        PriceOf::At(price) => Cell::Number(price),
    }
}

/// How often accounts are liquidated within the horizon.
pub(super) fn liquidations(outcome: &Outcome) -> Section {
    let note = format!("Within the horizon; costs in {}, mean over all paths.", outcome.currency);
    let columns = ["account", "rules", "probability", "low", "high", "mean cost", "estimator"];
    let mut section = Section::new("Liquidations", note, &columns);
    for one in &outcome.liquidations {
        let [low, high] = one.interval_95;
        section.row([
            Cell::text(&one.account),
            one.rules.as_deref().map_or(Cell::Nothing, Cell::text),
            Cell::Share(one.probability),
            Cell::Share(low),
            Cell::Share(high),
            Cell::Money(one.mean_cost),
            Cell::text(&one.estimator),
        ]);
    }
    section
}
