//! What venues ask for, and when they would close an account.
//!
//! Flows in: dated [`VenueRules`] (documents in `scenarios/venues/`), market, portfolio. Flows out:
//! a [`Requirement`] an account at time zero, for any scale of the positions; an [`EventStage`] of
//! what happens inside paths, where their venue's rules say so, and its plain case, a
//! [`MarginStage`].
//!
//! | margin mode | requirement | what backs it |
//! |---|---|---|
//! | cross | [`AccountRules`]: the venue's standard rules, contract by contract | the whole account |
//! | isolated | the same, position by position ([`IsolatedRequirement`]) | collateral of its own |
//! | portfolio | [`grid`]: Deribit's, OKX's or SPAN-like scenarios | the whole account |
//! | any, at a lender | [`LoanRules`]: health factor of balances | collateral at its threshold |
//!
//! [`liquidation_price`] has the prices at which each of them is closed.
//!
//! What else happens on a path stands in pure modules, called per path and node: `first_passage`
//! (levels touched between nodes), `impact` and `cascade` (orders that move prices), `waterfall`
//! (who pays what bankrupt accounts owe), `liquidity_cost` (closing a book), `failure` (venues and
//! pegs that break), `desk_ladder` (what a desk does about its own threshold).

pub mod cascade;
pub mod desk_ladder;
pub mod displacement;
pub mod document;
pub mod failure;
pub mod first_passage;
pub mod impact;
pub mod liquidity_cost;
pub mod waterfall;

mod account;
mod book;
mod columns;
mod error;
mod events;
mod gaps;
pub mod grid;
mod isolated;
mod liquidation;
pub mod liquidation_price;
mod looked;
mod requirement;
mod rules;

#[cfg(test)]
mod tests;

pub use account::{AccountRules, ContractInputs, ContractRules};
pub use book::MarginBook;
pub use error::MarginError;
pub use events::{
    AccountRecord, CallRecord, EventStage, EventState, Happening, LadderRecord, Node, PathEvent,
    RungRecord, SharedDebts, VenueRecord, is_plain,
};
pub use gaps::{RuleGap, rule_gaps};
pub use isolated::{IsolatedRequirement, isolated_collateral};
pub use liquidation::{
    Cash, Certainty, Closed, MarginSetting, MarginStage, MarginState, NodeProxies, ProxySetting,
    SeenError, Standing,
};
pub use looked::Looked;
pub use requirement::{Requirement, leverage_scale, requirements};
pub use rules::{
    CloseAmount, FutureRules, Haircut, HaircutBracket, HedgeMode, Liquidation, LoanAsset,
    LoanLiquidation, LoanOracle, LoanRules, LoanStanding, Margin, Monitoring, OptionRules,
    OptionValue, ShortOption, Tier, VenueRules, tier_of,
};
