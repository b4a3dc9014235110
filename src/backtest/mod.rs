//! Was it right: forecasts of VaR and ES against what happened.
//!
//! Flows in: one [`Forecast`] a period with the loss realised over it, in time order, of periods
//! that do not overlap. Flows out: test statistics with their p-values, and scores.
//!
//! Signs: losses, VaR and ES are positive when money is lost; `tail_probability` is 1 − level, so
//! 0.01 for a 99 % VaR. An exception is a loss strictly above VaR.

/// What was said of a period, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// VaR at the level tested.
    pub value_at_risk: f64,
    /// ES at the same level.
    pub expected_shortfall: f64,
    /// Loss realised over the period.
    pub loss: f64,
}

impl Forecast {
    /// Whether the loss exceeded VaR.
    pub fn is_exception(&self) -> bool {
        self.loss > self.value_at_risk
    }
}
