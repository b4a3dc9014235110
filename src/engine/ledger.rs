//! From row values to losses: equity by account, limited liability, accounts closed at once.
//!
//! A book is valued in rows (see `pricing`): by account (positions, balances) in the first pass,
//! by position and balance in the tail pass. Both passes go through this file, so that a tail
//! path's rows sum to the loss the first pass kept.

use serde::{Deserialize, Serialize};

/// What the engine must know of an account to turn values into losses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AccountTerms {
    /// Whether a loss beyond equity stays with the venue.
    pub limited_liability: bool,
    /// Value of positions today.
    pub positions_value: f64,
    /// Value of balances today.
    pub balances_value: f64,
}

/// Values of one account on one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccountValues {
    /// Positions at the horizon, with the cash they paid.
    pub positions: f64,
    /// Balances at the horizon.
    pub balances: f64,
}

impl AccountTerms {
    /// What is the desk's of an account worth `equity`.
    fn owned(&self, equity: f64) -> f64 {
        if self.limited_liability { equity.max(0.0) } else { equity }
    }

    /// Loss of the account at `scale` times its positions; `closing_cost` is the cost of closing
    /// them at once where the venue would do so, and positions then no longer move.
    pub fn loss(&self, horizon: AccountValues, scale: f64, closing_cost: Option<f64>) -> f64 {
        let today = scale * self.positions_value + self.balances_value;
        self.owned(today) - self.owned(self.equity(horizon, scale, closing_cost))
    }

    /// Equity below zero at the horizon, as a positive amount; as [`Self::loss`] otherwise.
    pub fn owed(&self, horizon: AccountValues, scale: f64, closing_cost: Option<f64>) -> f64 {
        (-self.equity(horizon, scale, closing_cost)).max(0.0)
    }

    /// Equity at the horizon; as [`Self::loss`] otherwise.
    pub fn equity(&self, horizon: AccountValues, scale: f64, closing_cost: Option<f64>) -> f64 {
        let positions = match closing_cost {
            Some(cost) => scale * self.positions_value - cost,
            None => scale * horizon.positions,
        };
        positions + horizon.balances
    }

    /// The part of a loss that the venue bears: negative, a row of its own in contributions.
    pub fn relief(&self, equity_horizon: f64) -> f64 {
        let today = self.positions_value + self.balances_value;
        (self.owned(today) - today) - (self.owned(equity_horizon) - equity_horizon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(limited_liability: bool) -> AccountTerms {
        AccountTerms { limited_liability, positions_value: 10.0, balances_value: 90.0 }
    }

    #[test]
    fn a_loss_beyond_equity_stays_with_the_venue_unless_recourse() {
        let horizon = AccountValues { positions: -150.0, balances: 80.0 };
        assert_eq!(terms(true).loss(horizon, 1.0, None), 100.0);
        assert_eq!(terms(false).loss(horizon, 1.0, None), 170.0);
        assert_eq!(terms(true).relief(-70.0), -70.0);
        assert_eq!(terms(false).relief(-70.0), 0.0);
    }

    #[test]
    fn scaling_leaves_balances_alone() {
        let horizon = AccountValues { positions: -20.0, balances: 85.0 };
        assert_eq!(terms(true).loss(horizon, 2.0, None), (20.0 + 90.0) - (-40.0 + 85.0));
    }

    #[test]
    fn a_closed_account_loses_the_cost_and_its_balances_still_move() {
        let horizon = AccountValues { positions: -20.0, balances: 85.0 };
        assert_eq!(terms(true).loss(horizon, 1.0, Some(3.0)), 100.0 - (10.0 - 3.0 + 85.0));
    }
}
