//! Headroom: the interval around 0 of additional linear exposure h in one underlying where
//! PL(book + h) ≤ T.
//!
//! Each side is searched outward in growing steps until PL exceeds T, then refined. ES of a book
//! plus a linear exposure is convex in h (ES is coherent: Artzner, Delbaen, Eber & Heath 1999),
//! so the first crossing is the only one wherever losses stay with the desk; where venues bear
//! losses beyond equity it is the first one met on the steps.
//!
//! Where venues act inside paths, exposure is added as a position in an account, and its margin,
//! liquidation and impact change what is lost. That takes a walk of paths each time: the room without
//! them says where to look, a walk there how much they change ([`solve_acted`]), and so on until what
//! is left is a part of the error. Initial margin ends the room where it comes first.

use super::crossing::{Point, crossing, slope};
use super::potential_loss::MoneyEstimate;
use super::scale::Binding;
use crate::risk::NORMAL_95;
use crate::units::grouped;

/// What each side may not exceed, and where to look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadroomLimits {
    /// Threshold for additional long exposure.
    pub long: f64,
    /// Threshold for additional short exposure.
    pub short: f64,
    /// A typical exposure in money (gross exposure or capital), which sets the first step.
    pub typical_exposure: f64,
}

/// One side of the interval.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadroomBound {
    /// Additional exposure, positive on both sides; `None` with a reason.
    pub value: Option<f64>,
    /// 95 % Monte Carlo interval.
    pub interval_95: Option<[f64; 2]>,
    /// What ends the room.
    pub binding: Binding,
    /// Why there is no value, else empty.
    pub reason: String,
}

/// Both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadroomSolution {
    /// Room for longs.
    pub long: HeadroomBound,
    /// Room for shorts.
    pub short: HeadroomBound,
}

/// First step as a share of the typical exposure.
const FIRST_STEP: f64 = 1.0 / 64.0;
/// Doublings before giving up: a million times the typical exposure.
const DOUBLINGS: u32 = 26;
const RELATIVE_TOLERANCE: f64 = 1e-10;
const SLOPE_STEP: f64 = 1e-3;

/// Solves both sides with `evaluate(h)`, h signed and in money.
///
/// # Errors
/// Those of `evaluate`.
pub fn solve_headroom<E>(
    mut evaluate: impl FnMut(f64) -> Result<MoneyEstimate, E>,
    limits: HeadroomLimits,
) -> Result<HeadroomSolution, E> {
    let today = evaluate(0.0)?.amount;
    let typical = if limits.typical_exposure > 0.0 { limits.typical_exposure } else { 1.0 };
    let mut side = |sign: f64, limit: f64| {
        let room = Side { today, limit, typical };
        room.solve(|room| evaluate(sign * room))
    };
    Ok(HeadroomSolution { long: side(1.0, limits.long)?, short: side(-1.0, limits.short)? })
}

/// Walks a side may take.
const WALKS_MAX: usize = 6;
/// Share of its error to which the potential loss at the end is found.
const CLOSE: f64 = 0.25;
/// Tolerance of where to look.
const LOOK_TOLERANCE: f64 = 1e-7;

/// Solves both sides of a book whose accounts act on what is added: `evaluate` is the potential loss
/// with exposure that nothing acts on, `change` by how much acting changes it, each with its error,
/// and `largest` the exposure `[long, short]` at which initial margin ends, where it does.
///
/// # Errors
/// Those of `evaluate` and `change`.
pub fn solve_acted<E>(
    mut evaluate: impl FnMut(f64) -> Result<MoneyEstimate, E>,
    mut change: impl FnMut(f64) -> Result<MoneyEstimate, E>,
    largest: [Option<f64>; 2],
    limits: HeadroomLimits,
) -> Result<HeadroomSolution, E> {
    let today = evaluate(0.0)?.amount;
    let typical = if limits.typical_exposure > 0.0 { limits.typical_exposure } else { 1.0 };
    let mut side = |sign: f64, limit: f64, largest: Option<f64>| {
        let room = Side { today, limit, typical };
        room.acted(|room| evaluate(sign * room), |room| change(sign * room), largest)
    };
    Ok(HeadroomSolution {
        long: side(1.0, limits.long, largest[0])?,
        short: side(-1.0, limits.short, largest[1])?,
    })
}

/// What walks have found of a side: excesses over the limit on either side of its end.
struct Walked {
    inside: Point,
    outside: Option<Point>,
}

impl Walked {
    fn next(&self, look: Option<f64>, end: f64) -> f64 {
        let inside = self.inside.x;
        match self.outside {
            None => look.unwrap_or(end).max(1.5 * inside).min(end),
            Some(outside) => {
                let share = self.inside.value / (self.inside.value - outside.value);
                let between = inside + share.clamp(0.1, 0.9) * (outside.x - inside);
                // The line between two walks knows how the change grows, which a look does not.
                let far = look.filter(|x| inside == 0.0 && *x > inside && *x < outside.x);
                far.unwrap_or(between)
            }
        }
    }

