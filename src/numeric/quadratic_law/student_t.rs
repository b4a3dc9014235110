//! A quadratic in multivariate Student-t returns, made tame by its mixing variable.

use serde::{Deserialize, Serialize};

use super::inversion::{CumulantFunction, Payoff, expectation, rough_expectation};
use super::normal::QuadraticLaw;
use super::search::quantile;
use crate::numeric::complex::Complex;
use crate::numeric::root::bisect;

/// The law of `L = a + √w·b′y + w·y′Λy`, w = (ν−2)/Y, Y a χ² with ν degrees of freedom: a
/// delta-gamma loss under Student-t returns of unit variance.
///
/// L itself has no moment generating function. Following Glasserman, Heidelberger and Shahabuddin
/// (2002), the event L > x is Q > 0 with `Q = (Y/(ν−2))·(L − x)`, which has one:
/// `(1 − 2α(s))^{−ν/2}·Π(1 − 2sλ)^{−½}`, `α(s) = (s(a−x) + ½Σs²b²/(1−2sλ))/(ν−2)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudentQuadraticLaw {
    /// a, b and Λ for unit-variance returns.
    pub quadratic: QuadraticLaw,
    /// ν, above 2.
    pub degrees_of_freedom: f64,
}

impl StudentQuadraticLaw {
    /// P(L > x).
    pub fn tail_probability(&self, x: f64) -> f64 {
        self.scaled_excess(x, 0.0).tail_probability(0.0)
    }

    /// P(L ≤ x).
    pub fn probability_below(&self, x: f64) -> f64 {
        self.scaled_excess(x, 0.0).probability_below(0.0)
    }

    /// E\[(L − x)₊\]: as L − x = wQ and w lowers the degrees of freedom of Y by two, the expected
    /// excess of Q under those.
    pub fn expected_excess(&self, x: f64) -> f64 {
        let mut law = self.scaled_excess(x, 0.0);
        law.shape -= 1.0;
        law.expected_excess(0.0)
    }

    /// The x with P(L > x) = `tail`, for a tail in (0, 1).
    pub fn upper_quantile(&self, tail: f64) -> f64 {
        let law = &self.quadratic;
        if law.variance() == 0.0 {
            return law.constant;
        }
        quantile(
            [law.mean(), law.variance().sqrt()],
            tail,
            |x| self.tail_probability(x),
            |x| self.probability_below(x),
        )
    }

    /// The law of Q for the threshold x, under the exponential twist θ of Q.
    pub fn scaled_excess(&self, x: f64, theta: f64) -> ScaledExcessLaw {
        let mut law = ScaledExcessLaw {
            quadratic: QuadraticLaw {
                constant: self.quadratic.constant - x,
                ..self.quadratic.clone()
            },
            scale: self.degrees_of_freedom - 2.0,
            shape: 0.5 * self.degrees_of_freedom,
            twist: 0.0,
            untwisted: 0.0,
        };
        law.untwisted = law.at(theta)[0];
        law.twist = theta;
        law
    }

    /// The θ ≥ 0 under whose twist the mean of Q is zero: L > x is then no rare event.
    pub fn twist_to(&self, x: f64) -> f64 {
        let law = self.scaled_excess(x, 0.0);
        let slope = |theta: f64| law.at(theta)[1];
        if slope(0.0) >= 0.0 {
            return 0.0;
        }
        let end = law.domain_end();
        if !end.is_finite() {
            return 0.0;
        }
        bisect(slope, 0.0, end * (1.0 - 1e-12), 0.0).unwrap_or(0.0)
    }
}

/// The law of `Q = (Y/(ν−2))·(L − x)` under an exponential twist.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaledExcessLaw {
    /// Its constant is a − x.
    quadratic: QuadraticLaw,
    /// ν − 2.
    scale: f64,
    /// Half the degrees of freedom of Y.
    shape: f64,
    twist: f64,
    /// Cumulant at the twist.
    untwisted: f64,
}

impl ScaledExcessLaw {
    /// P(Q > q).
    pub fn tail_probability(&self, q: f64) -> f64 {
        if q >= self.at(0.0)[1] {
            return expectation(self, q, Payoff::Indicator);
        }
        1.0 - expectation(&self.negated(), -q, Payoff::Indicator)
    }

    /// P(Q > q) to about a thousandth, fast.
    pub fn rough_tail_probability(&self, q: f64) -> f64 {
        if q >= self.at(0.0)[1] {
            return rough_expectation(self, q, Payoff::Indicator);
        }
        1.0 - rough_expectation(&self.negated(), -q, Payoff::Indicator)
    }

    /// P(Q ≤ q), with relative precision in its own tail.
    pub fn probability_below(&self, q: f64) -> f64 {
        if q >= self.at(0.0)[1] {
            return 1.0 - expectation(self, q, Payoff::Indicator);
        }
        expectation(&self.negated(), -q, Payoff::Indicator)
    }

