//! What venues ask for, and when they would close an account.
//!
//! Flows in: dated [`VenueRules`] (documents in `scenarios/venues/`), market, portfolio. Flows out:
//! a [`Requirement`] an account at time zero, for any scale of the positions; a [`MarginStage`] that
//! closes accounts inside paths, where their venue's rules say so.
//!
//! Limits: positions of one contract are netted within an account; an isolated or
//! portfolio-margined account is measured by the venue's standard rules for cross margin.

pub mod document;

mod account;
mod book;
mod error;
mod liquidation;
mod requirement;
mod rules;

#[cfg(test)]
mod tests;

pub use account::{AccountRules, ContractInputs, ContractRules};
pub use book::MarginBook;
pub use error::MarginError;
pub use liquidation::{Cash, Closed, Doubt, MarginSetting, MarginStage, MarginState, Standing};
pub use requirement::{Requirement, requirements};
pub use rules::{
    CloseAmount, FutureRules, Haircut, HaircutBracket, HedgeMode, Liquidation, Margin, OptionRules,
    OptionValue, ShortOption, Tier, VenueRules, tier_of,
};
