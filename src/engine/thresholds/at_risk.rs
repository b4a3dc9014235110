//! Notional at risk of liquidation: what venues would close at once if prices jumped.
//!
//! Every shock is a path of one block of the event stage today, so that requirement, steps of a
//! closing and isolated contracts are those of the paths; venues whose rules do not act inside paths
//! are taken to close everything at once. Accounts that the stage does not know (portfolio margin,
//! loans, those past their line today) are revalued shock by shock by their margin rules, and closed
//! whole (of a loan: what one liquidation repays). Volatilities, bases and pegs stay, forwards move with their coin.

use rayon::prelude::*;

use super::direction::{Direction, directions};
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::control::Control;
use crate::margin::{EventStage, Liquidation, LoanAsset, MarginBook, MarginSetting, VenueRules};
use crate::market::Market;
use crate::numeric::Streams;
use crate::outcome::{AtRiskAccount, AtRiskCurve, CoinBeta};
use crate::portfolio::{MarginMode, Portfolio};
use crate::pricing::{PricingSettings, Revaluation, with_entry_prices};
use crate::simulation::FactorBlock;

/// Accounts told by themselves.
const ACCOUNTS_TOLD: usize = 20;

/// Moves of the shocked coin: by 1 % near today, by 5 % further out.
fn shocks() -> Vec<f64> {
    let percent = (-90..=-25).step_by(5).chain(-20..=20).chain((25..=200).step_by(5));
    percent.map(|percent| f64::from(percent) / 100.0).collect()
}

/// One curve a direction; none where no account can be closed.
pub(in crate::engine) fn at_risk(
    book: &Compiled,
    control: &Control,
) -> Result<Vec<AtRiskCurve>, EngineError> {
    let Some(closings) = Closings::new(book)? else { return Ok(Vec::new()) };
    let curves = directions(book)?.into_par_iter().map(|direction| {
        control.check()?;
        closings.curve(&direction)
    });
    let curves: Vec<Option<AtRiskCurve>> = curves.collect::<Result<_, EngineError>>()?;
    Ok(curves.into_iter().flatten().collect())
}

/// What closes accounts.
struct Closings<'a> {
    book: &'a Compiled<'a>,
    rules: Vec<Option<VenueRules>>,
    stage: Option<EventStage>,
    /// With entry prices stated: a moved market must not move them.
    entered: Portfolio,
    /// Accounts that the stage does not know.
    others: Vec<usize>,
}

impl<'a> Closings<'a> {
    fn new(book: &'a Compiled<'a>) -> Result<Option<Self>, EngineError> {
        let setting = &book.setting;
        let rules: Vec<Option<VenueRules>> = setting.rules.iter().map(acting).collect();
        let entered = with_entry_prices(setting.market, setting.portfolio)?;
        let others: Vec<usize> =
            (0..entered.accounts.len()).filter(|at| is_other(book, &rules, *at)).collect();
        let mut known = setting.portfolio.clone();
        others.iter().for_each(|&at| known.accounts[at].margin_mode = MarginMode::None);
        let pricing = PricingSettings { revaluation: Revaluation::Full, ..setting.pricing };
        let (market, model) = (setting.market, setting.model);
        let margin = MarginSetting { rules: &rules, market, portfolio: &known, model, pricing };
        let streams = Streams::new(setting.seed, setting.isa);
        let valued = book.engine.book();
        let stage = EventStage::compile(&margin, valued, streams)?;
        let any = stage.is_some() || !others.is_empty();
        Ok(any.then_some(Self { book, rules, stage, entered, others }))
    }

    /// `None` where no shock closes anything.
    fn curve(&self, direction: &Direction) -> Result<Option<AtRiskCurve>, EngineError> {
        let shocks = shocks();
        let mut accounts = self.by_stage(direction, &shocks);
        accounts.extend(self.by_rules(direction, &shocks)?);
        accounts.retain(|(_, notional)| notional.iter().any(|one| *one > 0.0));
        if accounts.is_empty() {
            return Ok(None);
        }
        accounts.sort_by(|a, b| most(&b.1).total_cmp(&most(&a.1)).then(a.0.cmp(&b.0)));
        let mut total = vec![0.0; shocks.len()];
        accounts.iter().for_each(|(_, notional)| add(&mut total, notional));
        let beta = |(coin, &beta): (usize, &f64)| CoinBeta {
            asset: self.book.underlyings[coin].to_string(),
            beta,
        };
        let betas = direction.betas.iter().enumerate().filter(|(_, beta)| **beta != 0.0);
        Ok(Some(AtRiskCurve {
            direction: direction.words.clone(),
            underlying: self.book.underlyings[direction.shocked].to_string(),
            betas: betas.map(beta).collect(),
            shocks,
            book: total,
            accounts: self.told(accounts),
        }))
    }

