//! The fitted GARCH(1,1): parameters, errors, residuals and forecasts.

use nalgebra::{Cholesky, Matrix4};
use serde::{Deserialize, Serialize};

use super::ascent::{Ascent, Shape, Top, climb};
use super::likelihood::{Point, variances};
use crate::estimation::panel::{Gaps, Observed, observed};
use crate::estimation::{Estimate, EstimationError};

/// What the mean of the returns is taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GarchMean {
    /// Zero: usual for daily and shorter returns.
    Zero,
    /// A constant, estimated with the rest.
    Constant,
}

/// What to do with a fit whose `α + β ≥ 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrated {
    /// An error: there is no long-run variance.
    Refuse,
    /// Accept it; forecasts then grow without end.
    Allow,
}

/// How a GARCH is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GarchSettings {
    /// The mean.
    pub mean: GarchMean,
    /// Integrated fits.
    pub integrated: Integrated,
}

/// Parameters per observation interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GarchParameters {
    /// Mean return μ.
    pub mean: f64,
    /// Constant ω of the variance.
    pub omega: f64,
    /// Weight α of the last squared residual.
    pub alpha: f64,
    /// Weight β of the last variance.
    pub beta: f64,
}

/// Standard errors by three estimators; 0 for a mean that was fixed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GarchStandardErrors {
    /// From the inverse of the negative Hessian; right for normal residuals.
    pub hessian: GarchParameters,
    /// From the inverse of the scores' outer product.
    pub outer_product: GarchParameters,
    /// Sandwich of both (Bollerslev & Wooldridge 1992); right for residuals that are not normal.
    pub robust: GarchParameters,
}

/// A fitted GARCH(1,1).
#[derive(Debug, Clone, PartialEq)]
pub struct GarchFit {
    /// The parameters.
    pub parameters: GarchParameters,
    /// Their errors; `None` where a parameter is at its bound or the variance is constant.
    pub standard_errors: Option<GarchStandardErrors>,
    /// Log-likelihood at the maximum.
    pub log_likelihood: f64,
    /// Variance of each date's return given the past, `[date]`.
    pub variances: Vec<Option<f64>>,
    /// Residual over its standard deviation, `[date]`.
    pub residuals: Vec<Option<f64>>,
    /// Standard deviation of the next interval's return, with its error from the parameters'.
    pub next_volatility: Estimate,
    /// What the fit gave way to; empty where it found what it looked for.
    pub fallbacks: Vec<GarchFallback>,
}

/// What the fit of a GARCH gives way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GarchFallback {
    /// No better than a constant variance.
    ConstantVariance,
    /// Newton steps did not settle: a simplex search found the top.
    SimplexSearch,
}

/// Fewest observations a GARCH is fitted to.
pub const GARCH_OBSERVATIONS_MIN: usize = 100;
const WHAT: &str = "GARCH(1,1)";
const FLAT_NOTE: &str = "variance constant: omega and beta are not separately identified, so \
                         standard errors are not given";

/// Fits a GARCH(1,1) to what is observed of `returns`.
///
/// # Errors
/// Fewer than `GARCH_OBSERVATIONS_MIN` observations, values that are not finite, a constant
/// series, no maximum found, or `α + β ≥ 1` where that is refused.
pub fn fit_garch(
    returns: &[Option<f64>],
    settings: GarchSettings,
) -> Result<GarchFit, EstimationError> {
    let series = observed(WHAT, returns, GARCH_OBSERVATIONS_MIN)?;
    let scale = scale(&series.values)?;
    let unit: Vec<f64> = series.values.iter().map(|value| value / scale).collect();
    let (mean, open) = match settings.mean {
        GarchMean::Zero => (0.0, [false, true, true, true]),
        GarchMean::Constant => (unit.iter().sum::<f64>() / unit.len() as f64, [true; 4]),
    };
    let top = climb(&unit, mean, open)
        .map_err(|evaluations| EstimationError::NotConverged { what: WHAT, evaluations })?;
    let (alpha, beta) = (top.point[2], top.point[3]);
    if alpha + beta >= 1.0 && settings.integrated == Integrated::Refuse {
        return Err(EstimationError::Integrated { alpha, beta });
    }
    let mut notes = Gaps::of(returns).notes();
    notes.extend(top_notes(&top, open, alpha + beta));
    Ok(assemble(returns.len(), &series, &unit, scale, &top, open, notes))
}

/// Root mean square, to bring the returns to unit size.
fn scale(values: &[f64]) -> Result<f64, EstimationError> {
    let no_variation = || EstimationError::NoVariation { what: WHAT.to_owned() };
    let first = values.first().ok_or_else(no_variation)?;
    let squares: f64 = values.iter().map(|value| value * value).sum();
    let scale = (squares / values.len() as f64).sqrt();
    let varies = values.iter().any(|value| value != first);
    (varies && scale.is_normal()).then_some(scale).ok_or_else(no_variation)
}

