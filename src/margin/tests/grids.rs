//! Portfolio margin against the check values of `formulas.md` §2 and figures by hand.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::{book, market, option, perpetual, rules, usdt};
use crate::margin::grid::{
    AccountGrid, GridContract, GridCurrency, GridPayoff, GridProfit, GridState, OkxParts,
    OkxPortfolio, PortfolioRules, SpanCoin, VolatilityShift, scan_risk,
};
use crate::margin::{MarginBook, MarginError, Requirement, VenueRules, requirements};
use crate::market::Market;
use crate::numeric::black76::Right;
use crate::portfolio::{Instrument, MarginMode, OptionRight, Portfolio, Settlement};
use crate::units::Years;

const JUNE_2024: &str = "deribit@2024-06-01";

fn future(settlement: Settlement, days: f64) -> Instrument {
    Instrument::Future { underlying: "BTC".into(), settlement, expiry: Years::from_days(days) }
}

fn margined(positions: &[(Instrument, f64)]) -> Portfolio {
    let mut book = book(positions, ("BTC", 1.0));
    book.accounts[0].margin_mode = MarginMode::Portfolio;
    book
}

fn grid(rules: &VenueRules, market: &Market, book: &Portfolio) -> AccountGrid {
    let compiled = MarginBook::compile(&[Some(rules.clone())], market, book).unwrap();
    compiled.grid(0).unwrap().clone()
}

/// A market where BTC stands at `price`, futures on their spot.
fn at(price: f64) -> Market {
    let mut market = market();
    market.assets[0].price_usd = price;
    market
}

/// Published check: BTC-PERP +0.314538364 with 28JUN24 −0.001187534 (BTC) → worst 0.0596858724,
/// roll 0.00315725898, RM 0.06284313098, MM 0.050274504784. The example adds the worst rounded to
/// nine decimals, so that its sums are 4e-10 below the unrounded ones.
#[test]
fn deribit_portfolio_margin_reproduces_the_published_example() {
    let price = 65_000.0;
    let book = margined(&[
        (perpetual("BTC", Settlement::Inverse), 0.314538364 * price),
        (future(Settlement::Inverse, 14.0), -0.001187534 * price),
    ]);
    let rules = rules(JUNE_2024);
    let found = grid(&rules, &at(price), &book).deribit(1.0).unwrap();
    let coins = |usd: f64| usd / price;
    assert!((coins(found.worst) - 0.0596858724).abs() < 5e-11, "{}", coins(found.worst));
    assert!((coins(found.roll) - 0.00315725898).abs() < 5e-12, "{}", coins(found.roll));
    assert_eq!((found.delta_shock, found.contingency), (0.0, 0.0));
    let rounded = (coins(found.worst) * 1e9).round() / 1e9;
    let risk = rounded + coins(found.roll);
    assert!((risk - 0.06284313098).abs() < 5e-12, "{risk}");
    assert!((0.8 * risk - 0.050274504784).abs() < 5e-13);
    assert!((coins(found.risk()) - 0.06284313098).abs() < 5e-10);
    assert!((coins(found.margin.maintenance) - 0.050274504784).abs() < 4e-10);
    assert_eq!(found.margin.initial, found.risk());
    // The account as a whole asks for the same.
    let total = requirements(&[Some(rules)], &at(price), &book, 1.0).unwrap()[0];
    assert_eq!(
        (total.initial, total.maintenance),
        (found.margin.initial, found.margin.maintenance)
    );
}

/// Linear: a loss of R times the notional, no more; inverse: R/(1 − R) long, in coins.
#[test]
fn linear_and_inverse_perpetuals_lose_what_they_must() {
    let worst = |settlement, quantity| {
        let book = margined(&[(perpetual("BTC", settlement), quantity)]);
        grid(&rules(JUNE_2024), &market(), &book).deribit(1.0).unwrap().worst
    };
    for side in [1.0, -1.0] {
        assert_relative_eq!(worst(usdt(), side), 16_000.0, max_relative = 1e-12);
    }
    let long = worst(Settlement::Inverse, 100_000.0);
    assert_relative_eq!(long, 100_000.0 * 0.16 / 0.84, max_relative = 1e-12);
    let short = worst(Settlement::Inverse, -100_000.0);
    assert_relative_eq!(short, 100_000.0 * 0.16 / 1.16, max_relative = 1e-12);
}

