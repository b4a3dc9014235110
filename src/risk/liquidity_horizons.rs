//! ES over several liquidity horizons from those of subsets of factors over the base horizon.
//!
//! `ES = √( Σ_j [ES(P,j)·√((LH_j − LH_{j−1})/T)]² )`, `LH_1 = T` the base horizon and `LH_0 = 0`,
//! where `ES(P,j)` is ES over T with those factors alone moving whose horizon is `LH_j` or longer
//! (Basel MAR33.5). The rule supposes returns independent over time and zero means.
//!
//! *Error.* To first order `dES = Σ_j g_j·dES_j`, `g_j = s_j²·ES_j/ES`, s the scales. On common random
//! numbers the subsets' errors are not independent: a path's influence on the total is
//! `Σ_j g_j·(L_ij − VaR_j)⁺/(1−α)`, whose mean over independent units has the error told.

use super::depth::Needs;
use super::unit_sums::UnitSums;
use super::{LossSample, NORMAL_95, PathWeights, RiskError, expected_shortfall};
use crate::units::{ConfidenceLevel, Loss};

/// Name of the estimator, for outputs.
pub const LIQUIDITY_HORIZONS_ESTIMATOR: &str = "root of the sum of squares of ES(P,j) times the root of (LH_j - LH_(j-1)) over the base \
     horizon (Basel MAR33.5); error: influence values on common paths, first order";

/// ES of the subset of factors with a horizon of `LH_j` or longer.
#[derive(Debug, Clone, PartialEq)]
pub struct SubsetShortfall {
    /// Over the base horizon.
    pub loss: Loss,
    /// Its standard error.
    pub standard_error: f64,
    /// Its 95 % interval.
    pub interval_95: [Loss; 2],
    /// Influence of the paths beyond VaR, by path, ascending: `w·(L − VaR)⁺/(1−α)`.
    influence: Vec<(usize, f64)>,
}

/// ES over all horizons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CascadedShortfall {
    /// The figure.
    pub loss: Loss,
    /// Its standard error.
    pub standard_error: f64,
    /// Its 95 % interval; of one subset that of its own ES.
    pub interval_95: [Loss; 2],
}

/// ES of a subset from its losses.
///
/// # Errors
/// As [`LossSample::new`].
pub fn subset_shortfall(
    losses: &[f64],
    weights: &PathWeights,
    level: ConfidenceLevel,
) -> Result<SubsetShortfall, RiskError> {
    let sample = LossSample::new(losses, weights, &Needs { levels: &[level], worst_paths: 1 })?;
    let found = expected_shortfall(&sample, level);
    let value_at_risk = found.value_at_risk.amount();
    let beyond = losses.iter().enumerate().filter(|(_, loss)| **loss > value_at_risk);
    let influence = beyond
        .map(|(path, loss)| (path, weights.ratio(path) * (loss - value_at_risk) / level.tail()));
    let influence = influence.collect();
    Ok(SubsetShortfall {
        loss: found.loss,
        standard_error: found.standard_error,
        interval_95: found.interval_95,
        influence,
    })
}

/// The cascade: `subsets`, the whole set first, with their scales `√((LH_j − LH_{j−1})/T)`, one of the whole set.
pub fn cascaded_shortfall(
    subsets: &[(f64, SubsetShortfall)],
    weights: &PathWeights,
) -> CascadedShortfall {
    if let [(_, whole)] = subsets {
        let SubsetShortfall { loss, standard_error, interval_95, .. } = *whole;
        return CascadedShortfall { loss, standard_error, interval_95 };
    }
    let scaled = subsets.iter().map(|(scale, subset)| scale * subset.loss.amount());
    let total = scaled.map(|one| one * one).sum::<f64>().sqrt();
    if total == 0.0 {
        let nothing = Loss(0.0);
        return CascadedShortfall { loss: nothing, standard_error: 0.0, interval_95: [nothing; 2] };
    }
    let mut values: Vec<(usize, f64)> = Vec::new();
    for (scale, subset) in subsets {
        let slope = scale * scale * subset.loss.amount() / total;
        values.extend(subset.influence.iter().map(|(path, value)| (*path, slope * value)));
    }
    // Stable: of one path the values stay in the order of the subsets.
    values.sort_by_key(|(path, _)| *path);
    let mut sums = UnitSums::new(weights);
    sums.add_ascending(values.into_iter());
    let standard_error = sums.standard_error();
    let reach = if weights.are_plain() { NORMAL_95 } else { weights.quantile_95() };
    let half_width = reach * standard_error;
    let interval_95 = [Loss(total - half_width), Loss(total + half_width)];
    CascadedShortfall { loss: Loss(total), standard_error, interval_95 }
}
