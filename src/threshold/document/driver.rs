//! Drivers of the condition multiplier, as a policy writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::driver::{
    Driver, LevelReference, LiquidityMeasure, RegimeEstimator, VolatilityReference,
};
use crate::document::{
    Figure, NonNegative, NonNegativeRate, Number, Positive, PositiveRate, SymbolName, UnitFraction,
};

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
        /// Half-life of exponential weights in days; 11.2 when left out, RiskMetrics' 0.94. Not
        /// with `garch`.
        half_life_days: Option<Positive>,
        /// Volatility of the next day by GARCH(1,1) instead of exponential weights.
        garch: Option<GarchDocument>,
        /// What volatility is compared with.
        reference: VolatilityReferenceDocument,
    },
    /// `(reference / mean pairwise correlation)^exponent` for net long and net short books; 1 for
    /// hedged ones.
    MeanCorrelation {
        /// Assets whose daily closes are watched, at least two.
        #[schemars(length(min = 2, max = 100))]
        series: Vec<SymbolName>,
        /// Power of the ratio; 1 when left out.
        exponent: Option<NonNegative>,
        /// Trailing days that correlations are of; 90 when left out.
        #[schemars(range(min = 10, max = 10_000))]
        window_days: Option<u32>,
        /// What the mean correlation is compared with.
        reference: LevelReferenceDocument,
    },
    /// `(reference / absorption ratio)^exponent`: the share of variance that the first eigenvectors
    /// explain (Kritzman et al. 2011).
    AbsorptionRatio {
        /// Assets whose daily closes are watched, more than `eigenvectors`.
        #[schemars(length(min = 2, max = 100))]
        series: Vec<SymbolName>,
        /// Power of the ratio; 1 when left out.
        exponent: Option<NonNegative>,
        /// Eigenvectors counted; a fifth of the assets when left out, at least one.
        #[schemars(range(min = 1, max = 99))]
        eigenvectors: Option<u32>,
        /// Trailing days that covariances are of; 90 when left out.
        #[schemars(range(min = 10, max = 10_000))]
        window_days: Option<u32>,
        /// What the absorption ratio is compared with.
        reference: LevelReferenceDocument,
    },
    /// `(depth today / reference)^exponent`.
    LiquidityDepth {
        /// Asset whose liquidity is watched.
        series: SymbolName,
        /// Which series of the history tells of it.
        measure: LiquidityMeasure,
        /// Power of the ratio; 1 when left out.
        exponent: Option<NonNegative>,
        /// Trailing days averaged; 7 when left out.
        #[schemars(range(min = 1, max = 1_000))]
        average_days: Option<u32>,
        /// What it is compared with, in USD where stated.
        reference: LevelReferenceDocument,
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
    /// Funding beyond what is calm cuts the side that pays it, and hedged books.
    FundingStress {
        /// Underlying whose funding is watched.
        series: SymbolName,
        /// Trailing days averaged; 3 when left out.
        #[schemars(range(min = 1, max = 1_000))]
        average_days: Option<u32>,
        /// Rate per 8 hours, of either sign, up to which nothing is cut.
        calm: NonNegativeRate,
        /// Rate from which the whole cut is made.
        stressed: PositiveRate,
        /// Factor there.
        cut: UnitFraction,
    },
    /// `(reference / implied volatility)^exponent`.
    ImpliedVolatility {
        /// Underlying whose implied-volatility index is watched.
        series: SymbolName,
        /// Power of the ratio; 1 when left out.
        exponent: Option<NonNegative>,
        /// What it is compared with, annual where stated.
        reference: LevelReferenceDocument,
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

/// How a GARCH(1,1) gets its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GarchDocument {
    /// Fitted to the history up to the day, e.g. `{ fitted = { refit_days = 30 } }`.
    Fitted {
        /// Days between fits; 30 when left out.
        #[schemars(range(min = 1, max = 10_000))]
        refit_days: Option<u32>,
        /// Trailing days fitted to; all up to the day when left out.
        #[schemars(range(min = 100, max = 100_000))]
        window_days: Option<u32>,
    },
    /// Stated, e.g. `{ stated = { alpha = 0.08, beta = 0.9, volatility = "60%" } }`.
    Stated {
        /// Weight of the last squared return.
        alpha: UnitFraction,
        /// Weight of the last variance; with `alpha` below 1.
        beta: UnitFraction,
        /// Long-run annual volatility.
        volatility: PositiveRate,
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

/// What a level is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LevelReferenceDocument {
    /// A level above zero in the unit of what is observed, e.g. `{ stated = 0.6 }`.
    Stated(Figure),
    /// Mean of what was observed on the last days, e.g. `{ trailing_days = 365 }`.
    TrailingDays(#[schemars(range(min = 20, max = 100_000))] u32),
}

const WINDOW_DAYS: usize = 90;
const LIQUIDITY_DAYS: usize = 7;
const FUNDING_DAYS: usize = 3;
const REFIT_DAYS: usize = 30;
/// RiskMetrics' 0.94 a day.
const HALF_LIFE_DAYS: f64 = 11.2;

impl DriverDocument {
    /// The driver that it describes.
    pub fn driver(&self) -> Driver {
        let asset = |symbol: &SymbolName| symbol.as_str().to_owned();
        match self {
            Self::VolatilityRegime { series, exponent, half_life_days, garch, reference } => {
                Driver::VolatilityRegime {
                    series: asset(series),
                    exponent: exponent.map(NonNegative::get),
                    estimator: estimator(*half_life_days, garch.as_ref()),
                    reference: reference.reference(),
                }
            }
            Self::MeanCorrelation { series, exponent, window_days, reference } => {
                Driver::MeanCorrelation {
                    series: series.iter().map(asset).collect(),
                    exponent: power(*exponent),
                    window_days: days(*window_days, WINDOW_DAYS),
                    reference: reference.reference(),
                }
            }
            Self::AbsorptionRatio { series, exponent, eigenvectors, window_days, reference } => {
                Driver::AbsorptionRatio {
                    series: series.iter().map(asset).collect(),
                    exponent: power(*exponent),
                    eigenvectors: days(*eigenvectors, (series.len() / 5).max(1)),
                    window_days: days(*window_days, WINDOW_DAYS),
                    reference: reference.reference(),
                }
            }
            Self::LiquidityDepth { series, measure, exponent, average_days, reference } => {
                Driver::LiquidityDepth {
                    series: asset(series),
                    measure: *measure,
                    exponent: power(*exponent),
                    average_days: days(*average_days, LIQUIDITY_DAYS),
                    reference: reference.reference(),
                }
            }
            Self::Drawdown { series, maximum, window_days } => Driver::Drawdown {
                series: asset(series),
                maximum: maximum.get(),
                window_days: window_days.map(|days| days as usize),
            },
            Self::FundingStress { series, average_days, calm, stressed, cut } => {
                Driver::FundingStress {
                    series: asset(series),
                    average_days: days(*average_days, FUNDING_DAYS),
                    calm: calm.get(),
                    stressed: stressed.get(),
                    cut: cut.get(),
                }
            }
            Self::ImpliedVolatility { series, exponent, reference } => Driver::ImpliedVolatility {
                series: asset(series),
                exponent: power(*exponent),
                reference: reference.reference(),
            },
            Self::RelativeStrength { series, period, overbought, oversold, cut } => {
                Driver::RelativeStrength {
                    series: asset(series),
                    period: *period as usize,
                    overbought: overbought.get(),
                    oversold: oversold.get(),
                    cut: cut.get(),
                }
            }
        }
    }
}

fn power(exponent: Option<NonNegative>) -> f64 {
    exponent.map_or(1.0, NonNegative::get)
}

fn days(stated: Option<u32>, otherwise: usize) -> usize {
    stated.map_or(otherwise, |days| days as usize)
}

fn estimator(half_life_days: Option<Positive>, garch: Option<&GarchDocument>) -> RegimeEstimator {
    match garch {
        None => RegimeEstimator::Ewma {
            half_life_days: half_life_days.map_or(HALF_LIFE_DAYS, Positive::get),
        },
        Some(GarchDocument::Fitted { refit_days, window_days }) => RegimeEstimator::GarchFitted {
            refit_days: days(*refit_days, REFIT_DAYS),
            window_days: window_days.map(|days| days as usize),
        },
        Some(GarchDocument::Stated { alpha, beta, volatility }) => RegimeEstimator::GarchStated {
            alpha: alpha.get(),
            beta: beta.get(),
            volatility: volatility.get(),
        },
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

impl LevelReferenceDocument {
    fn reference(&self) -> LevelReference {
        match self {
            Self::Stated(level) => LevelReference::Stated(level.get()),
            Self::TrailingDays(days) => LevelReference::TrailingDays(*days as usize),
        }
    }
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
