//! What plain sampling would have known, from a sample that was drawn otherwise.

use super::exceedance::tail_mass;
use super::{LossSample, PathWeights, expected_shortfall};
use crate::units::ConfidenceLevel;

/// Standard error that ES would have from as many independent, equally likely paths:
/// `√((E[y²] − E[y]²)/n)/(1−α)` with `y = (L − VaR)⁺`, the expectations by the masses of the sample.
pub fn plain_shortfall_error(sample: &LossSample, level: ConfidenceLevel) -> f64 {
    let found = expected_shortfall(sample, level);
    let (weights, at_risk) = (sample.weights(), found.value_at_risk.amount());
    let (target, _) = tail_mass(weights, level.tail());
    let beyond = sample.losses().iter().enumerate().filter(|(_, loss)| **loss > at_risk);
    let squares =
        beyond.map(|(path, loss)| weights.mass(path) * (loss - at_risk) * (loss - at_risk));
    let count = weights.count() as f64;
    let mean = (found.loss.amount() - at_risk) * target / count;
    let variance = squares.sum::<f64>() / count - mean * mean;
    (variance.max(0.0) / count).sqrt() / level.tail()
}

/// Paths of equal mass that would spread an even loss no more: `(Σw)²/Σw²` (Kish 1965).
pub fn effective_paths(weights: &PathWeights) -> f64 {
    let masses = (0..weights.count()).map(|path| weights.mass(path));
    let [sum, squares] =
        masses.fold([0.0, 0.0], |[sum, squares], mass| [sum + mass, squares + mass * mass]);
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::{Needs, SampleDesign};
    use super::*;

    fn level(value: f64) -> ConfidenceLevel {
        ConfidenceLevel::new(value).unwrap()
    }

    /// Masses of one say what a plain sample says of itself, but for the error's n − 1.
    #[test]
    fn a_plain_sample_is_its_own_equivalent() {
        let losses: Vec<f64> = (0..2_000).map(|i| f64::from(i * i % 1_999)).collect();
        let sample = LossSample::plain(&losses, &[level(0.975)]).unwrap();
        let expected = expected_shortfall(&sample, level(0.975)).standard_error;
        let found = plain_shortfall_error(&sample, level(0.975));
        approx::assert_relative_eq!(found, expected, max_relative = 1e-2);
        assert_eq!(effective_paths(sample.weights()), 2_000.0);
    }

    /// A loss of 100 with probability 1 %, half of the paths in it with mass 0.02 and half without of
    /// mass 1.98: √(0.01·0.99/n)·100/0.05 at 95 %, and (Σw)²/Σw² = 2/(0.02² + 1.98²)·n.
    #[test]
    fn an_atom_drawn_often_has_the_error_of_a_bernoulli() {
        let losses: Vec<f64> = (0..1_000).map(|i| if i % 2 == 0 { 100.0 } else { 0.0 }).collect();
        let ratios: Vec<f64> = (0..1_000).map(|i| if i % 2 == 0 { 0.02 } else { 1.98 }).collect();
        let design = SampleDesign::plain();
        let weights = PathWeights::new(1_000, &ratios, &[], &design).unwrap();
        let levels = [level(0.95)];
        let needs = Needs { levels: &levels, worst_paths: 1 };
        let sample = LossSample::new(&losses, &weights, &needs).unwrap();
        let expected = 100.0 / 0.05 * (0.01f64 * 0.99 / 1_000.0).sqrt();
        let found = plain_shortfall_error(&sample, level(0.95));
        approx::assert_relative_eq!(found, expected, max_relative = 1e-10);
        let expected = 2.0 / (0.02f64 * 0.02 + 1.98 * 1.98) * 1_000.0;
        approx::assert_relative_eq!(effective_paths(&weights), expected, max_relative = 1e-12);
    }
}
