//! A number with its error and its evidence.

use serde::{Deserialize, Serialize};

use crate::units::Years;

/// An estimate, per observation interval unless its function says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error, where known.
    pub standard_error: Option<f64>,
    /// Observations it rests on.
    pub observations: usize,
    /// What the reader should know: gaps skipped, bounds reached.
    pub notes: Vec<String>,
}

impl Estimate {
    /// Value and error times a constant, e.g. [`annualisation`].
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            standard_error: self.standard_error.map(|error| error * factor),
            ..self
        }
    }
}

/// Factor from a standard deviation per `interval` to one per year.
pub fn annualisation(interval: Years) -> f64 {
    (1.0 / interval.get()).sqrt()
}
