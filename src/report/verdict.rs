//! The answer in words: may this book be carried, why, and what to do.
//!
//! The terminal summary and the HTML report both open with these sentences. They say in words
//! what the traffic light says in colour, and they look beyond it: a book whose utilisation is
//! green may still miss its margin.

use serde::Serialize;

use super::figures::{Figures, level, number, percent, plain, prose};
use crate::outcome::{
    AccountMargin, HedgingProgramme, HedgingStatus, LimitReading, LimitState, Outcome,
    ScaleToThreshold, Status, Threshold,
};

/// Whether the book may be carried as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Within every limit.
    Carry,
    /// Within the threshold but close to it.
    CarryWithCare,
    /// Above the threshold, or short of margin.
    DoNotCarry,
    /// No policy, so nothing to hold the book against.
    Unknown,
}

/// The answer with its reasons and actions, each a plain sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// One word for the light: `GREEN`, `AMBER`, `RED` or `NO POLICY`.
    pub light: &'static str,
    /// One sentence that answers the question.
    pub headline: String,
    /// What the answer rests on.
    pub reasons: Vec<String>,
    /// What to do; empty where nothing needs doing.
    pub actions: Vec<String>,
}

/// The verdict on an outcome. Names in it are as the outcome has them.
pub fn verdict(outcome: &Outcome) -> Verdict {
    let figures = Figures::of(outcome);
    let money = |amount: f64| format!("{}\u{a0}{}", outcome.currency, figures.money(amount));
    let Some(threshold) = &outcome.threshold else {
        return without_policy(outcome, &money);
    };
    let margins = MarginState::of(&outcome.margin);
    let answer = answer(threshold, &margins);
    Verdict {
        answer,
        light: light(threshold.status),
        headline: headline(threshold, &margins),
        reasons: reasons(threshold, figures, &money),
        actions: actions(threshold, &margins, &money),
    }
}

/// The light in a word.
pub fn light(status: Status) -> &'static str {
    match status {
        Status::Green => "GREEN",
        Status::Amber => "AMBER",
        Status::Red => "RED",
    }
}

/// Accounts that the venue would close, and accounts short of initial margin only.
struct MarginState<'a> {
    closed: Vec<&'a AccountMargin>,
    short: Vec<&'a AccountMargin>,
}

impl<'a> MarginState<'a> {
    fn of(accounts: &'a [AccountMargin]) -> Self {
        let (closed, open): (Vec<_>, Vec<_>) =
            accounts.iter().partition(|account| account.liquidated_at_once);
        let short = open.into_iter().filter(|account| account.margin_call > 0.0).collect();
        Self { closed, short }
    }
}

fn answer(threshold: &Threshold, margins: &MarginState<'_>) -> Answer {
    let short = !margins.closed.is_empty() || !margins.short.is_empty();
    match threshold.status {
        _ if short || threshold.utilisation.is_none() => Answer::DoNotCarry,
        _ if threshold.is_breached() => Answer::DoNotCarry,
        Status::Red => Answer::DoNotCarry,
        Status::Amber => Answer::CarryWithCare,
        Status::Green => Answer::Carry,
    }
}

fn headline(threshold: &Threshold, margins: &MarginState<'_>) -> String {
    let Some(utilisation) = threshold.utilisation else {
        return "No: there is potential loss, but the threshold is not positive.".to_owned();
    };
    let used = format!("{} of the exposure threshold is used", percent(utilisation, 1));
    if !margins.closed.is_empty() {
        let who = accounts(&margins.closed);
        return format!("No: {who} would be closed at once; {used}.");
    }
    match threshold.status {
        Status::Red => format!("No: {used}."),
        _ if threshold.hard_limits_breached() > 0 => {
            let breached = match threshold.hard_limits_breached() {
                1 => "a hard limit is breached".to_owned(),
                more => format!("{more} hard limits are breached"),
            };
            format!("No: {breached}; {used}.")
        }
        _ if !margins.short.is_empty() => {
            let who = accounts(&margins.short);
            let are = if margins.short.len() == 1 { "is" } else { "are" };
            format!("Not as it stands: {who} {are} below initial margin; {used}.")
        }
        Status::Amber => format!("Yes, with care: {used}."),
        Status::Green => format!("Yes: {used}."),
    }
}

fn accounts(accounts: &[&AccountMargin]) -> String {
    match accounts {
        [one] => format!("account '{}'", one.account),
        many => format!("{} accounts", many.len()),
    }
}

fn reasons(threshold: &Threshold, figures: Figures, money: &dyn Fn(f64) -> String) -> Vec<String> {
    let [low, high] = threshold.potential_loss_interval_95;
    let carried = format!(
        "Potential loss {} (95\u{a0}% interval {} to {}); threshold {}, {} of capital.",
        money(threshold.potential_loss),
        figures.money(low),
        figures.money(high),
        money(threshold.threshold),
        percent(threshold.share_of_capital, 1),
    );
    let mut reasons = vec![carried];
    reasons.extend(light_reason(threshold));
    reasons.push(scale_reason(&threshold.scale_to_threshold));
    let breached = threshold.limits.iter().filter(|limit| limit.state != LimitState::Within);
    reasons.extend(breached.map(|limit| limit_reason(limit, money)));
    reasons
}

