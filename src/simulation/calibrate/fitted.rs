//! What was fitted, with its errors: beside the notes, for those who write the model down.

use serde::{Deserialize, Serialize};

use super::Fallback;
use crate::estimation::Estimate;

/// A parameter of the model fitted to the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedParameter {
    /// What it is, e.g. `volatility of BTC.spot`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its standard error, where the estimator gives one.
    pub standard_error: Option<f64>,
    /// Observations that it rests on.
    pub observations: usize,
}

impl FittedParameter {
    /// The estimate under a name.
    pub(super) fn of(name: impl Into<String>, estimate: &Estimate) -> Self {
        Self {
            name: name.into(),
            value: estimate.value,
            standard_error: estimate.standard_error,
            observations: estimate.observations,
        }
    }
}

/// What a fit tells: notes in words, figures, and what was done in place of what was asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Told {
    pub notes: Vec<String>,
    pub fitted: Vec<FittedParameter>,
    pub fallbacks: Vec<Fallback>,
    /// Whether any degrees of freedom were fitted.
    pub freedom_fitted: bool,
}
