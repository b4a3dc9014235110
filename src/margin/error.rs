//! Why margin cannot be computed.

use crate::pricing::PricingError;

/// What rules or market lack for a book.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MarginError {
    /// A position cannot be valued.
    #[error(transparent)]
    Pricing(#[from] PricingError),
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
