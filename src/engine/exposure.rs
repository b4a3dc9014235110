//! Potential loss as a function of the book: at a scale of its positions, or with exposure added.
//!
//! Simulated terms are read off the kept paths (common random numbers), stresses off books
//! revalued once, add-ons off exposures.
//!
//! Where venues liquidate inside paths, the loss of a path is no function of its values at the
//! horizon: an account that was closed at scale 1 need not be at another. Such a book is compiled
//! at every scale that is asked for and walks the first [`REWALKED_PATHS`] paths again, on the
//! same numbers. Added exposure is read off the kept paths: the desk's own, in no account,
//! it closes nothing; what it changes as a position in an account is found in `headroom`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::EngineError;
use super::accounts;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::pass::{self, Partial, PathColumns};
use super::plan::Plan;
use super::remark;
use super::scaled::{self, Variation};
use super::stress::Stressed;
use super::thresholds::Closing;
use crate::market::Liquidity;
use crate::pricing::{self, Granularity, Row};
use crate::risk::{self, LossSample, Needs, PathWeights};
use crate::threshold::add_on::{self, TradedExposure, TradingCost, VenueClaim};
use crate::threshold::{
    Adjustment, MoneyEstimate, Policy, ScaledBook, TermKind, ThresholdError, VenueClaimMeasure,
};
use crate::units::ConfidenceLevel;

/// Paths walked again at every scale of a book whose accounts can be liquidated inside paths,
const REWALKED_PATHS: u64 = 10_000;
/// and where so few tell on which side of the threshold it is.
pub(super) const ROUGH_PATHS: u64 = 2_500;

/// The potential loss of one compiled book and its variations.
pub(super) struct Exposure<'a> {
    plan: &'a Plan,
    policy: &'a Policy,
    book: &'a Compiled<'a>,
    columns: &'a PathColumns,
    /// What the paths of `columns` count for.
    weights: &'a PathWeights<'a>,
    control: Control<'a>,
    /// What was found by walking paths again, by their number and the bits of the scale.
    rewalked: Mutex<BTreeMap<(u64, u64), MoneyEstimate>>,
    /// Stressed values of each term, empty where the term is not a stress.
    stresses: Vec<Vec<Stressed>>,
    traded: Vec<TradedExposure>,
    /// Closes the book, where the scenario says how.
    closing: Option<Closing>,
    /// What makes the potential loss of the terms.
    adjustment: Adjustment,
    /// Buffers of one loss a kept path, lent to whichever thread evaluates.
    buffers: Mutex<Vec<Vec<f64>>>,
}

