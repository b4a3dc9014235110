//! Drivers of the condition multiplier, as a policy writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::policy::{Driver, VolatilityReference};
use crate::document::{NonNegative, Number, Positive, PositiveRate, SymbolName, UnitFraction};

/// A driver of the condition multiplier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "driver", rename_all = "snake_case", deny_unknown_fields)]
pub enum DriverDocument {
    /// `(reference volatility / volatility today)^exponent`.
    VolatilityRegime {
        /// Asset whose daily closes are watched.
        series: SymbolName,
        /// Left out: 0 where the simulation already uses conditional volatility (EWMA, GARCH,
        /// filtered history), which would count it twice; else 1.
        exponent: Option<NonNegative>,
        /// Half-life of the weights in days; 11.2 is RiskMetrics' 0.94.
        #[serde(default = "risk_metrics_half_life")]
        half_life_days: Positive,
        /// What volatility is compared with.
        reference: VolatilityReferenceDocument,
    },
    /// `max(0, 1 − drawdown / maximum)`.
    Drawdown {
        /// Asset whose daily closes are watched.
        series: SymbolName,
        /// Drawdown at which nothing more may be carried (before the floor).
        maximum: UnitFraction,
        /// Days in which the peak is sought; the whole history when left out.
        #[schemars(range(min = 1, max = 100_000))]
        window_days: Option<u32>,
    },
    /// Wilder's relative strength: overbought cuts the long side, oversold the short side.
    RelativeStrength {
        /// Asset whose daily closes are watched.
        series: SymbolName,
        /// Days; 14 when left out.
        #[serde(default = "fourteen")]
        #[schemars(range(min = 2, max = 1_000))]
        period: u32,
        /// Overbought from here; 70 when left out.
        #[serde(default = "seventy")]
        overbought: Number,
        /// Oversold up to here; 30 when left out.
        #[serde(default = "thirty")]
        oversold: Number,
        /// Factor on the direction concerned.
        cut: UnitFraction,
    },
}

/// What volatility is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VolatilityReferenceDocument {
    /// An annual volatility, e.g. `{ stated = "60%" }`.
    Stated(PositiveRate),
    /// Root mean square of the last days' returns, e.g. `{ trailing_days = 365 }`.
    TrailingDays(#[schemars(range(min = 20, max = 100_000))] u32),
}

impl DriverDocument {
    pub(super) fn driver(&self) -> Driver {
        match self {
            Self::VolatilityRegime { series, exponent, half_life_days, reference } => {
                Driver::VolatilityRegime {
                    series: series.as_str().to_owned(),
                    exponent: exponent.map(NonNegative::get),
                    half_life_days: half_life_days.get(),
                    reference: reference.reference(),
                }
            }
            Self::Drawdown { series, maximum, window_days } => Driver::Drawdown {
                series: series.as_str().to_owned(),
                maximum: maximum.get(),
                window_days: window_days.map(|days| days as usize),
            },
            Self::RelativeStrength { series, period, overbought, oversold, cut } => {
                Driver::RelativeStrength {
                    series: series.as_str().to_owned(),
                    period: *period as usize,
                    overbought: overbought.get(),
                    oversold: oversold.get(),
                    cut: cut.get(),
                }
            }
        }
    }
}

impl VolatilityReferenceDocument {
    fn reference(&self) -> VolatilityReference {
        match self {
            Self::Stated(volatility) => VolatilityReference::Stated(volatility.get()),
            Self::TrailingDays(days) => VolatilityReference::TrailingDays(*days as usize),
        }
    }
}

fn risk_metrics_half_life() -> Positive {
    Positive::new(11.2).expect("in range")
}

fn fourteen() -> u32 {
    14
}

fn seventy() -> Number {
    Number::new(70.0).expect("finite")
}

fn thirty() -> Number {
    Number::new(30.0).expect("finite")
}
