//! Position modes, haircuts, and margin on a path against margin at time zero.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::{BTC, book, market, option, perpetual, rules, usdt};
use crate::margin::columns::{ContractColumns, SizeUnit};
use crate::margin::{
    AccountRules, ContractInputs, FutureRules, Haircut, HaircutBracket, HedgeMode, Margin,
    MarginBook, MarginError, VenueRules, requirements,
};
use crate::portfolio::{OptionRight, Portfolio, PositionMode, Settlement};

fn hedged(mode: Option<HedgeMode>) -> (VenueRules, Portfolio) {
    let perp = perpetual("BTC", usdt());
    let mut book = book(&[(perp.clone(), 3.0), (perp, -1.0)], ("USDT", 1e6));
    book.accounts[0].position_mode = PositionMode::Hedge;
    (VenueRules { hedge_mode: mode, ..rules("generic-flat@2026-01-01") }, book)
}

/// 5 % of 3 long and 1 short at 100 000: 20 000 for both sides, 15 000 for the larger.
#[test]
fn hedge_mode_margins_both_sides_or_the_larger() {
    for (mode, initial) in [(HedgeMode::BothSides, 20_000.0), (HedgeMode::LargerSide, 15_000.0)] {
        let (rules, book) = hedged(Some(mode));
        let found = requirements(&[Some(rules)], &market(), &book, 1.0).unwrap()[0];
        assert_relative_eq!(found.initial, initial, max_relative = 1e-12);
        assert_relative_eq!(found.maintenance, initial / 2.0, max_relative = 1e-12);
        assert_relative_eq!(found.gross_notional, 4.0 * BTC, max_relative = 1e-12);
    }
    let (rules, book) = hedged(None);
    let error = requirements(&[Some(rules)], &market(), &book, 1.0).unwrap_err();
    assert!(matches!(error, MarginError::NoHedgeMode { .. }), "{error}");
}

/// Binance's published example of tiered collateral ratios (support article "Cross Margin
/// Collateral Haircuts", example 1): 120 million at 100 %, 97.5 % beyond 100 million, counts
/// 119.5 million.
#[test]
fn haircuts_are_taken_bracket_by_bracket() {
    let bracket = |value_max, haircut| HaircutBracket { value_max, haircut };
    let tiered = Haircut { brackets: vec![bracket(Some(1e8), 0.0), bracket(Some(1.2e8), 0.025)] };
    assert_relative_eq!(1.2e8 * (1.0 - tiered.share(1.2e8)), 1.195e8, max_relative = 1e-12);
    assert_eq!(tiered.share(5e7), 0.0);
    // What lies beyond the last bracket does not count.
    assert_relative_eq!(2e8 * (1.0 - tiered.share(2e8)), 1.195e8, max_relative = 1e-12);
    assert_eq!(Haircut::flat(0.05).share(1e9), 0.05);
    assert_eq!(tiered.share(0.0), 0.0);
}

/// The same account, asked on a path at today's prices, needs the same.
#[test]
fn margin_on_a_path_is_that_of_time_zero() {
    let positions = [
        (perpetual("BTC", usdt()), 2.0),
        (perpetual("BTC", Settlement::Inverse), -50_000.0),
        (option(110_000.0, OptionRight::Call), -3.0),
        (option(90_000.0, OptionRight::Put), 1.0),
    ];
    let book = book(&positions, ("BTC", 3.0));
    for id in ["deribit-standard@2025-01-01", "generic-flat@2026-01-01"] {
        let compiled = AccountRules::compile(&rules(id), &book, 0).unwrap();
        let inputs: Vec<ContractInputs> = compiled
            .contracts()
            .iter()
            .map(|contract| {
                let held = &book.positions[contract.positions[0]];
                let mark = crate::pricing::mark(&market(), held).unwrap();
                let is_option = held.instrument.expiry().is_some();
                let net = if is_option { held.quantity } else { mark.notional };
                ContractInputs {
                    spot: mark.spot,
                    forward: mark.forward,
                    quote_price: mark.quote_price,
                    option_value: mark.value / held.quantity,
                    ..ContractInputs::sided(net)
                }
            })
            .collect();
        let found = compiled.margin(&inputs);
        let today = requirements(&[Some(rules(id))], &market(), &book, 1.0).unwrap()[0];
        assert_relative_eq!(found.initial, today.initial, max_relative = 1e-14);
        assert_relative_eq!(found.maintenance, today.maintenance, max_relative = 1e-14);
    }
}

#[test]
fn an_account_without_positions_needs_nothing() {
    let empty = book(&[], ("USDT", 0.0));
    let compiled =
        MarginBook::compile(&[Some(rules("binance-usdm@2024-10-24"))], &market(), &empty);
    let found = compiled.unwrap().requirements(1.0)[0];
    assert_eq!((found.initial, found.maintenance, found.equity), (0.0, 0.0, 0.0));
    assert!(found.meets_initial() && !found.liquidated_at_once());
    assert_eq!((found.margin_ratio(), found.leverage()), (None, None));
    let rules = AccountRules::compile(&rules("binance-usdm@2024-10-24"), &empty, 0).unwrap();
    assert_eq!(rules.margin(&[]), Margin::default());
}

