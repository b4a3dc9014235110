use super::super::driver::{
    Driver, LevelReference, LiquidityMeasure, RegimeEstimator, VolatilityReference,
};
use super::*;
use crate::units::Years;

fn policy(drivers: Vec<Driver>) -> ConditionPolicy {
    ConditionPolicy {
        floor: 0.3,
        cap: 1.0,
        relax_per_day: 0.02,
        relax_after_days: 0.0,
        tighten_per_day: None,
        drivers,
    }
}

fn drivers() -> Vec<Driver> {
    vec![
        Driver::VolatilityRegime {
            series: "BTC".into(),
            exponent: Some(1.0),
            estimator: RegimeEstimator::Ewma { half_life_days: 11.0 },
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

/// Every driver there is, on series that all wander.
fn all_drivers() -> Vec<Driver> {
    let pair = || vec!["BTC".to_owned(), "ETH".to_owned()];
    let trailing = LevelReference::TrailingDays(60);
    let mut all = drivers();
    all.extend([
        Driver::VolatilityRegime {
            series: "ETH".into(),
            exponent: Some(1.0),
            estimator: RegimeEstimator::GarchFitted { refit_days: 20, window_days: None },
            reference: VolatilityReference::TrailingDays(365),
        },
        Driver::MeanCorrelation {
            series: pair(),
            exponent: 1.0,
            window_days: 30,
            reference: trailing,
        },
        Driver::AbsorptionRatio {
            series: pair(),
            exponent: 2.0,
            eigenvectors: 1,
            window_days: 30,
            reference: trailing,
        },
        Driver::LiquidityDepth {
            series: "BTC".into(),
            measure: LiquidityMeasure::Depth,
            exponent: 0.5,
            average_days: 5,
            reference: trailing,
        },
        Driver::FundingStress {
            series: "BTC".into(),
            average_days: 3,
            calm: 1e-4,
            stressed: 1e-3,
            cut: 0.5,
        },
        Driver::ImpliedVolatility { series: "BTC".into(), exponent: 0.5, reference: trailing },
    ]);
    all
}

fn all_series(days: usize) -> Vec<(String, Vec<Option<f64>>)> {
    let closes = closes(days + 37);
    let level = |size: f64, centre: f64| -> Vec<Option<f64>> {
        let one = |close: &Option<f64>| close.map(|price| centre + size * (price % 7.0 - 3.5));
        closes[..days].iter().map(one).collect()
    };
    vec![
        ("BTC".to_owned(), closes[..days].to_vec()),
        ("ETH".to_owned(), closes[37..].to_vec()),
        ("BTC.depth".to_owned(), level(1e5, 1e6)),
        ("BTC.funding".to_owned(), level(2e-4, 1e-4)),
        ("BTC.vol".to_owned(), level(0.1, 0.6)),
    ]
}

fn paths(series: Vec<(String, Vec<Option<f64>>)>) -> ConditionPaths {
    let history = ConditionHistory::new(Years::from_days(1.0), series);
    let volatility = ShortfallVolatility::Unconditional;
    ConditionPaths::new(&policy(all_drivers()), &history, volatility).unwrap()
}

#[test]
fn no_driver_looks_ahead() {
    // Changing every value after day t changes no driver at or before t, and every one after it.
    let before = paths(all_series(260));
    let day = 199;
    let mut series = all_series(260);
    for (index, value) in series.iter_mut().flat_map(|one| one.1.iter_mut().enumerate()) {
        if index > day {
            *value = value.map(|value| 0.4 * value * (1.0 + (index % 3) as f64));
        }
    }
    let after = paths(series);
    for (index, (one, other)) in before.drivers.iter().zip(&after.drivers).enumerate() {
        assert_eq!(one[..=day], other[..=day], "driver {index}");
        assert_ne!(one[day + 1..], other[day + 1..], "driver {index}");
        assert!(one[day].is_some(), "driver {index}");
    }
}

#[test]
fn the_history_up_to_a_day_gives_the_days_multipliers() {
    let whole = paths(all_series(240));
    let policy = policy(all_drivers());
    let multipliers = whole.multipliers(&policy, Direction::Long);
    for days in [1, 25, 120, 200, 240] {
        let series =
            all_series(240).into_iter().map(|(name, values)| (name, values[..days].to_vec()));
        let history = ConditionHistory::new(Years::from_days(1.0), series);
        let volatility = ShortfallVolatility::Unconditional;
        let found = condition(&policy, &history, volatility, Memory::Replayed).unwrap();
        assert_eq!(found.long, multipliers[days - 1], "{days} days");
    }
    assert!(multipliers.iter().any(|one| one.value < 1.0));
}

#[test]
fn drivers_that_warm_up_leave_one() {
    let history = ConditionHistory::new(Years::from_days(1.0), all_series(5));
    let volatility = ShortfallVolatility::Unconditional;
    let policy = policy(all_drivers());
    let found = condition(&policy, &history, volatility, Memory::Replayed).unwrap();
    let warm = |reading: &&DriverReading| reading.observed.is_some();
    let names: Vec<&str> =
        found.drivers.iter().filter(warm).map(|reading| reading.name.as_str()).collect();
    assert_eq!(names, ["drawdown of BTC", "funding stress of BTC"]);
    let cold = found.drivers.iter().filter(|reading| reading.observed.is_none());
    assert!(cold.clone().count() == 7 && cold.into_iter().all(|one| one.factors == Factors::NONE));
}

#[test]
fn the_state_carries_how_long_relaxing_was_asked_for() {
    let delayed = ConditionPolicy { relax_after_days: 3.0, ..policy(drivers()) };
    let history = |days: usize| {
        let series = [("BTC".to_owned(), closes(300)[..days].to_vec())];
        ConditionHistory::new(Years::from_days(1.0), series)
    };
    let volatility = ShortfallVolatility::Unconditional;
    let run = |days, memory| condition(&delayed, &history(days), volatility, memory).unwrap();
    let mut waiting = 0;
    for days in 30..300 {
        let before = run(days, Memory::Replayed);
        let state = before.state();
        waiting += usize::from(state.days_above.hedged.is_some_and(|days| days >= 1.0));
        let continued = run(days + 1, Memory::Previous { state, days_elapsed: 1.0 });
        assert_eq!(run(days + 1, Memory::Replayed), continued);
    }
    assert!(waiting > 20, "{waiting}");
}
