//! Deribit portfolio margin: a grid of price and volatility moves, extended moves, and add-ons.
//!
//! Flows in: the profit of a book at every point of the grid ([`DeribitPortfolio::points`]), its
//! deltas by expiry. Flows out: the risk margin and its parts, in USD. Per coin
//! `RM = worst + roll + delta shock`; initial margin is RM plus open orders, maintenance a share.
//!
//! Source: Deribit, *Portfolio Margin* (segregated model of June 2024), as in the rules files.
//! Limits: spot holdings and open orders are not margined. How the worst points of several coins
//! are put together is not published: points are added coin by coin in the same order, profits
//! counted at each coin's offset, and of what this saves against each coin alone the share
//! `correlation_contingency` is charged back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contract::{GridCurrency, GridProfit};
use super::{ExpiryDelta, VolatilityShift};
use crate::margin::Margin;
use crate::units::{Symbol, Years};

/// Price steps on each side of the main grid.
const STEPS: i32 = 4;
/// The term at which volatility shifts are quoted, in days.
const TERM_DAYS: f64 = 30.0;
/// Nearer expiries are shifted as this one, in days, so that shifts stay finite.
const NEAREST_DAYS: f64 = 1e-6;

/// Parameters of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeribitPortfolio {
    /// By coin; a coin that is not here cannot be margined.
    pub coins: BTreeMap<Symbol, DeribitCoin>,
    /// Price moves beyond the grid, decimal, with volatility up.
    pub extended_moves: Vec<f64>,
    /// Power of 30 days over the term, for shorter terms.
    pub short_term_power: f64,
    /// The same for terms from 30 days.
    pub long_term_power: f64,
    /// Volatility moved up is at least this.
    pub volatility_up_min: f64,
    /// Size of a delta above which it is shocked, USD.
    pub delta_threshold_usd: f64,
    /// Largest delta shock, share of the delta.
    pub delta_shock_max: f64,
    /// Maintenance margin as a share of the risk margin.
    pub maintenance_share: f64,
    /// Share of what several coins save against each alone that is charged back, in [0, 1].
    pub correlation_contingency: f64,
}

/// Parameters of one coin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DeribitCoin {
    /// Largest price move of the grid, in (0, 1).
    pub price_range: f64,
    /// Relative volatility move up at 30 days.
    pub volatility_up: f64,
    /// Relative volatility move down at 30 days.
    pub volatility_down: f64,
    /// Roll shock a year of term, share of the delta.
    pub annual_move: f64,
    /// Least roll shock, share of the delta.
    pub move_min: f64,
    /// USD by which an extended move's profit or loss shrinks, a multiple of the range beyond it.
    pub dampener_usd: f64,
    /// Share of profits that counts.
    pub profit_offset: f64,
    /// Delta shock a coin of delta above the threshold.
    pub delta_increment: f64,
}

/// A point of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeribitPoint {
    /// Price move, decimal.
    pub price_move: f64,
    /// Which way volatilities move.
    pub volatility: VolatilityShift,
    /// Whether the point lies beyond the main grid.
    pub extended: bool,
}

/// One coin's book, as the model reads it.
#[derive(Debug, Clone, Copy)]
pub struct DeribitUnit<'a> {
    /// Its parameters.
    pub coin: &'a DeribitCoin,
    /// USD price of the coin.
    pub spot: f64,
    /// Money in which profits are compared: the coin where any contract on it is inverse.
    pub currency: GridCurrency,
    /// Profit at every point of [`DeribitPortfolio::points`], in their order.
    pub profits: &'a [GridProfit],
    /// Delta of every expiry; a perpetual is one of its own.
    pub deltas: &'a [ExpiryDelta],
}

/// The risk margin and its parts, USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DeribitRequirement {
    /// Loss at the worst point, zero or above.
    pub worst: f64,
    /// Roll shock.
    pub roll: f64,
    /// Delta shock.
    pub delta_shock: f64,
    /// Correlation contingency.
    pub contingency: f64,
    /// Initial and maintenance margin.
    pub margin: Margin,
}

impl DeribitRequirement {
    /// The risk margin.
    pub fn risk(&self) -> f64 {
        self.worst + self.roll + self.delta_shock + self.contingency
    }
}

impl DeribitPortfolio {
    /// The points of a coin's grid: nine prices with volatility up, same and down, then the extended
    /// moves with volatility up.
    pub fn points(&self, coin: &DeribitCoin) -> Vec<DeribitPoint> {
        let step = coin.price_range / f64::from(STEPS);
        let main = (-STEPS..=STEPS).flat_map(|index| {
            let price_move = f64::from(index) * step;
            let shifts = [VolatilityShift::Up, VolatilityShift::Same, VolatilityShift::Down];
            shifts.map(|volatility| DeribitPoint { price_move, volatility, extended: false })
        });
        let extended = self.extended_moves.iter().map(|price_move| DeribitPoint {
            price_move: *price_move,
            volatility: VolatilityShift::Up,
            extended: true,
        });
        main.chain(extended).collect()
    }

