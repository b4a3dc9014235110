//! Liquidation and bankruptcy prices in closed form, of one contract with its collateral in the
//! asset it settles in.
//!
//! Linear: equity `W + s·q·(X − E)` meets `q·X·rate − deduction`, re-bracketed at the price itself
//! (Binance's formula, with the profit and the maintenance margin of the account's other contracts;
//! isolated: none). Inverse: `c + s·N·(1/E − 1/X)` coins meet `rate·N/X`.

use crate::margin::{FutureRules, Tier};

/// Long or short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Gains as the price rises.
    Long,
    /// Gains as the price falls.
    Short,
}

impl Direction {
    /// +1 long, −1 short.
    pub fn sign(self) -> f64 {
        match self {
            Self::Long => 1.0,
            Self::Short => -1.0,
        }
    }
}

/// A linear contract and what backs it; money in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearHolding {
    /// Long or short.
    pub direction: Direction,
    /// Size in coins, positive.
    pub coins: f64,
    /// Entry price.
    pub entry: f64,
    /// Wallet balance: of the account when cross, of the position when isolated.
    pub wallet: f64,
    /// Unrealised profit of the account's other contracts; zero when isolated.
    pub others_profit: f64,
    /// Maintenance margin of the account's other contracts; zero when isolated.
    pub others_maintenance: f64,
}

/// An inverse contract and the coins that back it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseHolding {
    /// Long or short.
    pub direction: Direction,
    /// Size in dollars, positive.
    pub notional: f64,
    /// Entry price.
    pub entry: f64,
    /// Collateral in coins.
    pub coins: f64,
}

impl LinearHolding {
    /// Price at which the equity meets the maintenance margin; `None`: never, at any price above
    /// zero.
    pub fn liquidation_price(&self, rules: &FutureRules) -> Option<f64> {
        match rules {
            FutureRules::Flat { maintenance, .. } => self.meets(*maintenance, 0.0),
            FutureRules::Sized { maintenance, per_coin, .. } => {
                self.meets(maintenance + per_coin * self.coins, 0.0)
            }
            FutureRules::Tiered { tiers } => {
                let tier = self.tier_at_liquidation(tiers)?;
                self.meets(tier.maintenance, tier.deduction)
            }
            FutureRules::Unlisted => None,
        }
    }

    /// Price at which nothing is left; `None`: never.
    pub fn bankruptcy_price(&self) -> Option<f64> {
        Self { others_maintenance: 0.0, ..*self }.meets(0.0, 0.0)
    }

    /// `(W + profit − maintenance of others + deduction − s·q·E) / (q·rate − s·q)`.
    fn meets(&self, rate: f64, deduction: f64) -> Option<f64> {
        let signed = self.direction.sign() * self.coins;
        let fixed = self.wallet + self.others_profit - self.others_maintenance + deduction;
        above_zero((fixed - signed * self.entry) / (self.coins * rate - signed))
    }

    /// The bracket that holds the notional at the liquidation price. What the equity has above the
    /// requirement rises with the price when long and falls when short, so the ends tell.
    fn tier_at_liquidation<'a>(&self, tiers: &'a [Tier]) -> Option<&'a Tier> {
        let beyond = |tier: &&Tier| {
            let price = tier.notional_max / self.coins;
            let sign = self.direction.sign();
            let equity =
                self.wallet + self.others_profit + sign * self.coins * (price - self.entry);
            let maintenance = tier.notional_max * tier.maintenance - tier.deduction;
            sign * (equity - self.others_maintenance - maintenance) >= 0.0
        };
        tiers.iter().find(beyond).or(tiers.last())
    }
}

impl InverseHolding {
    /// Price at which the equity meets a maintenance margin of `rate` times the notional; `None`:
    /// never. Long: `N(1 + rate)/(c + N/E)`; short: `N(1 − rate)/(N/E − c)`.
    pub fn liquidation_price(&self, rate: f64) -> Option<f64> {
        let sign = self.direction.sign();
        let coins = self.coins + sign * self.notional / self.entry;
        above_zero(self.notional * (sign + rate) / coins)
    }

    /// Price at which nothing is left; `None`: never.
    pub fn bankruptcy_price(&self) -> Option<f64> {
        self.liquidation_price(0.0)
    }
}

fn above_zero(price: f64) -> Option<f64> {
    (price.is_finite() && price > 0.0).then_some(price)
}
