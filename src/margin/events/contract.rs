//! One contract of a margin pool, and what is asked for it on a path.

use crate::margin::columns::SizeUnit;
use crate::margin::{ContractInputs, ContractRules, Margin};

/// The positions of a pool in one contract.
#[derive(Debug, Clone)]
pub(super) struct Contract {
    /// Watched positions, and what they hold today: coins, or dollars of inverse futures.
    pub positions: Vec<(usize, f64)>,
    pub rules: ContractRules,
    pub margined: Margined,
    pub kind: ContractKind,
    /// Price of the coin.
    pub coin: usize,
    /// Price of the quote; `None`: dollars.
    pub quote: Option<usize>,
}

/// How margin is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Margined {
    /// For the contract by itself.
    Alone,
    /// For the account as a whole: nothing for the contract.
    Together,
}

/// What quantities are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContractKind {
    /// Coins; they need no margin.
    Spot,
    /// Coins.
    Linear,
    /// Dollars.
    Inverse,
    /// Coins.
    Option,
}

/// A contract on one path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sizes {
    /// Bought, zero or above: coins, or dollars of inverse futures.
    pub long: f64,
    /// Sold, likewise.
    pub short: f64,
}

/// What a contract is worth on one path, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ContractPrices {
    /// Value of one option.
    pub option: f64,
    /// Mark of the perpetual, or forward of the expiry.
    pub forward: f64,
    pub coin: f64,
    pub quote: f64,
}

impl Sizes {
    /// Adds a signed quantity.
    #[inline(always)]
    pub fn add(&mut self, quantity: f64) {
        self.long += quantity.max(0.0);
        self.short += (-quantity).max(0.0);
    }
}

impl Contract {
    /// Whether what is held needs margin.
    pub fn is_margined(&self, sizes: Sizes) -> bool {
        let sizes = self.counted(sizes);
        match self.kind {
            ContractKind::Spot => false,
            ContractKind::Linear | ContractKind::Inverse => sizes.long + sizes.short > 0.0,
            ContractKind::Option if self.margined == Margined::Together => {
                sizes.long + sizes.short > 0.0
            }
            ContractKind::Option => sizes.short > 0.0,
        }
    }

    pub fn is_option(&self) -> bool {
        self.kind == ContractKind::Option
    }

    /// Net where long and short are one position.
    #[inline(always)]
    pub fn counted(&self, sizes: Sizes) -> Sizes {
        if !self.rules.is_netted() {
            return sizes;
        }
        let net = sizes.long - sizes.short;
        Sizes { long: net.max(0.0), short: (-net).max(0.0) }
    }

    /// Gross notional in USD: the mark of linear futures, dollars of inverse ones, the coins of
    /// options; nothing for spot.
    pub fn notional(&self, sizes: Sizes, prices: &ContractPrices) -> f64 {
        let sizes = self.counted(sizes);
        (sizes.long + sizes.short) * self.usd_per_unit(prices).abs()
    }

    /// What quantities count, to the rules.
    pub fn size_unit(&self) -> SizeUnit {
        match self.kind {
            ContractKind::Linear => SizeUnit::CoinsAtForward,
            ContractKind::Inverse | ContractKind::Option | ContractKind::Spot => {
                SizeUnit::AsCounted
            }
        }
    }

    /// USD notional of one unit of quantity.
    #[inline(always)]
    fn usd_per_unit(&self, prices: &ContractPrices) -> f64 {
        match self.kind {
            ContractKind::Spot => 0.0,
            ContractKind::Linear => prices.forward,
            ContractKind::Inverse => 1.0,
            ContractKind::Option => prices.coin,
        }
    }

    /// Margin as at time zero, in USD, at the path's marks.
    #[inline(always)]
    pub fn margin(&self, sizes: Sizes, prices: &ContractPrices) -> Margin {
        let unit = match self.kind {
            ContractKind::Option => 1.0,
            _ => self.usd_per_unit(prices).abs(),
        };
        self.rules.margin(&ContractInputs {
            long: sizes.long * unit,
            short: sizes.short * unit,
            spot: prices.coin,
            forward: prices.forward,
            quote_price: prices.quote,
            option_value: prices.option,
        })
    }
}
