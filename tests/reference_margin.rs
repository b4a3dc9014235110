//! Margin against reference cases and exchange samples with known answers.
#![allow(missing_docs)]

mod common;

use approx::assert_relative_eq;
use plimsoll::document::SourceFile;
use plimsoll::margin::document::{read_rules, shipped_rules};
use plimsoll::margin::grid::{
    GridContract, GridCurrency, GridPayoff, GridState, PortfolioRules, SpanCoin, SpanPortfolio,
    scan_risk,
};
use plimsoll::margin::liquidation_price::{Direction, LinearHolding};
use plimsoll::margin::{FutureRules, Margin, ShortOption, VenueRules};
use plimsoll::numeric::black76::Right;
use plimsoll::portfolio::OptionRight;
use serde_json::Value;

fn json(path: &str) -> Option<Value> {
    let file = common::shared(path)?;
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

fn number(value: &Value, key: &str) -> f64 {
    let found = &value[key];
    let text = || found.as_str().and_then(|text| text.parse().ok());
    found.as_f64().or_else(text).unwrap_or_else(|| panic!("{key} of {value}"))
}

fn rules(id: &str) -> VenueRules {
    let sets = shipped_rules().unwrap_or_else(|violations| panic!("{violations}"));
    sets.into_iter().find(|rules| rules.id == id).unwrap()
}

/// One case of the SPAN-style scans: profit at every scenario, and the scan risk.
#[test]
fn span_scans_agree_with_the_reference() {
    let Some(file) = json("reference/8_regulatory/span_style_scan_computed.json") else { return };
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let future = number(case, "future");
        let span = SpanPortfolio {
            others: None,
            coins: [].into(),
            look_ahead_days: number(case, "look_ahead_days"),
            extreme_multiple: number(case, "extreme_multiple"),
            extreme_cover: number(case, "extreme_cover"),
            initial_multiple: 1.0,
        };
        let coin = SpanCoin {
            price_range: number(case, "price_scan_range") / future,
            volatility_range: number(case, "vol_scan_relative"),
        };
        let legs: Vec<_> = case["positions"].as_array().unwrap().iter().map(leg(future)).collect();
        let profits = span.scenarios(&coin).map(|scenario| {
            let profit = |(contract, state): &(GridContract, GridState)| {
                let volatility = coin.volatility(state.volatility, scenario.volatility);
                let years = state.years - span.look_ahead_days / 365.0;
                contract.profit(state, scenario.price_move, volatility, years).usd
            };
            scenario.cover * legs.iter().map(profit).sum::<f64>()
        });
        let expected = case["scenario_pnl"].as_array().unwrap();
        assert_eq!(expected.len(), profits.len());
        for (found, expected) in profits.iter().zip(expected) {
            assert_relative_eq!(
                *found,
                expected.as_f64().unwrap(),
                max_relative = 1e-9,
                epsilon = 1e-7
            );
        }
        assert_relative_eq!(scan_risk(&profits), number(case, "scan_risk"), max_relative = 1e-9);
    }
}

fn leg(future: f64) -> impl Fn(&Value) -> (GridContract, GridState) {
    move |leg: &Value| {
        let right = match leg["type"].as_str().unwrap() {
            "call" => Some(Right::Call),
            "put" => Some(Right::Put),
            _ => None,
        };
        let payoff = right.map_or(GridPayoff::Future, |right| GridPayoff::Option {
            right,
            strike: number(leg, "strike"),
        });
        let state = GridState {
            forward: future,
            quote_price: 1.0,
            volatility: right.map_or(0.0, |_| number(leg, "vol")),
            years: right.map_or(0.0, |_| number(leg, "T")),
            discount: 1.0,
        };
        let contract =
            GridContract { quantity: number(leg, "qty"), currency: GridCurrency::Usd, payoff };
        (contract, state)
    }
}

/// Published arrays (McMillan, ch. 34): scan risk of every case.
#[test]
fn published_span_arrays_give_their_scan_risk() {
    let Some(file) = json("reference/8_regulatory/span_mcmillan.json") else { return };
    for case in file["cases"].as_array().unwrap() {
        let profits = case["scenario_pnl"].as_array().unwrap().iter();
        let profits: Vec<f64> = profits.map(|profit| profit.as_f64().unwrap()).collect();
        assert_eq!(scan_risk(&profits), number(case, "scan_risk"));
    }
}

/// Deribit's own initial and maintenance margin of short options, in coins. `mark_price` is rounded
/// to six or seven decimals there, the margins are not.
#[test]
fn deribit_short_options_have_the_margin_that_deribit_says() {
    let Some(file) = json("data/formats/exchange_json/deribit_get_positions_options.json") else {
        return;
    };
    let options = rules("deribit-standard@2025-01-01").options.unwrap();
    let mut short = 0;
    for held in file["result"].as_array().unwrap() {
        let size = number(held, "size");
        let said = Margin {
            initial: number(held, "initial_margin"),
            maintenance: number(held, "maintenance_margin"),
        };
        if size > 0.0 {
            assert_eq!(said, Margin::default());
            continue;
        }
        short += 1;
        let name: Vec<&str> = held["instrument_name"].as_str().unwrap().split('-').collect();
        let right = if name[3] == "C" { OptionRight::Call } else { OptionRight::Put };
        let strike: f64 = name[2].parse().unwrap();
        let option = ShortOption {
            right,
            strike_over_forward: strike / number(held, "index_price"),
            mark: number(held, "mark_price"),
        };
        let found = options.margin(&option).scaled(-size);
        assert!((found.initial - said.initial).abs() < 5e-7, "{found:?} {said:?}");
        assert!((found.maintenance - said.maintenance).abs() < 5e-7, "{found:?} {said:?}");
    }
    assert_eq!(short, 2);
}

