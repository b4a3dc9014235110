//! Margin calls by account: what each lacks, where external money would go, and which transfers
//! between own accounts would cure a margin.
//!
//! External money raises the capital base; a transfer between own accounts does not: it cures a
//! margin and leaves the utilisation as it is.

/// An account as margin calls see it, in money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccountStanding {
    /// What it lacks of its initial margin.
    pub lacking: f64,
    /// What could be sent from it and its own initial margin still be met.
    pub spare: f64,
    /// Whether it is the desk's own treasury.
    pub is_treasury: bool,
    /// Margin balance over initial margin; `None` where nothing is required.
    pub coverage: Option<f64>,
}

/// A transfer between own accounts, by index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transfer {
    /// From this account,
    pub from: usize,
    /// to this one,
    pub to: usize,
    /// so much money.
    pub amount: f64,
}

/// What to call for.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginCalls {
    /// Share of the external money that restores the target utilisation, by account.
    pub external: Vec<f64>,
    /// Transfers that cure margins, treasuries drawn on first.
    pub transfers: Vec<Transfer>,
    /// What transfers leave lacking, by account.
    pub uncured: Vec<f64>,
}

/// Shares `call`, the external money that restores the target utilisation, over `accounts`: to those
/// that lack margin first, in order, what is left to the first treasury, else to the account whose
/// margin is covered least. Whatever the shares, the capital base rises by their sum.
pub fn margin_calls(accounts: &[AccountStanding], call: f64) -> MarginCalls {
    let mut left = call.max(0.0);
    let mut external: Vec<f64> = accounts
        .iter()
        .map(|account| {
            let share = account.lacking.min(left);
            left -= share;
            share
        })
        .collect();
    if let Some(rest) = for_the_rest(accounts).filter(|_| left > 0.0) {
        external[rest] += left;
    }
    let (transfers, uncured) = transfers(accounts);
    MarginCalls { external, transfers, uncured }
}

fn for_the_rest(accounts: &[AccountStanding]) -> Option<usize> {
    let treasury = accounts.iter().position(|account| account.is_treasury);
    let covered = |index: &usize| accounts[*index].coverage.unwrap_or(f64::INFINITY);
    treasury.or_else(|| (0..accounts.len()).min_by(|a, b| covered(a).total_cmp(&covered(b))))
}

fn transfers(accounts: &[AccountStanding]) -> (Vec<Transfer>, Vec<f64>) {
    let mut spare: Vec<f64> = accounts.iter().map(|account| account.spare).collect();
    let mut uncured: Vec<f64> = accounts.iter().map(|account| account.lacking).collect();
    let treasuries = (0..accounts.len()).filter(|index| accounts[*index].is_treasury);
    let others = (0..accounts.len()).filter(|index| !accounts[*index].is_treasury);
    let sources: Vec<usize> = treasuries.chain(others).collect();
    let mut transfers = Vec::new();
    for (to, lacking) in uncured.iter_mut().enumerate() {
        for &from in sources.iter().filter(|from| **from != to) {
            let amount = lacking.min(spare[from]);
            if amount > 0.0 {
                transfers.push(Transfer { from, to, amount });
                *lacking -= amount;
                spare[from] -= amount;
            }
        }
    }
    (transfers, uncured)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MET: AccountStanding =
        AccountStanding { lacking: 0.0, spare: 0.0, is_treasury: false, coverage: Some(2.0) };

    fn short(lacking: f64) -> AccountStanding {
        AccountStanding { lacking, coverage: Some(0.5), ..MET }
    }

    fn treasury(spare: f64) -> AccountStanding {
        AccountStanding { spare, is_treasury: true, coverage: None, ..MET }
    }

    #[test]
    fn external_money_cures_margins_first_and_sums_to_the_call() {
        let accounts = [short(30.0), MET, short(50.0), treasury(0.0)];
        assert_eq!(margin_calls(&accounts, 100.0).external, [30.0, 0.0, 50.0, 20.0]);
        assert_eq!(margin_calls(&accounts, 60.0).external, [30.0, 0.0, 30.0, 0.0]);
        assert_eq!(margin_calls(&accounts, 0.0).external, [0.0; 4]);
        let bare = [MET, AccountStanding { coverage: Some(1.2), ..MET }];
        assert_eq!(margin_calls(&bare, 10.0).external, [0.0, 10.0]);
    }

    #[test]
    fn transfers_draw_on_the_treasury_first_and_never_beyond_what_is_spare() {
        let rich = AccountStanding { spare: 45.0, ..MET };
        let found = margin_calls(&[short(30.0), rich, short(50.0), treasury(20.0)], 0.0);
        let expected = [(3, 0, 20.0), (1, 0, 10.0), (1, 2, 35.0)];
        let expected = expected.map(|(from, to, amount)| Transfer { from, to, amount });
        assert_eq!(found.transfers, expected);
        assert_eq!(found.uncured, [0.0, 0.0, 15.0, 0.0]);
    }
}
