//! A scenario's book on another date, and the few figures that a walk-forward asks for there.
//!
//! Flows in: inputs as they were read, and what is another's on the date: market, book, settings.
//! Flows out: VaR and ES, the terms of the potential loss at a grid of scales, capital and the
//! condition multiplier; no contributions, no solved figures. A policy's options against
//! procyclicality act with what was known at the date.
//! The losses themselves are kept for what is compared with them.

use std::sync::Arc;

use super::EngineError;
use super::assemble;
use super::compiled::Compiled;
use super::conditions;
use super::control::{Control, Stage};
use super::exposure::Exposure;
use super::ledger::{AccountTerms, AccountValues};
use super::load::Inputs;
use super::pass::{Partial, PathColumns};
use super::plan::Plan;
use super::procyclicality;
use super::proxy;
use super::scaled::Variation;
use crate::document::Violations;
use crate::margin::VenueRules;
use crate::market::Market;
use crate::market::document::LoadedMarket;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::risk::{self, LossSample, Needs};
use crate::scenario::Scenario;
use crate::simulation::Fallback;
use crate::threshold::{self, Adjustment, Direction, MoneyEstimate, Policy, TermKind};
use crate::units::ConfidenceLevel;

/// What is another's on another date.
#[derive(Debug, Clone)]
pub struct Dated {
    /// Settings: seed, levels, model.
    pub scenario: Scenario,
    /// The world then; the model is fitted to its history.
    pub market: Market,
    /// What is held then.
    pub portfolio: Portfolio,
    /// Margin rules by venue.
    pub venue_rules: Vec<Option<VenueRules>>,
}

/// The few figures of one date.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedFigures {
    /// One a level of the scenario.
    pub measures: Vec<DatedMeasure>,
    /// One loss a path, in path order.
    pub losses: Vec<f64>,
    /// Sum over underlyings of the absolute dollar delta, collateral included.
    pub gross_exposure: f64,
    /// Absolute sum of the dollar deltas.
    pub net_exposure: f64,
    /// Which way the book leans.
    pub direction: Direction,
    /// Value of all balances after their haircuts.
    pub collateral_after_haircuts: f64,
    /// What the policy makes of it, where there is one.
    pub threshold: Option<DatedThreshold>,
    /// What the fit did in place of what the model's settings ask for.
    pub fallbacks: Vec<Fallback>,
    accounts: Vec<DatedAccount>,
}

/// VaR and ES at one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatedMeasure {
    /// The level.
    pub level: ConfidenceLevel,
    /// Value at risk.
    pub value_at_risk: f64,
    /// Expected shortfall.
    pub expected_shortfall: f64,
    /// Its Monte Carlo standard error.
    pub standard_error: f64,
}

/// The threshold of one date, before the status's memory.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedThreshold {
    /// Amount of each term before its weight, in policy order, shortfalls with their factor against
    /// procyclicality.
    pub terms: Vec<MoneyEstimate>,
    /// `[scale][term]` at the scales asked for, with the factors at scale 1.
    pub terms_at_scales: Vec<Vec<f64>>,
    /// Potential loss PL.
    pub potential_loss: MoneyEstimate,
    /// Capital base C.
    pub capital: f64,
    /// Condition multiplier M, with its memory.
    pub multiplier: f64,
    /// The product of its drivers, before floor, cap and memory.
    pub raw_multiplier: f64,
    /// Threshold T.
    pub threshold: f64,
}

/// What turns the values of an account into the desk's loss.
#[derive(Debug, Clone, Copy, PartialEq)]
struct DatedAccount {
    terms: AccountTerms,
    closing_cost: Option<f64>,
}

impl DatedFigures {
    /// The desk's loss where the accounts come to stand at `horizon`: limited liability and what is
    /// closed at once as in the simulated losses.
    pub fn loss(&self, horizon: &[AccountValues]) -> f64 {
        let accounts = self.accounts.iter().zip(horizon);
        accounts.map(|(one, values)| one.terms.loss(*values, 1.0, one.closing_cost)).sum()
    }

