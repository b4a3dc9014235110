use super::*;
use crate::scenario::JumpSettings;
use crate::simulation::Process;

const COUNT: usize = 1500;

fn fit(settings: &ModelSettings, symbols: &[&str], market: &Market) -> Calibrated {
    try_fit(settings, symbols, market).unwrap()
}

fn try_fit(
    settings: &ModelSettings,
    symbols: &[&str],
    market: &Market,
) -> Result<Calibrated, CalibrationError> {
    let keys: Vec<FactorKey> = symbols.iter().map(|symbol| spot(symbol)).collect();
    calibrate(settings, ReturnKind::Log, &keys, market, &nodes())
}

/// Bivariate t with ν = 4 from normals over the root of a sum of four squares.
fn student_market() -> Market {
    let squares: Vec<Vec<f64>> = (10..14).map(|factor| normals(factor, COUNT, 1.0)).collect();
    let root = |date: usize| {
        let sum: f64 = squares.iter().map(|values| values[date] * values[date]).sum();
        (4.0 / sum).sqrt()
    };
    let series = |factor: u32| -> Vec<f64> {
        let values = normals(factor, COUNT, 0.02);
        values.iter().enumerate().map(|(date, value)| value * root(date)).collect()
    };
    with_history(&[("BTC", series(20), 0), ("ETH", series(22), 0)])
}

/// A common factor with clusters of volatility, and a late listing.
fn clustered_market() -> Market {
    let shocks = normals(30, COUNT, 1.0);
    let mut variance = 4e-4;
    let common: Vec<f64> = shocks
        .iter()
        .map(|shock| {
            let change = shock * f64::sqrt(variance);
            variance = 2e-5 + 0.1 * change * change + 0.85 * variance;
            change
        })
        .collect();
    let own = normals(31, COUNT, 0.02);
    let sol = common.iter().zip(&own).map(|(x, y)| 1.5 * x + y).collect();
    with_history(&[("BTC", common, 0), ("SOL", sol, 600)])
}

#[test]
fn student_t_recovers_its_degrees_of_freedom() {
    let process = ProcessSettings::StudentT {
        degrees_of_freedom: None,
        degrees_of_freedom_min: None,
        truncation: 1.6,
    };
    let found = fit(&settings(process), &["BTC", "ETH"], &student_market());
    let Process::StudentT { degrees_of_freedom, .. } = found.model.process else { panic!() };
    // Drawn with ν = 4; the fit's standard error at 1500 pairs is about 0.35.
    assert!((degrees_of_freedom - 4.0).abs() < 1.4, "{degrees_of_freedom}");
    let note = found.notes.iter().find(|note| note.starts_with("degrees of freedom")).unwrap();
    assert!(note.contains("BTC.spot, ETH.spot, 1500 observations"), "{note}");
}

