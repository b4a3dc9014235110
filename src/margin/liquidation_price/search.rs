//! Liquidation prices by revaluation: the account is marked again at other prices of one coin.
//!
//! From today's price outwards in steps of a tenth, down to a ten-thousandth and up to ten thousand
//! times; the first step that crosses is halved down to the last digits. Right for brackets, sized
//! rates, options, coin collateral and portfolio margin alike, where the margin balance crosses the
//! requirement no more than once a step; a dip narrower than a step is passed over. Forwards move
//! with the coin; smiles move along.

use std::collections::BTreeSet;

use crate::margin::{MarginBook, MarginError, VenueRules};
use crate::market::{AssetKind, Market};
use crate::numeric::root::bisect;
use crate::portfolio::{MarginMode, Portfolio};
use crate::pricing::with_entry_prices;
use crate::units::Symbol;

/// Steps a side: from one to ten thousand times.
const STEPS: i32 = 96;
/// `ln 10⁴`.
const LOG_REACH: f64 = 9.210_340_371_976_184;
/// Relative width to which a price is known.
const TOLERANCE: f64 = 1e-13;

/// Where a line lies on one side of today's price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PriceLine {
    /// Not within a factor of ten thousand.
    Never,
    /// At this price, USD.
    At(f64),
    /// Today's price is beyond it already.
    Passed,
}

impl PriceLine {
    /// The price, where there is one.
    pub fn price(self) -> Option<f64> {
        match self {
            Self::At(price) => Some(price),
            Self::Never | Self::Passed => None,
        }
    }
}

/// The lines of one account (or isolated position) along one coin.
#[derive(Debug, Clone, PartialEq)]
pub struct LiquidationPrices {
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// Index into [`Portfolio::positions`] of the first position of an isolated contract; `None`:
    /// the whole account.
    pub position: Option<usize>,
    /// The coin whose price moves.
    pub underlying: Symbol,
    /// Its price today, USD.
    pub spot: f64,
    /// Nearest liquidation price below.
    pub lower: PriceLine,
    /// Nearest liquidation price above.
    pub upper: PriceLine,
    /// Nearest price below at which nothing is left, collateral at full value.
    pub bankruptcy_lower: PriceLine,
    /// Nearest price above at which nothing is left.
    pub bankruptcy_upper: PriceLine,
}

/// The lines of every account that its venue may liquidate, along every coin it depends on.
///
/// # Errors
/// What the market or the rules lack.
pub fn liquidation_prices(
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &Portfolio,
) -> Result<Vec<LiquidationPrices>, MarginError> {
    let entered = with_entry_prices(market, portfolio)?;
    let mut market = Market { history: None, ..market.clone() };
    let mut found = Vec::new();
    let held = crate::margin::book::positions_by_account(portfolio);
    for (index, positions) in held.iter().enumerate() {
        let account = &entered.accounts[index];
        let margined = account.margin_mode != MarginMode::None;
        if !margined || account.venue.and_then(|venue| rules.get(venue)?.as_ref()).is_none() {
            continue;
        }
        let one = alone(&entered, index, positions);
        for coin in coins(&market, &one) {
            found.extend(lines(rules, &mut market, &one, (index, positions), &coin)?);
        }
    }
    Ok(found)
}

/// The book of one account.
fn alone(portfolio: &Portfolio, account: usize, positions: &[usize]) -> Portfolio {
    let mut one = Portfolio {
        name: portfolio.name.clone(),
        venues: portfolio.venues.clone(),
        accounts: vec![portfolio.accounts[account].clone()],
        positions: positions.iter().map(|index| portfolio.positions[*index].clone()).collect(),
        orders: Vec::new(),
    };
    one.positions.iter_mut().for_each(|position| position.account = 0);
    let margins = std::mem::take(&mut one.accounts[0].isolated_margins);
    let place = |index: usize| positions.iter().position(|held| *held == index);
    let kept = margins.into_iter().filter_map(|(index, margin)| Some((place(index)?, margin)));
    one.accounts[0].isolated_margins = kept.collect();
    one
}

/// Coins that the account's positions or balances depend on.
fn coins(market: &Market, portfolio: &Portfolio) -> BTreeSet<Symbol> {
    let held = portfolio.positions.iter().filter(|position| position.quantity != 0.0);
    let underlyings = held.map(|position| position.instrument.underlying());
    let balances = portfolio.accounts.iter().flat_map(|account| &account.balances);
    let assets = balances.filter(|balance| balance.quantity != 0.0).map(|balance| &balance.asset);
    let is_coin =
        |symbol: &&Symbol| market.asset(symbol).is_some_and(|asset| asset.kind == AssetKind::Coin);
    underlyings.chain(assets).filter(is_coin).cloned().collect()
}

