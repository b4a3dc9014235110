//! The condition multiplier `M = clamp(Π g_j(x_j), floor, cap)`, with memory.
//!
//! Three multipliers are kept: for a hedged book, for additions on the long and on the short
//! side. They differ only by directional drivers: relative strength cuts the long side when
//! overbought and the short side when oversold. A net long book is held to the long multiplier,
//! a net short one to the short, a hedged book to neither; headroom on each side is held to its
//! own (design: "overbought cuts long headroom, oversold short").
//!
//! M tightens at once, or by at most `tighten_per_day`, and relaxes by at most `relax_per_day` once
//! the drivers have asked for more than M for `relax_after`. Its memory is replayed over the
//! supplied history from its first day, or continued from a stated previous state, so that a run
//! stays a function of its inputs. The value of a day uses nothing later than its close.

mod co_movement;
mod drawdown;
mod garch_regime;
mod history;
mod levels;
mod ratio;
mod reading;
mod relative_strength;
mod smoothing;
#[cfg(test)]
mod tests;
mod volatility_regime;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use history::ConditionHistory;
pub use smoothing::{Clamp, Multiplier};

use super::ThresholdError;
use super::driver::ConditionPolicy;
use smoothing::{Held, Smoother, raw_product};

/// Which way a book leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Gains when the market rises.
    Long,
    /// Gains when the market falls.
    Short,
    /// Net exposure below 20 % of gross.
    Hedged,
}

/// Share of gross exposure from which net exposure says something.
pub const NET_SHARE_MIN: f64 = 0.2;

impl Direction {
    /// Direction of a book with these dollar deltas by underlying.
    pub fn of(dollar_deltas: &[f64]) -> Self {
        let net: f64 = dollar_deltas.iter().sum();
        let gross: f64 = dollar_deltas.iter().map(|delta| delta.abs()).sum();
        if net.abs() < NET_SHARE_MIN * gross || net == 0.0 {
            Self::Hedged
        } else if net > 0.0 {
            Self::Long
        } else {
            Self::Short
        }
    }
}

/// Whether simulated ES already moves with today's volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortfallVolatility {
    /// EWMA, GARCH or filtered: a volatility driver would count it twice.
    Conditional,
    /// Long-run or stated.
    Unconditional,
}

/// The three multipliers at one instant, e.g. of the previous run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionState {
    /// M of a hedged book.
    pub hedged: f64,
    /// M of the long side.
    pub long: f64,
    /// M of the short side.
    pub short: f64,
    /// How long each has been asked to rise.
    #[serde(default)]
    pub days_above: DaysAbove,
}

/// Days for which the drivers have asked for more than M; `None` where they do not.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DaysAbove {
    /// Of hedged books.
    pub hedged: Option<f64>,
    /// Of the long side.
    pub long: Option<f64>,
    /// Of the short side.
    pub short: Option<f64>,
}

impl ConditionState {
    fn held(&self, direction: Direction) -> Held {
        let above = &self.days_above;
        let (value, days_above) = match direction {
            Direction::Hedged => (self.hedged, above.hedged),
            Direction::Long => (self.long, above.long),
            Direction::Short => (self.short, above.short),
        };
        Held { value, days_above }
    }
}

/// Where M comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Memory {
    /// Replayed over the supplied history.
    Replayed,
    /// Continued from the state of an earlier run.
    Previous {
        /// That state.
        state: ConditionState,
        /// Days since.
        days_elapsed: f64,
    },
}

/// M with everything that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// M of a hedged book.
    pub hedged: Multiplier,
    /// M of net long books and of long headroom.
    pub long: Multiplier,
    /// M of net short books and of short headroom.
    pub short: Multiplier,
    /// Drivers, in policy order.
    pub drivers: Vec<DriverReading>,
}

impl Condition {
    /// M for a direction.
    pub fn of(&self, direction: Direction) -> &Multiplier {
        match direction {
            Direction::Hedged => &self.hedged,
            Direction::Long => &self.long,
            Direction::Short => &self.short,
        }
    }

    /// What the next run continues from.
    pub fn state(&self) -> ConditionState {
        ConditionState {
            hedged: self.hedged.value,
            long: self.long.value,
            short: self.short.value,
            days_above: DaysAbove {
                hedged: self.hedged.days_above,
                long: self.long.days_above,
                short: self.short.days_above,
            },
        }
    }
}

