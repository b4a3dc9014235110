//! Why margin cannot be computed.

use super::VenueRules;
use crate::portfolio::{Account, Portfolio, Position};
use crate::pricing::PricingError;
use crate::units::Symbol;

/// What rules or market lack for a book.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MarginError {
    /// A position cannot be valued.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// Claims on a failed venue have no such law.
    #[error(transparent)]
    Claim(#[from] super::failure::ShareLawError),
    /// Options are held at a venue whose rules have none.
    #[error("{position}: the rules '{rules}' of venue '{venue}' say nothing of options")]
    NoOptionRules {
        /// The position.
        position: String,
        /// Id of the rules.
        rules: String,
        /// The venue.
        venue: String,
    },
    /// Futures are held at a venue whose rules have none.
    #[error("{position}: the rules '{rules}' of venue '{venue}' say nothing of futures")]
    NoFutureRules {
        /// The position.
        position: String,
        /// Id of the rules.
        rules: String,
        /// The venue.
        venue: String,
    },
    /// Portfolio margin at a venue whose rules have none.
    #[error("account '{account}': the rules '{rules}' have no portfolio margin")]
    NoPortfolioRules {
        /// The account.
        account: String,
        /// Id of the rules.
        rules: String,
    },
    /// Portfolio margin of a coin that the rules do not name.
    #[error("{position}: the rules '{rules}' have no portfolio margin parameters of {coin}")]
    NoPortfolioParameters {
        /// The first position in the coin.
        position: String,
        /// Id of the rules.
        rules: String,
        /// The coin.
        coin: Symbol,
    },
    /// A size that the venue does not publish, and that the book needs.
    #[error(
        "account '{account}': the rules '{rules}' lack `portfolio.{parameter}`, which the venue \
         does not publish; {because}"
    )]
    UnpublishedParameter {
        /// The account.
        account: String,
        /// Id of the rules.
        rules: String,
        /// The field.
        parameter: &'static str,
        /// Why it is needed.
        because: String,
    },
    /// Long and short are held apart where the rules cannot margin them.
    #[error("account '{account}': the rules '{rules}' have no `hedge_mode`")]
    NoHedgeMode {
        /// The account.
        account: String,
        /// Id of the rules.
        rules: String,
    },
    /// Rules that act inside paths, on an account they cannot act on yet.
    #[error(
        "{item}: the rules '{rules}' liquidate account '{account}' inside paths, which so far is \
         supported for {supported}; {found}"
    )]
    NotLiquidated {
        /// The position, or the account.
        item: String,
        /// The account.
        account: String,
        /// Id of the rules.
        rules: String,
        /// What is supported.
        supported: &'static str,
        /// What was found instead.
        found: String,
    },
}

/// Options where the rules have none.
pub(super) fn no_option_rules(
    rules: &VenueRules,
    portfolio: &Portfolio,
    account: &Account,
    position: &Position,
) -> MarginError {
    let venue = account.venue.and_then(|index| portfolio.venues.get(index));
    MarginError::NoOptionRules {
        position: position.id.clone(),
        rules: rules.id.clone(),
        venue: venue.map_or(String::new(), |venue| venue.name.clone()),
    }
}

/// Futures where the rules have none.
pub(super) fn no_future_rules(
    rules: &VenueRules,
    portfolio: &Portfolio,
    account: &Account,
    position: &Position,
) -> MarginError {
    let venue = account.venue.and_then(|index| portfolio.venues.get(index));
    MarginError::NoFutureRules {
        position: position.id.clone(),
        rules: rules.id.clone(),
        venue: venue.map_or(String::new(), |venue| venue.name.clone()),
    }
}

/// Portfolio margin where the rules have none.
pub(super) fn no_portfolio_rules(rules: &VenueRules, account: &Account) -> MarginError {
    MarginError::NoPortfolioRules { account: account.name.clone(), rules: rules.id.clone() }
}
