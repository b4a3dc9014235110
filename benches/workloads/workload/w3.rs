//! W3, path dependent: 40 perpetuals in 10 cross-margin accounts, 288 steps in a day.

use super::data::{AccountData, FactorData, MarginedData, Workload, factors};
use super::splitmix::{SplitMix, rounded};

const ACCOUNTS: usize = 10;
const POSITIONS_PER_ACCOUNT: usize = 4;
const FACTORS: usize = 20;

pub fn generate() -> Workload {
    let factors = factors(FACTORS, 301, 0.40, 1.20);
    let mut source = SplitMix::new(302);
    let (mut accounts, mut margined) = (Vec::new(), Vec::new());
    for account in 0..ACCOUNTS {
        let (mut gross, mut maintenance) = (0.0, 0.0);
        for position in 0..POSITIONS_PER_ACCOUNT {
            let held = perpetual(account, position, &factors, &mut source);
            gross += held.quantity.abs() * held.entry_price;
            maintenance += held.quantity.abs() * held.entry_price * held.maintenance_rate;
            margined.push(held);
        }
        let buffer = gross * (0.02 + 0.06 * account as f64 / 9.0);
        let collateral = rounded(maintenance + buffer, 4);
        accounts.push(AccountData { id: format!("A{account}"), collateral });
    }
    let base = Workload::of("W3", 20_000, factors);
    Workload { steps: 288, liquidation_cost: 0.005, accounts, margined, ..base }
}

fn perpetual(
    account: usize,
    position: usize,
    factors: &[FactorData],
    source: &mut SplitMix,
) -> MarginedData {
    let factor = (account * 3 + position * 5 + position) % FACTORS;
    let spot = factors[factor].spot;
    let size = source.uniform(10.0, 100.0);
    let sign = if source.index(2) == 1 { 1.0 } else { -1.0 };
    MarginedData {
        id: format!("P{:02}", account * POSITIONS_PER_ACCOUNT + position),
        account,
        factor,
        quantity: rounded(size * sign * 100.0 / spot, 6),
        entry_price: spot,
        maintenance_rate: rounded(0.005 + 0.005 * source.index(4) as f64, 4),
    }
}
