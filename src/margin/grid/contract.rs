//! One contract as a grid of stress scenarios revalues it: price moved, volatility moved, time gone.
//!
//! Flows in: a position and today's market, or the state of a path. Flows out: profit in the
//! contract's own money, coins for inverse contracts and dollars for linear ones, so that each
//! venue can convert it as its rules say; deltas by expiry. Forwards move with the price; the
//! volatility is that of the contract, held as the price moves.

use crate::market::Market;
use crate::numeric::black76::{Black76, Right};
use crate::portfolio::{Instrument, OptionRight, Position, Settlement};
use crate::pricing::{PricingError, mark};
use crate::units::Years;

/// What a contract is, apart from prices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridContract {
    /// Signed: coins, or dollars of inverse futures.
    pub quantity: f64,
    /// Whether profit is in the coin.
    pub currency: GridCurrency,
    /// What it pays.
    pub payoff: GridPayoff,
}

/// Money in which profit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridCurrency {
    /// The underlying coin.
    Coin,
    /// US dollars.
    Usd,
}

/// What a contract of a grid pays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GridPayoff {
    /// A future or perpetual.
    Future,
    /// An option.
    Option {
        /// Call or put.
        right: Right,
        /// Strike in the quote currency.
        strike: f64,
    },
}

/// The state in which a contract is revalued.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridState {
    /// USD mark of the perpetual or forward of the expiry.
    pub forward: f64,
    /// USD price of the quote; 1 for inverse contracts.
    pub quote_price: f64,
    /// Implied volatility; not read for futures.
    pub volatility: f64,
    /// Years to expiry; zero for a perpetual.
    pub years: f64,
    /// Discount factor of the payoff.
    pub discount: f64,
}

/// Profit by the money it is in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GridProfit {
    /// Coins of the underlying, from inverse contracts.
    pub coins: f64,
    /// Dollars, from linear contracts.
    pub usd: f64,
}

impl GridProfit {
    /// Dollars at a price of the coin.
    pub fn in_usd(&self, price: f64) -> f64 {
        self.coins * price + self.usd
    }

    /// Adds another profit.
    pub fn add(&mut self, other: Self) {
        self.coins += other.coins;
        self.usd += other.usd;
    }

    /// Times `scale`.
    pub fn scaled(self, scale: f64) -> Self {
        Self { coins: scale * self.coins, usd: scale * self.usd }
    }
}

impl GridContract {
    /// The contract of a position.
    pub fn of(position: &Position) -> Option<Self> {
        let instrument = &position.instrument;
        let currency = match instrument.settlement()? {
            Settlement::Linear { .. } => GridCurrency::Usd,
            Settlement::Inverse => GridCurrency::Coin,
        };
        let payoff = match instrument {
            Instrument::Option { right, strike, .. } => {
                let right = match right {
                    OptionRight::Call => Right::Call,
                    OptionRight::Put => Right::Put,
                };
                GridPayoff::Option { right, strike: *strike }
            }
            _ => GridPayoff::Future,
        };
        Some(Self { quantity: position.quantity, currency, payoff })
    }

    /// Profit when the price moves by the share `price_move` (above −1), the volatility becomes
    /// `volatility` and `years` are left.
    pub fn profit(
        &self,
        state: &GridState,
        price_move: f64,
        volatility: f64,
        years: f64,
    ) -> GridProfit {
        let moved =
            GridState { forward: state.forward * (1.0 + price_move), volatility, years, ..*state };
        let amount = match (self.payoff, self.currency) {
            (GridPayoff::Future, GridCurrency::Usd) => self.quantity * state.forward * price_move,
            (GridPayoff::Future, GridCurrency::Coin) => {
                self.quantity / state.forward * price_move / (1.0 + price_move)
            }
            (GridPayoff::Option { .. }, _) => {
                self.quantity * (self.each(&moved) - self.each(state))
            }
        };
        match self.currency {
            GridCurrency::Coin => GridProfit { coins: amount, usd: 0.0 },
            GridCurrency::Usd => GridProfit { coins: 0.0, usd: amount },
        }
    }

    /// Value of one option, in coins or dollars; zero for a future.
    fn each(&self, state: &GridState) -> f64 {
        let Some(option) = self.option(state) else { return 0.0 };
        match self.currency {
            GridCurrency::Coin => option.inverse_value(),
            GridCurrency::Usd => option.value() * state.quote_price,
        }
    }

    /// Delta in coins: futures by size, linear options by Black-76, inverse options net of their
    /// premium in coin.
    pub fn delta(&self, state: &GridState) -> f64 {
        match (self.payoff, self.currency) {
            (GridPayoff::Future, GridCurrency::Usd) => self.quantity,
            (GridPayoff::Future, GridCurrency::Coin) => self.quantity / state.forward,
            (GridPayoff::Option { .. }, currency) => {
                let Some(option) = self.option(state) else { return 0.0 };
                match currency {
                    GridCurrency::Coin => {
                        self.quantity * option.inverse_greeks().premium_adjusted_delta
                    }
                    GridCurrency::Usd => self.quantity * option.greeks().delta,
                }
            }
        }
    }

    /// The option in a state; `None` for a future.
    pub(super) fn option(&self, state: &GridState) -> Option<Black76> {
        let GridPayoff::Option { right, strike } = self.payoff else { return None };
        Some(Black76 {
            right,
            forward: state.forward / state.quote_price,
            strike,
            volatility: state.volatility,
            years: state.years.max(0.0),
            discount: state.discount,
        })
    }
}

impl GridState {
    /// Today's state of a position.
    ///
    /// # Errors
    /// Whatever the market lacks.
    pub fn today(market: &Market, position: &Position) -> Result<Self, PricingError> {
        let found = mark(market, position)?;
        let years = position.instrument.expiry().unwrap_or(Years(0.0));
        let mut state = Self {
            forward: found.forward,
            quote_price: found.quote_price,
            volatility: 0.0,
            years: years.get(),
            discount: 1.0,
        };
        if let Instrument::Option { underlying, strike, .. } = &position.instrument {
            let moneyness = libm::log(strike * found.quote_price / found.forward);
            let source = market.underlying(underlying).and_then(|one| one.volatility.as_ref());
            let implied = || source.map_or(0.0, |source| source.volatility(moneyness, years));
            state.volatility = position.volatility.unwrap_or_else(implied);
            let paid = market.asset(position.instrument.settlement_asset());
            let rate = paid.map_or(0.0, |asset| asset.discount_rate);
            state.discount = libm::exp(-rate * years.get());
        }
        Ok(state)
    }
}
