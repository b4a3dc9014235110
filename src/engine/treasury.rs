//! The rule by which margin calls are met, against the market and the venues' rules; and the
//! balances that transfers can bring.

use crate::document::{Violation, ViolationCollector, did_you_mean, quoted};
use crate::margin::VenueRules;
use crate::market::Market;
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{Account, Balance, MarginMode, Portfolio};
use crate::units::Symbol;

/// Assets that the market does not know, sources whose margin is not followed on paths.
pub(super) fn check(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    portfolio: &Portfolio,
    market: &Market,
    found: &mut ViolationCollector,
) {
    let Some(calls) = &portfolio.margin_calls else { return };
    for (index, asset) in calls.assets.iter().enumerate() {
        if market.asset(asset).is_none() {
            let place = loaded.place(&format!("margin_calls.assets[{index}]"));
            let names = market.assets.iter().map(|one| one.symbol.as_str());
            let violation = Violation::new(place, format!("the market has no price of {asset}"))
                .expected("an asset of the market document")
                .help_if(did_you_mean(asset.as_str(), names));
            found.add(violation);
        }
    }
    for (index, &source) in calls.sources.iter().enumerate() {
        let account = &portfolio.accounts[source];
        let holds = portfolio.positions.iter().any(|position| position.account == source);
        if holds && is_margined(account, rules) && !acts(account, rules) {
            let place = loaded.place(&format!("margin_calls.sources[{index}]"));
            let name = quoted(&account.name);
            let title = format!("what {name} can spare is not known on paths");
            let violation = Violation::new(place, title)
                .expected("an account without positions, or one whose rules act inside paths")
                .help("copy the venue's rules and state what a liquidation does in `liquidation`");
            found.add(violation);
        }
    }
}

/// Gives every account that can be called a balance, zero where it has none, of each asset that a
/// source has.
pub(super) fn open_balances(rules: &[Option<VenueRules>], portfolio: &mut Portfolio) {
    let Some(calls) = portfolio.margin_calls.clone() else { return };
    let has = |account: usize, asset: &Symbol| {
        portfolio.accounts[account].balances.iter().any(|balance| balance.asset == *asset)
    };
    let sent = |asset: &&Symbol| calls.sources.iter().any(|source| has(*source, asset));
    let assets: Vec<Symbol> = calls.assets.iter().filter(sent).cloned().collect();
    let called = portfolio.accounts.iter_mut().filter(|one| one.can_be_called());
    for account in called.filter(|account| acts(account, rules)) {
        for asset in &assets {
            if account.balances.iter().all(|balance| balance.asset != *asset) {
                let venue = account.venue.and_then(|venue| rules.get(venue)?.as_ref());
                account.balances.push(Balance {
                    asset: asset.clone(),
                    quantity: 0.0,
                    haircut: venue.map_or(0.0, |rules| rules.haircut(asset, 0.0)),
                    borrow_rate: 0.0,
                });
            }
        }
    }
}

fn is_margined(account: &Account, rules: &[Option<VenueRules>]) -> bool {
    let rules = account.venue.and_then(|venue| rules.get(venue)?.as_ref());
    rules.is_some() && account.margin_mode != MarginMode::None
}

/// Whether the rules of an account's venue act inside paths.
fn acts(account: &Account, rules: &[Option<VenueRules>]) -> bool {
    let rules = account.venue.and_then(|venue| rules.get(venue)?.as_ref());
    rules.is_some_and(|rules| rules.liquidation.is_some())
}
