//! Options on a surface: the smile moves with the forward, or stays with the strike.

use approx::assert_relative_eq;

use super::fixture::*;
use crate::market::{Market, VolatilitySource};
use crate::numeric::black76::{Black76, Right};
use crate::portfolio::{OptionRight, Portfolio, Settlement};
use crate::pricing::{PricingSettings, SmileDynamics, greeks};
use crate::units::Years;

const EXPIRY: f64 = 0.05;
const STRIKE: f64 = 52_000.0;

/// A skewed one-expiry SVI surface (Gatheral's raw form), without correction.
fn surface() -> VolatilitySource {
    let json = r#"{"surface": {"smiles": [{
        "expiry": 0.05, "forward": 60000.0, "deviation": 0.13,
        "svi": {"minimum": 0.012, "left_slope": 0.16, "right_slope": 0.10,
                "centre": 0.02, "width": 0.08},
        "correction": {"knots": [], "coefficients": []}}]}}"#;
    serde_json::from_str(json).unwrap()
}

fn setting() -> (Market, Portfolio) {
    let mut market = market();
    market.underlyings[0].forwards = Default::default();
    market.underlyings[0].volatility = Some(surface());
    let put = option("BTC", Settlement::Inverse, EXPIRY, STRIKE, OptionRight::Put);
    (market, book_of(vec![position(put, 1.0)], vec![]))
}

fn settings(smile: SmileDynamics) -> PricingSettings {
    PricingSettings { smile, ..PricingSettings::full() }
}

fn black(spot: f64, volatility: f64) -> f64 {
    let option = Black76 {
        right: Right::Put,
        forward: spot,
        strike: STRIKE,
        volatility,
        years: EXPIRY,
        discount: libm::exp(-BTC_RATE * EXPIRY),
    };
    option.value()
}

#[test]
fn paths_read_the_surface_where_the_dynamics_say() {
    let (market, book) = setting();
    let model = model(&market, &book, &[1e-3]);
    let moves = [-0.9, -0.35, -0.1, 0.0, 0.07, 0.4];
    let mut block = today(&model, moves.len());
    set(&mut block, &model, "BTC.spot", &moves);
    for smile in [SmileDynamics::StickyDelta, SmileDynamics::StickyStrike] {
        let compiled = compile(&market, &book, &model, settings(smile));
        assert!(compiled.smile_error() <= 1e-5, "{}", compiled.smile_error());
        let values = values_today(&compiled, &block);
        for (value, log_move) in values.iter().zip(moves) {
            let spot = BTC * libm::exp(log_move);
            let seen = match smile {
                SmileDynamics::StickyDelta => spot,
                SmileDynamics::StickyStrike => BTC,
            };
            let volatility = surface().volatility(libm::log(STRIKE / seen), Years(EXPIRY));
            // The table may be 1e-5 of volatility away; vega is below spot·√T.
            let tolerance = 2e-5 * spot * EXPIRY.sqrt();
            assert!((value - black(spot, volatility)).abs() < tolerance, "{smile:?} {log_move}");
        }
    }
}

#[test]
fn greeks_follow_the_smile() {
    let (market, book) = setting();
    for smile in [SmileDynamics::StickyDelta, SmileDynamics::StickyStrike] {
        let found = greeks(&market, &book, settings(smile), &[]).unwrap().total;
        let at = |h: f64| {
            let spot = BTC * libm::exp(h);
            let seen = if smile == SmileDynamics::StickyDelta { spot } else { BTC };
            black(spot, surface().volatility(libm::log(STRIKE / seen), Years(EXPIRY)))
        };
        let h = 1e-3;
        let delta = (at(h) - at(-h)) / (2.0 * h);
        assert_relative_eq!(found.dollar_delta, delta, max_relative = 1e-3);
        // S²·∂²V/∂S² = ∂²V/∂(ln S)² − ∂V/∂ln S.
        let second = (at(h) - 2.0 * at(0.0) + at(-h)) / (h * h) - delta;
        assert_relative_eq!(found.gamma_1pct, 0.01 * second, max_relative = 5e-3);
    }
}

/// Under sticky delta a falling spot brings the strike nearer, where the skew is lower; under sticky
/// strike its volatility stays. The two deltas differ by vega times the slope.
#[test]
fn the_two_dynamics_differ_by_vega_times_slope() {
    let (market, book) = setting();
    let delta = |smile| greeks(&market, &book, settings(smile), &[]).unwrap().total;
    let moving = delta(SmileDynamics::StickyDelta);
    let fixed = delta(SmileDynamics::StickyStrike);
    let k = libm::log(STRIKE / BTC);
    let at = |k| surface().volatility(k, Years(EXPIRY));
    let slope = (at(k + 1e-5) - at(k - 1e-5)) / 2e-5;
    let expected = -100.0 * fixed.vega_1pt * slope;
    assert_relative_eq!(moving.dollar_delta - fixed.dollar_delta, expected, max_relative = 1e-3);
    assert!(slope < 0.0 && expected > 0.0);
}
