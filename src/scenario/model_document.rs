//! How factors move, as a scenario document says it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::correlation_document::CorrelationDocument;
use super::correlation_document::correlation;
use super::document::ScenarioDocument;
use super::settings::{
    Drift, JumpSettings, ModelSettings, NotPositiveSemidefinite, ProcessSettings, SmileDynamics,
    StatedVolatility, VolatilityDynamics, VolatilitySettings,
};
use super::stressed_document::stressed;
pub use super::stressed_document::{StressWindowDocument, StressedDocument};
use crate::document::{
    FactorName, Loader, NonNegative, NonNegativeRate, Number, Parsed, Positive, Rate, SymbolName,
    Violation, ViolationCollector, Violations,
};

/// How factors move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelDocument {
    /// The process and its parameters; those left out are fitted to the history.
    pub process: ProcessDocument,
    /// Drift of spot prices.
    pub drift: DriftDocument,
    /// How volatilities are estimated from the history.
    pub volatility: VolatilityDocument,
    /// Annual volatilities stated by factor, which win over estimates, e.g. `"BTC.spot" = "60%"`.
    pub stated_volatility: BTreeMap<FactorName, NonNegativeRate>,
    /// How correlations are estimated, or what they are.
    pub correlation: CorrelationDocument,
    /// What to do with a correlation matrix that is not positive semidefinite.
    pub not_positive_semidefinite: NotPositiveSemidefiniteDocument,
    /// What the smile does when spot moves.
    pub smile: SmileDynamics,
    /// Power p in the damping `(30 days / T)^p` of the move of implied volatility by time to
    /// expiry T.
    #[schemars(range(max = 2))]
    pub damping_power: NonNegative,
    /// What is made worse than the history says: a stress window, correlations toward one, fat
    /// tails, higher volatilities.
    pub stressed: Option<StressedDocument>,
}

impl Default for ModelDocument {
    fn default() -> Self {
        Self {
            process: ProcessDocument::Gbm {},
            drift: DriftDocument::Martingale,
            volatility: VolatilityDocument::Sample { window: None },
            stated_volatility: BTreeMap::new(),
            correlation: CorrelationDocument::Sample { window: None },
            not_positive_semidefinite: NotPositiveSemidefiniteDocument::Reject,
            smile: SmileDynamics::StickyDelta,
            damping_power: NonNegative::new(0.5).expect("0.5 is not negative"),
            stressed: None,
        }
    }
}

/// The process the factors follow; `type` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProcessDocument {
    /// Correlated geometric Brownian motion.
    Gbm {},
    /// Multivariate Student-t: one mixing variable for all factors.
    StudentT {
        /// Degrees of freedom; fitted when left out.
        #[schemars(extend("exclusiveMinimum" = 2), range(max = 10_000))]
        degrees_of_freedom: Option<Number>,
        /// What a fit is raised to where it is lower, above 2. Left out: a fit of 2 or lower, whose
        /// variance is infinite, is refused. Returns have the volatility estimated whatever the degrees
        /// of freedom: the nearer these are to 2, the more of it is far out and the less near the middle.
        #[schemars(extend("exclusiveMinimum" = 2), range(max = 10_000))]
        degrees_of_freedom_min: Option<Number>,
        /// Bound on a factor's log-return over the horizon.
        #[serde(default = "log_five")]
        #[schemars(range(max = 20))]
        truncation: Positive,
    },
    /// Student-t copula with Student-t marginals of their own.
    TCopula {
        /// Degrees of freedom of the copula; fitted when left out.
        #[schemars(extend("exclusiveMinimum" = 2), range(max = 10_000))]
        degrees_of_freedom: Option<Number>,
        /// What a fit, of the copula or of a marginal, is raised to where it is lower, above 2. Left
        /// out: a fit of 2 or lower, whose variance is infinite, is refused. Returns have the
        /// volatility estimated whatever the degrees of freedom: the nearer these are to 2, the more
        /// of it is far out and the less near the middle.
        #[schemars(extend("exclusiveMinimum" = 2), range(max = 10_000))]
        degrees_of_freedom_min: Option<Number>,
        /// Degrees of freedom of each factor's marginal, above 2; others are fitted.
        #[serde(default)]
        marginals: BTreeMap<FactorName, MarginalFreedom>,
        /// Bound on a factor's log-return over the horizon.
        #[serde(default = "log_five")]
        #[schemars(range(max = 20))]
        truncation: Positive,
    },
    /// Diffusion with common and own lognormal jumps (Merton 1976).
    Merton {
        /// Jumps that move every spot factor at once; fitted when left out.
        common: Option<JumpDocument>,
        /// Own jumps of every spot factor; fitted when left out.
        own: Option<JumpDocument>,
    },
    /// Historical bootstrap of whole dates in blocks (Politis & Romano 1994).
    Bootstrap {
        /// Mean length of a block, in observations.
        #[serde(default = "default_block_length")]
        #[schemars(range(min = 1, max = 1_000))]
        block_length: Positive,
    },
    /// Filtered historical simulation: residuals of whole dates, rescaled by today's volatility
    /// (Barone-Adesi, Giannopoulos & Vosper 1999).
    FilteredHistorical {
        /// How residuals are standardised.
        filter: FilterDocument,
    },
}

