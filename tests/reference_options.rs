//! European options of `../shared/reference/1_options`: Haug's values and Greeks, Black-76 and
//! coin-settled options, to the relative 1e-9 that its README asks of closed forms.

#![allow(missing_docs)]

mod common;
#[path = "common/rows.rs"]
mod rows;

use plimsoll::numeric::black76::{Black76, Right};
use rows::Row;

const TOLERANCE: f64 = 1e-9;

fn read(file: &str) -> Option<Vec<Row>> {
    let path = common::shared(&format!("reference/1_options/{file}"))?;
    Some(rows::rows(&path))
}

fn right(row: &Row) -> Right {
    match row.text("type") {
        "call" => Right::Call,
        "put" => Right::Put,
        other => panic!("unknown right {other}"),
    }
}

fn assert_close(row: &Row, what: &str, found: f64, expected: f64) {
    let error = (found - expected).abs();
    let id = row.text("id");
    assert!(error <= TOLERANCE * expected.abs(), "{id} {what}: {found}, not {expected}");
}

/// An option on a spot that yields `q`, in Haug's generalised form: F = S·e^((r − q)T).
fn spot_option(row: &Row) -> Black76 {
    let (rate, years) = (row.number("r"), row.number("t_years"));
    let carry = rate - row.number("q");
    Black76 {
        right: right(row),
        forward: row.number("spot") * libm::exp(carry * years),
        strike: row.number("strike"),
        volatility: row.number("vol"),
        years,
        discount: libm::exp(-rate * years),
    }
}

#[test]
fn european_values_of_haug() {
    let Some(rows) = read("european_haug.csv") else { return };
    assert_eq!(rows.len(), 22);
    for row in &rows {
        let value = spot_option(row).value();
        assert_close(row, "value", value, row.number("exact"));
        let published = (value - row.number("published")).abs();
        assert!(published <= row.number("published_tol"), "{}", row.text("id"));
    }
}

/// A Greek by spot, rate or time from those by forward.
fn greek_by_spot(row: &Row) -> f64 {
    let option = spot_option(row);
    let greeks = option.greeks();
    let (rate, carry) = (row.number("r"), row.number("r") - row.number("q"));
    let growth = option.forward / row.number("spot");
    match row.text("greek") {
        "elasticity" => greeks.delta * option.forward / greeks.value,
        "gamma" => greeks.gamma * growth * growth,
        "vega" => greeks.vega,
        "theta" => greeks.theta - greeks.delta * option.forward * carry + rate * greeks.value,
        "rho" => option.years * (greeks.delta * option.forward - greeks.value),
        other => panic!("unknown Greek {other}"),
    }
}

#[test]
fn european_greeks_of_haug() {
    let Some(rows) = read("european_greeks_haug.csv") else { return };
    assert_eq!(rows.len(), 6);
    for row in &rows {
        assert_close(row, row.text("greek"), greek_by_spot(row), row.number("exact"));
    }
}

#[test]
fn black_76_on_crypto_forwards() {
    let Some(rows) = read("black76_computed.csv") else { return };
    assert_eq!(rows.len(), 30);
    for row in &rows {
        let years = row.number("t_years");
        let option = Black76 {
            right: right(row),
            forward: row.number("forward"),
            strike: row.number("strike"),
            volatility: row.number("vol"),
            years,
            discount: libm::exp(-row.number("r") * years),
        };
        let greeks = option.greeks();
        assert_close(row, "value", greeks.value, row.number("value"));
        assert_close(row, "delta", greeks.delta, row.number("delta_fwd"));
        assert_close(row, "gamma", greeks.gamma, row.number("gamma_fwd"));
        assert_close(row, "vega", greeks.vega, row.number("vega"));
    }
}

#[test]
fn coin_settled_options() {
    let Some(rows) = read("inverse_options_computed.csv") else { return };
    assert_eq!(rows.len(), 20);
    for row in &rows {
        let (spot, years) = (row.number("spot_usd"), row.number("t_years"));
        let growth = libm::exp((row.number("r_usd") - row.number("q_coin")) * years);
        let option = Black76 {
            right: right(row),
            forward: spot * growth,
            strike: row.number("strike_usd"),
            volatility: row.number("vol"),
            years,
            discount: libm::exp(-row.number("q_coin") * years),
        };
        let greeks = option.inverse_greeks();
        assert_close(row, "value", greeks.value, row.number("value_coin"));
        assert_close(row, "in dollars", greeks.value * spot, row.number("value_usd"));
        assert_close(row, "delta", greeks.delta * growth, row.number("d_coin_dS"));
        assert_close(row, "gamma", greeks.gamma * growth * growth, row.number("d2_coin_dS2"));
        assert_close(row, "vega", greeks.vega, row.number("vega_coin"));
        let net = greeks.premium_adjusted_delta;
        assert_close(row, "net delta", net, row.number("net_delta_coin"));
    }
}

/// Deribit's published settlement examples: payoff in coin at the delivery price.
#[test]
fn published_settlements_in_coin() {
    let Some(path) = common::shared("reference/1_options/inverse_published_examples.json") else {
        return;
    };
    let text = std::fs::read_to_string(path).expect("readable");
    let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    let settlements = cases.iter().filter(|case| case["kind"] == "inverse_option_settlement");
    let mut checked = 0;
    for case in settlements {
        let number = |key: &str| case[key].as_f64().expect(key);
        let option = Black76 {
            right: if case["type"] == "call" { Right::Call } else { Right::Put },
            forward: number("delivery"),
            strike: number("strike"),
            volatility: 0.8,
            years: 0.0,
            discount: 1.0,
        };
        let payoff = option.inverse_value();
        assert!((payoff - number("payoff_coin")).abs() < 1e-15, "{}", case["id"]);
        let pnl = payoff - number("premium_coin");
        assert!((pnl - number("pnl_coin")).abs() < 1e-15, "{}", case["id"]);
        checked += 1;
    }
    assert_eq!(checked, 3);
}
