//! Distance to breach: the move of today's market at which U = 1, book unchanged.

use super::crossing::{Point, crossing};
use super::potential_loss::MoneyEstimate;

/// Falls of all spots tried, in order.
pub const SPOT_DOWN: &[f64] =
    &[-0.02, -0.05, -0.1, -0.15, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8, -0.9, -0.95];
/// Rises of all spots tried, in order.
pub const SPOT_UP: &[f64] = &[0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0];
/// Relative rises of all volatilities tried, in order.
pub const VOLATILITY_UP: &[f64] = &[0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 9.0];

/// Moves are found to a hundredth of a per cent.
const TOLERANCE: f64 = 1e-4;

/// Where the threshold is met on the way out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Breach {
    /// At this move.
    At(f64),
    /// U > 1 before any move.
    Already,
    /// Not up to the last move tried.
    NotWithin(f64),
}

impl Breach {
    /// The move, where there is one.
    pub fn at(self) -> Option<f64> {
        match self {
            Self::At(change) => Some(change),
            Self::Already | Self::NotWithin(_) => None,
        }
    }

    /// Why there is no move, in words; empty where there is one.
    pub fn note(self) -> String {
        match self {
            Self::At(_) => String::new(),
            Self::Already => "the threshold is breached already".to_owned(),
            Self::NotWithin(last) => format!("not breached up to a move of {:+.0} %", last * 100.0),
        }
    }
}

/// First breach along `moves`, away from 0, where the excess is `today`.
///
/// `excess(move)` is `PL − T` with capital, threshold and paths revalued after the move, on the
/// same random numbers; `rough(move)` the same by fewer paths, for moves that are far from a breach.
/// A breach that heals between two moves is not seen.
///
/// # Errors
/// Those of `excess` and `rough`.
pub fn distance_to_breach<E>(
    moves: &[f64],
    today: f64,
    mut rough: impl FnMut(f64) -> Result<MoneyEstimate, E>,
    mut excess: impl FnMut(f64) -> Result<f64, E>,
) -> Result<Breach, E> {
    let mut inside = Point { x: 0.0, value: today };
    if inside.value > 0.0 {
        return Ok(Breach::Already);
    }
    for &x in moves {
        let found = rough(x)?;
        let value = if found.is_far_from(0.0) { found.amount } else { excess(x)? };
        if value > 0.0 {
            let found = crossing(inside, Point { x, value }, TOLERANCE, excess)?;
            return Ok(Breach::At(found));
        }
        inside = Point { x, value };
    }
    Ok(Breach::NotWithin(inside.x))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn run(moves: &[f64], excess: impl Fn(f64) -> f64) -> Breach {
        // off by two errors
        let rough = |x| MoneyEstimate { amount: excess(x) + 2.0, standard_error: 1.0 };
        let exact = |x| Ok::<_, Infallible>(excess(x));
        distance_to_breach(moves, excess(0.0), |x| Ok(rough(x)), exact).unwrap()
    }

    #[test]
    fn the_first_breach_on_either_side() {
        // PL 60 growing with the square of the move, T falling with spot.
        let excess = |x: f64| 60.0 * (1.0 + x * x) - 100.0 * (1.0 + x);
        // 60x² − 100x − 40 = 0 at x = −1/3 and x = 2.
        let down = run(SPOT_DOWN, excess).at().unwrap();
        assert!((down + 1.0 / 3.0).abs() < TOLERANCE, "{down}");
        let up = run(SPOT_UP, excess).at().unwrap();
        assert!((up - 2.0).abs() < 2.0 * TOLERANCE, "{up}");
    }

    #[test]
    fn breached_already_and_never() {
        assert_eq!(run(SPOT_UP, |_| 1.0), Breach::Already);
        let never = run(SPOT_DOWN, |_| -1.0);
        assert_eq!(never, Breach::NotWithin(-0.95));
        assert!(never.note().contains("-95 %"));
    }
}
