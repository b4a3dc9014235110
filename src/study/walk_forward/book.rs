//! What is held at a date: the book document's positions, struck anew and rescaled.

use jiff::Timestamp;

use super::document::UnrolledDocument;
use crate::margin::VenueRules;
use crate::market::Market;
use crate::portfolio::{Instrument, Portfolio, Position, Settlement};
use crate::pricing::{self, PricingError};
use crate::threshold::{CapitalBase, capital};
use crate::units::Years;

/// A book and the date from which it is held.
#[derive(Debug)]
pub(super) struct DatedBook {
    /// The first date; that of the first book does not matter.
    pub from: Timestamp,
    /// The book as its document has it, expiries counted from the scenario's `as_of`.
    pub portfolio: Portfolio,
    /// Rules of its venues.
    pub rules: Vec<Option<VenueRules>>,
}

/// A contract struck anew at each date.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Roll {
    /// Id of the position.
    pub position: String,
    /// Time to expiry.
    pub tenor: Years,
    /// Strike over forward.
    pub moneyness: Option<f64>,
}

/// How large positions are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Size {
    Constant,
    GrossNotional(f64),
    ShareOfCapital(f64, Option<CapitalBase>),
}

/// How books become those of a date.
#[derive(Debug)]
pub(super) struct Holding<'a> {
    /// The market in which the documents were read.
    pub base: &'a Market,
    pub rolls: &'a [Roll],
    pub unrolled: UnrolledDocument,
    pub size: Size,
}

/// A book on a date.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeldBook {
    /// The book, with everything that happens inside paths.
    pub portfolio: Portfolio,
    /// What its positions are a multiple of the document's.
    pub scale: f64,
}

impl Holding<'_> {
    /// `book` in `market`, entry prices at today's marks.
    ///
    /// # Errors
    /// Whatever the market lacks.
    pub fn at(&self, book: &Portfolio, market: &Market) -> Result<HeldBook, PricingError> {
        // hedges are priced where one is sought, which is not here
        let mut portfolio = Portfolio { hedges: Vec::new(), ..book.clone() };
        let mut kept = Vec::with_capacity(book.positions.len());
        for (index, position) in book.positions.iter().enumerate() {
            if let Some(position) = self.position(position, market)? {
                kept.push((index, position));
            }
        }
        // What refers to positions by place follows those that are kept.
        let place = |old: usize| kept.iter().position(|(index, _)| *index == old);
        portfolio.orders.retain_mut(|order| match place(order.position) {
            Some(new) => {
                order.position = new;
                true
            }
            None => false,
        });
        for account in &mut portfolio.accounts {
            let margins = std::mem::take(&mut account.isolated_margins);
            let moved = margins.into_iter().filter_map(|(old, one)| Some((place(old)?, one)));
            account.isolated_margins = moved.collect();
        }
        portfolio.positions = kept.into_iter().map(|(_, position)| position).collect();
        let scale = self.scale(&portfolio, market)?;
        portfolio.positions.iter_mut().for_each(|position| position.quantity *= scale);
        let portfolio = pricing::with_entry_prices(market, &portfolio)?;
        Ok(HeldBook { portfolio, scale })
    }

    /// The position as of the date; `None`: it has expired.
    fn position(
        &self,
        position: &Position,
        market: &Market,
    ) -> Result<Option<Position>, PricingError> {
        let mut held = Position { entry_price: None, ..position.clone() };
        let Some(expiry) = position.instrument.expiry() else { return Ok(Some(held)) };
        if let Some(roll) = self.rolls.iter().find(|roll| roll.position == position.id) {
            held.instrument = position.instrument.expiring(roll.tenor);
            self.strike(&mut held, roll, market)?;
            return Ok(Some(held));
        }
        match self.unrolled {
            UnrolledDocument::AsWritten => {
                let since = market.as_of.duration_since(self.base.as_of).as_secs_f64();
                let left = Years(expiry.get() - Years::from_seconds(since).get());
                held.instrument = position.instrument.expiring(left);
                Ok((left.get() > 0.0).then_some(held))
            }
            UnrolledDocument::SameMoneyness => {
                if let Instrument::Option { strike, .. } = &mut held.instrument {
                    *strike *= price(market, position)? / price(self.base, position)?;
                }
                Ok(Some(held))
            }
        }
    }

    /// Strikes an option at its moneyness; without one, strike over spot stays as written.
    fn strike(
        &self,
        held: &mut Position,
        roll: &Roll,
        market: &Market,
    ) -> Result<(), PricingError> {
        let Instrument::Option { underlying, expiry, .. } = &held.instrument else { return Ok(()) };
        let carry = market.underlying(underlying).map_or(1.0, |one| one.forwards.ratio(*expiry));
        let now = price(market, held)?;
        let struck = roll.moneyness.map(|moneyness| moneyness * now * carry);
        let then = price(self.base, held)?;
        if let Instrument::Option { strike, .. } = &mut held.instrument {
            *strike = struck.unwrap_or(*strike * now / then);
        }
        Ok(())
    }

    /// The multiple of the book's positions that is held.
    fn scale(&self, portfolio: &Portfolio, market: &Market) -> Result<f64, PricingError> {
        let target = match self.size {
            Size::Constant => return Ok(1.0),
            Size::GrossNotional(amount) => amount,
            Size::ShareOfCapital(share, base) => {
                let collateral = collateral_after_haircuts(portfolio, market)?;
                let found = base.map_or(collateral, |base| capital(&base, collateral).amount);
                share * found.max(0.0)
            }
        };
        let gross = gross_notional(portfolio, market)?;
        Ok(if gross > 0.0 { target / gross } else { 1.0 })
    }
}

