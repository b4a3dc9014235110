//! Whether the tail holds enough paths for its intervals.

use crate::outcome::Warning;
use crate::risk::LossSample;
use crate::units::{ConfidenceLevel, grouped};

/// Losses beyond a level below which neither ES nor its spread is known; VaR's interval has an
/// upper end among the losses from 3.7 on.
const TAIL_PATHS_MIN: f64 = 10.0;

/// The warning, where a level asks for more paths than there are. Schemes that draw the tail more
/// often than the model does tell their own errors.
pub(super) fn warning(sample: &LossSample, levels: &[ConfidenceLevel]) -> Option<Warning> {
    if !sample.weights().are_equal() {
        return None;
    }
    let paths = sample.count() as f64;
    let highest = levels.iter().copied().min_by(|a, b| a.tail().total_cmp(&b.tail()))?;
    let held = paths * highest.tail();
    // Levels such as 0.99 have tails that are not exact: a thousandth of a path is none.
    (held < TAIL_PATHS_MIN - 1e-3).then(|| Warning {
        code: "few_paths".to_owned(),
        message: format!(
            "The tail beyond {} % holds {} of {} losses: with fewer than {} the 95 % intervals \
             of VaR and ES there are too narrow. Run at least {} paths.",
            // Six digits: 0.99 in per cent is not 99 exactly.
            (highest.get() * 1e8).round() / 1e6,
            grouped(held, 2),
            grouped(paths, 0),
            grouped(TAIL_PATHS_MIN, 0),
            grouped((TAIL_PATHS_MIN / highest.tail() - 1e-6).ceil(), 0)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(paths: u32, levels: &[f64]) -> Option<String> {
        let losses: Vec<f64> = (0..paths).map(f64::from).collect();
        let levels: Vec<_> =
            levels.iter().map(|level| ConfidenceLevel::new(*level).unwrap()).collect();
        let sample = LossSample::plain(&losses, &levels).unwrap();
        warning(&sample, &levels).map(|warning| warning.message)
    }

    #[test]
    fn ten_losses_beyond_the_highest_level_are_enough() {
        assert_eq!(told(1_000, &[0.95, 0.99, 0.975]), None);
        let told = told(999, &[0.95, 0.99, 0.975]).unwrap();
        assert!(told.contains("99 % holds 9.99 of 999") && told.contains("1,000 paths"), "{told}");
    }
}
