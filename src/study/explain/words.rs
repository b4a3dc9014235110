//! What a step replaced, in words.

use std::collections::BTreeMap;

use super::side::Side;
use crate::document::visible;
use crate::outcome::{ExplainedStep, Outcome};
use crate::portfolio::document::{AccountDocument, LoadedPortfolio, PositionDocument};

/// Names listed; the rest is counted.
const LISTED: usize = 4;

/// What `step` replaced; empty where its name says all that can be said.
pub fn of(step: ExplainedStep, sides: &[Side; 2]) -> String {
    let [before, after] = sides.each_ref().map(|side| &side.outcome);
    match step {
        ExplainedStep::Time => moved("as of", &before.as_of, &after.as_of),
        ExplainedStep::Market => {
            let told = prices(sides).into_iter().chain(factors(before, after));
            listed(told.collect())
        }
        ExplainedStep::Positions => books(sides, positions),
        ExplainedStep::Collateral => books(sides, accounts),
        ExplainedStep::Parameters => parameters(before, after),
        ExplainedStep::Noise => moved("seed", &before.seed.to_string(), &after.seed.to_string()),
    }
}

fn moved(what: &str, before: &str, after: &str) -> String {
    if before == after { String::new() } else { format!("{what} {before} → {after}") }
}

/// How the prices moved that both markets have, the largest move first.
fn prices(sides: &[Side; 2]) -> Vec<String> {
    let [Some(before), Some(after)] = sides.each_ref().map(|side| side.documents.market()) else {
        return vec![];
    };
    let moved = after.assets.iter().filter_map(|asset| {
        let share = asset.price_usd / before.asset(&asset.symbol)?.price_usd - 1.0;
        (share.abs() >= 0.0005)
            .then(|| (share.abs(), format!("{} {:+.1} %", asset.symbol, 100.0 * share)))
    });
    largest_first(moved.collect())
}

/// The same of the volatilities of factors.
fn factors(before: &Outcome, after: &Outcome) -> Vec<String> {
    let known: BTreeMap<&str, f64> =
        before.model.factors.iter().map(|one| (&*one.name, one.volatility)).collect();
    let moved = after.model.factors.iter().filter_map(|one| {
        let was = *known.get(&*one.name)?;
        let points = (one.volatility - was) * 100.0;
        (points.abs() >= 0.05)
            .then(|| (points.abs(), format!("volatility of {} {points:+.1} points", one.name)))
    });
    largest_first(moved.collect())
}

fn largest_first(mut moved: Vec<(f64, String)>) -> Vec<String> {
    moved.sort_by(|a, b| b.0.total_cmp(&a.0));
    moved.into_iter().map(|(_, told)| told).collect()
}

fn books(sides: &[Side; 2], told: fn(&LoadedPortfolio) -> BTreeMap<String, String>) -> String {
    let books = [sides[0].documents.book(), sides[1].documents.book()];
    let [Some(before), Some(after)] = books.map(|book| book.map(told)) else {
        return String::new();
    };
    let added = after.keys().filter(|name| !before.contains_key(*name));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let changed =
        after.iter().filter(|(name, now)| before.get(*name).is_some_and(|was| was != *now));
    let told = |verb: &str, names: Vec<&String>| {
        let names: Vec<String> = names.into_iter().map(|name| visible(name)).collect();
        (!names.is_empty()).then(|| format!("{verb} {}", listed(names)))
    };
    let parts = [
        told("added", added.collect()),
        told("gone", gone.collect()),
        told("changed", changed.map(|(name, _)| name).collect()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn positions(book: &LoadedPortfolio) -> BTreeMap<String, String> {
    let id = |position: &PositionDocument| match position {
        PositionDocument::Spot(one) => one.id.to_string(),
        PositionDocument::Perpetual(one) => one.id.to_string(),
        PositionDocument::Future(one) => one.id.to_string(),
        PositionDocument::Option(one) => one.id.to_string(),
    };
    book.positions.iter().map(|one| (id(&one.value), format!("{:?}", one.value))).collect()
}

fn accounts(book: &LoadedPortfolio) -> BTreeMap<String, String> {
    let told = |one: &AccountDocument| (one.name.to_string(), format!("{one:?}"));
    book.document.value.accounts.iter().map(told).collect()
}

fn parameters(before: &Outcome, after: &Outcome) -> String {
    let mut parts = vec![
        moved("paths", &before.paths.to_string(), &after.paths.to_string()),
        moved("scenario", &visible(&before.scenario), &visible(&after.scenario)),
        moved("process", &before.model.process, &after.model.process),
    ];
    if let (Some(before), Some(after)) = (&before.threshold, &after.threshold) {
        parts.push(moved("policy", &visible(&before.policy), &visible(&after.policy)));
        let appetite = [before, after].map(|one| format!("{} %", percent(one.appetite)));
        parts.push(moved("appetite", &appetite[0], &appetite[1]));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// A share in per cent without the dust of its binary form.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

fn listed(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let mut text = names.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text += &format!(" and {more} more");
    }
    text
}
