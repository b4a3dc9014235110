//! What the calibrated policy is compared with over all test dates, at the same average exposure: one
//! scale throughout, and a scale inverse to volatility.
//!
//! Both are given the average exposure that the policy turns out to carry, which they could not have
//! known: the comparison is of when exposure is carried, not of how much.

use super::bootstrap::Bootstrap;
use super::carry::{Carried, carry_stated};
use super::days::Days;
use super::measures::{Yardstick, losses, measures, missed, tail};
use crate::numeric::isa::InstructionSet;
use crate::outcome::{Comparison, Difference, MissedDate, PolicyMeasures};
use crate::threshold::{
    ConditionPaths, ConditionPolicy, Direction, Driver, RegimeEstimator, ShortfallVolatility,
    ThresholdError, VolatilityReference,
};

/// The limit inverse to volatility.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VolatilityTarget {
    pub series: String,
    pub half_life_days: f64,
}

/// Volatility at which a driver says how far today's is above it.
const UNIT: f64 = 1.0;
const BISECTIONS: usize = 60;

impl VolatilityTarget {
    /// One over annual volatility of every test date, 1 while there is none.
    fn inverse_volatilities(
        &self,
        days: &Days,
        dates: &std::ops::Range<usize>,
    ) -> Result<Vec<f64>, ThresholdError> {
        let policy = ConditionPolicy {
            floor: 0.0,
            cap: f64::MAX,
            relax_per_day: f64::MAX,
            relax_after_days: 0.0,
            tighten_per_day: None,
            drivers: vec![Driver::VolatilityRegime {
                series: self.series.clone(),
                exponent: Some(1.0),
                estimator: RegimeEstimator::Ewma { half_life_days: self.half_life_days },
                reference: VolatilityReference::Stated(UNIT),
            }],
        };
        let volatility = ShortfallVolatility::Unconditional;
        let paths = ConditionPaths::new(&policy, &days.history, volatility)?;
        let multipliers = paths.multipliers(&policy, Direction::Hedged);
        Ok(dates.clone().map(|date| multipliers[days.close[date]].raw).collect())
    }

    /// Scales of a mean of `exposure`, and the volatility aimed at.
    pub fn scales(
        &self,
        days: &Days,
        dates: &std::ops::Range<usize>,
        exposure: f64,
    ) -> Result<(Vec<f64>, f64), ThresholdError> {
        let inverse = self.inverse_volatilities(days, dates)?;
        let at = |target: f64| -> Vec<f64> {
            inverse.iter().map(|inverse| (target * inverse).min(1.0)).collect()
        };
        let mean = |scales: &[f64]| scales.iter().sum::<f64>() / scales.len() as f64;
        let (mut low, mut high) = (0.0, 1.0);
        while mean(&at(high)) < exposure && high < 1e6 {
            high *= 2.0;
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if mean(&at(middle)) < exposure { low = middle } else { high = middle }
        }
        Ok((at(high), high))
    }
}

/// The policy on all test dates, and what it is compared with.
pub(super) struct Contest<'a> {
    pub days: &'a Days,
    /// All test dates: parts follow one another.
    pub dates: std::ops::Range<usize>,
    pub policy: &'a Carried,
    pub yardstick: &'a Yardstick,
    pub trading_cost: f64,
    pub bootstrap: Bootstrap,
    pub isa: InstructionSet,
}

/// One contender by date, as the differences need it.
struct Series {
    losses: Vec<f64>,
    scales: Vec<f64>,
    traded: Vec<f64>,
}

