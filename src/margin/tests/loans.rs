//! Over-collateralised loans: figures by hand.

use approx::assert_relative_eq;

use super::{book, market, perpetual, rules, usdt};
use crate::margin::liquidation_price::{PriceLine, liquidation_prices};
use crate::margin::{LoanStanding, MarginBook, MarginError, requirements};
use crate::portfolio::{Balance, Portfolio};

const LENDER: &str = "lending-generic@2026-01-01";

/// 2 BTC of collateral at 100 000 (70 %, 75 %, bonus 6 %) against borrowed dollars.
fn loan(debt: f64) -> Portfolio {
    let mut loan = book(&[], ("BTC", 2.0));
    loan.accounts[0].balances.push(Balance {
        asset: "USDT".into(),
        quantity: -debt,
        haircut: 0.0,
        borrow_rate: 0.05,
    });
    loan
}

#[test]
fn the_health_factor_is_the_margin_ratio() {
    let book = loan(120_000.0);
    let found = requirements(&[Some(rules(LENDER))], &market(), &book, 1.0).unwrap()[0];
    assert_relative_eq!(found.margin_ratio().unwrap(), 150_000.0 / 120_000.0);
    assert_relative_eq!(found.equity, 80_000.0);
    // 140 000 may be borrowed: 20 000 are left.
    assert!(found.meets_initial());
    let full = requirements(&[Some(rules(LENDER))], &market(), &loan(145_000.0), 1.0).unwrap()[0];
    assert_relative_eq!(full.margin_call(), 5_000.0, max_relative = 1e-9);
    assert!(!full.liquidated_at_once());
    let lost = requirements(&[Some(rules(LENDER))], &market(), &loan(151_000.0), 1.0).unwrap()[0];
    assert!(lost.liquidated_at_once());
    // Half of the debt, and 6 % of it beyond.
    assert_relative_eq!(lost.liquidation_cost, 0.06 * 75_500.0, max_relative = 1e-12);
    assert_eq!(full.liquidation_cost, 0.0);
    let compiled = MarginBook::compile(&[Some(rules(LENDER))], &market(), &book).unwrap();
    assert_relative_eq!(compiled.loan(0).unwrap().health_factor().unwrap(), 1.25);
}

/// Liquidated where 2·P·75 % = 120 000; nothing is left where 2·P = 120 000.
#[test]
fn the_liquidation_price_of_a_loan() {
    let book = loan(120_000.0);
    let found = liquidation_prices(&[Some(rules(LENDER))], &market(), &book).unwrap();
    let btc = &found[0];
    assert_eq!(btc.underlying.as_str(), "BTC");
    assert_relative_eq!(btc.lower.price().unwrap(), 80_000.0, max_relative = 1e-12);
    assert_relative_eq!(btc.bankruptcy_lower.price().unwrap(), 60_000.0, max_relative = 1e-12);
    assert_eq!(btc.upper, PriceLine::Never);
    let terms = rules(LENDER).loan.unwrap();
    let closed = terms.assets[&"BTC".into()].liquidation_price(2.0, 120_000.0);
    assert_relative_eq!(closed, 80_000.0);
}

#[test]
fn a_liquidation_repays_the_close_factor_and_takes_its_bonus() {
    let terms = rules(LENDER).loan.unwrap();
    let btc = terms.assets[&"BTC".into()];
    let standing = |collateral: f64, debt: f64| {
        let mut standing = LoanStanding::default();
        standing.add(Some(&btc), collateral);
        standing.add(None, -debt);
        standing
    };
    // Health 0.98: half of the debt.
    let one = terms.liquidate(&standing(98_000.0, 75_000.0), &btc, 98_000.0);
    assert_relative_eq!(one.repaid, 37_500.0);
    assert_relative_eq!(one.seized, 39_750.0);
    assert_eq!(one.bad_debt, 0.0);
    // Health 0.9, below 0.95: all of it.
    let all = terms.liquidate(&standing(90_000.0, 75_000.0), &btc, 90_000.0);
    assert_relative_eq!(all.repaid, 75_000.0);
    assert_relative_eq!(all.seized, 79_500.0);
    // Less collateral than debt: what it covers, and the rest is lost.
    let broke = terms.liquidate(&standing(53_000.0, 75_000.0), &btc, 53_000.0);
    assert_relative_eq!(broke.repaid, 50_000.0);
    assert_relative_eq!(broke.seized, 53_000.0);
    assert_relative_eq!(broke.bad_debt, 25_000.0);
    let healthy = terms.liquidate(&standing(200_000.0, 75_000.0), &btc, 200_000.0);
    assert_eq!(healthy.repaid, 0.0);
    // No collateral at all.
    let none = terms.liquidate(&standing(0.0, 75_000.0), &btc, 0.0);
    assert_eq!((none.repaid, none.bad_debt), (0.0, 75_000.0));
}

#[test]
fn what_a_lender_does_not_take_counts_for_nothing_and_futures_are_refused() {
    let mut doge = book(&[], ("DOGE", 1e6));
    let found = requirements(&[Some(rules(LENDER))], &market(), &doge, 1.0).unwrap()[0];
    assert_eq!((found.initial, found.margin_balance), (0.0, 0.0));
    assert!(!found.liquidated_at_once());
    doge.positions = book(&[(perpetual("BTC", usdt()), 1.0)], ("DOGE", 1.0)).positions;
    let error = requirements(&[Some(rules(LENDER))], &market(), &doge, 1.0).unwrap_err();
    assert!(matches!(error, MarginError::NoFutureRules { .. }), "{error}");
}
