//! VaR and ES in closed form: cross-checks of a simulation, and other systems' estimators.
//!
//! Flows in: moments, or a sample to take them from. Flows out: loss figures without Monte Carlo
//! error. Elliptical losses are exact for linear books; the modified figures are expansions that
//! hold near the normal only.

use super::RiskError;
use super::sample::refuse_unmeasurable;
use crate::numeric::special::{normal_pdf, normal_quantile, student_t_pdf, student_t_quantile};
use crate::units::ConfidenceLevel;

/// VaR and ES of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailFigures {
    /// Loss exceeded with probability 1 − level.
    pub value_at_risk: f64,
    /// Mean loss beyond it.
    pub expected_shortfall: f64,
}

/// Normal losses: `μ + σz`, `μ + σφ(z)/(1−α)`.
pub fn normal_tail(mean_loss: f64, deviation: f64, level: ConfidenceLevel) -> TailFigures {
    let z = normal_quantile(level.get());
    TailFigures {
        value_at_risk: mean_loss + deviation * z,
        expected_shortfall: mean_loss + deviation * normal_pdf(z) / level.tail(),
    }
}

/// Losses `μ + scale·t_ν`, ν > 1: `ES = μ + scale·f(t)/(1−α)·(ν + t²)/(ν − 1)` (McNeil, Frey &
/// Embrechts 2015, §2.3.4). For a given standard deviation σ the scale is `σ√((ν−2)/ν)`.
pub fn student_t_tail(
    mean_loss: f64,
    scale: f64,
    degrees: f64,
    level: ConfidenceLevel,
) -> TailFigures {
    let t = student_t_quantile(level.get(), degrees);
    let beyond = student_t_pdf(t, degrees) / level.tail() * (degrees + t * t) / (degrees - 1.0);
    TailFigures {
        value_at_risk: mean_loss + scale * t,
        expected_shortfall: mean_loss + scale * beyond,
    }
}

/// Each exposure's share of a linear book's standard deviation, `e_i(Σe)_i/√(e'Σe)`, for
/// `covariance` row-major: components of VaR and ES are these times `z` or `φ(z)/(1−α)`.
///
/// Zeros where nothing moves.
///
/// # Errors
/// [`RiskError::Shape`] where the matrix is not square in the exposures.
pub fn deviation_components(exposures: &[f64], covariance: &[f64]) -> Result<Vec<f64>, RiskError> {
    let (paths, found) = (exposures.len(), covariance.len());
    if paths == 0 || found != paths * paths {
        return Err(RiskError::Shape { found, paths });
    }
    let products = covariance.chunks_exact(paths).zip(exposures).map(|(row, exposure)| {
        let terms = row.iter().zip(exposures).map(|(entry, other)| entry * other);
        exposure * terms.sum::<f64>()
    });
    let products: Vec<f64> = products.collect();
    let deviation = products.iter().sum::<f64>().max(0.0).sqrt();
    if deviation == 0.0 {
        return Ok(vec![0.0; paths]);
    }
    Ok(products.into_iter().map(|product| product / deviation).collect())
}

/// Modified VaR and ES of a sample of losses: Cornish–Fisher and Edgeworth expansions in its
/// skewness and excess kurtosis (Boudt, Peterson & Croux 2008), population moments, ES held to at
/// least VaR.
///
/// # Errors
/// [`RiskError::Empty`] without losses; [`RiskError::NotFinite`] for NaN or infinity.
pub fn modified_tail(losses: &[f64], level: ConfidenceLevel) -> Result<TailFigures, RiskError> {
    refuse_unmeasurable(losses)?;
    let shape = Shape::of(losses);
    if shape.deviation == 0.0 {
        let (value_at_risk, expected_shortfall) = (shape.mean, shape.mean);
        return Ok(TailFigures { value_at_risk, expected_shortfall });
    }
    let quantile = shape.cornish_fisher(normal_quantile(level.get()));
    let value_at_risk = shape.mean + shape.deviation * quantile;
    let beyond = shape.edgeworth_tail(quantile) / level.tail();
    let expected_shortfall = (shape.mean + shape.deviation * beyond).max(value_at_risk);
    Ok(TailFigures { value_at_risk, expected_shortfall })
}