/// A limit that is exceeded, in a sentence.
fn limit_reason(limit: &LimitReading, money: &dyn Fn(f64) -> String) -> String {
    let (which, bound) = match limit.state {
        LimitState::HardBreached => ("Hard", limit.hard),
        LimitState::SoftBreached | LimitState::Within => ("Soft", limit.soft),
    };
    let part = match limit.of.as_str() {
        "" => "the book".to_owned(),
        of => format!("{} '{of}'", limit.level),
    };
    let bound = bound.map_or_else(String::new, |bound| format!(" > {}", money(bound)));
    format!(
        "{which} limit '{}': {} of {part} {}{bound}.",
        limit.name,
        limit.measure,
        money(limit.value)
    )
}

fn light_reason(threshold: &Threshold) -> Option<String> {
    let [low, high] = threshold.utilisation_interval_95?;
    let [amber, red] = threshold.boundaries;
    let clear = if threshold.indistinct {
        "; it straddles a boundary: run more paths to tell the lights apart"
    } else {
        ""
    };
    Some(format!(
        "Utilisation 95\u{a0}% interval {} to {}; amber from {}, red from {}{clear}.",
        percent(low, 1),
        percent(high, 1),
        level(amber),
        level(red),
    ))
}

fn scale_reason(scale: &ScaleToThreshold) -> String {
    let Some(value) = scale.value else {
        return format!("No scale to the threshold k*: {}.", sentence_end(&prose(&scale.reason)));
    };
    let interval = scale
        .interval_95
        .map(|[low, high]| format!(" ({} to {})", number(low, 3), number(high, 3)))
        .unwrap_or_default();
    let may = if value >= 1.0 { "may grow" } else { "must shrink" };
    let binds = match scale.binding.as_str() {
        "risk" => "the risk threshold binds",
        "margin" => "initial margin binds",
        _ => "nothing binds in the range searched",
    };
    format!(
        "k* = {}{interval}: positions {may} to this multiple, balances as they are; {binds}.",
        number(value, 3)
    )
}

fn sentence_end(reason: &str) -> &str {
    reason.trim_end_matches('.')
}

fn actions(
    threshold: &Threshold,
    margins: &MarginState<'_>,
    money: &dyn Fn(f64) -> String,
) -> Vec<String> {
    let mut actions = Vec::new();
    for account in margins.closed.iter().chain(&margins.short) {
        if account.margin_call > 0.0 {
            let call = money(account.margin_call);
            actions
                .push(format!("Add {call} to '{}' to meet its initial margin.", account.account));
        }
    }
    let trades = threshold.hedging.as_ref().and_then(|found| cheapest(found, money));
    let advice = &threshold.remedy.advice;
    if trades.is_some() {
        let (_, other) = advice.split_once(": ").unwrap_or(("", advice));
        actions.extend(trades);
        actions.push(prose(&format!("Without such trades: {other}")));
    } else if !advice.is_empty() {
        actions.push(prose(advice));
    }
    actions
}

/// Trades named in an action; the rest is counted.
const TRADES_NAMED: usize = 3;

/// The cheapest trades that restore the target, where a run of the hedged book has verified them.
fn cheapest(found: &HedgingProgramme, money: &dyn Fn(f64) -> String) -> Option<String> {
    let utilisation = found.after.as_ref()?.utilisation?;
    let traded: Vec<_> = found.trades.iter().filter(|trade| trade.quantity != 0.0).collect();
    if found.status != HedgingStatus::Verified || traded.is_empty() {
        return None;
    }
    let told = traded.iter().take(TRADES_NAMED).map(|trade| {
        let does = if trade.quantity < 0.0 { "sell" } else { "buy" };
        format!("{does} {} of '{}' in '{}'", plain(trade.quantity.abs()), trade.id, trade.account)
    });
    let mut told: Vec<String> = told.collect();
    if traded.len() > TRADES_NAMED {
        told.push(format!("{} more trades", traded.len() - TRADES_NAMED));
    }
    Some(format!(
        "Cheapest, at a cost of {}: {}. A run of the hedged book in full has a utilisation of {}.",
        money(found.cost?),
        told.join(", "),
        percent(utilisation, 1)
    ))
}

fn without_policy(outcome: &Outcome, money: &dyn Fn(f64) -> String) -> Verdict {
    let reasons = outcome
        .measures
        .expected_shortfall
        .last()
        .map(|measure| format!("ES at {} is {}.", level(measure.level), money(measure.loss)));
    Verdict {
        answer: Answer::Unknown,
        light: "NO POLICY",
        headline: "No threshold was derived: the scenario names no policy.".to_owned(),
        reasons: reasons.into_iter().collect(),
        actions: vec!["Give the scenario a policy to learn how much may be carried.".to_owned()],
    }
}
