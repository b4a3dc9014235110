//! Forecasts, and the periods whose loss exceeded VaR.

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

/// The periods with an exception, of all that were observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceptions<'a> {
    /// Periods with an exception, ascending, from 0.
    pub periods: &'a [usize],
    /// Periods observed.
    pub observations: usize,
}

impl Exceptions<'_> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.periods.len()
    }
}

/// Periods with an exception, ascending.
pub(super) fn periods(forecasts: &[Forecast]) -> Vec<usize> {
    let hits = forecasts.iter().enumerate().filter(|(_, forecast)| forecast.is_exception());
    hits.map(|(period, _)| period).collect()
}
