//! Limits beside the threshold: soft and hard bounds on parts of the book.
//!
//! Flows in: a [`Limit`] of the policy, the value measured for one part of the book, and capital.
//! Flows out: a [`LimitReading`]. What is measured, and for which parts, is the engine's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A limit of one measure, on one part of the book or on every part of a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Unique name.
    pub name: String,
    /// What kind of part it holds.
    pub level: LimitLevel,
    /// The part; `None`: every one of the level, each alone.
    pub of: Option<String>,
    /// What is measured.
    pub measure: LimitMeasure,
    /// From where people are told.
    pub soft: Bound,
    /// From where the book may not be carried.
    pub hard: Bound,
}

/// The kind of part of a book.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LimitLevel {
    /// The whole book.
    Book,
    /// All accounts at one venue.
    Venue,
    /// One account.
    Account,
    /// Everything in one underlying.
    Underlying,
    /// All positions that carry one tag.
    Tag,
}

/// What a limit measures, in reporting currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitMeasure {
    /// Sum over underlyings of the absolute dollar delta, coins held included.
    GrossExposure,
    /// Absolute sum over underlyings of the dollar delta, coins held included.
    NetExposure,
    /// ES of the part alone, at the level of the policy's first simulated shortfall: of the book, a
    /// venue or an account.
    ExpectedShortfall,
    /// Contribution to the ES of the book, at the scenario's contribution level: not of the book.
    LossContribution,
    /// Initial margin required: of the book, a venue or an account.
    InitialMargin,
}

/// An amount, a share of capital, or the lesser of both.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Bound {
    /// In reporting currency.
    pub amount: Option<f64>,
    /// As a share of the capital base.
    pub share_of_capital: Option<f64>,
}

/// How a value stands to its limit, by increasing concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitState {
    /// Above neither bound.
    Within,
    /// Above the soft bound.
    SoftBreached,
    /// Above the hard bound.
    HardBreached,
}

/// A limit compared with the value of one part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitReading {
    /// The value.
    pub value: f64,
    /// Soft bound in money, where there is one.
    pub soft: Option<f64>,
    /// Hard bound in money, where there is one.
    pub hard: Option<f64>,
    /// How they stand.
    pub state: LimitState,
}

impl LimitLevel {
    /// As written in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Venue => "venue",
            Self::Account => "account",
            Self::Underlying => "underlying",
            Self::Tag => "tag",
        }
    }
}

impl LimitMeasure {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::GrossExposure => "gross exposure",
            Self::NetExposure => "net exposure",
            Self::ExpectedShortfall => "expected shortfall alone",
            Self::LossContribution => "contribution to expected shortfall",
            Self::InitialMargin => "initial margin",
        }
    }

    /// Whether there is such a figure of a part of `level`.
    pub fn is_of(self, level: LimitLevel) -> bool {
        match self {
            Self::GrossExposure | Self::NetExposure => true,
            Self::LossContribution => level != LimitLevel::Book,
            Self::ExpectedShortfall | Self::InitialMargin => {
                matches!(level, LimitLevel::Book | LimitLevel::Venue | LimitLevel::Account)
            }
        }
    }
}

impl Bound {
    /// In money, with `capital` not below zero; `None` where nothing is stated.
    pub fn at(&self, capital: f64) -> Option<f64> {
        let share = self.share_of_capital.map(|share| share * capital.max(0.0));
        match (self.amount, share) {
            (Some(amount), Some(share)) => Some(amount.min(share)),
            (amount, share) => amount.or(share),
        }
    }
}

impl Limit {
    /// The limit against `value`.
    pub fn reading(&self, value: f64, capital: f64) -> LimitReading {
        let [soft, hard] = [self.soft, self.hard].map(|bound| bound.at(capital));
        let exceeds = |bound: Option<f64>| bound.is_some_and(|bound| value > bound);
        let state = if exceeds(hard) {
            LimitState::HardBreached
        } else if exceeds(soft) {
            LimitState::SoftBreached
        } else {
            LimitState::Within
        };
        LimitReading { value, soft, hard, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit() -> Limit {
        Limit {
            name: "one".into(),
            level: LimitLevel::Venue,
            of: None,
            measure: LimitMeasure::GrossExposure,
            soft: Bound { amount: Some(80.0), share_of_capital: None },
            hard: Bound { amount: Some(200.0), share_of_capital: Some(0.5) },
        }
    }

    #[test]
    fn a_bound_itself_is_within() {
        let state = |value| limit().reading(value, 200.0).state;
        assert_eq!(state(80.0), LimitState::Within);
        assert_eq!(state(80.1), LimitState::SoftBreached);
        assert_eq!(state(100.0), LimitState::SoftBreached);
        assert_eq!(state(100.1), LimitState::HardBreached);
    }

    #[test]
    fn the_lesser_of_amount_and_share_counts() {
        assert_eq!(limit().reading(0.0, 200.0).hard, Some(100.0));
        assert_eq!(limit().reading(0.0, 900.0).hard, Some(200.0));
        // No capital left allows nothing.
        assert_eq!(limit().reading(0.0, -5.0).hard, Some(0.0));
        assert_eq!(Bound::default().at(1.0), None);
    }
}
