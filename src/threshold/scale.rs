//! Scale to threshold k*: the end of the interval around 1 where PL(k) ≤ T and every account
//! meets its initial margin; above T, the largest k below 1.
//!
//! PL(k) is not monotone: collateral coins can hedge, and an account that would be liquidated at
//! once loses less. So k is scanned over a grid from 0 to 10 (steps 0.1 to 2, 0.25 to 5, then
//! 0.5) and refined inside the cell where things change; what happens and is undone within one
//! cell is not seen. All evaluations must use the same paths.

use super::crossing::{Point, crossing, last_holding, slope};
use super::potential_loss::MoneyEstimate;
use crate::risk::NORMAL_95;
use crate::units::grouped;

/// A book at any scale of its positions.
pub trait ScaledBook {
    /// Why it could not be evaluated.
    type Error;

    /// PL(k).
    ///
    /// # Errors
    /// Those of the book.
    fn potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, Self::Error>;

    /// PL(k) by fewer paths, where that is quicker: for whether it is far off a threshold.
    ///
    /// # Errors
    /// Those of the book.
    fn rough_potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, Self::Error>;

    /// Whether every account meets its initial margin at time zero.
    fn meets_initial_margin(&self, scale: f64) -> bool;

    /// How closely a scale is worth finding, relative to the larger of 1 and k.
    fn tolerance(&self) -> f64;
}

/// The book at one scale.
#[derive(Debug, Clone, Copy)]
struct Evaluation {
    potential_loss: f64,
    margin_met: bool,
}

/// What ends the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// PL would exceed T.
    Risk,
    /// An account would miss its initial margin.
    Margin,
    /// Nothing up to 10, or there is no such scale.
    None,
}

impl Binding {
    /// `risk`, `margin` or `none`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Risk => "risk",
            Self::Margin => "margin",
            Self::None => "none",
        }
    }
}

/// k* with its error and evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleSolution {
    /// k*; `None` with a reason.
    pub value: Option<f64>,
    /// 95 % interval where risk binds.
    pub interval_95: Option<[f64; 2]>,
    /// What binds.
    pub binding: Binding,
    /// Why there is no value, or what binds, in words.
    pub reason: String,
    /// All k in 0…10 where PL(k) crosses T, increasing.
    pub crossings: Vec<f64>,
}

const MARGIN_TOLERANCE: f64 = 1e-10;
const SLOPE_STEP: f64 = 1e-3;

/// Solves for k* of `book` and the threshold, in money.
///
/// # Errors
/// Those of the book.
pub fn solve_scale<B: ScaledBook>(book: &mut B, threshold: f64) -> Result<ScaleSolution, B::Error> {
    let grid = scan(book, threshold)?;
    let crossings = crossings(&grid, threshold, book)?;
    let search = Search { grid: &grid, threshold };
    let Some((inside, outside)) = search.cell() else {
        let reason = search.reason_without_end();
        return Ok(ScaleSolution {
            value: None,
            interval_95: None,
            binding: search.binding_without_end(),
            reason,
            crossings,
        });
    };
    let (value, binding) = search.refine(inside, outside, book)?;
    let interval_95 = match binding {
        Binding::Risk => interval(value, book)?,
        Binding::Margin | Binding::None => None,
    };
    Ok(ScaleSolution {
        value: Some(value),
        interval_95,
        binding,
        reason: reason(binding),
        crossings,
    })
}

