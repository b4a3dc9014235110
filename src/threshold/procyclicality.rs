//! Options against procyclicality: what keeps the threshold from being generous in calm times and
//! from falling hardest in bad ones (Commission Delegated Regulation (EU) No 153/2013, Article 28).
//!
//! - **Buffer** (1a): a share of the potential loss is added in calm times and drawn as conditions
//!   worsen: in a line, as the product of the drivers falls from `released_from` to `released_at`.
//! - **Stressed period** (1b): `(1 − w)·ES + w·ES*`, ES* of the same book under a model estimated
//!   from a stated window of history.
//! - **Volatility floor** (1c): ES is not taken at a volatility of a coin below its long-run one.
//!
//! Flows in: the policy's options, the product of the drivers, ES under each model. Flows out: an
//! [`Adjustment`] of the potential loss. The factor of a shortfall is found at the book as it is and
//! kept at other scales of it, where it is exact for linear books alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::potential_loss::{MoneyEstimate, PotentialLoss, potential_loss};
use super::{Policy, ThresholdError};

/// What a policy does against procyclicality; by default nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AntiProcyclicality {
    /// A drawable buffer on the potential loss.
    pub buffer: Option<Buffer>,
    /// Weight of a stressed period in every simulated shortfall.
    pub stressed_period: Option<StressedPeriod>,
    /// A floor under the volatilities that shortfalls are simulated at.
    pub volatility_floor: Option<VolatilityFloor>,
}

/// A buffer that is drawn as the drivers' product falls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Buffer {
    /// Share of the potential loss added in calm times.
    pub share: f64,
    /// Product of the drivers from which down it is drawn,
    pub released_from: f64,
    /// and at which all of it is.
    pub released_at: f64,
}

/// A window of history whose shortfall counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StressedPeriod {
    /// Weight of its ES, in (0, 1].
    pub weight: f64,
    /// First close.
    pub from: Timestamp,
    /// Last close.
    pub to: Timestamp,
}

/// Long-run volatility as a floor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VolatilityFloor {
    /// Years of history that the long run is, at most; `None`: all of it.
    pub years: Option<f64>,
}

impl Buffer {
    /// Share of the buffer that is drawn at a product of the drivers.
    pub fn drawn(&self, raw: f64) -> f64 {
        let way = (self.released_from - raw) / (self.released_from - self.released_at);
        way.clamp(0.0, 1.0)
    }

    /// What is added, as a share of the potential loss.
    pub fn added(&self, raw: f64) -> f64 {
        self.share * (1.0 - self.drawn(raw))
    }
}

/// How the potential loss differs from the combination of plain terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    /// Factor of each term, in policy order; 1 but for simulated shortfalls.
    pub factors: Vec<f64>,
    /// Share added on top.
    pub buffer: f64,
}

impl Adjustment {
    /// None.
    pub fn none(policy: &Policy) -> Self {
        Self { factors: vec![1.0; policy.terms.len()], buffer: 0.0 }
    }

    /// Terms with their factors.
    pub fn terms(&self, amounts: &[MoneyEstimate]) -> Vec<MoneyEstimate> {
        let adjusted = amounts.iter().zip(&self.factors).map(|(one, factor)| MoneyEstimate {
            amount: factor * one.amount,
            standard_error: factor * one.standard_error,
        });
        adjusted.collect()
    }

    /// Combines plain `amounts` into the potential loss.
    ///
    /// # Errors
    /// As [`potential_loss`].
    pub fn potential_loss(
        &self,
        policy: &Policy,
        amounts: &[MoneyEstimate],
    ) -> Result<PotentialLoss, ThresholdError> {
        let mut found = potential_loss(policy, &self.terms(amounts))?;
        let factor = 1.0 + self.buffer;
        found.estimate.amount *= factor;
        found.estimate.standard_error *= factor;
        Ok(found)
    }
}

/// ES of one term as it is, under floored volatilities and in the stressed period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortfalls {
    /// By the scenario's model.
    pub plain: f64,
    /// With volatilities at their floor where they are below it.
    pub floored: Option<f64>,
    /// By the model of the stressed period.
    pub stressed: Option<f64>,
}

impl Shortfalls {
    /// ES not below that at floored volatilities.
    pub fn at_floor(&self) -> f64 {
        self.floored.map_or(self.plain, |floored| floored.max(self.plain))
    }

    /// ES used.
    pub fn used(&self, period: Option<&StressedPeriod>) -> f64 {
        match (period, self.stressed) {
            (Some(period), Some(stressed)) => {
                (1.0 - period.weight) * self.at_floor() + period.weight * stressed
            }
            _ => self.at_floor(),
        }
    }

    /// ES used over plain ES; 1 where plain ES is no loss.
    pub fn factor(&self, period: Option<&StressedPeriod>) -> f64 {
        if self.plain > 0.0 { (self.used(period) / self.plain).max(0.0) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::tests::plain;
    use super::*;

    const BUFFER: Buffer = Buffer { share: 0.25, released_from: 0.9, released_at: 0.5 };

    fn period() -> StressedPeriod {
        let at = |text: &str| text.parse().unwrap();
        StressedPeriod {
            weight: 0.25,
            from: at("2020-02-01T00:00:00Z"),
            to: at("2020-05-01T00:00:00Z"),
        }
    }

    #[test]
    fn the_buffer_is_there_in_calm_and_drawn_in_stress() {
        assert_eq!(BUFFER.added(1.0), 0.25);
        assert_eq!(BUFFER.added(0.9), 0.25);
        approx::assert_relative_eq!(BUFFER.added(0.7), 0.125, max_relative = 1e-12);
        assert_eq!(BUFFER.added(0.5), 0.0);
        assert_eq!(BUFFER.added(0.0), 0.0);
    }

    #[test]
    fn floor_then_stressed_period() {
        let found = Shortfalls { plain: 100.0, floored: Some(120.0), stressed: Some(200.0) };
        assert_eq!(found.used(None), 120.0);
        assert_eq!(found.used(Some(&period())), 140.0);
        assert_eq!(found.factor(Some(&period())), 1.4);
        // A floor below the model's volatility does nothing; a book without loss keeps its own.
        assert_eq!(Shortfalls { floored: Some(90.0), ..found }.used(None), 100.0);
        assert_eq!(Shortfalls { plain: -1.0, ..found }.factor(None), 1.0);
    }

    #[test]
    fn adjusted_potential_loss_by_hand() {
        let amounts = [MoneyEstimate { amount: 100.0, standard_error: 2.0 }];
        let adjustment = Adjustment { factors: vec![1.4], buffer: 0.25 };
        let found = adjustment.potential_loss(&plain(), &amounts).unwrap().estimate;
        approx::assert_relative_eq!(found.amount, 175.0, max_relative = 1e-12);
        approx::assert_relative_eq!(found.standard_error, 3.5, max_relative = 1e-12);
        let none = Adjustment::none(&plain()).potential_loss(&plain(), &amounts).unwrap();
        assert_eq!(none.estimate, amounts[0]);
    }
}
