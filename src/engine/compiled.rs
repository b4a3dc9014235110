//! A book compiled for its passes: path engine, ledger, margin at time zero.

use super::ledger::AccountTerms;
use super::pass::Ledger;
use super::path::{PathEngine, Setting};
use super::plan::Plan;
use super::{EngineError, accounts};
use crate::margin::{MarginBook, Requirement};
use crate::market::Market;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{MarginMode, Portfolio};
use crate::pricing::{Granularity, Row};
use crate::risk::SampleDesign;
use crate::simulation::{FactorKey, FactorModel, Simulator};
use crate::units::Symbol;

/// A book on a market under a model, ready to walk paths.
pub(super) struct Compiled<'a> {
    pub setting: Setting<'a>,
    pub engine: PathEngine,
    pub ledger: Ledger,
    /// Margin at time zero, at any scale of the positions.
    pub margin: MarginBook,
    /// Margin of each account at time zero.
    pub requirements: Vec<Requirement>,
    /// Underlyings whose spot is a factor, in model order.
    pub underlyings: Vec<Symbol>,
    /// How paths are drawn.
    pub design: SampleDesign,
}

impl<'a> Compiled<'a> {
    /// The plan's model on `portfolio` in the plan's market.
    pub fn new(
        plan: &'a Plan,
        portfolio: &'a Portfolio,
        isa: InstructionSet,
    ) -> Result<Self, EngineError> {
        Self::on(plan, portfolio, &plan.market, &plan.model, isa)
    }

    /// As `new`, in another market or under another model.
    pub fn on(
        plan: &'a Plan,
        portfolio: &'a Portfolio,
        market: &'a Market,
        model: &'a FactorModel,
        isa: InstructionSet,
    ) -> Result<Self, EngineError> {
        let pricing = plan.pricing_settings();
        let seed = plan.scenario.simulation.seed;
        let (rules, sampling) = (&plan.venue_rules, &plan.sampling);
        let (hazards, events) = (&plan.hazards, &plan.scenario.events);
        let setting = Setting {
            market,
            portfolio,
            model,
            rules,
            sampling,
            hazards,
            events,
            pricing,
            seed,
            isa,
        };
        let engine = PathEngine::compile(&setting, Granularity::Account)?;
        let margin = MarginBook::compile(rules, market, portfolio)?;
        let requirements = margin.requirements(1.0);
        let (underlyings, spot_factors) = spots(model);
        let ledger = Ledger {
            terms: terms(&engine, portfolio),
            closing_costs: requirements.iter().map(accounts::closing_cost).collect(),
            rows: rows(&engine, portfolio),
            spot_factors,
        };
        let design = plan.sample_design();
        Ok(Self { setting, engine, ledger, margin, requirements, underlyings, design })
    }

    /// As `new`, its factors those of `model`, some held; paths are drawn by `simulator`, which holds
    /// them too.
    pub fn held(
        plan: &'a Plan,
        portfolio: &'a Portfolio,
        model: &'a FactorModel,
        simulator: Simulator,
        isa: InstructionSet,
    ) -> Result<Self, EngineError> {
        let mut found = Self::on(plan, portfolio, &plan.market, model, isa)?;
        found.engine = found.engine.drawn_by(simulator);
        Ok(found)
    }

    /// Paths, counted from id 0, whose columns are kept: whole independent units.
    pub fn kept_paths(&self, path_count: u64) -> u64 {
        self.design.unit.whole(self.ledger.kept_paths(path_count))
    }

    /// Value of positions and balances today.
    pub fn value(&self) -> f64 {
        let terms = self.ledger.terms.iter();
        terms.map(|terms| terms.positions_value + terms.balances_value).sum()
    }

    /// Value of all balances after their haircuts; what is borrowed counts in full.
    pub fn collateral_after_haircuts(&self) -> f64 {
        let balances = self.setting.portfolio.accounts.iter().flat_map(|one| &one.balances);
        let value = |balance: &crate::portfolio::Balance| {
            let price = self.setting.market.asset(&balance.asset).map_or(0.0, |one| one.price_usd);
            let kept = if balance.quantity > 0.0 { 1.0 - balance.haircut } else { 1.0 };
            balance.quantity * price * kept
        };
        balances.map(value).sum()
    }
}

fn spots(model: &FactorModel) -> (Vec<Symbol>, Vec<usize>) {
    let spot = |(index, factor): (usize, &crate::simulation::Factor)| match &factor.key {
        FactorKey::Spot(symbol) => Some((symbol.clone(), index)),
        _ => None,
    };
    model.factors.iter().enumerate().filter_map(spot).unzip()
}

fn rows(engine: &PathEngine, portfolio: &Portfolio) -> Vec<(usize, usize)> {
    let mut found = vec![(None, None); portfolio.accounts.len()];
    for (index, row) in engine.book().rows().iter().enumerate() {
        match *row {
            Row::AccountPositions(account) => found[account].0 = Some(index),
            Row::AccountBalances(account) => found[account].1 = Some(index),
            Row::Position(_) | Row::Balance { .. } => {}
        }
    }
    let both = found.into_iter().map(|(positions, balances)| positions.zip(balances));
    both.map(|both| both.expect("a book by account has both rows of every account")).collect()
}

fn terms(engine: &PathEngine, portfolio: &Portfolio) -> Vec<AccountTerms> {
    let base = engine.book().base_values();
    let accounts = portfolio.accounts.iter().zip(rows(engine, portfolio));
    let terms = accounts.map(|(account, (positions, balances))| AccountTerms {
        limited_liability: account.venue.is_some()
            && !account.recourse
            && account.margin_mode != MarginMode::None,
        positions_value: base[positions],
        balances_value: base[balances],
    });
    terms.collect()
}
