//! Margin calls by account, and transfers between own accounts, as the outcome has them.

use super::Found;
use crate::margin::Requirement;
use crate::outcome::{AccountCall, OwnTransfer};
use crate::portfolio::Account;
use crate::threshold::margin_call::{AccountStanding, Transfer, margin_calls};

/// One row an account, and transfers that cure margins; `call` is the external money that restores
/// the target utilisation.
pub(super) fn by_account(found: &Found, call: Option<f64>) -> (Vec<AccountCall>, Vec<OwnTransfer>) {
    let accounts = &found.book.setting.portfolio.accounts;
    let pairs = accounts.iter().zip(&found.book.requirements);
    let standings: Vec<AccountStanding> =
        pairs.map(|(account, requirement)| standing(found, account, requirement)).collect();
    let calls = margin_calls(&standings, call.unwrap_or(0.0));
    let row = |index: usize| AccountCall {
        account: accounts[index].name.clone(),
        to_initial_margin: standings[index].lacking,
        to_target: call.map(|_| calls.external[index]),
        uncured_by_transfers: calls.uncured[index],
    };
    let transfer = |one: &Transfer| OwnTransfer {
        from: accounts[one.from].name.clone(),
        to: accounts[one.to].name.clone(),
        amount: one.amount,
    };
    let rows = (0..accounts.len()).map(row).collect();
    (rows, calls.transfers.iter().map(transfer).collect())
}

fn standing(found: &Found, account: &Account, requirement: &Requirement) -> AccountStanding {
    let market = found.book.setting.market;
    let held = account.balances.iter().map(|balance| {
        let price = market.asset(&balance.asset).map_or(0.0, |asset| asset.price_usd);
        let kept = if balance.quantity > 0.0 { 1.0 - balance.haircut } else { 1.0 };
        balance.quantity * price * kept
    });
    let held: f64 = held.sum();
    let is_margined = requirement.initial > 0.0;
    let free = if is_margined { requirement.margin_balance - requirement.initial } else { held };
    AccountStanding {
        lacking: requirement.margin_call(),
        spare: free.min(held).max(0.0),
        is_treasury: account.venue.is_none(),
        coverage: is_margined.then(|| requirement.margin_balance / requirement.initial),
    }
}
