//! Cubic B-splines that vanish, with two derivatives, outside their knots.
//!
//! Source: de Boor, A Practical Guide to Splines (1978). Only basis functions whose whole support
//! lies between the first and last knot are kept, so that the curve joins zero smoothly.

use serde::{Deserialize, Serialize};

use super::svi::Variance;

/// Knots of one cubic basis function.
const SUPPORT: usize = 5;

/// A cubic spline, zero outside its knots.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Spline {
    /// Strictly increasing.
    knots: Vec<f64>,
    /// One for each five consecutive knots.
    coefficients: Vec<f64>,
}

impl Spline {
    /// A spline that is zero everywhere, with room for `knots.len() − 4` coefficients.
    pub fn zero(knots: Vec<f64>) -> Self {
        let count = (knots.len() + 1).saturating_sub(SUPPORT);
        Self { knots, coefficients: vec![0.0; count] }
    }

    /// The knots.
    pub fn knots(&self) -> &[f64] {
        &self.knots
    }

    /// The coefficients.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The coefficients, to be set.
    pub fn coefficients_mut(&mut self) -> &mut [f64] {
        &mut self.coefficients
    }

    /// Value and derivatives at `x`.
    pub fn at(&self, x: f64) -> Variance {
        let mut total = Variance { value: 0.0, slope: 0.0, curvature: 0.0 };
        for index in self.active(x) {
            let basis = self.basis(index, x);
            total.value += self.coefficients[index] * basis.value;
            total.slope += self.coefficients[index] * basis.slope;
            total.curvature += self.coefficients[index] * basis.curvature;
        }
        total
    }

    /// Indices of the basis functions that may differ from zero at `x`.
    pub fn active(&self, x: f64) -> std::ops::Range<usize> {
        let after = self.knots.partition_point(|knot| *knot <= x);
        if after == 0 || after == self.knots.len() {
            return 0..0;
        }
        after.saturating_sub(SUPPORT - 1)..after.min(self.coefficients.len())
    }

    /// Value and derivatives of basis function `index` at `x`.
    pub fn basis(&self, index: usize, x: f64) -> Variance {
        cubic_basis(&self.knots[index..index + SUPPORT], x)
    }
}

/// The cubic B-spline on five knots, by the Cox–de Boor recursion.
fn cubic_basis(t: &[f64], x: f64) -> Variance {
    let step = |i: usize| f64::from(u8::from(t[i] <= x && x < t[i + 1]));
    let raise = |i: usize, degree: usize, left: f64, right: f64| {
        (x - t[i]) / (t[i + degree] - t[i]) * left
            + (t[i + degree + 1] - x) / (t[i + degree + 1] - t[i + 1]) * right
    };
    let linear = [0, 1, 2].map(|i| raise(i, 1, step(i), step(i + 1)));
    let square = [0, 1].map(|i| raise(i, 2, linear[i], linear[i + 1]));
    let spans = [t[2] - t[0], t[3] - t[1], t[4] - t[2]];
    let outer = [t[3] - t[0], t[4] - t[1]];
    let bend = [0, 1].map(|i| (linear[i] / spans[i] - linear[i + 1] / spans[i + 1]) / outer[i]);
    Variance {
        value: raise(0, 3, square[0], square[1]),
        slope: 3.0 * (square[0] / outer[0] - square[1] / outer[1]),
        curvature: 6.0 * (bend[0] - bend[1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_basis_has_the_known_values() {
        // De Boor: the uniform cubic B-spline is 1/6, 2/3, 1/6 at its inner knots.
        let mut spline = Spline::zero(vec![0.0, 1.0, 2.0, 3.0, 4.0]);
        spline.coefficients_mut()[0] = 1.0;
        for (x, expected) in [(0.0, 0.0), (1.0, 1.0 / 6.0), (2.0, 2.0 / 3.0), (3.0, 1.0 / 6.0)] {
            assert!((spline.at(x).value - expected).abs() < 1e-15);
        }
        assert_eq!(spline.at(4.0).value, 0.0);
        assert_eq!(spline.at(-1.0).value, 0.0);
    }

    #[test]
    fn uneven_bases_sum_to_one_inside_and_differentiate() {
        let knots = vec![0.0, 0.3, 1.0, 1.2, 2.5, 2.9, 4.0, 4.1, 5.0];
        let mut spline = Spline::zero(knots);
        spline.coefficients_mut().fill(1.0);
        assert!((spline.at(2.0).value - 1.0).abs() < 1e-14); // four full bases: partition of unity
        let h = 1e-5;
        for x in [0.2, 0.9, 3.5, 4.5] {
            let (down, here, up) = (spline.at(x - h), spline.at(x), spline.at(x + h));
            assert!((here.slope - (up.value - down.value) / (2.0 * h)).abs() < 1e-8);
            assert!((here.curvature - (up.slope - down.slope) / (2.0 * h)).abs() < 1e-6);
        }
    }
}
