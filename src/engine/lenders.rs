//! What lenders that act inside paths cannot be combined with yet.
//!
//! A loan keeps its own account of what was repaid and taken: units that a transfer moved, or a
//! failure froze, are not in it.

use crate::document::{Violation, ViolationCollector, quoted};
use crate::margin::VenueRules;
use crate::portfolio::document::LoadedPortfolio;
use crate::portfolio::{MarginMode, Portfolio};

/// Borrowers that calls are met from, and lenders that may fail, where the lender liquidates inside
/// paths.
pub(super) fn check(
    loaded: &LoadedPortfolio,
    rules: &[Option<VenueRules>],
    portfolio: &Portfolio,
    found: &mut ViolationCollector,
) {
    let borrows = |account: usize| lender(rules, portfolio, account).is_some();
    let sources = portfolio.margin_calls.iter().flat_map(|calls| calls.sources.iter().enumerate());
    for (index, &source) in sources.filter(|(_, source)| borrows(**source)) {
        let place = loaded.place(&format!("margin_calls.sources[{index}]"));
        let name = quoted(&portfolio.accounts[source].name);
        let title = format!("what {name} holds is the collateral of a loan");
        let violation = Violation::new(place, title).expected("an account that owes nothing");
        found.add(violation.help("hold what meets calls in an account of its own"));
    }
    for (index, venue) in portfolio.venues.iter().enumerate() {
        let mut accounts = 0..portfolio.accounts.len();
        let mut lends = || accounts.any(|one| lender(rules, portfolio, one) == Some(index));
        if venue.failure.is_some() && lends() {
            let place = loaded.place(&format!("venue[{index}].rules"));
            let name = quoted(&venue.name);
            let title = format!("{name} liquidates loans inside paths, and may fail there");
            let violation = Violation::new(place, title).expected("one of both");
            found.add(violation.help(
                "remove its `failure`, which then counts by `default_probability_1y` alone, or copy \
                 its rules without `loan.inside_paths`",
            ));
        }
    }
}

/// The venue that lends to an account and liquidates it inside paths.
fn lender(rules: &[Option<VenueRules>], portfolio: &Portfolio, account: usize) -> Option<usize> {
    let held = &portfolio.accounts[account];
    let venue = held.venue.filter(|_| held.margin_mode != MarginMode::None)?;
    rules.get(venue)?.as_ref()?.loan.as_ref()?.inside_paths.as_ref()?;
    let owes = held.balances.iter().any(|balance| balance.quantity < 0.0);
    let holds = portfolio.positions.iter().any(|position| position.account == account);
    (owes && !holds).then_some(venue)
}
