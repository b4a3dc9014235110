//! Control variates as weights on units, and as what is taken out of their spread.
//!
//! Regressing any unit mean `y_u` on controls `c_u` with exact expectation μ estimates
//! `E[y] = (1/U)·Σ v_u·y_u`, `v_u = 1 + (μ − c̄)'S⁻¹(c_u − c̄)` with S the controls' covariance
//! over U: one set of weights whatever is averaged, so that probabilities, quantiles, shortfalls
//! and contributions stay consistent (Hesterberg & Nelson 1998, *Management Science* 44(9)).
//!
//! Kept as an orthonormal basis of the centred controls, so that a residual sum of squares is a
//! sum of squares less one squared product a control.

/// Below this share of its own norm a control is a combination of those before it.
const DEPENDENT_BELOW: f64 = 1e-9;

/// Controls averaged per unit, ready to weigh and to regress on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ControlSpace {
    /// `[direction][unit]`: orthonormal over units, each summing to zero.
    pub basis: Vec<Vec<f64>>,
    /// `v_u` of each unit.
    pub factors: Vec<f64>,
    /// `(v_u/(1 − h_u))²` of each unit: what its squared residual counts for, h its leverage.
    pub scales: Vec<f64>,
    /// `Σ scale·e·e'` over units, row-major, e the constant 1 and the directions.
    pub gram: Vec<f64>,
}

impl ControlSpace {
    /// From `controls` `[path][control]` with `unit_paths` consecutive paths a unit.
    pub fn new(controls: &[f64], means: &[f64], unit_paths: usize) -> Self {
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut gaps: Vec<f64> = Vec::new();
        for (control, &mean) in means.iter().enumerate() {
            let values = controls.iter().skip(control).step_by(means.len()).copied();
            let (mut centred, average) = centred_unit_means(values, unit_paths);
            let norm = dot(&centred, &centred).sqrt();
            let mut gap = mean - average;
            // Twice: one sweep of Gram–Schmidt leaves what rounding of the first removal left.
            for _ in 0..2 {
                for (direction, &known) in basis.iter().zip(&gaps) {
                    let product = dot(&centred, direction);
                    centred.iter_mut().zip(direction).for_each(|(c, d)| *c -= product * d);
                    gap -= product * known;
                }
            }
            let rest = dot(&centred, &centred).sqrt();
            if rest > DEPENDENT_BELOW * norm {
                centred.iter_mut().for_each(|value| *value /= rest);
                basis.push(centred);
                gaps.push(gap / rest);
            }
        }
        let units = controls.len() / means.len() / unit_paths;
        let factors = factors(&basis, &gaps, units);
        let scales = scales(&basis, &factors);
        let gram = gram(&basis, &scales);
        Self { basis, factors, scales, gram }
    }

    /// What the residual of a unit counts for: the root of its scale, with the sign of its weight.
    pub fn root(&self, unit: usize) -> f64 {
        self.scales[unit].sqrt().copysign(self.factors[unit])
    }

    /// Sum of squared residuals, each at its scale, of values regressed on a constant and the
    /// directions, from their `coefficients` on those, their squares times the scales and their
    /// products with scales and regressors.
    pub fn scaled_residuals(&self, coefficients: &[f64], squares: f64, products: &[f64]) -> f64 {
        let row = |row: usize| dot(&self.gram[row * coefficients.len()..], coefficients);
        let quadratic = (0..).zip(coefficients).map(|(index, one)| one * row(index));
        squares - 2.0 * dot(coefficients, products) + quadratic.sum::<f64>()
    }
}

/// A unit alone on its direction leaves no residual: its leverage counts no higher than this.
const LEVERAGE_MAX: f64 = 0.9;

fn scales(basis: &[Vec<f64>], factors: &[f64]) -> Vec<f64> {
    let even = 1.0 / factors.len() as f64;
    let mut leverages = vec![even; factors.len()];
    for direction in basis {
        leverages.iter_mut().zip(direction).for_each(|(leverage, d)| *leverage += d * d);
    }
    let scale = |(factor, leverage): (&f64, f64)| {
        let root = factor / (1.0 - leverage.min(LEVERAGE_MAX));
        root * root
    };
    factors.iter().zip(leverages).map(scale).collect()
}

