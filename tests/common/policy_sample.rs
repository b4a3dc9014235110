//! A policy calibration made up for reports: every figure differs from every other, and a line of its
//! document is longer than a window is wide.

use plimsoll::outcome::{
    Comparison, PolicyCalibration, PolicyCandidate, PolicyDate, PolicyMeasures, Sensitivity,
    SensitivityPoint, VariedParameter,
};

fn measures(seed: f64) -> PolicyMeasures {
    PolicyMeasures {
        dates: 100,
        missed_loss: 0.001 + 0.0007 * seed,
        exposure_carried: 0.9 - 0.083 * seed,
        false_alarms_per_year: 3.0 + seed,
        cost: 0.01 + 0.002 * seed,
        ..PolicyMeasures::default()
    }
}

fn candidate(index: usize) -> PolicyCandidate {
    let seed = index as f64;
    PolicyCandidate {
        values: vec![0.04 + 0.01 * seed],
        trained: measures(seed),
        tested: measures(seed + 0.5),
        feasible: true,
        on_front: index.is_multiple_of(2),
    }
}

fn date(index: usize) -> PolicyDate {
    let wave = libm::sin(index as f64);
    PolicyDate {
        instant: format!("2026-06-{:02}T00:00:00Z", index + 1),
        threshold: 0.08 + 0.01 * wave,
        potential_loss: 0.05,
        loss: 0.06 * wave * wave * wave,
        scale: 0.7,
        volatility_target_scale: 0.6,
        forced: false,
    }
}

fn point(index: usize) -> SensitivityPoint {
    let seed = index as f64;
    let (trained, tested) = (measures(seed), measures(1.7 * seed + 0.3));
    SensitivityPoint { value: 0.02 * (seed + 1.0), trained, tested }
}

/// Five candidates, thirty dates, four values of the one parameter.
pub fn policy_calibration() -> PolicyCalibration {
    PolicyCalibration {
        format_version: 1,
        plimsoll_version: "0.0.0".to_owned(),
        name: "sample".to_owned(),
        description: String::new(),
        backtest: "walk".to_owned(),
        model: "EWMA".to_owned(),
        policy: "policy".to_owned(),
        currency: "USD".to_owned(),
        tolerance: 0.05,
        change_days: 5.0,
        idle_capital_rate: 0.05,
        block_dates: 10,
        replicates: 100,
        seed: 5,
        parameters: vec![VariedParameter {
            name: "appetite".to_owned(),
            from: 0.02,
            to: 0.08,
            as_it_stands: Some(0.06),
        }],
        constraints: Vec::new(),
        folds: Vec::new(),
        candidates: (0..5).map(candidate).collect(),
        recommended: 2,
        feasible: true,
        document: format!("# {}\nappetite = 0.06\n", "long ".repeat(300)),
        sensitivity: vec![Sensitivity { parameter: 0, points: (0..4).map(point).collect() }],
        comparison: Comparison {
            policy: measures(0.2),
            static_limit: measures(0.4),
            volatility_target: measures(0.6),
            volatility_target_level: 0.4,
            volatility_target_series: "BTC".to_owned(),
            against_static: Vec::new(),
            against_volatility_target: Vec::new(),
            missed_dates: Vec::new(),
        },
        path: (0..30).map(date).collect(),
        verdict: vec!["It wins.".to_owned()],
        notes: Vec::new(),
    }
}
