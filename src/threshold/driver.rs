//! How the multiplier M follows market conditions: plain, validated data. Documents are read by
//! [`super::document`], readings are taken by [`mod@super::condition`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How M follows market conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConditionPolicy {
    /// Smallest M.
    pub floor: f64,
    /// Largest M, 1 unless more than the full appetite may be used in calm times.
    pub cap: f64,
    /// Largest rise of M per day.
    pub relax_per_day: f64,
    /// Days for which what the drivers ask must have been above M before M rises.
    #[serde(default)]
    pub relax_after_days: f64,
    /// Largest fall of M per day; `None`: it falls at once.
    #[serde(default)]
    pub tighten_per_day: Option<f64>,
    /// What M is the product of; none: M = 1 within floor and cap.
    pub drivers: Vec<Driver>,
}

/// A driver of M: a factor from one observed series, or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "driver", rename_all = "snake_case")]
pub enum Driver {
    /// `(σ_ref/σ_t)^γ` with σ_t of daily log-returns.
    VolatilityRegime {
        /// Asset watched.
        series: String,
        /// γ; `None`: 0 where ES already uses conditional volatility (it would be counted
        /// twice), else 1.
        exponent: Option<f64>,
        /// How σ_t is found.
        estimator: RegimeEstimator,
        /// σ_ref.
        reference: VolatilityReference,
    },
    /// `(ρ_ref/ρ_t)^η`, ρ_t the mean pairwise correlation: 1 for hedged books.
    MeanCorrelation {
        /// Assets watched, at least two.
        series: Vec<String>,
        /// η.
        exponent: f64,
        /// Trailing days the correlations are of.
        window_days: usize,
        /// ρ_ref.
        reference: LevelReference,
    },
    /// `(AR_ref/AR_t)^η`, AR_t the share of variance that the first eigenvectors absorb (Kritzman,
    /// Li, Page & Rigobon 2011).
    AbsorptionRatio {
        /// Assets watched, more than `eigenvectors`.
        series: Vec<String>,
        /// η.
        exponent: f64,
        /// Eigenvectors counted, from the largest.
        eigenvectors: usize,
        /// Trailing days the covariances are of.
        window_days: usize,
        /// AR_ref.
        reference: LevelReference,
    },
    /// `(depth_t/depth_ref)^δ`.
    LiquidityDepth {
        /// Asset watched.
        series: String,
        /// What tells of its liquidity.
        measure: LiquidityMeasure,
        /// δ.
        exponent: f64,
        /// Trailing days that depth_t is the mean of.
        average_days: usize,
        /// depth_ref.
        reference: LevelReference,
    },
    /// `max(0, 1 − DD/DD_max)` (Grossman & Zhou 1993; CPPI).
    Drawdown {
        /// Asset watched.
        series: String,
        /// DD_max in (0, 1].
        maximum: f64,
        /// Days in which the peak is sought; `None`: the whole history.
        window_days: Option<usize>,
    },
    /// 1 while |funding| is calm, falling in a line to `cut` where it is stressed: for the side that
    /// pays, and for hedged books, which hold one leg of it.
    FundingStress {
        /// Underlying whose funding is watched.
        series: String,
        /// Trailing days that the rate is the mean of.
        average_days: usize,
        /// |rate per 8 hours| up to which nothing is cut.
        calm: f64,
        /// |rate per 8 hours| from which all of the cut is made.
        stressed: f64,
        /// Factor there, in [0, 1].
        cut: f64,
    },
    /// `(IV_ref/IV_t)^γ` of an implied-volatility index.
    ImpliedVolatility {
        /// Underlying whose implied volatility is watched.
        series: String,
        /// γ.
        exponent: f64,
        /// IV_ref.
        reference: LevelReference,
    },
    /// Relative strength on daily closes (Wilder 1978): overbought cuts room for longs, oversold
    /// for shorts.
    RelativeStrength {
        /// Asset watched.
        series: String,
        /// Days, 14 by default.
        period: usize,
        /// Level from which the market is overbought, 70 by default.
        overbought: f64,
        /// Level up to which the market is oversold, 30 by default.
        oversold: f64,
        /// Factor on the direction concerned, in [0, 1].
        cut: f64,
    },
}

/// How the volatility of a regime is found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegimeEstimator {
    /// Exponentially weighted squares.
    Ewma {
        /// Half-life of the weights in days.
        half_life_days: f64,
    },
    /// GARCH(1,1) of the next day, fitted to the returns up to the day.
    GarchFitted {
        /// Days between fits; the last parameters are used in between.
        refit_days: usize,
        /// Trailing days fitted to; `None`: all up to the day.
        window_days: Option<usize>,
    },
    /// GARCH(1,1) of the next day with stated parameters.
    GarchStated {
        /// Weight of the last squared return.
        alpha: f64,
        /// Weight of the last variance, `alpha + beta < 1`.
        beta: f64,
        /// Long-run annual volatility.
        volatility: f64,
    },
}

/// What volatility is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolatilityReference {
    /// An annual volatility.
    Stated(f64),
    /// Root mean square of the last days' returns, at most this many.
    TrailingDays(usize),
}

/// What a level is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelReference {
    /// A level in the unit of what is observed.
    Stated(f64),
    /// Mean of what was observed on the last days, at most this many.
    TrailingDays(usize),
}

/// What tells of liquidity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiquidityMeasure {
    /// Traded volume: the `volume` series of the history.
    Volume,
    /// Depth of the order book: the `depth` series of the history.
    Depth,
}

impl LiquidityMeasure {
    /// As in names of series.
    pub fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Depth => "depth",
        }
    }
}

impl Driver {
    /// Name of the driver in reports and errors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::VolatilityRegime { .. } => "volatility regime",
            Self::MeanCorrelation { .. } => "mean correlation",
            Self::AbsorptionRatio { .. } => "absorption ratio",
            Self::LiquidityDepth { .. } => "liquidity",
            Self::Drawdown { .. } => "drawdown",
            Self::FundingStress { .. } => "funding stress",
            Self::ImpliedVolatility { .. } => "implied volatility",
            Self::RelativeStrength { .. } => "relative strength",
        }
    }

    /// The assets watched.
    pub fn assets(&self) -> &[String] {
        match self {
            Self::MeanCorrelation { series, .. } | Self::AbsorptionRatio { series, .. } => series,
            Self::VolatilityRegime { series, .. }
            | Self::LiquidityDepth { series, .. }
            | Self::Drawdown { series, .. }
            | Self::FundingStress { series, .. }
            | Self::ImpliedVolatility { series, .. }
            | Self::RelativeStrength { series, .. } => std::slice::from_ref(series),
        }
    }

    /// The series of the history that are read, one an asset: `BTC`, `BTC.funding`.
    pub fn series(&self) -> impl Iterator<Item = String> {
        let suffix = match self {
            Self::LiquidityDepth { measure: LiquidityMeasure::Volume, .. } => ".volume",
            Self::LiquidityDepth { measure: LiquidityMeasure::Depth, .. } => ".depth",
            Self::FundingStress { .. } => ".funding",
            Self::ImpliedVolatility { .. } => ".vol",
            Self::VolatilityRegime { .. }
            | Self::MeanCorrelation { .. }
            | Self::AbsorptionRatio { .. }
            | Self::Drawdown { .. }
            | Self::RelativeStrength { .. } => "",
        };
        self.assets().iter().map(move |asset| format!("{asset}{suffix}"))
    }
}
