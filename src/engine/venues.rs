//! A book's venues: their rules found, their haircuts applied, what they lack for it told.

use jiff::Timestamp;

use crate::document::{Loader, Violation, ViolationCollector, Violations};
use crate::margin::document::RuleSets;
use crate::margin::{MarginError, VenueRules, rule_gaps};
use crate::market::Market;
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{Account, Portfolio};

/// Rules of every venue: by name and date, by name at the market's date, or a file beside the
/// portfolio.
///
/// # Errors
/// Every violation of the portfolio's rule files, and every venue whose rules are not found.
pub(super) fn rules(
    loaded: &LoadedPortfolio,
    as_of: Option<Timestamp>,
    loader: &Loader,
) -> Result<Vec<Option<VenueRules>>, Violations> {
    let mut collector = ViolationCollector::default();
    let mut sets = RuleSets::shipped()?;
    for (index, path) in loaded.document.value.rule_files.iter().enumerate() {
        let place = loaded.place(&format!("rule_files[{index}]"));
        let file = collector.absorb(loader.open(path.as_str(), Some(&place)));
        if let Some(file) = file {
            collector.absorb(sets.add(&file));
        }
    }
    let venues = loaded.document.value.venues.iter().enumerate();
    let rules = venues.map(|(index, venue)| {
        let name = venue.rules.as_ref()?;
        let place = loaded.place(&format!("venue[{index}].rules"));
        collector.absorb(sets.select(name.as_str(), &place, as_of, loader))
    });
    let rules = rules.collect();
    collector.finish(rules)
}

/// Gives balances that state no haircut the one of their venue's rules, at today's value.
pub(super) fn apply_haircuts(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &mut Portfolio,
) {
    let documents = loaded.document.value.accounts.iter();
    for (account, document) in portfolio.accounts.iter_mut().zip(documents) {
        let Some(rules) = rules_of(rules, account) else { continue };
        for (balance, stated) in account.balances.iter_mut().zip(&document.balances) {
            let price = market.asset(&balance.asset).map_or(0.0, |asset| asset.price_usd);
            if stated.haircut.is_none() {
                balance.haircut = rules.haircut(&balance.asset, balance.quantity * price);
            }
        }
    }
}

/// Everything that the rules of a venue lack for the accounts there.
pub(super) fn check_rules(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    portfolio: &Portfolio,
    collector: &mut ViolationCollector,
) {
    for gap in rule_gaps(rules, &portfolio.with_hedges_held()) {
        let account = |key: &str| loaded.place(&format!("account[{}].{key}", gap.account));
        let (key, expected, help) = match &gap.error {
            MarginError::NoHedgeMode { .. } => {
                ("position_mode", "`one_way`", "or rules that say `hedge_mode`")
            }
            MarginError::NoPortfolioRules { .. } => {
                ("margin_mode", "`cross` or `isolated`", "or rules with a table `portfolio`")
            }
            MarginError::UnpublishedParameter { .. } => (
                "margin_mode",
                "rules that state it",
                "copy the rules into a file of your own, state the field there, and name the file",
            ),
            MarginError::NoPortfolioParameters { .. } => (
                "underlying",
                "a coin that the rules name",
                "copy the rules into a file of your own and add the coin to `portfolio.coins`",
            ),
            _ => ("id", "an instrument that the venue lists", "or other `rules` of the venue"),
        };
        let place = match gap.position {
            Some(index) => match index.checked_sub(portfolio.positions.len()) {
                Some(hedge) => loaded.hedge_place(hedge, key),
                None => loaded.position_place(index, key),
            },
            None => account(key),
        };
        let violation = Violation::new(place, gap.error.to_string());
        collector.add(violation.expected(expected).help(help));
    }
}

fn rules_of<'a>(rules: &'a [Option<VenueRules>], account: &Account) -> Option<&'a VenueRules> {
    rules.get(account.venue?)?.as_ref()
}

#[cfg(test)]
mod tests;
