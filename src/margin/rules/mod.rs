//! The rules of a venue as data: one dated, named, sourced set of parameters.
//!
//! Flows in: documents in `scenarios/venues/` and beside portfolios. Flows out: the margin of one
//! contract ([`FutureRules::margin`], [`OptionRules::margin`]), haircuts of collateral, and the
//! parameters of portfolio margin and of loans. No number of a venue stands in the code.

mod collateral;
mod futures;
mod loan;
mod options;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grid::PortfolioRules;
use super::waterfall::WaterfallRules;
use crate::units::Symbol;

pub use collateral::{Haircut, HaircutBracket};
pub use futures::{FutureRules, Tier, tier_of};
pub use loan::{LoanAsset, LoanLiquidation, LoanOracle, LoanRules, LoanStanding};
pub use options::{OptionRules, OptionValue, ShortOption};

/// A dated set of margin rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VenueRules {
    /// Name and date, e.g. `deribit-standard@2025-01-01`.
    pub id: String,
    /// Where the figures come from.
    pub source: String,
    /// Futures and perpetuals on coins not in `futures_by_coin`.
    pub futures: FutureRules,
    /// Futures and perpetuals by coin.
    pub futures_by_coin: BTreeMap<Symbol, FutureRules>,
    /// Options; `None`: the venue lists none.
    pub options: Option<OptionRules>,
    /// Fee on the notional that the venue liquidates.
    pub liquidation_fee: f64,
    /// What the venue does inside a path; `None`: margin is checked at time zero alone.
    #[serde(default)]
    pub liquidation: Option<Liquidation>,
    /// How long and short of one contract are margined when held apart; `None`: they cannot be.
    #[serde(default)]
    pub hedge_mode: Option<HedgeMode>,
    /// Haircuts by asset, of balances that state none of their own.
    #[serde(default)]
    pub haircuts: BTreeMap<Symbol, Haircut>,
    /// Portfolio margin; `None`: no account can have that mode.
    #[serde(default)]
    pub portfolio: Option<PortfolioRules>,
    /// Terms of a lending protocol: balances are collateral, negative ones debt.
    #[serde(default)]
    pub loan: Option<LoanRules>,
    /// Who pays what bankrupt accounts owe; `None`: the venue.
    #[serde(default)]
    pub waterfall: Option<WaterfallRules>,
}

/// How a venue margins long and short positions of one contract that are held apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HedgeMode {
    /// Each side as if it were alone; the requirement is their sum.
    BothSides,
    /// The side with the larger requirement.
    LargerSide,
}

/// What a venue does to an account whose equity falls below its maintenance margin inside a path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Liquidation {
    /// How much it closes.
    pub close: CloseAmount,
    /// Share of notional that fills are worse than the mark.
    #[serde(default)]
    pub slippage: f64,
    /// When accounts are looked at.
    #[serde(default)]
    pub monitoring: Monitoring,
    /// Parts that a step is cut into where an account moved by several factors is watched at all
    /// times and is near its line, a power of two; at most as many as make 65,536 on a whole path.
    #[serde(default = "Liquidation::default_substeps")]
    pub substeps: u32,
}

impl Liquidation {
    /// Everything at once, at the marks of the step that finds the account below its line.
    pub const PLAIN: Self = Self {
        close: CloseAmount::Full,
        slippage: 0.0,
        monitoring: Monitoring::Steps,
        substeps: Self::SUBSTEPS,
    };

    /// Sub-steps a step where rules do not say.
    pub const SUBSTEPS: u32 = 16;

    fn default_substeps() -> u32 {
        Self::SUBSTEPS
    }
}

/// When a venue looks at accounts inside a path.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Monitoring {
    /// At every step.
    #[default]
    Steps,
    /// At all times: where prices diffuse, an account is also watched between steps, and filled
    /// where it was triggered: by a Brownian bridge of one coin where that alone moves it, else at
    /// `substeps` where it is near its line. Where prices jump, at every step.
    Continuous,
}

/// How much of an account a liquidation closes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseAmount {
    /// All positions, at the marks of the node that finds the account below its maintenance
    /// margin, for the liquidation fee on their gross notional. The account stays flat.
    Full,
    /// Of every position that needs margin, a share at a time.
    Steps {
        /// Share of what was held when the account fell below, in (0, 1].
        fraction: f64,
        /// Margin balance over maintenance margin at which the venue stops, at least 1.
        target_ratio: f64,
    },
}

/// Initial and maintenance margin.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Margin {
    /// Needed to open or enlarge a position.
    pub initial: f64,
    /// Below it the venue liquidates.
    pub maintenance: f64,
}

impl Margin {
    /// Shares of a notional.
    #[inline(always)]
    pub(crate) fn shares(notional: f64, initial: f64, maintenance: f64) -> Self {
        Self { initial: notional * initial, maintenance: notional * maintenance }
    }

    /// Both times `factor`.
    pub fn scaled(self, factor: f64) -> Self {
        Self { initial: factor * self.initial, maintenance: factor * self.maintenance }
    }
}

impl std::ops::AddAssign for Margin {
    fn add_assign(&mut self, other: Self) {
        self.initial += other.initial;
        self.maintenance += other.maintenance;
    }
}

impl VenueRules {
    /// Rules with nothing but futures, for any coin alike, and no liquidation fee.
    pub fn of_futures(id: impl Into<String>, futures: FutureRules) -> Self {
        Self {
            id: id.into(),
            source: String::new(),
            futures,
            futures_by_coin: BTreeMap::new(),
            options: None,
            liquidation_fee: 0.0,
            liquidation: None,
            hedge_mode: None,
            haircuts: BTreeMap::new(),
            portfolio: None,
            loan: None,
            waterfall: None,
        }
    }

    /// The name in the id.
    pub fn name(&self) -> &str {
        self.id.rsplit_once('@').map_or(&self.id, |(name, _)| name)
    }

    /// The date in the id, e.g. `2025-01-01`; empty where there is none.
    pub fn date(&self) -> &str {
        self.id.rsplit_once('@').map_or("", |(_, date)| date)
    }

    /// The rules of futures and perpetuals on `coin`.
    pub fn futures_on(&self, coin: &Symbol) -> &FutureRules {
        self.futures_by_coin.get(coin).unwrap_or(&self.futures)
    }

    /// Share of `value` (USD) of `asset` that does not count as collateral; zero where the rules do
    /// not name the asset.
    pub fn haircut(&self, asset: &Symbol, value: f64) -> f64 {
        self.haircuts.get(asset).map_or(0.0, |haircut| haircut.share(value))
    }
}
