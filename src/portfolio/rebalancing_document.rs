//! How an account is kept at a leverage inside paths, as the portfolio document says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::Rebalancing;
use super::document::AccountDocument;
use crate::document::{
    DurationText, NonNegative, Place, Positive, UnitFraction, Violation, ViolationCollector,
};
use crate::units::Years;

/// A leverage that an account is traded back to inside paths once it leaves a band around it.
///
/// Leverage is gross notional of derivatives over equity, of an isolated account contract by contract.
/// Futures and perpetuals are traded, all in the same proportion; options and spot stay. It acts in
/// accounts whose venue's rules liquidate inside paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RebalancingDocument {
    /// Leverage that a trade restores.
    pub target_leverage: Positive,
    /// Leverage above which positions are reduced to the target, at least the target.
    pub upper_leverage: Positive,
    /// Leverage below which positions are increased to the target, at most the target. Left out: they
    /// never are.
    pub lower_leverage: Option<Positive>,
    /// Fee and half-spread of a trade, a share of the notional traded; impact comes on top where the
    /// scenario has one.
    #[serde(default = "nothing")]
    pub trading_cost: UnitFraction,
    /// Smallest trade, in USD of notional: a smaller one is left out. Left out: none.
    #[serde(default = "none")]
    pub minimum: NonNegative,
    /// How long after a trade none follows, e.g. `"4h"`. Left out: the next step may trade again.
    pub cooldown: Option<DurationText>,
}

fn nothing() -> UnitFraction {
    UnitFraction::new(0.0).expect("zero is in [0, 1]")
}

fn none() -> NonNegative {
    NonNegative::new(0.0).expect("zero is not negative")
}

/// Reads the rule of an account; `place` finds a key of the account's table.
pub(super) fn rebalancing(
    account: &AccountDocument,
    place: impl Fn(&str) -> Place,
    found: &mut ViolationCollector,
) -> Option<Rebalancing> {
    let document = account.rebalancing.as_ref()?;
    let rule = Rebalancing {
        target_leverage: document.target_leverage.get(),
        upper_leverage: document.upper_leverage.get(),
        lower_leverage: document.lower_leverage.map(f64::from),
        trading_cost: document.trading_cost.get(),
        minimum: document.minimum.get(),
        cooldown: document.cooldown.as_ref().map_or(Years(0.0), DurationText::years),
    };
    let at = |key: &str| place(&format!("rebalancing.{key}"));
    check_band(&rule, &at, found);
    check_account(account, &rule, (&place, &at), found);
    Some(rule)
}

/// The band has the target in it, and a trade gets there.
fn check_band(rule: &Rebalancing, at: &impl Fn(&str) -> Place, found: &mut ViolationCollector) {
    let target = rule.target_leverage;
    if rule.upper_leverage < target {
        let title = "the band does not contain its target";
        let violation = Violation::new(at("upper_leverage"), title);
        found.add(violation.expected(format!("at least the target leverage, {target}")));
    }
    if rule.lower_leverage.is_some_and(|lower| lower > target) {
        let title = "the band does not contain its target";
        let violation = Violation::new(at("lower_leverage"), title);
        found.add(violation.expected(format!("at most the target leverage, {target}")));
    }
    if rule.trading_cost * target >= 1.0 {
        let title = "a trade at this cost would raise the leverage that it is to lower";
        let violation = Violation::new(at("trading_cost"), title);
        found.add(violation.expected(format!("less than one over the target, {}", 1.0 / target)));
    }
}

/// The account can be kept at the leverage.
fn check_account(
    account: &AccountDocument,
    rule: &Rebalancing,
    (place, at): (&impl Fn(&str) -> Place, &impl Fn(&str) -> Place),
    found: &mut ViolationCollector,
) {
    if account.rebalancing_band.is_some() {
        let title = "the account's band is stated twice";
        let violation = Violation::new(place("rebalancing_band"), title)
            .related(at("upper_leverage"), "this one is traded")
            .help("remove `rebalancing_band`, which only tells where a band around today's leverage ends");
        found.add(violation);
    }
    if account.venue.is_none() {
        let title = "an account without a venue has no leverage";
        found.add(
            Violation::new(at("target_leverage"), title).expected("a `venue`, or no rebalancing"),
        );
    }
    let largest = account.leverage_max.map(f64::from);
    if let Some(largest) = largest.filter(|largest| rule.target_leverage > *largest) {
        let title = "the target is above the account's own `leverage_max`";
        let violation = Violation::new(at("target_leverage"), title);
        found.add(violation.expected(format!("at most {largest}")));
    }
}
