//! Tail probabilities and expected excesses from a moment generating function.
//!
//! For a law with cumulant function K, `E[(Q−x)₊^(n−1)] = (1/2πi)∫ e^{K(s)−sx} s^{−n} ds` along any
//! line right of zero inside K's domain (n = 1: the tail probability, n = 2: the expected excess;
//! Rouvinez 1997 takes the same integral along the imaginary axis). The line passes through the
//! integrand's saddle point, where its modulus is smallest on the real axis, so that far tails
//! keep relative precision (Lugannani and Rice 1980); the trapezoid rule in t, s = c + w·(i·sinh t
//! + bend·(cosh t − 1)), then converges exponentially (Trefethen and Weideman 2014).

use crate::numeric::complex::Complex;
use crate::numeric::root::brent;

/// A law given by its cumulant function, the logarithm of its moment generating function.
pub(super) trait CumulantFunction {
    /// K(s) on the line and, in the upper half plane, wherever the contour bends.
    fn value(&self, s: Complex) -> Complex;
    /// K, K′, K″ at a real argument inside the domain.
    fn at(&self, s: f64) -> [f64; 3];
    /// Where the domain of real arguments ends on the right: a positive number or infinity.
    fn domain_end(&self) -> f64;
    /// Slope by which the ends of the contour lean right (or left, where negative) so that the
    /// integrand decays exponentially; zero keeps the line straight.
    fn bend(&self, x: f64) -> f64;
}

/// What is integrated against the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payoff {
    /// 1 above the threshold.
    Indicator,
    /// The amount above the threshold.
    Excess,
}

impl Payoff {
    fn order(self) -> f64 {
        match self {
            Self::Indicator => 1.0,
            Self::Excess => 2.0,
        }
    }
}

/// `E[payoff(Q − x)]`, best for x at or above the mean.
pub(super) fn expectation(law: &impl CumulantFunction, x: f64, payoff: Payoff) -> f64 {
    expectation_to(HALVINGS_MAX, law, x, payoff)
}

/// The same to about a thousandth, for checks: on a straight contour the last digits take a
/// thousand times as long.
pub(super) fn rough_expectation(law: &impl CumulantFunction, x: f64, payoff: Payoff) -> f64 {
    expectation_to(HALVINGS_ROUGH, law, x, payoff)
}

fn expectation_to(halvings: u32, law: &impl CumulantFunction, x: f64, payoff: Payoff) -> f64 {
    let Some(centre) = saddle(law, x, payoff) else { return 0.0 };
    let [cumulant, _, variance] = law.at(centre);
    let order = payoff.order();
    let contour = Contour {
        centre,
        width: 1.0 / (variance + order / (centre * centre)).sqrt(),
        bend: law.bend(x),
    };
    let peak = cumulant - centre * x;
    let integrand = |t: f64| {
        let (s, slope) = contour.point(t);
        let exponent = law.value(s) - s.scaled(x) - Complex::from(peak);
        let reciprocal = s.reciprocal();
        let power = match payoff {
            Payoff::Indicator => reciprocal,
            Payoff::Excess => reciprocal * reciprocal,
        };
        (exponent.exp() * power * slope).imaginary
    };
    libm::exp(peak) * half_line(integrand, halvings) / std::f64::consts::PI
}

struct Contour {
    centre: f64,
    width: f64,
    bend: f64,
}

impl Contour {
    /// s(t) and s′(t).
    fn point(&self, t: f64) -> (Complex, Complex) {
        let (sinh, cosh) = (libm::sinh(t), libm::cosh(t));
        let Self { centre, width, bend } = *self;
        let at = Complex::new(centre + width * bend * (cosh - 1.0), width * sinh);
        (at, Complex::new(width * bend * sinh, width * cosh))
    }
}

const FIRST_STEP: f64 = 0.125;
const HALVINGS_MAX: u32 = 12;
const HALVINGS_ROUGH: u32 = 3;
const TOLERANCE: f64 = 1e-13;
/// Terms below this share of the sum, many in a row, end it.
const NEGLIGIBLE: f64 = 1e-17;
const T_MAX: f64 = 40.0;

/// ∫ over t from 0 to ∞ of an even function by trapezoids, halving the step until it settles.
fn half_line(integrand: impl Fn(f64) -> f64, halvings: u32) -> f64 {
    let mut step = FIRST_STEP;
    let first = 0.5 * integrand(0.0) + terms(&integrand, step, step, 0.0);
    let mut sum = first * step;
    for _ in 0..halvings {
        let between = terms(&integrand, 0.5 * step, step, sum / step);
        let finer = 0.5 * (sum + step * between);
        let change = (finer - sum).abs();
        (sum, step) = (finer, 0.5 * step);
        if change <= TOLERANCE * sum.abs() {
            break;
        }
    }
    sum
}

/// Σ integrand(start + k·step) until the terms no longer count beside `known` and themselves.
fn terms(integrand: &impl Fn(f64) -> f64, start: f64, step: f64, known: f64) -> f64 {
    let quiet_needed = (0.5 / step).max(4.0) as u32;
    let (mut sum, mut quiet, mut t) = (0.0, 0, start);
    while t < T_MAX && quiet < quiet_needed {
        let term = integrand(t);
        sum += term;
        // A term that is not a number lies beyond the range of doubles, where all is zero.
        if !term.is_finite() {
            return sum - term;
        }
        let counts = term.abs() > NEGLIGIBLE * (sum.abs() + known.abs());
        quiet = if counts { 0 } else { quiet + 1 };
        t += step;
    }
    sum
}

/// The minimum of K(c) − c·x − n·ln c over c > 0; `None` where x lies beyond the support.
fn saddle(law: &impl CumulantFunction, x: f64, payoff: Payoff) -> Option<f64> {
    let slope = |c: f64| law.at(c)[1] - x - payoff.order() / c;
    let [_, _, variance] = law.at(0.0);
    let (end, start) = (law.domain_end(), 1.0 / variance.sqrt());
    let inside = |c: f64| if end.is_finite() { end * c / (end + c) } else { c };
    // `position` runs over (0, ∞) whatever the domain.
    let (mut low, mut high) = (start, start);
    let mut tries = 0;
    while slope(inside(low)) > 0.0 {
        low *= 0.25;
    }
    while slope(inside(high)) < 0.0 {
        high *= 4.0;
        tries += 1;
        if tries > 40 {
            return None;
        }
    }
    let root = brent(|log| slope(inside(libm::exp(log))), libm::log(low), libm::log(high), 1e-6);
    root.ok().map(|log| inside(libm::exp(log)))
}