/// Degrees of freedom of a marginal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MarginalFreedom(
    #[schemars(extend("exclusiveMinimum" = 2), range(max = 10_000))] pub Number,
);

/// Lognormal jumps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JumpDocument {
    /// Jumps a year.
    #[schemars(range(max = 10_000))]
    pub intensity: NonNegative,
    /// Mean log jump, e.g. `-0.08`.
    pub mean: Rate,
    /// Standard deviation of the log jump.
    pub deviation: NonNegativeRate,
}

/// Drift of spot prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DriftDocument {
    /// The mean of the price is its forward: no view.
    Martingale,
    /// The mean of the price is today's price.
    Zero,
    /// Annual drift of the mean, by asset; the others follow their forward.
    Annual(BTreeMap<SymbolName, Rate>),
}

/// How volatilities are estimated; `estimator` names it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "estimator", rename_all = "snake_case", deny_unknown_fields)]
pub enum VolatilityDocument {
    /// Sample standard deviation.
    Sample {
        /// Latest observations used; all when left out.
        #[schemars(range(min = 2))]
        window: Option<usize>,
    },
    /// Exponentially weighted, zero mean.
    Ewma {
        /// Half-life in observations.
        half_life: Positive,
    },
    /// GARCH(1,1) by maximum likelihood, forecast for the next interval.
    Garch {
        /// Accept alpha + beta of one and above.
        #[serde(default)]
        allow_integrated: bool,
    },
}

/// How residuals are standardised; `estimator` names it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "estimator", rename_all = "snake_case", deny_unknown_fields)]
pub enum FilterDocument {
    /// By an exponentially weighted volatility.
    Ewma {
        /// Half-life in observations.
        half_life: Positive,
    },
    /// By a GARCH(1,1) volatility.
    Garch {
        /// Accept alpha + beta of one and above.
        #[serde(default)]
        allow_integrated: bool,
    },
}

/// What to do with a correlation matrix that is not positive semidefinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NotPositiveSemidefiniteDocument {
    /// Refuse it, naming its smallest eigenvalue.
    Reject,
    /// Replace it by the nearest correlation matrix (Higham 2002); the distance is reported.
    ProjectToNearest {
        /// Largest accepted distance (Frobenius norm).
        distance_max: Positive,
    },
}

fn log_five() -> Positive {
    Positive::new(libm::log(5.0)).expect("ln 5 is positive")
}

fn default_block_length() -> Positive {
    Positive::new(5.0).expect("5 is positive")
}

/// The model settings of a scenario document.
pub(super) fn model(
    parsed: &Parsed<ScenarioDocument>,
    loader: &Loader,
) -> Result<ModelSettings, Violations> {
    read_model(&parsed.part("model", parsed.value.model.clone()), loader)
}

/// The settings of a table of a model, wherever it stands.
///
/// # Errors
/// Every violation of the correlation matrix and of what is stressed.
pub fn read_model(
    parsed: &Parsed<ModelDocument>,
    loader: &Loader,
) -> Result<ModelSettings, Violations> {
    let document = &parsed.value;
    let stated = document.stated_volatility.iter();
    let mut collector = ViolationCollector::default();
    let correlation = collector.absorb(correlation(parsed, loader));
    let stressed = collector.absorb(stressed(parsed));
    collector.absorb(least_is_of_a_fit(parsed));
    let settings = correlation.zip(stressed).map(|(correlation, stressed)| ModelSettings {
        correlation,
        stressed,
        process: process(&document.process),
        drift: drift(&document.drift),
        volatility: volatility(document.volatility),
        stated_volatilities: stated
            .map(|(factor, volatility)| StatedVolatility {
                factor: factor.to_string(),
                volatility: volatility.get(),
            })
            .collect(),
        not_positive_semidefinite: not_positive_semidefinite(document.not_positive_semidefinite),
        volatility_dynamics: VolatilityDynamics {
            smile: document.smile,
            damping_power: document.damping_power.get(),
        },
    });
    collector.finish_some(settings)
}