/// What is particular about the top.
fn top_notes(top: &Top, open: [bool; 4], persistence: f64) -> Vec<String> {
    let mut notes = match top.shape {
        Shape::Ridge => vec![FLAT_NOTE.to_owned()],
        Shape::Peak => bound_notes(top, open),
    };
    if top.ascent == Ascent::Simplex {
        notes.push("Newton steps did not settle: found by a simplex search".to_owned());
    }
    if persistence >= 1.0 {
        notes.push(format!("alpha + beta = {persistence:.4}: variance has no long-run level"));
    }
    notes
}

fn fallbacks(top: &Top) -> Vec<GarchFallback> {
    let flat = (top.shape == Shape::Ridge).then_some(GarchFallback::ConstantVariance);
    let searched = (top.ascent == Ascent::Simplex).then_some(GarchFallback::SimplexSearch);
    flat.into_iter().chain(searched).collect()
}

fn bound_notes(top: &Top, open: [bool; 4]) -> Vec<String> {
    let names = ["mean", "omega", "alpha", "beta"];
    let held = (0..4).filter(|&index| open[index] && !top.free[index]);
    held.map(|index| format!("{} is at its bound, so standard errors are not given", names[index]))
        .collect()
}

fn assemble(
    length: usize,
    series: &Observed,
    unit: &[f64],
    scale: f64,
    top: &Top,
    open: [bool; 4],
    notes: Vec<String>,
) -> GarchFit {
    let (path, next) = variances(unit, &top.point);
    let mut dated_variances = vec![None; length];
    let mut residuals = vec![None; length];
    for ((&date, value), variance) in series.dates.iter().zip(unit).zip(&path) {
        dated_variances[date] = Some(variance * scale * scale);
        residuals[date] = Some((value - top.point[0]) / variance.sqrt());
    }
    let identified = top.free == open && top.shape == Shape::Peak;
    let covariances = identified.then(|| Covariances::of(top)).flatten();
    let next_error = covariances.as_ref().map(|covariances| {
        let slope = top.likelihood.next_variance_gradient;
        let variance = quadratic(&covariances.robust, &slope);
        scale * variance.sqrt() / (2.0 * next.sqrt())
    });
    GarchFit {
        parameters: rescaled(&top.point, scale),
        standard_errors: covariances.map(|covariances| covariances.standard_errors(scale)),
        log_likelihood: top.likelihood.value - unit.len() as f64 * libm::log(scale),
        variances: dated_variances,
        residuals,
        next_volatility: Estimate {
            value: scale * next.sqrt(),
            standard_error: next_error,
            observations: unit.len(),
            notes,
        },
        fallbacks: fallbacks(top),
    }
}

fn rescaled(point: &Point, scale: f64) -> GarchParameters {
    GarchParameters {
        mean: point[0] * scale,
        omega: point[1] * scale * scale,
        alpha: point[2],
        beta: point[3],
    }
}

fn quadratic(matrix: &Matrix4<f64>, vector: &Point) -> f64 {
    let row = |i: usize| (0..4).map(|j| matrix[(i, j)] * vector[j]).sum::<f64>();
    (0..4).map(|i| vector[i] * row(i)).sum()
}

/// Matrix product in index order.
fn product(left: &Matrix4<f64>, right: &Matrix4<f64>) -> Matrix4<f64> {
    Matrix4::from_fn(|i, j| (0..4).map(|k| left[(i, k)] * right[(k, j)]).sum())
}

/// Covariance matrices of the parameters by three estimators, zero for fixed ones.
struct Covariances {
    hessian: Matrix4<f64>,
    outer_product: Matrix4<f64>,
    robust: Matrix4<f64>,
}

impl Covariances {
    fn of(top: &Top) -> Option<Self> {
        let outer = top.likelihood.outer_product;
        let hessian = inverse(&-top.likelihood.hessian, top.free)?;
        let robust = product(&product(&hessian, &masked(&outer, top.free, 0.0)), &hessian);
        Some(Self { hessian, outer_product: inverse(&outer, top.free)?, robust })
    }

    fn standard_errors(&self, scale: f64) -> GarchStandardErrors {
        let roots = |matrix: &Matrix4<f64>| {
            rescaled(&Point::from_fn(|i, _| matrix[(i, i)].max(0.0).sqrt()), scale)
        };
        GarchStandardErrors {
            hessian: roots(&self.hessian),
            outer_product: roots(&self.outer_product),
            robust: roots(&self.robust),
        }
    }
}

/// `matrix` with rows and columns of fixed parameters cleared but for the diagonal.
fn masked(matrix: &Matrix4<f64>, free: [bool; 4], diagonal: f64) -> Matrix4<f64> {
    Matrix4::from_fn(|i, j| match (free[i] && free[j], i == j) {
        (true, _) => matrix[(i, j)],
        (false, true) => diagonal,
        (false, false) => 0.0,
    })
}

