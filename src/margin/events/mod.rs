//! What happens inside a path: the general stage, for any rules and closings known.
//!
//! Flows in: venue rules that act inside paths, market, portfolio, and node by node a block of
//! factor levels. Flows out: what happened to which account on which path, and what its rows are
//! worth at the horizon with the path's own quantities and cash.
//!
//! State is `held[position][path]` (share of today's quantity), `cash[position][path]` (in the asset
//! the position settles in; an account's cash in an asset is their sum) and costs, for accounts in
//! venues whose rules act inside paths, or that may fail; and `moved[balance][path]`, the units that
//! transfers brought to or took from a balance, for these and for the sources of transfers. At a node,
//! after prices and vols have moved:
//!
//! | stage | what it does |
//! |---|---|
//! | funding, expiries | funding accrues on the path's own quantities; what expires here settles |
//! | revaluation | marks, coins, collateral after haircuts |
//! | venue failures | a venue that fails freezes its accounts: a claim is left of each |
//! | transfers | what is due arrives |
//! | margin check | a margin balance below initial margin is a call, noted once a path |
//! | margin calls | met from free collateral elsewhere, as the treasury rule says |
//! | stops | a stop order whose price was reached reduces its position |
//! | liquidation | below maintenance margin the venue closes, everything or in steps |
//! | breach ladder | a desk that acts on its own ladder sells down, or stops buying ([`ladder`]) |
//! | rebalancing | what left the band it is kept in is traded back to its target ([`rebalancing`]) |
//! | loans | below a health factor of one lenders have debt repaid out of collateral ([`loans`]) |
//! | impact | orders move prices, which liquidate others and the book, round after round (`rounds`) |
//! | debts | insurance funds pay what is owed, then winners are deleveraged or taxed (`debts`) |
//!
//! The last two act where orders move prices ([`EventStage::moving`]) or rules have a waterfall, on
//! the few paths on which something was executed or is owed ([`EventStage::answer`]).
//!
//! Every node prices all watched positions over the block; the few paths on which something is
//! triggered are then gone through one by one, in the same arithmetic.
//!
//! Closing costs the fee and the slippage, shares of the notional closed (net by contract), in
//! dollars. What positions were worth stays as cash in the asset they settle in and floats to the
//! horizon. A debt beyond a cross account's equity is settled at the horizon by the terms of the
//! account; an isolated contract without recourse is taken over at its bankruptcy price.
//!
//! An isolated contract is backed by the collateral its positions state, or else by their initial
//! margin at entry; the rest of the account's balances backs nothing.
//!
//! [`MarginStage`](super::MarginStage) is the plain case of the same (cross margin, flat rates,
//! everything closed at once at the marks), several times faster: [`is_plain`] tells which is which.
//!
//! Where the rules say `monitoring = "continuous"` and factors diffuse, an account is also watched
//! between nodes, and filled at the prices that triggered it: by a Brownian bridge of one coin where
//! that alone moves it ([`bridge`]), else at sub-steps where it is near its line ([`substeps`]). The
//! same paths are then also gone through with a look at the nodes alone, to tell the difference.
//!
//! An account under portfolio margin is asked for what its venue's grid says on the path itself
//! ([`portfolio`]).
//!
//! Limits: full revaluation; where factors jump, and under portfolio margin, accounts are looked at at
//! the nodes alone. An account
//! that its venue would close today is closed then, not here.

mod assess;
mod balances;
mod book;
mod bridge;
mod bystanders;
mod claims;
mod close;
mod contract;
mod debts;
mod failing_venues;
mod failure_clocks;
mod failures;
mod funds;
mod ladder;
mod loans;
mod moved_rows;
mod orders;
mod portfolio;
mod quotes;
mod rebalancing;
mod rounds;
mod settle;
mod stage;
mod state;
mod stops;
mod substeps;
mod transfers;

#[cfg(test)]
mod failure_tests;
#[cfg(test)]
mod ladder_tests;
#[cfg(test)]
mod moved_tests;
#[cfg(test)]
mod rebalancing_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transfer_tests;
#[cfg(test)]
mod walks;

pub use book::is_plain;
pub use failures::VenueRecord;
pub use funds::SharedDebts;
pub use ladder::{LadderRecord, RungRecord};
pub use stage::{EventStage, Node};
pub use state::{AccountRecord, EventState, Happening, PathEvent};
pub use transfers::CallRecord;