    fn slope(&self) -> Option<f64> {
        let outside = self.outside?;
        Some((outside.value - self.inside.value) / (outside.x - self.inside.x))
    }
}

struct Side {
    today: f64,
    limit: f64,
    typical: f64,
}

impl Side {
    fn solve<E>(
        &self,
        mut evaluate: impl FnMut(f64) -> Result<MoneyEstimate, E>,
    ) -> Result<HeadroomBound, E> {
        if self.today > self.limit {
            return Ok(none("the book is over this threshold already".to_owned()));
        }
        let Some((inside, outside)) = self.bracket(&mut evaluate)? else {
            return Ok(none(format!(
                "no end found up to USD {}",
                grouped(self.step(DOUBLINGS), 0)
            )));
        };
        let excess = |room| Ok(evaluate(room)?.amount - self.limit);
        let value = crossing(inside, outside, RELATIVE_TOLERANCE, excess)?;
        Ok(HeadroomBound {
            value: Some(value),
            interval_95: self.interval(value, &mut evaluate)?,
            binding: Binding::Risk,
            reason: String::new(),
        })
    }

    fn acted<E>(
        &self,
        mut evaluate: impl FnMut(f64) -> Result<MoneyEstimate, E>,
        mut change: impl FnMut(f64) -> Result<MoneyEstimate, E>,
        largest: Option<f64>,
    ) -> Result<HeadroomBound, E> {
        if self.today > self.limit {
            return Ok(none("the book is over this threshold already".to_owned()));
        }
        let end = largest.unwrap_or(self.step(DOUBLINGS));
        let inside = Point { x: 0.0, value: self.today - self.limit };
        let mut walked = Walked { inside, outside: None };
        let mut x = self.look(0.0, &mut evaluate)?.unwrap_or(end).min(end);
        for walk in 1..=WALKS_MAX {
            let (held, changed) = (evaluate(x)?, change(x)?);
            let error = libm::hypot(held.standard_error, changed.standard_error);
            let value = held.amount + changed.amount - self.limit;
            let point = Point { x, value };
            if value > 0.0 {
                walked.outside = Some(point)
            } else {
                walked.inside = point
            }
            if value <= 0.0 && x >= end {
                return Ok(self.at_end(largest));
            }
            let look = self.look(changed.amount, &mut evaluate)?;
            if value.abs() <= CLOSE * error || walk == WALKS_MAX {
                let slope = match walked.slope() {
                    Some(slope) => slope,
                    None => self.slope(x, &mut evaluate)?,
                };
                return Ok(within(x, error / slope.abs()));
            }
            x = walked.next(look, end);
        }
        Ok(none(format!("not found in {WALKS_MAX} walks")))
    }

    /// Where the room would end were the potential loss higher by `change` everywhere.
    fn look<E>(
        &self,
        change: f64,
        evaluate: &mut impl FnMut(f64) -> Result<MoneyEstimate, E>,
    ) -> Result<Option<f64>, E> {
        let shifted = Side { limit: self.limit - change, ..*self };
        if shifted.today > shifted.limit {
            return Ok(None);
        }
        let Some((inside, outside)) = shifted.bracket(evaluate)? else { return Ok(None) };
        let excess = |room| Ok(evaluate(room)?.amount - shifted.limit);
        Ok(Some(crossing(inside, outside, LOOK_TOLERANCE, excess)?))
    }

    fn at_end(&self, largest: Option<f64>) -> HeadroomBound {
        match largest {
            Some(value) => HeadroomBound {
                value: Some(value),
                interval_95: None,
                binding: Binding::Margin,
                reason: "beyond it the account misses its initial margin".to_owned(),
            },
            None => none(format!("no end found up to USD {}", grouped(self.step(DOUBLINGS), 0))),
        }
    }

    fn step(&self, doublings: u32) -> f64 {
        self.typical * FIRST_STEP * f64::from(1u32 << doublings)
    }

    fn bracket<E>(
        &self,
        evaluate: &mut impl FnMut(f64) -> Result<MoneyEstimate, E>,
    ) -> Result<Option<(Point, Point)>, E> {
        let mut inside = Point { x: 0.0, value: self.today - self.limit };
        for doublings in 0..=DOUBLINGS {
            let x = self.step(doublings);
            let value = evaluate(x)?.amount - self.limit;
            if value > 0.0 {
                return Ok(Some((inside, Point { x, value })));
            }
            inside = Point { x, value };
        }
        Ok(None)
    }

    fn interval<E>(
        &self,
        value: f64,
        evaluate: &mut impl FnMut(f64) -> Result<MoneyEstimate, E>,
    ) -> Result<Option<[f64; 2]>, E> {
        let standard_error = evaluate(value)?.standard_error;
        let slope = self.slope(value, evaluate)?;
        let half_width = NORMAL_95 * standard_error / slope.abs();
        let interval = [(value - half_width).max(0.0), value + half_width];
        Ok(half_width.is_finite().then_some(interval))
    }