/// One driver today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriverReading {
    /// Name, with the series watched.
    pub name: String,
    /// Today's value in the driver's own unit; `None` while the history is too short.
    pub observed: Option<f64>,
    /// What it is compared with, where there is such a thing.
    pub reference: Option<f64>,
    /// Whether both are decimal shares or rates, which read best in per cent.
    #[serde(default)]
    pub is_share: bool,
    /// Factor on M by direction; ones while the history is too short.
    pub factors: Factors,
    /// What is observed, on what, with units.
    pub definition: String,
    /// What held the factor today, in words; empty where nothing did.
    #[serde(default)]
    pub clamp: String,
}

impl DriverReading {
    /// The factor on M for a direction.
    pub fn factor(&self, direction: Direction) -> f64 {
        self.factors.of(direction)
    }
}

/// Factors on M by direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// For hedged books.
    pub hedged: f64,
    /// For the long side.
    pub long: f64,
    /// For the short side.
    pub short: f64,
}

impl Factors {
    /// No effect.
    pub const NONE: Self = Self::even(1.0);

    /// The same for every direction.
    pub const fn even(factor: f64) -> Self {
        Self { hedged: factor, long: factor, short: factor }
    }

    fn of(&self, direction: Direction) -> f64 {
        match direction {
            Direction::Hedged => self.hedged,
            Direction::Long => self.long,
            Direction::Short => self.short,
        }
    }
}

/// One day of one driver.
#[derive(Debug, Clone, Copy, PartialEq)]
struct DriverDay {
    observed: f64,
    reference: Option<f64>,
    factors: Factors,
    /// A ratio and the bound it was held at.
    held: Option<[f64; 2]>,
}

/// A driver over the whole history: `[day]`, `None` while it warms up.
type DriverPath = Vec<Option<DriverDay>>;

/// M today under `policy`, from daily closes.
///
/// # Errors
/// [`ThresholdError::MissingSeries`] where a driver watches a series the history lacks. A series
/// that is there but too short leaves its driver at 1, with `observed` absent.
pub fn condition(
    policy: &ConditionPolicy,
    history: &ConditionHistory,
    volatility: ShortfallVolatility,
    memory: Memory,
) -> Result<Condition, ThresholdError> {
    let paths = ConditionPaths::new(policy, history, volatility)?;
    let of = |direction| paths.today(policy, memory, direction);
    let readings = policy.drivers.iter().zip(&paths.drivers);
    Ok(Condition {
        hedged: of(Direction::Hedged),
        long: of(Direction::Long),
        short: of(Direction::Short),
        drivers: readings
            .map(|(driver, path)| reading::reading(driver, path, volatility))
            .collect(),
    })
}

/// Every driver of a policy over a history.
#[derive(Debug, Clone)]
pub struct ConditionPaths {
    days: usize,
    days_per_close: f64,
    drivers: Vec<Arc<DriverPath>>,
}

impl ConditionPaths {
    /// Reads the drivers of `policy`.
    ///
    /// # Errors
    /// As [`condition`].
    pub fn new(
        policy: &ConditionPolicy,
        history: &ConditionHistory,
        volatility: ShortfallVolatility,
    ) -> Result<Self, ThresholdError> {
        let path = |driver| reading::path(driver, history, volatility).map(Arc::new);
        Ok(Self {
            days: history.days(),
            days_per_close: history.days_per_close(),
            drivers: policy.drivers.iter().map(path).collect::<Result<_, _>>()?,
        })
    }

    /// Adds the drivers of `others`, read over the same history.
    pub fn extend(&mut self, others: &Self) {
        self.drivers.extend(others.drivers.iter().cloned());
    }

    /// M after every close of the history, oldest first, replayed from before the first.
    pub fn multipliers(&self, policy: &ConditionPolicy, direction: Direction) -> Vec<Multiplier> {
        let raw = (0..self.days).map(|day| self.raw(day, direction));
        Smoother::new(policy).replay(raw, self.days_per_close).collect()
    }

    fn today(&self, policy: &ConditionPolicy, memory: Memory, direction: Direction) -> Multiplier {
        let smoother = Smoother::new(policy);
        match memory {
            Memory::Replayed => {
                let raw = (0..self.days).map(|day| self.raw(day, direction));
                let last = smoother.replay(raw, self.days_per_close).last();
                last.unwrap_or_else(|| smoother.start())
            }
            Memory::Previous { state, days_elapsed } => {
                let raw = self.days.checked_sub(1).map_or(1.0, |day| self.raw(day, direction));
                smoother.step(state.held(direction), raw, days_elapsed)
            }
        }
    }

    fn raw(&self, day: usize, direction: Direction) -> f64 {
        let factors = self.drivers.iter().map(|path| match path[day] {
            Some(reading) => reading.factors.of(direction),
            None => 1.0,
        });
        raw_product(factors)
    }
}
