use super::*;

/// ES of equally likely scenarios, linear in the trades, with a bound.
struct Scenarios {
    /// `[scenario][base, by instrument…]`
    losses: Vec<Vec<f64>>,
    tail: usize,
    bound: f64,
    /// Margin by quantity of either sign of the first instrument, and what there is for it.
    margin: Option<[f64; 2]>,
}

impl Scenarios {
    fn shortfall(&self, trades: &[f64]) -> (f64, Vec<usize>) {
        let loss = |row: &Vec<f64>| {
            row[0] + row[1..].iter().zip(trades).map(|(one, quantity)| one * quantity).sum::<f64>()
        };
        let mut order: Vec<(f64, usize)> =
            self.losses.iter().enumerate().map(|(index, row)| (loss(row), index)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let worst = &order[..self.tail];
        let mean = worst.iter().map(|(loss, _)| loss).sum::<f64>() / self.tail as f64;
        (mean, worst.iter().map(|(_, index)| *index).collect())
    }
}

impl HedgedBook for Scenarios {
    type Error = ThresholdError;

    fn figures(&mut self, trades: &[f64]) -> Result<HedgedFigures, ThresholdError> {
        let (mean, worst) = self.shortfall(trades);
        let slope = |instrument: usize| {
            let sum: f64 = worst.iter().map(|&index| self.losses[index][instrument + 1]).sum();
            let slope = sum / self.tail as f64;
            [slope, -slope]
        };
        let slopes = (0..trades.len()).map(slope).collect();
        let excess = vec![Linear::tangent(mean - self.bound, trades, slopes)];
        let margins = self.margin.map(|[rate, money]| {
            let mut slopes = vec![[0.0; 2]; trades.len()];
            slopes[0] = [rate, rate];
            Linear { constant: -money, slopes }
        });
        Ok(HedgedFigures { excess, margins: margins.into_iter().collect() })
    }
}

const HEDGE: HedgeTerms =
    HedgeTerms { cost: 1.0, notional: 100.0, largest_long: 10.0, largest_short: 10.0 };

/// Loss of the book −x, of the instruments what they move, over a grid of x: a made-up sample.
fn sample() -> Vec<Vec<f64>> {
    let noise = |index: u64| ((index * 7_919 + 13) % 101) as f64 / 101.0 - 0.5;
    (0..200)
        .map(|index| {
            let x = (index as f64 - 99.5) / 20.0;
            vec![10.0 * x + noise(index), -x, -x - 2.0 * noise(3 * index + 1)]
        })
        .collect()
}

fn optimum(book: &mut Scenarios, hedges: &[HedgeTerms]) -> Optimum {
    match cheapest_trades(book, hedges, 10.0).unwrap() {
        HedgingSolution::Optimum(found) => found,
        HedgingSolution::Infeasible(found) => panic!("{found:?}"),
    }
}

fn infeasible(book: &mut Scenarios, hedges: &[HedgeTerms]) -> Infeasible {
    match cheapest_trades(book, hedges, 10.0).unwrap() {
        HedgingSolution::Infeasible(found) => found,
        HedgingSolution::Optimum(found) => panic!("{found:?}"),
    }
}

#[test]
fn brute_force_over_a_grid_finds_nothing_cheaper() {
    let mut book = Scenarios { losses: sample(), tail: 10, bound: 20.0, margin: None };
    let hedges = [HedgeTerms { cost: 1.0, ..HEDGE }, HedgeTerms { cost: 0.8, ..HEDGE }];
    let found = optimum(&mut book, &hedges);
    assert!(book.shortfall(&found.trades).0 <= 20.0 + 1e-7);
    let steps: Vec<f64> = (-100..=100).map(|step| f64::from(step) / 10.0).collect();
    let mut cheapest = f64::INFINITY;
    for first in &steps {
        for second in &steps {
            if book.shortfall(&[*first, *second]).0 <= 20.0 {
                cheapest = cheapest.min(first.abs() + 0.8 * second.abs());
            }
        }
    }
    // the grid's best is dearer by at most a step of each
    assert!(found.cost <= cheapest && cheapest <= found.cost + 0.1 * 1.8, "{found:?} {cheapest}");
}

#[test]
fn one_instrument_is_bought_until_the_bound_is_met() {
    // Loss 10x less q·x over x = 1…10, ES of the worst two: (10 − q)·9.5 ≤ 19 at q = 8.
    let losses = (1..=10).map(|x| vec![10.0 * f64::from(x), -f64::from(x)]).collect();
    let mut book = Scenarios { losses, tail: 2, bound: 19.0, margin: None };
    let found = optimum(&mut book, &[HEDGE]);
    approx::assert_relative_eq!(found.trades[0], 8.0, max_relative = 1e-8);
    approx::assert_relative_eq!(found.cost, 8.0, max_relative = 1e-8);
}

#[test]
fn nothing_is_traded_within_the_bound() {
    let mut book = Scenarios { losses: sample(), tail: 10, bound: 60.0, margin: None };
    let found = optimum(&mut book, &[HEDGE, HEDGE]);
    assert_eq!(found.trades, [0.0, 0.0]);
}

#[test]
fn of_equal_costs_the_least_notional_is_traded_then_the_first_stated() {
    let losses: Vec<Vec<f64>> =
        (1..=10).map(|x| [10.0, -1.0, -1.0].map(|one| one * f64::from(x)).to_vec()).collect();
    let mut book = Scenarios { losses, tail: 2, bound: 57.0, margin: None };
    // (10 − a − b)·9.5 ≤ 57 at a + b = 4
    let same = optimum(&mut book, &[HEDGE, HEDGE]);
    approx::assert_relative_eq!(same.trades[0], 4.0, max_relative = 1e-8);
    assert_eq!(same.trades[1], 0.0);
    let smaller = HedgeTerms { notional: 50.0, ..HEDGE };
    let second = optimum(&mut book, &[HEDGE, smaller]);
    assert_eq!(second.trades[0], 0.0);
}

#[test]
fn a_limit_in_the_way_is_named_with_the_size_that_would_do() {
    let losses = (1..=10).map(|x| vec![10.0 * f64::from(x), -f64::from(x)]).collect();
    let mut book = Scenarios { losses, tail: 2, bound: 19.0, margin: None };
    let found = infeasible(&mut book, &[HedgeTerms { largest_long: 5.0, ..HEDGE }]);
    // (10 − 5)·9.5 − 19
    approx::assert_relative_eq!(found.excess, 28.5, max_relative = 1e-7);
    approx::assert_relative_eq!(found.nearest[0], 5.0, max_relative = 1e-7);
    let [only] = found.binding.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.constraint, Constraint::LargestLong(0));
    approx::assert_relative_eq!(only.enough.unwrap(), 8.0, max_relative = 1e-7);
    assert!(only.excess_without < 1e-5);
}

