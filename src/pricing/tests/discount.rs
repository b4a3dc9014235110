//! Discounting of option payoffs: Black–Scholes in closed form at time zero, on paths, in Greeks.

use approx::assert_relative_eq;

use super::fixture::*;
use crate::market::{ForwardCurve, Market};
use crate::portfolio::{OptionRight, Portfolio, Position, Settlement};
use crate::pricing::{CompiledBook, Granularity, PricingError, PricingSettings, greeks, mark};
use crate::units::{Symbol, Years};

const RATE: f64 = 0.03;
const DAY: f64 = 1.0 / 365.0;
const EXPIRY: f64 = 30.0 * DAY;
const VOLATILITY: f64 = 0.62;

/// Black & Scholes (1973), no dividends, with the error function of `libm` (below 1 ulp).
fn black_scholes(right: OptionRight, spot: f64, strike: f64, years: f64) -> f64 {
    let cdf = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    let deviation = VOLATILITY * years.sqrt();
    let d_1 = (libm::log(spot / strike) + RATE * years) / deviation + 0.5 * deviation;
    let sign = if right == OptionRight::Call { 1.0 } else { -1.0 };
    let paid = strike * libm::exp(-RATE * years);
    sign * (spot * cdf(sign * d_1) - paid * cdf(sign * (d_1 - deviation)))
}

/// BTC grows at the rate at which USD is discounted.
fn market_at_rate() -> Market {
    let mut market = market();
    let year = (Years(1.0), BTC * libm::exp(RATE));
    market.underlyings[0].forwards = ForwardCurve::from_quotes(BTC, &[year]);
    for asset in &mut market.assets {
        asset.discount_rate = if asset.symbol == Symbol::usd() { RATE } else { 0.0 };
    }
    market
}

fn held(strike: f64, right: OptionRight) -> Position {
    let mut position = position(option("BTC", linear("USD"), EXPIRY, strike, right), 1.0);
    position.volatility = Some(VOLATILITY);
    position
}

fn strangle() -> Portfolio {
    book_of(vec![held(66_000.0, OptionRight::Call), held(57_000.0, OptionRight::Put)], vec![])
}

#[test]
fn options_are_worth_black_scholes_today_and_after_a_day() {
    let (market, book) = (market_at_rate(), strangle());
    let model = model(&market, &book, &[DAY]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let terms = [(OptionRight::Call, 66_000.0), (OptionRight::Put, 57_000.0)];
    let changes = [-0.4, -0.05, 0.0, 0.02, 0.5];
    let mut block = today(&model, changes.len());
    set(&mut block, &model, "BTC.spot", &changes);
    let later = walk(&compiled, std::slice::from_ref(&block));
    for (row, (right, strike)) in terms.into_iter().enumerate() {
        let now = black_scholes(right, BTC, strike, EXPIRY);
        assert_relative_eq!(compiled.base_values()[row], now, max_relative = 1e-11);
        let marked = mark(&market, &book.positions[row]).unwrap().value;
        assert_relative_eq!(marked, now, max_relative = 1e-11);
        for (path, change) in changes.iter().enumerate() {
            let spot = BTC * libm::exp(*change);
            let expected = black_scholes(right, spot, strike, EXPIRY - DAY);
            let found = later[row * changes.len() + path];
            assert!((found - expected).abs() < 1e-9, "{right:?} {change} {found} {expected}");
        }
    }
}

/// Central differences of the closed form; a day's theta carries the interest.
#[test]
fn greeks_are_those_of_black_scholes() {
    let (market, book) = (market_at_rate(), strangle());
    let value = |spot: f64, years: f64| {
        black_scholes(OptionRight::Call, spot, 66_000.0, years)
            + black_scholes(OptionRight::Put, spot, 57_000.0, years)
    };
    let found = greeks(&market, &book, PricingSettings::full(), &[0.1]).unwrap();
    let h = 1.0;
    let (up, mid, down) = (value(BTC + h, EXPIRY), value(BTC, EXPIRY), value(BTC - h, EXPIRY));
    let delta = BTC * (up - down) / (2.0 * h);
    assert_relative_eq!(found.total.dollar_delta, delta, max_relative = 1e-6);
    let gamma = 0.01 * BTC * BTC * (up - 2.0 * mid + down) / (h * h);
    assert_relative_eq!(found.total.gamma_1pct, gamma, max_relative = 1e-5);
    let theta = value(BTC, EXPIRY - DAY) - mid;
    assert_relative_eq!(found.total.theta_1d, theta, max_relative = 1e-9);
    let moved = value(1.1 * BTC, EXPIRY) - mid;
    assert_relative_eq!(found.profile[0].value_change, moved, max_relative = 1e-11);
}

/// An inverse option's coins are discounted at the coin's rate; nothing is at settlement.
#[test]
fn inverse_options_are_discounted_in_the_coin() {
    let put = option("BTC", Settlement::Inverse, EXPIRY, 65_000.0, OptionRight::Put);
    let book = book_of(vec![position(put, 2.0)], vec![]);
    let with_rate = |rate: f64| {
        let mut market = market();
        market.assets[0].discount_rate = rate;
        let model = model(&market, &book, &[DAY, EXPIRY]);
        let compiled = compile(&market, &book, &model, PricingSettings::full());
        let blocks = [today(&model, 1), today(&model, 1)];
        (compiled.base_values()[0], walk(&compiled, &blocks[..1])[0], walk(&compiled, &blocks)[0])
    };
    let (plain, discounted) = (with_rate(0.0), with_rate(0.05));
    let factor = |years: f64| libm::exp(-0.05 * years);
    assert_relative_eq!(discounted.0, plain.0 * factor(EXPIRY), max_relative = 1e-14);
    assert_relative_eq!(discounted.1, plain.1 * factor(EXPIRY - DAY), max_relative = 1e-14);
    assert_eq!(discounted.2, plain.2);
}

#[test]
fn a_rate_that_leaves_nothing_finite_is_refused() {
    let book = strangle();
    for rate in [f64::NAN, f64::INFINITY, 1e3, -1e3] {
        let mut market = market_at_rate();
        market.assets[2].discount_rate = rate;
        let model = model(&market, &book, &[DAY]);
        let settings = PricingSettings::full();
        let found = CompiledBook::compile(&market, &book, &model, settings, Granularity::Account);
        assert!(matches!(found, Err(PricingError::InvalidNumber { .. })), "{rate}");
    }
}
