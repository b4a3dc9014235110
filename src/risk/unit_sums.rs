//! Sums of a quantity over independent units, and the error of its mean.
//!
//! `se² = Σ_u r_u² / (U − 1 − K) · (1/U + h)`, with `r_u` the unit means after their mean and K
//! controls are regressed out and h the controls' leverage: the variance of a regression estimate
//! (for K = 0 the variance of a mean).

use super::PathWeights;

/// Sums over units, for one quantity.
#[derive(Debug, Clone)]
pub(super) struct UnitSums<'a> {
    weights: &'a PathWeights<'a>,
    total: f64,
    squares: f64,
    /// Products with each control direction.
    products: Vec<f64>,
}

impl<'a> UnitSums<'a> {
    pub fn new(weights: &'a PathWeights<'a>) -> Self {
        let directions = weights.controls().map_or(0, |space| space.basis.len());
        Self { weights, total: 0.0, squares: 0.0, products: vec![0.0; directions] }
    }

    /// Adds `value` to a unit whose sum was `before`.
    #[inline]
    pub fn grow(&mut self, unit: usize, before: f64, value: f64) {
        self.total += value;
        self.squares += value * (2.0 * before + value);
        if let Some(space) = self.weights.controls() {
            let products = self.products.iter_mut().zip(&space.basis);
            products.for_each(|(product, direction)| *product += value * direction[unit]);
        }
    }

    /// Adds `values` of paths that ascend, so that those of a unit follow one another.
    pub fn add_ascending(&mut self, values: impl Iterator<Item = (usize, f64)>) {
        let unit_paths = self.weights.unit().paths();
        let mut current: Option<(usize, f64)> = None;
        for (path, value) in values {
            let unit = path / unit_paths;
            current = match current {
                Some((open, sum)) if open == unit => Some((open, sum + value)),
                other => {
                    self.close(other);
                    Some((unit, value))
                }
            };
        }
        self.close(current);
    }

    fn close(&mut self, unit: Option<(usize, f64)>) {
        if let Some((unit, sum)) = unit {
            self.grow(unit, 0.0, sum);
        }
    }

    /// Standard error of the mean over all paths.
    pub fn standard_error(&self) -> f64 {
        let units = self.weights.units() as f64;
        let (directions, leverage) =
            self.weights.controls().map_or((0, 0.0), |space| (space.basis.len(), space.leverage));
        let fitted: f64 = self.products.iter().map(|product| product * product).sum();
        let rest = (self.squares - self.total * self.total / units - fitted).max(0.0);
        let degrees = units - 1.0 - directions as f64;
        if degrees <= 0.0 {
            return 0.0;
        }
        let paths = self.weights.unit().paths() as f64;
        (rest / degrees * (1.0 / units + leverage)).sqrt() / paths
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SampleDesign, Unit};
    use super::*;

    #[test]
    fn pairs_spread_as_their_means() {
        // Pair means 2, 5, 5: variance 3, over 3 pairs.
        let design = SampleDesign { unit: Unit::AntitheticPair, ..SampleDesign::plain() };
        let weights = PathWeights::new(6, &[], &[], &design).unwrap();
        let mut sums = UnitSums::new(&weights);
        sums.add_ascending([1.0, 3.0, 4.0, 6.0, 10.0, 0.0].into_iter().enumerate());
        approx::assert_relative_eq!(sums.standard_error(), 1.0, max_relative = 1e-14);
    }

    #[test]
    fn what_controls_explain_is_no_error() {
        let control = [1.0, 2.0, 4.0, 3.0, 7.0];
        let design = SampleDesign { unit: Unit::Path, control_means: vec![3.0] };
        let weights = PathWeights::new(5, &[], &control, &design).unwrap();
        let mut exact = UnitSums::new(&weights);
        exact.add_ascending(control.iter().map(|c| 5.0 - 2.0 * c).enumerate());
        assert!(exact.standard_error() < 1e-7);
        // Regression by hand: y = (0, 1, 0, 0, 0), c̄ = 3.4, Scc = 21.2, Scy = −1.4,
        // SSE = 0.8 − 1.96/21.2, variance SSE/3·(1/5 + 0.16/21.2).
        let mut one = UnitSums::new(&weights);
        one.add_ascending([(1, 1.0)].into_iter());
        let rest = 0.8 - 1.96 / 21.2;
        let expected = (rest / 3.0 * (0.2 + 0.16 / 21.2f64)).sqrt();
        approx::assert_relative_eq!(one.standard_error(), expected, max_relative = 1e-12);
    }
}
