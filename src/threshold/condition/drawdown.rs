//! Drawdown: `max(0, 1 − DD/DD_max)`, DD the fall from the peak close.

use super::history::Closes;
use super::{DriverDay, DriverPath, Factors};

pub(super) fn path(closes: &Closes, maximum: f64, window_days: Option<usize>) -> DriverPath {
    let day = |index: usize| {
        let (today, price) = closes.observed[index];
        let first = first_in_window(closes, today, window_days);
        let prices = closes.observed[first..=index].iter().map(|close| close.1);
        let drawdown = 1.0 - price / prices.fold(price, f64::max);
        DriverDay {
            observed: drawdown,
            reference: Some(maximum),
            factors: Factors::even((1.0 - drawdown / maximum).max(0.0)),
            held: None,
        }
    };
    let days: Vec<DriverDay> = (0..closes.observed.len()).map(day).collect();
    closes.spread(&days)
}

/// Index of the first close at most `window_days` before `today`.
fn first_in_window(closes: &Closes, today: usize, window_days: Option<usize>) -> usize {
    let Some(window_days) = window_days else {
        return 0;
    };
    let closes_back = (window_days as f64 / closes.days_per_close) as usize;
    let earliest = today.saturating_sub(closes_back);
    closes.observed.partition_point(|close| close.0 < earliest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(prices: &[f64], window_days: Option<usize>) -> Vec<f64> {
        let closes = Closes {
            days: prices.len(),
            days_per_close: 1.0,
            observed: prices.iter().copied().enumerate().collect(),
        };
        let path = path(&closes, 0.5, window_days);
        path.iter().map(|day| day.unwrap().factors.hedged).collect()
    }

    #[test]
    fn a_quarter_down_of_half_allowed_halves_the_multiplier() {
        assert_eq!(factors(&[100.0, 75.0, 50.0, 30.0, 120.0], None), [1.0, 0.5, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn an_old_peak_leaves_the_window() {
        assert_eq!(factors(&[100.0, 75.0, 75.0, 75.0], Some(2)), [1.0, 0.5, 0.5, 1.0]);
    }
}
