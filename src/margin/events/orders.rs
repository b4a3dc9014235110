//! Orders of the book's own: what closing a position does to its coin's price, and what it pays.
//!
//! Flows in: a contract and the sizes of it that are closed on one path. Flows out: what the fill is
//! worse than the mark, in USD; the order stands among those executed on the path
//! ([`Displacement`]), whose prices move once the round of orders is over ([`super::rounds`]).
//!
//! Orders of a round execute one after the other, each at the price that those before it left. A
//! fill at `X·e^r` instead of X loses `N·(1 − e^r)` on a sale of N dollars at X and `N·(e^r − 1)` on
//! a purchase; of inverse contracts, N dollars at any price, `N·(e^−r − 1)` and `N·(1 − e^−r)`, coins
//! counted at X.
//!
//! Limits: options are closed at their marks, and nobody hedges what they leave; where long and short
//! of a contract are one position, only the net order is executed.

use std::sync::Arc;

use super::book::EventBook;
use super::contract::{Contract, ContractKind, ContractPrices, Sizes};
use super::state::Holdings;
use crate::margin::displacement::{Displacement, Order};
use crate::margin::impact::Side;

/// What moves prices, and which coin's each contract moves.
#[derive(Debug, Clone)]
pub(super) struct Market {
    pub displacement: Arc<Displacement>,
    /// Of each contract, in the order of the displacement's coins.
    coins: Vec<Option<usize>>,
}

impl Market {
    pub fn new(displacement: Arc<Displacement>, book: &EventBook) -> Self {
        let coin = |contract: &Contract| {
            let factor = book.prices[contract.coin].factor?;
            displacement.coin_of(factor).filter(|_| !contract.is_option())
        };
        let coins = book.contracts.iter().map(coin).collect();
        Self { displacement, coins }
    }

    /// Price of a coin; beyond all prices where nothing of the book is on it.
    pub fn price_of(&self, coin: usize, book: &EventBook) -> usize {
        let factor = self.displacement.spot_factors().nth(coin);
        let found = book.prices.iter().position(|price| price.factor == factor);
        found.unwrap_or(book.prices.len())
    }

    /// The coin that a contract is on.
    pub fn coin(&self, contract: usize) -> Option<usize> {
        self.coins[contract]
    }
}

impl Holdings {
    /// Executes the orders that close `sizes` of a contract on a path; what they pay beyond `prices`
    /// in USD, below zero where they get more.
    pub fn execute(
        &mut self,
        book: &EventBook,
        contract: usize,
        sizes: Sizes,
        prices: &ContractPrices,
        place: usize,
    ) -> f64 {
        let (Some(market), Some(paths)) = (&book.market, &mut self.market) else { return 0.0 };
        let Some(coin) = market.coin(contract) else { return 0.0 };
        let found = &book.contracts[contract];
        let sizes = found.counted(sizes);
        let unit = match found.kind {
            ContractKind::Spot => prices.coin,
            ContractKind::Linear => prices.forward.abs(),
            ContractKind::Inverse => 1.0,
            ContractKind::Option => return 0.0,
        };
        let mut cost = 0.0;
        for (size, side) in [(sizes.long, Side::Sell), (sizes.short, Side::Buy)] {
            let notional = size * unit;
            if notional > 0.0 {
                let order = Order { place, coin, side, notional };
                let fill = market.displacement.execute(order, paths);
                cost += notional * worse(found.kind, side, fill);
            }
        }
        market.displacement.note_cost(place, cost, paths);
        cost
    }
}

/// Share of notional lost by a fill at `fill`, the logarithm of its price over the mark.
fn worse(kind: ContractKind, side: Side, fill: f64) -> f64 {
    match (kind, side) {
        (ContractKind::Inverse, Side::Sell) => libm::expm1(-fill),
        (ContractKind::Inverse, Side::Buy) => -libm::expm1(-fill),
        (_, Side::Sell) => -libm::expm1(fill),
        (_, Side::Buy) => libm::expm1(fill),
    }
}
