//! The answer of a replay in words: what it would cost, against what, and why.

use serde::Serialize;

use crate::outcome::{
    HistoricalOutcome, NamedChange, RankedWindow, ReplayedThreshold, ToldLeg, ToldMove, ToldShock,
    WindowsSearched,
};
use crate::report::figures::{Figures, count, duration, instant, percent, plain, signed};
use crate::report::verdict::light;
use crate::units::grouped;

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
    let mut reasons: Vec<String> = outcome.shock.iter().map(stated).collect();
    reasons.extend(outcome.search.iter().flat_map(searched));
    reasons.push(events(outcome));
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
pub(in crate::report) fn figures(outcome: &HistoricalOutcome) -> Figures {
    let losses = [outcome.loss, outcome.loss_without_events, outcome.difference].map(f64::abs);
    Figures::up_to(losses.into_iter().fold(0.0, f64::max))
}

fn money(outcome: &HistoricalOutcome, amount: f64) -> String {
    format!("{}\u{a0}{}", outcome.currency, figures(outcome).money(amount))
}

fn headline(outcome: &HistoricalOutcome) -> String {
    let what = if outcome.loss > 0.0 { "cost" } else { "earn" };
    let amount = money(outcome, outcome.loss.abs());
    let moves = match outcome.shock {
        Some(_) => "The shock".to_owned(),
        None => format!(
            "The moves of {} to {}",
            instant(&outcome.window.from),
            instant(&outcome.window.to).replace(" UTC", "")
        ),
    };
    let used = outcome.threshold.as_ref().and_then(|one| one.utilisation);
    match used.filter(|used| *used > 0.0) {
        Some(used) => {
            format!("{moves} would {what} {amount}: {} of the threshold.", percent(used, 1))
        }
        None => format!("{moves} would {what} {amount}."),
    }
}

/// What the window was found among.
fn searched(search: &WindowsSearched) -> Vec<String> {
    let apart = match search.separation_years > 0.0 {
        true => format!("at least {} apart", duration(search.separation_years)),
        false => "that do not overlap".to_owned(),
    };
    let found = format!(
        "The worst of {} of {}, one from every close from {} to {}, each replayed with everything \
         that happens: {} lose. Listed: the worst {} {apart}.",
        count(search.windows, "window"),
        duration(search.length_years),
        instant(&search.first),
        instant(&search.last),
        grouped(search.losing as f64, 0),
        search.worst.len(),
    );
    let left_out = (search.left_out > 0).then(|| {
        let starts = count(search.left_out, "close");
        format!("{starts} start no window: it would end where a series has no value.")
    });
    std::iter::once(found).chain(left_out).collect()
}

/// A factor's change.
pub(super) fn moved(change: &NamedChange) -> String {
    let coin = change.name.trim_end_matches(".spot");
    format!("{coin} {}", signed(percent(change.change, 1)))
}

/// Accounts liquidated in a window: the one, or how many.
pub(super) fn liquidated(window: &RankedWindow) -> String {
    match window.liquidated.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        more => count(more.len(), "account"),
    }
}

/// Moves named one by one in a sentence.
const MOVES_LISTED: usize = 6;

/// What the shock states, leg after leg.
fn stated(shock: &ToldShock) -> String {
    let legs: Vec<String> = shock.legs.iter().take(MOVES_LISTED).map(leg).collect();
    let more = match shock.legs.len() - legs.len() {
        0 => String::new(),
        rest => format!("; then {}", count(rest, "leg")),
    };
    let others = match shock.propagation.as_str() {
        "conditional" => "the others take their conditional medians under the model",
        "betas" => "the others follow their betas, or stay",
        _ => "the others stay",
    };
    format!("Stated: {}{more}; {others}.", legs.join("; then "))
}

fn leg(leg: &ToldLeg) -> String {
    let mut parts: Vec<String> = leg.moves.iter().take(MOVES_LISTED).map(told_move).collect();
    let rest = leg.moves.len() - parts.len();
    if rest > 0 {
        parts.push(format!("{rest} more"));
    }
    parts.extend(leg.venues_failed.iter().map(|venue| format!("{venue} fails")));
    parts.join(", ")
}

/// A move in the unit it is stated in.
pub(super) fn told_move(stated: &ToldMove) -> String {
    let adds_up = stated.name.ends_with(".basis") || stated.name.ends_with(".funding");
    let is_rate = adds_up || stated.name.ends_with(".vol");
    let size = match stated.unit.as_str() {
        "points" => format!("{} points", signed(plain(stated.size * 100.0))),
        "level" if is_rate => format!("to {}", percent(stated.size, 3)),
        "level" => format!("to {}", plain(stated.size)),
        _ if adds_up => format!("{} %", signed(plain(stated.size * 100.0))),
        _ => signed(percent(stated.size, 1)),
    };
    format!("{} {size}", stated.name)
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
    let is_told = lowest.book < first.book && outcome.values.len() > 2;
    is_told.then(|| {
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
        "Threshold {} of {}; the loss is {} of capital {}. The {} stands for '{}', in full.\
         {left_out}",
        money(outcome, threshold.threshold),
        threshold.policy,
        percent(threshold.share_of_capital, 1),
        money(outcome, threshold.capital),
        if outcome.shock.is_some() { "shock" } else { "replay" },
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
