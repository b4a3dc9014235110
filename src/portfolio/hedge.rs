//! Instruments that may be traded to bring a book back to its target utilisation.

use serde::{Deserialize, Serialize};

use super::account::{Portfolio, Position};
use super::instrument::Instrument;

/// An instrument that may be traded in an account, at a cost, up to a size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hedge {
    /// Unique among hedges and positions: the id of the position that a trade opens.
    pub id: String,
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// What is traded.
    pub instrument: Instrument,
    /// An implied volatility of its own, instead of the market's surface.
    pub volatility: Option<f64>,
    /// Cost of buying or selling, as a fraction of the notional traded.
    pub cost_rate: f64,
    /// Largest quantity bought: coins, or USD notional of inverse perpetuals and futures.
    pub largest_long: f64,
    /// Largest quantity sold, positive.
    pub largest_short: f64,
}

impl Hedge {
    /// The position that a trade of `quantity` opens, at today's mark.
    pub fn position(&self, quantity: f64) -> Position {
        Position {
            id: self.id.clone(),
            account: self.account,
            instrument: self.instrument.clone(),
            quantity,
            entry_price: None,
            volatility: self.volatility,
            tags: vec!["hedge".to_owned()],
        }
    }
}

impl Portfolio {
    /// The book with every hedge held in a quantity of one, to ask what it depends on.
    pub fn with_hedges_held(&self) -> Self {
        let held = self.hedges.iter().map(|hedge| hedge.position(1.0));
        let positions = self.positions.iter().cloned().chain(held).collect();
        Self { positions, ..self.clone() }
    }
}