/// The book along the grid: roughly where that tells on which side of the threshold it is, on all
/// paths elsewhere and at both ends of every cell in which it changes sides.
fn scan<B: ScaledBook>(book: &mut B, threshold: f64) -> Result<Vec<(f64, Evaluation)>, B::Error> {
    let rough = scales().map(|k| Ok((k, book.rough_potential_loss(k)?)));
    let rough: Vec<(f64, MoneyEstimate)> = rough.collect::<Result<_, B::Error>>()?;
    let is_far = |(_, found): &(f64, MoneyEstimate)| found.is_far_from(threshold);
    let exceeds = |(_, found): &(f64, MoneyEstimate)| found.amount > threshold;
    let mut is_exact: Vec<bool> = rough.iter().map(|one| !is_far(one)).collect();
    // told where nothing is within the threshold
    is_exact[0] = true;
    for (index, pair) in rough.windows(2).enumerate() {
        if exceeds(&pair[0]) != exceeds(&pair[1]) {
            (is_exact[index], is_exact[index + 1]) = (true, true);
        }
    }
    let evaluated = rough.iter().zip(is_exact).map(|(&(k, rough), is_exact)| {
        let potential_loss = match is_exact {
            true => book.potential_loss(k)?.amount,
            false => rough.amount,
        };
        let margin_met = book.meets_initial_margin(k);
        Ok((k, Evaluation { potential_loss, margin_met }))
    });
    evaluated.collect()
}

/// The grid, 0 to 10.
fn scales() -> impl Iterator<Item = f64> {
    let fine = (0..20).map(|i| f64::from(i) / 10.0);
    let middle = (8..20).map(|i| f64::from(i) / 4.0);
    let coarse = (10..=20).map(|i| f64::from(i) / 2.0);
    fine.chain(middle).chain(coarse)
}

fn crossings<B: ScaledBook>(
    grid: &[(f64, Evaluation)],
    threshold: f64,
    book: &mut B,
) -> Result<Vec<f64>, B::Error> {
    let excess = |&(x, evaluation): &(f64, Evaluation)| Point {
        x,
        value: evaluation.potential_loss - threshold,
    };
    let mut found = Vec::new();
    for pair in grid.windows(2) {
        let (low, high) = (excess(&pair[0]), excess(&pair[1]));
        if (low.value > 0.0) != (high.value > 0.0) {
            found.push(risk_crossing(low, high, threshold, book)?);
        }
    }
    Ok(found)
}

/// The scale between two at which PL crosses the threshold.
fn risk_crossing<B: ScaledBook>(
    low: Point,
    high: Point,
    threshold: f64,
    book: &mut B,
) -> Result<f64, B::Error> {
    let tolerance = book.tolerance();
    crossing(low, high, tolerance, |k| Ok(book.potential_loss(k)?.amount - threshold))
}

fn interval<B: ScaledBook>(value: f64, book: &mut B) -> Result<Option<[f64; 2]>, B::Error> {
    let standard_error = book.potential_loss(value)?.standard_error;
    let step = SLOPE_STEP * value.max(SLOPE_STEP);
    let slope = slope(value, step, 0.0, |k| Ok(book.potential_loss(k)?.amount))?;
    let half_width = NORMAL_95 * standard_error / slope.abs();
    let interval = [(value - half_width).max(0.0), value + half_width];
    Ok(half_width.is_finite().then_some(interval))
}

fn reason(binding: Binding) -> String {
    match binding {
        Binding::Risk => "beyond it the potential loss exceeds the threshold".to_owned(),
        Binding::Margin => "beyond it an account misses its initial margin".to_owned(),
        Binding::None => String::new(),
    }
}

struct Search<'a> {
    grid: &'a [(f64, Evaluation)],
    threshold: f64,
}