/// Drawn with ν = 4: a least of 6 raises the fit to it and says so, one of 3 leaves it as it was.
#[test]
fn a_fit_below_the_least_degrees_of_freedom_is_raised() {
    let at_least = |degrees_of_freedom_min| {
        let process = ProcessSettings::StudentT {
            degrees_of_freedom: None,
            degrees_of_freedom_min,
            truncation: 1.6,
        };
        fit(&settings(process), &["BTC", "ETH"], &student_market())
    };
    let freedom = |found: &Calibrated| match found.model.process {
        Process::StudentT { degrees_of_freedom, .. } => degrees_of_freedom,
        _ => panic!(),
    };
    let [free, low, raised] = [None, Some(2.5), Some(6.0)].map(at_least);
    assert_eq!(free, low);
    assert_eq!(freedom(&raised), 6.0);
    let told = |found: &Calibrated| -> Vec<bool> {
        let notes = found.notes.iter().filter(|note| note.starts_with("degrees of freedom"));
        notes.map(|note| note.ends_with("raised to 6, the least allowed")).collect()
    };
    assert_eq!((told(&free), told(&raised)), (vec![false], vec![true]));
    let is_fitted = |one: &FittedParameter| one.name == "degrees of freedom";
    assert!(free.fitted.iter().any(is_fitted) && !raised.fitted.iter().any(is_fitted));
    let copula = ProcessSettings::TCopula {
        degrees_of_freedom: None,
        degrees_of_freedom_min: Some(9.0),
        marginals: vec![("ETH.spot".to_owned(), 7.0)],
        truncation: 1.6,
    };
    let found = fit(&settings(copula), &["BTC", "ETH"], &student_market());
    let Process::TCopula { degrees_of_freedom, marginals, .. } = &found.model.process else {
        panic!()
    };
    assert_eq!((*degrees_of_freedom, &marginals[..]), (9.0, &[9.0, 7.0][..]), "stated ones stand");
    let raised: Vec<(&str, f64)> = found
        .fallbacks
        .iter()
        .map(|one| match one {
            Fallback::DegreesOfFreedomRaised { of, fitted, least } if fitted < least => {
                (of.as_str(), *least)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let both = ["degrees of freedom of the copula", "marginal degrees of freedom of BTC.spot"];
    assert_eq!(raised, both.map(|what| (what, 9.0)));
}

/// A least of degrees of freedom that are all stated acts on nothing, and that is told.
#[test]
fn a_least_of_stated_degrees_of_freedom_is_told_to_be_idle() {
    let copula = |marginals: &[(&str, f64)]| ProcessSettings::TCopula {
        degrees_of_freedom: Some(5.0),
        degrees_of_freedom_min: Some(9.0),
        marginals: marginals.iter().map(|(name, own)| ((*name).to_owned(), *own)).collect(),
        truncation: 1.6,
    };
    let idle = |marginals: &[(&str, f64)]| {
        let found = fit(&settings(copula(marginals)), &["BTC", "ETH"], &student_market());
        let expected = "degrees_of_freedom_min 9 acts on nothing: no degrees of freedom are fitted";
        found.notes.iter().any(|note| note == expected)
    };
    assert!(idle(&[("BTC.spot", 7.0), ("ETH.spot", 7.0)]));
    assert!(!idle(&[("ETH.spot", 7.0)]));
}

#[test]
fn t_copula_fits_what_is_not_stated() {
    let process = ProcessSettings::TCopula {
        degrees_of_freedom: None,
        degrees_of_freedom_min: None,
        marginals: vec![("ETH.spot".to_owned(), 7.0)],
        truncation: 1.6,
    };
    let found = fit(&settings(process), &["BTC", "ETH"], &student_market());
    let Process::TCopula { degrees_of_freedom, marginals, .. } = &found.model.process else {
        panic!()
    };
    assert!((degrees_of_freedom - 4.0).abs() < 2.0, "{degrees_of_freedom}");
    assert!((marginals[0] - 4.0).abs() < 1.6, "{marginals:?}");
    assert_eq!(marginals[1], 7.0);
}

#[test]
fn a_process_without_evidence_is_refused() {
    let mut settings = settings(ProcessSettings::StudentT {
        degrees_of_freedom: None,
        degrees_of_freedom_min: None,
        truncation: 1.6,
    });
    settings.stated_volatilities = vec![stated("BTC.spot", 0.5)];
    let error = try_fit(&settings, &["BTC"], &market()).unwrap_err();
    assert!(matches!(error, CalibrationError::NothingToFit { what: "degrees of freedom" }));
    settings.process = ProcessSettings::Merton { common: None, own: None };
    let error = try_fit(&settings, &["BTC"], &market()).unwrap_err();
    assert!(matches!(error, CalibrationError::NothingToFit { what: "jumps" }));
    settings.process = ProcessSettings::Bootstrap { block_length: 5.0 };
    let error = try_fit(&settings, &["BTC"], &market()).unwrap_err();
    assert!(matches!(error, CalibrationError::NoHistory { .. }), "{error}");
    settings.process = ProcessSettings::StudentT {
        degrees_of_freedom: Some(2.0),
        degrees_of_freedom_min: None,
        truncation: 1.6,
    };
    let error = try_fit(&settings, &["BTC"], &market()).unwrap_err();
    assert!(error.to_string().contains("expected above 2"), "{error}");
}

#[test]
fn a_late_listing_moves_by_its_beta_to_a_named_proxy() {
    let settings = settings(ProcessSettings::Bootstrap { block_length: 5.0 });
    let found = fit(&settings, &["BTC", "SOL"], &clustered_market());
    let Process::Bootstrap { restart, history } = &found.model.process else { panic!() };
    assert_eq!((*restart, history.dates), (0.2, COUNT));
    let note = found.notes.iter().find(|note| note.contains("by its beta")).unwrap();
    assert!(note.starts_with("SOL.spot is missing on 600 of 1500 dates"), "{note}");
    assert!(note.contains("BTC.spot"), "{note}");
    for factor in 0..2 {
        let moves = history.factor(factor);
        let mean = moves.iter().sum::<f64>() / COUNT as f64;
        let variance = moves.iter().map(|x| x * x).sum::<f64>() / COUNT as f64;
        assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12);
    }
    // The proxy keeps the correlation: that before the listing is near that after it.
    let correlation = |dates: std::ops::Range<usize>| {
        let (x, y) = (&history.factor(0)[dates.clone()], &history.factor(1)[dates]);
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>();
        product(x, y) / (product(x, x) * product(y, y)).sqrt()
    };
    assert!((correlation(0..600) - correlation(600..COUNT)).abs() < 0.08);
}

#[test]
fn filtered_history_starts_from_the_filters_volatility() {
    let filter = VolatilitySettings::Garch { allow_integrated: false };
    let settings = settings(ProcessSettings::FilteredHistorical { filter });
    let found = fit(&settings, &["BTC", "SOL"], &clustered_market());
    let Process::FilteredHistorical { filters, history } = &found.model.process else { panic!() };
    assert!(found.model.factors[0].source.starts_with("GARCH(1,1) next interval"));
    // Made with α = 0.1, β = 0.85; standard errors at 1500 dates are about 0.02 and 0.03.
    assert!((filters[0].alpha - 0.1).abs() < 0.08, "{:?}", filters[0]);
    assert!((filters[0].beta - 0.85).abs() < 0.12, "{:?}", filters[0]);
    assert!(filters.iter().all(|filter| filter.cap >= 4.0));
    // Residuals do not cluster: their squares' first autocorrelation is that of noise.
    let squares: Vec<f64> = history.factor(0).iter().map(|x| x * x - 1.0).collect();
    let product: f64 = squares.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let total: f64 = squares.iter().map(|x| x * x).sum();
    assert!((product / total).abs() < 4.0 / (COUNT as f64).sqrt());
}

#[test]
fn ewma_filters_are_integrated_by_name() {
    let filter = VolatilitySettings::Ewma { half_life: 11.0 };
    let settings = settings(ProcessSettings::FilteredHistorical { filter });
    let found = fit(&settings, &["BTC"], &clustered_market());
    let Process::FilteredHistorical { filters, .. } = &found.model.process else { panic!() };
    assert_eq!(filters[0].omega, 0.0);
    assert!((filters[0].alpha + filters[0].beta - 1.0).abs() < 1e-15);
    assert!(found.model.factors[0].source.starts_with("EWMA half-life 11"));
}

#[test]
fn merton_says_what_jumps_do_to_correlations() {
    let jumps = |mean| JumpSettings { intensity: 5.0, mean, deviation: 0.03 };
    let mut settings =
        settings(ProcessSettings::Merton { common: Some(jumps(-0.1)), own: Some(jumps(0.0)) });
    settings.stated_volatilities = vec![stated("BTC.spot", 0.7), stated("ETH.spot", 0.9)];
    let found = fit(&settings, &["BTC", "ETH"], &market());
    assert!(found.notes.iter().any(|note| note.contains("total returns differ most")));
    settings.stated_volatilities[0].volatility = 0.2;
    let error = try_fit(&settings, &["BTC", "ETH"], &market()).unwrap_err();
    assert!(error.to_string().contains("BTC.spot: jumps alone"), "{error}");
}

#[test]
fn merton_finds_jumps_put_into_the_history() {
    // One common fall of 25 % every 100 days: 3.65 a year.
    let fall = |date: usize| if date % 100 == 50 { -0.25 } else { 0.0 };
    let series = |factor| -> Vec<f64> {
        let values = normals(factor, COUNT, 0.02);
        values.iter().enumerate().map(|(date, value)| value + fall(date)).collect()
    };
    // Three coins: a median that one coin cannot move.
    let coins = [("BTC", series(40), 0), ("ETH", series(42), 0), ("SOL", series(44), 0)];
    let settings = settings(ProcessSettings::Merton { common: None, own: None });
    let found = fit(&settings, &["BTC", "ETH", "SOL"], &with_history(&coins));
    let Process::Merton { common, .. } = &found.model.process else { panic!() };
    assert!((common.intensity - 3.65).abs() < 0.5, "{common:?}");
    assert!((common.mean + 0.25).abs() < 0.02, "{common:?}");
    assert!(found.notes.iter().any(|note| note.starts_with("common jumps fitted to BTC.spot")));
}
