//! Smooth functions tabulated once in set-up and read in blocks by cubic interpolation.

/// Values on an even grid, read by the cubic through the four nearest points (Lagrange); arguments
/// beyond the ends get the end values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EvenTable {
    start: f64,
    step: f64,
    values: Vec<f64>,
}

impl EvenTable {
    /// Tabulates `function` at `count` even points of `[start, end]`; `count` at least 4.
    pub fn new(start: f64, end: f64, count: usize, function: impl Fn(f64) -> f64) -> Self {
        let step = (end - start) / (count - 1) as f64;
        let values = (0..count).map(|index| function(start + step * index as f64)).collect();
        Self { start, step, values }
    }

    /// The value at `x`.
    #[inline]
    pub fn value(&self, x: f64) -> f64 {
        let last = (self.values.len() - 1) as f64;
        let position = ((x - self.start) / self.step).clamp(0.0, last);
        let left = (position as usize).clamp(1, self.values.len() - 3);
        let t = position - left as f64;
        let points = &self.values[left - 1..left + 3];
        let (below, above, beyond) = (t + 1.0, t - 1.0, t - 2.0);
        let inner = points[1] * below * above * beyond - points[2] * below * t * beyond;
        let outer = points[3] * below * t * above - points[0] * t * above * beyond;
        inner / 2.0 + outer / 6.0
    }

    /// Replaces each x by its value.
    pub fn apply(&self, values: &mut [f64]) {
        for slot in values {
            *slot = self.value(*slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_reproduced_and_ends_are_held() {
        let cubic = |x: f64| 1.0 + x - 0.5 * x * x + 0.25 * x * x * x;
        let table = EvenTable::new(-1.0, 2.0, 7, cubic);
        let mut points = [-1.0, -0.93, 0.1, 0.5, 1.3, 1.99, 2.0];
        let expected = points.map(cubic);
        table.apply(&mut points);
        for (found, expected) in points.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
        assert_eq!(table.value(-9.0), cubic(-1.0));
        assert_eq!(table.value(9.0), cubic(2.0));
    }
}