    /// A volatility after its shift, for a contract with `years` left.
    pub fn volatility(
        &self,
        coin: &DeribitCoin,
        volatility: f64,
        years: f64,
        shift: VolatilityShift,
    ) -> f64 {
        let days = Years(years).days().max(NEAREST_DAYS);
        let power = if days < TERM_DAYS { self.short_term_power } else { self.long_term_power };
        let term = libm::pow(TERM_DAYS / days, power);
        match shift {
            VolatilityShift::Same => volatility,
            VolatilityShift::Up => {
                (volatility * (1.0 + coin.volatility_up * term)).max(self.volatility_up_min)
            }
            VolatilityShift::Down => (volatility * (1.0 - coin.volatility_down * term)).max(0.0),
        }
    }

    /// The requirement of a book of several coins, each with the points that
    /// [`points`](Self::points) gives `point_of`.
    pub fn requirement(
        &self,
        units: &[DeribitUnit],
        points: &[&[DeribitPoint]],
        open_orders: f64,
    ) -> DeribitRequirement {
        let mut found = DeribitRequirement::default();
        let count = points.first().map_or(0, |points| points.len());
        for index in 0..count {
            let each = units.iter().zip(points);
            let sum: f64 = each.map(|(unit, points)| unit.entry(&points[index], index)).sum();
            found.worst = found.worst.max(-sum);
        }
        let mut alone = 0.0;
        for (unit, points) in units.iter().zip(points) {
            let entries = points.iter().enumerate().map(|(index, point)| unit.entry(point, index));
            alone += entries.fold(0.0, |worst: f64, entry| worst.max(-entry));
            found.roll += unit.roll();
            found.delta_shock += self.delta_shock(unit);
        }
        found.contingency = self.correlation_contingency * (alone - found.worst).max(0.0);
        let risk = found.risk();
        found.margin =
            Margin { initial: risk + open_orders, maintenance: self.maintenance_share * risk };
        found
    }

    /// Points of every coin's grid.
    pub fn point_count(&self) -> usize {
        3 * (2 * STEPS as usize + 1) + self.extended_moves.len()
    }

    /// What one coin counts at every point of its grid, then its roll and delta shocks, USD.
    pub(super) fn entries(&self, unit: &DeribitUnit, points: &[DeribitPoint]) -> Vec<f64> {
        let each = points.iter().enumerate().map(|(index, point)| unit.entry(point, index));
        each.chain([unit.roll() + self.delta_shock(unit)]).collect()
    }

    /// The risk margin of coins from what [`Self::entries`] gives for each, one after the other,
    /// `width` numbers a coin.
    pub(super) fn combined(&self, entries: &[f64], width: usize) -> f64 {
        let coins = || entries.chunks_exact(width);
        let mut worst = 0.0_f64;
        for point in 0..width - 1 {
            worst = worst.max(-coins().fold(0.0, |sum, coin| sum + coin[point]));
        }
        let (mut alone, mut shocks) = (0.0, 0.0);
        for coin in coins() {
            alone += coin[..width - 1].iter().fold(0.0, |worst: f64, entry| worst.max(-entry));
            shocks += coin[width - 1];
        }
        worst + shocks + self.correlation_contingency * (alone - worst).max(0.0)
    }

    fn delta_shock(&self, unit: &DeribitUnit) -> f64 {
        let delta: f64 = unit.deltas.iter().map(|one| one.coins).sum::<f64>().abs();
        let above = (delta - self.delta_threshold_usd / unit.spot).max(0.0);
        let share = (unit.coin.delta_increment * above).min(self.delta_shock_max);
        delta * share * unit.spot
    }
}

impl DeribitUnit<'_> {
    /// What a point counts, in USD at today's price.
    fn entry(&self, point: &DeribitPoint, index: usize) -> f64 {
        let profit = &self.profits[index];
        let at_point = self.spot * (1.0 + point.price_move);
        let range = self.coin.price_range;
        let amount = if point.extended {
            let beyond = point.price_move.abs() / range;
            let scaled = profit.in_usd(at_point) * (1.0 / beyond).min(1.0);
            let shrunk = ((beyond - 1.0) * self.coin.dampener_usd).clamp(0.0, scaled.abs());
            let edge = 1.0 + range.copysign(point.price_move);
            self.counted(scaled - shrunk.copysign(scaled), edge)
        } else {
            self.counted(profit.in_usd(at_point), 1.0 + point.price_move)
        };
        if amount > 0.0 { amount * self.coin.profit_offset } else { amount }
    }

    /// Dollars at a price `ratio` times today's, as dollars today.
    fn counted(&self, usd: f64, ratio: f64) -> f64 {
        match self.currency {
            GridCurrency::Coin => usd / ratio,
            GridCurrency::Usd => usd,
        }
    }

    fn roll(&self) -> f64 {
        let one = |delta: &ExpiryDelta| {
            delta.coins.abs() * (delta.years * self.coin.annual_move).max(self.coin.move_min)
        };
        self.spot * self.deltas.iter().map(one).sum::<f64>()
    }
}
