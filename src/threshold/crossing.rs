//! Where a function crosses zero or a condition ends, by few and fallible evaluations.

/// An argument and the function there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Argument.
    pub x: f64,
    /// Value of the function.
    pub value: f64,
}

const EVALUATIONS_MAX: usize = 120;
/// Evaluations after which every second one bisects.
const PATIENCE: usize = 12;

/// A zero of `function` between two points on different sides of it.
///
/// Regula falsi with halved weights (Dowell & Jarratt 1971, the Illinois rule), bisecting now and
/// then, so that the bracket shrinks also where the function jumps. Ends when the bracket is
/// within `tolerance` times the larger of 1 and |x|, or the value within 1e-13 of the smaller one
/// given; the end nearer to zero is returned.
///
/// # Errors
/// Those of `function`.
pub fn crossing<E>(
    first: Point,
    second: Point,
    tolerance: f64,
    mut function: impl FnMut(f64) -> Result<f64, E>,
) -> Result<f64, E> {
    let (mut kept, mut newest) = (first, second);
    let mut weight = 1.0;
    let negligible = 1e-13 * first.value.abs().min(second.value.abs());
    for evaluation in 0..EVALUATIONS_MAX {
        let best = closer(kept, newest);
        let width = (newest.x - kept.x).abs();
        if width <= tolerance * best.x.abs().max(1.0) || best.value.abs() <= negligible {
            break;
        }
        let x = if bisects(evaluation) {
            0.5 * (kept.x + newest.x)
        } else {
            interpolated(kept, weight, newest)
        };
        let value = function(x)?;
        if (value > 0.0) != (newest.value > 0.0) {
            (kept, weight) = (newest, 1.0);
        } else {
            weight *= 0.5; // the end kept twice running counts half
        }
        newest = Point { x, value };
    }
    Ok(closer(kept, newest).x)
}

fn bisects(evaluation: usize) -> bool {
    let period = if evaluation < PATIENCE { 4 } else { 2 };
    evaluation % period == period - 1
}

fn closer(one: Point, other: Point) -> Point {
    if other.value.abs() < one.value.abs() { other } else { one }
}

/// The secant's zero with `kept` weighted, or the middle where that is not strictly inside.
fn interpolated(kept: Point, weight: f64, newest: Point) -> f64 {
    let value = kept.value * weight;
    let x = kept.x + (newest.x - kept.x) * (value / (value - newest.value));
    let inside = x > kept.x.min(newest.x) && x < kept.x.max(newest.x);
    if inside { x } else { 0.5 * (kept.x + newest.x) }
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
    for _ in 0..EVALUATIONS_MAX {
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
        assert!(found >= 3.2 && found < 3.2 + 1e-10);
    }
}
