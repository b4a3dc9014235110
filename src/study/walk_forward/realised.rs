//! What became of a book over a period: the same positions revalued at its end.
//!
//! Time decay is in the shorter time to expiry; what expires inside the period settles at the first
//! close from its expiry on, and what it paid floats in the settlement asset to the end. Funding
//! accrues at the recorded rates, each over the interval that its close ends, on the mean of the
//! notionals at both ends; without a series at the market's constant rate.
//!
//! Limits: no path events: nothing is liquidated inside the period. Borrowed balances accrue their
//! stated rate.

use super::marks::{Marks, Recorded};
use crate::engine::AccountValues;
use crate::market::Market;
use crate::portfolio::{Balance, Instrument, OptionRight, Portfolio, Position, Settlement};
use crate::pricing::{self, PricingError};
use crate::units::Years;

/// Eight hours, over which funding rates are quoted.
const FUNDING_PERIOD: Years = Years(8.0 / (24.0 * 365.0));
/// What is left when an expiry falls on a close, rounding aside.
const INSTANT: f64 = 1e-9;

/// A period with the book held over it.
pub(super) struct Period<'a> {
    pub marks: Marks<'a>,
    /// Its first close.
    pub first: usize,
    /// The markets at all its closes, first and last included.
    pub markets: &'a [Market],
    /// The book, entry prices stated, expiries counted from its start.
    pub portfolio: &'a Portfolio,
}

impl Period<'_> {
    /// Value of positions and balances of each account at the end.
    ///
    /// # Errors
    /// Whatever the market at the end, or at an expiry, lacks.
    pub fn values(&self) -> Result<Vec<AccountValues>, PricingError> {
        let nothing = AccountValues { positions: 0.0, balances: 0.0 };
        let mut values = vec![nothing; self.portfolio.accounts.len()];
        for position in &self.portfolio.positions {
            values[position.account].positions += self.position(position)?;
        }
        for (account, values) in self.portfolio.accounts.iter().zip(&mut values) {
            for balance in &account.balances {
                values.balances += self.balance(&account.name, balance)?;
            }
        }
        Ok(values)
    }

    fn elapsed(&self) -> Years {
        Years(self.marks.history.interval.get() * (self.markets.len() - 1) as f64)
    }

    /// The market at the end.
    fn end(&self) -> &Market {
        &self.markets[self.markets.len() - 1]
    }

    fn balance(&self, account: &str, balance: &Balance) -> Result<f64, PricingError> {
        let price = pricing::asset_price(self.end(), account, &balance.asset)?;
        let owed = if balance.quantity < 0.0 {
            libm::exp(balance.borrow_rate * self.elapsed().get())
        } else {
            1.0
        };
        Ok(balance.quantity * owed * price)
    }

    fn position(&self, position: &Position) -> Result<f64, PricingError> {
        let Some(expiry) = position.instrument.expiry() else {
            let value = pricing::mark(self.end(), position)?.value;
            return Ok(value + self.funding(position)?);
        };
        let left = expiry.get() - self.elapsed().get();
        if left <= INSTANT {
            return self.settled(position, expiry);
        }
        let aged =
            Position { instrument: position.instrument.expiring(Years(left)), ..position.clone() };
        Ok(pricing::mark(self.end(), &aged)?.value)
    }

    /// What an expired position paid, at the end of the period.
    fn settled(&self, position: &Position, expiry: Years) -> Result<f64, PricingError> {
        let intervals = libm::ceil(expiry.get() / self.marks.history.interval.get() - INSTANT);
        let close = (intervals as usize).clamp(1, self.markets.len() - 1);
        let then = &self.markets[close];
        let coin = position.instrument.underlying();
        let spot = pricing::asset_price(then, &position.id, coin)?;
        let Some(settlement) = position.instrument.settlement() else { return Ok(0.0) };
        let (settles_in, quote) = match settlement {
            Settlement::Linear { quote } => {
                (quote, pricing::asset_price(then, &position.id, quote)?)
            }
            Settlement::Inverse => (coin, 1.0),
        };
        let is_linear = matches!(settlement, Settlement::Linear { .. });
        let price = spot / quote;
        let paid = match &position.instrument {
            Instrument::Option { strike, right, .. } => {
                let intrinsic = match right {
                    OptionRight::Call => (price - strike).max(0.0),
                    OptionRight::Put => (strike - price).max(0.0),
                };
                if is_linear { intrinsic } else { intrinsic / spot }
            }
            _ => {
                let entry = position.entry_price.unwrap_or(price);
                if is_linear { price - entry } else { 1.0 / entry - 1.0 / price }
            }
        };
        let at_end = pricing::asset_price(self.end(), &position.id, settles_in)?;
        Ok(position.quantity * paid * at_end)
    }

    /// Funding received over the period, at its end.
    fn funding(&self, position: &Position) -> Result<f64, PricingError> {
        let (Instrument::Perpetual { underlying, .. }, Some(settlement)) =
            (&position.instrument, position.instrument.settlement())
        else {
            return Ok(0.0);
        };
        let stated = self.end().underlying(underlying).map_or(0.0, |one| one.funding_rate_8h);
        let periods = self.marks.history.interval.get() / FUNDING_PERIOD.get();
        let settles_in = position.instrument.settlement_asset();
        let mut paid = 0.0;
        let mut before = notional(&self.markets[0], position, settlement)?;
        for (index, market) in self.markets.iter().enumerate().skip(1) {
            let after = notional(market, position, settlement)?;
            let rate = match self.marks.funding(underlying, self.first + index) {
                Recorded::Value(rate) => rate,
                Recorded::NoSeries | Recorded::Missing => stated,
            };
            let mean = match (before, after) {
                (Some(before), Some(after)) => 0.5 * (before + after),
                (one, other) => one.or(other).unwrap_or(0.0),
            };
            paid += rate * periods * mean;
            before = after.or(before);
        }
        Ok(-paid * pricing::asset_price(self.end(), &position.id, settles_in)?)
    }
}

/// Signed notional in units of the settlement asset; `None` where the market has no price.
fn notional(
    market: &Market,
    position: &Position,
    settlement: &Settlement,
) -> Result<Option<f64>, PricingError> {
    let priced = market.asset(position.instrument.underlying()).is_some()
        && market.asset(position.instrument.settlement_asset()).is_some();
    if !priced {
        return Ok(None);
    }
    let mark = pricing::mark(market, position)?;
    Ok(Some(match settlement {
        Settlement::Linear { .. } => mark.notional / mark.quote_price,
        Settlement::Inverse => mark.notional / mark.forward,
    }))
}
