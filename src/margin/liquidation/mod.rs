//! Liquidation inside paths: at every node, accounts whose equity is below their maintenance margin
//! are closed.
//!
//! Flows in: venue rules that say so ([`Liquidation`](super::Liquidation)), market, portfolio, and
//! node by node a block of factor levels with the cash that funding and settlements left. Flows
//! out: which account is closed on which path, where and at what cost, and the value of its rows
//! at the horizon.
//!
//! At a node, after prices have moved, funding has accrued and expiries have settled:
//!
//! | quantity | what it is |
//! |---|---|
//! | equity | balances after haircuts (with the interest of borrowed ones), cash paid so far, value of the positions |
//! | requirement | Σ over contracts of net notional × flat maintenance rate; short options as at time zero |
//! | trigger | equity < requirement, at the nodes alone (no barrier between them) |
//! | closing | positions become cash in the asset they settle in (spot: dollars) at this node's marks |
//! | cost | liquidation fee × gross notional, in dollars |
//!
//! Equity less requirement is one linear combination of prices an account
//! ([`PriceLines`](crate::pricing::PriceLines)); notional, marks and cash are looked at only on the
//! paths that close. Balances and cash keep floating with their assets; a debt beyond an account's
//! equity is settled at the horizon by the terms of the account.
//!
//! Options are valued by their formulas, or by polynomials ([`MarginStage::with_proxies`]): then a path
//! on which any decision is within its error, or that left the domain, is told apart
//! ([`Certainty`]) and must be walked again in full. What is closed, its proceeds and its cost are read
//! in full either way.
//!
//! Limits: cross margin, flat rates, full close, full revaluation or proxies; anything else under such
//! rules is refused by name. An account that its venue would close today is closed then, not here; one
//! whose positions need no margin is never closed.

mod options;
mod proxied;
mod reader;
mod stage;
mod state;
mod watched;

#[cfg(test)]
mod proxied_tests;
#[cfg(test)]
mod tests;

pub use proxied::{NodeProxies, ProxySetting};
pub(super) use reader::bare;
pub use stage::{Cash, MarginSetting, MarginStage, Standing};
pub use state::{Certainty, Closed, MarginState, SeenError};
