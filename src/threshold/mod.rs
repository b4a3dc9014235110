//! How much may be carried: policy, conditions, limit, and what to do about a breach.
//!
//! Flows in: a [`Policy`], capital figures, term amounts, price history as plain slices, and
//! closures from the engine (`k -> potential loss`, `h -> potential loss`). Flows out: the
//! threshold `T = a · C · M`, utilisation and status, the scale to threshold, headrooms,
//! distances to breach and remedies, each with its Monte Carlo error.
//!
//! Nothing here simulates or prices: every solver only asks its closure, always on the same
//! paths, so that its answer is a function of the inputs.

pub mod add_on;
pub mod book_limit;
pub mod capital;
pub mod condition;
pub mod crossing;
pub mod distance;
pub mod document;
pub mod driver;
pub mod headroom;
pub mod hedging;
pub mod ladder;
pub mod limit;
pub mod margin_call;
pub mod policy;
pub mod potential_loss;
pub mod procyclicality;
pub mod remedy;
pub mod scale;

pub use book_limit::{Bound, Limit, LimitLevel, LimitMeasure, LimitReading, LimitState};
pub use capital::{Capital, capital};
pub use condition::{
    Clamp, Condition, ConditionHistory, ConditionPaths, ConditionState, DaysAbove, Direction,
    DriverReading, Memory, Multiplier, ShortfallVolatility, condition,
};
pub use distance::{Breach, SPOT_DOWN, SPOT_UP, VOLATILITY_UP, distance_to_breach};
pub use driver::{
    ConditionPolicy, Driver, LevelReference, LiquidityMeasure, RegimeEstimator, VolatilityReference,
};
pub use headroom::{HeadroomBound, HeadroomLimits, HeadroomSolution, solve_acted, solve_headroom};
pub use hedging::{
    Binding as HedgingBinding, Constraint, HedgeTerms, HedgedBook, HedgedFigures, HedgingSolution,
    Infeasible, Linear, Optimum, cheapest_trades,
};
pub use ladder::{DeskAction, DeskLadder, DeskRung, DeskRungs, LadderState, desk_ladder};
pub use limit::{Status, Utilisation, UtilisationEstimate, status, threshold, utilisation};
pub use policy::{
    CapitalBase, Combination, Covers, Policy, Rung, RungAction, StatusPolicy, Stress, StressShock,
    Term, TermKind, VenueClaimMeasure,
};
pub use potential_loss::{MoneyEstimate, PotentialLoss, TermAmount, potential_loss};
pub use procyclicality::{
    Adjustment, AntiProcyclicality, Buffer, Shortfalls, StressedPeriod, VolatilityFloor,
};
pub use remedy::{Remedy, RemedyInputs, remedy};
pub use scale::{Binding, ScaleSolution, ScaledBook, solve_scale};

/// Why a threshold cannot be derived.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// A condition driver watches a series the history does not hold.
    #[error("driver '{driver}' watches '{series}', of which there is no history")]
    MissingSeries {
        /// The driver.
        driver: String,
        /// The series wanted.
        series: String,
    },
    /// An add-on needs liquidity data of an underlying.
    #[error("the {add_on} add-on needs the liquidity of '{underlying}', which the market lacks")]
    MissingLiquidity {
        /// The add-on.
        add_on: &'static str,
        /// The underlying.
        underlying: String,
    },
    /// The capital base counts regulatory capital that the policy does not state.
    #[error("the capital base counts regulatory capital, but none is stated")]
    MissingRegulatoryCapital,
    /// A hedging programme that could not be solved.
    #[error("the hedging programme was not solved: {0}")]
    Programme(String),
    /// Term amounts and policy terms differ in number.
    #[error("{found} amounts for {expected} terms of the potential loss")]
    TermCount {
        /// Amounts given.
        found: usize,
        /// Terms of the policy.
        expected: usize,
    },
}
