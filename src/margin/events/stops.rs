//! Stop orders: a part of a position that is closed once its contract trades at a price.
//!
//! Where one diffusing coin moves the account and its venue watches it at all times, a stop is
//! touched between nodes as a line is ([`super::bridge`]), by the same number, so that of two levels
//! on one side the farther is never touched alone; it fills at its price less slippage. Else it is
//! looked at at the nodes, and fills at the mark there less slippage.
//!
//! Limits: stops reduce positions in futures, perpetuals and spot, never turn them; where a stop and
//! the margin line are touched in one step, the stop fills first.

use super::assess::{At, prices_of};
use super::book::EventBook;
use super::bridge::{Bridge, Step};
use super::contract::{Contract, ContractKind, ContractPrices, Sizes};
use super::state::Holdings;
use crate::margin::MarginSetting;
use crate::margin::first_passage::{crosses, crossing_probability};
use crate::numeric::{Purpose, Streams};
use crate::portfolio::OrderKind;

/// A stop order on a watched position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stop {
    /// Index into `Portfolio::orders`.
    pub order: usize,
    pub pool: usize,
    contract: usize,
    position: usize,
    /// Share of today's quantity that it closes.
    share: f64,
    /// In the quote of the contract.
    price: f64,
    side: Side,
    /// Share of notional that its fill is worse.
    slippage: f64,
}

/// On which side of its price a stop executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Below,
    Above,
}

impl Side {
    /// Whether a logarithm is at a level or on the other side of it.
    fn is_beyond(self, log: f64, level: f64) -> bool {
        match self {
            Self::Below => log <= level,
            Self::Above => log >= level,
        }
    }
}

/// Whether the coin of a pool touched a level on a side, a logarithm over its price at the end of a
/// step, on the way; not where the step began beyond it.
pub(super) fn is_touched(
    (pool, side): (usize, Side),
    level: f64,
    step: Step,
    streams: &Streams,
) -> bool {
    if side.is_beyond(step.start, level) {
        return false;
    }
    let variance = step.deviation * step.deviation;
    let probability = crossing_probability(step.start - level, -level, variance);
    probability > 0.0 && {
        let mut uniform = [0.0];
        let lane = 2 * pool + usize::from(side == Side::Above);
        let (node, factor) = (step.node as u32, lane as u32);
        streams.fill_uniforms(Purpose::Passage, node, factor, &[step.path], &mut uniform);
        crosses(probability, uniform[0])
    }
}

/// How a stop was triggered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Trigger {
    /// Between nodes, at this price over that at the node.
    Between(f64),
    /// At the node.
    Here,
}

/// The stop orders of the portfolio that act in `book`.
pub(super) fn stops(setting: &MarginSetting, book: &EventBook) -> Vec<Stop> {
    let orders = setting.portfolio.orders.iter().enumerate();
    let stop = |(order, held): (usize, &crate::portfolio::Order)| {
        let position = book.positions.iter().position(|one| one.index == held.position)?;
        let (contract, today) =
            book.contracts.iter().enumerate().find_map(|(index, contract)| {
                let found = contract.positions.iter().find(|(one, _)| *one == position)?;
                Some((index, found.1))
            })?;
        let pool = book.pools.iter().position(|pool| pool.contracts.contains(&contract))?;
        let reduces = held.quantity * today < 0.0;
        let acts = held.kind == OrderKind::Stop && reduces && !book.contracts[contract].is_option();
        acts.then_some(Stop {
            order,
            pool,
            contract,
            position,
            share: (held.quantity / today).abs().min(1.0),
            price: held.price,
            side: if held.quantity < 0.0 { Side::Below } else { Side::Above },
            slippage: held.slippage,
        })
    };
    orders.filter_map(stop).collect()
}

impl Stop {
    /// Whether, and how, the stop is triggered in the step to a node.
    pub fn triggered(
        &self,
        book: &EventBook,
        (bridge, step): (Option<&Bridge>, Option<Step>),
        at: At,
        (holdings, streams): (&Holdings, &Streams),
    ) -> Option<Trigger> {
        let is_alive = book.is_alive(self.contract, at.moment)
            || book.contracts[self.contract].kind == ContractKind::Spot;
        if holdings.held_at(self.position, at.place) <= 0.0 || !is_alive {
            return None;
        }
        let contract = &book.contracts[self.contract];
        let mark = quoted(contract, &prices_of(book, self.contract, at.quotes, at.quoted));
        let beyond = match self.side {
            Side::Below => mark <= self.price,
            Side::Above => mark >= self.price,
        };
        let here = beyond.then_some(Trigger::Here);
        let (Some(_), Some(step)) = (bridge, step) else { return here };
        let log = libm::log(self.price / mark);
        if !log.is_finite() || self.side.is_beyond(step.start, log) {
            return here;
        }
        let touched = is_touched((self.pool, self.side), log, step, streams);
        touched.then_some(Trigger::Between(self.price / mark))
    }

    /// Closes the stop's part of its position at the prices of `at`; USD notional closed.
    pub fn execute(&self, book: &EventBook, at: At, holdings: &mut Holdings) -> f64 {
        let contract = &book.contracts[self.contract];
        let prices = prices_of(book, self.contract, at.quotes, at.quoted);
        let share = self.share.min(holdings.held_at(self.position, at.place));
        let held = contract.positions.iter().find(|(one, _)| *one == self.position);
        let mut sizes = Sizes::default();
        sizes.add(share * held.map_or(0.0, |(_, today)| *today));
        let notional = match contract.kind {
            ContractKind::Spot => (sizes.long + sizes.short) * prices.coin,
            _ => contract.notional(sizes, &prices),
        };
        let impact = holdings.execute(book, self.contract, sizes, &prices, at.place);
        let worse = self.slippage * notional + impact;
        let paid = share * at.quotes.mark(self.position)[at.quoted] - worse;
        let price = at.quotes.price(book.positions[self.position].price)[at.quoted];
        let units = paid / price;
        let slot = self.position * holdings.path_count + at.place;
        holdings.cash[slot] += if units.is_finite() { units } else { 0.0 };
        holdings.held[slot] -= share;
        notional
    }
}

/// What a contract trades at, in its quote.
fn quoted(contract: &Contract, prices: &ContractPrices) -> f64 {
    match contract.kind {
        ContractKind::Spot => prices.coin,
        ContractKind::Linear => prices.forward / prices.quote,
        ContractKind::Inverse | ContractKind::Option => prices.forward,
    }
}
