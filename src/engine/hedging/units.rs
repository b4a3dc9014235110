//! What a quantity of one of each hedge does: on every kept path, under every stress, to gross
//! exposure and to collateral.
//!
//! Each hedge is held alone, with what it was paid with, in an account without a venue: nothing
//! happens to it but prices. Where prices are moved by orders of the book or a broken peg, the book
//! is walked beside it, so that the hedge sees the prices of the run.

use super::Request;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Stage};
use crate::engine::ledger::AccountTerms;
use crate::engine::pass::{self, PathColumns};
use crate::engine::scaled::Variation;
use crate::engine::stress::Stressed;
use crate::market::Market;
use crate::portfolio::{Account, Balance, Hedge, Instrument, Portfolio};
use crate::pricing::{self, Granularity, Mark, Row};
use crate::threshold::add_on::TradedExposure;
use crate::threshold::{HedgeTerms, TermKind};
use crate::units::Symbol;

/// What a quantity of one of each hedge does.
pub(super) struct Units {
    /// Costs and largest sizes, in portfolio order.
    pub terms: Vec<HedgeTerms>,
    /// Today's marks of a quantity of one.
    pub marks: Vec<Mark>,
    /// Losses `[path][hedge]`.
    pub losses: Vec<f64>,
    /// Losses `[term][stress][hedge]`, none of terms that are no stresses.
    pub stressed: Vec<Vec<Vec<f64>>>,
    /// Gross exposures today, those of hedges named.
    pub traded: Vec<TradedExposure>,
    /// Absolute exposure `[hedge][underlying of traded]`.
    pub gross: Vec<Vec<f64>>,
    /// Change of collateral after haircuts when one is bought.
    pub collateral: Vec<f64>,
}

impl Units {
    pub fn new(request: &Request, control: &Control) -> Result<Self, EngineError> {
        let found = request.found;
        let (plan, setting) = (found.plan, &found.book.setting);
        let (market, hedges) = (setting.market, &setting.portfolio.hedges);
        let marks = marks(market, hedges)?;
        let portfolio =
            held_alone(setting.portfolio, market, found.book.engine.displacement().is_some())?;
        let book = Compiled::on(plan, &portfolio, market, setting.model, setting.isa)?;
        let first = portfolio.accounts.len() - hedges.len();
        let paths = found.columns.path_count() as u64;
        let (engine, ledger) = (&book.engine, &book.ledger);
        let part = pass::losses(engine, ledger, 0..paths, paths, control, Stage::Threshold)?;
        let accounts = portfolio.accounts.len();
        let columns = PathColumns::new(accounts, book.underlyings.len(), part.columns);
        let own = &ledger.terms[first..];
        let (traded, gross) = exposures(request, &book, hedges.len())?;
        Ok(Self {
            terms: hedges.iter().zip(&marks).map(|(hedge, mark)| terms(hedge, mark)).collect(),
            losses: losses(&columns, own, first),
            stressed: stressed(request, &book, first)?,
            traded,
            gross,
            collateral: collateral(setting.portfolio, market, &marks)?,
            marks,
        })
    }
}

fn marks(market: &Market, hedges: &[Hedge]) -> Result<Vec<Mark>, EngineError> {
    hedges.iter().map(|hedge| Ok(pricing::mark(market, &hedge.position(1.0))?)).collect()
}

fn terms(hedge: &Hedge, mark: &Mark) -> HedgeTerms {
    let notional = notional(mark);
    HedgeTerms {
        cost: hedge.cost_rate * notional,
        notional,
        largest_long: hedge.largest_long,
        largest_short: hedge.largest_short,
    }
}

/// Notional of a position in USD: of spot its value.
pub(super) fn notional(mark: &Mark) -> f64 {
    if mark.notional == 0.0 { mark.value.abs() } else { mark.notional.abs() }
}

/// The asset that a trade is paid in.
fn paid_in(instrument: &Instrument) -> Symbol {
    match instrument {
        Instrument::Spot { .. } => Symbol::usd(),
        other => other.settlement_asset().clone(),
    }
}

/// Units of an asset that a trade worth `value` takes from an account.
fn payment(
    market: &Market,
    hedge: &Hedge,
    value: f64,
) -> Result<Option<(Symbol, f64)>, EngineError> {
    if value == 0.0 {
        return Ok(None);
    }
    let asset = paid_in(&hedge.instrument);
    let price = pricing::asset_price(market, &hedge.id, &asset)?;
    Ok(Some((asset, value / price)))
}

fn balance(asset: Symbol, quantity: f64) -> Balance {
    Balance { asset, quantity, haircut: 0.0, borrow_rate: 0.0 }
}

