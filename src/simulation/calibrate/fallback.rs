//! What a fit did in place of what its settings ask for, as data: the notes say the same in words.

use serde::{Deserialize, Serialize};

/// Something a fit did in place of what its settings ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fallback {
    /// Degrees of freedom fitted lower than allowed, and raised.
    DegreesOfFreedomRaised {
        /// Which, e.g. `degrees of freedom of the copula`.
        of: String,
        /// As they were fitted.
        fitted: f64,
        /// What they were raised to.
        least: f64,
    },
    /// A GARCH that fits no better than a constant variance.
    VarianceConstant {
        /// The factor.
        factor: String,
    },
    /// A GARCH whose Newton steps did not settle: found by a simplex search.
    SimplexSearch {
        /// The factor.
        factor: String,
    },
    /// A factor without history or variation, held where it is.
    HeldConstant {
        /// The factor.
        factor: String,
    },
    /// A factor without history, taken as uncorrelated with every other.
    Uncorrelated {
        /// The factor.
        factor: String,
    },
    /// A factor without history, whose marginal has the degrees of freedom of the copula.
    MarginalOfCopula {
        /// The factor.
        factor: String,
    },
    /// A factor that moves by its beta to another on dates where it is missing.
    MissingByProxy {
        /// The factor.
        factor: String,
        /// The other.
        proxy: String,
        /// Dates on which it is missing.
        missing: usize,
    },
    /// A policy's stressed period of which too little was history: it does not act.
    StressedPeriodIdle,
    /// A correlation matrix that was not positive semidefinite, replaced by the nearest that is.
    CorrelationProjected {
        /// Frobenius distance between the two.
        distance: f64,
    },
}

impl Fallback {
    /// What was done, in words that are the same on every date on which it was.
    pub fn words(&self) -> String {
        match self {
            Self::DegreesOfFreedomRaised { of, least, .. } => format!("{of} raised to {least}"),
            Self::VarianceConstant { factor } => {
                format!("GARCH of {factor} fitted as a constant variance")
            }
            Self::SimplexSearch { factor } => {
                format!("GARCH of {factor} found by a simplex search, Newton steps did not settle")
            }
            Self::HeldConstant { factor } => format!("{factor} held constant"),
            Self::Uncorrelated { factor } => {
                format!("{factor} taken as uncorrelated, without a history")
            }
            Self::MarginalOfCopula { factor } => {
                format!("{factor} with the copula's degrees of freedom, without a history")
            }
            Self::MissingByProxy { factor, proxy, .. } => {
                format!("{factor} moved by its beta to {proxy} where it is missing")
            }
            Self::StressedPeriodIdle => {
                "stressed period of the policy not weighed in, too little of it was history"
                    .to_owned()
            }
            Self::CorrelationProjected { .. } => {
                "correlation matrix replaced by the nearest positive semidefinite one".to_owned()
            }
        }
    }

    /// The figure of the date behind it: degrees of freedom as fitted, dates missing, distance of
    /// the repair.
    pub fn figure(&self) -> Option<f64> {
        match self {
            Self::DegreesOfFreedomRaised { fitted, .. } => Some(*fitted),
            Self::MissingByProxy { missing, .. } => Some(*missing as f64),
            Self::CorrelationProjected { distance } => Some(*distance),
            Self::VarianceConstant { .. }
            | Self::SimplexSearch { .. }
            | Self::HeldConstant { .. }
            | Self::StressedPeriodIdle
            | Self::Uncorrelated { .. }
            | Self::MarginalOfCopula { .. } => None,
        }
    }
}
