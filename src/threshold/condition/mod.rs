//! The condition multiplier `M = clamp(Π g_j(x_j), floor, cap)`, with memory.
//!
//! Three multipliers are kept: for a hedged book, for additions on the long and on the short
//! side. They differ only by directional drivers: relative strength cuts the long side when
//! overbought and the short side when oversold. A net long book is held to the long multiplier,
//! a net short one to the short, a hedged book to neither; headroom on each side is held to its
//! own (design: "overbought cuts long headroom, oversold short").
//!
//! M tightens at once and relaxes by at most `relax_per_day`. Its memory is replayed over the
//! supplied history from its first day, or continued from a stated previous state, so that a run
//! stays a function of its inputs. The value of a day uses nothing later than its close.

mod drawdown;
mod history;
mod relative_strength;
mod smoothing;
mod volatility_regime;

use serde::{Deserialize, Serialize};

pub use history::ConditionHistory;
pub use smoothing::{Clamp, Multiplier};

use super::ThresholdError;
use super::policy::{ConditionPolicy, Driver};
use history::Closes;
use smoothing::{Smoother, raw_product};

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
        ConditionState { hedged: self.hedged.value, long: self.long.value, short: self.short.value }
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
    /// Factor on M by direction; ones while the history is too short.
    pub factors: Factors,
    /// What is observed, on what, with units.
    pub definition: String,
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
    let paths: Vec<DriverPath> = policy
        .drivers
        .iter()
        .map(|driver| driver_path(driver, history, volatility))
        .collect::<Result<_, _>>()?;
    let of = |direction| multiplier(policy, history, &paths, memory, direction);
    let readings = policy.drivers.iter().zip(&paths);
    Ok(Condition {
        hedged: of(Direction::Hedged),
        long: of(Direction::Long),
        short: of(Direction::Short),
        drivers: readings.map(|(driver, path)| reading(driver, path, volatility)).collect(),
    })
}

fn multiplier(
    policy: &ConditionPolicy,
    history: &ConditionHistory,
    paths: &[DriverPath],
    memory: Memory,
    direction: Direction,
) -> Multiplier {
    let smoother = Smoother::new(policy);
    let raw_on = |day: usize| {
        let factors = paths.iter().map(|path| match path[day] {
            Some(reading) => reading.factors.of(direction),
            None => 1.0,
        });
        raw_product(factors)
    };
    let days = history.days();
    match memory {
        Memory::Replayed => smoother.replay((0..days).map(raw_on), history.days_per_close()),
        Memory::Previous { state, days_elapsed } => {
            let previous = match direction {
                Direction::Hedged => state.hedged,
                Direction::Long => state.long,
                Direction::Short => state.short,
            };
            let raw = if days == 0 { 1.0 } else { raw_on(days - 1) };
            smoother.step(previous, raw, days_elapsed)
        }
    }
}

fn driver_path(
    driver: &Driver,
    history: &ConditionHistory,
    volatility: ShortfallVolatility,
) -> Result<DriverPath, ThresholdError> {
    let missing = || ThresholdError::MissingSeries {
        driver: driver.name().to_owned(),
        series: driver.series().to_owned(),
    };
    let closes: Closes = history.closes(driver.series()).ok_or_else(missing)?;
    Ok(match driver {
        Driver::VolatilityRegime { exponent, half_life_days, reference, .. } => {
            let exponent = volatility_regime::exponent(*exponent, volatility);
            volatility_regime::path(&closes, exponent, *half_life_days, *reference)
        }
        Driver::Drawdown { maximum, window_days, .. } => {
            drawdown::path(&closes, *maximum, *window_days)
        }
        Driver::RelativeStrength { period, overbought, oversold, cut, .. } => {
            relative_strength::path(&closes, *period, [*oversold, *overbought], *cut)
        }
    })
}

fn reading(driver: &Driver, path: &DriverPath, volatility: ShortfallVolatility) -> DriverReading {
    let today = path.last().copied().flatten();
    DriverReading {
        name: format!("{} of {}", driver.name(), driver.series()),
        observed: today.map(|day| day.observed),
        reference: today.and_then(|day| day.reference),
        factors: today.map_or(Factors::NONE, |day| day.factors),
        definition: definition(driver, volatility),
    }
}