    /// Value of positions and of balances at the date.
    pub fn values(&self) -> AccountValues {
        let terms = self.accounts.iter().map(|account| &account.terms);
        AccountValues {
            positions: terms.clone().map(|terms| terms.positions_value).sum(),
            balances: terms.map(|terms| terms.balances_value).sum(),
        }
    }
}

impl Inputs {
    /// These inputs on another date, without policy, trades and what belongs to replays.
    fn on(&self, dated: Dated) -> Self {
        let Dated { scenario, market, portfolio, venue_rules } = dated;
        let parsed = self.market.parsed.clone();
        Self {
            scenario,
            portfolio,
            portfolio_with_trades: None,
            market: Arc::new(LoadedMarket { market, findings: Vec::new(), parsed }),
            venue_rules,
            policy: None,
            bars: None,
            left_out: Vec::new(),
            files: Vec::new(),
            kept: Vec::new(),
            recipe: None,
            scenario_places: self.scenario_places.clone(),
            position_places: self.position_places.clone(),
            account_places: self.account_places.clone(),
            hedge_places: self.hedge_places.clone(),
            shared: None,
        }
    }
}

/// The plan of `inputs` on another date; market conditions are replayed over `known`, every close up
/// to the date, and models against procyclicality are fitted to it.
///
/// # Errors
/// What history or settings do not allow there.
pub fn dated_plan(inputs: &Inputs, dated: Dated, known: &Market) -> Result<Plan, Violations> {
    let mut plan = Plan::build(&inputs.on(dated))?;
    if let Some(policy) = &inputs.policy {
        plan.condition = Some(conditions::condition(policy, &plan.scenario, known)?);
        procyclicality::plan_on_date(&mut plan, &policy.policy, known);
        plan.policy = Some(policy.policy.clone());
    }
    Ok(plan)
}

/// Walks the plan's paths and measures them; terms of the potential loss at `scales` too.
///
/// # Errors
/// [`EngineError`]: interrupted, or a book the model cannot price.
pub fn dated_figures(
    plan: &Plan,
    scales: &[f64],
    isa: InstructionSet,
    control: &Control,
) -> Result<DatedFigures, EngineError> {
    let book = Compiled::new(plan, &plan.portfolio, isa)?;
    let paths = plan.scenario.simulation.paths;
    let kept = if plan.policy.is_some() { book.kept_paths(paths) } else { 0 };
    let mut part = proxy::whole_pass(plan, &book, kept, control, Stage::Losses)?.part;
    let deltas = assemble::dollar_deltas(&book)?;
    let direction = Direction::of(&deltas);
    let threshold = match &plan.policy {
        Some(policy) => {
            let date = Date { plan, policy, book: &book, direction, control };
            Some(date.threshold(&mut part, scales)?)
        }
        None => None,
    };
    let accounts = book.ledger.terms.iter().zip(&book.ledger.closing_costs);
    Ok(DatedFigures {
        measures: measures(plan, &part)?,
        gross_exposure: deltas.iter().map(|delta| delta.abs()).sum(),
        net_exposure: deltas.iter().sum::<f64>().abs(),
        direction,
        collateral_after_haircuts: book.collateral_after_haircuts(),
        threshold,
        fallbacks: plan.fit.fallbacks.clone(),
        accounts: accounts
            .map(|(terms, cost)| DatedAccount { terms: *terms, closing_cost: *cost })
            .collect(),
        losses: part.losses,
    })
}

fn measures(plan: &Plan, part: &Partial) -> Result<Vec<DatedMeasure>, EngineError> {
    let levels = &plan.scenario.measures.levels;
    let design = plan.sample_design();
    let weights = part.weights(part.losses.len(), &design)?;
    let sample = LossSample::new(&part.losses, &weights, &Needs { levels, worst_paths: 1 })?;
    let measure = |&level: &ConfidenceLevel| {
        let shortfall = risk::expected_shortfall(&sample, level);
        DatedMeasure {
            level,
            value_at_risk: risk::value_at_risk(&sample, level).loss.amount(),
            expected_shortfall: shortfall.loss.amount(),
            standard_error: shortfall.standard_error,
        }
    };
    Ok(levels.iter().map(measure).collect())
}

