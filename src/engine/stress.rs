//! Stated instantaneous shocks: the book revalued today at moved factors, accounts below their
//! maintenance margin there closed, where their venue's rules act inside paths.
//!
//! A stated shock is what prices do, cascades included: closings under it pay fees and slippage, and
//! move nothing further.

use super::EngineError;
use super::compiled::Compiled;
use super::events::ShockedEvents;
use super::ledger::{AccountTerms, AccountValues};
use super::pass::Ledger;
use super::scaled::{self, Variation};
use crate::margin::Standing;
use crate::pricing::{PathState, PricingError};
use crate::simulation::{FactorBlock, FactorKey, FactorModel};
use crate::threshold::Stress;

/// One stress revalued: what [`scaled::loss`] needs to scale it.
pub(super) struct Stressed {
    pub name: String,
    accounts: Vec<AccountValues>,
    /// Accounts that would be liquidated inside paths, as they stand after the shock.
    standings: Vec<Standing>,
    /// The same where they are not the plain case.
    events: Option<ShockedEvents>,
    spot_levels: Vec<f64>,
}

impl Stressed {
    /// Revalues every stress of a term.
    pub fn all(book: &Compiled, stresses: &[Stress]) -> Result<Vec<Self>, EngineError> {
        stresses.iter().map(|stress| Self::new(book, stress)).collect()
    }

    /// Revalues one stress.
    pub fn new(book: &Compiled, stress: &Stress) -> Result<Self, EngineError> {
        let compiled = book.engine.book();
        let mut state = PathState::new(compiled, 1);
        let block = stressed_block(book.setting.model, stress)?;
        compiled.start_block(&mut state, 1);
        let mut values = vec![0.0; compiled.rows().len()];
        compiled.values_today(book.setting.isa, &block, &mut state, &mut values);
        let of = |&(positions, balances): &(usize, usize)| AccountValues {
            positions: values[positions],
            balances: values[balances],
        };
        let spot = |&factor: &usize| block.level(factor)[0];
        let liquidation = book.engine.liquidation();
        let standings = liquidation.map(|one| one.stage().standings(book.setting.isa, &block));
        let spot_levels = book.ledger.spot_factors.iter().map(spot).collect();
        let stage = book.engine.event_stage().map(|events| events.stage().clone());
        let isa = book.setting.isa;
        Ok(Self {
            name: stress.name.clone(),
            standings: standings.unwrap_or_default(),
            accounts: book.ledger.rows.iter().map(of).collect(),
            spot_levels,
            events: stage.map(|stage| ShockedEvents { stage, block, isa }),
        })
    }

    /// Loss of the stress under a variation of the book: what falls below its maintenance margin,
    /// where the venue's rules act inside paths, is closed at the shocked marks.
    pub fn loss(&self, terms: &[AccountTerms], variation: &Variation) -> f64 {
        let events = self.event_costs(variation.scale);
        let account = |account: usize| {
            let AccountValues { positions, balances } = self.accounts[account];
            let cost = self.cost(account, &events, variation.scale).unwrap_or(0.0);
            AccountValues { positions: positions - cost, balances }
        };
        scaled::loss(terms, variation, account, |underlying| self.spot_levels[underlying])
    }

    /// The same with nothing closed but what is closed today.
    pub fn loss_held(&self, terms: &[AccountTerms], variation: &Variation) -> f64 {
        let account = |account: usize| self.accounts[account];
        scaled::loss(terms, variation, account, |underlying| self.spot_levels[underlying])
    }

    /// What becomes of one account at a scale of its positions.
    pub fn account(&self, account: usize, ledger: &Ledger, scale: f64) -> StressedAccount {
        let events = self.event_costs(scale);
        let cost = self.cost(account, &events, scale);
        let AccountValues { positions, balances } = self.accounts[account];
        let values = AccountValues { positions: positions - cost.unwrap_or(0.0), balances };
        let (terms, today) = (&ledger.terms[account], ledger.closing_costs[account]);
        StressedAccount {
            loss: terms.loss(values, scale, today),
            equity: terms.equity(values, scale, today),
            is_closed: cost.is_some() || today.is_some(),
        }
    }

