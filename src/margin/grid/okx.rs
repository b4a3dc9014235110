//! OKX portfolio margin, as far as its sizes are published; the rest must be stated by the user.
//!
//! `MMR = max(max(MR1, MR2, MR6) + MR3 + MR4 + MR5, MR7) + MR8 + MR9`, by coin but for MR8, and
//! `IMR = 1.3 · MMR`.
//!
//! | part | what it is here | size |
//! |---|---|---|
//! | MR1 | worst of price moves × volatility down, same, up | price published, volatility not |
//! | MR2 | value lost in 24 hours | computed |
//! | MR3 | Σ over expiries of abs(vega) × volatility points | not published |
//! | MR4 | Σ over expiries of abs(delta) × years × annual basis move | published |
//! | MR5 | Σ over expiries of abs(option value) × years × rate move | not published |
//! | MR6 | worst of an extreme move either way, a share of it | move published, share not |
//! | MR7 | share of the gross notional | not published |
//! | MR8 | share of what is borrowed | not published |
//! | MR9 | delta that cancels between quote currencies, by marginal tiers | published |
//!
//! Source: OKX, *Will further adjust portfolio margin parameters* (2 January 2025). The forms of
//! MR3, MR4, MR5 and MR9's base are our reading, as are those of sizes that the user states.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::margin::Margin;
use crate::units::Symbol;

/// Parameters of the model; what is `None` is not published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OkxPortfolio {
    /// Coins not in `coins`.
    pub others: OkxCoin,
    /// By coin.
    pub coins: BTreeMap<Symbol, OkxCoin>,
    /// MR9: marginal tiers of the amount that depends on a peg.
    pub depeg_tiers: Vec<MarginalTier>,
    /// Initial margin as a multiple of the maintenance margin.
    pub initial_multiple: f64,
    /// MR1: relative volatility move, both ways.
    pub volatility_move: Option<f64>,
    /// MR3: volatility points by which terms move apart, decimal.
    pub vega_term_move: Option<f64>,
    /// MR5: move of rates, decimal a year.
    pub rate_move: Option<f64>,
    /// MR6: share of the extreme move's loss that counts.
    pub extreme_share: Option<f64>,
    /// MR7: share of gross notional.
    pub minimum_charge: Option<f64>,
    /// MR8: share of what is borrowed.
    pub borrowing_charge: Option<f64>,
}

/// Moves of a coin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OkxCoin {
    /// MR1: price moves either way, rising.
    pub price_moves: [f64; 3],
    /// MR6: extreme price move either way.
    pub extreme_move: f64,
    /// MR4: annualised move of the basis.
    pub annual_basis_move: f64,
}

/// A rate on the part of an amount inside a tier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarginalTier {
    /// Upper end, USD; the last tier reaches beyond its own.
    pub amount_max: f64,
    /// Rate on the part inside.
    pub rate: f64,
}

/// The parts of one coin's requirement, USD, each zero or above.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OkxParts {
    /// MR1 spot shock.
    pub spot_shock: f64,
    /// MR2 theta.
    pub theta: f64,
    /// MR3 vega term structure.
    pub vega_term: f64,
    /// MR4 basis.
    pub basis: f64,
    /// MR5 rates.
    pub rates: f64,
    /// MR6 extreme move.
    pub extreme: f64,
    /// MR7 minimum charge.
    pub minimum: f64,
    /// MR9 stablecoin break.
    pub depeg: f64,
}

impl OkxParts {
    /// Every part times `scale`, zero or above.
    pub fn scaled(self, scale: f64) -> Self {
        Self {
            spot_shock: scale * self.spot_shock,
            theta: scale * self.theta,
            vega_term: scale * self.vega_term,
            basis: scale * self.basis,
            rates: scale * self.rates,
            extreme: scale * self.extreme,
            minimum: scale * self.minimum,
            depeg: scale * self.depeg,
        }
    }

    /// With another MR9.
    pub fn with_depeg(self, depeg: f64) -> Self {
        Self { depeg, ..self }
    }

    /// The coin's maintenance margin, MR8 apart.
    pub fn maintenance(&self) -> f64 {
        let worst = self.spot_shock.max(self.theta).max(self.extreme);
        (worst + self.vega_term + self.basis + self.rates).max(self.minimum) + self.depeg
    }
}

/// What of a book asks for sizes that are not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OkxNeeds<'a> {
    /// Whether it holds any contract.
    pub contracts: bool,
    /// An option it holds.
    pub option: Option<&'a str>,
    /// An asset it has borrowed.
    pub borrowed: Option<&'a str>,
}

impl OkxPortfolio {
    /// Fields that are not stated and that a book needs, with the reason.
    pub fn unpublished(&self, needs: &OkxNeeds) -> Vec<(&'static str, String)> {
        let contracts = needs.contracts.then_some("the account holds contracts".to_owned());
        let option = needs.option.map(|id| format!("the account holds the option '{id}'"));
        let borrowed = needs.borrowed.map(|asset| format!("the account has borrowed {asset}"));
        let fields = [
            ("extreme_share", self.extreme_share, &contracts),
            ("minimum_charge", self.minimum_charge, &contracts),
            ("volatility_move", self.volatility_move, &option),
            ("vega_term_move", self.vega_term_move, &option),
            ("rate_move", self.rate_move, &option),
            ("borrowing_charge", self.borrowing_charge, &borrowed),
        ];
        let missing = fields.into_iter().filter(|(_, value, _)| value.is_none());
        missing.filter_map(|(field, _, reason)| Some((field, reason.clone()?))).collect()
    }

    /// The moves of a coin.
    pub fn coin(&self, coin: &Symbol) -> &OkxCoin {
        self.coins.get(coin).unwrap_or(&self.others)
    }

    /// MR9 of an amount in USD.
    pub fn depeg_charge(&self, amount: f64) -> f64 {
        marginal(&self.depeg_tiers, amount)
    }

    /// Margin from the coins' parts and MR8.
    pub fn margin(&self, maintenance: f64) -> Margin {
        Margin { initial: self.initial_multiple * maintenance, maintenance }
    }
}

/// Each tier's rate on the part of `amount` inside it; the last one's on what lies beyond.
pub fn marginal(tiers: &[MarginalTier], amount: f64) -> f64 {
    let (mut from, mut charge) = (0.0, 0.0);
    for (index, tier) in tiers.iter().enumerate() {
        let last = index + 1 == tiers.len();
        let to = if last { amount } else { tier.amount_max.min(amount) };
        if to > from {
            charge += (to - from) * tier.rate;
            from = to;
        }
    }
    charge
}
