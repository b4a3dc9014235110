//! The points nearest to the origin where a function reaches a value.
//!
//! Flows in: a function whose values along a ray can be had in one block. Flows out: local minima of
//! the distance, from given directions.
//!
//! *Method.* Along a direction the first radius at which the value is reached is found on a grid and
//! narrowed; the function may jump. Its reciprocal, extended to all vectors, is linear where the
//! boundary is a plane, so that its gradient points at the nearest point of that plane: one step
//! where the function is linear (Hasofer & Lind 1974; Rackwitz & Fiessler 1978). Steps that do not
//! shorten the distance are halved; what remains is searched coordinate by coordinate with ever
//! smaller steps (compass search), which needs no derivative. Own code rather than a crate: a general
//! optimiser asks for one point at a time, and takes a jump for a slope.
//!
//! Limits: an island that the grid along a ray steps over is not seen; minima are local.

/// Distance beyond which nothing is looked for.
pub const DISTANCE_MAX: f64 = 10.0;
/// Values of one block.
pub const RADII: usize = 64;
/// Points that narrow a bracket sixteenfold.
const NARROWING: usize = 15;
/// Narrowings: to 10⁻¹² of the distance looked at.
const NARROWINGS: usize = 9;
/// Step of differences on the sphere.
const STEP: f64 = 1e-5;
/// Part by which a distance must shrink to count.
const PROGRESS: f64 = 1e-10;
/// Most steps along gradients.
const DESCENTS: usize = 50;

/// A function along rays.
pub trait AlongRay {
    /// Values at `radii` times `direction`, a unit vector, less the value to reach.
    fn excess(&mut self, direction: &[f64], radii: &[f64], out: &mut [f64]);
}

/// A point at which the value is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// Unit vector.
    pub direction: Vec<f64>,
    /// Its distance from the origin.
    pub distance: f64,
}

/// A search over the directions of one function.
pub struct LeastDistance<F> {
    function: F,
    radii: [f64; RADII],
    values: [f64; RADII],
}

impl<F: AlongRay> LeastDistance<F> {
    /// A search of `function`.
    pub fn new(function: F) -> Self {
        Self { function, radii: [0.0; RADII], values: [0.0; RADII] }
    }

    /// First radius within `within` at which the value is reached along `direction`.
    pub fn radius(&mut self, direction: &[f64], within: f64) -> Option<f64> {
        let mut width = within / RADII as f64;
        let first = self.first(direction, 0.0, width, RADII)?;
        let mut low = width * first as f64;
        for _ in 0..NARROWINGS {
            width /= (NARROWING + 1) as f64;
            let first = self.first(direction, low, width, NARROWING).unwrap_or(NARROWING);
            low += width * first as f64;
        }
        Some(low + width)
    }

    /// The largest excess along `direction`, with its radius.
    pub fn largest(&mut self, direction: &[f64]) -> (f64, f64) {
        self.evaluate(direction, 0.0, DISTANCE_MAX / RADII as f64, RADII);
        let all = self.values.iter().zip(&self.radii);
        all.fold(
            (f64::NEG_INFINITY, 0.0),
            |most, (value, radius)| {
                if *value > most.0 { (*value, *radius) } else { most }
            },
        )
    }

    /// A local minimum of the distance near `start`, a unit vector; `None` where the value is not
    /// reached along it.
    pub fn descend(&mut self, start: &[f64]) -> Option<Reached> {
        let distance = self.radius(start, DISTANCE_MAX)?;
        let mut at = Reached { direction: start.to_vec(), distance };
        for _ in 0..DESCENTS {
            let before = at.distance;
            if !self.step_down(&mut at) || at.distance > before * (1.0 - 100.0 * PROGRESS) {
                break;
            }
        }
        let mut step = 0.1;
        while step > STEP {
            if !self.compass(&mut at, step) {
                step *= 0.25;
            }
        }
        Some(at)
    }

    /// Climbs from `start` to where the value is reached, or to a local maximum of what is largest
    /// along a ray: the direction and its largest excess with its radius.
    pub fn climb(&mut self, start: &[f64]) -> (Vec<f64>, (f64, f64)) {
        let mut direction = start.to_vec();
        let mut best = self.largest(&direction);
        let mut step = 0.5;
        while step > 1e-3 && best.0 < 0.0 {
            let mut improved = false;
            for (index, sign) in turns(direction.len()) {
                let turned = turned(&direction, index, sign * step);
                let found = self.largest(&turned);
                if found.0 > best.0 {
                    (direction, best, improved) = (turned, found, true);
                }
            }
            if !improved {
                step *= 0.5;
            }
        }
        (direction, best)
    }

    /// One step towards where the gradient points; whether it shortened the distance.
    fn step_down(&mut self, at: &mut Reached) -> bool {
        let Some(target) = self.gradient(at) else { return false };
        let mut share = 1.0;
        while share > 1e-3 {
            let blend = at.direction.iter().zip(&target);
            let tried = unit(blend.map(|(from, to)| (1.0 - share) * from + share * to).collect());
            if self.take(at, tried) {
                return true;
            }
            share *= 0.5;
        }
        false
    }

    /// Unit gradient of the reciprocal radius.
    fn gradient(&mut self, at: &Reached) -> Option<Vec<f64>> {
        let here = 1.0 / at.distance;
        let within = (1.3 * at.distance).min(DISTANCE_MAX);
        let mut gradient = Vec::with_capacity(at.direction.len());
        for index in 0..at.direction.len() {
            let mut moved = at.direction.clone();
            moved[index] += STEP;
            let length = norm(&moved);
            let radius = self.radius(&unit(moved), within);
            gradient.push((radius.map_or(0.0, |radius| length / radius) - here) / STEP);
        }
        (norm(&gradient) > 0.0).then(|| unit(gradient))
    }

