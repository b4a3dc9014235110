//! A workload as plain numbers.

use plimsoll::portfolio::OptionRight;

use super::correlation::Correlation;
use super::splitmix::{SplitMix, rounded};
use super::{w1, w2, w3};

/// Which workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Work {
    /// Desk: options and perpetuals on 20 coins, one step.
    W1,
    /// Wide: 500 linear positions, dense correlation, one step.
    W2,
    /// Path dependent: accounts that can be liquidated, 288 steps.
    W3,
}

impl Work {
    /// Its numbers.
    pub fn generate(self) -> Workload {
        match self {
            Self::W1 => w1::generate(),
            Self::W2 => w2::generate(),
            Self::W3 => w3::generate(),
        }
    }
}

/// A coin: geometric Brownian motion whose mean is today's price.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorData {
    pub id: String,
    /// USD.
    pub spot: f64,
    /// Annual volatility.
    pub volatility: f64,
}

/// A European option with its own constant volatility, in coins.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionData {
    pub id: String,
    pub factor: usize,
    pub right: OptionRight,
    pub strike: f64,
    pub expiry_years: f64,
    pub volatility: f64,
    pub quantity: f64,
}

/// A linear position in coins, entered at today's price.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearData {
    pub id: String,
    pub factor: usize,
    pub quantity: f64,
}

/// An account with USD as collateral.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountData {
    pub id: String,
    pub collateral: f64,
}

/// A perpetual in an account, with its maintenance margin as a share of notional.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginedData {
    pub id: String,
    pub account: usize,
    pub factor: usize,
    pub quantity: f64,
    pub entry_price: f64,
    pub maintenance_rate: f64,
}

/// Everything of a workload; lists it has no use for are empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    pub name: &'static str,
    pub paths: u64,
    pub steps: u32,
    /// Continuous rate that discounts and carries, a year.
    pub rate: f64,
    /// Cost of a liquidation, share of notional.
    pub liquidation_cost: f64,
    pub correlation: Correlation,
    pub factors: Vec<FactorData>,
    pub options: Vec<OptionData>,
    pub perpetuals: Vec<LinearData>,
    pub linear: Vec<LinearData>,
    pub accounts: Vec<AccountData>,
    pub margined: Vec<MarginedData>,
}

/// Length of every workload, in years.
pub const HORIZON_YEARS: f64 = 1.0 / 365.0;
/// Levels of the two figures.
pub const VALUE_AT_RISK_LEVEL: f64 = 0.99;
pub const SHORTFALL_LEVEL: f64 = 0.975;

impl Workload {
    /// A workload of these factors, with nothing in it yet.
    pub fn of(name: &'static str, paths: u64, factors: Vec<FactorData>) -> Self {
        Self {
            name,
            paths,
            steps: 1,
            rate: 0.0,
            liquidation_cost: 0.0,
            correlation: Correlation::Equal(0.3),
            factors,
            options: Vec::new(),
            perpetuals: Vec::new(),
            linear: Vec::new(),
            accounts: Vec::new(),
            margined: Vec::new(),
        }
    }
}

/// Coins at 100 to 2,000 USD with volatilities between `low` and `high`.
pub fn factors(count: usize, seed: u64, low: f64, high: f64) -> Vec<FactorData> {
    let mut source = SplitMix::new(seed);
    let factor = |index: usize| FactorData {
        id: format!("F{index:03}"),
        spot: rounded(100.0 * (1 + source.index(20)) as f64, 4),
        volatility: rounded(source.uniform(low, high), 6),
    };
    (0..count).map(factor).collect()
}