/// Extended moves: a short call far out of the money loses most at +500 %, less the dampener. By
/// hand: USD loss = 1000·(6S − K) scaled by R/5, less (5/R − 1)·100 000, converted at S(1 + R).
#[test]
fn extended_moves_are_scaled_and_dampened() {
    let (spot, strike) = (100_000.0, 500_000.0);
    let book = margined(&[(option(strike, OptionRight::Call), -1000.0)]);
    let mut market = market();
    // So little volatility that the options are worth what they pay.
    market.underlyings[0].volatility = Some(crate::market::VolatilitySource::Flat(1e-6));
    let PortfolioRules::Deribit(mut deribit) = rules(JUNE_2024).portfolio.unwrap() else {
        panic!()
    };
    deribit.volatility_up_min = 1e-6;
    let rules =
        VenueRules { portfolio: Some(PortfolioRules::Deribit(deribit)), ..rules(JUNE_2024) };
    let found = grid(&rules, &market, &book).deribit(1.0).unwrap();
    let scaled = 1000.0 * (6.0 * spot - strike) * 0.16 / 5.0;
    let expected = (scaled - (5.0 / 0.16 - 1.0) * 100_000.0) / 1.16;
    assert_relative_eq!(found.worst, expected, max_relative = 1e-9);
}

/// A delta of 1 000 BTC above the threshold is shocked by 5 %, beyond 2 000 by no more than 10 %.
#[test]
fn large_deltas_are_shocked() {
    let shock = |coins: f64| {
        let book = margined(&[(perpetual("BTC", usdt()), coins)]);
        grid(&rules(JUNE_2024), &market(), &book).deribit(1.0).unwrap().delta_shock
    };
    // 20 million at 100 000 are 200 BTC.
    assert_eq!(shock(200.0), 0.0);
    assert_relative_eq!(shock(1_200.0), 1_200.0 * 0.05 * 1e5, max_relative = 1e-12);
    assert_relative_eq!(shock(-9_000.0), 9_000.0 * 0.10 * 1e5, max_relative = 1e-12);
}

/// `σ_up = max(σ(1 + v(30/d)^p), 0.5)`, `σ_dn = max(σ(1 − v(30/d)^p), 0)`, by hand.
#[test]
fn volatilities_shift_by_their_term() {
    let PortfolioRules::Deribit(rules) = rules("deribit@2026-02-01").portfolio.unwrap() else {
        panic!()
    };
    let shifted = |coin: &str, volatility, days, shift| {
        rules.volatility(&rules.coins[&coin.into()], volatility, days / 365.0, shift)
    };
    let near =
        |found: f64, expected: f64| assert_relative_eq!(found, expected, max_relative = 1e-9);
    near(shifted("BTC", 0.6, 30.0, VolatilityShift::Up), 0.9);
    near(shifted("BTC", 0.6, 30.0, VolatilityShift::Down), 0.45);
    near(shifted("ETH", 0.8, 30.0, VolatilityShift::Up), 1.12);
    // 7.5 days: 4^0.3; 120 days: (1/4)^0.13.
    near(shifted("BTC", 0.6, 7.5, VolatilityShift::Up), 0.6 * (1.0 + 0.5 * 1.515716566510398));
    near(shifted("BTC", 0.6, 120.0, VolatilityShift::Up), 0.6 * (1.0 + 0.5 * 0.8350879194283694));
    near(shifted("BTC", 0.1, 30.0, VolatilityShift::Up), 0.5);
    assert_eq!(shifted("BTC", 0.6, 0.001, VolatilityShift::Down), 0.0);
    assert!(shifted("BTC", 0.6, 0.0, VolatilityShift::Up).is_finite());
    assert_eq!(shifted("BTC", 0.6, 9.0, VolatilityShift::Same), 0.6);
}