impl Search<'_> {
    fn within_threshold(&self, evaluation: &Evaluation) -> bool {
        evaluation.potential_loss <= self.threshold
    }

    fn feasible(&self, evaluation: &Evaluation) -> bool {
        self.within_threshold(evaluation) && evaluation.margin_met
    }

    fn today(&self) -> usize {
        self.grid.partition_point(|(k, _)| *k < 1.0)
    }

    /// Neighbouring grid points, one feasible and one not, between which k* lies.
    fn cell(&self) -> Option<(usize, usize)> {
        let today = self.today();
        let feasible = |index: &usize| self.feasible(&self.grid[*index].1);
        if feasible(&today) {
            let outside = (today + 1..self.grid.len()).find(|index| !feasible(index))?;
            Some((outside - 1, outside))
        } else {
            let inside = (0..today).rev().find(feasible)?;
            Some((inside, inside + 1))
        }
    }

    /// Margin costs next to nothing to look at, PL may walk every path again: where margin ends the
    /// cell its end comes first, and PL only tells whether risk binds before it.
    fn refine<B: ScaledBook>(
        &self,
        inside: usize,
        outside: usize,
        book: &mut B,
    ) -> Result<(f64, Binding), B::Error> {
        let ((low, at_low), (high, at_high)) = (self.grid[inside], self.grid[outside]);
        let point = |x: f64, loss: f64| Point { x, value: loss - self.threshold };
        let inside = point(low, at_low.potential_loss);
        let mut outside = point(high, at_high.potential_loss);
        if !at_high.margin_met {
            let met = |k| Ok(book.meets_initial_margin(k));
            let last = last_holding(low, high, MARGIN_TOLERANCE, met)?;
            let loss = book.potential_loss(last)?.amount;
            if loss <= self.threshold {
                return Ok((last, Binding::Margin));
            }
            outside = point(last, loss);
        }
        Ok((risk_crossing(inside, outside, self.threshold, book)?, Binding::Risk))
    }

    fn binding_without_end(&self) -> Binding {
        let below = &self.grid[..=self.today()];
        let risk_alone = |(_, evaluation): &(f64, Evaluation)| self.within_threshold(evaluation);
        if self.feasible(&self.grid[self.today()].1) || !below.iter().any(risk_alone) {
            Binding::None
        } else {
            Binding::Margin
        }
    }

    fn reason_without_end(&self) -> String {
        let largest = self.grid[self.grid.len() - 1].0;
        if self.feasible(&self.grid[self.today()].1) {
            return format!(
                "up to {largest} times today's positions neither the threshold nor initial \
                 margin is reached"
            );
        }
        let without_positions = self.grid[0].1.potential_loss;
        match self.binding_without_end() {
            Binding::Margin => "wherever the potential loss is within the threshold, an account \
                                misses its initial margin"
                .to_owned(),
            Binding::Risk | Binding::None => format!(
                "the potential loss exceeds the threshold at every scale up to 1; without \
                 positions it is USD {}",
                grouped(without_positions, 0)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Losses with an error of 1 %.
    struct Book<L, M> {
        loss: L,
        margin: M,
    }

    impl<L: Fn(f64) -> f64, M: Fn(f64) -> bool> ScaledBook for Book<L, M> {
        type Error = Infallible;

        fn potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, Infallible> {
            let amount = (self.loss)(scale);
            Ok(MoneyEstimate { amount, standard_error: 0.01 * amount.abs() })
        }

        fn rough_potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, Infallible> {
            // off by two errors
            let exact = self.potential_loss(scale)?;
            Ok(MoneyEstimate { amount: exact.amount + 2.0 * exact.standard_error, ..exact })
        }

        fn meets_initial_margin(&self, scale: f64) -> bool {
            (self.margin)(scale)
        }

        fn tolerance(&self) -> f64 {
            1e-10
        }
    }

    fn solve(
        threshold: f64,
        loss: impl Fn(f64) -> f64,
        margin: impl Fn(f64) -> bool,
    ) -> ScaleSolution {
        solve_scale(&mut Book { loss, margin }, threshold).unwrap()
    }

    #[test]
    fn a_linear_book_scales_to_the_ratio_either_way() {
        for (loss, expected) in [(50.0, 2.0), (250.0, 0.4), (30.0, 10.0 / 3.0)] {
            let found = solve(100.0, |k| loss * k, |_| true);
            approx::assert_relative_eq!(found.value.unwrap(), expected, max_relative = 1e-9);
            assert_eq!(found.binding, Binding::Risk);
            approx::assert_relative_eq!(found.crossings[0], expected, max_relative = 1e-9);
            // PL has a 1 % error and slope PL/k: the interval is ±1.96 % of k.
            let [low, high] = found.interval_95.unwrap();
            approx::assert_relative_eq!(high / expected - 1.0, 0.0196, max_relative = 1e-3);
            approx::assert_relative_eq!(1.0 - low / expected, 0.0196, max_relative = 1e-3);
        }
    }

    #[test]
    fn collateral_that_hedges_gives_an_interval_around_one() {
        // |100 − 90k|: 100 without positions, 10 today; ≤ 40 for k in [2/3, 14/9].
        let found = solve(40.0, |k| (100.0 - 90.0 * k).abs(), |_| true);
        approx::assert_relative_eq!(found.value.unwrap(), 14.0 / 9.0, max_relative = 1e-9);
        approx::assert_relative_eq!(found.crossings[0], 2.0 / 3.0, max_relative = 1e-9);
        approx::assert_relative_eq!(found.crossings[1], 14.0 / 9.0, max_relative = 1e-9);
    }

    #[test]
    fn the_largest_scale_below_one_wins_over_smaller_ones() {
        // Within 40 on [0, 0.3] and [0.5, 0.7]: the end of the upper interval counts.
        let loss = |k: f64| if k <= 0.3 || (0.5..=0.7).contains(&k) { 10.0 } else { 90.0 };
        let found = solve(40.0, loss, |_| true);
        approx::assert_relative_eq!(found.value.unwrap(), 0.7, max_relative = 1e-8);
        assert_eq!(found.crossings.len(), 3);
    }

    #[test]
    fn margin_binds_before_risk() {
        let found = solve(100.0, |k| 10.0 * k, |k| k <= 3.3);
        approx::assert_relative_eq!(found.value.unwrap(), 3.3, max_relative = 1e-9);
        assert_eq!(found.binding, Binding::Margin);
        assert_eq!(found.interval_95, None);
        // Both within one cell, risk first.
        let found = solve(31.0, |k| 10.0 * k, |k| k <= 3.2);
        approx::assert_relative_eq!(found.value.unwrap(), 3.1, max_relative = 1e-9);
        assert_eq!(found.binding, Binding::Risk);
    }

    #[test]
    fn an_account_liquidated_at_once_is_scaled_down_to_its_margin() {
        // It loses less from k = 0.8 on (closed at once), yet misses its margin from 0.6 on.
        let loss = |k: f64| if k < 0.8 { 100.0 * k } else { 20.0 };
        let found = solve(90.0, loss, |k| k <= 0.6);
        approx::assert_relative_eq!(found.value.unwrap(), 0.6, max_relative = 1e-9);
        assert_eq!(found.binding, Binding::Margin);
        assert!(found.crossings.is_empty());
    }

    #[test]
    fn nulls_have_reasons() {
        let found = solve(100.0, |_| 5.0, |_| true);
        assert_eq!((found.value, found.binding), (None, Binding::None));
        assert!(found.reason.contains("up to 10 times"), "{}", found.reason);
        let found = solve(100.0, |k| 300.0 + k, |_| true);
        assert_eq!((found.value, found.binding), (None, Binding::None));
        assert!(found.reason.contains("without positions it is USD 300"), "{}", found.reason);
        let found = solve(100.0, |_| 50.0, |_| false);
        assert_eq!((found.value, found.binding), (None, Binding::Margin));
        assert!(found.reason.contains("initial margin"), "{}", found.reason);
    }

    #[test]
    fn a_threshold_of_zero_leaves_no_positions() {
        let found = solve(0.0, |k| 50.0 * k, |_| true);
        assert_eq!(found.value, Some(0.0));
        assert_eq!(found.binding, Binding::Risk);
    }

    #[test]
    fn the_grid_is_increasing_and_holds_one() {
        let grid: Vec<f64> = scales().collect();
        assert!(grid.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(grid.contains(&1.0));
        assert_eq!((grid[0], grid[grid.len() - 1]), (0.0, 10.0));
    }
}
