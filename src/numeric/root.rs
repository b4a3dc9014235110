//! Roots of continuous functions of one variable, from a bracket.
//!
//! Deterministic: the sequence of points depends on the function's values only.

/// Why no root was found.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RootError {
    /// The function has one sign at both ends, or is not a number there.
    #[error("no sign change: f({low}) = {value_low}, f({high}) = {value_high}")]
    NotBracketed {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Value at the lower end.
        value_low: f64,
        /// Value at the upper end.
        value_high: f64,
    },
    /// The function stopped being a number inside the bracket.
    #[error("f({0}) is not a number")]
    NotANumber(f64),
}

const ITERATIONS_MAX: usize = 200;

/// Halves the bracket until it is no wider than `tolerance` (absolute; zero for the last double).
/// Returns its middle.
///
/// # Errors
/// [`RootError`] if the ends do not bracket a sign change, or on NaN.
pub fn bisect(
    mut function: impl FnMut(f64) -> f64,
    low: f64,
    high: f64,
    tolerance: f64,
) -> Result<f64, RootError> {
    let value_low = function(low);
    bracketed(low, high, value_low, function(high))?;
    let (mut low, mut high) = (low, high);
    while high - low > tolerance {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        let value = function(middle);
        if value.is_nan() {
            return Err(RootError::NotANumber(middle));
        }
        if (value > 0.0) == (value_low > 0.0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low + 0.5 * (high - low))
}

/// Brent's method ("Algorithms for Minimization without Derivatives", 1973, chapter 4): inverse
/// quadratic or secant steps, bisection where they do not help. `tolerance` is absolute.
///
/// # Errors
/// [`RootError`] if the ends do not bracket a sign change, or on NaN.
pub fn brent(
    mut function: impl FnMut(f64) -> f64,
    low: f64,
    high: f64,
    tolerance: f64,
) -> Result<f64, RootError> {
    let (value_low, value_high) = (function(low), function(high));
    bracketed(low, high, value_low, value_high)?;
    let mut bracket = Bracket::new((low, value_low), (high, value_high));
    for _ in 0..ITERATIONS_MAX {
        let Some(next) = bracket.next(tolerance) else {
            break;
        };
        let value = function(next);
        if value.is_nan() {
            return Err(RootError::NotANumber(next));
        }
        bracket.take(next, value);
    }
    Ok(bracket.best.0)
}

fn bracketed(low: f64, high: f64, value_low: f64, value_high: f64) -> Result<(), RootError> {
    if value_low * value_high <= 0.0 || value_low.signum() * value_high.signum() < 0.0 {
        return Ok(());
    }
    Err(RootError::NotBracketed { low, high, value_low, value_high })
}

/// The state of Brent's method: the best point, the previous one, and the end across the root.
struct Bracket {
    best: (f64, f64),
    previous: (f64, f64),
    opposite: (f64, f64),
    step: f64,
    step_before: f64,
}

impl Bracket {
    fn new(low: (f64, f64), high: (f64, f64)) -> Self {
        let step = high.0 - low.0;
        let mut bracket =
            Self { best: high, previous: low, opposite: low, step, step_before: step };
        bracket.order();
        bracket
    }

    /// Keeps the smaller value at `best`.
    fn order(&mut self) {
        if self.opposite.1.abs() < self.best.1.abs() {
            self.previous = self.best;
            self.best = self.opposite;
            self.opposite = self.previous;
        }
    }

    /// The next point to look at; `None` when the root is known to `tolerance`.
    fn next(&mut self, tolerance: f64) -> Option<f64> {
        let least = 2.0 * f64::EPSILON * self.best.0.abs() + 0.5 * tolerance;
        let half = 0.5 * (self.opposite.0 - self.best.0);
        if half.abs() <= least || self.best.1 == 0.0 {
            return None;
        }
        match self.interpolated(half, least) {
            Some(step) => {
                self.step_before = self.step;
                self.step = step;
            }
            None => {
                self.step_before = half;
                self.step = half;
            }
        }
        let step = if self.step.abs() > least { self.step } else { least.copysign(half) };
        Some(self.best.0 + step)
    }

    /// A secant or inverse quadratic step, if it stays well inside and shrinks fast enough.
    fn interpolated(&self, half: f64, least: f64) -> Option<f64> {
        if self.step_before.abs() < least || self.previous.1.abs() <= self.best.1.abs() {
            return None;
        }
        let s = self.best.1 / self.previous.1;
        let (numerator, denominator) = if self.previous.0 == self.opposite.0 {
            (2.0 * half * s, 1.0 - s)
        } else {
            let q = self.previous.1 / self.opposite.1;
            let r = self.best.1 / self.opposite.1;
            let across = 2.0 * half * q * (q - r) - (self.best.0 - self.previous.0) * (r - 1.0);
            (s * across, (q - 1.0) * (r - 1.0) * (s - 1.0))
        };
        let step = -numerator / denominator;
        let inside = 2.0 * step.abs() < (3.0 * half.abs() - least).min(self.step_before.abs());
        (inside && step * half > 0.0).then_some(step)
    }

    fn take(&mut self, point: f64, value: f64) {
        self.previous = self.best;
        self.best = (point, value);
        if (value > 0.0) == (self.opposite.1 > 0.0) {
            self.opposite = self.previous;
            self.step = self.best.0 - self.previous.0;
            self.step_before = self.step;
        }
        self.order();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_find_the_root_of_a_cubic() {
        // x³ = 2: the cube root of two.
        let expected = libm::cbrt(2.0);
        let cubic = |x: f64| x * x * x - 2.0;
        assert!((brent(cubic, 0.0, 10.0, 1e-15).unwrap() - expected).abs() < 1e-14);
        assert!((bisect(cubic, 0.0, 10.0, 0.0).unwrap() - expected).abs() < 1e-15);
        assert!((brent(|x| -cubic(x), 0.0, 10.0, 1e-15).unwrap() - expected).abs() < 1e-14);
    }

    #[test]
    fn brent_needs_few_evaluations() {
        let mut count = 0;
        let root = brent(
            |x| {
                count += 1;
                libm::exp(x) - 5.0
            },
            0.0,
            10.0,
            1e-13,
        );
        assert!((root.unwrap() - libm::log(5.0)).abs() < 1e-12);
        assert!(count < 20, "{count} evaluations");
    }

    #[test]
    fn a_root_at_an_end_is_found() {
        assert!(brent(|x| x, 0.0, 1.0, 1e-12).unwrap().abs() < 1e-12);
        assert!(bisect(|x| x - 1.0, 0.0, 1.0, 0.0).unwrap() > 1.0 - 1e-15);
    }

    #[test]
    fn one_sign_or_nan_is_refused() {
        assert!(matches!(
            brent(|x| x * x + 1.0, -1.0, 1.0, 1e-9),
            Err(RootError::NotBracketed { .. })
        ));
        assert!(bisect(|_| f64::NAN, 0.0, 1.0, 1e-9).is_err());
        let hole = |x: f64| if x.abs() < 0.4 { f64::NAN } else { x };
        assert!(matches!(bisect(hole, -1.0, 1.0, 1e-9), Err(RootError::NotANumber(_))));
    }

    #[test]
    fn steep_flat_and_infinite_functions_are_bracketed() {
        let steep = brent(|x| libm::tanh(1e6 * (x - 0.3)), -5.0, 9.0, 1e-12).unwrap();
        assert!((steep - 0.3).abs() < 1e-9);
        let infinite = |x: f64| if x > 2.0 { f64::INFINITY } else { -1.0 };
        assert!((bisect(infinite, 0.0, 3.0, 1e-12).unwrap() - 2.0).abs() < 1e-11);
    }
}
