//! An over-collateralised loan, as lending protocols make it.
//!
//! Flows in: values of collateral and debt. Flows out: the health factor (Σ collateral × liquidation
//! threshold over debt), what a liquidation repays and takes, the price at which it comes. Form of
//! Aave's *Risk parameters*: below a health factor of one a share of the debt (the close factor) may
//! be repaid against collateral worth it and a bonus.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Margin;
use crate::units::{Symbol, Years};

/// Terms of a lending protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoanRules {
    /// Assets taken as collateral; any other counts for nothing.
    pub assets: BTreeMap<Symbol, LoanAsset>,
    /// Share of the debt that one liquidation may repay.
    pub close_factor: f64,
    /// Health factor below which all of it may be repaid.
    pub full_close_below: f64,
    /// What the lender sees inside paths; `None`: loans are looked at today alone.
    #[serde(default)]
    pub inside_paths: Option<LoanOracle>,
}

/// The prices that a lender acts on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoanOracle {
    /// Age of the prices that are published.
    pub delay: Years,
    /// Share by which a price has to be off what was published last to be published anew.
    pub deviation: f64,
    /// Age at which a price is published anew whatever it is; `None`: none.
    pub heartbeat: Option<Years>,
}

impl LoanOracle {
    /// The market's prices as they are.
    pub const MARKET: Self = Self { delay: Years(0.0), deviation: 0.0, heartbeat: None };
}

/// Terms of an asset as collateral, each a share of its value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoanAsset {
    /// Most that may be borrowed against it.
    pub loan_to_value: f64,
    /// Debt above this is liquidated; at least `loan_to_value`.
    pub liquidation_threshold: f64,
    /// Collateral that a liquidator takes beyond what he repays.
    pub bonus: f64,
}

/// A loan today, USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoanStanding {
    /// Value of all collateral.
    pub collateral: f64,
    /// Σ value × loan to value.
    pub borrowing_power: f64,
    /// Σ value × liquidation threshold.
    pub threshold_value: f64,
    /// Σ value × bonus.
    pub bonus_value: f64,
    /// What is owed.
    pub debt: f64,
}

/// One liquidation, USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoanLiquidation {
    /// Debt repaid.
    pub repaid: f64,
    /// Collateral taken for it.
    pub seized: f64,
    /// Debt left when no collateral is.
    pub bad_debt: f64,
}

impl LoanStanding {
    /// Adds collateral (`value` positive) or debt (negative).
    pub fn add(&mut self, terms: Option<&LoanAsset>, value: f64) {
        if value < 0.0 {
            self.debt -= value;
            return;
        }
        self.collateral += value;
        if let Some(terms) = terms {
            self.borrowing_power += value * terms.loan_to_value;
            self.threshold_value += value * terms.liquidation_threshold;
            self.bonus_value += value * terms.bonus;
        }
    }

    /// Health factor; `None` without debt.
    pub fn health_factor(&self) -> Option<f64> {
        (self.debt > 0.0).then(|| self.threshold_value / self.debt)
    }

    /// As a requirement on `threshold_value`: maintenance is the debt, so that their ratio is the
    /// health factor; initial is what keeps the debt within the borrowing power.
    pub fn margin(&self) -> Margin {
        if self.debt <= 0.0 {
            return Margin::default();
        }
        let initial = self.debt + (self.threshold_value - self.borrowing_power);
        Margin { initial, maintenance: self.debt }
    }
}

impl LoanRules {
    /// What one liquidation of a loan that is below its threshold takes beyond what it repays, at
    /// the mean bonus of its collateral; nothing above the threshold.
    pub fn liquidation_cost(&self, loan: &LoanStanding) -> f64 {
        if loan.collateral <= 0.0 {
            return 0.0;
        }
        let bonus = loan.bonus_value / loan.collateral;
        let mean = LoanAsset { loan_to_value: 0.0, liquidation_threshold: 0.0, bonus };
        let found = self.liquidate(loan, &mean, loan.collateral);
        found.seized - found.repaid
    }

    /// One liquidation of a loan with a health factor below one, paid in an asset of which the loan
    /// has `held` USD; nothing otherwise. Repays no more than the asset covers with its bonus.
    pub fn liquidate(&self, loan: &LoanStanding, terms: &LoanAsset, held: f64) -> LoanLiquidation {
        let Some(health) = loan.health_factor().filter(|health| *health < 1.0) else {
            return LoanLiquidation::default();
        };
        let share = if health < self.full_close_below { 1.0 } else { self.close_factor };
        let covered = held.max(0.0) / (1.0 + terms.bonus);
        let repaid = (share * loan.debt).min(covered);
        let seized = repaid * (1.0 + terms.bonus);
        let left = loan.collateral - seized;
        // Rounding may leave the last cents of what was taken whole.
        let exhausted = left <= 1e-12 * loan.collateral;
        let bad_debt = if exhausted { loan.debt - repaid } else { 0.0 };
        LoanLiquidation { repaid, seized, bad_debt }
    }
}

impl LoanAsset {
    /// USD price of the collateral at which a loan of `debt` USD against `coins` of it alone has a
    /// health factor of one.
    pub fn liquidation_price(&self, coins: f64, debt: f64) -> f64 {
        debt / (coins * self.liquidation_threshold)
    }
}
