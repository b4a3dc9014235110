//! What following a limit did, over a run of dates.

use std::ops::Range;

use super::carry::Carried;
use super::days::Days;
use crate::outcome::PolicyMeasures;

/// What counts as missed, as an alarm, as a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Yardstick {
    /// Share of capital whose loss within a period is missed.
    pub tolerance: f64,
    /// A cut is a false alarm unless the uncut book loses this share of the tolerated loss
    pub alarm_share: f64,
    /// within so many dates, of the same part.
    pub alarm_dates: usize,
    /// Dates of the largest change of the threshold.
    pub change_dates: usize,
    /// Annual cost of idle capital.
    pub idle_capital_rate: f64,
}

/// Share of losses that the tail loss is the mean of.
const TAIL: f64 = 0.05;

/// Loss of each period with what is carried, costs included, as a share of capital.
pub(super) fn losses(days: &Days, dates: Range<usize>, carried: &Carried) -> Vec<f64> {
    let loss = |(index, date): (usize, usize)| {
        let [positions, balances] = days.realised[date];
        (carried.scale[index] * positions + balances + carried.cost[index]) / days.capital[date]
    };
    dates.enumerate().map(loss).collect()
}

/// Loss beyond the tolerance.
pub(super) fn missed(loss: f64, tolerance: f64) -> f64 {
    (loss - tolerance).max(0.0)
}

/// All measures of a part of the dates.
pub(super) fn measures(
    days: &Days,
    dates: Range<usize>,
    carried: &Carried,
    yardstick: &Yardstick,
) -> PolicyMeasures {
    let count = dates.len();
    if count == 0 {
        return PolicyMeasures::default();
    }
    let losses = losses(days, dates.clone(), carried);
    let per_year = days.per_year();
    let tolerance = yardstick.tolerance;
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / count as f64;
    let capital = |index: usize| days.capital[dates.start + index];
    let false_alarms = (0..count)
        .filter(|&index| carried.forced[index])
        .filter(|&index| is_false_alarm(days, &dates, index, yardstick))
        .count();
    let idle = |index: usize| {
        1.0 - (carried.potential_loss[index] / (tolerance * capital(index))).clamp(0.0, 1.0)
    };
    let shares: Vec<f64> =
        (0..count).map(|index| carried.threshold[index] / (tolerance * capital(index))).collect();
    let trading_cost =
        per_year * mean(&mut (0..count).map(|index| carried.cost[index] / capital(index)));
    let idle_capital = mean(&mut (0..count).map(idle));
    let beyond = losses.iter().filter(|loss| **loss > tolerance).count();
    PolicyMeasures {
        dates: count,
        missed_frequency: beyond as f64 / count as f64,
        missed_loss: mean(&mut losses.iter().map(|loss| missed(*loss, tolerance))),
        worst_loss: losses.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        tail_loss: tail(&losses),
        forced_per_year: per_year
            * mean(&mut carried.forced.iter().map(|one| f64::from(u8::from(*one)))),
        false_alarms_per_year: per_year * false_alarms as f64 / count as f64,
        turnover_per_year: per_year * mean(&mut carried.traded.iter().map(|one| one.abs())),
        trading_cost,
        exposure_carried: mean(&mut carried.scale.iter().copied()),
        idle_capital,
        largest_change: largest_change(&shares, yardstick.change_dates),
        daily_change: daily_change(&shares) / days.spacing_days,
        cost: yardstick.idle_capital_rate * idle_capital + trading_cost,
    }
}

/// Mean of the worst losses.
pub(super) fn tail(losses: &[f64]) -> f64 {
    let mut sorted = losses.to_vec();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let count = ((TAIL * losses.len() as f64).ceil() as usize).max(1).min(losses.len());
    sorted[..count].iter().sum::<f64>() / count as f64
}

/// Whether the uncut book loses too little after the cut at `index` for it to have been worth it.
fn is_false_alarm(days: &Days, dates: &Range<usize>, index: usize, yardstick: &Yardstick) -> bool {
    let start = dates.start + index;
    let end = (start + yardstick.alarm_dates).min(dates.end);
    let worth = yardstick.alarm_share * yardstick.tolerance * days.capital[start];
    let mut lost = 0.0;
    (start..end).all(|date| {
        let [positions, balances] = days.realised[date];
        lost += positions + balances;
        lost <= worth
    })
}

fn largest_change(shares: &[f64], dates: usize) -> f64 {
    let change = |pair: &[f64]| (pair[pair.len() - 1] - pair[0]).abs();
    shares.windows(dates + 1).map(change).fold(0.0, f64::max)
}

fn daily_change(shares: &[f64]) -> f64 {
    if shares.len() < 2 {
        return 0.0;
    }
    let total: f64 = shares.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    total / (shares.len() - 1) as f64
}