fn gram(basis: &[Vec<f64>], scales: &[f64]) -> Vec<f64> {
    let size = basis.len() + 1;
    let regressor =
        |index: usize, unit: usize| if index == 0 { 1.0 } else { basis[index - 1][unit] };
    let entry = |row: usize, column: usize| -> f64 {
        let units = scales.iter().enumerate();
        units.map(|(unit, scale)| scale * regressor(row, unit) * regressor(column, unit)).sum()
    };
    (0..size * size).map(|index| entry(index / size, index % size)).collect()
}

/// Unit means less their average, and the average.
fn centred_unit_means(
    values: impl ExactSizeIterator<Item = f64>,
    unit_paths: usize,
) -> (Vec<f64>, f64) {
    let mut means = vec![0.0; values.len() / unit_paths];
    for (path, value) in values.enumerate() {
        means[path / unit_paths] += value;
    }
    means.iter_mut().for_each(|mean| *mean /= unit_paths as f64);
    let average = means.iter().sum::<f64>() / means.len() as f64;
    means.iter_mut().for_each(|mean| *mean -= average);
    (means, average)
}

fn factors(basis: &[Vec<f64>], gaps: &[f64], units: usize) -> Vec<f64> {
    let mut factors = vec![1.0; units];
    for (direction, gap) in basis.iter().zip(gaps) {
        let scaled = units as f64 * gap;
        factors.iter_mut().zip(direction).for_each(|(factor, d)| *factor += scaled * d);
    }
    factors
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 6] = [1.0, 2.0, 4.0, 3.0, 7.0, 5.0];
    const SECOND: [f64; 6] = [0.0, 1.0, -1.0, 2.0, 0.5, 0.5];

    #[test]
    fn weighted_controls_have_their_means() {
        let controls: Vec<f64> = FIRST.into_iter().zip(SECOND).flat_map(|(a, b)| [a, b]).collect();
        let space = ControlSpace::new(&controls, &[4.0, 0.2], 1);
        let mean = |values: &[f64]| dot(values, &space.factors) / 6.0;
        approx::assert_relative_eq!(mean(&FIRST), 4.0, max_relative = 1e-12);
        approx::assert_relative_eq!(mean(&SECOND), 0.2, max_relative = 1e-12);
        approx::assert_relative_eq!(mean(&[1.0; 6]), 1.0, max_relative = 1e-12);
    }

    #[test]
    fn one_control_by_hand() {
        // c̄ = 22/6, S = Σ(c − c̄)²/6 = (104 − 484/6)/6; v_0 = 1 + (4 − c̄)(1 − c̄)/S.
        let space = ControlSpace::new(&FIRST, &[4.0], 1);
        let average = 22.0 / 6.0;
        let variance = (104.0 - 484.0 / 6.0) / 6.0;
        let expected = 1.0 + (4.0 - average) * (1.0 - average) / variance;
        approx::assert_relative_eq!(space.factors[0], expected, max_relative = 1e-12);
        let leverage = 1.0 / 6.0 + (1.0 - average) * (1.0 - average) / (6.0 * variance);
        let root = expected / (1.0 - leverage);
        approx::assert_relative_eq!(space.scales[0], root * root, max_relative = 1e-12);
    }

    #[test]
    fn a_control_said_twice_or_constant_is_left_out() {
        let controls: Vec<f64> = FIRST.iter().flat_map(|c| [*c, 3.0 * c - 1.0, 2.0]).collect();
        let space = ControlSpace::new(&controls, &[4.0, 11.0, 2.0], 1);
        assert_eq!(space.basis.len(), 1);
    }

    #[test]
    fn units_are_averaged_before_anything_else() {
        let pairs = ControlSpace::new(&FIRST, &[4.0], 2);
        let means = ControlSpace::new(&[1.5, 3.5, 6.0], &[4.0], 1);
        assert_eq!(pairs, means);
    }
}