    /// E\[(Q − q)₊\].
    pub fn expected_excess(&self, q: f64) -> f64 {
        let mean = self.at(0.0)[1];
        if q >= mean {
            return expectation(self, q, Payoff::Excess);
        }
        mean - q + expectation(&self.negated(), -q, Payoff::Excess)
    }

    /// The q with P(Q > q) = `tail`.
    pub fn upper_quantile(&self, tail: f64) -> f64 {
        let [_, mean, variance] = self.at(0.0);
        quantile(
            [mean, variance.sqrt()],
            tail,
            |q| self.tail_probability(q),
            |q| self.probability_below(q),
        )
    }

    /// ln E\[e^{θQ}\] at this law's own twist θ, before twisting.
    pub fn cumulant_at_twist(&self) -> f64 {
        self.untwisted
    }

    /// What the twist divides Y by: `1 − 2α(θ)`.
    pub fn mixing_divisor(&self) -> f64 {
        1.0 - 2.0 * self.alpha(self.twist)[0]
    }

    /// −Q under the same measure.
    fn negated(&self) -> Self {
        let negative = |values: &[f64]| values.iter().map(|value| -value).collect();
        Self {
            quadratic: QuadraticLaw {
                constant: -self.quadratic.constant,
                linear: negative(&self.quadratic.linear),
                curvature: negative(&self.quadratic.curvature),
            },
            twist: -self.twist,
            ..self.clone()
        }
    }

    /// α, α′, α″ at an untwisted real argument.
    fn alpha(&self, s: f64) -> [f64; 3] {
        let law = &self.quadratic;
        let mut sums = [s * law.constant, law.constant, 0.0];
        for (b, lambda) in law.linear.iter().zip(&law.curvature) {
            let rest = 1.0 - 2.0 * s * lambda;
            let square = b * b / rest;
            sums[0] += 0.5 * s * s * square;
            sums[1] += s * (1.0 - s * lambda) * square / rest;
            sums[2] += square / rest / rest;
        }
        sums.map(|sum| sum / self.scale)
    }

    /// Whether the moment generating function is finite at an untwisted real argument.
    fn is_finite_at(&self, s: f64) -> bool {
        let straight = |lambda: &f64| 1.0 - 2.0 * s * lambda > 0.0;
        self.quadratic.curvature.iter().all(straight) && 1.0 - 2.0 * self.alpha(s)[0] > 0.0
    }
}

impl CumulantFunction for ScaledExcessLaw {
    fn value(&self, s: Complex) -> Complex {
        let s = s + Complex::from(self.twist);
        let law = &self.quadratic;
        let half_square = (s * s).scaled(0.5);
        let mut alpha = s.scaled(law.constant);
        let mut sum = Complex::from(-self.untwisted);
        for (b, lambda) in law.linear.iter().zip(&law.curvature) {
            let rest = Complex::from(1.0) - s.scaled(2.0 * lambda);
            alpha = alpha + half_square.scaled(b * b) / rest;
            if *lambda != 0.0 {
                sum = sum - rest.ln().scaled(0.5);
            }
        }
        // On a straight line the real part of 1 − 2α stays positive: the logarithm is principal.
        let mixing = Complex::from(1.0) - alpha.scaled(2.0 / self.scale);
        sum - mixing.ln().scaled(self.shape)
    }

    fn at(&self, s: f64) -> [f64; 3] {
        let s = s + self.twist;
        let [alpha, slope, curve] = self.alpha(s);
        let rest = 1.0 - 2.0 * alpha;
        let ratio = 2.0 * slope / rest;
        let mut sums = [
            -self.shape * libm::log(rest) - self.untwisted,
            self.shape * ratio,
            self.shape * (2.0 * curve / rest + ratio * ratio),
        ];
        for lambda in &self.quadratic.curvature {
            let rest = 1.0 - 2.0 * s * lambda;
            let ratio = lambda / rest;
            sums[0] -= 0.5 * libm::log(rest);
            sums[1] += ratio;
            sums[2] += 2.0 * ratio * ratio;
        }
        sums
    }

    fn domain_end(&self) -> f64 {
        let steepest = self.quadratic.curvature.iter().copied().fold(0.0, f64::max);
        let mut high = if steepest > 0.0 { 0.5 / steepest - self.twist } else { 1.0 };
        if steepest == 0.0 {
            while self.is_finite_at(self.twist + high) {
                high *= 2.0;
                if high > 1e30 {
                    return f64::INFINITY;
                }
            }
        }
        let finite = |s: f64| if self.is_finite_at(self.twist + s) { 1.0 } else { -1.0 };
        if finite(high * (1.0 - 1e-15)) > 0.0 {
            return high;
        }
        bisect(finite, 0.0, high, 0.0).unwrap_or(high)
    }

    /// Off the line 1 − 2α may cross the cut of the logarithm: the line stays straight, and the
    /// mixing variable's heavy decay ends the integral soon.
    fn bend(&self, _: f64) -> f64 {
        0.0
    }
}