fn definition(driver: &Driver, volatility: ShortfallVolatility) -> String {
    match driver {
        Driver::VolatilityRegime { exponent, half_life_days, .. } => {
            let power = volatility_regime::exponent(*exponent, volatility);
            format!(
                "(reference / observed)^{power}; annual volatility of daily closes, \
                 exponentially weighted, half-life {half_life_days} days"
            )
        }
        Driver::Drawdown { maximum, .. } => {
            format!("max(0, 1 - observed / {maximum}); fall from the peak close, decimal")
        }
        Driver::RelativeStrength { period, cut, .. } => format!(
            "Wilder RSI of {period} daily closes, 0 to 100; times {cut} on the long side when \
             overbought, on the short side when oversold"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::VolatilityReference;
    use super::*;
    use crate::units::Years;

    fn policy(drivers: Vec<Driver>) -> ConditionPolicy {
        ConditionPolicy { floor: 0.3, cap: 1.0, relax_per_day: 0.02, drivers }
    }

    fn drivers() -> Vec<Driver> {
        vec![
            Driver::VolatilityRegime {
                series: "BTC".into(),
                exponent: Some(1.0),
                half_life_days: 11.0,
                reference: VolatilityReference::TrailingDays(365),
            },
            Driver::Drawdown { series: "BTC".into(), maximum: 0.8, window_days: None },
            Driver::RelativeStrength {
                series: "BTC".into(),
                period: 14,
                overbought: 70.0,
                oversold: 30.0,
                cut: 0.5,
            },
        ]
    }

    /// Closes that wander with calm and wild spells.
    fn closes(days: usize) -> Vec<Option<f64>> {
        let mut price = 100.0;
        let step = |day: usize| {
            let mixed = (day as u64 + 3).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let size = if day % 120 < 60 { 0.01 } else { 0.05 };
            price *= 1.0 + size * (mixed as f64 / (1u64 << 23) as f64 - 1.0);
            Some(price)
        };
        (0..days).map(step).collect()
    }

    fn run(closes: &[Option<f64>], memory: Memory) -> Condition {
        let series = [("BTC".to_owned(), closes.to_vec())];
        let history = ConditionHistory::new(Years::from_days(1.0), series);
        let volatility = ShortfallVolatility::Unconditional;
        condition(&policy(drivers()), &history, volatility, memory).unwrap()
    }

    #[test]
    fn yesterdays_state_and_todays_closes_give_the_replayed_multiplier() {
        // A day's M uses nothing later: replaying to each day and continuing from the day before
        // agree, over calm, wild, tightening and relaxing days alike.
        let closes = closes(400);
        let mut tightened = 0;
        let mut limited = 0;
        for day in 30..400 {
            let before = run(&closes[..day], Memory::Replayed);
            let replayed = run(&closes[..=day], Memory::Replayed);
            let state = before.state();
            let continued = run(&closes[..=day], Memory::Previous { state, days_elapsed: 1.0 });
            assert_eq!(replayed, continued);
            tightened += usize::from(replayed.hedged.value < before.hedged.value);
            limited += usize::from(!replayed.hedged.clamps.is_empty());
        }
        assert!(tightened > 20 && limited > 20, "{tightened} {limited}");
    }

    #[test]
    fn without_drivers_the_multiplier_is_one() {
        let none = ConditionHistory::new(Years::from_days(1.0), []);
        let volatility = ShortfallVolatility::Conditional;
        let found = condition(&policy(Vec::new()), &none, volatility, Memory::Replayed).unwrap();
        assert_eq!(found.hedged.value, 1.0);
        assert!(found.hedged.clamps.is_empty());
    }

    #[test]
    fn a_missing_series_is_named() {
        let none = ConditionHistory::new(Years::from_days(1.0), []);
        let volatility = ShortfallVolatility::Conditional;
        let found = condition(&policy(drivers()), &none, volatility, Memory::Replayed);
        let message = found.unwrap_err().to_string();
        assert!(message.contains("volatility regime") && message.contains("'BTC'"), "{message}");
    }

    #[test]
    fn a_history_too_short_leaves_factors_at_one() {
        let found = run(&closes(10), Memory::Replayed);
        let [volatility, drawdown, strength] = &found.drivers[..] else { panic!("three drivers") };
        assert_eq!(volatility.observed, None);
        assert_eq!(volatility.factors, Factors::NONE);
        assert!(drawdown.observed.is_some());
        assert_eq!(strength.observed, None);
    }

    #[test]
    fn overbought_cuts_the_long_side_alone() {
        let rising: Vec<Option<f64>> = (0..60).map(|day| Some(100.0 + f64::from(day))).collect();
        let found = run(&rising, Memory::Replayed);
        assert_eq!(found.drivers[2].observed, Some(100.0));
        assert_eq!(found.long.raw, 0.5 * found.hedged.raw);
        assert_eq!(found.short.raw, found.hedged.raw);
        let falling: Vec<Option<f64>> = (0..60).map(|day| Some(160.0 - f64::from(day))).collect();
        let found = run(&falling, Memory::Replayed);
        assert_eq!(found.short.raw, 0.5 * found.hedged.raw);
        assert_eq!(found.long.raw, found.hedged.raw);
    }

    #[test]
    fn direction_needs_a_fifth_of_gross() {
        assert_eq!(Direction::of(&[60.0, -40.0]), Direction::Long);
        assert_eq!(Direction::of(&[59.0, -41.0]), Direction::Hedged);
        assert_eq!(Direction::of(&[-10.0]), Direction::Short);
        assert_eq!(Direction::of(&[]), Direction::Hedged);
    }
}