#[test]
fn a_margin_in_the_way_is_named() {
    let losses = (1..=10).map(|x| vec![10.0 * f64::from(x), -f64::from(x)]).collect();
    let mut book = Scenarios { losses, tail: 2, bound: 19.0, margin: Some([2.0, 12.0]) };
    let found = infeasible(&mut book, &[HEDGE]);
    // 2·q ≤ 12: (10 − 6)·9.5 − 19
    approx::assert_relative_eq!(found.nearest[0], 6.0, max_relative = 1e-7);
    approx::assert_relative_eq!(found.excess, 19.0, max_relative = 1e-7);
    let [only] = found.binding.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.constraint, Constraint::InitialMargin(0));
}

#[test]
fn what_no_size_helps_has_no_limit_in_the_way() {
    // The hedge is noise: the worst two of {3, 3, 3} stay 3 whatever is traded, or rise.
    let losses = vec![vec![3.0, 1.0], vec![3.0, -1.0], vec![3.0, 0.0]];
    let mut book = Scenarios { losses, tail: 2, bound: 1.0, margin: None };
    let found = infeasible(&mut book, &[HEDGE]);
    approx::assert_relative_eq!(found.excess, 2.0, max_relative = 1e-7);
    assert!(found.binding.is_empty(), "{found:?}");
}
