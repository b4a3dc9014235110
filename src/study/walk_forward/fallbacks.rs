//! What fits did in place of what models ask for: told by date, counted by model.

use crate::outcome::{BacktestDate, BacktestFallback, FallbackCount, FallbackKind};
use crate::simulation::Fallback;

/// A fallback of a date.
pub(super) fn told(found: &Fallback) -> BacktestFallback {
    let kind = match found {
        Fallback::DegreesOfFreedomRaised { .. } => FallbackKind::DegreesOfFreedomRaised,
        Fallback::VarianceConstant { .. } => FallbackKind::VarianceConstant,
        Fallback::SimplexSearch { .. } => FallbackKind::SimplexSearch,
        Fallback::HeldConstant { .. } => FallbackKind::HeldConstant,
        Fallback::Uncorrelated { .. } => FallbackKind::Uncorrelated,
        Fallback::MarginalOfCopula { .. } => FallbackKind::MarginalOfCopula,
        Fallback::MissingByProxy { .. } => FallbackKind::MissingByProxy,
        Fallback::StressedPeriodIdle => FallbackKind::StressedPeriodIdle,
        Fallback::CorrelationProjected { .. } => FallbackKind::CorrelationProjected,
    };
    BacktestFallback { kind, what: found.words(), figure: found.figure() }
}

/// How many dates each was on, in the order they first were.
pub(super) fn counted(dates: &[BacktestDate]) -> Vec<FallbackCount> {
    let mut counts: Vec<FallbackCount> = Vec::new();
    for found in dates.iter().flat_map(|date| &date.fallbacks) {
        match counts.iter_mut().find(|count| count.what == found.what) {
            Some(count) => count.dates += 1,
            None => {
                counts.push(FallbackCount { kind: found.kind, what: found.what.clone(), dates: 1 })
            }
        }
    }
    counts
}