impl<'a> Exposure<'a> {
    pub fn new(
        plan: &'a Plan,
        policy: &'a Policy,
        book: &'a Compiled<'a>,
        (columns, weights): (&'a PathColumns, &'a PathWeights<'a>),
        control: &Control<'a>,
    ) -> Result<Self, EngineError> {
        let stressed = policy.terms.iter().map(|term| match &term.kind {
            TermKind::StressedLoss { stresses } => Stressed::all(book, stresses),
            _ => Ok(Vec::new()),
        });
        Ok(Self {
            plan,
            policy,
            book,
            columns,
            weights,
            control: *control,
            rewalked: Mutex::default(),
            stresses: stressed.collect::<Result<_, _>>()?,
            traded: traded(book)?,
            closing: Closing::new(plan, book),
            adjustment: Adjustment::none(policy),
            buffers: Mutex::default(),
        })
    }

    /// The same with the potential loss adjusted.
    pub fn adjusted(self, adjustment: Adjustment) -> Self {
        Self { adjustment, ..self }
    }

    /// What makes the potential loss of the terms.
    pub fn adjustment(&self) -> &Adjustment {
        &self.adjustment
    }

    /// PL and its error at `scale`.
    pub fn at_scale(&self, scale: f64) -> Result<MoneyEstimate, EngineError> {
        // Today's book is on the kept paths already, where they are the ones walked again.
        let kept = scale == 1.0 && self.solver_paths() == self.kept_paths();
        if kept || !self.is_walked_again() {
            return self.by_paths(scale, None);
        }
        self.by_paths_once(scale, self.solver_paths())
    }

    /// As [`Self::by_paths`], each number of paths once a scale.
    fn by_paths_once(&self, scale: f64, paths: u64) -> Result<MoneyEstimate, EngineError> {
        let key = (paths, scale.to_bits());
        let known = self.rewalked().get(&key).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self.by_paths(scale, Some(paths))?;
        self.rewalked().insert(key, found);
        Ok(found)
    }

    /// PL and its error at `scale`, its simulated terms by walking `paths` again or, with none, by
    /// the kept ones.
    fn by_paths(&self, scale: f64, paths: Option<u64>) -> Result<MoneyEstimate, EngineError> {
        let found = self.book.margin.requirements(scale);
        let closing_costs: Vec<Option<f64>> = found.iter().map(accounts::closing_cost).collect();
        let variation = Variation { scale, added: None, closing_costs: &closing_costs };
        let mut terms = self.terms(&variation)?;
        if let Some(paths) = paths {
            self.walk_again(scale, paths, &mut terms)?;
        }
        Ok(self.adjustment.potential_loss(self.policy, &terms)?.estimate)
    }

    /// Paths on which the book is evaluated at a scale.
    pub fn solver_paths(&self) -> u64 {
        let kept = self.kept_paths();
        if self.is_walked_again() { kept.min(REWALKED_PATHS) } else { kept }
    }

    fn kept_paths(&self) -> u64 {
        self.columns.path_count() as u64
    }

    /// Whether another scale needs the paths walked again.
    pub fn is_walked_again(&self) -> bool {
        let acts =
            self.book.setting.rules.iter().flatten().any(|rules| rules.liquidation.is_some());
        acts || self.book.engine.event_stage().is_some()
    }

    /// Puts the simulated terms of the book at `scale`, walked in full, over those read off the
    /// kept paths.
    fn walk_again(
        &self,
        scale: f64,
        paths: u64,
        terms: &mut [MoneyEstimate],
    ) -> Result<(), EngineError> {
        let setting = &self.book.setting;
        let portfolio = remark::scaled(setting.portfolio, scale);
        let book = Compiled::on(self.plan, &portfolio, setting.market, setting.model, setting.isa)?;
        let paths = 0..paths;
        let (ledger, stage) = (&book.ledger, Stage::Threshold);
        let kept = if owes_venues(self.policy) { paths.end } else { 0 };
        let part = pass::losses(&book.engine, ledger, paths, kept, &self.control, stage)?;
        put_simulated(self.policy, &book, &part, terms)
    }

    fn rewalked(&self) -> std::sync::MutexGuard<'_, BTreeMap<(u64, u64), MoneyEstimate>> {
        self.rewalked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// PL with linear exposure of `amount` money in one underlying added.
    pub fn with_added(&self, underlying: usize, amount: f64) -> Result<MoneyEstimate, EngineError> {
        let closing_costs = &self.book.ledger.closing_costs;
        let added = Some((underlying, amount));
        self.potential_loss(&Variation { scale: 1.0, added, closing_costs })
    }

    /// Amount of every term under `variation`, in policy order.
    pub fn terms(&self, variation: &Variation) -> Result<Vec<MoneyEstimate>, EngineError> {
        let terms = self.policy.terms.iter().enumerate();
        terms.map(|(index, term)| self.term(index, &term.kind, variation)).collect()
    }

    fn potential_loss(&self, variation: &Variation) -> Result<MoneyEstimate, EngineError> {
        let terms = self.terms(variation)?;
        Ok(self.adjustment.potential_loss(self.policy, &terms)?.estimate)
    }

    fn term(
        &self,
        index: usize,
        kind: &TermKind,
        variation: &Variation,
    ) -> Result<MoneyEstimate, EngineError> {
        let exact = |amount| Ok(MoneyEstimate::exact(amount));
        match kind {
            TermKind::SimulatedShortfall { level } => self.shortfall(*level, variation),
            TermKind::StressedLoss { .. } => exact(self.stressed(index, variation)),
            TermKind::VenueShortfall { level } => self.venue_shortfall(*level, variation),
            TermKind::Liquidity { .. } | TermKind::ClosingCost | TermKind::Concentration { .. } => {
                exact(self.on_gross(kind, &self.traded(variation))?)
            }
            TermKind::Counterparty { measure } => exact(self.counterparty(*measure, variation)),
            TermKind::Stated { amount, .. } => exact(*amount),
        }
    }

    /// An add-on on gross exposures; zero where the term is none.
    pub fn on_gross(&self, kind: &TermKind, traded: &[TradedExposure]) -> Result<f64, EngineError> {
        match kind {
            TermKind::Liquidity { deviations } => Ok(add_on::liquidity(traded, *deviations)?),
            TermKind::ClosingCost => self.closing_cost(traded),
            TermKind::Concentration { volume_share, charge } => {
                Ok(add_on::concentration(traded, *volume_share, *charge)?)
            }
            _ => Ok(0.0),
        }
    }

    fn shortfall(
        &self,
        level: ConfidenceLevel,
        variation: &Variation,
    ) -> Result<MoneyEstimate, EngineError> {
        let mut losses = self.buffers().pop().unwrap_or_default();
        scaled::losses(self.columns, &self.book.ledger.terms, variation, &mut losses);
        let found = risk::tail_mean(&losses, self.weights, level);
        self.buffers().push(losses);
        let found = found?;
        let (amount, standard_error) = (found.expected_shortfall, found.normal_error);
        Ok(MoneyEstimate { amount, standard_error })
    }

    /// What accounts owe that venues bear, on the kept paths.
    fn venue_shortfall(
        &self,
        level: Option<ConfidenceLevel>,
        variation: &Variation,
    ) -> Result<MoneyEstimate, EngineError> {
        let mut amounts = self.buffers().pop().unwrap_or_default();
        scaled::borne_by_venues(self.columns, &self.book.ledger.terms, variation, &mut amounts);
        let found = measured(&amounts, self.weights, level);
        self.buffers().push(amounts);
        found
    }

    /// Cost of closing all positions over the scenario's liquidation horizon.
    fn closing_cost(&self, traded: &[TradedExposure]) -> Result<f64, EngineError> {
        let exposed = traded.iter().filter(|exposure| exposure.gross > 0.0);
        let cost = |exposure: &TradedExposure| {
            let closing = self.closing.as_ref();
            let found = closing.and_then(|one| one.of(&exposure.underlying, exposure.gross));
            let (add_on, underlying) = ("closing cost", exposure.underlying.clone());
            let missing = || ThresholdError::MissingLiquidity { add_on, underlying };
            Ok(found.ok_or_else(missing)?.total())
        };
        exposed.map(cost).sum()
    }

    fn buffers(&self) -> std::sync::MutexGuard<'_, Vec<Vec<f64>>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worst stress, never below zero.
    fn stressed(&self, term: usize, variation: &Variation) -> f64 {
        let terms = &self.book.ledger.terms;
        let losses = self.stresses[term].iter().map(|stress| stress.loss(terms, variation));
        losses.fold(0.0, f64::max)
    }

    /// Loss of every stress of a term at today's book, by name.
    pub fn stress_losses(&self, term: usize) -> Vec<(&str, f64)> {
        let closing_costs = &self.book.ledger.closing_costs;
        let today = Variation { scale: 1.0, added: None, closing_costs };
        let terms = &self.book.ledger.terms;
        let losses = self.stresses[term].iter();
        losses.map(|stress| (stress.name.as_str(), stress.loss(terms, &today))).collect()
    }

    /// The worst stress of a term at today's book, with its name.
    pub fn worst_stress(&self, term: usize) -> Option<(&str, f64)> {
        let losses = self.stress_losses(term);
        losses.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Gross exposure by underlying under a variation.
    pub fn traded(&self, variation: &Variation) -> Vec<TradedExposure> {
        let mut traded = self.traded.clone();
        traded.iter_mut().for_each(|exposure| exposure.gross *= variation.scale);
        if let Some((underlying, amount)) = variation.added {
            let name = self.book.underlyings[underlying].as_str();
            let same = traded.iter_mut().find(|exposure| exposure.underlying == name);
            match same {
                Some(exposure) => exposure.gross += amount.abs(),
                None => {
                    traded.push(TradedExposure { gross: amount.abs(), ..bare(self.book, name) })
                }
            }
        }
        traded
    }

    /// An underlying without exposure.
    pub fn untraded(&self, underlying: &str) -> TradedExposure {
        bare(self.book, underlying)
    }

    fn counterparty(&self, measure: VenueClaimMeasure, variation: &Variation) -> f64 {
        let portfolio = self.book.setting.portfolio;
        let mut claims: Vec<VenueClaim> = portfolio
            .venues
            .iter()
            .map(|venue| VenueClaim {
                amount: 0.0,
                default_probability_1y: venue.default_probability_1y,
                loss_given_default: venue.loss_given_default,
            })
            .collect();
        for (account, terms) in portfolio.accounts.iter().zip(&self.book.ledger.terms) {
            if let Some(venue) = account.venue {
                let equity = variation.scale * terms.positions_value + terms.balances_value;
                claims[venue].amount += equity.max(0.0);
            }
        }
        let horizon = self.plan.scenario.simulation.horizon;
        add_on::counterparty(&claims, horizon, measure)
    }
}

impl ScaledBook for &Exposure<'_> {
    type Error = EngineError;

    fn potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, EngineError> {
        self.at_scale(scale)
    }

    fn rough_potential_loss(&mut self, scale: f64) -> Result<MoneyEstimate, EngineError> {
        let is_rough = self.is_walked_again() && self.book.engine.drawn().plain;
        if !is_rough || self.solver_paths() <= ROUGH_PATHS {
            return self.at_scale(scale);
        }
        self.by_paths_once(scale, ROUGH_PATHS)
    }

    fn meets_initial_margin(&self, scale: f64) -> bool {
        self.book.margin.requirements(scale).iter().all(|found| found.meets_initial())
    }

    /// Where every scale walks paths again it is found to a part of its error that nobody sees.
    fn tolerance(&self) -> f64 {
        if self.is_walked_again() { 1e-6 } else { 1e-10 }
    }
}

/// What headroom walks again, and with what.
impl<'a> Exposure<'a> {
    /// Paths that tell what a change of the book changes of its potential loss.
    pub fn rough_paths(&self) -> u64 {
        let is_rough = self.book.engine.drawn().plain;
        if is_rough { self.solver_paths().min(ROUGH_PATHS) } else { self.solver_paths() }
    }

