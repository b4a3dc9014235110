//! A candidate's plan: the base plan with every parameter set.

use super::parameter::{Parameter, Setting, VenueRule};
use crate::engine::{self, Plan};
use crate::margin::{self, CloseAmount, FutureRules, LoanAsset, LoanOracle, VenueRules};
use crate::portfolio::{Instrument, Rebalancing, Settlement};
use crate::pricing;
use crate::units::{DAYS_PER_YEAR, Symbol, Years};

/// The base plan with `values` set, or why such a book cannot be held.
pub(super) fn plan_with(
    base: &Plan,
    parameters: &[Parameter],
    values: &[f64],
) -> Result<Plan, String> {
    let mut plan = base.clone();
    let mut ordered: Vec<(&Parameter, f64)> =
        parameters.iter().zip(values.iter().copied()).collect();
    ordered.sort_by_key(|(parameter, _)| parameter.phase());
    for (parameter, value) in ordered {
        match &parameter.sets {
            Setting::Venue { venue, rule } => {
                if let Some(rules) = &mut plan.venue_rules[*venue] {
                    set_rule(rules, rule, value);
                }
            }
            Setting::CollateralSplit { account, other, asset } => {
                split(&mut plan, (*account, *other), asset, value);
            }
            Setting::Leverage { accounts } => lever(&mut plan, accounts, value)?,
            Setting::StopDistance { orders } => place_stops(&mut plan, orders, value)?,
            Setting::RebalancingTarget { accounts } => {
                rules_of(&mut plan, accounts).for_each(|rule| *rule = aimed(*rule, value));
            }
            Setting::RebalancingBand { accounts } => {
                rules_of(&mut plan, accounts).for_each(|rule| *rule = banded(*rule, value));
            }
        }
    }
    check_bands(&plan)?;
    Ok(plan)
}

fn rules_of<'a>(
    plan: &'a mut Plan,
    accounts: &'a [usize],
) -> impl Iterator<Item = &'a mut Rebalancing> {
    let held = plan.portfolio.accounts.iter_mut().enumerate();
    let set = held.filter(|(index, _)| accounts.contains(index));
    set.filter_map(|(_, account)| account.rebalancing.as_mut())
}

/// The rule with another target, its edges as far from it as they are, in shares of it.
fn aimed(rule: Rebalancing, target: f64) -> Rebalancing {
    let moved = target / rule.target_leverage;
    Rebalancing {
        target_leverage: target,
        upper_leverage: moved * rule.upper_leverage,
        lower_leverage: rule.lower_leverage.map(|lower| moved * lower),
        ..rule
    }
}

/// The rule with its edges a share of its target away from it; one that never increases still does
/// not.
fn banded(rule: Rebalancing, share: f64) -> Rebalancing {
    let target = rule.target_leverage;
    Rebalancing {
        upper_leverage: target * (1.0 + share),
        lower_leverage: rule.lower_leverage.map(|_| target * (1.0 - share)),
        ..rule
    }
}

/// Why an account cannot be kept at the leverage that a candidate says.
fn check_bands(plan: &Plan) -> Result<(), String> {
    if plan.portfolio.accounts.iter().all(|account| account.rebalancing.is_none()) {
        return Ok(());
    }
    for account in &plan.portfolio.accounts {
        let Some(rule) = &account.rebalancing else { continue };
        if rule.trading_cost * rule.target_leverage >= 1.0 {
            return Err(format!("'{}': trading costs more than it frees", account.name));
        }
    }
    let unkept = engine::unkept(&plan.venue_rules, &plan.market, &plan.portfolio);
    unkept.map_err(|error| error.to_string())?.map_or(Ok(()), Err)
}

fn set_rule(rules: &mut VenueRules, rule: &VenueRule, value: f64) {
    match rule {
        VenueRule::MaintenanceRate => {
            futures(rules).for_each(|one| set_maintenance(one, value));
        }
        VenueRule::MaintenanceMultiple => futures(rules).for_each(|one| multiply(one, value)),
        VenueRule::CloseFraction => {
            if let Some(liquidation) = &mut rules.liquidation {
                let target_ratio = match liquidation.close {
                    CloseAmount::Steps { target_ratio, .. } => target_ratio,
                    CloseAmount::Full => 1.0,
                };
                liquidation.close = CloseAmount::Steps { fraction: value, target_ratio };
            }
        }
        VenueRule::LiquidationFee => rules.liquidation_fee = value,
        VenueRule::CloseFactor => {
            if let Some(loan) = &mut rules.loan {
                loan.close_factor = value;
            }
        }
        VenueRule::LiquidationThreshold { asset } => {
            assets(rules, asset.as_ref(), |terms| {
                terms.liquidation_threshold = value;
                terms.loan_to_value = terms.loan_to_value.min(value);
            });
        }
        VenueRule::OracleDelay => {
            let years = value / HOURS_PER_DAY / DAYS_PER_YEAR;
            oracle(rules, |oracle| oracle.delay = Years(years));
        }
        VenueRule::DeviationThreshold => oracle(rules, |oracle| oracle.deviation = value),
        VenueRule::Bonus { asset } => assets(rules, asset.as_ref(), |terms| terms.bonus = value),
    }
}

