//! Is the whole forecast distribution right? Where it is, the share of simulated losses below the
//! realised one is uniform (Rosenblatt 1952; Diebold, Gunther and Tay 1998).

use crate::numeric::special::chi_square_survival;

/// Histogram of the probability integral transform.
#[derive(Debug, Clone, PartialEq)]
pub struct Uniformity {
    /// Observations by bin of equal width, from the largest gain to the largest loss.
    pub counts: Vec<usize>,
    /// Counts between which a bin lies with 95 % probability, by the normal limit of the binomial.
    pub band: [f64; 2],
    /// Pearson's chi-square over the bins.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// The histogram of `transforms`, each in [0, 1], in `bins` ≥ 2 bins.
pub fn uniformity(transforms: &[f64], bins: usize) -> Uniformity {
    let mut counts = vec![0; bins];
    for transform in transforms {
        counts[((transform * bins as f64) as usize).min(bins - 1)] += 1;
    }
    let (count, share) = (transforms.len() as f64, 1.0 / bins as f64);
    let expected = count * share;
    let squares = counts.iter().map(|&found| (found as f64 - expected) * (found as f64 - expected));
    let statistic = if expected > 0.0 { squares.sum::<f64>() / expected } else { 0.0 };
    let half = crate::risk::NORMAL_95 * (expected * (1.0 - share)).sqrt();
    let band = [(expected - half).max(0.0), expected + half];
    Uniformity { counts, band, statistic, p_value: chi_square_survival(statistic, bins - 1) }
}