    /// Plan, policy, book and line to the outside.
    pub fn setting(&self) -> (&'a Plan, &'a Policy, &'a Compiled<'a>, Control<'a>) {
        (self.plan, self.policy, self.book, self.control)
    }

    /// Columns of the kept paths.
    pub fn columns(&self) -> &'a PathColumns {
        self.columns
    }
}

/// Whether a term of the policy is what venues bear.
pub(super) fn owes_venues(policy: &Policy) -> bool {
    policy.terms.iter().any(|term| matches!(term.kind, TermKind::VenueShortfall { .. }))
}

/// Puts the simulated terms of `part`, all paths of a book walked at its own scale, in place.
pub(super) fn put_simulated(
    policy: &Policy,
    book: &Compiled,
    part: &Partial,
    terms: &mut [MoneyEstimate],
) -> Result<(), EngineError> {
    let count = part.losses.len();
    let weights = PathWeights::first(count, &part.ratios, &part.controls, &book.design)?;
    for (estimate, term) in terms.iter_mut().zip(&policy.terms) {
        match term.kind {
            TermKind::SimulatedShortfall { level } => {
                *estimate = measured(&part.losses, &weights, Some(level))?;
            }
            TermKind::VenueShortfall { level } => {
                *estimate = walked_shortfall(book, part, level)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What venues bear of a book at its own scale, on the paths whose columns were kept.
fn walked_shortfall(
    book: &Compiled,
    part: &Partial,
    level: Option<ConfidenceLevel>,
) -> Result<MoneyEstimate, EngineError> {
    let accounts = book.setting.portfolio.accounts.len();
    let columns = PathColumns::new(accounts, book.underlyings.len(), part.columns.clone());
    let closing_costs = &book.ledger.closing_costs;
    let variation = Variation { scale: 1.0, added: None, closing_costs };
    let mut amounts = Vec::new();
    scaled::borne_by_venues(&columns, &book.ledger.terms, &variation, &mut amounts);
    let weights = PathWeights::first(amounts.len(), &part.ratios, &part.controls, &book.design)?;
    measured(&amounts, &weights, level)
}

/// Tail mean of amounts at `level`, or their mean, with its error.
fn measured(
    amounts: &[f64],
    weights: &PathWeights,
    level: Option<ConfidenceLevel>,
) -> Result<MoneyEstimate, EngineError> {
    if let Some(level) = level {
        let found = risk::tail_mean(amounts, weights, level)?;
        let (amount, standard_error) = (found.expected_shortfall, found.normal_error);
        return Ok(MoneyEstimate { amount, standard_error });
    }
    let needs = Needs { levels: &[], worst_paths: 1 };
    let moments = risk::moments(&LossSample::new(amounts, weights, &needs)?);
    let standard_error = moments.deviation / libm::sqrt(weights.units() as f64);
    Ok(MoneyEstimate { amount: moments.mean, standard_error })
}

/// Gross position exposure by underlying, with what trading it costs.
pub(super) fn traded(book: &Compiled) -> Result<Vec<TradedExposure>, EngineError> {
    let setting = &book.setting;
    let rows = pricing::exposures(
        setting.market,
        setting.portfolio,
        setting.pricing,
        Granularity::Position,
    )?;
    let mut traded: Vec<TradedExposure> = Vec::new();
    let positions = rows.iter().filter(|row| matches!(row.row, Row::Position(_)));
    for (symbol, delta) in positions.flat_map(|row| &row.dollar_deltas) {
        let name = symbol.as_str();
        let found = traded.iter().position(|exposure| exposure.underlying == name);
        let index = found.unwrap_or_else(|| {
            traded.push(bare(book, name));
            traded.len() - 1
        });
        traded[index].gross += delta.abs();
    }
    Ok(traded)
}

fn bare(book: &Compiled, underlying: &str) -> TradedExposure {
    let found = book.setting.market.underlying(&underlying.into());
    TradedExposure {
        underlying: underlying.to_owned(),
        gross: 0.0,
        liquidity: found.and_then(|underlying| underlying.liquidity.as_ref()).map(trading_cost),
    }
}

fn trading_cost(liquidity: &Liquidity) -> TradingCost {
    TradingCost {
        daily_volume: liquidity.adv_usd,
        half_spread: liquidity.half_spread,
        half_spread_deviation: liquidity.half_spread_deviation,
    }
}
