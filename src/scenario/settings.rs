//! A scenario's settings, validated; names are resolved against book and market by the engine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::EventSettings;
use super::grid::GridSettings;
use super::historical::HistoricalSettings;
use super::liquidity_horizon::LiquidityHorizonSettings;
use super::reverse::ReverseSettings;
use super::shock::{ShockResult, ShockSettings};
use super::stressed::StressedSettings;
use crate::units::{ConfidenceLevel, Symbol, Years};

/// How factor returns are compounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnKind {
    /// `S_t = S_0 exp(x)`: prices stay positive.
    Log,
    /// `S_t = S_0 (1 + r)`: for validation against delta-normal closed forms.
    Simple,
}

/// How positions are revalued on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revaluation {
    /// Every instrument by its own formula on every path.
    Full,
    /// First-order sensitivities to every factor.
    Delta,
    /// First order, and second order in each spot.
    DeltaGamma,
    /// Options as polynomials on every path, every path of the tail in full.
    Proxy,
    /// Full or proxy, whichever takes fewer operations; the outcome says which and why.
    Auto,
}

/// How paths are drawn: fewer paths for the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SamplingMethod {
    /// Independent draws.
    Plain,
    /// Pairs of opposite returns.
    Antithetic,
    /// Drawn where the delta-gamma loss is large, and weighted.
    Importance,
    /// The same, with one path in each of `strata` equiprobable ranges of the delta-gamma loss.
    Stratified,
    /// Independent draws, corrected by the delta-gamma loss, whose law is known.
    ControlVariate,
    /// `replicates` independent sets of scrambled Sobol points.
    Sobol,
    /// The engine chooses by a pilot run; the outcome says what it chose and why.
    Auto,
}

/// How failures of venues inside paths are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureSampling {
    /// As often as hazards say.
    #[default]
    Plain,
    /// On a stated share of the paths, which are weighted for it.
    Stratified,
}

/// Sampling and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SamplingSettings {
    /// The scheme.
    pub method: SamplingMethod,
    /// Strata of `Stratified`, of losses and of failures.
    pub strata: u32,
    /// Independent randomisations of `Sobol`.
    pub replicates: u32,
    /// How failures of venues are drawn.
    #[serde(default)]
    pub failures: FailureSampling,
    /// Share of the paths on which a venue fails where they are stratified.
    #[serde(default = "SamplingSettings::failure_share")]
    pub failure_share: f64,
}

impl SamplingSettings {
    /// Share of the paths that have a failure unless stated: the others lose a quarter of their
    /// number, and errors of what markets alone cause grow by less than a fifth.
    pub const FAILURE_SHARE: f64 = 0.25;

    fn failure_share() -> f64 {
        Self::FAILURE_SHARE
    }
}

impl Default for SamplingSettings {
    fn default() -> Self {
        Self {
            method: SamplingMethod::Plain,
            strata: 40,
            replicates: 32,
            failures: FailureSampling::Plain,
            failure_share: Self::FAILURE_SHARE,
        }
    }
}

/// Drift of spot factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// Mean of `S_t` is the forward: no view.
    Martingale,
    /// Mean of `S_t` is `S_0`.
    Zero,
    /// Stated annual drift of `E[S_t]`, by asset; others as `Martingale`.
    Annual(Vec<(Symbol, f64)>),
}

/// How the volatility of a factor is set where none is stated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolatilitySettings {
    /// Sample standard deviation over the last `window` observations (all when `None`).
    Sample {
        /// Observations used.
        window: Option<usize>,
    },
    /// Exponentially weighted, zero mean.
    Ewma {
        /// Half-life in observations.
        half_life: f64,
    },
    /// GARCH(1,1) by maximum likelihood, forecast for the next interval.
    Garch {
        /// Accept alpha + beta >= 1.
        allow_integrated: bool,
    },
}

/// How correlations are set where none are stated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrelationSettings {
    /// Sample correlation over the last `window` observations.
    Sample {
        /// Observations used (all when `None`).
        window: Option<usize>,
    },
    /// Exponentially weighted.
    Ewma {
        /// Half-life in observations.
        half_life: f64,
    },
    /// Ledoit–Wolf shrinkage toward constant correlation.
    LedoitWolf {
        /// Observations used (all when `None`).
        window: Option<usize>,
    },
    /// A stated matrix over named factors; unnamed factors are uncorrelated.
    Stated {
        /// Factor names such as `BTC.spot`, `BTC.vol`, `USDT.peg`.
        factors: Vec<String>,
        /// Row-major correlation matrix.
        matrix: Vec<Vec<f64>>,
    },
}

/// What to do with a correlation matrix that is not positive semidefinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotPositiveSemidefinite {
    /// Refuse, naming the smallest eigenvalue.
    Reject,
    /// Replace by the nearest correlation matrix (Higham 2002) within a Frobenius distance.
    ProjectToNearest {
        /// Largest accepted distance.
        distance_max: f64,
    },
}

