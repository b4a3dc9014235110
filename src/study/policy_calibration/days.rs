//! A walk-forward as arrays a search can walk in microseconds: what the positions of each date may
//! lose at any scale, what they did lose, and which close of the condition history it is.

use jiff::Timestamp;

use super::PolicyCalibrationError;
use crate::study::walk_forward::{ModelRecord, WalkRecord};
use crate::threshold::{Combination, ConditionHistory, Direction, Policy};
use crate::units::DAYS_PER_YEAR;

/// The dates of one model.
#[derive(Debug, Clone)]
pub(super) struct Days {
    /// Of each date.
    pub instants: Vec<Timestamp>,
    /// Days from one date to the next.
    pub spacing_days: f64,
    /// Capital base, in money.
    pub capital: Vec<f64>,
    /// Loss of positions at scale 1 and of balances over the period that follows, in money.
    pub realised: Vec<[f64; 2]>,
    /// Gross exposure at scale 1, in money.
    pub gross: Vec<f64>,
    /// Which way the book leans.
    pub direction: Vec<Direction>,
    /// Potential loss without buffer at each of `scales`, `[date][scale]`, in money.
    pub potential_loss: Vec<Vec<f64>>,
    /// Increasing, ending at 1 or above.
    pub scales: Vec<f64>,
    /// Last close of the condition history at or before each date.
    pub close: Vec<usize>,
    /// That history, up to the last date.
    pub history: ConditionHistory,
}

impl Days {
    /// The dates of `model`, with the potential loss that `policy` makes of their terms.
    ///
    /// # Errors
    /// A model without dates or thresholds; capital that is not positive.
    pub fn new(
        record: &WalkRecord,
        model: &ModelRecord,
        policy: &Policy,
    ) -> Result<Self, PolicyCalibrationError> {
        let lacking = |what: &str| PolicyCalibrationError::Record {
            model: model.name.clone(),
            what: what.to_owned(),
        };
        let last = model.dates.last().ok_or_else(|| lacking("has no date"))?;
        let mut days = Self {
            instants: Vec::new(),
            spacing_days: record.every.days(),
            capital: Vec::new(),
            realised: Vec::new(),
            gross: Vec::new(),
            direction: Vec::new(),
            potential_loss: Vec::new(),
            scales: record.scales.clone(),
            close: Vec::new(),
            history: condition_history(record, last.instant),
        };
        let times = sampled_times(record, last.instant);
        for date in &model.dates {
            let threshold =
                date.threshold.as_ref().ok_or_else(|| lacking("has dates without a threshold"))?;
            if threshold.capital.is_nan() || threshold.capital <= 0.0 {
                return Err(lacking("has dates without capital"));
            }
            let close = times.partition_point(|time| *time <= date.instant);
            days.close.push(close.checked_sub(1).ok_or_else(|| lacking("begins before prices"))?);
            days.instants.push(date.instant);
            days.capital.push(threshold.capital);
            days.realised.push([date.realised.positions, date.realised.balances]);
            days.gross.push(date.gross_exposure);
            days.direction.push(date.direction);
            let at = threshold.terms_at_scales.iter().map(|terms| combined(policy, terms));
            days.potential_loss.push(at.collect());
        }
        Ok(days)
    }

    /// Dates a year.
    pub fn per_year(&self) -> f64 {
        DAYS_PER_YEAR / self.spacing_days
    }

    /// Potential loss of a date at `scale`, linear between scales and beyond their ends.
    pub fn potential_loss_at(&self, date: usize, scale: f64) -> f64 {
        let (scales, losses) = (&self.scales, &self.potential_loss[date]);
        if scales.len() == 1 {
            return losses[0] * scale / scales[0];
        }
        let upper = scales.partition_point(|one| *one < scale).clamp(1, scales.len() - 1);
        interpolate(scales, losses, upper, scale)
    }

    /// Largest scale up to 1 at which the potential loss of a date is at most `limit`. Where there is
    /// none, the scale of least loss: positions that hedge balances are not cut to lose more.
    pub fn scale_within(&self, date: usize, limit: f64) -> f64 {
        let mut upper = 1.0;
        let mut above = self.potential_loss_at(date, upper);
        if above <= limit {
            return 1.0;
        }
        let below = self.scales.iter().rev().copied().filter(|scale| *scale < 1.0).chain([0.0]);
        for scale in below {
            let at = self.potential_loss_at(date, scale);
            if at <= limit {
                // The loss is linear in between.
                return scale + (upper - scale) * ((limit - at) / (above - at)).clamp(0.0, 1.0);
            }
            (upper, above) = (scale, at);
        }
        self.least_loss(date).0
    }

    /// Scale from 0 to 1 of the least potential loss of a date, the smallest such, and that loss.
    pub fn least_loss(&self, date: usize) -> (f64, f64) {
        let scales = self.scales.iter().copied().filter(|scale| *scale < 1.0);
        let of = |scale: f64| (scale, self.potential_loss_at(date, scale));
        let all = [0.0].into_iter().chain(scales).chain([1.0]).map(of);
        all.fold((0.0, f64::INFINITY), |least, one| if one.1 < least.1 { one } else { least })
    }
}

fn interpolate(scales: &[f64], losses: &[f64], upper: usize, scale: f64) -> f64 {
    let lower = upper - 1;
    let slope = (losses[upper] - losses[lower]) / (scales[upper] - scales[lower]);
    losses[lower] + slope * (scale - scales[lower])
}

/// Weighted terms combined as the policy says.
fn combined(policy: &Policy, terms: &[f64]) -> f64 {
    let weighted = policy.terms.iter().zip(terms).map(|(term, amount)| term.weight * amount);
    match policy.combination {
        Combination::Sum => weighted.sum(),
        Combination::Maximum => weighted.fold(f64::NEG_INFINITY, f64::max),
    }
}

/// Every series up to the last date.
fn condition_history(record: &WalkRecord, last: Timestamp) -> ConditionHistory {
    let count = record.history.times.partition_point(|time| *time <= last);
    let series = record.history.series.iter();
    let series =
        series.map(|one| (one.name.clone(), one.values.iter().take(count).copied().collect()));
    ConditionHistory::new(record.history.interval, series)
}

/// The closes that the condition history keeps: one a day, counted back from the last.
fn sampled_times(record: &WalkRecord, last: Timestamp) -> Vec<Timestamp> {
    let history = &record.history;
    let count = history.times.partition_point(|time| *time <= last);
    let stride = ((1.0 / history.interval.days()).round() as usize).max(1);
    let offset = count.saturating_sub(1) % stride;
    history.times[..count].iter().skip(offset).step_by(stride).copied().collect()
}
