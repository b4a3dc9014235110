//! Maximum of a one-parameter profile likelihood and the error its curvature implies.

/// Where a profile is highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub at: f64,
    pub height: f64,
    /// `1/√(−second derivative)`; `None` at an end of the interval.
    pub standard_error: Option<f64>,
}

const INVERSE_GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;
/// Share of the interval at which the search stops: the square root of rounding, about.
const TOLERANCE: f64 = 1e-8;
/// Share of the interval from an end within which the peak counts as at that end.
const END: f64 = 1e-6;

/// Golden-section search of a unimodal `profile` over `[low, high]` (Kiefer 1953).
pub(super) fn peak(mut profile: impl FnMut(f64) -> f64, low: f64, high: f64) -> Peak {
    let width = high - low;
    let (mut left, mut right) = (low, high);
    let mut inner_left = right - INVERSE_GOLDEN_RATIO * width;
    let mut inner_right = left + INVERSE_GOLDEN_RATIO * width;
    let (mut height_left, mut height_right) = (profile(inner_left), profile(inner_right));
    while right - left > TOLERANCE * width {
        if height_left >= height_right {
            (right, inner_right, height_right) = (inner_right, inner_left, height_left);
            inner_left = right - INVERSE_GOLDEN_RATIO * (right - left);
            height_left = profile(inner_left);
        } else {
            (left, inner_left, height_left) = (inner_left, inner_right, height_right);
            inner_right = left + INVERSE_GOLDEN_RATIO * (right - left);
            height_right = profile(inner_right);
        }
    }
    let at = 0.5 * (left + right);
    let height = profile(at);
    let inside = at - low > END * width && high - at > END * width;
    let standard_error = inside.then(|| curvature_error(profile, at, height, low, high)).flatten();
    Peak { at, height, standard_error }
}

fn curvature_error(
    mut profile: impl FnMut(f64) -> f64,
    at: f64,
    height: f64,
    low: f64,
    high: f64,
) -> Option<f64> {
    let step = (0.02 * (high - low)).min(0.1 * (at - low)).min(0.1 * (high - at));
    let curvature = (profile(at + step) - 2.0 * height + profile(at - step)) / (step * step);
    (curvature < 0.0).then(|| (-1.0 / curvature).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_parabola_and_its_error() {
        let peak = peak(|x| 5.0 - (x - 0.3) * (x - 0.3) / (2.0 * 0.04), 0.0, 1.0);
        assert!((peak.at - 0.3).abs() < 1e-7);
        assert!((peak.height - 5.0).abs() < 1e-12);
        assert!((peak.standard_error.unwrap() - 0.2).abs() < 1e-6);
    }

    #[test]
    fn an_end_has_no_error() {
        let peak = peak(|x| -x, 0.005, 1.0);
        assert!(peak.at < 0.005_001);
        assert_eq!(peak.standard_error, None);
    }
}