/// The process the factors follow. Parameters that are `None` are fitted to the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "process", rename_all = "snake_case")]
pub enum ProcessSettings {
    /// Correlated geometric Brownian motion.
    Gbm,
    /// Multivariate Student-t: one mixing variable for all factors.
    StudentT {
        /// Degrees of freedom, above 2.
        degrees_of_freedom: Option<f64>,
        /// What a lower fit is raised to.
        degrees_of_freedom_min: Option<f64>,
        /// Bound on a factor's log-return over the horizon; default ln 5.
        truncation: f64,
    },
    /// Student-t copula with Student-t marginals of their own.
    TCopula {
        /// Degrees of freedom of the copula, above 2.
        degrees_of_freedom: Option<f64>,
        /// What a lower fit, of the copula or of a marginal, is raised to.
        degrees_of_freedom_min: Option<f64>,
        /// Degrees of freedom of each factor's marginal, by factor name; others fitted.
        marginals: Vec<(String, f64)>,
        /// Bound on a factor's log-return over the horizon; default ln 5.
        truncation: f64,
    },
    /// Diffusion with common and own lognormal jumps (Merton 1976).
    Merton {
        /// Common jumps; `None`: fitted.
        common: Option<JumpSettings>,
        /// Own jumps of every spot factor; `None`: fitted.
        own: Option<JumpSettings>,
    },
    /// Historical bootstrap of whole dates in blocks.
    Bootstrap {
        /// Mean block length in observations (stationary bootstrap, Politis & Romano 1994).
        block_length: f64,
    },
    /// Filtered historical simulation: residual vectors of whole dates, rescaled by today's
    /// volatility (Barone-Adesi, Giannopoulos & Vosper 1999).
    FilteredHistorical {
        /// How residuals are standardised; `Ewma` or `Garch`.
        filter: VolatilitySettings,
    },
}

/// Jumps of a Merton process.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JumpSettings {
    /// Jumps a year.
    pub intensity: f64,
    /// Mean log jump.
    pub mean: f64,
    /// Standard deviation of the log jump.
    pub deviation: f64,
}

/// What the smile does when spot moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmileDynamics {
    /// Volatility is a function of `ln(K/F)`: the smile moves with spot.
    StickyDelta,
    /// Volatility is a function of the strike.
    StickyStrike,
}

/// How implied volatility moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VolatilityDynamics {
    /// Sticky delta or sticky strike.
    pub smile: SmileDynamics,
    /// Power p in the damping `(30 days / T)^p` of the volatility factor by time to expiry.
    pub damping_power: f64,
}

/// A volatility stated for a factor, instead of an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatedVolatility {
    /// Factor name, e.g. `BTC.spot` or `BTC.vol`.
    pub factor: String,
    /// Annual volatility of the factor's (log-)return, decimal.
    pub volatility: f64,
}

/// How factors move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSettings {
    /// The process and its parameters.
    pub process: ProcessSettings,
    /// Drift of spots.
    pub drift: Drift,
    /// How volatilities are estimated.
    pub volatility: VolatilitySettings,
    /// Stated volatilities, which win over estimates.
    pub stated_volatilities: Vec<StatedVolatility>,
    /// How correlations are estimated or stated.
    pub correlation: CorrelationSettings,
    /// What to do with an invalid matrix.
    pub not_positive_semidefinite: NotPositiveSemidefinite,
    /// How smiles move.
    pub volatility_dynamics: VolatilityDynamics,
    /// What is made worse than the history says; `None`: nothing.
    #[serde(default)]
    pub stressed: Option<StressedSettings>,
}

/// How much is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SimulationSettings {
    /// Length of the simulation.
    pub horizon: Years,
    /// Even steps inside the horizon; expiries add nodes.
    pub steps: u32,
    /// Paths; with `precision`, those after which it is looked at first.
    pub paths: u64,
    /// Half-width of the 95 % intervals of VaR and ES, as a fraction of the figure, at which the
    /// run stops.
    pub precision: Option<f64>,
    /// Most paths that `precision` may take.
    pub paths_max: u64,
    /// Seed of every draw.
    pub seed: u64,
    /// Log or simple returns.
    pub returns: ReturnKind,
    /// How positions are revalued.
    pub revaluation: Revaluation,
    /// How paths are drawn.
    #[serde(default)]
    pub sampling: SamplingSettings,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureSettings {
    /// Levels of VaR and ES, increasing.
    pub levels: Vec<ConfidenceLevel>,
    /// Level of contributions and incremental effects; one of `levels`.
    pub contribution_level: ConfidenceLevel,
    /// Worst paths reported.
    pub worst_paths: usize,
    /// ES by liquidity horizons; `None`: not measured.
    #[serde(default)]
    pub liquidity_horizons: Option<LiquidityHorizonSettings>,
}

/// A validated scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Name, used for output folders.
    pub name: String,
    /// Why it exists.
    pub description: String,
    /// How much is simulated.
    pub simulation: SimulationSettings,
    /// How factors move.
    pub model: ModelSettings,
    /// What is measured.
    pub measures: MeasureSettings,
    /// What happens on a path beyond the factors.
    #[serde(default)]
    pub events: EventSettings,
    /// The window of history that is replayed; `None`: paths are simulated.
    #[serde(default)]
    pub historical: Option<HistoricalSettings>,
    /// Stated moves; `None`: none are.
    #[serde(default)]
    pub shock: Option<ShockSettings>,
    /// A risk array; `None`: none is asked for.
    #[serde(default)]
    pub grid: Option<GridSettings>,
    /// What is searched for beside the simulation; `None`: nothing.
    #[serde(default)]
    pub reverse: Option<ReverseSettings>,
}

impl Scenario {
    /// Whether its moves are stated, not drawn: it has losses and no quantiles.
    pub fn is_stated(&self) -> bool {
        let stated = |shock: &ShockSettings| shock.result == ShockResult::Path;
        let is_shock = self.shock.as_ref().is_some_and(stated);
        self.historical.is_some() || is_shock || self.grid.is_some()
    }
}