fn any_rules() -> impl Strategy<Value = FutureRules> {
    let brackets = rules("binance-usdm@2024-10-24").futures_on(&"BTC".into()).clone();
    let rates = (1e-4..0.5_f64, 0.0..=1.0_f64, 0.0..1e-3_f64);
    prop_oneof![
        Just(brackets),
        rates.prop_map(|(initial, share, per_coin)| FutureRules::Sized {
            initial,
            maintenance: share * initial,
            per_coin,
        }),
    ]
}

proptest! {
    /// Never negative, no less for a larger position, maintenance at most initial.
    #[test]
    fn margin_grows_with_size(
        rules in any_rules(), notional in 0.0..1.8e9_f64, more in 1.0..1.5_f64, price in 0.1..1e6_f64,
    ) {
        let found = rules.margin(notional, notional / price);
        // Within the brackets: beyond the last one leverage is what it was.
        let larger = (notional * more).min(1.8e9);
        let larger = rules.margin(larger, larger / price);
        prop_assert!(found.initial >= 0.0 && found.maintenance >= 0.0);
        prop_assert!(larger.initial >= found.initial && larger.maintenance >= found.maintenance);
        prop_assert!(found.maintenance <= found.initial * (1.0 + 1e-12));
    }

    /// The maintenance margin of the brackets is continuous across each end.
    #[test]
    fn brackets_are_continuous(which in 0_usize..11, coin in prop_oneof![Just("BTC"), Just("ETH")]) {
        let rules = rules("binance-usdm@2024-10-24");
        let FutureRules::Tiered { tiers } = rules.futures_on(&coin.into()) else { unreachable!() };
        let (below, above) = (&tiers[which], &tiers[which + 1]);
        let end = below.notional_max;
        let deduction = end * (above.maintenance - below.maintenance) + below.deduction;
        prop_assert!((deduction - above.deduction).abs() < 1e-6);
        prop_assert!((end * below.maintenance - below.deduction
            - (end * above.maintenance - above.deduction)).abs() < 1e-6);
    }
}

/// What is asked over a block of paths is what is asked on each, to the bit: every kind of rules,
/// both sides, one-way and hedge mode, with and without a leverage limit.
#[test]
fn margin_over_a_block_is_that_of_each_path() {
    let positions = [
        (perpetual("BTC", usdt()), 2.0),
        (perpetual("DOGE", usdt()), 2.0),
        (perpetual("BTC", Settlement::Inverse), -50_000.0),
        (option(110_000.0, OptionRight::Call), -3.0),
        (option(90_000.0, OptionRight::Put), 1.0),
    ];
    let sizes: Vec<f64> = (-20..=20).map(|step| 37.3 * f64::from(step * step * step)).collect();
    let long: Vec<f64> = sizes.iter().map(|size| size.max(0.0)).collect();
    let short: Vec<f64> = sizes.iter().map(|size| 3.0 - size.min(0.0)).collect();
    let level = |low: f64, step: f64| -> Vec<f64> {
        (0..sizes.len()).map(|place| low + step * place as f64).collect()
    };
    let (spot, forward) = (level(60_000.0, 2_000.0), level(61_000.0, 1_990.0));
    let (quote, values) = (level(0.97, 0.001), level(-900.0, -40.0));
    let held = -3.0;
    for id in ["deribit-standard@2025-01-01", "binance-usdm@2024-10-24", "generic-flat@2026-01-01"]
    {
        for (mode, leverage_max) in [
            (PositionMode::OneWay, None),
            (PositionMode::OneWay, Some(3.0)),
            (PositionMode::Hedge, None),
        ] {
            let mut book = book(&positions, ("BTC", 3.0));
            book.accounts[0].position_mode = mode;
            book.accounts[0].leverage_max = leverage_max;
            let both = VenueRules { hedge_mode: Some(HedgeMode::LargerSide), ..rules(id) };
            if both.options.is_none() {
                book.positions.truncate(3);
            }
            let compiled = AccountRules::compile(&both, &book, 0).unwrap();
            for contract in compiled.contracts() {
                let columns = ContractColumns {
                    long: &long,
                    short: &short,
                    unit: SizeUnit::CoinsAtForward,
                    spot: &spot,
                    forward: &forward,
                    quote_price: &quote,
                    option: (&values, held),
                };
                let mut sums = [vec![1.0; sizes.len()], vec![2.0; sizes.len()]];
                let [initial, maintenance] = &mut sums;
                contract.add_margins(&columns, [initial, maintenance]);
                (0..sizes.len()).for_each(|place| {
                    let one = contract.margin(&ContractInputs {
                        long: long[place] * forward[place],
                        short: short[place] * forward[place],
                        spot: spot[place],
                        forward: forward[place],
                        quote_price: quote[place],
                        option_value: values[place] / held,
                    });
                    let expected = [1.0 + one.initial, 2.0 + one.maintenance];
                    assert_eq!([sums[0][place], sums[1][place]], expected, "{id} {place}");
                });
            }
        }
    }
}
