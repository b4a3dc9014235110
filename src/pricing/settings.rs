//! What a caller chooses when a book is compiled, and how its values are laid out.

use serde::{Deserialize, Serialize};

use crate::units::{SECONDS_PER_YEAR, Years};

/// Funding is quoted and paid over eight hours.
pub const FUNDING_INTERVAL: Years = Years(8.0 * 3600.0 / SECONDS_PER_YEAR);

/// The time over which a perpetual's premium over spot is paid off by its funding: the factor
/// `basis` is annualised, and moves the mark of a perpetual by `basis · tenor` (model choice).
pub const PERPETUAL_TENOR: Years = FUNDING_INTERVAL;

/// How positions are revalued on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revaluation {
    /// Every instrument by its own formula, with time decay, funding and settlement.
    Full,
    /// Today's value plus first order in every factor; no time passes.
    Delta,
    /// As `Delta`, plus second order in each spot.
    DeltaGamma,
}

/// What the smile does when spot moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmileDynamics {
    /// Volatility is a function of `ln(K/F)`: the smile moves with the forward.
    StickyDelta,
    /// Volatility is a function of the strike.
    StickyStrike,
}

/// How a book is priced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PricingSettings {
    /// Full, delta or delta-gamma.
    pub revaluation: Revaluation,
    /// Sticky delta or sticky strike.
    pub smile: SmileDynamics,
    /// Power p in the damping `(30 days / T)^p` of the volatility factor; T at least one day.
    pub damping_power: f64,
}

impl PricingSettings {
    /// Full revaluation, sticky delta, no damping.
    pub fn full() -> Self {
        Self {
            revaluation: Revaluation::Full,
            smile: SmileDynamics::StickyDelta,
            damping_power: 0.0,
        }
    }

    /// The factor by which a move of the 30-day volatility level acts at `time_left`.
    pub fn damping(&self, time_left: Years) -> f64 {
        let days = time_left.days().max(1.0);
        libm::pow(30.0 / days, self.damping_power)
    }
}

/// What one row of values stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Row {
    /// All positions of an account (index into `Portfolio::accounts`).
    AccountPositions(usize),
    /// All balances of an account.
    AccountBalances(usize),
    /// One position (index into `Portfolio::positions`).
    Position(usize),
    /// One balance of an account.
    Balance {
        /// Index into `Portfolio::accounts`.
        account: usize,
        /// Index into `Account::balances`.
        index: usize,
    },
}

/// How finely values are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// Two rows an account: positions, balances.
    Account,
    /// A row a position and a row a balance.
    Position,
}