/// Each hedge in an account of its own, after those of the book where that is walked too.
fn held_alone(
    portfolio: &Portfolio,
    market: &Market,
    beside_book: bool,
) -> Result<Portfolio, EngineError> {
    let mut held = match beside_book {
        true => portfolio.clone(),
        false => Portfolio {
            accounts: Vec::new(),
            positions: Vec::new(),
            orders: Vec::new(),
            margin_calls: None,
            ..portfolio.clone()
        },
    };
    for hedge in &portfolio.hedges {
        let mut account = Account::new(format!("hedge {}", hedge.id));
        let mut position = hedge.position(1.0);
        position.account = held.accounts.len();
        let value = pricing::mark(market, &position)?.value;
        let paid = payment(market, hedge, value)?;
        account.balances.extend(paid.map(|(asset, quantity)| balance(asset, -quantity)));
        held.accounts.push(account);
        held.positions.push(position);
    }
    Ok(held)
}

/// The book with `trades` done at today's marks and paid for.
pub(super) fn hedged(
    portfolio: &Portfolio,
    market: &Market,
    trades: &[f64],
) -> Result<Portfolio, EngineError> {
    let mut hedged = portfolio.clone();
    let done = portfolio.hedges.iter().zip(trades).filter(|(_, quantity)| **quantity != 0.0);
    for (hedge, quantity) in done {
        let position = hedge.position(*quantity);
        let value = pricing::mark(market, &position)?.value;
        if let Some((asset, paid)) = payment(market, hedge, value)? {
            let balances = &mut hedged.accounts[hedge.account].balances;
            match balances.iter_mut().find(|one| one.asset == asset) {
                Some(held) => held.quantity -= paid,
                None => balances.push(balance(asset, -paid)),
            }
        }
        hedged.positions.push(position);
    }
    Ok(hedged)
}

/// `[path][hedge]`.
fn losses(columns: &PathColumns, terms: &[AccountTerms], first: usize) -> Vec<f64> {
    let mut losses = Vec::with_capacity(columns.path_count() * terms.len());
    for path in 0..columns.path_count() {
        let of = |(index, terms): (usize, &AccountTerms)| {
            terms.loss(columns.account(path, first + index), 1.0, None)
        };
        losses.extend(terms.iter().enumerate().map(of));
    }
    losses
}

fn stressed(
    request: &Request,
    book: &Compiled,
    first: usize,
) -> Result<Vec<Vec<Vec<f64>>>, EngineError> {
    let accounts = first..book.ledger.terms.len();
    let of = |stress: &Stressed| {
        accounts.clone().map(|account| stress.account(account, &book.ledger, 1.0).loss).collect()
    };
    let terms = request.policy.terms.iter().map(|term| match &term.kind {
        TermKind::StressedLoss { stresses } => {
            Ok(Stressed::all(book, stresses)?.iter().map(of).collect())
        }
        _ => Ok(Vec::new()),
    });
    terms.collect()
}

/// Gross exposures of the book, and by hedge what a quantity of one adds to each.
fn exposures(
    request: &Request,
    held: &Compiled,
    count: usize,
) -> Result<(Vec<TradedExposure>, Vec<Vec<f64>>), EngineError> {
    let today = Variation {
        scale: 1.0,
        added: None,
        closing_costs: &request.found.book.ledger.closing_costs,
    };
    let mut traded = request.exposure.traded(&today);
    let setting = &held.setting;
    let rows = pricing::exposures(
        setting.market,
        setting.portfolio,
        setting.pricing,
        Granularity::Position,
    )?;
    let first = setting.portfolio.positions.len() - count;
    let mut deltas: Vec<Vec<(Symbol, f64)>> = vec![Vec::new(); count];
    for row in rows {
        if let Row::Position(index) = row.row
            && let Some(hedge) = index.checked_sub(first)
        {
            deltas[hedge] = row.dollar_deltas;
        }
    }
    for (symbol, _) in deltas.iter().flatten() {
        if !traded.iter().any(|one| one.underlying == symbol.as_str()) {
            traded.push(request.exposure.untraded(symbol.as_str()));
        }
    }
    let of = |deltas: &Vec<(Symbol, f64)>| {
        let own = |traded: &TradedExposure| {
            let same = deltas.iter().filter(|(symbol, _)| symbol.as_str() == traded.underlying);
            same.map(|(_, delta)| delta.abs()).sum()
        };
        traded.iter().map(own).collect()
    };
    let gross = deltas.iter().map(of).collect();
    Ok((traded, gross))
}

/// What buying one of each leaves less, after haircuts, of the balance that pays.
fn collateral(
    portfolio: &Portfolio,
    market: &Market,
    marks: &[Mark],
) -> Result<Vec<f64>, EngineError> {
    let hedges = portfolio.hedges.iter().zip(marks);
    let of = |(hedge, mark): (&Hedge, &Mark)| {
        let Some((asset, paid)) = payment(market, hedge, mark.value)? else { return Ok(0.0) };
        let balances = &portfolio.accounts[hedge.account].balances;
        let held = balances.iter().find(|one| one.asset == asset && one.quantity > 0.0);
        let kept = held.map_or(1.0, |one| 1.0 - one.haircut);
        Ok(-paid * pricing::asset_price(market, &hedge.id, &asset)? * kept)
    };
    hedges.map(of).collect()
}
