//! The potential loss as a function of the trades, with bounds from below: what the programme asks.

use rayon::prelude::*;

use super::Request;
use super::account_margins::AccountMargins;
use super::units::Units;
use crate::engine::EngineError;
use crate::risk::{ExpectedShortfallWeights, LossSample, Needs};
use crate::threshold::add_on::TradedExposure;
use crate::threshold::{CapitalBase, Combination, HedgedBook, HedgedFigures, Linear, TermKind};
use crate::units::ConfidenceLevel;

/// Paths one task evaluates.
const TASK_PATHS: usize = 8_192;
/// Relative step of the slope of an add-on in gross exposure.
const STEP: f64 = 1e-6;

/// A book with trades.
pub(super) struct TradedBook<'a> {
    request: &'a Request<'a>,
    units: &'a Units,
    margins: AccountMargins<'a>,
    /// The capital base is the least of these.
    capital: Vec<Linear>,
    /// Potential loss that may be carried per unit of capital.
    per_capital: f64,
    tightened: f64,
    /// By how much each term on all paths is above what is found here without trades.
    offsets: Vec<f64>,
    losses: Vec<f64>,
}

impl<'a> TradedBook<'a> {
    /// A book that may carry `per_capital` of potential loss per unit of capital.
    pub fn new(
        request: &'a Request<'a>,
        units: &'a Units,
        per_capital: f64,
    ) -> Result<Self, EngineError> {
        let mut book = Self {
            request,
            units,
            margins: AccountMargins::new(request.found.book, &units.terms),
            capital: capital(request, units),
            per_capital,
            tightened: 0.0,
            offsets: vec![0.0; request.terms.len()],
            losses: vec![0.0; request.found.columns.path_count()],
        };
        let none = vec![0.0; units.terms.len()];
        let found = book.terms(&none)?;
        let known = request.terms.iter().zip(&found);
        book.offsets = known.map(|(known, found)| known.amount - found.at(&none)).collect();
        Ok(book)
    }

    /// What may be carried, less `amount`.
    pub fn tighten(&mut self, amount: f64) {
        self.tightened = amount;
    }

    /// Names of the accounts whose margins bound the trades.
    pub fn accounts(book: &crate::engine::compiled::Compiled, units: &Units) -> Vec<String> {
        let margins = AccountMargins::new(book, &units.terms);
        let accounts = &book.setting.portfolio.accounts;
        margins.accounts.iter().map(|&index| accounts[index].name.clone()).collect()
    }

    /// Every term of the potential loss, bounded from below and exact at `trades`.
    fn terms(&mut self, trades: &[f64]) -> Result<Vec<Linear>, EngineError> {
        self.put_losses(trades);
        let policy = self.request.policy;
        let terms = policy.terms.iter().enumerate().map(|(index, term)| {
            let mut found = match &term.kind {
                TermKind::SimulatedShortfall { level } => self.shortfall(*level, trades)?,
                TermKind::StressedLoss { .. } => self.stressed(index, trades),
                TermKind::Liquidity { .. }
                | TermKind::ClosingCost
                | TermKind::Concentration { .. } => self.add_on(&term.kind, trades)?,
                // as they are without trades; what the trades make of them is verified
                TermKind::VenueShortfall { .. }
                | TermKind::Counterparty { .. }
                | TermKind::Stated { .. } => {
                    Linear::constant(self.request.terms[index].amount, trades.len())
                }
            };
            found.constant += self.offsets[index];
            Ok(found)
        });
        terms.collect()
    }

