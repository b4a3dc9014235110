//! Delta and delta-gamma revaluation: today's value plus a polynomial in the factor moves.
//!
//! `V ≈ V₀ + Σ_f D_f·x_f (+ Σ_spots ½Γ(S/S₀ − 1)²)` with x the relative change of spots and pegs,
//! the log change of volatility levels and the additive change of bases. No time passes: neither
//! decay, funding nor settlement (closed forms of delta-normal and delta-gamma books hold).

use std::collections::BTreeMap;

use super::builder::factor_index;
use super::compile::Layout;
use super::factors::price_factor;
use super::position::{Contract, ResolvedPosition, Settled, asset};
use super::sensitivity::{Sensitivities, Viewpoint, spot_like};
use super::{PricingError, PricingSettings, Revaluation};
use crate::market::Market;
use crate::portfolio::Portfolio;
use crate::simulation::{FactorBlock, FactorKey, FactorModel};
use crate::units::Symbol;

/// The polynomial of a whole book.
#[derive(Debug, Clone)]
pub(super) struct Expansion {
    terms: Vec<Term>,
}

/// One row's part in one factor.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    row: usize,
    factor: usize,
    change: Change,
    first: f64,
    second: f64,
}

/// How a factor's change is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// `S/S₀ − 1`.
    Relative,
    /// The block's log, or additive change.
    Log,
}

type Coefficients = BTreeMap<(usize, usize, Change), [f64; 2]>;

impl Expansion {
    pub fn compile(
        market: &Market,
        portfolio: &Portfolio,
        model: &FactorModel,
        settings: PricingSettings,
        layout: &Layout,
    ) -> Result<Self, PricingError> {
        let mut sums = Sums {
            market,
            model,
            second_order: settings.revaluation == Revaluation::DeltaGamma,
            coefficients: Coefficients::new(),
        };
        let viewpoint = Viewpoint::today(settings);
        for (index, position) in portfolio.positions.iter().enumerate() {
            let resolved = ResolvedPosition::new(market, position)?;
            let row = layout.position(index, position.account);
            sums.add(row, &resolved, &viewpoint.sensitivities(&resolved))?;
        }
        for (account_index, account) in portfolio.accounts.iter().enumerate() {
            for (index, balance) in account.balances.iter().enumerate() {
                let held = asset(market, &account.name, &balance.asset)?;
                let found = spot_like(balance.quantity * held.price_usd);
                let row = layout.balance(account_index, index);
                sums.add_price(row, &account.name, &held.symbol, &found)?;
            }
        }
        Ok(Self { terms: sums.terms() })
    }

    /// `out[row][path]` from today's values of the rows.
    pub fn values(&self, base_values: &[f64], block: &FactorBlock, out: &mut [f64]) {
        let count = block.path_count();
        for (row, base) in out.chunks_exact_mut(count).zip(base_values) {
            row.fill(*base);
        }
        for term in &self.terms {
            let row = &mut out[term.row * count..][..count];
            match term.change {
                Change::Log => add_first(term.first, block.log(term.factor), row),
                Change::Relative => {
                    add_quadratic(term.first, term.second, block.level(term.factor), row);
                }
            }
        }
    }
}

fn add_first(first: f64, changes: &[f64], out: &mut [f64]) {
    for (slot, change) in out.iter_mut().zip(changes) {
        *slot += first * change;
    }
}

fn add_quadratic(first: f64, second: f64, levels: &[f64], out: &mut [f64]) {
    let half = 0.5 * second;
    for (slot, level) in out.iter_mut().zip(levels) {
        let change = level - 1.0;
        *slot += change * (first + half * change);
    }
}

struct Sums<'a> {
    market: &'a Market,
    model: &'a FactorModel,
    second_order: bool,
    coefficients: Coefficients,
}

impl Sums<'_> {
    fn add(
        &mut self,
        row: usize,
        position: &ResolvedPosition,
        found: &Sensitivities,
    ) -> Result<(), PricingError> {
        let item = position.id;
        self.add_price(row, item, &position.coin.symbol, found)?;
        let (underlying, settled) = match &position.contract {
            Contract::Spot => return Ok(()),
            Contract::Perpetual { underlying, settled, .. }
            | Contract::Future { underlying, settled, .. }
            | Contract::Option { underlying, settled, .. } => (underlying, settled),
        };
        if let Settled::Linear(quote) = settled
            && let Some(key) = price_factor(self.market, &quote.symbol)
        {
            let factor = factor_index(self.model, item, key)?;
            self.add_term(row, factor, Change::Relative, [found.quote, 0.0]);
        }
        let coin = &underlying.symbol;
        if let Contract::Option { .. } = position.contract {
            let key = FactorKey::Volatility(coin.clone());
            let factor = factor_index(self.model, item, key)?;
            self.add_term(row, factor, Change::Log, [found.volatility_level, 0.0]);
        }
        // Options move with the basis only where the book's futures brought it into the model.
        if let Some(factor) = self.model.index(&FactorKey::Basis(coin.clone())) {
            self.add_term(row, factor, Change::Log, [found.basis, 0.0]);
        }
        Ok(())
    }

    fn add_price(
        &mut self,
        row: usize,
        item: &str,
        symbol: &Symbol,
        found: &Sensitivities,
    ) -> Result<(), PricingError> {
        let Some(key) = price_factor(self.market, symbol) else {
            return Ok(());
        };
        let factor = factor_index(self.model, item, key)?;
        let second = if self.second_order { found.dollar_gamma() } else { 0.0 };
        self.add_term(row, factor, Change::Relative, [found.spot, second]);
        Ok(())
    }

    fn add_term(&mut self, row: usize, factor: usize, change: Change, added: [f64; 2]) {
        let sum = self.coefficients.entry((row, factor, change)).or_default();
        sum[0] += added[0];
        sum[1] += added[1];
    }

    fn terms(self) -> Vec<Term> {
        self.coefficients
            .into_iter()
            .map(|((row, factor, change), [first, second])| Term {
                row,
                factor,
                change,
                first,
                second,
            })
            .collect()
    }
}
