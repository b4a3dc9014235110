//! Two-sided intervals of a mean whose values are skewed.
//!
//! The t-statistic T of skewed values leans the other way: where a few large values make the mean,
//! samples without them have too small a mean and too small an error at once, and miss the truth
//! from below. Hall (1992, *Journal of the Royal Statistical Society* B 54(1), 221–228) removes
//! that to first order by a monotone cubic, `g(T) = T + aT²/3 + a²T³/27 + a/6` with a the skewness
//! over the root of the number of values: g(T) is a normal (or Student-t) variable up to terms of
//! order 1/n. Its inverse is exact, so the interval has two finite ends for any a.

/// Below this size of a the inverse is its series: the cube root would cancel.
const SERIES_BELOW: f64 = 1e-4;

/// The 95 % interval of a quantity about its estimate, in standard errors: `reach` is the normal or
/// Student-t quantile, `skewness` a.
pub(super) fn interval(reach: f64, skewness: f64) -> [f64; 2] {
    [-inverse(reach, skewness), -inverse(-reach, skewness)]
}

/// The T with g(T) = `value`.
fn inverse(value: f64, skewness: f64) -> f64 {
    let a = skewness;
    let shifted = value - a / 6.0;
    if a.abs() < SERIES_BELOW {
        return shifted - a * shifted * shifted / 3.0;
    }
    3.0 / a * (libm::cbrt(1.0 + a * shifted) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(t: f64, a: f64) -> f64 {
        t + a * t * t / 3.0 + a * a * t * t * t / 27.0 + a / 6.0
    }

    #[test]
    fn the_inverse_undoes_the_cubic() {
        for a in [-0.9, -0.2, -1e-4, 1e-9, 0.01, 0.3, 1.0] {
            for value in [-4.3, -1.96, 0.0, 1.96, 4.3] {
                let found = forward(inverse(value, a), a);
                approx::assert_abs_diff_eq!(found, value, epsilon = 2e-8);
            }
        }
    }

    #[test]
    fn without_skewness_it_is_the_symmetric_one_and_with_it_leans_to_the_tail() {
        assert_eq!(interval(1.96, 0.0), [-1.96, 1.96]);
        let [low, high] = interval(1.96, 0.2);
        assert!(-1.96 < low && low < 0.0 && high > 1.96, "{low} {high}");
        let [mirrored_low, mirrored_high] = interval(1.96, -0.2);
        approx::assert_relative_eq!(mirrored_low, -high, max_relative = 1e-14);
        approx::assert_relative_eq!(mirrored_high, -low, max_relative = 1e-14);
    }
}
