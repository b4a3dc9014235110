//! Stated instantaneous shocks: the book revalued today at moved factors, accounts below their
//! maintenance margin there closed, where their venue's rules act inside paths.
//!
//! A stated shock is what prices do, cascades included: closings under it pay fees and slippage, and
//! move nothing further.

use super::EngineError;
use super::compiled::Compiled;
use super::events::ShockedEvents;
use super::ledger::{AccountTerms, AccountValues};
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

    fn new(book: &Compiled, stress: &Stress) -> Result<Self, EngineError> {
        let model = book.setting.model;
        let compiled = book.engine.book();
        let mut state = PathState::new(compiled, 1);
        let mut block = FactorBlock::new(model.factors.len(), 1);
        block.reset(&[0]);
        for (index, factor) in model.factors.iter().enumerate() {
            let change = change_of(stress, &factor.key);
            let (log, level) = moved(&factor.key, change, &stress.name)?;
            let (logs, levels) = block.factor_mut(index);
            (logs[0], levels[0]) = (log, level);
        }
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
        let events = self.events.as_ref().map(|events| events.costs(variation.scale));
        let events = events.unwrap_or_default();
        let account = |account: usize| {
            let AccountValues { positions, balances } = self.accounts[account];
            let standing = self.standings.iter().find(|standing| standing.account == account);
            let closed = standing.filter(|standing| standing.is_liquidated(variation.scale));
            let plain = closed.map_or(0.0, |standing| standing.closing_cost);
            let general = events.iter().find(|(index, _)| *index == account);
            let cost = plain + general.map_or(0.0, |(_, cost)| *cost);
            AccountValues { positions: positions - cost, balances }
        };
        scaled::loss(terms, variation, account, |underlying| self.spot_levels[underlying])
    }
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
