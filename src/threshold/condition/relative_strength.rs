//! Wilder's relative strength index (New Concepts in Technical Trading Systems, 1978).
//!
//! The first averages of gains and losses are plain means of `period` changes; each later one is
//! `(previous·(period − 1) + change)/period`. RSI = 100 − 100/(1 + gain/loss).

use super::history::Closes;
use super::{DriverDay, DriverPath, Factors};

pub(super) fn path(closes: &Closes, period: usize, bands: [f64; 2], cut: f64) -> DriverPath {
    let prices: Vec<f64> = closes.observed.iter().map(|close| close.1).collect();
    let [oversold, overbought] = bands;
    let day = |&observed: &f64| DriverDay {
        observed,
        reference: None,
        factors: Factors {
            hedged: 1.0,
            long: if observed >= overbought { cut } else { 1.0 },
            short: if observed <= oversold { cut } else { 1.0 },
        },
        held: None,
    };
    let days: Vec<DriverDay> = relative_strength(&prices, period).iter().map(day).collect();
    closes.spread(&days)
}

/// RSI after each close from the `period`-th change on.
fn relative_strength(prices: &[f64], period: usize) -> Vec<f64> {
    let changes: Vec<f64> = prices.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if period == 0 || changes.len() < period {
        return Vec::new();
    }
    let length = period as f64;
    let gain_of = |change: &f64| change.max(0.0);
    let loss_of = |change: &f64| (-change).max(0.0);
    let mut gain = changes[..period].iter().map(gain_of).sum::<f64>() / length;
    let mut loss = changes[..period].iter().map(loss_of).sum::<f64>() / length;
    let mut strengths = vec![index(gain, loss)];
    for change in &changes[period..] {
        gain = (gain * (length - 1.0) + gain_of(change)) / length;
        loss = (loss * (length - 1.0) + loss_of(change)) / length;
        strengths.push(index(gain, loss));
    }
    strengths
}

/// `100·gain/(gain + loss)`, the same number without a division by zero losses; 50 when still.
fn index(gain: f64, loss: f64) -> f64 {
    if gain + loss > 0.0 { 100.0 * gain / (gain + loss) } else { 50.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_of_stockcharts() {
        // StockCharts ChartSchool, "Relative Strength Index", spreadsheet for QQQQ, 14 days.
        let prices = [
            44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433,
            46.0826, 45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116,
            46.2222, 45.6439,
        ];
        let published = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97];
        let found = relative_strength(&prices, 14);
        assert_eq!(found.len(), published.len());
        for (found, published) in found.iter().zip(published) {
            assert!((found - published).abs() < 0.01, "{found} {published}");
        }
    }

    #[test]
    fn only_gains_only_losses_and_stillness() {
        let of = |prices: &[f64]| relative_strength(prices, 3);
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0]), [100.0]);
        assert_eq!(of(&[4.0, 3.0, 2.0, 1.0]), [0.0]);
        assert_eq!(of(&[4.0; 5]), [50.0, 50.0]);
        assert!(of(&[1.0, 2.0]).is_empty());
    }
}
