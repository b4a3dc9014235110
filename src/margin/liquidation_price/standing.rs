//! What an account has left above each rung of its ladder, at given prices.
//!
//! Flows in: the margin of an account at moved prices, and its positions. Flows out: one number a
//! rung, not negative while the rung is not reached; it is without end where there is no such rung.
//! An account that is isolated has a ladder a contract.
//!
//! Profit since entry is counted in what each position settles in, at its price there: of futures
//! from their entry, of options and spot from the price they state, and from today's mark where they
//! state none. It makes no rung where no position states one: then it is zero today by definition.

use std::collections::BTreeMap;

use crate::margin::book::contract_key;
use crate::margin::{MarginBook, MarginError};
use crate::market::Market;
use crate::portfolio::{
    Account, Instrument, MarginMode, Portfolio, Position, PositionMode, Rebalancing,
};
use crate::pricing::{asset_price, mark};

/// A rung of an account's ladder of thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Profit since entry is zero.
    BreakEven,
    /// Gross notional over equity leaves the band that the account is kept in, or else the one around
    /// today's that it states.
    Rebalancing,
    /// A stated share of what the account is worth today is lost.
    Equity,
    /// The margin balance meets the initial margin.
    MarginCall,
    /// The margin balance meets the maintenance margin.
    Liquidation,
    /// Nothing is left, balances at full value.
    Bankruptcy,
}

/// Number of rungs.
pub(super) const RUNGS: usize = 6;

/// What an account, or one isolated contract, has left above each rung.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// Place of the first position of an isolated contract among those of the account.
    pub position: Option<usize>,
    /// By [`Rung`].
    pub room: [f64; RUNGS],
    profit: f64,
    value: f64,
    leverage: Option<f64>,
}

/// Leverages between which an account is left alone.
#[derive(Clone, Copy)]
enum Band {
    /// Those of its rule.
    Kept { lower: Option<f64>, upper: f64 },
    /// A share of today's either way.
    AroundToday(f64),
}

impl Band {
    fn of(account: &Account) -> Option<Self> {
        let kept = |rule: &Rebalancing| Self::Kept {
            lower: rule.lower_leverage,
            upper: rule.upper_leverage,
        };
        let around = account.rebalancing_band.map(Self::AroundToday);
        account.rebalancing.as_ref().map(kept).or(around)
    }

    /// What is left to its nearer edge, in USD of notional; `today` is the leverage then.
    fn room(self, today: f64, (notional, equity): (f64, f64)) -> f64 {
        let (lower, upper) = match self {
            Self::Kept { lower, upper } => (lower, upper),
            Self::AroundToday(share) => (Some((1.0 - share) * today), (1.0 + share) * today),
        };
        let above = upper * equity - notional;
        lower.map_or(above, |lower| above.min(notional - lower * equity))
    }
}

/// What the rungs of an account are counted from.
pub(super) struct AccountRungs {
    /// Of each position, in what it settles in: what it was entered at; `None`: a future, whose mark
    /// is its profit.
    entered: Vec<Option<f64>>,
    /// Whether each position states its entry.
    stated: Vec<bool>,
    equity_loss: Option<f64>,
    band: Option<Band>,
    /// Of each contract of an isolated account, by its first position: its positions.
    contracts: BTreeMap<usize, Vec<usize>>,
    /// Profit, value and leverage of each standing today.
    today: Vec<(f64, f64, Option<f64>)>,
}

impl AccountRungs {
    /// `portfolio` is the book of one account; `stated` whether each position stated its entry.
    pub fn new(
        market: &Market,
        portfolio: &Portfolio,
        stated: Vec<bool>,
        equity_loss: Option<f64>,
    ) -> Result<Self, MarginError> {
        let entered = |position: &Position| -> Result<Option<f64>, MarginError> {
            match position.instrument {
                Instrument::Perpetual { .. } | Instrument::Future { .. } => Ok(None),
                Instrument::Spot { .. } | Instrument::Option { .. } => {
                    let price = settled_price(market, position)?;
                    let today = mark(market, position)?.value / price;
                    let paid = position.entry_price.map(|entry| position.quantity * entry);
                    Ok(Some(paid.unwrap_or(today)))
                }
            }
        };
        let entered = portfolio.positions.iter().map(entered).collect::<Result<_, _>>()?;
        let account = &portfolio.accounts[0];
        let band = Band::of(account);
        let contracts = contracts(portfolio, account.position_mode);
        Ok(Self { entered, stated, equity_loss, band, contracts, today: Vec::new() })
    }

