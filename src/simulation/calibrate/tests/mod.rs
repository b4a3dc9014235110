//! What is stated and what is estimated; `processes` holds the fits of process parameters.

mod processes;
mod stressed;

use super::*;
use crate::market::history::Quantity;
use crate::market::{Asset, AssetKind, ForwardCurve, PriceHistory, Series, Underlying};
use crate::numeric::{InstructionSet, Purpose, Streams};
use crate::scenario::{
    CorrelationSettings, Drift, NotPositiveSemidefinite, ProcessSettings, SmileDynamics,
    StatedVolatility, VolatilityDynamics, VolatilitySettings,
};
use crate::units::Symbol;

fn stated(factor: &str, volatility: f64) -> StatedVolatility {
    StatedVolatility { factor: factor.to_owned(), volatility }
}

fn settings(process: ProcessSettings) -> ModelSettings {
    ModelSettings {
        process,
        drift: Drift::Martingale,
        volatility: VolatilitySettings::Sample { window: None },
        stated_volatilities: Vec::new(),
        correlation: CorrelationSettings::Sample { window: None },
        not_positive_semidefinite: NotPositiveSemidefinite::Reject,
        volatility_dynamics: VolatilityDynamics {
            smile: SmileDynamics::StickyDelta,
            damping_power: 0.5,
        },
        stressed: None,
    }
}

fn stated_matrix(factors: &[&str], matrix: &[&[f64]]) -> CorrelationSettings {
    CorrelationSettings::Stated {
        factors: factors.iter().map(|name| (*name).to_owned()).collect(),
        matrix: matrix.iter().map(|row| row.to_vec()).collect(),
    }
}

fn spot(symbol: &str) -> FactorKey {
    FactorKey::Spot(Symbol::new(symbol))
}

/// A market of one coin with a forward at one year, 5 % above spot, and USDT.
fn market() -> Market {
    let asset = |symbol: &str, kind, price_usd| Asset {
        symbol: symbol.into(),
        kind,
        price_usd,
        discount_rate: 0.0,
    };
    Market {
        name: "test".to_owned(),
        as_of: jiff::Timestamp::UNIX_EPOCH,
        assets: vec![
            asset("BTC", AssetKind::Coin, 100.0),
            asset("USD", AssetKind::Fiat, 1.0),
            asset("USDT", AssetKind::Stablecoin, 1.0),
        ],
        underlyings: vec![Underlying {
            symbol: "BTC".into(),
            forwards: ForwardCurve::from_quotes(100.0, &[(Years(1.0), 105.0)]),
            volatility: None,
            funding_rate_8h: 0.0,
            perpetual_basis: 0.0,
            liquidity: None,
        }],
        history: None,
    }
}

/// Daily history of the named price series, one list of log-returns each; a `None` price before
/// `listed`.
fn with_history(returns: &[(&str, Vec<f64>, usize)]) -> Market {
    let series = |(symbol, returns, listed): &(&str, Vec<f64>, usize)| {
        let mut log = 0.0;
        let mut values = vec![Some(1.0)];
        for change in returns {
            log += change;
            values.push(Some(libm::exp(log)));
        }
        values[..*listed].fill(None);
        let name = (*symbol).to_owned();
        Series { name, symbol: Symbol::new(symbol), quantity: Quantity::Price, values }
    };
    let dates = returns.first().map_or(0, |entry| entry.1.len() + 1);
    let time = |day: usize| jiff::Timestamp::from_second(86_400 * day as i64).unwrap();
    let history = PriceHistory {
        interval: Years::from_days(1.0),
        times: (0..dates).map(time).collect(),
        series: returns.iter().map(series).collect(),
        quote: Symbol::usd(),
        findings: Vec::new(),
    };
    Market { history: Some(history), ..market() }
}

/// Normals times `daily`, a pure function of `factor`.
fn normals(factor: u32, count: usize, daily: f64) -> Vec<f64> {
    let mut values = vec![0.0; count];
    Streams::new(1, InstructionSet::Baseline).fill_normals(
        Purpose::Synthetic,
        0,
        factor,
        &(0..values.len() as u64).collect::<Vec<_>>(),
        &mut values,
    );
    values.iter().map(|value| value * daily).collect()
}

