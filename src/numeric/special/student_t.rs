//! Student's t distribution with any real number of degrees of freedom.
//!
//! Tails through the incomplete beta function: P(T < −t) = ½·I_{ν/(ν+t²)}(ν/2, ½), t ≥ 0
//! (Abramowitz and Stegun 26.7.1). The quantile is Newton's method on log probability against log
//! |t|, where both branches are concave: no step can leave the root's side twice.

use super::beta::{incomplete_beta_between, ln_beta};
use super::normal::{normal_cdf, normal_quantile};

/// From here on the normal distribution at a corrected argument is closer (1e-13) than the
/// continued fraction, whose relative error grows as 2e-18·ν.
const NORMAL_FROM_DEGREES: f64 = 1e7;
/// Below this probability the tail is inverted, above it the centre.
const TAIL_PROBABILITY_MAX: f64 = 0.25;
const ITERATIONS_MAX: usize = 100;

/// Density at `t` with `degrees` > 0 degrees of freedom, scale one.
pub fn student_t_pdf(t: f64, degrees: f64) -> f64 {
    let kernel = -0.5 * (degrees + 1.0) * libm::log1p(t * t / degrees);
    libm::exp(kernel - ln_beta(0.5 * degrees, 0.5) - 0.5 * libm::log(degrees))
}

/// P(T ≤ t) with `degrees` > 0 degrees of freedom; the lower tail with relative precision.
pub fn student_t_cdf(t: f64, degrees: f64) -> f64 {
    let tail = upper_tail(t.abs(), degrees);
    if t < 0.0 { tail } else { 1.0 - tail }
}

/// The `probability` quantile with `degrees` > 0 degrees of freedom; ∓∞ at 0 and 1, NaN outside.
pub fn student_t_quantile(probability: f64, degrees: f64) -> f64 {
    if probability == 0.5 {
        return 0.0;
    }
    if probability == 0.0 || probability == 1.0 {
        return f64::INFINITY.copysign(probability - 0.5);
    }
    if !(probability > 0.0 && probability < 1.0 && degrees > 0.0) {
        return f64::NAN;
    }
    let tail = probability.min(1.0 - probability);
    let magnitude = if tail < TAIL_PROBABILITY_MAX {
        tail_magnitude(tail, degrees)
    } else {
        central_magnitude((probability - 0.5).abs(), degrees)
    };
    magnitude.copysign(probability - 0.5)
}

/// P(T > t) for t ≥ 0.
fn upper_tail(t: f64, degrees: f64) -> f64 {
    if degrees >= NORMAL_FROM_DEGREES {
        return normal_cdf(-normal_equivalent(t, degrees));
    }
    let square = t * t;
    if square.is_infinite() {
        return 0.5 * libm::exp(-degrees * libm::log(t) + tail_constant(degrees));
    }
    let sum = degrees + square;
    0.5 * incomplete_beta_between(0.5 * degrees, 0.5, degrees / sum, square / sum)
}

/// ln of I_x(ν/2, ½)/t^(−ν) as t → ∞.
fn tail_constant(degrees: f64) -> f64 {
    let half = 0.5 * degrees;
    half * libm::log(degrees) - libm::log(half) - ln_beta(half, 0.5)
}

/// P(0 < T < t).
fn centre(t: f64, degrees: f64) -> f64 {
    if degrees >= NORMAL_FROM_DEGREES {
        return normal_cdf(normal_equivalent(t, degrees)) - 0.5;
    }
    let square = t * t;
    let sum = degrees + square;
    0.5 * incomplete_beta_between(0.5, 0.5 * degrees, square / sum, degrees / sum)
}

/// The normal quantile with the probability of `t`, to O(ν⁻²) (Abramowitz and Stegun 26.7.8).
fn normal_equivalent(t: f64, degrees: f64) -> f64 {
    t * (1.0 - 0.25 / degrees) / (1.0 + 0.5 * t * t / degrees).sqrt()
}

fn tail_magnitude(tail: f64, degrees: f64) -> f64 {
    newton_on_logs(-normal_quantile(tail), tail, |t| {
        let value = upper_tail(t, degrees);
        (value, -student_t_pdf(t, degrees) * t / value)
    })
}

fn central_magnitude(mass: f64, degrees: f64) -> f64 {
    newton_on_logs(normal_quantile(0.5 + mass), mass, |t| {
        let value = centre(t, degrees);
        (value, student_t_pdf(t, degrees) * t / value)
    })
}

/// Solves value(t) = target by Newton's method on logarithms; `function` gives the value and
/// d ln value / d ln t.
fn newton_on_logs(start: f64, target: f64, function: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut t = start;
    for _ in 0..ITERATIONS_MAX {
        let (value, slope) = function(t);
        let step = -libm::log(value / target) / slope;
        let next = t * libm::exp(step);
        if !next.is_finite() || next == t {
            break;
        }
        t = next;
        if step.abs() < 1e-15 {
            break;
        }
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms: ν = 1 is ½ + atan(t)/π, ν = 2 is ½ + t/(2√(2 + t²)).
    #[test]
    fn one_and_two_degrees_have_closed_forms() {
        for t in [-300.0, -3.0, -0.4, 0.0, 1e-5, 0.7, 2.0, 40.0] {
            let cauchy = 0.5 + libm::atan(t) / std::f64::consts::PI;
            assert!((student_t_cdf(t, 1.0) - cauchy).abs() < 1e-15, "{t}");
            let two = 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
            assert!((student_t_cdf(t, 2.0) - two).abs() < 1e-15, "{t}");
        }
        let expected = 1.0 / (std::f64::consts::PI * 5.0);
        assert!((student_t_pdf(2.0, 1.0) - expected).abs() < 1e-16);
    }

    #[test]
    fn the_quantile_inverts_the_distribution_function() {
        for degrees in [0.7, 1.0, 2.1, 3.0, 4.5, 30.0, 1e3, 1e6, 1e9] {
            for p in [1e-12, 1e-6, 1e-3, 0.01, 0.2, 0.3, 0.49, 0.5, 0.51, 0.8, 0.975] {
                let back = student_t_cdf(student_t_quantile(p, degrees), degrees);
                let tolerance = 3e-13f64.max(5e-18 * degrees.min(1e7));
                assert!((back / p - 1.0).abs() < tolerance, "{degrees} {p}: {back}");
            }
        }
    }

    #[test]
    fn many_degrees_are_normal_and_edges_are_infinite() {
        let t = student_t_quantile(0.001, 1e12);
        assert!((t / normal_quantile(0.001) - 1.0).abs() < 1e-11);
        assert_eq!(student_t_quantile(0.0, 3.0), f64::NEG_INFINITY);
        assert_eq!(student_t_quantile(1.0, 3.0), f64::INFINITY);
        assert!(student_t_quantile(1.1, 3.0).is_nan());
        assert!(student_t_quantile(0.1, -3.0).is_nan());
    }
}
