//! What an account has, and what its venue asks for.

use super::{MarginBook, MarginError, VenueRules};
use crate::market::Market;
use crate::portfolio::Portfolio;

/// Margin of one account at time zero, in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Requirement {
    /// Collateral after haircuts, plus unrealised profit and the value of options and spot.
    pub equity: f64,
    /// What the venue compares with its requirements: equity, or equity less the value of options
    /// where the rules count that in the requirement; at a lender, collateral at its liquidation
    /// thresholds. An isolated account counts as a whole here: its positions stand alone in
    /// [`MarginBook::isolated`].
    pub margin_balance: f64,
    /// Initial margin.
    pub initial: f64,
    /// Maintenance margin.
    pub maintenance: f64,
    /// Gross notional of derivatives; options count their coins at spot.
    pub gross_notional: f64,
    /// What a liquidation of everything would cost: the rules' fee on the gross notional; at a
    /// lender, the bonus on what one liquidation repays.
    pub liquidation_cost: f64,
}

impl Requirement {
    /// Money needed to meet the initial margin.
    pub fn margin_call(&self) -> f64 {
        if self.initial > 0.0 { (self.initial - self.margin_balance).max(0.0) } else { 0.0 }
    }

    /// Whether the initial margin is met.
    pub fn meets_initial(&self) -> bool {
        self.margin_call() == 0.0
    }

    /// Whether the venue would close the account at once.
    pub fn liquidated_at_once(&self) -> bool {
        self.maintenance > 0.0 && self.margin_balance < self.maintenance
    }

    /// Margin balance over maintenance margin; `None` where nothing is required.
    pub fn margin_ratio(&self) -> Option<f64> {
        (self.maintenance > 0.0).then(|| self.margin_balance / self.maintenance)
    }

    /// Gross notional over equity; `None` where equity is not positive.
    pub fn leverage(&self) -> Option<f64> {
        (self.equity > 0.0).then(|| self.gross_notional / self.equity)
    }
}

/// Scale of an account's positions at which its gross notional is `leverage` times its equity, from
/// its requirements at the scales zero and one; `None` where no scale is.
///
/// Equity is collateral C plus what positions are worth, s·U at a scale s, so that
/// `s·N/(C + s·U) = leverage` gives `s = leverage·C/(N − leverage·U)`.
pub fn leverage_scale(without: &Requirement, with: &Requirement, leverage: f64) -> Option<f64> {
    let worth = with.equity - without.equity;
    let scale = leverage * without.equity / (with.gross_notional - leverage * worth);
    (with.gross_notional > 0.0 && scale.is_finite() && scale > 0.0).then_some(scale)
}

/// Requirements of every account with positions times `scale`; collateral stays.
///
/// `rules` by venue of the portfolio. A solver that asks for many scales compiles a
/// [`MarginBook`] once instead.
///
/// # Errors
/// What the market or the rules lack.
pub fn requirements(
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &Portfolio,
    scale: f64,
) -> Result<Vec<Requirement>, MarginError> {
    Ok(MarginBook::compile(rules, market, portfolio)?.requirements(scale))
}
