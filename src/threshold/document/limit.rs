//! Limits beside the threshold, as a policy writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::book_limit::{Bound, Limit, LimitLevel, LimitMeasure};
use crate::document::{Name, NonNegative, NonNegativeRate, Places, Violation};

/// A limit of one measure on a part of the book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitDocument {
    /// Unique name.
    pub name: Name,
    /// What kind of part it holds.
    pub level: LimitLevel,
    /// The venue, account, underlying or tag; left out: every one, each alone.
    pub of: Option<Name>,
    /// What is measured, in USD.
    pub measure: LimitMeasure,
    /// Above it people are told, in USD.
    pub soft: Option<NonNegative>,
    /// The same as a share of capital; the lesser counts where both are given.
    pub soft_of_capital: Option<NonNegativeRate>,
    /// Above it the book may not be carried: the program exits with 1.
    pub hard: Option<NonNegative>,
    /// The same as a share of capital; the lesser counts where both are given.
    pub hard_of_capital: Option<NonNegativeRate>,
}

impl LimitDocument {
    pub(super) fn limit(&self) -> Limit {
        let bound = |amount: Option<NonNegative>, share: Option<NonNegativeRate>| Bound {
            amount: amount.map(NonNegative::get),
            share_of_capital: share.map(NonNegativeRate::get),
        };
        Limit {
            name: self.name.as_str().to_owned(),
            level: self.level,
            of: self.of.as_ref().map(|name| name.as_str().to_owned()),
            measure: self.measure,
            soft: bound(self.soft, self.soft_of_capital),
            hard: bound(self.hard, self.hard_of_capital),
        }
    }
}

/// Every fault of sense but names, which are checked with other names.
pub(super) fn check(limits: &[LimitDocument], places: &Places) -> Vec<Violation> {
    let faults = limits.iter().enumerate().flat_map(|(index, document)| {
        let at = |key: &str| places.at(&format!("limit[{index}].{key}"));
        let limit = document.limit();
        let nothing = limit.soft == Bound::default() && limit.hard == Bound::default();
        let nothing = nothing.then(|| {
            Violation::new(at("name"), "a limit without a bound")
                .expected("`soft`, `soft_of_capital`, `hard` or `hard_of_capital`")
        });
        let whole = (limit.level == LimitLevel::Book && limit.of.is_some()).then(|| {
            Violation::new(at("of"), "the book has no parts to name")
                .expected("no `of` at the level of the book")
        });
        let unknown = (!limit.measure.is_of(limit.level)).then(|| {
            let (measure, level) = (limit.measure.name(), limit.level.name());
            Violation::new(at("measure"), format!("there is no {measure} of a {level}"))
                .expected(measures(limit.level))
        });
        let above = unordered(&limit).then(|| {
            let amounts = matches!((document.soft, document.hard), (Some(_), Some(_)));
            let key = if amounts { "soft" } else { "soft_of_capital" };
            Violation::new(at(key), "the soft bound is above the hard one").expected("soft ≤ hard")
        });
        [nothing, whole, unknown, above].into_iter().flatten()
    });
    faults.collect()
}

/// Whether two bounds of one kind are the wrong way round.
fn unordered(limit: &Limit) -> bool {
    let (soft, hard) = (limit.soft, limit.hard);
    let pairs = [(soft.amount, hard.amount), (soft.share_of_capital, hard.share_of_capital)];
    pairs.into_iter().any(|pair| matches!(pair, (Some(soft), Some(hard)) if soft > hard))
}

fn measures(level: LimitLevel) -> &'static str {
    match level {
        LimitLevel::Book => {
            "`gross_exposure`, `net_exposure`, `expected_shortfall` or `initial_margin`"
        }
        LimitLevel::Venue | LimitLevel::Account => {
            "`gross_exposure`, `net_exposure`, `expected_shortfall`, `loss_contribution` or \
             `initial_margin`"
        }
        LimitLevel::Underlying | LimitLevel::Tag => {
            "`gross_exposure`, `net_exposure` or `loss_contribution`"
        }
    }
}
