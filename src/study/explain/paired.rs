//! Monte Carlo error of a difference of two ES on the same paths.
//!
//! To first order an ES is a mean over paths, ES ≈ q + mean((L − q)⁺)/(1 − α) with q the VaR
//! (Rockafellar & Uryasev 2000; Shapiro, Dentcheva & Ruszczyński 2009, §5.1), so the error of a
//! difference is that of the mean of path-wise differences: what the two runs have in common cancels.

/// Standard error of the ES of `second` less that of `first`, at `level`; `None` where the runs do not
/// have the same paths.
pub fn standard_error(first: &[f64], second: &[f64], level: f64) -> Option<f64> {
    if first.len() != second.len() || first.len() < 2 {
        return None;
    }
    let [first, second] = [first, second].map(|losses| excesses(losses, level));
    let count = first.len() as f64;
    let differences = || first.iter().zip(&second).map(|(first, second)| second - first);
    let mean = differences().sum::<f64>() / count;
    let squares: f64 = differences().map(|one| (one - mean) * (one - mean)).sum();
    Some((squares / (count - 1.0) / count).sqrt() / (1.0 - level))
}

/// By how much each loss is beyond the VaR.
fn excesses(losses: &[f64], level: f64) -> Vec<f64> {
    let rank = ((level * losses.len() as f64).ceil() as usize).clamp(1, losses.len()) - 1;
    let mut sorted = losses.to_vec();
    let quantile = *sorted.select_nth_unstable_by(rank, f64::total_cmp).1;
    losses.iter().map(|loss| (loss - quantile).max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Losses 1 to 100 at 90 %: the excesses over 90 are 1 to 10, their mean over all paths 0.55, mean
    /// square 3.85, so that the error of one ES against a book without loss is
    /// √((385 − 100·0.55²)/99/100)/0.1 = 1.8930. A book twice as large differs by as much again.
    #[test]
    fn what_is_common_cancels() {
        let losses: Vec<f64> = (1..=100).map(f64::from).collect();
        let none = vec![0.0; 100];
        let twice: Vec<f64> = losses.iter().map(|loss| 2.0 * loss).collect();
        let shifted: Vec<f64> = losses.iter().map(|loss| loss + 7.0).collect();
        let expected = ((385.0_f64 - 100.0 * 0.55 * 0.55) / 99.0 / 100.0).sqrt() / 0.1;
        assert!((expected - 1.8930).abs() < 1e-4);
        for (first, second) in [(&none, &losses), (&losses, &none), (&losses, &twice)] {
            let error = standard_error(first, second, 0.9).unwrap();
            assert!((error - expected).abs() < 1e-12, "{error}");
        }
        assert_eq!(standard_error(&losses, &losses, 0.9), Some(0.0));
        assert!(standard_error(&losses, &shifted, 0.9).unwrap() < 1e-12);
        assert_eq!(standard_error(&losses, &none[1..], 0.9), None);
    }
}