    /// One round over all coordinates; whether it shortened the distance.
    fn compass(&mut self, at: &mut Reached, step: f64) -> bool {
        let mut improved = false;
        for (index, sign) in turns(at.direction.len()) {
            let tried = turned(&at.direction, index, sign * step);
            improved |= self.take(at, tried);
        }
        improved
    }

    /// Goes to `direction` where that is nearer.
    fn take(&mut self, at: &mut Reached, direction: Vec<f64>) -> bool {
        match self.radius(&direction, at.distance) {
            Some(distance) if distance < at.distance * (1.0 - PROGRESS) => {
                *at = Reached { direction, distance };
                true
            }
            _ => false,
        }
    }

    fn first(&mut self, direction: &[f64], low: f64, width: f64, count: usize) -> Option<usize> {
        self.evaluate(direction, low, width, count);
        self.values[..count].iter().position(|value| *value >= 0.0)
    }

    fn evaluate(&mut self, direction: &[f64], low: f64, width: f64, count: usize) {
        for (index, radius) in self.radii[..count].iter_mut().enumerate() {
            *radius = low + width * (index + 1) as f64;
        }
        self.function.excess(direction, &self.radii[..count], &mut self.values[..count]);
    }
}

/// Minima that differ in direction, nearest first; of those within about 2.5° the nearest.
pub fn distinct(mut found: Vec<(usize, Reached)>) -> Vec<(usize, Reached)> {
    found.sort_by(|a, b| a.1.distance.total_cmp(&b.1.distance).then(a.0.cmp(&b.0)));
    let mut kept: Vec<(usize, Reached)> = Vec::new();
    for (index, one) in found {
        let same = |other: &(usize, Reached)| dot(&other.1.direction, &one.direction) > 0.999;
        if !kept.iter().any(same) {
            kept.push((index, one));
        }
    }
    kept
}

/// The vector at length one.
pub fn unit(mut vector: Vec<f64>) -> Vec<f64> {
    let length = norm(&vector);
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

/// Length of a vector.
pub fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn turns(dimensions: usize) -> impl Iterator<Item = (usize, f64)> {
    (0..dimensions).flat_map(|index| [(index, 1.0), (index, -1.0)])
}

fn turned(direction: &[f64], index: usize, step: f64) -> Vec<f64> {
    let mut turned = direction.to_vec();
    turned[index] += step;
    unit(turned)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Of<G>(G);

    impl<G: Fn(&[f64]) -> f64> AlongRay for Of<G> {
        fn excess(&mut self, direction: &[f64], radii: &[f64], out: &mut [f64]) {
            for (radius, out) in radii.iter().zip(out) {
                let point: Vec<f64> = direction.iter().map(|one| one * radius).collect();
                *out = (self.0)(&point);
            }
        }
    }

    /// The foot of the perpendicular: distance b/|a|, direction a/|a|.
    #[test]
    fn a_plane_is_reached_at_the_foot_of_its_perpendicular() {
        let normal = [3.0, -2.0, 6.0, 0.5];
        let length = norm(&normal);
        let mut search = LeastDistance::new(Of(|at: &[f64]| dot(at, &normal) - 20.0));
        let found = search.descend(&unit(vec![1.0, 1.0, 1.0, 1.0])).unwrap();
        assert!((found.distance * length / 20.0 - 1.0).abs() < 1e-9);
        for (found, expected) in found.direction.iter().zip(&normal) {
            assert!((found - expected / length).abs() < 1e-6);
        }
    }

    /// A jump at x > 2 and a slope that never reaches the value: the jump is the answer.
    #[test]
    fn jumps_are_reached_where_they_are() {
        let jump = |at: &[f64]| if at[0] > 2.0 { 1.0 } else { -1.0 };
        let found = LeastDistance::new(Of(jump)).descend(&unit(vec![1.0, 0.7])).unwrap();
        assert!((found.distance - 2.0).abs() < 1e-9, "{found:?}");
    }

    /// An ellipse x²/4 + y²/9 ≥ 1 is nearest on the x-axis, at 2, on both sides.
    #[test]
    fn equal_answers_are_one() {
        let mut search =
            LeastDistance::new(Of(|at: &[f64]| at[0] * at[0] / 4.0 + at[1] * at[1] / 9.0 - 1.0));
        let starts = [[1.0, 0.3], [1.0, -0.4], [-1.0, 0.9], [0.2, 1.0]];
        let found = starts.iter().enumerate();
        let found = found
            .filter_map(|(index, start)| Some((index, search.descend(&unit(start.to_vec()))?)));
        let kept = distinct(found.collect());
        assert_eq!(kept.len(), 2);
        for (_, one) in &kept {
            assert!((one.distance - 2.0).abs() < 1e-6);
            assert!((one.direction[0].abs() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn what_is_never_reached_says_how_far_it_came() {
        let mut search = LeastDistance::new(Of(|at: &[f64]| at[0] + at[1] - 100.0));
        assert!(search.descend(&[1.0, 0.0]).is_none());
        let (_, (excess, radius)) = search.climb(&[1.0, 0.0]);
        assert!((excess + 100.0 - 10.0 * 2.0_f64.sqrt()).abs() < 0.02);
        assert_eq!(radius, DISTANCE_MAX);
    }
}
