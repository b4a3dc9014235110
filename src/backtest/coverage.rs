//! Every test of one model at one level, with p-values and power from replicates.
//!
//! Limits by chi-square are poor where few exceptions are expected, and the law of Z1 and Z2 has no
//! closed form: the p-value told is the share of replicates under the model that speak against it
//! at least as loudly. Power is the share of replicates of a stated alternative beyond the 5 %
//! critical value of the model's own replicates.

use super::christoffersen::Christoffersen;
use super::dynamic_quantile::DynamicQuantile;
use super::exceptions::{self, Exceptions, Forecast};
use super::kupiec::Kupiec;
use super::replicates::{Alternative, FIGURES, Figures, Setting};
use super::score::fissler_ziegel;
use super::time_between::TimeBetween;
use super::traffic_light::TrafficLight;
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::units::ConfidenceLevel;

/// Replicates under the model; p-values are multiples of one over this and one.
pub const REPLICATES: usize = 9_999;
/// Replicates of each alternative: power is known to ±2 points.
const ALTERNATIVE_REPLICATES: usize = 2_000;
/// Earlier periods among the regressors of the dynamic quantile test.
const LAGS: usize = 4;
/// Share of right models that a critical value rejects.
const SIZE: f64 = 0.05;

/// A test with replicated p-value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageTestKind {
    /// Number of exceptions (Kupiec).
    Number,
    /// An exception does not follow another (Christoffersen).
    Independence,
    /// Both together (Christoffersen).
    ConditionalCoverage,
    /// Nothing known before tells an exception (Engle and Manganelli), four lags and VaR.
    DynamicQuantile,
    /// Size of losses beyond VaR (Acerbi and Szekely's Z1).
    Depth,
    /// Number and size together (Acerbi and Szekely's Z2).
    NumberAndDepth,
}

impl CoverageTestKind {
    /// All, in the order of reports.
    pub const ALL: [Self; FIGURES] = [
        Self::Number,
        Self::Independence,
        Self::ConditionalCoverage,
        Self::DynamicQuantile,
        Self::Depth,
        Self::NumberAndDepth,
    ];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "Kupiec",
            Self::Independence => "Christoffersen, independence",
            Self::ConditionalCoverage => "Christoffersen, conditional coverage",
            Self::DynamicQuantile => "dynamic quantile",
            Self::Depth => "Acerbi-Szekely Z1",
            Self::NumberAndDepth => "Acerbi-Szekely Z2",
        }
    }

    /// Whether small statistics speak against the model.
    fn rejects_low(self) -> bool {
        matches!(self, Self::Depth | Self::NumberAndDepth)
    }
}

/// One test of one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoverageTest {
    /// Which.
    pub kind: CoverageTestKind,
    /// The statistic, in the test's own sign.
    pub statistic: f64,
    /// Probability of a statistic as far from the model under the limit law, where there is one.
    pub limit_p_value: Option<f64>,
    /// The same under the model's own replicates.
    pub p_value: f64,
    /// The statistic from which 5 % of right models are rejected.
    pub critical_value: f64,
    /// Share of models wrong in each way of [`Alternative::ALL`] that are rejected at 5 %.
    pub power: [f64; 3],
}

/// Every test of one model at one level.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverageTests {
    /// Periods.
    pub observations: usize,
    /// Periods with an exception, from 0.
    pub exceptions: Vec<usize>,
    /// Exceptions that the level promises.
    pub expected: f64,
    /// Number of exceptions.
    pub kupiec: Kupiec,
    /// What followed what.
    pub christoffersen: Christoffersen,
    /// Gaps between exceptions.
    pub time_between: TimeBetween,
    /// Basel's zones.
    pub traffic_light: TrafficLight,
    /// Tests with replicated p-values; those of ES absent where some ES is not above zero, Z1 too
    /// where nothing exceeded VaR.
    pub tests: Vec<CoverageTest>,
    /// Mean joint score of VaR and ES, less is better; absent where some ES is not above zero.
    pub mean_score: Option<f64>,
}

/// All tests of `forecasts` at `level`; `tails` holds all simulated losses beyond VaR by period.
///
/// # Panics
/// If there are not as many tails as forecasts.
pub fn coverage(
    forecasts: &[Forecast],
    tails: &[Vec<f64>],
    level: ConfidenceLevel,
    seed: u64,
) -> CoverageTests {
    assert_eq!(forecasts.len(), tails.len(), "a tail for every forecast");
    let (tail, observations) = (level.tail(), forecasts.len());
    let periods = exceptions::periods(forecasts);
    let found = Exceptions { periods: &periods, observations };
    CoverageTests {
        observations,
        expected: observations as f64 * tail,
        kupiec: Kupiec::new(observations, periods.len(), tail),
        christoffersen: Christoffersen::new(&found, tail),
        time_between: TimeBetween::new(&found, tail),
        traffic_light: TrafficLight::new(observations, periods.len(), tail),
        tests: replicated(forecasts, tails, &periods, tail, seed),
        mean_score: mean_score(forecasts, level),
        exceptions: periods,
    }
}