    fn slope<E>(
        &self,
        value: f64,
        evaluate: &mut impl FnMut(f64) -> Result<MoneyEstimate, E>,
    ) -> Result<f64, E> {
        let step = SLOPE_STEP * value.max(SLOPE_STEP * self.typical);
        slope(value, step, 0.0, |room| Ok(evaluate(room)?.amount))
    }
}

/// A room that risk ends, with the standard error of its end.
fn within(value: f64, error: f64) -> HeadroomBound {
    let half_width = NORMAL_95 * error;
    let interval = [(value - half_width).max(0.0), value + half_width];
    HeadroomBound {
        value: Some(value),
        interval_95: half_width.is_finite().then_some(interval),
        binding: Binding::Risk,
        reason: String::new(),
    }
}

fn none(reason: String) -> HeadroomBound {
    HeadroomBound { value: None, interval_95: None, binding: Binding::None, reason }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn solve(loss: impl Fn(f64) -> f64, long: f64, short: f64) -> HeadroomSolution {
        let evaluate =
            |h: f64| Ok::<_, Infallible>(MoneyEstimate { amount: loss(h), standard_error: 2.0 });
        let limits = HeadroomLimits { long, short, typical_exposure: 1_000.0 };
        solve_headroom(evaluate, limits).unwrap()
    }

    #[test]
    fn a_linear_exposure_has_room_on_both_sides() {
        // 0.2·|1000 + h| ≤ 300: h from −2500 to 500; error 2 at slope 0.2 is 10.
        let found = solve(|h| 0.2 * (1_000.0 + h).abs(), 300.0, 300.0);
        approx::assert_relative_eq!(found.long.value.unwrap(), 500.0, max_relative = 1e-9);
        approx::assert_relative_eq!(found.short.value.unwrap(), 2_500.0, max_relative = 1e-9);
        let [low, high] = found.long.interval_95.unwrap();
        approx::assert_relative_eq!(high - low, 2.0 * NORMAL_95 * 10.0, max_relative = 1e-6);
    }

    #[test]
    fn each_side_has_its_own_threshold() {
        let found = solve(|h| 0.2 * (1_000.0 + h).abs(), 250.0, 300.0);
        approx::assert_relative_eq!(found.long.value.unwrap(), 250.0, max_relative = 1e-9);
        approx::assert_relative_eq!(found.short.value.unwrap(), 2_500.0, max_relative = 1e-9);
    }

    #[test]
    fn over_the_threshold_there_is_no_room() {
        let found = solve(|h| 0.2 * (1_000.0 + h).abs(), 100.0, 300.0);
        assert_eq!(found.long.value, None);
        assert!(found.long.reason.contains("over this threshold"));
        assert!(found.short.value.is_some());
    }

    #[test]
    fn exposure_without_risk_has_no_end() {
        let found = solve(|_| 5.0, 10.0, 10.0);
        assert_eq!(found.long.value, None);
        // 2^26 first steps of 1/64 of the typical exposure.
        assert_eq!(found.long.reason, "no end found up to USD 1,048,576,000");
    }

    #[test]
    fn what_acting_changes_is_found_in_few_walks() {
        // Loss 0.2·|1000 + h|, and 0.05·h more for what liquidation costs: 0.2·1000 + 0.25·h = 300.
        let held = |h: f64| {
            let amount = 0.2 * (1_000.0 + h).abs();
            Ok::<_, Infallible>(MoneyEstimate { amount, standard_error: 0.03 })
        };
        let mut walks = 0;
        let change = |h: f64| {
            walks += 1;
            Ok(MoneyEstimate { amount: 0.05 * h.max(0.0), standard_error: 0.04 })
        };
        let limits = HeadroomLimits { long: 300.0, short: 300.0, typical_exposure: 1_000.0 };
        let found = solve_acted(held, change, [None, Some(700.0)], limits).unwrap();
        // found to a quarter of the error of 0.05
        assert!((found.long.value.unwrap() - 400.0).abs() < 0.25 * 0.05 / 0.25 + 1e-9);
        let [low, high] = found.long.interval_95.unwrap();
        approx::assert_relative_eq!(high - low, 2.0 * NORMAL_95 * 0.05 / 0.25, max_relative = 0.05);
        assert_eq!((found.short.value, found.short.binding), (Some(700.0), Binding::Margin));
        assert!(walks <= 8, "{walks}");
    }

    #[test]
    fn a_book_exactly_at_its_threshold_has_no_more_room() {
        let found = solve(|h| 0.2 * (1_000.0 + h).abs(), 200.0, 200.0);
        assert!(found.long.value.unwrap() < 1e-6);
        approx::assert_relative_eq!(found.short.value.unwrap(), 2_000.0, max_relative = 1e-9);
    }
}
