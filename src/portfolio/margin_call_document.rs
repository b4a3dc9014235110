//! How margin calls are met inside paths, as the portfolio document says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{Account, MarginCallRule, MarginMode};
use crate::document::{
    DurationText, Name, NonNegative, Place, Positive, SymbolName, Violation, ViolationCollector,
    did_you_mean, one_of, quoted,
};

/// How margin calls are met inside paths: from free collateral elsewhere, after a delay.
///
/// Calls are those of accounts with cross or portfolio margin whose venue's rules liquidate inside
/// paths. A call is not met from an account at a failed venue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarginCallsDocument {
    /// How long a transfer takes, e.g. `"2h"`. It leaves at once and arrives at the first step at or
    /// after it, before the margin check there; at the horizon what is on its way belongs to the
    /// account that was called.
    pub delay: DurationText,
    /// Accounts that are drawn on, in this order.
    #[schemars(length(min = 1))]
    pub sources: Vec<Name>,
    /// Assets that are sent, in this order.
    #[schemars(length(min = 1))]
    pub assets: Vec<SymbolName>,
    /// Margin balance over initial margin that a transfer restores, at least 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub target_ratio: Positive,
    /// Margin balance over its own initial margin that a source keeps, at least 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub keep_ratio: Positive,
    /// Smallest transfer, in USD: a smaller need is rounded up to it, and what a source can spare
    /// below it stays there. Left out: none.
    #[serde(default = "none")]
    pub minimum: NonNegative,
}

fn one() -> Positive {
    Positive::new(1.0).expect("one is positive")
}

fn none() -> NonNegative {
    NonNegative::new(0.0).expect("zero is not negative")
}

/// Reads the rule; `place` finds a key of its table.
pub(super) fn margin_calls(
    document: &MarginCallsDocument,
    accounts: &[Account],
    place: impl Fn(&str) -> Place,
    found: &mut ViolationCollector,
) -> MarginCallRule {
    let mut sources = Vec::new();
    for (index, name) in document.sources.iter().enumerate() {
        let place = place(&format!("sources[{index}]"));
        if let Some(source) = source(name, accounts, &sources, place, found) {
            sources.push(source);
        }
    }
    check_assets(document, &place, found);
    if sources.len() == document.sources.len() {
        check_called(accounts, &sources, &place, found);
    }
    MarginCallRule {
        delay: document.delay.years(),
        sources,
        assets: document.assets.iter().map(SymbolName::symbol).collect(),
        target_ratio: document.target_ratio.get(),
        keep_ratio: document.keep_ratio.get(),
        minimum: document.minimum.get(),
    }
}

/// Index of a source, unless it cannot be one.
fn source(
    name: &Name,
    accounts: &[Account],
    before: &[usize],
    place: Place,
    found: &mut ViolationCollector,
) -> Option<usize> {
    let names = || accounts.iter().map(|account| account.name.as_str());
    let Some(index) = names().position(|other| other == name.as_str()) else {
        let title = format!("there is no account {}", quoted(name.as_str()));
        let violation = Violation::new(place, title).expected(one_of(names()));
        found.add(violation.help_if(did_you_mean(name.as_str(), names())));
        return None;
    };
    if before.contains(&index) {
        let title = format!("source {} appears twice", quoted(name.as_str()));
        found.add(Violation::new(place, title).expected("each account once"));
        return None;
    }
    if accounts[index].margin_mode == MarginMode::Isolated {
        let title = format!("account {} isolates its collateral", quoted(name.as_str()));
        let expected = "an account with cross margin, or without margin";
        found.add(Violation::new(place, title).expected(expected));
        return None;
    }
    Some(index)
}

fn check_assets(
    document: &MarginCallsDocument,
    place: &impl Fn(&str) -> Place,
    found: &mut ViolationCollector,
) {
    for (index, asset) in document.assets.iter().enumerate() {
        if document.assets[..index].contains(asset) {
            let title = format!("asset {} appears twice", quoted(asset.as_str()));
            let place = place(&format!("assets[{index}]"));
            found.add(Violation::new(place, title).expected("each asset once"));
        }
    }
}

/// Somebody must be called whom another can help.
fn check_called(
    accounts: &[Account],
    sources: &[usize],
    place: &impl Fn(&str) -> Place,
    found: &mut ViolationCollector,
) {
    let mut called = accounts.iter().enumerate().filter(|(_, account)| account.can_be_called());
    let is_met = called.any(|(index, _)| sources.iter().any(|source| *source != index));
    if !is_met {
        let title = "no account can be called that another one could send to";
        let violation = Violation::new(place("sources"), title);
        found.add(
            violation.expected("an account at a venue, with cross or portfolio margin, beside it"),
        );
    }
}