/// Moments of losses.
struct Shape {
    mean: f64,
    deviation: f64,
    skewness: f64,
    excess_kurtosis: f64,
}

impl Shape {
    fn of(losses: &[f64]) -> Self {
        let count = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / count;
        let moment = |power: i32| {
            let deviations = losses.iter().map(|loss| loss - mean);
            deviations.map(|by| (0..power).fold(1.0, |product, _| product * by)).sum::<f64>()
                / count
        };
        let variance = moment(2);
        let deviation = variance.sqrt();
        Self {
            mean,
            deviation,
            skewness: moment(3) / (variance * deviation),
            excess_kurtosis: moment(4) / (variance * variance) - 3.0,
        }
    }

    fn cornish_fisher(&self, z: f64) -> f64 {
        let (skewness, kurtosis) = (self.skewness, self.excess_kurtosis);
        let cube = z * z * z;
        z + (z * z - 1.0) * skewness / 6.0 + (cube - 3.0 * z) * kurtosis / 24.0
            - (2.0 * cube - 5.0 * z) * skewness * skewness / 36.0
    }

    /// `E[X·1{X > x}]` of the standardised loss under the Edgeworth density
    /// `φ·(1 + S·He₃/6 + K·He₄/24 + S²·He₆/72)`.
    ///
    /// By parts, `∫_x^∞ t·He_n(t)·φ(t) dt = φ(x)·(x·He_{n−1}(x) + He_{n−2}(x))`.
    fn edgeworth_tail(&self, x: f64) -> f64 {
        let hermite = hermite(x);
        let partial = |n: usize| x * hermite[n - 1] + hermite[n - 2];
        let (skewness, kurtosis) = (self.skewness, self.excess_kurtosis);
        normal_pdf(x)
            * (1.0
                + skewness / 6.0 * partial(3)
                + kurtosis / 24.0 * partial(4)
                + skewness * skewness / 72.0 * partial(6))
    }
}

/// Probabilists' Hermite polynomials He₀ to He₅.
fn hermite(x: f64) -> [f64; 6] {
    let mut values = [1.0, x, 0.0, 0.0, 0.0, 0.0];
    for n in 1..5 {
        values[n + 1] = x * values[n] - n as f64 * values[n - 1];
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    #[test]
    fn a_student_t_of_many_degrees_is_normal() {
        let (normal, student) =
            (normal_tail(1.0, 2.0, level(0.99)), student_t_tail(1.0, 2.0, 1e7, level(0.99)));
        let es = student.expected_shortfall;
        approx::assert_relative_eq!(es, normal.expected_shortfall, max_relative = 1e-5);
        // φ(z)/(1−α) at 99 %: 2.665214.
        approx::assert_relative_eq!(normal.expected_shortfall, 6.330_428, max_relative = 1e-6);
    }

    #[test]
    fn components_sum_to_the_deviation() {
        let covariance = [4.0, 1.0, 1.0, 9.0];
        let found = deviation_components(&[2.0, -1.0], &covariance).unwrap();
        // e'Σe = 16 − 4 + 9 = 21.
        approx::assert_relative_eq!(found[0] + found[1], 21f64.sqrt(), max_relative = 1e-14);
        assert_eq!(deviation_components(&[0.0, 0.0], &covariance).unwrap(), [0.0, 0.0]);
        assert!(deviation_components(&[1.0], &covariance).is_err());
    }

    #[test]
    fn equal_losses_have_no_tail() {
        let found = modified_tail(&[3.0; 5], level(0.95)).unwrap();
        assert_eq!((found.value_at_risk, found.expected_shortfall), (3.0, 3.0));
    }
}
