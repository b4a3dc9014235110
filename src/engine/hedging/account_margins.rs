//! Initial margins of the accounts in which hedges are traded, as bounds on the trades.
//!
//! An account may not lack more than it does today. What it lacks is asked of the venue's rules at
//! the trades and a little to either side of each: half the difference is a slope that bounds it from
//! below where it is convex, as it is of rates on notionals and of the worst of scenarios.

use super::units::hedged;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::margin::{MarginBook, Requirement};
use crate::portfolio::{MarginMode, Portfolio};
use crate::threshold::{HedgeTerms, Linear};

/// Step of a slope, as a share of the largest size.
const STEP: f64 = 1e-4;

/// The accounts in which hedges are traded.
pub(super) struct AccountMargins<'a> {
    book: &'a Compiled<'a>,
    hedges: &'a [HedgeTerms],
    /// The book with the positions of these accounts alone.
    portfolio: Portfolio,
    /// Indices into [`Portfolio::accounts`].
    pub accounts: Vec<usize>,
    /// What each lacks today; zero where it meets its margin.
    lacking: Vec<f64>,
}

impl<'a> AccountMargins<'a> {
    pub fn new(book: &'a Compiled, hedges: &'a [HedgeTerms]) -> Self {
        let mut portfolio = book.setting.portfolio.clone();
        let traded = |account: &usize| portfolio.hedges.iter().any(|one| one.account == *account);
        let is_margined = |account: &usize| {
            let held = &portfolio.accounts[*account];
            let rules = held.venue.and_then(|venue| book.setting.rules[venue].as_ref());
            rules.is_some() && held.margin_mode != MarginMode::None
        };
        let accounts: Vec<usize> =
            (0..portfolio.accounts.len()).filter(traded).filter(is_margined).collect();
        let lack = |&account: &usize| lack(&book.requirements[account]).max(0.0);
        let lacking = accounts.iter().map(lack).collect();
        let alone = accounts.clone();
        portfolio.positions.retain(|position| alone.contains(&position.account));
        Self { book, hedges, portfolio, accounts, lacking }
    }

    /// What each account lacks more than today, at `trades`.
    pub fn bounds(&self, trades: &[f64]) -> Result<Vec<Linear>, EngineError> {
        let at = self.lacks(trades)?;
        let mut slopes = vec![vec![[0.0; 2]; trades.len()]; self.accounts.len()];
        for (index, hedge) in self.hedges.iter().enumerate() {
            let step = STEP * hedge.largest_long.max(hedge.largest_short);
            let beside = |sign: f64| {
                let mut moved = trades.to_vec();
                moved[index] += sign * step;
                self.lacks(&moved)
            };
            let (above, below) = (beside(1.0)?, beside(-1.0)?);
            for (account, slopes) in slopes.iter_mut().enumerate() {
                let slope = (above[account] - below[account]) / (2.0 * step);
                slopes[index] = [slope, -slope];
            }
        }
        let bounds = at.iter().zip(slopes);
        Ok(bounds.map(|(at, slopes)| Linear::tangent(*at, trades, slopes)).collect())
    }

    /// What each account lacks at `trades` and their cost, less what it lacks today.
    fn lacks(&self, trades: &[f64]) -> Result<Vec<f64>, EngineError> {
        let setting = &self.book.setting;
        let portfolio = hedged(&self.portfolio, setting.market, trades)?;
        let margin = MarginBook::compile(setting.rules, setting.market, &portfolio)?;
        let found = margin.requirements(1.0);
        let lacks = self.accounts.iter().zip(&self.lacking).map(|(&account, lacking)| {
            let own = portfolio.hedges.iter().zip(self.hedges).zip(trades);
            let own = own.filter(|((hedge, _), _)| hedge.account == account);
            let cost: f64 = own.map(|((_, terms), quantity)| terms.cost * quantity.abs()).sum();
            lack(&found[account]) + cost - lacking
        });
        Ok(lacks.collect())
    }
}

/// Initial margin beyond what there is for it.
fn lack(requirement: &Requirement) -> f64 {
    requirement.initial - requirement.margin_balance
}
