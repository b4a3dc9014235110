//! Where a function crosses zero or a condition ends, by few and fallible evaluations.

use crate::numeric::root::brent;

/// An argument and the function there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Argument.
    pub x: f64,
    /// Value of the function.
    pub value: f64,
}

const BISECTIONS_MAX: usize = 100;

/// A zero of `function` between two points on different sides of it, by Brent's method; where the
/// function jumps over zero, the jump. `tolerance` is relative to the larger of 1 and |x|.
///
/// # Errors
/// Those of `function`.
pub fn crossing<E>(
    first: Point,
    second: Point,
    tolerance: f64,
    mut function: impl FnMut(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    if first.value == 0.0 {
        return Ok(first.x);
    }
    let mut failure = None;
    // A failed evaluation is passed as NaN, at which Brent's method stops.
    let value = |x: f64| match [first, second].iter().find(|end| end.x == x) {
        Some(end) => end.value,
        None => function(x).unwrap_or_else(|error| {
            failure = Some(error);
            f64::NAN
        }),
    };
    let scale = first.x.abs().max(second.x.abs()).max(1.0);
    let found = brent(value, first.x, second.x, tolerance * scale);
    match failure {
        Some(error) => Err(error),
        None => Ok(found.unwrap_or(first.x)),
    }
}

/// The last argument from `inside` toward `outside` at which `holds`, by bisection.
///
/// # Errors
/// Those of `holds`.
pub fn last_holding<E>(
    inside: f64,
    outside: f64,
    tolerance: f64,
    mut holds: impl FnMut(f64) -> Result<bool, E>,
) -> Result<f64, E> {
    let (mut inside, mut outside) = (inside, outside);
    for _ in 0..BISECTIONS_MAX {
        let middle = 0.5 * (inside + outside);
        if (outside - inside).abs() <= tolerance * middle.abs().max(1.0) {
            break;
        }
        if holds(middle)? {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Ok(inside)
}

/// Slope of `function` at `x` by a central difference, one-sided at `minimum`.
///
/// # Errors
/// Those of `function`.
pub fn slope<E>(
    x: f64,
    step: f64,
    minimum: f64,
    mut function: impl FnMut(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    let (below, above) = ((x - step).max(minimum), x + step);
    Ok((function(above)? - function(below)?) / (above - below))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn solve(low: f64, high: f64, function: impl Fn(f64) -> f64) -> (f64, usize) {
        let mut evaluations = 0;
        let ends = [low, high].map(|x| Point { x, value: function(x) });
        let found = crossing(ends[0], ends[1], 1e-12, |x| {
            evaluations += 1;
            Ok::<_, Infallible>(function(x))
        });
        (found.unwrap(), evaluations)
    }

    #[test]
    fn zeros_of_smooth_functions_are_found_in_few_evaluations() {
        for (low, high) in [(0.0, 10.0), (10.0, 0.0), (1.0, 1.5)] {
            let (x, evaluations) = solve(low, high, |x| x * x - 2.0);
            approx::assert_relative_eq!(x, 2f64.sqrt(), max_relative = 1e-11);
            assert!(evaluations <= 25, "{evaluations}");
        }
        let (x, evaluations) = solve(0.0, 20.0, |x| libm::exp(x) - 2.0);
        approx::assert_relative_eq!(x, std::f64::consts::LN_2, max_relative = 1e-11);
        assert!(evaluations <= 60, "{evaluations}");
    }

    #[test]
    fn a_jump_is_found_and_an_infinite_end_does_no_harm() {
        let (x, _) = solve(0.0, 1.0, |x| if x < 0.3 { -1.0 } else { 5.0 });
        assert!((x - 0.3).abs() < 1e-9);
        let (x, _) = solve(0.0, 1.0, |x| if x > 0.9 { f64::INFINITY } else { x - 0.25 });
        assert!((x - 0.25).abs() < 1e-9, "{x}");
    }

    #[test]
    fn errors_pass_through() {
        let ends = [(-1.0, -1.0), (1.0, 1.0)].map(|(x, value)| Point { x, value });
        let found = crossing(ends[0], ends[1], 1e-9, |_| Err("stopped"));
        assert_eq!(found, Err("stopped"));
    }

    #[test]
    fn the_last_holding_argument_still_holds() {
        let found = last_holding(0.0, 4.0, 1e-12, |x| Ok::<_, Infallible>(x <= 3.2)).unwrap();
        assert!(found <= 3.2 && found > 3.2 - 1e-10);
        let found = last_holding(4.0, 0.0, 1e-12, |x| Ok::<_, Infallible>(x >= 3.2)).unwrap();
        assert!((3.2..3.2 + 1e-10).contains(&found));
    }
}
