//! The difference that events make, node by node and account by account.

use std::sync::Arc;

use super::Clock;
use super::walk::{Acting, End, Walk, Walker};
use crate::engine::assemble;
use crate::engine::control::{Control, Interrupted};
use crate::engine::path::PathHappening;
use crate::margin::Happening;
use crate::margin::displacement::MarketHappening;
use crate::outcome::{CoinPrice, ReplayStep};
use crate::units::grouped;

/// The steps from `without` to `with`, in order of time; within a node in portfolio order.
pub(super) fn steps(
    walker: &Walker<'_>,
    clock: &Clock<'_>,
    (with, without): (&Walk, &Walk),
    control: &Control,
) -> Result<Vec<ReplayStep>, Interrupted> {
    let path = with.path;
    let mut nodes: Vec<usize> = with.happened.iter().map(node_of).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut steps = Vec::new();
    let mut before = without.ends.clone();
    // Accounts that are closed today.
    let today = walker.walk(path, Acting::AtFirst(0)).ends;
    let teller = Teller { walker, clock, with };
    teller.tell(None, &before, &today, &mut steps);
    before = today;
    for (index, &node) in nodes.iter().enumerate() {
        control.check()?;
        let is_last = index + 1 == nodes.len();
        let after = match is_last {
            true => with.ends.clone(),
            false => walker.walk(path, Acting::AtFirst(node + 1)).ends,
        };
        teller.tell(Some(node), &before, &after, &mut steps);
        before = after;
    }
    Ok(steps)
}

struct Teller<'a> {
    walker: &'a Walker<'a>,
    clock: &'a Clock<'a>,
    with: &'a Walk,
}

impl Teller<'_> {
    /// Adds one step an account to which something happened at `node`, or whose loss changed by it.
    fn tell(
        &self,
        node: Option<usize>,
        before: &[End],
        after: &[End],
        steps: &mut Vec<ReplayStep>,
    ) {
        for (account, (before, after)) in before.iter().zip(after).enumerate() {
            let happened: Vec<&PathHappening> = self.happened(node, account).collect();
            let total = after.loss - before.loss;
            if happened.is_empty() && total == 0.0 {
                continue;
            }
            // What stops slip by and rebalancing costs is paid by positions: it is in no account's
            // costs.
            let slipped: f64 = happened.iter().map(|one| self.slippage(one)).sum();
            let cost = after.cost - before.cost + slipped;
            let liability = after.relief - before.relief;
            steps.push(ReplayStep {
                node,
                time: self.clock.time(node),
                account: self.walker.book.setting.portfolio.accounts[account].name.clone(),
                events: self.told(node, &happened),
                notional: happened.iter().map(|one| notional(one)).sum(),
                prices: self.prices(node, account),
                cost,
                market: total - cost - liability,
                liability,
                total,
            });
        }
    }

    fn happened(
        &self,
        node: Option<usize>,
        account: usize,
    ) -> impl Iterator<Item = &PathHappening> {
        let here =
            move |one: &&PathHappening| Some(node_of(one)) == node && account_of(one) == account;
        self.with.happened.iter().filter(here)
    }

    fn told(&self, node: Option<usize>, happened: &[&PathHappening]) -> Vec<String> {
        if node.is_none() {
            return vec!["closed today: it is below its maintenance margin".to_owned()];
        }
        happened.iter().map(|one| self.told_one(one)).collect()
    }

    /// What happened, without what has columns of its own.
    fn told_one(&self, happened: &PathHappening) -> String {
        let setting = &self.walker.book.setting;
        let displacement = self.walker.book.engine.displacement().map(Arc::as_ref);
        let terms = (setting.model, displacement);
        let plain = || assemble::happening(happened, setting.portfolio, terms).1;
        let PathHappening::Event(event) = happened else { return plain() };
        let money = |amount: f64| format!("USD {}", grouped(amount, 2));
        if let Happening::MarginCall { short } = event.what {
            return format!("margin call: {} short of initial margin", money(short));
        }
        match event.what {
            Happening::Stop { order, .. } => {
                format!("stop {} executes", setting.portfolio.orders[order].id)
            }
            Happening::Rebalancing { leverage, is_reduction, .. } => {
                let does = if is_reduction { "reduced" } else { "increased" };
                format!("{does} to its target from a leverage of {leverage:.2}")
            }
            Happening::Liquidation { balance, maintenance, bad_debt, is_flat, .. } => {
                let extent = if is_flat { "all of it" } else { "a part" };
                let debt = match bad_debt > 0.0 {
                    true => format!(", {} of bad debt", money(bad_debt)),
                    false => String::new(),
                };
                format!(
                    "liquidated, {extent}: margin balance {}, maintenance margin {}{debt}",
                    money(balance),
                    money(maintenance)
                )
            }
            _ => plain(),
        }
    }

    fn slippage(&self, happened: &PathHappening) -> f64 {
        let PathHappening::Event(event) = happened else { return 0.0 };
        match event.what {
            Happening::Stop { order, notional } => {
                self.walker.book.setting.portfolio.orders[order].slippage * notional
            }
            Happening::Rebalancing { cost, .. } => cost,
            _ => 0.0,
        }
    }

    /// Prices of the coins that the account's positions are in.
    fn prices(&self, node: Option<usize>, account: usize) -> Vec<CoinPrice> {
        let book = self.walker.book;
        let positions = &book.setting.portfolio.positions;
        let count = book.underlyings.len();
        let held = |symbol: &crate::units::Symbol| {
            let mut own = positions.iter().filter(|position| position.account == account);
            own.any(|position| position.instrument.underlying() == symbol)
        };
        let coins = book.underlyings.iter().enumerate().filter(|(_, symbol)| held(symbol));
        let price = |(index, symbol): (usize, &crate::units::Symbol)| {
            let today = book.setting.market.asset(symbol)?.price_usd;
            let price = today * self.with.spot(node, index, count);
            Some(CoinPrice { coin: symbol.to_string(), price })
        };
        coins.filter_map(price).collect()
    }
}

/// The node of something that happened.
pub(super) fn node_of(happened: &PathHappening) -> usize {
    match happened {
        PathHappening::Closed(event) => event.closed.node,
        PathHappening::Event(event) => event.node,
        PathHappening::Market(event) => event.node,
    }
}

/// The account it happened to; beyond all accounts where it happened to prices or a venue.
pub(super) fn account_of(happened: &PathHappening) -> usize {
    match happened {
        PathHappening::Closed(event) => event.account,
        PathHappening::Event(event) => event.account,
        PathHappening::Market(event) => match event.what {
            MarketHappening::Deleveraged { account, .. }
            | MarketHappening::Socialised { account, .. } => account,
            _ => usize::MAX,
        },
    }
}

/// Notional that it closed, or traded.
pub(super) fn notional(happened: &PathHappening) -> f64 {
    let PathHappening::Event(event) = happened else { return 0.0 };
    match event.what {
        Happening::Stop { notional, .. }
        | Happening::Rebalancing { notional, .. }
        | Happening::Liquidation { notional, .. } => notional,
        _ => 0.0,
    }
}
