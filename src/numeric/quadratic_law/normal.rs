//! A quadratic in independent standard normals.

use serde::{Deserialize, Serialize};

use super::inversion::{CumulantFunction, Payoff, expectation};
use super::search::quantile;
use crate::numeric::complex::Complex;
use crate::numeric::root::brent;

/// The law of `Q = constant + Σᵢ (linear[i]·yᵢ + curvature[i]·yᵢ²)`, y independent standard normals:
/// a delta-gamma loss in its principal directions, a weighted sum of noncentral χ².
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuadraticLaw {
    /// a.
    pub constant: f64,
    /// b, one a direction.
    pub linear: Vec<f64>,
    /// λ, one a direction.
    pub curvature: Vec<f64>,
}

/// A normal: what a standard normal becomes under a change of measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tilted {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

impl QuadraticLaw {
    /// E\[Q\].
    pub fn mean(&self) -> f64 {
        self.constant + self.curvature.iter().sum::<f64>()
    }

    /// Var\[Q\] = Σ (b² + 2λ²).
    pub fn variance(&self) -> f64 {
        self.terms().map(|(b, lambda)| b * b + 2.0 * lambda * lambda).sum()
    }

    /// P(Q > x); relative error about 1e-11 in either tail.
    pub fn tail_probability(&self, x: f64) -> f64 {
        if self.is_certain() {
            return if self.constant > x { 1.0 } else { 0.0 };
        }
        if x >= self.mean() {
            return expectation(self, x, Payoff::Indicator);
        }
        1.0 - expectation(&self.negated(), -x, Payoff::Indicator)
    }

    /// P(Q ≤ x), with relative precision in its own tail.
    pub fn probability_below(&self, x: f64) -> f64 {
        if self.is_certain() {
            return 1.0 - self.tail_probability(x);
        }
        if x >= self.mean() {
            return 1.0 - expectation(self, x, Payoff::Indicator);
        }
        expectation(&self.negated(), -x, Payoff::Indicator)
    }

    /// E\[(Q − x)₊\].
    pub fn expected_excess(&self, x: f64) -> f64 {
        if self.is_certain() {
            return (self.constant - x).max(0.0);
        }
        if x >= self.mean() {
            return expectation(self, x, Payoff::Excess);
        }
        self.mean() - x + expectation(&self.negated(), -x, Payoff::Excess)
    }

    /// The x with P(Q > x) = `tail`, for a tail in (0, 1).
    pub fn upper_quantile(&self, tail: f64) -> f64 {
        if self.is_certain() {
            return self.constant;
        }
        let deviation = self.variance().sqrt();
        quantile(
            [self.mean(), deviation],
            tail,
            |x| self.tail_probability(x),
            |x| self.probability_below(x),
        )
    }

    /// ln E\[e^{θQ}\]; infinite where a direction's `2θλ` reaches one.
    pub fn cumulant(&self, theta: f64) -> f64 {
        if theta >= self.domain_end() { f64::INFINITY } else { self.at(theta)[0] }
    }

    /// The θ ≥ 0 under whose exponential twist the mean of Q is x, ψ′(θ) = x; zero for an x at or
    /// below the mean; for an x beyond the support the twist that reaches nine tenths of the way.
    pub fn twist_to(&self, x: f64) -> f64 {
        let gap = |theta: f64| self.at(theta)[1] - x;
        if self.is_certain() || gap(0.0) >= 0.0 {
            return 0.0;
        }
        let end = self.domain_end();
        let inside = |c: f64| if end.is_finite() { end * c / (end + c) } else { c };
        let mut high = 1.0 / self.variance().sqrt();
        for _ in 0..40 {
            if gap(inside(high)) > 0.0 {
                let root = brent(|c| gap(inside(c)), 0.0, high, 1e-15 * high);
                return root.map_or(0.0, inside);
            }
            high *= 2.0;
        }
        self.twist_to(self.mean() + 0.9 * (self.supremum() - self.mean()))
    }

