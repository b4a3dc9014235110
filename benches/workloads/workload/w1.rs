//! W1, the desk: 1,000 European options and 40 perpetuals on 20 coins, one step of a day.

use plimsoll::portfolio::OptionRight;

use super::data::{FactorData, LinearData, OptionData, Workload, factors};
use super::splitmix::{SplitMix, rounded};

const EXPIRIES_DAYS: [u32; 5] = [7, 14, 30, 90, 180];
const STRIKES: u32 = 10;
const PERPETUALS: usize = 40;

pub fn generate() -> Workload {
    let factors = factors(20, 101, 0.25, 0.90);
    let mut source = SplitMix::new(102);
    let mut options = Vec::new();
    for (index, factor) in factors.iter().enumerate() {
        for days in EXPIRIES_DAYS {
            for strike in 0..STRIKES {
                let id = format!("O{:04}", options.len());
                options.push(option(id, index, factor, (days, strike), &mut source));
            }
        }
    }
    let perpetual = |index: usize| LinearData {
        id: format!("P{index:02}"),
        factor: index % 20,
        quantity: rounded(source.uniform(-50.0, 50.0), 4),
    };
    let perpetuals = (0..PERPETUALS).map(perpetual).collect();
    Workload { rate: 0.03, options, perpetuals, ..Workload::of("W1", 100_000, factors) }
}

/// Moneyness 0.7 to 1.3; volatility the coin's, plus a smile, plus noise.
fn option(
    id: String,
    index: usize,
    factor: &FactorData,
    (days, strike): (u32, u32),
    source: &mut SplitMix,
) -> OptionData {
    let moneyness = 0.70 + 0.60 * f64::from(strike) / 9.0;
    let smile = 0.15 * ((moneyness - 1.0) * (moneyness - 1.0)) * 4.0;
    let right = if source.index(2) == 0 { OptionRight::Call } else { OptionRight::Put };
    let noise = source.uniform(-0.03, 0.03);
    OptionData {
        id,
        factor: index,
        right,
        strike: rounded(factor.spot * moneyness, 6),
        expiry_years: rounded(f64::from(days) / 365.0, 10),
        volatility: rounded(factor.volatility * (1.0 + smile + noise), 8),
        quantity: rounded(source.uniform(-20.0, 20.0), 4),
    }
}
