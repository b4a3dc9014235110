//! Probability of losing more than an amount.

use super::{NORMAL_95, RiskError};

/// Name of the estimator and of its interval, for outputs.
pub const PROBABILITY_ESTIMATOR: &str = "share of paths; interval: Wilson score";

/// A share of paths with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbabilityEstimate {
    /// Share of paths.
    pub probability: f64,
    /// 95 % interval; its upper end is positive even where no path was hit.
    pub interval_95: [f64; 2],
}

/// Share of `losses` above `amount`, with the score interval of Wilson (1927).
///
/// # Errors
/// [`RiskError::Empty`] without losses.
pub fn probability_of_loss_beyond(
    losses: &[f64],
    amount: f64,
) -> Result<ProbabilityEstimate, RiskError> {
    if losses.is_empty() {
        return Err(RiskError::Empty);
    }
    let hits = losses.iter().filter(|loss| **loss > amount).count();
    Ok(wilson(hits as f64, losses.len() as f64))
}

fn wilson(hits: f64, count: f64) -> ProbabilityEstimate {
    let share = hits / count;
    let squared = NORMAL_95 * NORMAL_95;
    let centre = (hits + 0.5 * squared) / (count + squared);
    let spread = (share * (1.0 - share) * count + 0.25 * squared).sqrt();
    let half_width = NORMAL_95 * spread / (count + squared);
    ProbabilityEstimate {
        probability: share,
        interval_95: [
            (centre - half_width).clamp(0.0, share),
            (centre + half_width).clamp(share, 1.0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_as_published() {
        // Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 gives 0.2553 to 0.3662,
        // 0 of 20 gives 0.0000 to 0.1611, 1 of 29 gives 0.0061 to 0.1718.
        for (hits, count, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (0.0, 20.0, 0.0, 0.1611), (1.0, 29.0, 0.0061, 0.1718)]
        {
            let found = wilson(hits, count);
            assert!((found.interval_95[0] - low).abs() < 5e-5, "{found:?}");
            assert!((found.interval_95[1] - high).abs() < 5e-5, "{found:?}");
        }
    }

    #[test]
    fn a_loss_equal_to_the_amount_is_not_beyond_it() {
        let found = probability_of_loss_beyond(&[1.0, 2.0, 3.0, 4.0], 2.0).unwrap();
        assert_eq!(found.probability, 0.5);
        assert!(probability_of_loss_beyond(&[], 0.0).is_err());
    }
}
