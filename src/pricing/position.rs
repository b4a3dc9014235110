//! A position with everything the market says about it: checked once, read by all of pricing.

use super::{PricingError, SmileDynamics};
use crate::market::{Asset, Market, Underlying, VolatilitySource};
use crate::portfolio::{Instrument, OptionRight, Position, Settlement};
use crate::units::{Symbol, Years};

/// A position whose assets, underlying and volatility were found, all numbers valid.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedPosition<'a> {
    pub id: &'a str,
    /// Signed; coins, or USD notional of inverse futures.
    pub quantity: f64,
    /// The coin that drives it.
    pub coin: &'a Asset,
    pub contract: Contract<'a>,
}

/// What the quantity is of.
#[derive(Debug, Clone)]
pub(crate) enum Contract<'a> {
    Spot,
    Perpetual {
        underlying: &'a Underlying,
        settled: Settled<'a>,
        entry: f64,
    },
    Future {
        underlying: &'a Underlying,
        settled: Settled<'a>,
        entry: f64,
        expiry: Years,
    },
    Option {
        underlying: &'a Underlying,
        settled: Settled<'a>,
        expiry: Years,
        strike: f64,
        right: OptionRight,
        volatility: ContractVolatility<'a>,
    },
}

/// Where profit is counted and paid.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Settled<'a> {
    /// In the quote asset.
    Linear(&'a Asset),
    /// In the underlying coin.
    Inverse,
}

/// Where an option's volatility comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ContractVolatility<'a> {
    /// The position's own.
    Own(f64),
    /// The market's.
    Market(&'a VolatilitySource),
}

impl ContractVolatility<'_> {
    /// Volatility at log-moneyness `ln(K/F)` for the contract's expiry.
    pub fn at(&self, log_moneyness: f64, expiry: Years) -> f64 {
        match self {
            Self::Own(volatility) => *volatility,
            Self::Market(source) => source.volatility(log_moneyness, expiry),
        }
    }

    /// Whether the volatility changes with moneyness as the forward moves.
    pub fn moves_along_smile(&self, smile: SmileDynamics) -> bool {
        let flat = match self {
            Self::Own(_) => true,
            Self::Market(source) => {
                matches!(source, VolatilitySource::Flat(_) | VolatilitySource::AtTheMoney(_))
            }
        };
        smile == SmileDynamics::StickyDelta && !flat
    }
}

impl<'a> Settled<'a> {
    /// USD price of the quote; 1 for inverse contracts, which are quoted in USD.
    pub fn quote_price(&self) -> f64 {
        match self {
            Self::Linear(quote) => quote.price_usd,
            Self::Inverse => 1.0,
        }
    }

    /// What one unit paid after `left` is worth, in units of the asset it is paid in.
    pub fn discount(&self, coin: &'a Asset, left: Years) -> f64 {
        libm::exp(-self.asset(coin).discount_rate * left.get())
    }

    /// The asset in which profit is paid.
    pub fn asset(&self, coin: &'a Asset) -> &'a Asset {
        match self {
            Self::Linear(quote) => quote,
            Self::Inverse => coin,
        }
    }
}

/// Today's mark of a perpetual over spot.
pub(crate) fn perpetual_ratio(underlying: &Underlying) -> f64 {
    1.0 + underlying.perpetual_basis
}

impl<'a> ResolvedPosition<'a> {
    /// Looks everything up in `market` and checks it.
    ///
    /// # Errors
    /// Whatever is missing or not a usable number.
    pub fn new(market: &'a Market, position: &'a Position) -> Result<Self, PricingError> {
        finite(&position.id, "quantity", position.quantity)?;
        let symbol = position.instrument.underlying();
        let coin = asset(market, &position.id, symbol)?;
        let contract = contract(market, position, coin)?;
        Ok(Self { id: &position.id, quantity: position.quantity, coin, contract })
    }
}

fn contract<'a>(
    market: &'a Market,
    position: &'a Position,
    coin: &'a Asset,
) -> Result<Contract<'a>, PricingError> {
    let (underlying, settled) = match position.instrument.settlement() {
        None => return Ok(Contract::Spot),
        Some(settlement) => (
            underlying(market, &position.id, &coin.symbol)?,
            settled(market, &position.id, settlement)?,
        ),
    };
    match &position.instrument {
        Instrument::Spot { .. } => Ok(Contract::Spot),
        Instrument::Perpetual { .. } => {
            let mark = coin.price_usd * perpetual_ratio(underlying) / settled.quote_price();
            Ok(Contract::Perpetual { underlying, settled, entry: entry(position, mark)? })
        }
        Instrument::Future { expiry, .. } => {
            check_expiry(position, *expiry)?;
            let forward = coin.price_usd * underlying.forwards.ratio(*expiry);
            Ok(Contract::Future {
                underlying,
                settled,
                entry: entry(position, forward / settled.quote_price())?,
                expiry: *expiry,
            })
        }
        Instrument::Option { expiry, strike, right, .. } => {
            check_expiry(position, *expiry)?;
            positive(&position.id, "strike", *strike)?;
            check_discount(position, settled.discount(coin, *expiry))?;
            Ok(Contract::Option {
                underlying,
                settled,
                expiry: *expiry,
                strike: *strike,
                right: *right,
                volatility: volatility(market, position, underlying)?,
            })
        }
    }
}