fn replicated(
    forecasts: &[Forecast],
    tails: &[Vec<f64>],
    periods: &[usize],
    tail: f64,
    seed: u64,
) -> Vec<CoverageTest> {
    let values: Vec<f64> = forecasts.iter().map(|forecast| forecast.value_at_risk).collect();
    let dynamic = DynamicQuantile::with_value_at_risk(&values, LAGS, tail);
    let has_depth = forecasts.iter().all(|forecast| forecast.expected_shortfall > 0.0);
    let ratios = if has_depth { ratios(forecasts, tails) } else { Vec::new() };
    let setting =
        Setting { tail, ratios: &ratios, observations: forecasts.len(), dynamic: &dynamic };
    let ratio = |&period: &usize| forecasts[period].loss / forecasts[period].expected_shortfall;
    let realised: Vec<f64> =
        if has_depth { periods.iter().map(ratio).collect() } else { Vec::new() };
    let observed = setting.figures(periods, &realised);
    let streams = Streams::new(seed, InstructionSet::detect());
    let under_model = setting.replicates(None, REPLICATES, &streams);
    let wrong = Alternative::ALL
        .map(|alternative| setting.replicates(Some(alternative), ALTERNATIVE_REPLICATES, &streams));
    let limits = limits(&setting, periods);
    let tests = CoverageTestKind::ALL.into_iter().enumerate().map(|(index, kind)| {
        let law = Law { index, under_model: &under_model, wrong: &wrong };
        law.test(kind, observed[index], limits[index])
    });
    let defined = |test: &CoverageTest| {
        let of_depth = test.kind.rejects_low();
        !of_depth || (has_depth && test.statistic.is_finite() && test.critical_value.is_finite())
    };
    tests.filter(defined).collect()
}

/// Simulated losses beyond VaR over ES.
fn ratios(forecasts: &[Forecast], tails: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let over = |(forecast, tail): (&Forecast, &Vec<f64>)| {
        tail.iter().map(|loss| loss / forecast.expected_shortfall).collect()
    };
    forecasts.iter().zip(tails).map(over).collect()
}

fn limits(setting: &Setting, periods: &[usize]) -> [Option<f64>; FIGURES] {
    let found = Exceptions { periods, observations: setting.observations };
    let kupiec = Kupiec::new(found.observations, found.count(), setting.tail);
    let christoffersen = Christoffersen::new(&found, setting.tail);
    let dynamic = setting.dynamic.test(&found);
    [
        Some(kupiec.ratio.p_value),
        Some(christoffersen.independence.p_value),
        Some(christoffersen.conditional.p_value),
        dynamic.map(|test| test.p_value),
        None,
        None,
    ]
}

/// The law of one figure under the model and under alternatives.
struct Law<'a> {
    index: usize,
    under_model: &'a [Figures],
    wrong: &'a [Vec<Figures>; 3],
}

impl Law<'_> {
    fn test(&self, kind: CoverageTestKind, observed: f64, limit: Option<f64>) -> CoverageTest {
        let sign = if kind.rejects_low() { -1.0 } else { 1.0 };
        // Equal figures of different replicates differ by rounding.
        let reached = observed - 1e-9 * observed.abs().max(1e-3);
        let louder = self.under_model.iter().filter(|one| one[self.index] >= reached).count();
        let critical = self.critical();
        let beyond = |replicates: &Vec<Figures>| {
            let rejected = replicates.iter().filter(|one| one[self.index] > critical).count();
            rejected as f64 / replicates.len() as f64
        };
        CoverageTest {
            kind,
            statistic: sign * observed,
            limit_p_value: limit,
            p_value: (louder + 1) as f64 / (self.under_model.len() + 1) as f64,
            critical_value: sign * critical,
            power: [beyond(&self.wrong[0]), beyond(&self.wrong[1]), beyond(&self.wrong[2])],
        }
    }

    /// The figure that at most 5 % of replicates exceed.
    fn critical(&self) -> f64 {
        let mut figures: Vec<f64> = self.under_model.iter().map(|one| one[self.index]).collect();
        figures.sort_by(f64::total_cmp);
        let kept = libm::ceil((1.0 - SIZE) * figures.len() as f64) as usize;
        figures[kept - 1]
    }
}

fn mean_score(forecasts: &[Forecast], level: ConfidenceLevel) -> Option<f64> {
    let scores: Option<Vec<f64>> =
        forecasts.iter().map(|forecast| fissler_ziegel(forecast, level)).collect();
    let scores = scores.filter(|scores| !scores.is_empty())?;
    Some(scores.iter().sum::<f64>() / scores.len() as f64)
}