    /// What y of one direction becomes under the twist θ: mean `θb/(1−2θλ)`, variance `1/(1−2θλ)`
    /// (Glasserman, Heidelberger and Shahabuddin 2000, equation 3.4).
    pub fn tilted(&self, direction: usize, theta: f64) -> Tilted {
        let variance = 1.0 / (1.0 - 2.0 * theta * self.curvature[direction]);
        Tilted { mean: theta * self.linear[direction] * variance, deviation: variance.sqrt() }
    }

    /// The law of the same Q under the twist θ.
    pub fn twisted(&self, theta: f64) -> Self {
        let mut law = self.clone();
        for (direction, (b, lambda)) in self.terms().enumerate() {
            let Tilted { mean, deviation } = self.tilted(direction, theta);
            law.constant += mean * (b + lambda * mean);
            law.linear[direction] = deviation * (b + 2.0 * lambda * mean);
            law.curvature[direction] = lambda * deviation * deviation;
        }
        law
    }

    fn terms(&self) -> impl Iterator<Item = (f64, f64)> {
        self.linear.iter().copied().zip(self.curvature.iter().copied())
    }

    fn is_certain(&self) -> bool {
        self.variance() == 0.0
    }

    fn negated(&self) -> Self {
        let negative = |values: &[f64]| values.iter().map(|value| -value).collect();
        Self {
            constant: -self.constant,
            linear: negative(&self.linear),
            curvature: negative(&self.curvature),
        }
    }

    /// The largest Q: finite where every direction bends down.
    fn supremum(&self) -> f64 {
        let term = |(b, lambda): (f64, f64)| match (b, lambda) {
            (b, lambda) if b == 0.0 && lambda <= 0.0 => 0.0,
            (b, lambda) if lambda < 0.0 => -b * b / (4.0 * lambda),
            _ => f64::INFINITY,
        };
        self.constant + self.terms().map(term).sum::<f64>()
    }
}

impl CumulantFunction for QuadraticLaw {
    fn value(&self, s: Complex) -> Complex {
        let mut sum = s.scaled(self.constant);
        let half_square = (s * s).scaled(0.5);
        for (b, lambda) in self.terms() {
            let rest = Complex::from(1.0) - s.scaled(2.0 * lambda);
            sum = sum + half_square.scaled(b * b) / rest;
            if lambda != 0.0 {
                sum = sum - rest.ln().scaled(0.5);
            }
        }
        sum
    }

    fn at(&self, s: f64) -> [f64; 3] {
        let mut sums = [self.constant * s, self.constant, 0.0];
        for (b, lambda) in self.terms() {
            let rest = 1.0 - 2.0 * s * lambda;
            let square = b * b / rest;
            sums[0] += 0.5 * s * s * square - 0.5 * libm::log1p(-2.0 * s * lambda);
            sums[1] += s * (1.0 - s * lambda) * square / rest + lambda / rest;
            sums[2] += (square / rest + 2.0 * lambda * lambda / rest) / rest;
        }
        sums
    }

    fn domain_end(&self) -> f64 {
        let steepest = self.curvature.iter().copied().fold(0.0, f64::max);
        if steepest > 0.0 { 0.5 / steepest } else { f64::INFINITY }
    }

    /// Far from the origin ln of the integrand is `−s·(x − a + Σ b²/(4λ))` but for logarithms and,
    /// where a direction is straight, a Gaussian factor that decays either way.
    fn bend(&self, x: f64) -> f64 {
        let curved = self.terms().filter(|&(_, lambda)| lambda != 0.0);
        let shift: f64 = curved.map(|(b, lambda)| b * b / (4.0 * lambda)).sum();
        BEND.copysign(x - self.constant + shift)
    }
}

/// Gentle: beyond 45° a straight direction's factor would grow, and every degree costs digits.
const BEND: f64 = 0.2;
