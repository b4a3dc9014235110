//! Nelder & Mead's simplex search (1965), for the five parameters of one smile.

/// The corners of the simplex with their values, best first after sorting.
struct Simplex<F> {
    function: F,
    corners: Vec<(Vec<f64>, f64)>,
    evaluations: usize,
}

/// The least value found of `function` and where, from `start` with a first step of `step` along
/// each axis, until the corners agree to `tolerance` or `evaluations_max` is used up.
pub fn minimise(
    function: impl Fn(&[f64]) -> f64,
    start: &[f64],
    step: f64,
    evaluations_max: usize,
    tolerance: f64,
) -> (Vec<f64>, f64) {
    let mut simplex = Simplex { function, corners: Vec::new(), evaluations: 0 };
    for axis in 0..=start.len() {
        let mut corner = start.to_vec();
        if let Some(coordinate) = axis.checked_sub(1).map(|index| &mut corner[index]) {
            *coordinate += step;
        }
        let corner = simplex.evaluate(corner);
        simplex.corners.push(corner);
    }
    simplex.sort();
    while simplex.evaluations < evaluations_max && simplex.spread() > tolerance {
        simplex.advance();
        simplex.sort();
    }
    simplex.corners.swap_remove(0)
}

impl<F: Fn(&[f64]) -> f64> Simplex<F> {
    fn evaluate(&mut self, corner: Vec<f64>) -> (Vec<f64>, f64) {
        self.evaluations += 1;
        let value = (self.function)(&corner);
        (corner, value)
    }

    fn sort(&mut self) {
        self.corners.sort_by(|a, b| a.1.total_cmp(&b.1));
    }

    fn worst(&self) -> usize {
        self.corners.len() - 1
    }

    /// Relative difference of the best and worst value.
    fn spread(&self) -> f64 {
        let (best, worst) = (self.corners[0].1, self.corners[self.worst()].1);
        (worst - best).abs() / (1e-6 + best.abs())
    }

    /// The centre of all corners but the worst, moved `factor` of the way to the worst.
    fn toward_worst(&self, factor: f64) -> Vec<f64> {
        let (worst, others) = (&self.corners[self.worst()].0, &self.corners[..self.worst()]);
        let coordinate = |axis: usize| {
            let sum: f64 = others.iter().map(|corner| corner.0[axis]).sum();
            let centre = sum / others.len() as f64;
            centre + factor * (worst[axis] - centre)
        };
        (0..worst.len()).map(coordinate).collect()
    }

    fn advance(&mut self) {
        let worst = self.worst();
        let reflected = self.evaluate(self.toward_worst(-1.0));
        if reflected.1 < self.corners[0].1 {
            let expanded = self.evaluate(self.toward_worst(-2.0));
            self.corners[worst] = if expanded.1 < reflected.1 { expanded } else { reflected };
        } else if reflected.1 < self.corners[worst - 1].1 {
            self.corners[worst] = reflected;
        } else {
            let side = if reflected.1 < self.corners[worst].1 { -0.5 } else { 0.5 };
            let contracted = self.evaluate(self.toward_worst(side));
            if contracted.1 < self.corners[worst].1.min(reflected.1) {
                self.corners[worst] = contracted;
            } else {
                self.shrink();
            }
        }
    }

    /// Halves the way of every corner to the best.
    fn shrink(&mut self) {
        let best = self.corners[0].0.clone();
        for index in 1..self.corners.len() {
            let halfway = |(x, b): (&f64, &f64)| 0.5 * (x + b);
            let corner = self.corners[index].0.iter().zip(&best).map(halfway).collect();
            self.corners[index] = self.evaluate(corner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_rosenbrocks_valley() {
        // Rosenbrock 1960: minimum 0 at (1, 1).
        let valley = |x: &[f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            a * a + 100.0 * b * b
        };
        let (at, value) = minimise(valley, &[-1.2, 1.0], 0.5, 2_000, 1e-12);
        assert!(value < 1e-8 && (at[0] - 1.0).abs() < 1e-3, "{at:?} {value}");
    }
}
