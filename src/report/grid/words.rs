//! The answer of a grid in words.

use crate::outcome::{GridCell, GridOutcome};
use crate::report::figures::{Figures, count, percent, signed};

/// Decimals that suit the outcome's amounts.
pub(in crate::report) fn figures(outcome: &GridOutcome) -> Figures {
    let losses = outcome.cells.iter().map(|cell| cell.loss.abs());
    Figures::up_to(losses.fold(0.0, f64::max))
}

/// What amounts of a matrix are divided by so that its columns stay narrow, and the words for it.
pub(in crate::report) fn unit(outcome: &GridOutcome) -> (f64, &'static str) {
    let largest = outcome.cells.iter().fold(0.0, |most: f64, one| most.max(one.loss.abs()));
    match largest {
        largest if largest >= 1e8 => (1e6, ", in millions"),
        largest if largest >= 1e5 => (1e3, ", in thousands"),
        _ => (1.0, ""),
    }
}

/// A move as a signed percentage.
pub(super) fn moved(share: f64) -> String {
    let decimals = if (share * 100.0 - (share * 100.0).round()).abs() < 1e-9 { 0 } else { 1 };
    signed(percent(share, decimals))
}

/// The moves of a cell.
pub(super) fn moves(cell: &GridCell) -> String {
    format!("spot {}, volatility {}", moved(cell.spot), moved(cell.volatility))
}

/// One sentence that answers the question.
pub(super) fn headline(outcome: &GridOutcome) -> String {
    let worst = &outcome.cells[outcome.worst];
    let amount = figures(outcome).money(worst.counted.abs());
    let (currency, what) = (&outcome.currency, if worst.counted > 0.0 { "costs" } else { "earns" });
    let moves = moves(worst);
    let used = outcome.threshold.as_ref().and_then(|one| one.utilisation);
    match used.filter(|used| *used > 0.0) {
        Some(used) => format!(
            "The worst cell ({moves}) {what} {currency} {amount}: {} of the threshold.",
            percent(used, 1)
        ),
        None => format!("The worst cell ({moves}) {what} {currency} {amount}."),
    }
}

/// What it rests on.
pub(super) fn reasons(outcome: &GridOutcome) -> Vec<String> {
    let figures = figures(outcome);
    let worst = &outcome.cells[outcome.worst];
    let money = |amount: f64| format!("{} {}", outcome.currency, figures.money(amount));
    let mut reasons = vec![format!(
        "{}, moves {}; {} move, all by the same share, today.",
        count(outcome.cells.len(), "cell"),
        outcome.source,
        match outcome.coins.as_slice() {
            [] => "all coins".to_owned(),
            coins => coins.join(", "),
        }
    )];
    if worst.cover < 1.0 {
        let share = percent(worst.cover, 1);
        reasons.push(format!("Of the loss of {} there {share} counts.", money(worst.loss)));
    }
    let closed: Vec<&str> = outcome
        .accounts
        .iter()
        .filter(|account| account.is_closed)
        .map(|account| account.account.as_str())
        .collect();
    if !closed.is_empty() {
        reasons.push(format!(
            "Closed by their venues there: {}; with everything held the loss is {}.",
            closed.join(", "),
            money(worst.loss_held)
        ));
    }
    if let Some(limit) = &outcome.threshold {
        reasons.push(format!(
            "Threshold {} of {}; the loss is {} of capital {}.",
            money(limit.threshold),
            limit.policy,
            percent(limit.share_of_capital, 1),
            money(limit.capital)
        ));
    }
    reasons
}