fn nodes() -> Vec<Years> {
    vec![Years::from_days(0.5), Years::from_days(2.0)]
}

#[test]
fn stated_numbers_need_no_history() {
    let mut settings = settings(ProcessSettings::StudentT {
        degrees_of_freedom: Some(4.0),
        degrees_of_freedom_min: None,
        truncation: 1.6,
    });
    settings.stated_volatilities =
        vec![stated("BTC.spot", 0.6), stated("BTC.vol", 1.1), stated("ETH.spot", 0.9)];
    settings.correlation = stated_matrix(&["BTC.vol", "BTC.spot"], &[&[1.0, -0.7], &[-0.7, 1.0]]);
    let btc = Symbol::new("BTC");
    let keys = [
        spot("BTC"),
        FactorKey::Volatility(btc.clone()),
        FactorKey::Basis(btc),
        FactorKey::Peg(Symbol::new("USDT")),
    ];
    let fit = calibrate(&settings, ReturnKind::Log, &keys, &market(), &nodes()).unwrap();
    let volatilities: Vec<f64> = fit.model.factors.iter().map(|item| item.volatility).collect();
    assert_eq!(volatilities, [0.6, 1.1, 0.0, 0.0]);
    assert_eq!(fit.model.factors[0].source, "stated");
    assert_eq!(fit.correlation[(0, 1)], -0.7);
    assert_eq!(fit.correlation_source, "stated");
    assert!((fit.model.correlation(1, 0) + 0.7).abs() < 1e-15);
    assert_eq!(fit.model.correlation(2, 0), 0.0);
    assert_eq!(fit.model.grid.calibration_interval, Years::from_days(1.0));
    let two_days = libm::log(1.05) * 2.0 / 365.0;
    assert!((fit.model.factors[0].log_mean[1] - two_days).abs() < 1e-16);
    assert_eq!(fit.model.factors[1].log_mean, [0.0, 0.0]);
    assert_eq!(fit.notes.len(), 2, "{:?}", fit.notes);
    assert!(fit.notes[0].contains("ETH.spot"));
    assert!(fit.notes[1].ends_with("no history: BTC.basis, USDT.peg"));
    let held = ["BTC.basis", "USDT.peg"];
    let held = held.map(|factor| Fallback::HeldConstant { factor: factor.to_owned() });
    assert_eq!(fit.fallbacks, held);
}

#[test]
fn a_spot_needs_a_volatility() {
    let settings = settings(ProcessSettings::Gbm);
    let error =
        calibrate(&settings, ReturnKind::Log, &[spot("BTC")], &market(), &nodes()).unwrap_err();
    assert!(matches!(error, CalibrationError::NoVolatility { .. }));
    assert!(error.to_string().contains("BTC.spot"));
}

#[test]
fn history_gives_volatility_and_correlation() {
    let (common, own) = (normals(0, 500, 0.03), normals(1, 500, 0.04));
    let eth: Vec<f64> = common.iter().zip(&own).map(|(x, y)| x + y).collect();
    let market = with_history(&[("BTC", common.clone(), 0), ("ETH", eth.clone(), 100)]);
    let keys = [spot("BTC"), spot("ETH")];
    let settings = settings(ProcessSettings::Gbm);
    let fit = calibrate(&settings, ReturnKind::Log, &keys, &market, &nodes()).unwrap();
    // Computed here directly from the definition, on the dates each has.
    let moments = |x: &[f64], y: &[f64]| {
        let n = x.len() as f64;
        let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum::<f64>() / (n - 1.0)
    };
    let expected = (moments(&common, &common) * 365.0).sqrt();
    assert!((fit.model.factors[0].volatility / expected - 1.0).abs() < 1e-12);
    let (x, y) = (&common[100..], &eth[100..]);
    let expected = moments(x, y) / (moments(x, x) * moments(y, y)).sqrt();
    assert!((fit.correlation[(0, 1)] - expected).abs() < 1e-12);
    assert_eq!(fit.model.factors[1].source, "sample, 400 observations");
    assert!(fit.notes.iter().any(|note| note.starts_with("volatility of ETH.spot")));
    assert!(fit.projection_distance.is_none());
}

