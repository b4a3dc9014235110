//! W2, wide and linear: 500 coins under a dense correlation, one step of a day.

use super::correlation::Correlation;
use super::data::{LinearData, Workload, factors};
use super::splitmix::{SplitMix, rounded};

const COINS: usize = 500;

pub fn generate() -> Workload {
    let factors = factors(COINS, 201, 0.10, 0.80);
    let mut source = SplitMix::new(202);
    let loadings = (0..COINS).map(|_| loadings(&mut source)).collect();
    let position = |factor: usize| LinearData {
        id: format!("L{factor:03}"),
        factor,
        quantity: rounded(source.uniform(-100.0, 100.0), 4),
    };
    let linear = (0..COINS).map(position).collect();
    let correlation = Correlation::Loadings(loadings);
    Workload { correlation, linear, ..Workload::of("W2", 1_000_000, factors) }
}

/// Four loadings, the first (the market's) drawn last and always positive.
fn loadings(source: &mut SplitMix) -> Vec<f64> {
    let mut loadings: Vec<f64> = (0..4).map(|_| source.uniform(-0.5, 0.5)).collect();
    loadings[0] = source.uniform(0.2, 0.7);
    loadings.into_iter().map(|loading| rounded(loading, 8)).collect()
}