/// Price of a position's coin in the unit of its strike.
fn price(market: &Market, position: &Position) -> Result<f64, PricingError> {
    let coin = pricing::asset_price(market, &position.id, position.instrument.underlying())?;
    let quote = match position.instrument.settlement() {
        Some(Settlement::Linear { quote }) => pricing::asset_price(market, &position.id, quote)?,
        Some(Settlement::Inverse) | None => 1.0,
    };
    Ok(coin / quote)
}

/// Spot at its value, futures at their notional, options by coins.
fn gross_notional(portfolio: &Portfolio, market: &Market) -> Result<f64, PricingError> {
    let size = |position: &Position| {
        let mark = pricing::mark(market, position)?;
        Ok(match position.instrument {
            Instrument::Spot { .. } => mark.value.abs(),
            _ => mark.notional.abs(),
        })
    };
    portfolio.positions.iter().map(size).sum()
}

fn collateral_after_haircuts(portfolio: &Portfolio, market: &Market) -> Result<f64, PricingError> {
    let accounts = portfolio.accounts.iter();
    let balances = accounts.flat_map(|one| one.balances.iter().map(move |held| (&one.name, held)));
    let value = |(account, held): (&String, &crate::portfolio::Balance)| {
        let kept = if held.quantity > 0.0 { 1.0 - held.haircut } else { 1.0 };
        Ok(held.quantity * kept * pricing::asset_price(market, account, &held.asset)?)
    };
    balances.map(value).sum()
}

/// The book with nothing that happens inside paths.
pub(super) fn without_path_events(portfolio: &Portfolio) -> Portfolio {
    let mut bare = Portfolio { orders: Vec::new(), margin_calls: None, ..portfolio.clone() };
    bare.venues.iter_mut().for_each(|venue| venue.failure = None);
    bare.accounts.iter_mut().for_each(|account| account.rebalancing = None);
    bare
}

/// The rules with nothing that venues do inside paths.
pub(super) fn rules_without_path_events(rules: &[Option<VenueRules>]) -> Vec<Option<VenueRules>> {
    let mut bare = rules.to_vec();
    for rules in bare.iter_mut().flatten() {
        rules.liquidation = None;
        rules.waterfall = None;
        if let Some(loan) = &mut rules.loan {
            loan.inside_paths = None;
        }
    }
    bare
}