#[test]
fn an_impossible_matrix_is_refused_or_projected() {
    let keys = [spot("BTC"), spot("ETH"), spot("SOL")];
    let mut settings = settings(ProcessSettings::Gbm);
    settings.stated_volatilities = keys.iter().map(|key| stated(&key.to_string(), 0.5)).collect();
    // Higham (2002), section 4: smallest eigenvalue 1 − √2, distance 0.5278.
    settings.correlation = stated_matrix(
        &["BTC.spot", "ETH.spot", "SOL.spot"],
        &[&[1.0, 1.0, 0.0], &[1.0, 1.0, 1.0], &[0.0, 1.0, 1.0]],
    );
    let fit =
        |settings: &ModelSettings| calibrate(settings, ReturnKind::Log, &keys, &market(), &nodes());
    match fit(&settings).unwrap_err() {
        CalibrationError::NotPositiveSemidefinite { smallest_eigenvalue, .. } => {
            assert!((smallest_eigenvalue - (1.0 - 2.0_f64.sqrt())).abs() < 1e-12);
        }
        other => panic!("{other}"),
    }
    settings.not_positive_semidefinite =
        NotPositiveSemidefinite::ProjectToNearest { distance_max: 0.6 };
    let projected = fit(&settings).unwrap();
    assert!((projected.projection_distance.unwrap() - 0.5278).abs() < 1e-4);
    assert!((projected.correlation[(0, 1)] - 0.7607).abs() < 1e-4);
    assert!((projected.model.correlation(0, 1) - 0.7607).abs() < 1e-4);
    settings.not_positive_semidefinite =
        NotPositiveSemidefinite::ProjectToNearest { distance_max: 0.5 };
    assert!(matches!(fit(&settings).unwrap_err(), CalibrationError::ProjectionTooFar { .. }));
}

#[test]
fn contradictory_statements_name_their_culprit() {
    let keys = [spot("BTC"), spot("ETH")];
    let mut sound = settings(ProcessSettings::Gbm);
    sound.stated_volatilities = vec![stated("BTC.spot", 0.5), stated("ETH.spot", 0.7)];
    sound.correlation = stated_matrix(&["BTC.spot", "ETH.spot"], &[&[1.0, 0.2], &[0.2, 1.0]]);
    let refused = |damage: &dyn Fn(&mut ModelSettings)| {
        let mut settings = sound.clone();
        damage(&mut settings);
        let fit = calibrate(&settings, ReturnKind::Log, &keys, &market(), &nodes());
        fit.unwrap_err().to_string()
    };
    let names = ["BTC.spot", "ETH.spot"];
    type Damage<'a> = &'a dyn Fn(&mut ModelSettings);
    let cases: [(Damage, &str); 7] = [
        (&|s| s.stated_volatilities[1].volatility = -1.0, "stated volatility of ETH.spot is -1"),
        (&|s| s.stated_volatilities[1].factor = "BTC.spot".to_owned(), "BTC.spot is stated twice"),
        (&|s| s.stated_volatilities[1].factor = "ETH".to_owned(), "'ETH' is no factor"),
        (&|s| s.correlation = stated_matrix(&names, &[&[1.0, 0.2]]), "1 rows, expected 2"),
        (
            &|s| s.correlation = stated_matrix(&names, &[&[1.0, 0.2], &[0.3, 1.0]]),
            "BTC.spot against ETH.spot: 0.2, expected the same",
        ),
        (
            &|s| s.correlation = stated_matrix(&names, &[&[1.0, 1.2], &[1.2, 1.0]]),
            "expected a correlation in [-1, 1]",
        ),
        (
            &|s| s.correlation = stated_matrix(&names, &[&[1.0, 0.2], &[0.2, f64::NAN]]),
            "ETH.spot against ETH.spot: NaN, expected 1 on the diagonal",
        ),
    ];
    for (damage, expected) in cases {
        let message = refused(damage);
        assert!(message.contains(expected), "{message}");
    }
}