/// A contract's profit is the difference of its marks in the moved market.
#[test]
fn profits_are_differences_of_marks() {
    for (instrument, quantity) in [
        (option(105_000.0, OptionRight::Call), -2.0),
        (option(80_000.0, OptionRight::Put), 3.0),
        (future(usdt(), 60.0), -1.5),
    ] {
        let book = margined(&[(instrument, quantity)]);
        let position = &book.positions[0];
        let contract = GridContract::of(position).unwrap();
        let state = GridState::today(&market(), position).unwrap();
        let found = contract.profit(&state, -0.1, 1.2 * state.volatility, state.years);
        let entered = crate::pricing::with_entry_prices(&market(), &book).unwrap();
        let mut moved = entered.positions[0].clone();
        moved.volatility = Some(1.2 * state.volatility);
        let before = crate::pricing::mark(&market(), position).unwrap().value;
        let after = crate::pricing::mark(&at(90_000.0), &moved).unwrap().value;
        match contract.currency {
            GridCurrency::Usd => {
                assert_relative_eq!(found.usd, after - before, max_relative = 1e-9)
            }
            GridCurrency::Coin => {
                let coins = after / 90_000.0 - before / 100_000.0;
                assert_relative_eq!(found.coins, coins, max_relative = 1e-9);
            }
        }
    }
}

/// Across coins: with nothing charged back, gains of one count against losses of the other at their
/// offset; with all of it, each coin stands alone.
#[test]
fn the_correlation_contingency_charges_savings_back() {
    let mut market = market();
    let eth = crate::market::Asset { symbol: "ETH".into(), ..market.assets[0].clone() };
    market.assets.insert(2, eth);
    let mut underlying = market.underlyings[0].clone();
    underlying.symbol = "ETH".into();
    market.underlyings.push(underlying);
    market.underlyings.sort_by(|left, right| left.symbol.cmp(&right.symbol));
    let book = margined(&[(perpetual("BTC", usdt()), 1.0), (perpetual("ETH", usdt()), -1.0)]);
    let with = |contingency: f64| {
        let id = "deribit@2026-02-01";
        let PortfolioRules::Deribit(mut deribit) = rules(id).portfolio.unwrap() else { panic!() };
        deribit.correlation_contingency = contingency;
        let rules = VenueRules { portfolio: Some(PortfolioRules::Deribit(deribit)), ..rules(id) };
        grid(&rules, &market, &book).deribit(1.0).unwrap()
    };
    // Down: BTC −16 000, ETH +18 000 at 60 %. Up: BTC's gain counts for nothing, ETH −18 000.
    let free = with(0.0);
    assert_relative_eq!(free.worst, 18_000.0, max_relative = 1e-12);
    let alone = with(1.0);
    assert_relative_eq!(alone.worst + alone.contingency, 34_000.0, max_relative = 1e-12);
    assert_relative_eq!(with(0.5).contingency, 8_000.0, max_relative = 1e-12);
}

/// Published array of McMillan, *Options as a Strategic Investment*, p. 668: margin 10 000 for one
/// future, of which the extreme scenarios count 7 000 (35 % of two ranges).
#[test]
fn span_scenarios_are_those_of_a_published_future() {
    let PortfolioRules::Span(span) = rules("span-generic@2026-01-01").portfolio.unwrap() else {
        panic!()
    };
    let coin = SpanCoin { price_range: 0.1, volatility_range: 0.2 };
    let profit = |move_: f64, cover: f64| cover * move_ * 100_000.0;
    let found = span.scenarios(&coin).map(|one| profit(one.price_move, one.cover));
    let published = [
        0.0, 0.0, 3_330.0, 3_330.0, -3_330.0, -3_330.0, 6_670.0, 6_670.0, -6_670.0, -6_670.0,
        10_000.0, 10_000.0, -10_000.0, -10_000.0, 7_000.0, -7_000.0,
    ];
    for (found, published) in found.iter().zip(published) {
        assert!((found - published).abs() < 5.0, "{found} {published}");
    }
    assert_relative_eq!(scan_risk(&found), 10_000.0, max_relative = 1e-12);
    assert_eq!(coin.volatility(0.5, VolatilityShift::Up), 0.6);
}

