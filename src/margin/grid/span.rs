//! SPAN-like scan risk: sixteen scenarios of price and volatility.
//!
//! Flows in: parameters, and the profit of a book at every scenario. Flows out: scan risk, the
//! largest loss. Source: CME SPAN's scan (as in McMillan, *Options as a Strategic Investment*,
//! chapter 34): price unchanged, ±⅓, ±⅔ and ±1 of the scan range with volatility up and down, then
//! a multiple of it both ways of which a share counts. Limits: each coin on its own: no spread
//! credits between coins or months, no delivery charge.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::VolatilityShift;
use crate::margin::Margin;
use crate::units::Symbol;

/// Number of scenarios.
pub const SPAN_SCENARIOS: usize = 16;

/// Parameters of the scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanPortfolio {
    /// Coins not in `coins`; `None`: they cannot be margined.
    pub others: Option<SpanCoin>,
    /// By coin.
    pub coins: BTreeMap<Symbol, SpanCoin>,
    /// Days that pass until the scenario.
    pub look_ahead_days: f64,
    /// Extreme price move, in scan ranges.
    pub extreme_multiple: f64,
    /// Share of an extreme move's profit or loss that counts.
    pub extreme_cover: f64,
    /// Initial margin as a multiple of the scan risk; maintenance margin is the scan risk.
    pub initial_multiple: f64,
}

/// Scan ranges of a coin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpanCoin {
    /// Price scan range, share of the price.
    pub price_range: f64,
    /// Volatility scan range, share of the volatility.
    pub volatility_range: f64,
}

/// A scenario of the scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpanScenario {
    /// Price move, decimal.
    pub price_move: f64,
    /// Which way the volatility moves.
    pub volatility: VolatilityShift,
    /// Share of the profit or loss that counts.
    pub cover: f64,
}

impl SpanCoin {
    /// A volatility after its shift.
    pub fn volatility(&self, volatility: f64, shift: VolatilityShift) -> f64 {
        match shift {
            VolatilityShift::Same => volatility,
            VolatilityShift::Up => volatility * (1.0 + self.volatility_range),
            VolatilityShift::Down => (volatility * (1.0 - self.volatility_range)).max(0.0),
        }
    }
}

impl SpanPortfolio {
    /// The scenarios of a coin: pairs of volatility up and down, then the two extremes, up first.
    pub fn scenarios(&self, coin: &SpanCoin) -> [SpanScenario; SPAN_SCENARIOS] {
        let thirds = [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0];
        std::array::from_fn(|index| {
            if let Some(third) = thirds.get(index / 2) {
                let shifts = [VolatilityShift::Up, VolatilityShift::Down];
                let (price_move, volatility) = (third * coin.price_range / 3.0, shifts[index % 2]);
                return SpanScenario { price_move, volatility, cover: 1.0 };
            }
            let sign = if index == SPAN_SCENARIOS - 2 { 1.0 } else { -1.0 };
            SpanScenario {
                price_move: sign * self.extreme_multiple * coin.price_range,
                volatility: VolatilityShift::Same,
                cover: self.extreme_cover,
            }
        })
    }

    /// Margin from the scan risks of all coins together.
    pub fn margin(&self, scan_risk: f64) -> Margin {
        Margin { initial: self.initial_multiple * scan_risk, maintenance: scan_risk }
    }
}

/// Largest loss of the scenarios, zero or above; `profits` already counted at their cover.
pub fn scan_risk(profits: &[f64]) -> f64 {
    profits.iter().fold(0.0, |worst, profit| worst.max(-profit))
}