/// Binance's own liquidation prices of two isolated positions in hedge mode (brackets of 0.5 %
/// with 50 off at their size, then as in the shipped rules). `isolatedMargin` holds the unrealised
/// profit; the entry follows from it.
#[test]
fn binance_liquidation_prices_are_those_that_binance_says() {
    let path = "data/formats/exchange_json/binance_futures_positions_hedge_mode.json";
    let Some(file) = json(path) else { return };
    let brackets = rules("binance-usdm@2024-10-24").futures_on(&"BTC".into()).clone();
    let held = file.as_array().unwrap();
    assert_eq!(held.len(), 2);
    for held in held {
        let (amount, profit) = (number(held, "positionAmt"), number(held, "unRealizedProfit"));
        let holding = LinearHolding {
            direction: if amount > 0.0 { Direction::Long } else { Direction::Short },
            coins: amount.abs(),
            entry: number(held, "markPrice") - profit / amount,
            wallet: number(held, "isolatedMargin") - profit,
            others_profit: 0.0,
            others_maintenance: 0.0,
        };
        let found = holding.liquidation_price(&brackets).unwrap();
        let said = number(held, "liquidationPrice");
        assert!((found - said).abs() < 0.005, "{found} {said}");
    }
}

/// Hyperliquid's margin used of a sample: 4 % of notional, as a flat rule.
#[test]
fn a_flat_rate_is_what_hyperliquid_uses() {
    let path = "data/formats/exchange_json/hyperliquid_http_clearinghouse_state.json";
    let Some(file) = json(path) else { return };
    let summary = &file["crossMarginSummary"];
    let flat = FutureRules::Flat { initial: 0.04, maintenance: 0.02 };
    let found = flat.margin(number(summary, "totalNtlPos"), 1.0).initial;
    assert!((found - number(summary, "totalMarginUsed")).abs() < 1e-6, "{found}");
}

/// Brackets of many symbols as Binance publishes them: read as a rules document they hold no fault
/// (continuous, rising, initial above maintenance), and each notional has the margin of its bracket.
#[test]
fn published_brackets_of_many_symbols_are_accepted() {
    let Some(file) = json("data/derivatives/binance_usdm_leverage_tiers.json") else { return };
    let symbols = file.as_object().unwrap();
    assert!(symbols.len() >= 30);
    for (symbol, tiers) in symbols {
        let tiers = tiers.as_array().unwrap();
        let row = |tier: &Value| {
            format!(
                "{{ notional_max = {}, leverage_max = {}, maintenance = {}, deduction = {} }},\n",
                number(tier, "maxNotional"),
                number(tier, "maxLeverage"),
                number(tier, "maintenanceMarginRate"),
                number(&tier["info"], "cum"),
            )
        };
        let rows: String = tiers.iter().map(row).collect();
        let text = format!(
            "name = \"x\"\neffective = \"2026-09-01T00:00:00Z\"\nsource = \"sample\"\n\
             liquidation_fee = 0\n[futures]\nkind = \"tiered\"\ntiers = [\n{rows}]\n"
        );
        let read = read_rules(&SourceFile::new("rules.toml", &text));
        let rules = read.unwrap_or_else(|violations| panic!("{symbol}\n{violations}"));
        for tier in tiers {
            let top = number(tier, "maxNotional");
            let found = rules.futures.margin(top, 1.0);
            let rate = number(tier, "maintenanceMarginRate");
            let expected = top * rate - number(&tier["info"], "cum");
            assert_relative_eq!(found.maintenance, expected, max_relative = 1e-9, epsilon = 1e-6);
            assert!(found.maintenance <= found.initial);
        }
    }
}

/// The sizes of portfolio margin that ship are those of `formulas.md` §2.
#[test]
fn shipped_portfolio_parameters_are_the_published_ones() {
    let Some(PortfolioRules::Deribit(deribit)) = rules("deribit@2026-02-01").portfolio else {
        panic!()
    };
    let eth = deribit.coins[&"ETH".into()];
    assert_eq!((eth.price_range, eth.volatility_up, eth.volatility_down), (0.18, 0.40, 0.25));
    assert_eq!((eth.annual_move, eth.move_min, eth.dampener_usd), (0.05, 0.005, 200_000.0));
    assert_eq!((eth.profit_offset, eth.delta_increment), (0.6, 4e-6));
    let Some(PortfolioRules::Okx(okx)) = rules("okx@2025-01-15").portfolio else { panic!() };
    let of = |coin: &str| *okx.coin(&coin.into());
    assert_eq!(of("BTC").price_moves, [0.04, 0.08, 0.12]);
    assert_eq!((of("SOL").price_moves, of("SOL").extreme_move), ([0.08, 0.16, 0.25], 0.36));
    assert_eq!((of("LINK").price_moves, of("LINK").extreme_move), ([0.06, 0.12, 0.18], 0.50));
    assert_eq!((of("ETH").annual_basis_move, of("LTC").annual_basis_move), (0.05, 0.15));
    assert_eq!(of("NEAR").annual_basis_move, 0.30);
}
