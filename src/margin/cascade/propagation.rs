//! How a move of one coin by orders passes to the others.

/// Shares `β_ji`: what coin j moves when orders move coin i by 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Propagation {
    size: usize,
    /// Row-major `[to][from]`, 1 on the diagonal; empty where nothing passes.
    shares: Vec<f64>,
}

impl Propagation {
    /// Nothing passes.
    pub fn none(size: usize) -> Self {
        Self { size, shares: Vec::new() }
    }

    /// `share` of the regression slope of each coin's returns on each other's:
    /// `β_ji = share·ρ_ji·σ_j/σ_i`; `correlation` is row-major. A coin without volatility passes
    /// nothing on.
    ///
    /// # Panics
    /// If the correlation is not square in the coins: a fault of the caller's code.
    pub fn by_beta(volatilities: &[f64], correlation: &[f64], share: f64) -> Self {
        let size = volatilities.len();
        assert_eq!(correlation.len(), size * size, "a square correlation");
        let beta = |to: usize, from: usize| {
            if to == from {
                return 1.0;
            }
            let passes = volatilities[from] > 0.0;
            let ratio = if passes { volatilities[to] / volatilities[from] } else { 0.0 };
            share * correlation[to * size + from] * ratio
        };
        let shares: Vec<f64> =
            (0..size).flat_map(|to| (0..size).map(move |from| beta(to, from))).collect();
        let passes = |at: usize| at / size != at % size && shares[at] != 0.0;
        if (0..shares.len()).any(passes) { Self { size, shares } } else { Self::none(size) }
    }

    /// Number of coins.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether nothing passes.
    #[inline]
    pub fn is_none(&self) -> bool {
        self.shares.is_empty()
    }

    /// What coin `to` takes from each, where anything passes.
    #[inline]
    pub(super) fn row(&self, to: usize) -> &[f64] {
        &self.shares[to * self.size..][..self.size]
    }
}