/// What the margin balance has above the requirement, and what is left, of the account or of each
/// isolated contract.
struct Standing {
    position: Option<usize>,
    headroom: f64,
    value: f64,
}

fn lines(
    rules: &[Option<VenueRules>],
    market: &mut Market,
    portfolio: &Portfolio,
    (account, positions): (usize, &[usize]),
    coin: &Symbol,
) -> Result<Vec<LiquidationPrices>, MarginError> {
    let Some(spot) = market.asset(coin).map(|asset| asset.price_usd) else { return Ok(Vec::new()) };
    let at = |step: i32| spot * libm::exp(LOG_REACH * f64::from(step) / f64::from(STEPS));
    let mut standings = |price: f64| standings(rules, market, portfolio, coin, price);
    let today = standings(spot)?;
    let mut sides = [Vec::new(), Vec::new()];
    for (side, sign) in sides.iter_mut().zip([-1, 1]) {
        for step in 1..=STEPS {
            let price = at(sign * step);
            side.push((price, standings(price)?));
        }
    }
    let mut found = Vec::with_capacity(today.len());
    for (unit, now) in today.iter().enumerate() {
        let mut line = |side: &[(f64, Vec<Standing>)], of: fn(&Standing) -> f64| {
            let values = side.iter().map(|(price, units)| (*price, of(&units[unit])));
            let refine = |price: f64| standings(price).map(|units| of(&units[unit]));
            line_of((spot, of(now)), values, refine)
        };
        let headroom = |standing: &Standing| standing.headroom;
        let value = |standing: &Standing| standing.value;
        found.push(LiquidationPrices {
            account,
            position: now.position.map(|place| positions[place]),
            underlying: coin.clone(),
            spot,
            lower: line(&sides[0], headroom)?,
            upper: line(&sides[1], headroom)?,
            bankruptcy_lower: line(&sides[0], value)?,
            bankruptcy_upper: line(&sides[1], value)?,
        });
    }
    drop(sides);
    restore(market, coin, spot);
    Ok(found)
}

/// The first crossing of zero from today outwards.
fn line_of(
    now: (f64, f64),
    outwards: impl Iterator<Item = (f64, f64)>,
    mut refine: impl FnMut(f64) -> Result<f64, MarginError>,
) -> Result<PriceLine, MarginError> {
    if now.1 < 0.0 {
        return Ok(PriceLine::Passed);
    }
    let mut inner = now.0;
    for (outer, value) in outwards {
        if value >= 0.0 {
            inner = outer;
            continue;
        }
        let mut failure = None;
        let (low, high) = (inner.min(outer), inner.max(outer));
        let root = bisect(
            |price| {
                refine(price).unwrap_or_else(|error| {
                    failure = Some(error);
                    f64::NAN
                })
            },
            low,
            high,
            TOLERANCE * low,
        );
        return match (failure, root) {
            (Some(error), _) => Err(error),
            (None, Ok(price)) => Ok(PriceLine::At(price)),
            // The ends bracket a crossing: it lies between neighbouring numbers.
            (None, Err(_)) => Ok(PriceLine::At(outer)),
        };
    }
    Ok(PriceLine::Never)
}

fn standings(
    rules: &[Option<VenueRules>],
    market: &mut Market,
    portfolio: &Portfolio,
    coin: &Symbol,
    price: f64,
) -> Result<Vec<Standing>, MarginError> {
    restore(market, coin, price);
    let book = MarginBook::compile(rules, market, portfolio)?;
    if portfolio.accounts[0].margin_mode == MarginMode::Isolated {
        let one = |isolated: &crate::margin::IsolatedRequirement| Standing {
            position: Some(isolated.position),
            headroom: headroom(isolated.equity, isolated.margin.maintenance),
            value: isolated.equity,
        };
        return Ok(book.isolated(0).iter().map(one).collect());
    }
    let found = book.requirements(1.0)[0];
    let headroom = headroom(found.margin_balance, found.maintenance);
    Ok(vec![Standing { position: None, headroom, value: book.value(0) }])
}

/// Balance less requirement; without end where nothing is required.
fn headroom(balance: f64, maintenance: f64) -> f64 {
    if maintenance > 0.0 { balance - maintenance } else { f64::INFINITY }
}

fn restore(market: &mut Market, coin: &Symbol, price: f64) {
    let assets = market.assets.iter_mut().filter(|asset| asset.symbol == *coin);
    assets.for_each(|asset| asset.price_usd = price);
}