    fn event_costs(&self, scale: f64) -> Vec<(usize, f64)> {
        self.events.as_ref().map(|events| events.costs(scale)).unwrap_or_default()
    }

    /// What closing an account costs; `None`: it is not closed.
    fn cost(&self, account: usize, events: &[(usize, f64)], scale: f64) -> Option<f64> {
        let standing = self.standings.iter().find(|standing| standing.account == account);
        let closed = standing.filter(|standing| standing.is_liquidated(scale));
        let plain = closed.map(|standing| standing.closing_cost);
        let own = |(index, cost): &&(usize, f64)| *index == account && *cost != 0.0;
        let general = events.iter().find(own).map(|(_, cost)| *cost);
        match (plain, general) {
            (None, None) => None,
            (plain, general) => Some(plain.unwrap_or(0.0) + general.unwrap_or(0.0)),
        }
    }
}

/// An account after a stress.
pub(super) struct StressedAccount {
    pub loss: f64,
    pub equity: f64,
    pub is_closed: bool,
}

/// One path on which every factor has made its move of a stress.
pub(super) fn stressed_block(
    model: &FactorModel,
    stress: &Stress,
) -> Result<FactorBlock, EngineError> {
    let mut block = FactorBlock::new(model.factors.len(), 1);
    block.reset(&[0]);
    for (index, factor) in model.factors.iter().enumerate() {
        let change = change_of(stress, &factor.key);
        let (log, level) = moved(&factor.key, change, &stress.name)?;
        let (logs, levels) = block.factor_mut(index);
        (logs[0], levels[0]) = (log, level);
    }
    Ok(block)
}

/// Log and level of a factor after `change`; additive factors take it as it is.
fn moved(key: &FactorKey, change: f64, stress: &str) -> Result<(f64, f64), EngineError> {
    if key.is_additive() {
        return Ok((change, change));
    }
    let level = 1.0 + change;
    if level > 0.0 {
        return Ok((libm::log(level), level));
    }
    Err(PricingError::InvalidNumber {
        item: format!("stress '{stress}'"),
        what: "1 + change of a factor",
        found: level,
        expected: "a positive level",
    }
    .into())
}

/// The named shock of a factor, else the shock of all its kind (`*.spot`), else none.
fn change_of(stress: &Stress, key: &FactorKey) -> f64 {
    let name = key.to_string();
    let kind = name.rsplit('.').next().map(|suffix| format!("*.{suffix}"));
    let find = |wanted: &str| stress.shocks.iter().find(|shock| shock.factor == wanted);
    let shock = find(&name).or_else(|| kind.as_deref().and_then(find));
    shock.map_or(0.0, |shock| shock.change)
}

/// The key of a policy document that states the shock of `factor`.
pub(super) fn document_key(factor: &str) -> String {
    match factor {
        "*.spot" => "all_spots".to_owned(),
        "*.vol" => "all_volatilities".to_owned(),
        _ => format!("shocks.\"{factor}\""),
    }
}

/// Shocks of a stress that no factor of the model answers to.
pub(super) fn unanswered<'a>(stress: &'a Stress, model: &'a FactorModel) -> Vec<&'a str> {
    let names: Vec<String> = model.factors.iter().map(|factor| factor.key.to_string()).collect();
    let answers = |wanted: &str| match wanted.strip_prefix('*') {
        Some(suffix) => names.iter().any(|name| name.ends_with(suffix)),
        None => names.iter().any(|name| name == wanted),
    };
    let shocks = stress.shocks.iter().map(|shock| shock.factor.as_str());
    shocks.filter(|factor| !answers(factor)).collect()
}
