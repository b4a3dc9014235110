//! Minima of functions of a few variables, without derivatives; deterministic.
//!
//! Flows in: an objective, a start, the scale of each coordinate. Flows out: the best point seen.
//! The simplex of Nelder and Mead (1965) with the dimension-adaptive parameters of Gao and Han
//! (2012), restarted from its best point until a restart gains nothing, which cures its known
//! stalls on collapsed simplices. Own code: the crate `cobyla` is linear-model based and stops
//! three digits earlier on likelihoods.

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinimiseOptions {
    /// Largest coordinate spread of the simplex, in units of the scales, at convergence.
    pub tolerance: f64,
    /// Evaluations after which the search gives up.
    pub evaluations_max: usize,
    /// Most restarts.
    pub restarts_max: usize,
}

impl Default for MinimiseOptions {
    fn default() -> Self {
        Self { tolerance: 1e-9, evaluations_max: 20_000, restarts_max: 10 }
    }
}

/// The best point found.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// Where.
    pub point: Vec<f64>,
    /// How low.
    pub value: f64,
    /// Evaluations spent.
    pub evaluations: usize,
    /// Whether the last simplex shrank to the tolerance and a restart gained nothing.
    pub converged: bool,
}

/// Why there is no minimum.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum OptimiseError {
    /// The objective is not finite at the start.
    #[error("the objective is {0} at the starting point")]
    StartNotFinite(f64),
    /// No coordinates, or as many scales as not.
    #[error("{start} starting coordinates and {scale} scales; both must agree and not be zero")]
    Dimensions {
        /// Length of the start.
        start: usize,
        /// Length of the scales.
        scale: usize,
    },
    /// A scale is not positive and finite.
    #[error("scale {0} is not positive and finite")]
    Scale(f64),
}

/// Minimises `objective` from `start`; `scale` is a natural step for each coordinate.
///
/// NaN and +∞ values are walls: return them outside the domain.
///
/// # Errors
/// [`OptimiseError`] for a start outside the domain or dimensions that disagree. Running out of
/// evaluations is no error: see [`Minimum::converged`].
pub fn minimise(
    mut objective: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    scale: &[f64],
    options: &MinimiseOptions,
) -> Result<Minimum, OptimiseError> {
    check(start, scale)?;
    let value = objective(start);
    if !value.is_finite() {
        return Err(OptimiseError::StartNotFinite(value));
    }
    let mut best = Minimum { point: start.to_vec(), value, evaluations: 1, converged: false };
    for restart in 0..=options.restarts_max {
        let before = best.value;
        // Alternate the direction and shrink: a restart should not walk the same path.
        let size = if restart % 2 == 0 { 1.0 } else { -0.5 } / (1 + restart / 2) as f64;
        let mut search = Search::new(&mut objective, &best, scale, size);
        let shrunk = search.run(options);
        best = search.into_minimum();
        let gained = before - best.value > 1e-14 * before.abs();
        best.converged = shrunk && !gained && restart > 0;
        if best.converged || best.evaluations >= options.evaluations_max {
            break;
        }
    }
    Ok(best)
}

fn check(start: &[f64], scale: &[f64]) -> Result<(), OptimiseError> {
    if start.is_empty() || start.len() != scale.len() {
        return Err(OptimiseError::Dimensions { start: start.len(), scale: scale.len() });
    }
    match scale.iter().find(|size| !(size.is_finite() && **size > 0.0)) {
        Some(&size) => Err(OptimiseError::Scale(size)),
        None => Ok(()),
    }
}

/// Moves of the simplex by dimension (Gao and Han 2012).
struct Moves {
    expansion: f64,
    contraction: f64,
    shrinkage: f64,
}

impl Moves {
    fn new(dimension: usize) -> Self {
        // Below two dimensions the adaptive formulas degenerate.
        let n = dimension.max(2) as f64;
        Self { expansion: 1.0 + 2.0 / n, contraction: 0.75 - 0.5 / n, shrinkage: 1.0 - 1.0 / n }
    }
}

#[derive(Clone)]
struct Vertex {
    point: Vec<f64>,
    value: f64,
}

/// One simplex on its way down; vertices are kept sorted, best first.
struct Search<'a, F> {
    objective: &'a mut F,
    scale: &'a [f64],
    moves: Moves,
    vertices: Vec<Vertex>,
    evaluations: usize,
}

impl<'a, F: FnMut(&[f64]) -> f64> Search<'a, F> {
    fn new(objective: &'a mut F, best: &Minimum, scale: &'a [f64], size: f64) -> Self {
        let mut search = Self {
            objective,
            scale,
            moves: Moves::new(scale.len()),
            vertices: Vec::with_capacity(scale.len() + 1),
            evaluations: best.evaluations,
        };
        search.vertices.push(Vertex { point: best.point.clone(), value: best.value });
        for (axis, step) in scale.iter().enumerate() {
            let mut point = best.point.clone();
            point[axis] += size * step;
            let vertex = search.evaluate(point);
            search.vertices.push(vertex);
        }
        search.sort();
        search
    }

    fn into_minimum(self) -> Minimum {
        let best = &self.vertices[0];
        Minimum {
            point: best.point.clone(),
            value: best.value,
            evaluations: self.evaluations,
            converged: false,
        }
    }

    /// Moves until the simplex is smaller than the tolerance; false if evaluations ran out.
    fn run(&mut self, options: &MinimiseOptions) -> bool {
        while self.spread() > options.tolerance {
            if self.evaluations >= options.evaluations_max {
                return false;
            }
            self.advance();
        }
        true
    }

