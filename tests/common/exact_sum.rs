//! VaR and ES of a loss that is a sum of functions of independent variables, by quadrature.
#![allow(dead_code, missing_docs, clippy::disallowed_methods)]

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A loss as a discrete law so fine that its tail figures are those of the continuous one.
pub struct Atoms {
    /// Ascending.
    values: Vec<f64>,
    /// Mass at and above each value, and mass times value.
    above: Vec<[f64; 2]>,
}

/// `count` values of a variable with the mass around each.
type Grid = Vec<(f64, f64)>;

/// Standard normal, even steps in z; the mass of a step is a difference of the distribution
/// function.
pub fn normal_grid(count: usize) -> Grid {
    let normal = Normal::standard();
    grid(count, 8.5, |s| s, |z| normal.cdf(-z))
}

/// Student-t, even steps in ln t far out.
pub fn student_grid(degrees: f64, count: usize) -> Grid {
    let law = StudentsT::new(0.0, 1.0, degrees).expect("valid");
    grid(count, 7.0, f64::sinh, |t| law.cdf(-t))
}

/// Steps of s in ±`end`, at `x(s)`, of a law symmetric about zero with this mass `beyond` x.
fn grid(count: usize, end: f64, x: impl Fn(f64) -> f64, beyond: impl Fn(f64) -> f64) -> Grid {
    let step = 2.0 * end / count as f64;
    let side = |index: usize| {
        let (low, high) = (index as f64 * step, (index + 1) as f64 * step);
        (x(low + 0.5 * step), beyond(x(low)) - beyond(x(high)))
    };
    let upper: Grid = (0..count / 2).map(side).collect();
    upper.iter().rev().map(|&(x, mass)| (-x, mass)).chain(upper.iter().copied()).collect()
}

impl Atoms {
    pub fn new(grid: &Grid, loss: impl Fn(f64) -> f64) -> Self {
        let mut atoms: Grid = grid.iter().map(|&(x, mass)| (loss(x), mass)).collect();
        atoms.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut above = vec![[0.0; 2]; atoms.len() + 1];
        for (index, (value, mass)) in atoms.iter().enumerate().rev() {
            let [held, weighted] = above[index + 1];
            above[index] = [held + mass, weighted + mass * value];
        }
        Self { values: atoms.into_iter().map(|(value, _)| value).collect(), above }
    }

    /// `[P(X > x), E(X − x)₊]`, the first even between values.
    fn beyond(&self, x: f64) -> [f64; 2] {
        let first = self.values.partition_point(|value| *value <= x);
        let [mass, weighted] = self.above[first];
        let excess = weighted - x * mass;
        if first == 0 || first == self.values.len() {
            return [mass, excess];
        }
        // The mass of a value is spread evenly between the middles of its gaps.
        let (low, high) = (self.values[first - 1], self.values[first]);
        let share = if high > low { (x - low) / (high - low) } else { 0.5 };
        let at = |index: usize| self.above[index][0] - self.above[index + 1][0];
        let smooth = mass + 0.5 * at(first - 1) * (1.0 - share) - 0.5 * at(first) * share;
        [smooth, excess]
    }
}

/// VaR and ES of `outer(X) + Y` at a level, X on its grid and Y in atoms.
pub fn tail_of_sum(outer: &[(f64, f64)], inner: &Atoms, level: f64) -> [f64; 2] {
    let beyond = |x: f64| {
        let parts = outer.iter().map(|&(value, mass)| (mass, inner.beyond(x - value)));
        parts.fold([0.0; 2], |sum, (mass, [p, excess])| [sum[0] + mass * p, sum[1] + mass * excess])
    };
    let ends = |values: &[f64]| [values[0], values[values.len() - 1]];
    let [mut low, mut high] = ends(&inner.values);
    let outermost = outer.iter().map(|one| one.0);
    low += outermost.clone().fold(f64::INFINITY, f64::min);
    high += outermost.fold(f64::NEG_INFINITY, f64::max);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if beyond(middle)[0] > 1.0 - level { low = middle } else { high = middle }
    }
    let value_at_risk = 0.5 * (low + high);
    [value_at_risk, value_at_risk + beyond(value_at_risk)[1] / (1.0 - level)]
}
