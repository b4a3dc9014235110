//! What a desk carries that follows a limit: cut to the target when the limit is breached, raised
//! slowly while there is room.

use std::ops::Range;

use super::days::Days;
use crate::threshold::{Buffer, Policy, RungAction};

/// Rules by which the desk follows a policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rules {
    pub appetite: f64,
    pub red: f64,
    pub target: f64,
    /// Largest rise of the scale a day.
    pub raise_per_day: f64,
    /// Dates from a breach to the cut, for delays of whole periods; shorter ones act at once.
    pub delay_dates: usize,
    pub buffer: Option<Buffer>,
    /// Cost of forced trades, as a share of the exposure traded.
    pub forced_cost: f64,
    /// Cost of other trades.
    pub trading_cost: f64,
}

impl Rules {
    /// The rules of a policy, on dates `spacing_days` apart.
    pub fn of(policy: &Policy, spacing_days: f64, trading_cost: f64) -> Self {
        let forced = policy.ladder.iter().find(|rung| rung.action == RungAction::ForcedReduction);
        let delay_days = forced.map_or(0.0, |rung| rung.delay.days());
        Self {
            appetite: policy.appetite,
            red: policy.status.red,
            target: policy.target_utilisation,
            raise_per_day: policy.condition.relax_per_day,
            delay_dates: (delay_days / spacing_days + 1e-9).floor() as usize,
            buffer: policy.anti_procyclicality.buffer,
            forced_cost: forced.map_or(trading_cost, |rung| rung.cost_rate.max(trading_cost)),
            trading_cost,
        }
    }
}

/// M of one date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    pub value: f64,
    pub raw: f64,
}

/// What was carried over a run of dates.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Carried {
    /// Scale of the positions over the period after each date.
    pub scale: Vec<f64>,
    /// Threshold, in money.
    pub threshold: Vec<f64>,
    /// Potential loss carried, in money.
    pub potential_loss: Vec<f64>,
    /// Change of the scale at each date.
    pub traded: Vec<f64>,
    /// Cost of that, in money.
    pub cost: Vec<f64>,
    /// Whether it was a forced cut.
    pub forced: Vec<bool>,
}

/// Follows `rules` over `dates`, with the M of each; it begins at the target of the first.
pub(super) fn carry(
    days: &Days,
    dates: Range<usize>,
    rules: &Rules,
    conditions: &[Condition],
) -> Carried {
    let mut carried = Carried::default();
    let mut scale = None;
    let mut breached_since = None;
    for date in dates {
        let threshold = rules.appetite * days.capital[date] * conditions[date].value;
        let added = 1.0 + rules.buffer.map_or(0.0, |buffer| buffer.added(conditions[date].raw));
        let aim = days.scale_within(date, rules.target * threshold / added);
        let before = scale.unwrap_or(aim);
        let loss = added * days.potential_loss_at(date, before);
        let breached = loss > rules.red * threshold && loss > 0.0;
        breached_since = breached.then(|| breached_since.unwrap_or(date));
        let due = breached_since.is_some_and(|since| date - since >= rules.delay_dates);
        let after = if due {
            breached_since = None;
            aim.min(before)
        } else if breached {
            before
        } else {
            aim.min(before + rules.raise_per_day * days.spacing_days).max(before)
        };
        let forced = due && after < before;
        let rate = if forced { rules.forced_cost } else { rules.trading_cost };
        carried.scale.push(after);
        carried.threshold.push(threshold);
        carried.potential_loss.push(added * days.potential_loss_at(date, after));
        carried.traded.push(after - before);
        carried.cost.push((after - before).abs() * days.gross[date] * rate);
        carried.forced.push(forced);
        scale = Some(after);
    }
    carried
}

/// Carries stated scales; none of its trades is forced, and there is no threshold.
pub(super) fn carry_stated(
    days: &Days,
    dates: Range<usize>,
    scales: &[f64],
    trading_cost: f64,
) -> Carried {
    let mut carried = Carried::default();
    let mut before = scales.first().copied().unwrap_or(0.0);
    for (date, &scale) in dates.zip(scales) {
        carried.scale.push(scale);
        carried.threshold.push(0.0);
        carried.potential_loss.push(days.potential_loss_at(date, scale));
        carried.traded.push(scale - before);
        carried.cost.push((scale - before).abs() * days.gross[date] * trading_cost);
        carried.forced.push(false);
        before = scale;
    }
    carried
}
