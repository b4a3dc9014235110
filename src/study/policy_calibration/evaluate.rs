//! What one policy does: its document, its multipliers over the condition history, what is carried.
//!
//! Nothing is simulated. Drivers are read once for every setting of theirs, whichever policies share
//! it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::carry::{Carried, Condition, Rules, carry};
use super::days::Days;
use super::measures::{Yardstick, measures};
use super::parameter::Parameter;
use crate::outcome::PolicyMeasures;
use crate::threshold::document::{LoadedPolicy, PolicyDocument};
use crate::threshold::{
    ConditionPaths, ConditionPolicy, Direction, Driver, Policy, ShortfallVolatility, ThresholdError,
};

/// Evaluates policies on the dates of one model.
pub(super) struct Evaluator<'a> {
    pub days: &'a Days,
    pub base: &'a LoadedPolicy,
    pub parameters: &'a [Parameter],
    pub yardstick: Yardstick,
    pub trading_cost: f64,
    pub volatility: ShortfallVolatility,
    /// Drivers read so far, by their settings.
    pub read: Mutex<BTreeMap<String, Arc<ConditionPaths>>>,
}

impl Evaluator<'_> {
    /// The document with `values` and the policy that it is; `None` where it would not be one.
    pub fn varied(&self, values: &[f64]) -> Option<(PolicyDocument, Policy)> {
        let mut document = self.base.document.value.clone();
        for (parameter, value) in self.parameters.iter().zip(values) {
            parameter.set(&mut document, *value)?;
        }
        let policy = self.base.varied(&document).ok()?;
        Some((document, policy))
    }

    /// Measures of the policy with `values` over `dates`.
    pub fn measures(&self, values: &[f64], dates: Range<usize>) -> Option<PolicyMeasures> {
        let (_, policy) = self.varied(values)?;
        let carried = self.carried(&policy, dates.clone()).ok()?;
        Some(measures(self.days, dates, &carried, &self.yardstick))
    }

    /// What is carried under `policy` over `dates`.
    ///
    /// # Errors
    /// A driver on a series that the history lacks.
    pub fn carried(&self, policy: &Policy, dates: Range<usize>) -> Result<Carried, ThresholdError> {
        let conditions = self.conditions(&policy.condition)?;
        let rules = Rules::of(policy, self.days.spacing_days, self.trading_cost);
        Ok(carry(self.days, dates, &rules, &conditions))
    }

    /// M of every date, each by what was known then.
    pub fn conditions(&self, policy: &ConditionPolicy) -> Result<Vec<Condition>, ThresholdError> {
        let paths = self.paths(policy)?;
        let days = self.days;
        let directions = [Direction::Hedged, Direction::Long, Direction::Short];
        let multipliers = directions.map(|direction| {
            let is_taken = days.direction.contains(&direction);
            if is_taken { paths.multipliers(policy, direction) } else { Vec::new() }
        });
        let of = |date: usize| {
            let index = directions.iter().position(|one| *one == days.direction[date]);
            let one = &multipliers[index.unwrap_or(0)][days.close[date]];
            Condition { value: one.value, raw: one.raw }
        };
        Ok((0..days.instants.len()).map(of).collect())
    }

    /// Every driver over the history, each read once.
    fn paths(&self, policy: &ConditionPolicy) -> Result<ConditionPaths, ThresholdError> {
        let empty = ConditionPolicy { drivers: Vec::new(), ..policy.clone() };
        let mut paths = ConditionPaths::new(&empty, &self.days.history, self.volatility)?;
        for driver in &policy.drivers {
            paths.extend(&*self.driver(driver, policy)?);
        }
        Ok(paths)
    }

    fn driver(
        &self,
        driver: &Driver,
        policy: &ConditionPolicy,
    ) -> Result<Arc<ConditionPaths>, ThresholdError> {
        let key = serde_json::to_string(driver).unwrap_or_default();
        let known = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(&key) {
            return Ok(Arc::clone(found));
        }
        let alone = ConditionPolicy { drivers: vec![driver.clone()], ..policy.clone() };
        let found = Arc::new(ConditionPaths::new(&alone, &self.days.history, self.volatility)?);
        known().insert(key, Arc::clone(&found));
        Ok(found)
    }
}
