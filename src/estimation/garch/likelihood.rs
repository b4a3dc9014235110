//! The GARCH(1,1) log-likelihood with its exact gradient and Hessian.

use nalgebra::{Matrix4, Vector4};

/// Parameters in the order (μ, ω, α, β).
pub(super) type Point = Vector4<f64>;

const MEAN: usize = 0;
const OMEGA: usize = 1;
const ALPHA: usize = 2;
const BETA: usize = 3;

/// Log-likelihood at a point, with derivatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Likelihood {
    pub value: f64,
    pub gradient: Point,
    pub hessian: Matrix4<f64>,
    /// Sum of outer products of the observations' scores.
    pub outer_product: Matrix4<f64>,
    /// Variance of the observation after the last one, and its gradient.
    pub next_variance: f64,
    pub next_variance_gradient: Point,
}

/// A squared residual `(y − μ)²` (or the mean of many) and its derivatives by μ.
#[derive(Clone, Copy)]
struct Square {
    value: f64,
    slope: f64,
}

impl Square {
    /// Second derivative of any squared residual by μ.
    const CURVATURE: f64 = 2.0;

    fn of(residual: f64) -> Self {
        Self { value: residual * residual, slope: -2.0 * residual }
    }

    fn mean(returns: &[f64], mean: f64) -> Self {
        let n = returns.len() as f64;
        let residuals = || returns.iter().map(|value| value - mean);
        let value = residuals().map(|residual| residual * residual).sum::<f64>() / n;
        Self { value, slope: -2.0 * residuals().sum::<f64>() / n }
    }
}

/// A conditional variance and its derivatives.
#[derive(Clone, Copy)]
struct Variance {
    value: f64,
    gradient: Point,
    hessian: Matrix4<f64>,
}

impl Variance {
    /// The start value taken for the variance before the first observation.
    fn start(square: Square) -> Self {
        let mut start =
            Self { value: square.value, gradient: Point::zeros(), hessian: Matrix4::zeros() };
        start.gradient[MEAN] = square.slope;
        start.hessian[(MEAN, MEAN)] = Square::CURVATURE;
        start
    }

    /// `ω + α·square + β·self`.
    fn next(&self, point: &Point, square: Square) -> Self {
        let (alpha, beta) = (point[ALPHA], point[BETA]);
        let mut gradient = self.gradient * beta;
        gradient[MEAN] += alpha * square.slope;
        gradient[OMEGA] += 1.0;
        gradient[ALPHA] += square.value;
        gradient[BETA] += self.value;
        let mut hessian = self.hessian * beta;
        hessian[(MEAN, MEAN)] += alpha * Square::CURVATURE;
        hessian[(MEAN, ALPHA)] += square.slope;
        hessian[(ALPHA, MEAN)] += square.slope;
        for index in 0..4 {
            hessian[(index, BETA)] += self.gradient[index];
            hessian[(BETA, index)] += self.gradient[index];
        }
        let value = point[OMEGA] + alpha * square.value + beta * self.value;
        Self { value, gradient, hessian }
    }
}

/// Variance of each return given the past, and of the one after the last.
pub(super) fn variances(returns: &[f64], point: &Point) -> (Vec<f64>, f64) {
    let (mean, omega, alpha, beta) = (point[MEAN], point[OMEGA], point[ALPHA], point[BETA]);
    let start = Square::mean(returns, mean).value;
    let mut variance = omega + (alpha + beta) * start;
    let mut path = Vec::with_capacity(returns.len());
    for value in returns {
        path.push(variance);
        variance = omega + alpha * (value - mean) * (value - mean) + beta * variance;
    }
    (path, variance)
}

/// The most likely point of constant variance; its mean is `mean` where that is not open.
pub(super) fn constant_variance(returns: &[f64], mean: f64, is_mean_open: bool) -> Point {
    let average = returns.iter().sum::<f64>() / returns.len() as f64;
    let mean = if is_mean_open { average } else { mean };
    Point::new(mean, Square::mean(returns, mean).value, 0.0, 0.0)
}

