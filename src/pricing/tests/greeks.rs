//! Greeks against central differences of full revaluation.

use approx::assert_relative_eq;

use super::fixture::*;
use crate::market::{Market, VolatilitySource};
use crate::portfolio::{Instrument, OptionRight, Portfolio, Settlement};
use crate::pricing::{
    BookGreeks, Granularity, PricingSettings, SPOT_LADDER, SmileDynamics, exposures, greeks,
};

fn settings(smile: SmileDynamics) -> PricingSettings {
    PricingSettings { smile, ..PricingSettings::full() }
}

/// Book value at log moves of the named factors, no time passed.
fn value(market: &Market, book: &Portfolio, smile: SmileDynamics, moves: &[(&str, f64)]) -> f64 {
    let model = model(market, book, &[0.02]);
    let compiled = compile(market, book, &model, settings(smile));
    let mut block = today(&model, 1);
    for (factor, change) in moves {
        set(&mut block, &model, factor, &[*change]);
    }
    values_today(&compiled, &block).iter().sum()
}

fn book_greeks(market: &Market, book: &Portfolio, smile: SmileDynamics) -> BookGreeks {
    greeks(market, book, settings(smile), &SPOT_LADDER).unwrap()
}

#[test]
fn deltas_and_gammas_are_derivatives_of_full_revaluation() {
    let (market, book) = (market(), mixed_book());
    for smile in [SmileDynamics::StickyDelta, SmileDynamics::StickyStrike] {
        let found = book_greeks(&market, &book, smile);
        for (coin, greeks) in &found.by_underlying {
            let factor = format!("{coin}.spot");
            let at = |h: f64| value(&market, &book, smile, &[(&factor, h)]);
            let h = 1e-3;
            let (up, mid, down) = (at(h), at(0.0), at(-h));
            // Error of central differences: h²/6·V‴ and h²/12·V⁗.
            assert_relative_eq!(greeks.dollar_delta, (up - down) / (2.0 * h), max_relative = 1e-3);
            // S²·∂²V/∂S² = ∂²V/∂(ln S)² − ∂V/∂ln S.
            let second = (up - 2.0 * mid + down) / (h * h) - (up - down) / (2.0 * h);
            assert_relative_eq!(greeks.gamma_1pct, 0.01 * second, max_relative = 2e-3);
        }
    }
}

#[test]
fn vega_is_the_effect_of_a_volatility_point() {
    let (market, book) = (market(), mixed_book());
    let found = book_greeks(&market, &book, SmileDynamics::StickyDelta);
    let at = |point: f64| {
        let mut moved = market.clone();
        moved.underlyings[0].volatility = Some(VolatilitySource::Flat(0.55 + point));
        value(&moved, &book, SmileDynamics::StickyDelta, &[])
    };
    let vega = 0.01 * (at(1e-4) - at(-1e-4)) / 2e-4;
    assert_relative_eq!(found.by_underlying[0].1.vega_1pt, vega, max_relative = 1e-6);
}

#[test]
fn peg_sensitivity_is_the_derivative_by_the_peg() {
    let (market, book) = (market(), mixed_book());
    let found = book_greeks(&market, &book, SmileDynamics::StickyDelta);
    let at = |h: f64| value(&market, &book, SmileDynamics::StickyDelta, &[("USDT.peg", h)]);
    let derivative = (at(1e-4) - at(-1e-4)) / 2e-4;
    assert_eq!(found.pegs.len(), 1);
    assert_relative_eq!(found.pegs[0].1, derivative, max_relative = 1e-6);
}

/// One day at unchanged levels changes the book by theta, funding and interest, nothing else.
#[test]
fn a_day_costs_theta_and_funding() {
    let (market, mut book) = (market(), mixed_book());
    book.accounts[0].balances[1].borrow_rate = 0.0;
    let model = model(&market, &book, &[1.0 / 365.0, 0.02]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let values = walk(&compiled, &[today(&model, 1)]);
    let change = values.iter().sum::<f64>() - compiled.base_values().iter().sum::<f64>();
    let total = book_greeks(&market, &book, SmileDynamics::StickyDelta).total;
    assert_relative_eq!(change, total.theta_1d + total.funding_1d, max_relative = 1e-9);
    assert!(total.theta_1d > 0.0, "the book is short options");
}

#[test]
fn the_profile_is_full_revaluation() {
    let (market, book) = (market(), mixed_book());
    let found = book_greeks(&market, &book, SmileDynamics::StickyDelta);
    let base = value(&market, &book, SmileDynamics::StickyDelta, &[]);
    for point in &found.profile {
        let log = libm::log1p(point.spot_move);
        let moves = [("BTC.spot", log), ("ETH.spot", log)];
        let change = value(&market, &book, SmileDynamics::StickyDelta, &moves) - base;
        assert_relative_eq!(point.value_change, change, max_relative = 1e-9, epsilon = 1e-6);
    }
    let mid = &found.profile[10];
    assert_eq!((mid.spot_move, mid.value_change), (0.0, 0.0));
    assert_eq!(mid.dollar_delta, found.total.dollar_delta);
}

/// What is linear in spot has no gamma: coins, and perpetuals and futures of either settlement, at
/// a profit or not, wherever spot stands.
#[test]
fn linear_positions_have_no_gamma() {
    let (market, mut book) = (market(), mixed_book());
    book.positions.retain(|one| !matches!(one.instrument, Instrument::Option { .. }));
    assert!(book.positions.len() > 2 && !book.accounts[0].balances.is_empty());
    let found = book_greeks(&market, &book, SmileDynamics::StickyDelta);
    for (coin, greeks) in &found.by_underlying {
        assert!(greeks.dollar_delta != 0.0, "{coin}");
        assert_eq!(greeks.gamma_1pct, 0.0, "{coin}");
    }
    assert!(found.profile.iter().all(|point| point.gamma_1pct == 0.0));
}

/// `d_coin_dS` and `net_delta_coin` of `inverse_options_computed.csv`, row INV35's inputs with no
/// rate but the coin's: ∂V_USD/∂S = D·Δ_BS because V_USD = D·S·(Black76/F) and F/S is fixed.
#[test]
fn dollar_delta_of_an_inverse_option_is_spot_times_black_scholes_delta() {
    let mut market = market();
    market.underlyings[0].forwards = Default::default();
    let call = option("BTC", Settlement::Inverse, 0.25, BTC, OptionRight::Call);
    let book = book_of(vec![position(call, 2.0)], vec![]);
    let found = book_greeks(&market, &book, SmileDynamics::StickyDelta);
    let half_deviation = 0.5 * 0.55 * 0.5;
    let delta = crate::numeric::special::normal_cdf(half_deviation);
    let discounted = 2.0 * BTC * delta * libm::exp(-BTC_RATE * 0.25);
    assert_relative_eq!(found.total.dollar_delta, discounted, max_relative = 1e-12);
}

#[test]
fn exposures_of_rows_sum_to_the_book() {
    let (market, book) = (market(), mixed_book());
    let total = book_greeks(&market, &book, SmileDynamics::StickyDelta);
    for granularity in [Granularity::Account, Granularity::Position] {
        let settings = settings(SmileDynamics::StickyDelta);
        let rows = exposures(&market, &book, settings, granularity).unwrap();
        for (coin, greeks) in &total.by_underlying {
            let parts = rows.iter().flat_map(|row| &row.dollar_deltas);
            let sum: f64 = parts.filter(|(name, _)| name == coin).map(|(_, delta)| delta).sum();
            assert_relative_eq!(sum, greeks.dollar_delta, max_relative = 1e-12);
        }
    }
}
