//! The answer of a replay in words: what it would cost, against what, and why.

use serde::Serialize;

use crate::outcome::{HistoricalOutcome, ReplayedThreshold};
use crate::report::figures::{Figures, count, instant, percent};
use crate::report::verdict::light;

/// The answer with its reasons, each a plain sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    /// One word for the light: `GREEN`, `AMBER`, `RED` or `NO POLICY`.
    pub light: &'static str,
    /// One sentence that answers the question.
    pub headline: String,
    /// What it rests on.
    pub reasons: Vec<String>,
}

/// The answer of an outcome.
pub(super) fn answer(outcome: &HistoricalOutcome) -> Answer {
    let mut reasons = vec![events(outcome)];
    reasons.extend(worst(outcome));
    reasons.extend(outcome.threshold.as_ref().map(|one| against(outcome, one)));
    reasons.extend(order(outcome));
    Answer {
        light: outcome.threshold.as_ref().map_or("NO POLICY", |one| light(one.status)),
        headline: headline(outcome),
        reasons,
    }
}

/// Decimals that suit the outcome's amounts.
pub(super) fn figures(outcome: &HistoricalOutcome) -> Figures {
    let losses = [outcome.loss, outcome.loss_without_events, outcome.difference].map(f64::abs);
    Figures::up_to(losses.into_iter().fold(0.0, f64::max))
}

fn money(outcome: &HistoricalOutcome, amount: f64) -> String {
    format!("{}\u{a0}{}", outcome.currency, figures(outcome).money(amount))
}

fn headline(outcome: &HistoricalOutcome) -> String {
    let what = if outcome.loss > 0.0 { "cost" } else { "earn" };
    let amount = money(outcome, outcome.loss.abs());
    let window = format!(
        "{} to {}",
        instant(&outcome.window.from),
        instant(&outcome.window.to).replace(" UTC", "")
    );
    let used = outcome.threshold.as_ref().and_then(|one| one.utilisation);
    match used.filter(|used| *used > 0.0) {
        Some(used) => format!(
            "The moves of {window} would {what} {amount}: {} of the threshold.",
            percent(used, 1)
        ),
        None => format!("The moves of {window} would {what} {amount}."),
    }
}

fn events(outcome: &HistoricalOutcome) -> String {
    let without = money(outcome, outcome.loss_without_events);
    let moving = outcome.steps.iter().filter(|step| step.total != 0.0).count();
    if moving == 0 {
        return format!(
            "Nothing is stopped or liquidated on the way: the loss is {without} without events too."
        );
    }
    let effect = if outcome.difference >= 0.0 { "add" } else { "save" };
    let ending = if moving == 1 { "s" } else { "" };
    format!(
        "Without calls, stops and liquidations {without}: {} {effect}{ending} {}.",
        count(moving, "step"),
        money(outcome, outcome.difference.abs())
    )
}

fn worst(outcome: &HistoricalOutcome) -> Option<String> {
    let first = outcome.values.first()?;
    let lowest = outcome.values.iter().min_by(|a, b| a.book.total_cmp(&b.book))?;
    (lowest.book < first.book).then(|| {
        format!(
            "At its lowest, {}, the book is worth {} less than at the start.",
            instant(&lowest.time),
            money(outcome, first.book - lowest.book)
        )
    })
}

fn against(outcome: &HistoricalOutcome, threshold: &ReplayedThreshold) -> String {
    let left_out = match threshold.left_out.as_slice() {
        [] => String::new(),
        names => format!(" The policy's other terms are left out: {}.", names.join(", ")),
    };
    format!(
        "Threshold {} of {}; the loss is {} of capital {}. The replay stands for '{}', in full.\
         {left_out}",
        money(outcome, threshold.threshold),
        threshold.policy,
        percent(threshold.share_of_capital, 1),
        money(outcome, threshold.capital),
        threshold.term
    )
}

fn order(outcome: &HistoricalOutcome) -> Option<String> {
    let told = |name: &str| name.replace('_', ", ");
    let orders = &outcome.window.orders;
    let losses: Vec<String> = orders
        .iter()
        .map(|one| format!("{} {}", told(&one.order), money(outcome, one.loss)))
        .collect();
    (!orders.is_empty()).then(|| {
        format!(
            "Prices inside bars taken in both orders, the worse is told: {}.",
            losses.join("; ")
        )
    })
}