fn inverse(matrix: &Matrix4<f64>, free: [bool; 4]) -> Option<Matrix4<f64>> {
    let inverse = Cholesky::new(masked(matrix, free, 1.0))?.inverse();
    Some(masked(&inverse, free, 0.0))
}

impl GarchFit {
    /// `α + β`: the share of a variance shock that is left after one interval.
    pub fn persistence(&self) -> f64 {
        self.parameters.alpha + self.parameters.beta
    }

    /// `ω / (1 − α − β)`; `None` where that is not positive.
    pub fn long_run_variance(&self) -> Option<f64> {
        let rest = 1.0 - self.persistence();
        (rest > 0.0).then(|| self.parameters.omega / rest)
    }

    /// Variance of the next interval's return.
    pub fn next_variance(&self) -> f64 {
        self.next_volatility.value * self.next_volatility.value
    }

    /// Expected variances of the next `intervals` returns, `h_{k+1} = ω + (α+β) h_k`.
    pub fn variance_forecast(&self, intervals: usize) -> Vec<f64> {
        let mut variance = self.next_variance();
        let mut forecast = Vec::with_capacity(intervals);
        for _ in 0..intervals {
            forecast.push(variance);
            variance = self.parameters.omega + self.persistence() * variance;
        }
        forecast
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};
    use rand_distr::{Distribution, StandardNormal, StudentT};

    use super::*;

    const SETTINGS: GarchSettings =
        GarchSettings { mean: GarchMean::Constant, integrated: Integrated::Allow };

    /// A GARCH path with residuals drawn by `residual`.
    fn path(
        parameters: GarchParameters,
        count: usize,
        mut residual: impl FnMut() -> f64,
    ) -> Vec<Option<f64>> {
        let GarchParameters { mean, omega, alpha, beta } = parameters;
        let mut variance = omega / (1.0 - alpha - beta);
        let mut returns = Vec::new();
        for _ in 0..count {
            let shock = variance.sqrt() * residual();
            returns.push(Some(mean + shock));
            variance = omega + alpha * shock * shock + beta * variance;
        }
        returns
    }

    #[test]
    fn recovers_simulated_parameters_within_four_standard_errors() {
        let truth = GarchParameters { mean: 5e-4, omega: 4e-5, alpha: 0.09, beta: 0.88 };
        let mut random = StdRng::seed_from_u64(1);
        let returns = path(truth, 20_000, || StandardNormal.sample(&mut random));
        let fit = fit_garch(&returns, SETTINGS).unwrap();
        let (found, errors) = (fit.parameters, fit.standard_errors.unwrap().hessian);
        let near = |found: f64, truth: f64, error: f64| {
            assert!((found - truth).abs() < 4.0 * error, "{found} {truth} {error}");
            assert!(error > 0.0 && error < 0.5 * truth, "{error} {truth}");
        };
        near(found.mean, truth.mean, errors.mean);
        near(found.omega, truth.omega, errors.omega);
        near(found.alpha, truth.alpha, errors.alpha);
        near(found.beta, truth.beta, errors.beta);
        let long_run = truth.omega / (1.0 - truth.alpha - truth.beta);
        assert!((fit.long_run_variance().unwrap() / long_run - 1.0).abs() < 0.2);
    }

    /// Returns of every awkward kind: short, heavy-tailed, with jumps, without any clustering.
    fn awkward(kind: u64, random: &mut StdRng) -> Vec<Option<f64>> {
        let parameters = match kind % 3 {
            0 => GarchParameters { mean: 0.0, omega: 1e-3, alpha: 0.0, beta: 0.0 },
            1 => GarchParameters { mean: 1e-3, omega: 1e-5, alpha: 0.3, beta: 0.69 },
            _ => GarchParameters { mean: 0.0, omega: 2e-4, alpha: 0.05, beta: 0.5 },
        };
        let t = StudentT::new(3.0).unwrap();
        let count = 100 + 300 * (kind as usize % 5);
        path(parameters, count, || {
            let calm: f64 = if kind.is_multiple_of(2) {
                StandardNormal.sample(random)
            } else {
                t.sample(random) / 3.0_f64.sqrt()
            };
            if kind % 7 < 2 && kind % 3 != 1 && random.random_bool(0.01) {
                calm + 12.0
            } else {
                calm
            }
        })
    }