/// One date under a policy.
struct Date<'a> {
    plan: &'a Plan,
    policy: &'a Policy,
    book: &'a Compiled<'a>,
    direction: Direction,
    control: &'a Control<'a>,
}

impl Date<'_> {
    /// Takes the columns out of `part`.
    fn threshold(&self, part: &mut Partial, scales: &[f64]) -> Result<DatedThreshold, EngineError> {
        let Self { plan, policy, book, control, .. } = *self;
        let columns = std::mem::take(&mut part.columns);
        let accounts = book.setting.portfolio.accounts.len();
        let columns = PathColumns::new(accounts, book.underlyings.len(), columns);
        let weights = part.weights(columns.path_count(), &book.design)?;
        let exposure = Exposure::new(plan, policy, book, (&columns, &weights), control)?;
        let mut terms = at_scale(book, &exposure, 1.0)?;
        self.put_shortfalls(part, &mut terms)?;
        let multiplier = plan.condition.as_ref().map(|found| found.of(self.direction));
        let (multiplier, raw_multiplier) =
            multiplier.map_or((1.0, 1.0), |one| (one.value, one.raw));
        let adjustment = self.adjustment(part, raw_multiplier)?;
        let potential_loss = adjustment.potential_loss(policy, &terms)?.estimate;
        let at = |scale: &f64| {
            let found = adjustment.terms(&at_scale(book, &exposure, *scale)?);
            Ok(found.iter().map(|estimate| estimate.amount).collect())
        };
        let terms_at_scales: Vec<Vec<f64>> =
            scales.iter().map(at).collect::<Result<_, EngineError>>()?;
        let terms = adjustment.terms(&terms);
        let capital = threshold::capital(&policy.capital, book.collateral_after_haircuts()).amount;
        let threshold = threshold::threshold(policy.appetite, capital, multiplier);
        Ok(DatedThreshold {
            terms,
            terms_at_scales,
            potential_loss,
            capital,
            multiplier,
            raw_multiplier,
            threshold,
        })
    }

    /// What the policy's options against procyclicality make of the potential loss.
    fn adjustment(&self, part: &Partial, raw: f64) -> Result<Adjustment, EngineError> {
        let weights = part.weights(part.losses.len(), &self.book.design)?;
        let plain = |level| Ok(risk::tail_mean(&part.losses, &weights, level)?.expected_shortfall);
        let book = (self.plan, self.book);
        let found = assemble::adjusted_book(book, self.policy, raw, &plain, self.control)?;
        Ok(found.adjustment)
    }

    /// Simulated shortfalls on all paths, not on those alone whose columns were kept.
    fn put_shortfalls(
        &self,
        part: &Partial,
        terms: &mut [MoneyEstimate],
    ) -> Result<(), EngineError> {
        let weights = part.weights(part.losses.len(), &self.book.design)?;
        for (estimate, term) in terms.iter_mut().zip(&self.policy.terms) {
            if let TermKind::SimulatedShortfall { level } = term.kind {
                let found = risk::tail_mean(&part.losses, &weights, level)?;
                estimate.amount = found.expected_shortfall;
                estimate.standard_error = found.normal_error;
            }
        }
        Ok(())
    }
}

/// Every term with positions at `scale`, off the kept paths.
fn at_scale(
    book: &Compiled,
    exposure: &Exposure,
    scale: f64,
) -> Result<Vec<MoneyEstimate>, EngineError> {
    let found = book.margin.requirements(scale);
    let closing_costs: Vec<Option<f64>> = found.iter().map(super::accounts::closing_cost).collect();
    exposure.terms(&Variation { scale, added: None, closing_costs: &closing_costs })
}