    /// The largest by name, the rest as one.
    fn told(&self, mut accounts: Vec<(usize, Vec<f64>)>) -> Vec<AtRiskAccount> {
        let rest = accounts.split_off(accounts.len().min(ACCOUNTS_TOLD));
        let name = |account: usize| self.entered.accounts[account].name.clone();
        let one = |(account, notional)| AtRiskAccount { account: name(account), notional };
        let mut told: Vec<AtRiskAccount> = accounts.into_iter().map(one).collect();
        if let Some((_, first)) = rest.first() {
            let mut notional = vec![0.0; first.len()];
            rest.iter().for_each(|(_, one)| add(&mut notional, one));
            told.push(AtRiskAccount { account: others_of(rest.len()), notional });
        }
        told
    }

    /// Notional that the stage closes, by account.
    fn by_stage(&self, direction: &Direction, shocks: &[f64]) -> Vec<(usize, Vec<f64>)> {
        let Some(stage) = &self.stage else { return Vec::new() };
        let mut block = FactorBlock::new(self.book.setting.model.factors.len(), shocks.len());
        for (&factor, &beta) in self.book.ledger.spot_factors.iter().zip(&direction.betas) {
            let (logs, levels) = block.factor_mut(factor);
            for ((log, level), shock) in logs.iter_mut().zip(levels).zip(shocks) {
                *level = moved(*shock, beta);
                *log = libm::log(*level);
            }
        }
        let closed = stage.closings_today(self.book.setting.isa, &block);
        stage.accounts().zip(closed).collect()
    }

    /// Notional of the other accounts that are below their requirement.
    fn by_rules(
        &self,
        direction: &Direction,
        shocks: &[f64],
    ) -> Result<Vec<(usize, Vec<f64>)>, EngineError> {
        if self.others.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: Vec<(usize, Vec<f64>)> =
            self.others.iter().map(|&account| (account, Vec::new())).collect();
        let mut market = Market { history: None, ..self.book.setting.market.clone() };
        for shock in shocks {
            for (symbol, beta) in self.book.underlyings.iter().zip(&direction.betas) {
                let today = self.book.setting.market.asset(symbol).map(|asset| asset.price_usd);
                let asset = market.assets.iter_mut().find(|asset| asset.symbol == *symbol);
                if let (Some(asset), Some(today)) = (asset, today) {
                    asset.price_usd = today * moved(*shock, *beta);
                }
            }
            let book = MarginBook::compile(&self.rules, &market, &self.entered)?;
            let requirements = book.requirements(1.0);
            for (account, notional) in &mut found {
                let requirement = &requirements[*account];
                let closed = requirement.liquidated_at_once();
                let amount = self.loan_repaid(&book, *account);
                let amount = amount.unwrap_or(requirement.gross_notional);
                notional.push(if closed { amount } else { 0.0 });
            }
        }
        Ok(found)
    }

    /// What one liquidation of a loan repays.
    fn loan_repaid(&self, book: &MarginBook, account: usize) -> Option<f64> {
        let venue = self.entered.accounts[account].venue?;
        let terms = self.rules[venue].as_ref()?.loan.as_ref()?;
        let loan = book.loan(account)?;
        let bonus = if loan.collateral > 0.0 { loan.bonus_value / loan.collateral } else { 0.0 };
        let mean = LoanAsset { loan_to_value: 0.0, liquidation_threshold: 0.0, bonus };
        Some(terms.liquidate(loan, &mean, loan.collateral).repaid)
    }
}

/// A coin's price over today's when the shocked coin moves by `shock`.
fn moved(shock: f64, beta: f64) -> f64 {
    if beta == 1.0 { 1.0 + shock } else { libm::pow(1.0 + shock, beta) }
}

/// The rules as if they acted inside paths.
fn acting(rules: &Option<VenueRules>) -> Option<VenueRules> {
    let mut rules = rules.clone()?;
    rules.liquidation.get_or_insert(Liquidation::PLAIN);
    Some(rules)
}

fn is_other(book: &Compiled, rules: &[Option<VenueRules>], account: usize) -> bool {
    let held = &book.setting.portfolio.accounts[account];
    let venue = held.venue.filter(|_| held.margin_mode != MarginMode::None);
    let rules = venue.and_then(|venue| rules.get(venue)?.as_ref());
    let closed = book.requirements[account].liquidated_at_once();
    rules.is_some_and(|rules| {
        closed || held.margin_mode == MarginMode::Portfolio || rules.loan.is_some()
    })
}

fn others_of(count: usize) -> String {
    format!("{count} other account{}", if count == 1 { "" } else { "s" })
}

fn most(notional: &[f64]) -> f64 {
    notional.iter().copied().fold(0.0, f64::max)
}

fn add(sums: &mut [f64], more: &[f64]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