/// The asset `symbol` with a usable price.
pub(crate) fn asset<'a>(
    market: &'a Market,
    item: &str,
    symbol: &Symbol,
) -> Result<&'a Asset, PricingError> {
    let found = market.asset(symbol).ok_or_else(|| PricingError::UnknownAsset {
        item: item.to_owned(),
        asset: symbol.clone(),
        market: market.name.clone(),
    })?;
    positive(found.symbol.as_str(), "price", found.price_usd)?;
    Ok(found)
}

fn underlying<'a>(
    market: &'a Market,
    item: &str,
    symbol: &Symbol,
) -> Result<&'a Underlying, PricingError> {
    let found = market.underlying(symbol).ok_or_else(|| PricingError::UnknownUnderlying {
        item: item.to_owned(),
        underlying: symbol.clone(),
        market: market.name.clone(),
    })?;
    let name = symbol.as_str();
    positive(name, "perpetual mark over spot", perpetual_ratio(found))?;
    finite(name, "funding rate", found.funding_rate_8h)?;
    for &(_, log_ratio) in found.forwards.pillars() {
        finite(name, "log of forward over spot", log_ratio)?;
    }
    Ok(found)
}

fn settled<'a>(
    market: &'a Market,
    item: &str,
    settlement: &Settlement,
) -> Result<Settled<'a>, PricingError> {
    match settlement {
        Settlement::Linear { quote } => Ok(Settled::Linear(asset(market, item, quote)?)),
        Settlement::Inverse => Ok(Settled::Inverse),
    }
}

fn volatility<'a>(
    market: &Market,
    position: &Position,
    underlying: &'a Underlying,
) -> Result<ContractVolatility<'a>, PricingError> {
    match (position.volatility, &underlying.volatility) {
        (Some(own), _) => {
            not_negative(&position.id, "volatility", own)?;
            Ok(ContractVolatility::Own(own))
        }
        (None, Some(source)) => Ok(ContractVolatility::Market(source)),
        (None, None) => Err(PricingError::MissingVolatility {
            item: position.id.clone(),
            underlying: underlying.symbol.clone(),
            market: market.name.clone(),
        }),
    }
}

fn entry(position: &Position, mark: f64) -> Result<f64, PricingError> {
    let price = position.entry_price.unwrap_or(mark);
    positive(&position.id, "entry price", price)?;
    Ok(price)
}

fn check_expiry(position: &Position, expiry: Years) -> Result<(), PricingError> {
    finite(&position.id, "time to expiry in years", expiry.get())?;
    if expiry.get() > 0.0 {
        return Ok(());
    }
    Err(PricingError::Expired { item: position.id.clone(), days_ago: -expiry.days() })
}

/// Discount factors stay within what prices and quantities may be, so that products are finite.
fn check_discount(position: &Position, found: f64) -> Result<(), PricingError> {
    let accepted = (1e-18..=1e18).contains(&found);
    check(accepted, &position.id, "discount factor", found, "a number from 1e-18 to 1e18")
}

/// Refuses NaN and infinities.
pub(crate) fn finite(item: &str, what: &'static str, found: f64) -> Result<(), PricingError> {
    check(found.is_finite(), item, what, found, "a finite number")
}

/// Refuses negatives, NaN and infinities.
pub(crate) fn not_negative(item: &str, what: &'static str, found: f64) -> Result<(), PricingError> {
    let accepted = found.is_finite() && found >= 0.0;
    check(accepted, item, what, found, "a finite number, zero or above")
}

/// Refuses zero, negatives, NaN and infinities.
pub(crate) fn positive(item: &str, what: &'static str, found: f64) -> Result<(), PricingError> {
    let accepted = found.is_finite() && found > 0.0;
    check(accepted, item, what, found, "a finite number above zero")
}

fn check(
    accepted: bool,
    item: &str,
    what: &'static str,
    found: f64,
    expected: &'static str,
) -> Result<(), PricingError> {
    if accepted {
        return Ok(());
    }
    Err(PricingError::InvalidNumber { item: item.to_owned(), what, found, expected })
}
