//! The whole engine against closed forms, through its documents.
//!
//! Every test writes scenario, book, market and policy into a temporary folder and runs
//! load → plan → run. Expected figures are computed here from the same numbers: Black-76 with
//! `statrs`, exact quantiles, quadrature over the normal distribution of the log-return, level sets
//! of losses that are not monotone. Estimates must lie within 4 of their own standard errors, at
//! fixed seeds, and the errors must be small.

#[path = "engine_closed_forms/exact.rs"]
mod exact;
#[path = "engine_closed_forms/world.rs"]
mod world;

#[path = "engine_closed_forms/accounts.rs"]
mod accounts;
#[path = "engine_closed_forms/contributions.rs"]
mod contributions;
#[path = "engine_closed_forms/edges.rs"]
mod edges;
#[path = "engine_closed_forms/failure_strata.rs"]
mod failure_strata;
#[path = "engine_closed_forms/failures.rs"]
mod failures;
#[path = "engine_closed_forms/ladder.rs"]
mod ladder;
#[path = "engine_closed_forms/limits.rs"]
mod limits;
#[path = "engine_closed_forms/liquidation.rs"]
mod liquidation;
#[path = "engine_closed_forms/many_accounts.rs"]
mod many_accounts;
#[path = "engine_closed_forms/margins_inside_paths.rs"]
mod margins_inside_paths;
#[path = "engine_closed_forms/moved_prices.rs"]
mod moved_prices;
#[path = "engine_closed_forms/options.rs"]
mod options;
#[path = "engine_closed_forms/path_events.rs"]
mod path_events;
#[path = "engine_closed_forms/processes.rs"]
mod processes;
#[path = "engine_closed_forms/rebalancing.rs"]
mod rebalancing;
#[path = "engine_closed_forms/reference.rs"]
mod reference;
#[path = "engine_closed_forms/shapes.rs"]
mod shapes;
#[path = "engine_closed_forms/thresholds.rs"]
mod thresholds;
#[path = "engine_closed_forms/time.rs"]
mod time;
#[path = "engine_closed_forms/trades.rs"]
mod trades;
#[path = "engine_closed_forms/weighted_liquidation.rs"]
mod weighted_liquidation;
#[path = "engine_closed_forms/weights.rs"]
mod weights;

#[path = "common/mod.rs"]
mod common;
