//! A power of a ratio, and levels compared with a stated or a trailing one.

use super::super::driver::LevelReference;
use super::{DriverDay, Factors};

/// Ratios are held within these bounds: a dead series must not give an infinite multiplier.
const BOUNDS: [f64; 2] = [0.01, 100.0];
/// Observations without which there is no trailing reference.
pub(super) const WARM_UP: usize = 20;

/// A ratio, raised to a power, and whether a bound held it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Power {
    pub factor: f64,
    pub held: Option<[f64; 2]>,
}

/// `(over/under)^exponent` of two levels that are not negative.
pub(super) fn power(over: f64, under: f64, exponent: f64) -> Power {
    let ratio = if under > 0.0 {
        over / under
    } else if over > 0.0 {
        f64::INFINITY
    } else {
        1.0
    };
    let held = ratio.clamp(BOUNDS[0], BOUNDS[1]);
    Power {
        factor: libm::pow(held, exponent),
        held: (held != ratio && exponent != 0.0).then_some([ratio.min(f64::MAX), held]),
    }
}

/// Days of a driver that compares `observed`, ascending, with a reference: as many as there are
/// observations, none while there is no reference.
pub(super) fn compared(
    observed: &[f64],
    days_per_close: f64,
    reference: LevelReference,
    factors: impl Fn(f64, f64) -> (Factors, Option<[f64; 2]>),
) -> Vec<DriverDay> {
    let references: Vec<f64> = match reference {
        LevelReference::Stated(level) => vec![level; observed.len()],
        LevelReference::TrailingDays(days) => {
            let closes = ((days as f64 / days_per_close).round() as usize).max(1);
            (WARM_UP..=observed.len()).map(|end| mean(last(&observed[..end], closes))).collect()
        }
    };
    let compared = &observed[observed.len() - references.len()..];
    let day = |(&observed, &reference): (&f64, &f64)| {
        let (factors, held) = factors(observed, reference);
        DriverDay { observed, reference: Some(reference), factors, held }
    };
    compared.iter().zip(&references).map(day).collect()
}

/// Means of the last `window` of values, from the first whole window on.
pub(super) fn averages(values: &[f64], window: usize) -> Vec<f64> {
    values.windows(window.max(1)).map(mean).collect()
}

fn last(values: &[f64], count: usize) -> &[f64] {
    &values[values.len().saturating_sub(count)..]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(observed: f64, reference: f64) -> (Factors, Option<[f64; 2]>) {
        let found = power(reference, observed, 1.0);
        (Factors::even(found.factor), found.held)
    }

    #[test]
    fn a_ratio_is_held_and_says_so() {
        assert_eq!(power(1.0, 4.0, 0.5), Power { factor: 0.5, held: None });
        let dead = power(1.0, 0.0, 1.0);
        assert_eq!(dead, Power { factor: 100.0, held: Some([f64::MAX, 100.0]) });
        assert_eq!(power(1e-6, 1.0, 1.0).held, Some([1e-6, 0.01]));
        assert_eq!(power(0.0, 0.0, 3.0), Power { factor: 1.0, held: None });
        // An exponent of zero makes nothing of the ratio, held or not.
        assert_eq!(power(1.0, 0.0, 0.0), Power { factor: 1.0, held: None });
    }

    #[test]
    fn a_trailing_reference_is_the_mean_up_to_the_day() {
        let mut observed = vec![1.0; 20];
        observed.extend([3.0, 100.0]);
        let days = compared(&observed, 1.0, LevelReference::TrailingDays(4), even);
        let references: Vec<f64> = days.iter().map(|day| day.reference.unwrap()).collect();
        assert_eq!(references, [1.0, 1.5, 26.25]);
        assert_eq!(days[1].factors.hedged, 0.5);
        assert_eq!(compared(&observed, 1.0, LevelReference::Stated(6.0), even).len(), 22);
        assert!(compared(&observed[..19], 1.0, LevelReference::TrailingDays(4), even).is_empty());
    }

    #[test]
    fn averages_are_of_whole_windows() {
        assert_eq!(averages(&[1.0, 3.0, 5.0], 2), [2.0, 4.0]);
        assert!(averages(&[1.0], 2).is_empty());
    }
}