    fn evaluate(&mut self, point: Vec<f64>) -> Vertex {
        self.evaluations += 1;
        let value = (self.objective)(&point);
        let value = if value.is_nan() { f64::INFINITY } else { value };
        Vertex { point, value }
    }

    /// Ties keep their order, so that the search is a function of the values alone.
    fn sort(&mut self) {
        self.vertices.sort_by(|a, b| a.value.total_cmp(&b.value));
    }

    /// Largest distance of a vertex from the best, in scales.
    fn spread(&self) -> f64 {
        let best = &self.vertices[0].point;
        let mut largest = 0.0f64;
        for vertex in &self.vertices[1..] {
            for ((x, centre), scale) in vertex.point.iter().zip(best).zip(self.scale) {
                largest = largest.max((x - centre).abs() / scale);
            }
        }
        largest
    }

    fn advance(&mut self) {
        let last = self.vertices.len() - 1;
        let (best, second_worst) = (self.vertices[0].value, self.vertices[last - 1].value);
        let worst = self.vertices[last].value;
        let reflected = self.along(1.0);
        let chosen = if reflected.value < best {
            let expanded = self.along(self.moves.expansion);
            Some(lower(expanded, reflected))
        } else if reflected.value < second_worst {
            Some(reflected)
        } else {
            let side = if reflected.value < worst { 1.0 } else { -1.0 };
            let contracted = self.along(side * self.moves.contraction);
            (contracted.value < reflected.value.min(worst)).then_some(contracted)
        };
        match chosen {
            Some(vertex) => self.vertices[last] = vertex,
            None => self.shrink(),
        }
        self.sort();
    }

    /// The point `step` times as far beyond the centre of the others as the worst is before it.
    fn along(&mut self, step: f64) -> Vertex {
        let (worst, others) = self.vertices.split_last().expect("a simplex has vertices");
        let point = (0..self.scale.len())
            .map(|axis| {
                let sum: f64 = others.iter().map(|vertex| vertex.point[axis]).sum();
                let centre = sum / others.len() as f64;
                centre + step * (centre - worst.point[axis])
            })
            .collect();
        self.evaluate(point)
    }

    fn shrink(&mut self) {
        let best = self.vertices[0].point.clone();
        for index in 1..self.vertices.len() {
            let point = self.vertices[index].point.iter().zip(&best);
            let nearer = point.map(|(x, centre)| centre + self.moves.shrinkage * (x - centre));
            self.vertices[index] = self.evaluate(nearer.collect());
        }
    }
}

fn lower(a: Vertex, b: Vertex) -> Vertex {
    if a.value < b.value { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(objective: impl FnMut(&[f64]) -> f64, start: &[f64]) -> Minimum {
        let scale = vec![0.5; start.len()];
        let minimum = minimise(objective, start, &scale, &MinimiseOptions::default()).unwrap();
        assert!(minimum.converged, "{minimum:?}");
        minimum
    }

    fn assert_near(point: &[f64], expected: &[f64], tolerance: f64) {
        for (x, y) in point.iter().zip(expected) {
            assert!((x - y).abs() < tolerance, "{point:?} is not {expected:?}");
        }
    }

    /// Rosenbrock (1960): minimum 0 at (1, 1).
    #[test]
    fn rosenbrock() {
        let valley = |x: &[f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            a * a + 100.0 * b * b
        };
        assert_near(&found(valley, &[-1.2, 1.0]).point, &[1.0, 1.0], 1e-7);
    }

    /// Powell (1962), singular Hessian: minimum 0 at the origin.
    #[test]
    fn powell_singular() {
        let square = |x: f64| x * x;
        let powell = |x: &[f64]| {
            square(x[0] + 10.0 * x[1])
                + 5.0 * square(x[2] - x[3])
                + square(square(x[1] - 2.0 * x[2]))
                + 10.0 * square(square(x[0] - x[3]))
        };
        let minimum = found(powell, &[3.0, -1.0, 0.0, 1.0]);
        assert!(minimum.value < 1e-12, "{minimum:?}");
    }

    #[test]
    fn one_variable_and_a_wall() {
        let walled = |x: &[f64]| {
            if x[0] <= 0.0 { f64::NAN } else { x[0] - libm::log(x[0]) }
        };
        assert_near(&found(walled, &[0.1]).point, &[1.0], 1e-7);
    }

    #[test]
    fn a_convex_quadratic_in_ten_variables() {
        let objective = |x: &[f64]| {
            let terms = x.iter().enumerate();
            terms.map(|(i, x)| (i + 1) as f64 * (x - i as f64) * (x - i as f64)).sum()
        };
        let expected: Vec<f64> = (0..10).map(f64::from).collect();
        assert_near(&found(objective, &[0.0; 10]).point, &expected, 1e-6);
    }

    #[test]
    fn bad_starts_are_refused() {
        let options = MinimiseOptions::default();
        assert!(minimise(|_| f64::NAN, &[0.0], &[1.0], &options).is_err());
        assert!(minimise(|x| x[0], &[0.0], &[], &options).is_err());
        assert!(minimise(|x| x[0], &[0.0], &[0.0], &options).is_err());
    }

    #[test]
    fn running_out_is_said() {
        let options = MinimiseOptions { evaluations_max: 20, ..MinimiseOptions::default() };
        let minimum = minimise(|x| x[0] * x[0], &[9.0], &[1.0], &options).unwrap();
        assert!(!minimum.converged);
    }
}