    #[test]
    fn awkward_returns_have_a_maximum_no_lower_than_anything_around() {
        for kind in 0..210 {
            let mut random = StdRng::seed_from_u64(1000 + kind);
            let returns = awkward(kind, &mut random);
            let fit =
                fit_garch(&returns, SETTINGS).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert!(fit.parameters.alpha >= 0.0 && fit.parameters.beta >= 0.0);
            assert!(fit.next_volatility.value > 0.0 && fit.next_volatility.value.is_finite());
            let values: Vec<f64> = returns.iter().flatten().copied().collect();
            let GarchParameters { mean, omega, alpha, beta } = fit.parameters;
            for factor in [0.9, 1.1] {
                for index in 0..4 {
                    let mut point = Point::new(mean, omega, alpha, beta);
                    point[index] *= factor;
                    if point[2] > 2.0 {
                        continue; // beyond alpha's bound
                    }
                    let around = super::super::likelihood::value(&values, &point);
                    let gain = around - fit.log_likelihood;
                    assert!(gain <= 1e-4, "{kind} {index} {gain} {:?}", fit.parameters);
                }
            }
        }
    }

    #[test]
    fn forecasts_return_to_the_long_run() {
        let mut random = StdRng::seed_from_u64(3);
        let truth = GarchParameters { mean: 0.0, omega: 4e-5, alpha: 0.1, beta: 0.85 };
        let returns = path(truth, 2000, || StandardNormal.sample(&mut random));
        let fit = fit_garch(&returns, SETTINGS).unwrap();
        let forecast = fit.variance_forecast(400);
        assert_eq!(forecast[0], fit.next_variance());
        let long_run = fit.long_run_variance().unwrap();
        assert!((forecast[399] / long_run - 1.0).abs() < 1e-4);
        let last = returns.len() - 1;
        let shock = returns[last].unwrap() - fit.parameters.mean;
        let next = fit.parameters.omega
            + fit.parameters.alpha * shock * shock
            + fit.parameters.beta * fit.variances[last].unwrap();
        assert!((fit.next_variance() / next - 1.0).abs() < 1e-12);
    }

    #[test]
    fn integrated_fits_are_refused_unless_allowed() {
        // Variance that only ever grows: no long-run level.
        let returns: Vec<Option<f64>> = (0..400)
            .map(|t| Some(libm::exp(t as f64 / 60.0) * if t % 2 == 0 { 1.0 } else { -1.1 }))
            .collect();
        let refuse = GarchSettings { mean: GarchMean::Zero, integrated: Integrated::Refuse };
        let refused = fit_garch(&returns, refuse);
        assert!(matches!(refused, Err(EstimationError::Integrated { .. })), "{refused:?}");
        let allowed = fit_garch(&returns, SETTINGS).unwrap();
        assert!(allowed.persistence() >= 1.0 && allowed.long_run_variance().is_none());
        assert!(allowed.next_volatility.notes.iter().any(|note| note.contains("no long-run")));
    }

    /// Newton steps do not settle on the series of seed 19.
    #[test]
    fn constant_variance_is_a_fit_that_says_so() {
        for (seed, is_searched) in [(1, false), (2, false), (19, true)] {
            let mut random = StdRng::seed_from_u64(seed);
            let shocks: Vec<f64> = (0..250).map(|_| StandardNormal.sample(&mut random)).collect();
            let returns: Vec<Option<f64>> = shocks.iter().map(|shock| Some(0.02 * shock)).collect();
            let fit = fit_garch(&returns, SETTINGS).unwrap();
            let notes = fit.next_volatility.notes.join("; ");
            assert!(notes.contains("variance constant"), "{seed}: {notes}");
            assert_eq!(notes.contains("simplex"), is_searched, "{seed}: {notes}");
            assert_eq!((fit.standard_errors, fit.next_volatility.standard_error), (None, None));
            let mean = shocks.iter().sum::<f64>() / 250.0;
            let squares: f64 = shocks.iter().map(|shock| (shock - mean) * (shock - mean)).sum();
            let variance = 0.02 * 0.02 * squares / 250.0;
            let next = fit.next_volatility.value * fit.next_volatility.value;
            assert!((next / variance - 1.0).abs() < 0.01, "{seed}: {next} {variance}");
        }
    }

    #[test]
    fn gaps_and_short_series() {
        let mut random = StdRng::seed_from_u64(4);
        let truth = GarchParameters { mean: 0.0, omega: 4e-5, alpha: 0.1, beta: 0.85 };
        let mut returns = path(truth, 300, || StandardNormal.sample(&mut random));
        returns[..50].fill(None);
        returns[100] = None;
        let fit = fit_garch(&returns, SETTINGS).unwrap();
        assert_eq!(fit.residuals.iter().flatten().count(), 249);
        assert_eq!((fit.residuals[49], fit.residuals[100]), (None, None));
        assert!(fit.next_volatility.notes.len() >= 2, "{:?}", fit.next_volatility.notes);
        assert!(matches!(
            fit_garch(&returns[..120], SETTINGS),
            Err(EstimationError::TooFewObservations { found: 69, needed: 100, .. })
        ));
    }
}
