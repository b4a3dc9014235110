//! A portfolio between two others: the accounts of one with the positions of another, or at a later
//! date. For telling apart what moved between two runs; places are those of the portfolio that the
//! accounts are of.

use jiff::Timestamp;

use super::document::{AccountDocument, LoadedPortfolio, PortfolioDocument, PositionDocument};
use crate::document::Name;

impl LoadedPortfolio {
    /// The same without contracts that have expired by `as_of`, and without orders on them.
    pub fn alive_at(mut self, as_of: Timestamp) -> Self {
        self.positions.retain(|parsed| is_alive(&parsed.value, as_of));
        let held: Vec<&Name> = self.positions.iter().map(|one| one.value.common().id).collect();
        let document = &mut self.document.value;
        document.orders.retain(|order| held.contains(&&order.position));
        document.hedges.retain(|hedge| is_alive(&hedge.position(), as_of));
        self
    }

    /// The accounts of this portfolio with the positions, orders and hedges of `other`. An account
    /// that only `other` has and its positions need is there too, without balances.
    pub fn with_positions_of(mut self, other: &Self) -> Self {
        let needed: Vec<&Name> = other
            .positions
            .iter()
            .map(|one| one.value.common().account)
            .chain(other.document.value.hedges.iter().map(|hedge| hedge.head().account))
            .collect();
        for account in &other.document.value.accounts {
            if needed.contains(&&account.name) {
                open(&mut self.document.value, account, &other.document.value);
            }
        }
        self.positions.clone_from(&other.positions);
        let (document, theirs) = (&mut self.document.value, &other.document.value);
        document.orders.clone_from(&theirs.orders);
        document.hedges.clone_from(&theirs.hedges);
        self
    }
}

/// Opens `account` of `other`, empty, where the portfolio has none of its name, with its venue.
fn open(document: &mut PortfolioDocument, account: &AccountDocument, other: &PortfolioDocument) {
    if document.accounts.iter().any(|one| one.name == account.name) {
        return;
    }
    let unknown = |name: &&Name| !document.venues.iter().any(|venue| venue.name == **name);
    if let Some(name) = account.venue.as_ref().filter(unknown) {
        document.venues.extend(other.venues.iter().find(|venue| venue.name == *name).cloned());
    }
    document.accounts.push(AccountDocument { balances: vec![], ..account.clone() });
}

fn is_alive(position: &PositionDocument, as_of: Timestamp) -> bool {
    match position {
        PositionDocument::Spot(_) | PositionDocument::Perpetual(_) => true,
        PositionDocument::Future(future) => future.expiry.timestamp() > as_of,
        PositionDocument::Option(option) => option.expiry.timestamp() > as_of,
    }
}
