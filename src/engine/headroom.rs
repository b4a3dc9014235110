//! Exposure added as a position where venues act inside paths: what margin, liquidation and impact
//! make of it.
//!
//! It is added to the largest futures position in the coin among accounts that can be liquidated
//! inside paths, at today's mark. The first paths are walked with it, and the potential loss on them
//! compared with that of the same exposure outside all accounts, on the same paths: the difference is
//! small where little is liquidated, and its error with it, so that few paths tell it.

use super::EngineError;
use super::compiled::Compiled;
use super::control::Stage;
use super::exposure::Exposure;
use super::ledger::AccountTerms;
use super::pass::{self, PathColumns};
use super::scaled::{self, Variation};
use crate::margin::MarginBook;
use crate::portfolio::{Instrument, MarginMode, Portfolio, Position};
use crate::pricing::{self, Granularity, Row};
use crate::risk::{self, PathWeights};
use crate::threshold::crossing::last_holding;
use crate::threshold::{MoneyEstimate, TermKind};
use crate::units::ConfidenceLevel;

/// First size at which initial margin is looked at, as a share of the typical exposure,
const FIRST_STEP: f64 = 1.0 / 64.0;
/// how often it is doubled,
const DOUBLINGS: u32 = 26;
/// and how closely the last one is found.
const MARGIN_TOLERANCE: f64 = 1e-10;

/// Exposure in one coin as a position.
pub(super) struct AddedPosition<'a> {
    exposure: &'a Exposure<'a>,
    underlying: usize,
    /// Index of the position whose contract carries it.
    carrier: usize,
    /// Quantity of that contract per unit of exposure.
    per_money: f64,
    /// Columns of the paths walked, without it.
    columns: PathColumns,
}

impl<'a> AddedPosition<'a> {
    /// `None` where nothing acts inside paths, or no account that is acted on holds a future in it.
    pub fn new(exposure: &'a Exposure<'a>, underlying: usize) -> Result<Option<Self>, EngineError> {
        if !exposure.is_walked_again() {
            return Ok(None);
        }
        let book = exposure.setting().2;
        let found = carrier(book, underlying)?;
        Ok(found.map(|(carrier, delta)| {
            let quantity = book.setting.portfolio.positions[carrier].quantity;
            let columns = exposure.columns().first(exposure.rough_paths() as usize);
            Self { exposure, underlying, carrier, per_money: quantity / delta, columns }
        }))
    }

    /// Position and account that carry it.
    pub fn name(&self) -> String {
        let portfolio = self.exposure.setting().2.setting.portfolio;
        let position = &portfolio.positions[self.carrier];
        format!("'{}' in '{}'", position.id, portfolio.accounts[position.account].name)
    }

    fn position(&self, amount: f64) -> Position {
        let portfolio = self.exposure.setting().2.setting.portfolio;
        let carrier = &portfolio.positions[self.carrier];
        Position {
            id: format!("{} added", carrier.id),
            quantity: amount * self.per_money,
            entry_price: None,
            ..carrier.clone()
        }
    }

    /// Exposure `[long, short]` up to which the account meets its initial margin, or lacks no more
    /// than today; `None`: as far as anyone looks.
    pub fn largest(&self, typical: f64) -> Result<[Option<f64>; 2], EngineError> {
        let side = |sign: f64| {
            let met = |room: f64| self.meets_margin(sign * room);
            let mut inside = 0.0;
            for doublings in 0..=DOUBLINGS {
                let outside = typical * FIRST_STEP * f64::from(1u32 << doublings);
                if !met(outside)? {
                    return Ok(Some(last_holding(inside, outside, MARGIN_TOLERANCE, met)?));
                }
                inside = outside;
            }
            Ok::<_, EngineError>(None)
        };
        Ok([side(1.0)?, side(-1.0)?])
    }

    fn meets_margin(&self, amount: f64) -> Result<bool, EngineError> {
        let book = self.exposure.setting().2;
        let setting = &book.setting;
        let added = self.position(amount);
        let account = added.account;
        let own = setting.portfolio.positions.iter().filter(|one| one.account == account);
        let positions = own.cloned().chain([added]).collect();
        let portfolio = Portfolio { positions, orders: Vec::new(), ..setting.portfolio.clone() };
        let margin = MarginBook::compile(setting.rules, setting.market, &portfolio)?;
        let (today, then) = (&book.requirements[account], &margin.requirements(1.0)[account]);
        Ok(then.margin_call() <= today.margin_call())
    }