/// Stated degrees of freedom are not fitted: nothing of them is raised.
fn least_is_of_a_fit(parsed: &Parsed<ModelDocument>) -> Result<(), Violations> {
    let ProcessDocument::StudentT {
        degrees_of_freedom: Some(_),
        degrees_of_freedom_min: Some(_),
        ..
    } = parsed.value.process
    else {
        return Ok(());
    };
    let place = parsed.places.at("process.degrees_of_freedom_min");
    let fault =
        Violation::new(place, "stated degrees of freedom are not fitted: nothing is raised");
    Err(fault.help("remove this key or `degrees_of_freedom`").into())
}

fn process(document: &ProcessDocument) -> ProcessSettings {
    match document {
        ProcessDocument::Gbm {} => ProcessSettings::Gbm,
        ProcessDocument::StudentT { degrees_of_freedom, degrees_of_freedom_min, truncation } => {
            ProcessSettings::StudentT {
                degrees_of_freedom: degrees_of_freedom.map(Number::get),
                degrees_of_freedom_min: degrees_of_freedom_min.map(Number::get),
                truncation: truncation.get(),
            }
        }
        ProcessDocument::TCopula {
            degrees_of_freedom,
            degrees_of_freedom_min,
            marginals,
            truncation,
        } => ProcessSettings::TCopula {
            degrees_of_freedom: degrees_of_freedom.map(Number::get),
            degrees_of_freedom_min: degrees_of_freedom_min.map(Number::get),
            marginals: marginals
                .iter()
                .map(|(factor, freedom)| (factor.to_string(), freedom.0.get()))
                .collect(),
            truncation: truncation.get(),
        },
        ProcessDocument::Merton { common, own } => {
            ProcessSettings::Merton { common: common.map(jumps), own: own.map(jumps) }
        }
        ProcessDocument::Bootstrap { block_length } => {
            ProcessSettings::Bootstrap { block_length: block_length.get() }
        }
        ProcessDocument::FilteredHistorical { filter } => {
            ProcessSettings::FilteredHistorical { filter: filter_settings(*filter) }
        }
    }
}

fn jumps(document: JumpDocument) -> JumpSettings {
    JumpSettings {
        intensity: document.intensity.get(),
        mean: document.mean.get(),
        deviation: document.deviation.get(),
    }
}

fn drift(document: &DriftDocument) -> Drift {
    match document {
        DriftDocument::Martingale => Drift::Martingale,
        DriftDocument::Zero => Drift::Zero,
        DriftDocument::Annual(rates) => {
            let rate = |(asset, rate): (&SymbolName, &Rate)| (asset.symbol(), rate.get());
            Drift::Annual(rates.iter().map(rate).collect())
        }
    }
}

fn volatility(document: VolatilityDocument) -> VolatilitySettings {
    match document {
        VolatilityDocument::Sample { window } => VolatilitySettings::Sample { window },
        VolatilityDocument::Ewma { half_life } => {
            VolatilitySettings::Ewma { half_life: half_life.get() }
        }
        VolatilityDocument::Garch { allow_integrated } => {
            VolatilitySettings::Garch { allow_integrated }
        }
    }
}

fn filter_settings(document: FilterDocument) -> VolatilitySettings {
    match document {
        FilterDocument::Ewma { half_life } => {
            VolatilitySettings::Ewma { half_life: half_life.get() }
        }
        FilterDocument::Garch { allow_integrated } => {
            VolatilitySettings::Garch { allow_integrated }
        }
    }
}

fn not_positive_semidefinite(document: NotPositiveSemidefiniteDocument) -> NotPositiveSemidefinite {
    match document {
        NotPositiveSemidefiniteDocument::Reject => NotPositiveSemidefinite::Reject,
        NotPositiveSemidefiniteDocument::ProjectToNearest { distance_max } => {
            NotPositiveSemidefinite::ProjectToNearest { distance_max: distance_max.get() }
        }
    }
}
