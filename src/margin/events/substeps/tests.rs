//! Accounts moved by several factors: first passages do not depend on the steps.

use crate::margin::events::walks::{
    BTC_VOLATILITY, DAY, DOGE_VOLATILITY, SPOT_CORRELATION, model, walk,
};
use crate::margin::first_passage::LogDiffusion;
use crate::margin::tests::{book, market, option, perpetual, rules, usdt};
use crate::margin::{Liquidation, Monitoring, VenueRules, requirements};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Balance, OptionRight, Portfolio};
use crate::simulation::{FactorModel, Process};

fn continuous(id: &str, substeps: u32) -> VenueRules {
    let monitoring = Monitoring::Continuous;
    let liquidation = Some(Liquidation { monitoring, substeps, ..Liquidation::PLAIN });
    VenueRules { liquidation, ..rules(id) }
}

/// Shares of paths liquidated, watched between the nodes and at them alone.
fn shares(portfolio: &Portfolio, rules: &VenueRules, steps: usize, paths: u64) -> [f64; 2] {
    shares_under(portfolio, rules, &model(portfolio, steps, Process::Gbm), paths)
}

fn shares_under(
    portfolio: &Portfolio,
    rules: &VenueRules,
    model: &FactorModel,
    paths: u64,
) -> [f64; 2] {
    let found = walk(portfolio, rules, model, (paths, 256), InstructionSet::detect());
    let watched = found.iter().filter(|one| one.liquidated.is_some()).count();
    let alone = found.iter().filter(|one| one.at_nodes_alone == Some(true)).count();
    [watched, alone].map(|count| count as f64 / paths as f64)
}

fn error(probability: f64, paths: u64) -> f64 {
    (probability * (1.0 - probability) / paths as f64).sqrt()
}

/// One bitcoin and 200,000 dogecoin long, on dollars.
fn two_coins() -> Portfolio {
    let positions = [(perpetual("BTC", usdt()), 1.0), (perpetual("DOGE", usdt()), 200_000.0)];
    book(&positions, ("USDT", 10_500.0))
}

/// A short strangle and a perpetual against it.
fn short_options() -> Portfolio {
    let positions = [
        (option(90_000.0, OptionRight::Put), -1.0),
        (option(110_000.0, OptionRight::Call), -1.0),
        (perpetual("BTC", usdt()), -0.1),
    ];
    let mut portfolio = book(&positions, ("USDT", 25_000.0));
    let rules = [Some(rules("deribit-standard@2025-01-01"))];
    let found = requirements(&rules, &market(), &portfolio, 1.0).unwrap()[0];
    // 2,000 dollars from its line
    portfolio.accounts[0].balances[0].quantity -=
        found.margin_balance - found.maintenance - 2_000.0;
    portfolio
}

/// Dogecoin against borrowed bitcoin: the headroom is `b·D − (a − 0.975 q)·B`, so that the line is
/// touched where the ratio of the two prices, itself a geometric Brownian motion, touches a level.
fn ratio(level: f64) -> Portfolio {
    let (quantity, borrowed) = (1.0, 3.0);
    let dogecoins = (borrowed - 0.975 * quantity) * 100_000.0 / 0.2 / level;
    let mut portfolio = book(&[(perpetual("BTC", usdt()), quantity)], ("USDT", 100_000.0));
    let of = |asset: &str, quantity| Balance {
        asset: asset.into(),
        quantity,
        haircut: 0.0,
        borrow_rate: 0.0,
    };
    portfolio.accounts[0].balances.extend([of("DOGE", dogecoins), of("BTC", -borrowed)]);
    portfolio
}

/// Two coins against the closed form, whatever the number of steps; at the nodes alone never.
#[test]
fn two_coins_touch_their_line_as_often_as_the_closed_form_says() {
    let variance = BTC_VOLATILITY * BTC_VOLATILITY + DOGE_VOLATILITY * DOGE_VOLATILITY
        - 2.0 * SPOT_CORRELATION * BTC_VOLATILITY * DOGE_VOLATILITY;
    let drift = 0.5 * (BTC_VOLATILITY * BTC_VOLATILITY - DOGE_VOLATILITY * DOGE_VOLATILITY);
    let law = LogDiffusion { drift, volatility: variance.sqrt() };
    let distance = -1.3 * (variance * DAY).sqrt();
    let exact = law.touch_probability(distance, DAY);
    let (portfolio, rules) = (ratio(libm::exp(distance)), continuous("generic-flat@2026-01-01", 4));
    for (steps, paths) in [(1, 1 << 15), (24, 1 << 15), (288, 1 << 13)] {
        let [found, alone] = shares(&portfolio, &rules, steps, paths);
        let error = error(exact, paths);
        assert!((found - exact).abs() < 4.0 * error, "{steps} steps: {found}, not {exact}");
        let least = if steps == 288 { 1.0 } else { 4.0 };
        assert!(alone < exact - least * error, "{steps} steps: {alone}, {exact}");
    }
}

/// A day of one step and of 24 agree with one of 1,440 within error, and not at the nodes alone.
#[test]
fn a_day_of_few_steps_agrees_with_one_of_1_440() {
    let cases = [
        (two_coins(), "generic-flat@2026-01-01"),
        (short_options(), "deribit-standard@2025-01-01"),
    ];
    for (portfolio, id) in cases {
        let rules = continuous(id, 16);
        let [fine, _] = shares(&portfolio, &rules, 1_440, 1 << 12);
        assert!((0.03..0.5).contains(&fine), "{id} is watched for nothing: {fine}");
        for (steps, paths) in [(1, 1 << 15), (24, 1 << 15)] {
            let [found, alone] = shares(&portfolio, &rules, steps, paths);
            let error = libm::hypot(error(fine, 1 << 12), error(found, paths));
            assert!((found - fine).abs() < 4.0 * error, "{id}, {steps} steps: {found}, not {fine}");
            assert!(alone < fine - 4.0 * error, "{id}, {steps} steps: {alone}, {fine}");
        }
    }
}

/// The mixing variable of the day is that of its parts.
#[test]
fn steps_do_not_show_under_a_student_t_either() {
    let process = || Process::StudentT { degrees_of_freedom: 4.0, truncation: 1.6 };
    let portfolio = two_coins();
    let rules = continuous("generic-flat@2026-01-01", 16);
    let of = |steps, paths| {
        shares_under(&portfolio, &rules, &model(&portfolio, steps, process()), paths)
    };
    let ([few, alone], [many, _]) = (of(1, 1 << 15), of(96, 1 << 13));
    let error = libm::hypot(error(many, 1 << 13), error(few, 1 << 15));
    assert!((few - many).abs() < 4.0 * error, "{few}, not {many}");
    assert!(alone < many - 4.0 * error, "{alone}, {many}");
}

/// Neither the instruction set nor the cut into blocks shows.
#[test]
fn sub_steps_are_a_pure_function_of_the_path() {
    for (portfolio, id) in
        [(two_coins(), "generic-flat@2026-01-01"), (short_options(), "deribit-standard@2025-01-01")]
    {
        let (rules, model) = (continuous(id, 8), model(&portfolio, 6, Process::Gbm));
        let whole = walk(&portfolio, &rules, &model, (1_000, 256), InstructionSet::Baseline);
        assert!(
            whole
                .iter()
                .any(|found| found.liquidated.is_some() && found.at_nodes_alone == Some(false))
        );
        for isa in InstructionSet::available() {
            let other = walk(&portfolio, &rules, &model, (1_000, 77), isa);
            assert!(whole == other, "{id}: {isa} or the cut into blocks shows");
        }
    }
}