    /// By how much the potential loss is higher with `amount` as a position than with it outside all
    /// accounts.
    pub fn change(&self, amount: f64) -> Result<MoneyEstimate, EngineError> {
        let (plan, policy, base, control) = self.exposure.setting();
        let setting = &base.setting;
        let mut portfolio = setting.portfolio.clone();
        portfolio.positions.push(self.position(amount));
        let book = Compiled::on(plan, &portfolio, setting.market, setting.model, setting.isa)?;
        let paths = self.columns.path_count();
        let range = 0..paths as u64;
        let (engine, ledger) = (&book.engine, &book.ledger);
        let part = pass::losses(engine, ledger, range, paths as u64, &control, Stage::Threshold)?;
        let accounts = portfolio.accounts.len();
        let columns = PathColumns::new(accounts, book.underlyings.len(), part.columns);
        let weights = PathWeights::first(paths, &part.ratios, &part.controls, &book.design)?;
        let walked = Exposure::new(plan, policy, &book, (&columns, &weights), &control)?;
        let outside = Exposure::new(plan, policy, base, (&self.columns, &weights), &control)?;
        let with = Sample {
            exposure: &walked,
            columns: &columns,
            terms: &ledger.terms,
            variation: Variation { scale: 1.0, added: None, closing_costs: &ledger.closing_costs },
        };
        let base = &base.ledger;
        let without = Sample {
            exposure: &outside,
            columns: &self.columns,
            terms: &base.terms,
            variation: Variation {
                scale: 1.0,
                added: Some((self.underlying, amount)),
                closing_costs: &base.closing_costs,
            },
        };
        let adjustment = self.exposure.adjustment();
        let mut error = 0.0;
        for (term, factor) in policy.terms.iter().zip(&adjustment.factors) {
            if let TermKind::SimulatedShortfall { level } = term.kind {
                let weight = term.weight * factor * (1.0 + adjustment.buffer);
                error += weight * difference_error(&with, &without, &weights, level)?;
            }
        }
        let of = |sample: &Sample| {
            let terms = sample.exposure.terms(&sample.variation)?;
            Ok::<_, EngineError>(adjustment.potential_loss(policy, &terms)?.estimate.amount)
        };
        Ok(MoneyEstimate { amount: of(&with)? - of(&without)?, standard_error: error })
    }
}

/// Losses of the walked paths under a variation.
struct Sample<'a> {
    exposure: &'a Exposure<'a>,
    columns: &'a PathColumns,
    terms: &'a [AccountTerms],
    variation: Variation<'a>,
}

/// Standard error of the difference of two ES on the same paths: that of the mean of the difference
/// of their influence values `(L − VaR)⁺/(1 − α)`.
fn difference_error(
    one: &Sample,
    other: &Sample,
    weights: &PathWeights,
    level: ConfidenceLevel,
) -> Result<f64, EngineError> {
    let excesses = |sample: &Sample| {
        let mut losses = Vec::new();
        scaled::losses(sample.columns, sample.terms, &sample.variation, &mut losses);
        let value_at_risk = risk::tail_mean(&losses, weights, level)?.value_at_risk;
        losses.iter_mut().for_each(|loss| *loss = (*loss - value_at_risk).max(0.0));
        Ok::<_, EngineError>(losses)
    };
    let (one, other) = (excesses(one)?, excesses(other)?);
    let differences = one.iter().zip(&other).map(|(one, other)| one - other).enumerate();
    let (_, error) = risk::mean_and_error(weights, differences);
    Ok(error / level.tail())
}

/// The largest future or perpetual in a coin among accounts that are liquidated inside paths, with
/// its dollar delta.
fn carrier(book: &Compiled, underlying: usize) -> Result<Option<(usize, f64)>, EngineError> {
    let setting = &book.setting;
    let portfolio = setting.portfolio;
    let is_acted_on = |position: &Position| {
        let account = &portfolio.accounts[position.account];
        let rules = account.venue.and_then(|venue| setting.rules[venue].as_ref());
        rules.is_some_and(|rules| rules.liquidation.is_some())
            && account.margin_mode != MarginMode::None
    };
    let is_future = |position: &Position| {
        matches!(position.instrument, Instrument::Perpetual { .. } | Instrument::Future { .. })
    };
    let (market, pricing) = (setting.market, setting.pricing);
    let rows = pricing::exposures(market, portfolio, pricing, Granularity::Position)?;
    let mut largest: Option<(usize, f64)> = None;
    for row in rows {
        let Row::Position(index) = row.row else { continue };
        let position = &portfolio.positions[index];
        let symbol = &book.underlyings[underlying];
        if !(is_future(position) && is_acted_on(position)) {
            continue;
        }
        let own = row.dollar_deltas.iter().find(|(coin, _)| coin == symbol);
        let delta = own.map_or(0.0, |(_, delta)| *delta);
        if delta.abs() > largest.map_or(0.0, |(_, delta)| delta.abs()) {
            largest = Some((index, delta));
        }
    }
    Ok(largest)
}