const HOURS_PER_DAY: f64 = 24.0;

fn oracle(rules: &mut VenueRules, set: impl FnOnce(&mut LoanOracle)) {
    let loan = rules.loan.as_mut();
    if let Some(oracle) = loan.and_then(|loan| loan.inside_paths.as_mut()) {
        set(oracle);
    }
}

fn futures(rules: &mut VenueRules) -> impl Iterator<Item = &mut FutureRules> {
    std::iter::once(&mut rules.futures).chain(rules.futures_by_coin.values_mut())
}

fn set_maintenance(rules: &mut FutureRules, value: f64) {
    match rules {
        FutureRules::Flat { initial, maintenance }
        | FutureRules::Sized { initial, maintenance, .. } => {
            *maintenance = value;
            *initial = initial.max(value);
        }
        FutureRules::Tiered { .. } | FutureRules::Unlisted => {}
    }
}

/// Every rate times `factor`, none above the whole notional; deductions keep brackets continuous.
fn multiply(rules: &mut FutureRules, factor: f64) {
    match rules {
        FutureRules::Flat { initial, maintenance } => {
            *initial = (*initial * factor).min(1.0);
            *maintenance = (*maintenance * factor).min(1.0);
        }
        FutureRules::Sized { initial, maintenance, per_coin } => {
            *initial = (*initial * factor).min(1.0);
            *maintenance = (*maintenance * factor).min(1.0);
            *per_coin *= factor;
        }
        FutureRules::Tiered { tiers } => {
            for tier in tiers {
                tier.leverage_max = (tier.leverage_max / factor).max(1.0);
                tier.maintenance *= factor;
                tier.deduction *= factor;
            }
        }
        FutureRules::Unlisted => {}
    }
}

fn assets(rules: &mut VenueRules, asset: Option<&Symbol>, set: impl Fn(&mut LoanAsset)) {
    let Some(loan) = &mut rules.loan else { return };
    let wanted = |name: &Symbol| asset.is_none_or(|asset| asset == name);
    loan.assets.iter_mut().filter(|(name, _)| wanted(name)).for_each(|(_, terms)| set(terms));
}

/// Gives `account` a share of what both hold of an asset, `other` the rest.
fn split(plan: &mut Plan, (account, other): (usize, usize), asset: &Symbol, share: f64) {
    let accounts = &mut plan.portfolio.accounts;
    let held = |accounts: &[crate::portfolio::Account], index: usize| {
        let balances = accounts[index].balances.iter();
        balances.filter(|one| one.asset == *asset).map(|one| one.quantity).sum::<f64>()
    };
    let total = held(accounts, account) + held(accounts, other);
    let first = share * total;
    for (index, quantity) in [(account, first), (other, total - first)] {
        let mut balances = accounts[index].balances.iter_mut().filter(|one| one.asset == *asset);
        if let Some(balance) = balances.next() {
            balance.quantity = quantity;
        }
        balances.for_each(|one| one.quantity = 0.0);
    }
}

/// Scales the positions of accounts, and the orders on them, to a gross notional over equity.
fn lever(plan: &mut Plan, accounts: &[usize], leverage: f64) -> Result<(), String> {
    let at = |plan: &Plan, scale: f64| {
        margin::requirements(&plan.venue_rules, &plan.market, &plan.portfolio, scale)
            .map_err(|error| error.to_string())
    };
    let (without, with) = (at(plan, 0.0)?, at(plan, 1.0)?);
    for &account in accounts {
        let notional = with[account].gross_notional;
        if notional <= 0.0 {
            continue;
        }
        let name = &plan.portfolio.accounts[account].name;
        let scale = margin::leverage_scale(&without[account], &with[account], leverage);
        let Some(scale) = scale else {
            return Err(format!(
                "no size of '{name}' has this leverage: its equity is not positive"
            ));
        };
        let held =
            |position: usize, plan: &Plan| plan.portfolio.positions[position].account == account;
        for order in 0..plan.portfolio.orders.len() {
            if held(plan.portfolio.orders[order].position, plan) {
                plan.portfolio.orders[order].quantity *= scale;
            }
        }
        let positions = plan.portfolio.positions.iter_mut();
        positions.filter(|one| one.account == account).for_each(|one| one.quantity *= scale);
    }
    Ok(())
}

/// Puts stop orders at a share of today's mark away from it, on the side on which they reduce.
fn place_stops(plan: &mut Plan, orders: &[usize], distance: f64) -> Result<(), String> {
    for &index in orders {
        let order = &plan.portfolio.orders[index];
        let position = &plan.portfolio.positions[order.position];
        let mark = pricing::mark(&plan.market, position).map_err(|error| error.to_string())?;
        let linear = matches!(position.instrument.settlement(), Some(Settlement::Linear { .. }));
        let spot = matches!(position.instrument, Instrument::Spot { .. });
        let today = match (spot, linear) {
            (true, _) => mark.spot,
            (_, true) => mark.forward / mark.quote_price,
            _ => mark.forward,
        };
        let moved = if order.quantity < 0.0 { 1.0 - distance } else { 1.0 + distance };
        plan.portfolio.orders[index].price = today * moved;
    }
    Ok(())
}