    /// Takes today's standings as what rungs are counted from.
    pub fn start(&mut self, today: &[Standing]) {
        self.today = today.iter().map(|one| (one.profit, one.value, one.leverage)).collect();
    }

    /// The standing of the account, or of each isolated contract, at the prices of `market`.
    pub fn standings(
        &self,
        book: &MarginBook,
        market: &Market,
        portfolio: &Portfolio,
    ) -> Result<Vec<Standing>, MarginError> {
        let all: Vec<usize> = (0..portfolio.positions.len()).collect();
        if portfolio.accounts[0].margin_mode != MarginMode::Isolated {
            let found = book.requirements(1.0)[0];
            let (profit, _) = self.profit(market, portfolio, &all)?;
            let margin = (found.margin_balance, found.initial, found.maintenance);
            let size = (found.gross_notional, found.equity);
            let standing = self.standing((0, &all), (margin, book.value(0)), (profit, size));
            return Ok(vec![standing]);
        }
        let isolated = book.isolated(0).iter().enumerate();
        let one = |(index, found): (usize, &crate::margin::IsolatedRequirement)| {
            let own = self.contracts.get(&found.position).unwrap_or(&all);
            let (profit, notional) = self.profit(market, portfolio, own)?;
            let margin = (found.equity, found.margin.initial, found.margin.maintenance);
            let size = (notional, found.equity);
            let standing = self.standing((index, own), (margin, found.equity), (profit, size));
            Ok(Standing { position: Some(found.position), ..standing })
        };
        isolated.map(one).collect()
    }

    /// Profit since entry, and gross notional, of some positions.
    fn profit(
        &self,
        market: &Market,
        portfolio: &Portfolio,
        positions: &[usize],
    ) -> Result<(f64, f64), MarginError> {
        let (mut profit, mut notional) = (0.0, 0.0);
        for &index in positions {
            let position = &portfolio.positions[index];
            let found = mark(market, position)?;
            notional += found.notional.abs();
            profit += found.value;
            if let Some(entered) = self.entered[index] {
                profit -= entered * settled_price(market, position)?;
            }
        }
        Ok((profit, notional))
    }

    fn standing(
        &self,
        (index, positions): (usize, &[usize]),
        ((balance, initial, maintenance), value): ((f64, f64, f64), f64),
        (profit, (notional, equity)): (f64, (f64, f64)),
    ) -> Standing {
        let leverage = (equity > 0.0 && notional > 0.0).then(|| notional / equity);
        let stated = positions.iter().any(|position| self.stated[*position]);
        let mut room = [f64::INFINITY; RUNGS];
        room[Rung::MarginCall as usize] = headroom(balance, initial);
        room[Rung::Liquidation as usize] = headroom(balance, maintenance);
        room[Rung::Bankruptcy as usize] = value;
        if let Some(&(profit_today, value_today, leverage_today)) = self.today.get(index) {
            if stated && profit_today != 0.0 {
                room[Rung::BreakEven as usize] = profit * profit_today.signum();
            }
            if let Some(loss) = self.equity_loss.filter(|_| value_today > 0.0) {
                room[Rung::Equity as usize] = value - (1.0 - loss) * value_today;
            }
            if let Some((band, today)) = self.band.zip(leverage_today) {
                room[Rung::Rebalancing as usize] = band.room(today, (notional, equity));
            }
        }
        Standing { position: None, room, profit, value, leverage }
    }
}

/// Positions of each contract of an isolated account, by the first of them.
fn contracts(portfolio: &Portfolio, mode: PositionMode) -> BTreeMap<usize, Vec<usize>> {
    let mut by_key: BTreeMap<(String, bool), Vec<usize>> = BTreeMap::new();
    if portfolio.accounts[0].margin_mode == MarginMode::Isolated {
        for (index, position) in portfolio.positions.iter().enumerate() {
            let apart = mode == PositionMode::Hedge && position.quantity < 0.0;
            by_key.entry((contract_key(position), apart)).or_default().push(index);
        }
    }
    by_key.into_values().map(|positions| (positions[0], positions)).collect()
}

/// USD price of what a position settles in; dollars for spot.
fn settled_price(market: &Market, position: &Position) -> Result<f64, MarginError> {
    match position.instrument {
        Instrument::Spot { .. } => Ok(1.0),
        _ => Ok(asset_price(market, &position.id, position.instrument.settlement_asset())?),
    }
}

/// Balance less requirement; without end where nothing is required.
fn headroom(balance: f64, requirement: f64) -> f64 {
    if requirement > 0.0 { balance - requirement } else { f64::INFINITY }
}
