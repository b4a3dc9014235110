//! One run: documents → plan → losses → merge → tail → outcome.
//!
//! Flows in: a scenario document and what it names. Flows out: a [`Run`]: the
//! [`Outcome`](crate::outcome::Outcome) and one loss a path. Runs are a pure function of their
//! inputs: no clock, no environment, no thread count in any number.
//!
//! ```text
//! load ─▶ Plan::build ─▶ losses(range) … ─▶ merge ─▶ tail ─▶ assemble ─▶ Outcome
//!            (fits)         (shards)        (path order) (by position)
//! ```

mod accounts;
mod amounts;
mod assemble;
mod bands;
mod breach;
mod compiled;
mod conditions;
mod control;
mod cross_check;
mod dated;
mod displaced;
mod documents;
mod event_names;
mod event_paths;
mod events;
mod exposure;
mod extended;
mod failure_strata;
mod failures;
mod faults;
mod grid;
mod headroom;
mod hedging;
mod historical;
mod ledger;
mod lenders;
mod liquidation;
mod liquidity_horizons;
mod load;
mod nodes_alone;
mod parts;
mod pass;
mod path;
mod pilot;
mod plan;
mod precision;
mod prepared;
mod procyclicality;
mod proxy;
mod remark;
mod reverse;
mod run;
mod sampling;
mod scaled;
mod shared;
mod shock;
mod stress;
mod tail;
mod thresholds;
mod treasury;
mod truncation;
mod venues;

pub use amounts::AmountTally;
pub(crate) use bands::unkept;
pub use conditions::shortfall_volatility;
pub use control::{Control, Interrupted, Observer, PartOf, Stage, Unobserved};
pub use dated::{Dated, DatedFigures, DatedMeasure, DatedThreshold, dated_figures, dated_plan};
pub use displaced::{CoinTally, MarketTally};
pub use documents::{Documents, RepeatError, first_fault};
pub use event_paths::{EventPaths, PathAmounts, event_paths};
pub use events::{EventTallies, EventTally, Happened, Rebalanced, RebalancingTally};
pub use extended::KEPT_PATHS_MAX;
pub use failures::{CallTally, FailureTallies, VenueTally};
pub use grid::{GridPoint, grid};
pub use historical::{Search, historical};
pub use ledger::{AccountTerms, AccountValues};
pub use liquidation::{LiquidationTally, PathClosing};
pub use load::{
    Heading, Inputs, LoadOptions, Member, Overrides, check, heading, load, load_member,
};
pub use pass::{Partial, PartsDoNotJoin, ProxyPart};
pub use pilot::Hazards;
pub use plan::{Fit, Plan};
pub use prepared::Prepared;
pub use run::{Run, SettledLosses, finish, losses, replay, run, settled_losses};
pub use shared::Shared;

use crate::margin::MarginError;
use crate::pricing::PricingError;
use crate::risk::RiskError;
use crate::simulation::sampling::SamplingError;
use crate::simulation::{ReplayError, SimulationError};
use crate::threshold::ThresholdError;

/// Why a run gave up.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Paths cannot be drawn as asked.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// The factors cannot be simulated.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// The book cannot be priced.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// Margin cannot be computed.
    #[error(transparent)]
    Margin(#[from] MarginError),
    /// The losses cannot be measured.
    #[error(transparent)]
    Risk(#[from] RiskError),
    /// The threshold cannot be derived.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// Quantiles of one path.
    #[error("a stated path is one path: it has a loss, and no quantiles")]
    OnePath,
    /// A replay of simulated paths.
    #[error("the scenario draws its paths: it has none that is stated")]
    NotHistorical,
    /// A grid of another kind of scenario.
    #[error("the scenario is no grid")]
    NotAGrid,
    /// A path that the scenario does not have.
    #[error("the scenario has paths 0 to {last}, and no path {path}")]
    NoSuchPath {
        /// The path asked for.
        path: u64,
        /// The last there is.
        last: u64,
    },
    /// A window of history cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The shards do not join.
    #[error(transparent)]
    Parts(#[from] PartsDoNotJoin),
}
