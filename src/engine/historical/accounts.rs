//! What the replay did to each account.

use super::Clock;
use super::steps::{account_of, node_of, notional};
use super::walk::{Walk, Walker};
use crate::engine::path::PathHappening;
use crate::margin::Happening;
use crate::outcome::ReplayedAccount;

/// One row an account, in portfolio order.
pub(super) fn accounts(
    walker: &Walker<'_>,
    clock: &Clock<'_>,
    with: &Walk,
    without: &Walk,
) -> Vec<ReplayedAccount> {
    let portfolio = walker.book.setting.portfolio;
    let row = |(account, found): (usize, &crate::portfolio::Account)| {
        let own = || with.happened.iter().filter(|one| account_of(one) == account);
        let first = |wanted: fn(&PathHappening) -> bool| {
            own().find(|one| wanted(one)).map(|one| clock.time(Some(node_of(one))))
        };
        let at_once = walker.book.requirements[account].liquidated_at_once();
        let today = at_once.then(|| clock.time(None));
        ReplayedAccount {
            account: found.name.clone(),
            loss: with.ends[account].loss,
            loss_without_events: without.ends[account].loss,
            notional: own().map(notional).sum(),
            cost: with.ends[account].cost,
            borne_by_venue: -with.ends[account].relief,
            called_at: first(is_call),
            liquidated_at: today.or_else(|| first(is_liquidation)),
        }
    };
    portfolio.accounts.iter().enumerate().map(row).collect()
}

fn is_call(happened: &PathHappening) -> bool {
    match happened {
        PathHappening::Closed(_) => false,
        PathHappening::Event(event) => matches!(event.what, Happening::MarginCall { .. }),
        PathHappening::Market(_) => false,
    }
}

fn is_liquidation(happened: &PathHappening) -> bool {
    match happened {
        PathHappening::Closed(_) => true,
        PathHappening::Event(event) => matches!(event.what, Happening::Liquidation { .. }),
        PathHappening::Market(_) => false,
    }
}