fn okx() -> OkxPortfolio {
    let Some(PortfolioRules::Okx(okx)) = rules("okx@2025-01-15").portfolio else { panic!() };
    okx
}

/// Published check: 1M·0.75 % + 4M·1.75 % + 5M·2.5 % = 202 500.
#[test]
fn okx_depeg_tiers_are_marginal() {
    assert_relative_eq!(okx().depeg_charge(10e6), 202_500.0, max_relative = 1e-12);
    assert_relative_eq!(okx().depeg_charge(2e6), 7_500.0 + 17_500.0, max_relative = 1e-12);
    assert_eq!(okx().depeg_charge(0.0), 0.0);
}

/// `max(max(MR1, MR2, MR6) + MR3 + MR4 + MR5, MR7) + MR9`, then 1.3 times.
#[test]
fn okx_parts_are_put_together_as_published() {
    let parts = OkxParts {
        spot_shock: 10.0,
        theta: 3.0,
        vega_term: 1.0,
        basis: 2.0,
        rates: 0.5,
        extreme: 12.0,
        minimum: 9.0,
        depeg: 4.0,
    };
    assert_eq!(parts.maintenance(), 19.5);
    assert_eq!(OkxParts { minimum: 100.0, ..parts }.maintenance(), 104.0);
    assert_relative_eq!(okx().margin(10.0).initial, 13.0);
}

/// What OKX does not publish is asked for by name; once stated, a perpetual needs its worst move,
/// and a future its basis.
#[test]
fn okx_asks_for_what_is_not_published() {
    let book = margined(&[(perpetual("BTC", usdt()), 2.0), (future(usdt(), 73.0), -1.0)]);
    let error = requirements(&[Some(rules("okx@2025-01-15"))], &market(), &book, 1.0).unwrap_err();
    assert!(
        matches!(&error, MarginError::UnpublishedParameter { parameter: "extreme_share", .. }),
        "{error}"
    );
    let stated = OkxPortfolio { extreme_share: Some(0.5), minimum_charge: Some(0.0), ..okx() };
    let with = |portfolio: OkxPortfolio, book: &Portfolio| {
        let portfolio = Some(PortfolioRules::Okx(portfolio));
        let rules = VenueRules { portfolio, ..rules("okx@2025-01-15") };
        requirements(&[Some(rules)], &market(), book, 1.0)
    };
    let found = with(stated.clone(), &book).unwrap()[0];
    // Net 1 BTC: 12 % of 100 000, as is half of 24 %; basis 5 % · 0.2 years of 1 BTC.
    assert_relative_eq!(found.maintenance, 12_000.0 + 1_000.0, max_relative = 1e-9);
    assert_relative_eq!(found.initial, 1.3 * 13_000.0, max_relative = 1e-9);
    // Long USDT against short coin-settled: 1 BTC hangs on the peg.
    let across = margined(&[
        (perpetual("BTC", usdt()), 1.0),
        (perpetual("BTC", Settlement::Inverse), -100_000.0),
    ]);
    let found = with(stated.clone(), &across).unwrap()[0];
    assert!(found.maintenance >= 0.0075 * 100_000.0, "{found:?}");
    let short = margined(&[(option(1e5, OptionRight::Call), -1.0)]);
    let error = with(stated, &short).unwrap_err();
    assert!(error.to_string().contains("portfolio.volatility_move"), "{error}");
    let mut borrowed = margined(&[]);
    borrowed.accounts[0].balances[0].quantity = -1.0;
    let error = with(okx(), &borrowed).unwrap_err();
    assert!(error.to_string().contains("portfolio.borrowing_charge"), "{error}");
}