impl Contest<'_> {
    /// The comparison, and the scales of the volatility target.
    ///
    /// # Errors
    /// A series that the history lacks.
    pub fn run(&self, target: &VolatilityTarget) -> Result<(Comparison, Vec<f64>), ThresholdError> {
        let of_policy = self.measures(self.policy);
        let exposure = of_policy.exposure_carried;
        let flat = vec![exposure; self.dates.len()];
        let flat = carry_stated(self.days, self.dates.clone(), &flat, self.trading_cost);
        let (scales, level) = target.scales(self.days, &self.dates, exposure)?;
        let targeted = carry_stated(self.days, self.dates.clone(), &scales, self.trading_cost);
        let [policy, static_limit, volatility] =
            [self.policy, &flat, &targeted].map(|carried| self.series(carried));
        let comparison = Comparison {
            policy: of_policy,
            static_limit: self.measures(&flat),
            volatility_target: self.measures(&targeted),
            volatility_target_level: level,
            volatility_target_series: target.series.clone(),
            against_static: self.differences(&policy, &static_limit),
            against_volatility_target: self.differences(&policy, &volatility),
            missed_dates: self.missed_dates([&policy, &static_limit, &volatility]),
        };
        Ok((comparison, scales))
    }

    fn measures(&self, carried: &Carried) -> PolicyMeasures {
        measures(self.days, self.dates.clone(), carried, self.yardstick)
    }

    fn series(&self, carried: &Carried) -> Series {
        Series {
            losses: losses(self.days, self.dates.clone(), carried),
            scales: carried.scale.clone(),
            traded: carried.traded.clone(),
        }
    }

    /// Dates on which one of the three missed, the largest loss missed first.
    fn missed_dates(&self, all: [&Series; 3]) -> Vec<MissedDate> {
        let date = |index: usize| {
            let losses = all.map(|one| one.losses[index]);
            MissedDate {
                instant: self.days.instants[self.dates.start + index].to_string(),
                scales: all.map(|one| one.scales[index]),
                losses,
                missed: losses.map(|loss| missed(loss, self.yardstick.tolerance)),
            }
        };
        let largest = |one: &MissedDate| one.missed.iter().copied().fold(0.0, f64::max);
        let mut found: Vec<MissedDate> =
            (0..self.dates.len()).map(date).filter(|one| largest(one) > 0.0).collect();
        found.sort_by(|one, other| largest(other).total_cmp(&largest(one)));
        found
    }

    fn differences(&self, one: &Series, other: &Series) -> Vec<Difference> {
        let tolerance = self.yardstick.tolerance;
        let per_year = self.days.per_year();
        let mean = |dates: &[usize], value: &dyn Fn(usize) -> f64| {
            dates.iter().map(|&date| value(date)).sum::<f64>() / dates.len() as f64
        };
        let beyond = |loss: f64| f64::from(u8::from(loss > tolerance));
        let frequency = |dates: &[usize]| {
            mean(dates, &|date| beyond(one.losses[date]) - beyond(other.losses[date]))
        };
        let excess = |dates: &[usize]| {
            let of = |series: &Series, date: usize| missed(series.losses[date], tolerance);
            mean(dates, &|date| of(one, date) - of(other, date))
        };
        let tails = |dates: &[usize]| {
            let of = |series: &Series| {
                tail(&dates.iter().map(|&date| series.losses[date]).collect::<Vec<f64>>())
            };
            of(one) - of(other)
        };
        let lost = |dates: &[usize]| mean(dates, &|date| one.losses[date] - other.losses[date]);
        let turnover = |dates: &[usize]| {
            per_year * mean(dates, &|date| one.traded[date].abs() - other.traded[date].abs())
        };
        let exposure = |dates: &[usize]| mean(dates, &|date| one.scales[date] - other.scales[date]);
        vec![
            self.difference("missed loss, mean share of capital", true, &excess),
            self.difference("missed losses, share of dates", true, &frequency),
            self.difference("tail loss 95 %, share of capital", true, &tails),
            self.difference("mean loss, share of capital", true, &lost),
            self.difference("turnover a year", true, &turnover),
            self.difference("exposure carried", false, &exposure),
        ]
    }

    fn difference(
        &self,
        name: &str,
        less_is_better: bool,
        statistic: &(dyn Fn(&[usize]) -> f64 + Sync),
    ) -> Difference {
        let all: Vec<usize> = (0..self.dates.len()).collect();
        Difference {
            name: name.to_owned(),
            value: statistic(&all),
            interval_95: self.bootstrap.interval(self.isa, all.len(), statistic),
            less_is_better,
        }
    }
}