    /// The amount of every term at `trades`, with the name of the stress that a stressed loss is of.
    pub fn standing(&mut self, trades: &[f64]) -> Result<Vec<(f64, Option<String>)>, EngineError> {
        let terms = self.terms(trades)?;
        let named = terms.iter().enumerate().map(|(index, term)| {
            let losses = self.stresses(index).map(|(name, stress)| (name, stress.at(trades)));
            let worst = losses.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, loss)| *loss > 0.0);
            let factor = self.request.exposure.adjustment().factors[index];
            (factor * term.at(trades), worst.map(|(name, _)| name.to_owned()))
        });
        Ok(named.collect())
    }

    /// Every stress of a term by name, linear in the trades.
    fn stresses(&self, term: usize) -> impl Iterator<Item = (&str, Linear)> {
        let losses = self.request.exposure.stress_losses(term).into_iter();
        losses.zip(&self.units.stressed[term]).map(|((name, loss), units)| {
            (name, Linear { constant: loss, slopes: both_sides(units) })
        })
    }

    fn put_losses(&mut self, trades: &[f64]) {
        let (part, units) = (&self.request.found.part.losses, &self.units.losses);
        let count = trades.len();
        self.losses.par_chunks_mut(TASK_PATHS).enumerate().for_each(|(task, chunk)| {
            for (index, slot) in chunk.iter_mut().enumerate() {
                let path = task * TASK_PATHS + index;
                let own = &units[path * count..][..count];
                let moved = own.iter().zip(trades);
                *slot = moved.fold(part[path], |sum, (unit, quantity)| sum + unit * quantity);
            }
        });
    }

    fn shortfall(&self, level: ConfidenceLevel, trades: &[f64]) -> Result<Linear, EngineError> {
        let needs = Needs { levels: &[level], worst_paths: 1 };
        let sample = LossSample::new(&self.losses, self.request.found.kept_weights, &needs)?;
        let weights = ExpectedShortfallWeights::new(&sample, level).weights;
        let (count, mut at) = (trades.len(), 0.0);
        let mut slopes = vec![0.0; count];
        for entry in &weights {
            let path = entry.path.0 as usize;
            at += entry.weight * self.losses[path];
            let units = &self.units.losses[path * count..][..count];
            slopes.iter_mut().zip(units).for_each(|(slope, unit)| *slope += entry.weight * unit);
        }
        Ok(Linear::tangent(at, trades, both_sides(&slopes)))
    }

    /// The worst stress at `trades`, never below zero: each is linear.
    fn stressed(&self, term: usize, trades: &[f64]) -> Linear {
        let mut worst = Linear::constant(0.0, trades.len());
        for (_, stress) in self.stresses(term) {
            if stress.at(trades) > worst.at(trades) {
                worst = stress;
            }
        }
        worst
    }

    fn add_on(&self, kind: &TermKind, trades: &[f64]) -> Result<Linear, EngineError> {
        let gross = |trades: &[f64]| {
            let mut traded = self.units.traded.clone();
            for (quantity, own) in trades.iter().zip(&self.units.gross) {
                let exposed = traded.iter_mut().zip(own);
                exposed.for_each(|(exposure, unit)| exposure.gross += quantity.abs() * unit);
            }
            traded
        };
        let traded = gross(trades);
        let at = self.request.exposure.on_gross(kind, &traded)?;
        let slope = |index: usize| {
            let above = STEP * traded[index].gross.max(1.0);
            let below = above.min(traded[index].gross);
            let beside = |change: f64| {
                let mut moved: Vec<TradedExposure> = traded.clone();
                moved[index].gross += change;
                self.request.exposure.on_gross(kind, &moved)
            };
            Ok((beside(above)? - beside(-below)?) / (above + below))
        };
        let by_gross: Vec<f64> =
            (0..traded.len()).map(slope).collect::<Result<_, EngineError>>()?;
        let slopes = self.units.gross.iter().map(|own| {
            let slope: f64 = own.iter().zip(&by_gross).map(|(unit, slope)| unit * slope).sum();
            [slope, slope]
        });
        Ok(Linear::tangent(at, trades, slopes.collect()))
    }
}

impl HedgedBook for TradedBook<'_> {
    type Error = EngineError;

    fn figures(&mut self, trades: &[f64]) -> Result<HedgedFigures, EngineError> {
        let terms = self.terms(trades)?;
        let policy = self.request.policy;
        let adjustment = self.request.exposure.adjustment();
        let factors = adjustment.factors.iter().map(|factor| factor * (1.0 + adjustment.buffer));
        let weights = policy.terms.iter().zip(factors).map(|(term, factor)| term.weight * factor);
        let weighted = weights.zip(&terms);
        let losses: Vec<Linear> = match policy.combination {
            Combination::Sum => {
                let mut sum = Linear::constant(0.0, trades.len());
                weighted.for_each(|(weight, bound)| sum.add(weight, bound));
                vec![sum]
            }
            Combination::Maximum => weighted
                .map(|(weight, bound)| {
                    let mut one = Linear::constant(0.0, trades.len());
                    one.add(weight, bound);
                    one
                })
                .collect(),
        };
        let beyond = |loss: &Linear, capital: &Linear| {
            let mut beyond = loss.clone();
            beyond.add(-self.per_capital, capital);
            beyond.constant += self.tightened;
            beyond
        };
        let pairs = losses.iter().flat_map(|loss| self.capital.iter().map(move |one| (loss, one)));
        let excess = pairs.map(|(loss, capital)| beyond(loss, capital)).collect();
        Ok(HedgedFigures { excess, margins: self.margins.bounds(trades)? })
    }
}

/// The capital base after trades: stated capital less their cost, collateral less that and what was
/// paid; the least of those that count.
fn capital(request: &Request, units: &Units) -> Vec<Linear> {
    let costs = || units.terms.iter().map(|terms| [-terms.cost; 2]);
    let stated = |amount| Linear { constant: amount, slopes: costs().collect() };
    let paid = costs().zip(&units.collateral);
    let collateral = Linear {
        constant: request.found.book.collateral_after_haircuts(),
        slopes: paid.map(|([cost, _], paid)| [cost + paid, cost - paid]).collect(),
    };
    match request.policy.capital {
        CapitalBase::Regulatory { amount } => vec![stated(amount)],
        CapitalBase::Collateral => vec![collateral],
        CapitalBase::Lesser { regulatory } => vec![stated(regulatory), collateral],
    }
}

/// Slopes of what is the same function of what is held, bought or sold.
fn both_sides(slopes: &[f64]) -> Vec<[f64; 2]> {
    slopes.iter().map(|slope| [*slope, -slope]).collect()
}
