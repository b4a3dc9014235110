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
}