#[test]
fn portfolio_margin_without_rules_is_refused() {
    let book = margined(&[(perpetual("DOGE", usdt()), 1e5)]);
    let found = |id: &str| requirements(&[Some(rules(id))], &market(), &book, 1.0).unwrap_err();
    let none = found("generic-flat@2026-01-01");
    assert!(matches!(none, MarginError::NoPortfolioRules { .. }), "{none}");
    let coin = found(JUNE_2024);
    assert!(
        matches!(&coin, MarginError::NoPortfolioParameters { coin, .. } if coin.as_str() == "DOGE")
    );
    // Nothing held, nothing needed.
    let empty = margined(&[]);
    let found = requirements(&[Some(rules(JUNE_2024))], &market(), &empty, 1.0).unwrap()[0];
    assert_eq!((found.initial, found.maintenance), (0.0, 0.0));
}

fn any_book() -> impl Strategy<Value = Portfolio> {
    let leg = (0_usize..5, -5.0..5.0_f64, 50_000.0..200_000.0_f64);
    proptest::collection::vec(leg, 1..6).prop_map(|legs| {
        let position = |(kind, size, strike): (usize, f64, f64)| match kind {
            0 => (perpetual("BTC", usdt()), size),
            1 => (perpetual("BTC", Settlement::Inverse), 1e5 * size),
            2 => (future(usdt(), 90.0), size),
            3 => (option(strike, OptionRight::Call), size),
            _ => (option(strike, OptionRight::Put), size),
        };
        margined(&legs.into_iter().map(position).collect::<Vec<_>>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Never negative, maintenance at most initial, no less for a larger book; one of no size needs
    /// nothing.
    #[test]
    fn portfolio_margin_grows_with_the_book(book in any_book(), more in 1.0..3.0_f64) {
        for id in [JUNE_2024, "span-generic@2026-01-01"] {
            let compiled = MarginBook::compile(&[Some(rules(id))], &market(), &book).unwrap();
            let at = |scale: f64| -> Requirement { compiled.requirements(scale)[0] };
            let (one, larger, none) = (at(1.0), at(more), at(0.0));
            prop_assert!(one.initial >= 0.0 && one.maintenance >= 0.0);
            prop_assert!(one.maintenance <= one.initial * (1.0 + 1e-12));
            prop_assert!(larger.initial >= one.initial * (1.0 - 1e-9));
            prop_assert_eq!((none.initial, none.maintenance), (0.0, 0.0));
        }
    }
}

proptest! {
    /// No move makes a profit that is not a number, at expiry, without volatility or with much.
    #[test]
    fn profits_are_numbers(
        kind in 0_usize..4, price_move in -0.999..5.0_f64, volatility in prop_oneof![Just(0.0), 0.0..50.0_f64],
        years in prop_oneof![Just(0.0), 0.0..3.0_f64], strike in 1e-3..1e9_f64, forward in 1e-3..1e6_f64,
    ) {
        let right = [Right::Call, Right::Put][kind % 2];
        let currency = [GridCurrency::Coin, GridCurrency::Usd][kind / 2];
        let option = GridContract {
            quantity: -3.0,
            currency,
            payoff: GridPayoff::Option { right, strike },
        };
        let state = GridState { forward, quote_price: 0.9, volatility: 0.5, years, discount: 1.0 };
        for contract in [option, GridContract { payoff: GridPayoff::Future, ..option }] {
            let found = contract.profit(&state, price_move, volatility, years);
            prop_assert!(found.coins.is_finite() && found.usd.is_finite(), "{found:?}");
            prop_assert!(contract.delta(&state).is_finite());
        }
    }
}

#[test]
fn profit_adds_and_scales() {
    let mut profit = GridProfit { coins: 1.0, usd: -2.0 };
    profit.add(GridProfit { coins: 0.5, usd: 1.0 });
    assert_eq!(profit.scaled(2.0).in_usd(10.0), 28.0);
}
