//! Is ES deep enough (Acerbi and Szekely 2014)? Both statistics are 0 in the mean where it is, and
//! negative where losses beyond VaR are larger or more frequent than said.

/// The first two statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AcerbiSzekely {
    /// Losses beyond VaR over ES, given that they happen; absent without an exception.
    pub z1: Option<f64>,
    /// Losses beyond VaR over ES, number and size together.
    pub z2: f64,
}

impl AcerbiSzekely {
    /// From the ratio of loss to ES of every exception.
    ///
    /// `Z1 = 1 − Σ(L/ES)/x`, `Z2 = 1 − Σ(L/ES)/(n·p)`: the paper's X is the profit, −L.
    pub fn new(ratios: &[f64], observations: usize, tail: f64) -> Self {
        let sum: f64 = ratios.iter().sum();
        let z1 = (!ratios.is_empty()).then(|| 1.0 - sum / ratios.len() as f64);
        Self { z1, z2: 1.0 - sum / (observations as f64 * tail) }
    }
}