/// The log-likelihood alone.
pub(super) fn value(returns: &[f64], point: &Point) -> f64 {
    let term = |value: &f64, variance: &f64| {
        let residual = value - point[MEAN];
        log_density(residual * residual, *variance)
    };
    let (variances, _) = variances(returns, point);
    returns.iter().zip(&variances).map(|(value, variance)| term(value, variance)).sum()
}

/// The log-likelihood with derivatives.
pub(super) fn likelihood(returns: &[f64], point: &Point) -> Likelihood {
    let start = Square::mean(returns, point[MEAN]);
    let mut variance = Variance::start(start).next(point, start);
    let mut sum = Likelihood {
        value: 0.0,
        gradient: Point::zeros(),
        hessian: Matrix4::zeros(),
        outer_product: Matrix4::zeros(),
        next_variance: 0.0,
        next_variance_gradient: Point::zeros(),
    };
    for value in returns {
        let square = Square::of(value - point[MEAN]);
        add_observation(&mut sum, square, &variance);
        variance = variance.next(point, square);
    }
    sum.next_variance = variance.value;
    sum.next_variance_gradient = variance.gradient;
    sum
}

fn log_density(square: f64, variance: f64) -> f64 {
    let ln_two_pi = 1.837_877_066_409_345_3;
    -0.5 * (ln_two_pi + libm::log(variance) + square / variance)
}

/// Adds `−½(ln 2π + ln h + q/h)` and its derivatives.
fn add_observation(sum: &mut Likelihood, square: Square, variance: &Variance) {
    let h = variance.value;
    let ratio = square.value / h;
    let mut square_gradient = Point::zeros();
    square_gradient[MEAN] = square.slope / h;
    let relative = variance.gradient / h;
    let score = (relative * (1.0 - ratio) + square_gradient) * -0.5;
    sum.value += log_density(square.value, h);
    sum.gradient += score;
    for i in 0..4 {
        for j in 0..4 {
            let cross = square_gradient[i] * relative[j] + square_gradient[j] * relative[i];
            let curvature = variance.hessian[(i, j)] / h * (1.0 - ratio)
                + relative[i] * relative[j] * (2.0 * ratio - 1.0)
                - cross;
            sum.hessian[(i, j)] -= 0.5 * curvature;
            sum.outer_product[(i, j)] += score[i] * score[j];
        }
    }
    sum.hessian[(MEAN, MEAN)] -= 0.5 * Square::CURVATURE / h;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns() -> Vec<f64> {
        (0..60)
            .map(|t| libm::sin(t as f64 * 1.7) * (1.0 + 0.5 * libm::cos(t as f64 * 0.21)))
            .collect()
    }

    #[test]
    fn derivatives_agree_with_central_differences() {
        let returns = returns();
        let point = Point::new(0.05, 0.1, 0.15, 0.7);
        let exact = likelihood(&returns, &point);
        assert!((exact.value - value(&returns, &point)).abs() < 1e-12);
        for i in 0..4 {
            let mut step = Point::zeros();
            step[i] = 1e-5;
            let (up, down) =
                (likelihood(&returns, &(point + step)), likelihood(&returns, &(point - step)));
            let slope = (up.value - down.value) / 2e-5;
            assert!((exact.gradient[i] - slope).abs() < 1e-6 * (1.0 + slope.abs()), "{i}");
            for j in 0..4 {
                let curvature = (up.gradient[j] - down.gradient[j]) / 2e-5;
                let error = (exact.hessian[(i, j)] - curvature).abs();
                assert!(error < 1e-5 * (1.0 + curvature.abs()), "{i} {j} {error}");
            }
            let slope = (up.next_variance - down.next_variance) / 2e-5;
            assert!((exact.next_variance_gradient[i] - slope).abs() < 1e-8);
        }
    }
}
