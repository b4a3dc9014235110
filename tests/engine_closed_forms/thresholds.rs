//! Liquidation threshold exposure: ladders, notional at risk, shortfalls, cost of closing, against
//! closed forms of one leveraged perpetual on a geometric Brownian motion.

use plimsoll::engine::{self, LoadOptions, Overrides, Plan};
use plimsoll::outcome::{
    AtRiskCurve, LadderRung, LiquidationExposure, PriceOf, RungKind, RungSide, TailAmount,
};
use plimsoll::scenario::SamplingMethod;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::liquidation::{
    DAY, FEE, MAINTENANCE, VENUE, account, inverse, linear, normal, rules, touched, world,
};
use crate::weighted_liquidation;
use crate::world::{
    LEVELS, NORMAL_95, SPOT, VOLATILITY, World, assert_close, assert_within, policy, run, threshold,
};

const QUANTITY: f64 = 10.0;
const NOTIONAL: f64 = QUANTITY * SPOT;
const INITIAL: f64 = 0.05;
const APPETITE: f64 = 0.1;
const BAND: f64 = 0.1;
/// Entry over today's price, and collateral.
const ENTRY: f64 = 0.99;
const COLLATERAL: f64 = 42_000.0;
const STOP: f64 = 0.985;

/// A long that entered a little lower, with a stop order and a rebalancing band.
fn ladder_world(steps: u32, paths: u64) -> World {
    let holder = account("long", false, "USD", COLLATERAL, 0.0)
        .replace("recourse = false\n", &format!("recourse = false\nrebalancing_band = {BAND}\n"));
    let position = linear("long", QUANTITY)
        .replace(&format!("entry_price = {SPOT}"), &format!("entry_price = {}", ENTRY * SPOT));
    let order = format!(
        "[[order]]\nid = \"stop\"\nposition = \"long linear\"\nkind = \"stop\"\n\
         quantity = -5\nprice = {}\n",
        STOP * SPOT
    );
    let policy = policy(APPETITE, 1e6);
    World { policy, ..world([holder, position, order].concat(), steps, paths) }
}

fn rung(exposure: &LiquidationExposure, kind: RungKind, side: RungSide) -> &LadderRung {
    let rungs = &exposure.ladders[0].rungs;
    let found = rungs.iter().find(|rung| rung.kind == kind && rung.side == side);
    found.unwrap_or_else(|| panic!("{kind:?} {side:?}: {rungs:?}"))
}

/// Equity at x times today's price is C + n(x − e), its leverage n·x over that.
#[test]
fn ladder_of_a_leveraged_perpetual() {
    let n = NOTIONAL;
    let owed = n * ENTRY - COLLATERAL; // n·x − owed is the equity
    let value = n - owed;
    let leverage = n / value;
    let banded = |edge: f64| edge * leverage * owed / (n * (edge * leverage - 1.0));
    let below = [
        (RungKind::BreakEven, ENTRY),
        (RungKind::Rebalancing, banded(1.0 + BAND)),
        (RungKind::Equity, 1.0 - APPETITE * value / n),
        (RungKind::MarginCall, owed / (n * (1.0 - INITIAL))),
        (RungKind::Stop, STOP),
        (RungKind::Liquidation, owed / (n * (1.0 - MAINTENANCE))),
        (RungKind::Bankruptcy, owed / n),
    ];
    for steps in [1, 24, 288] {
        let paths: u64 = 1 << 16;
        let outcome = ladder_world(steps, paths).outcome();
        let exposure = &outcome.liquidation_exposure;
        assert_close("σ", exposure.ladders[0].deviation, VOLATILITY * DAY.sqrt(), 1e-12);
        for (kind, level) in below {
            let found = rung(exposure, kind, RungSide::Below);
            let PriceOf::At(price) = found.price else { panic!("{found:?}") };
            assert_close(&format!("{kind:?}"), price, level * SPOT, 1e-9);
            assert_close("move", found.change.unwrap(), level - 1.0, 1e-6);
            let deviations = libm::log(level) / (VOLATILITY * DAY.sqrt());
            assert_close("σ", found.deviations.unwrap(), deviations, 1e-6);
            let exact = touched(libm::log(level), steps);
            let touch = found.touch.expect("the coin moves");
            let error = (exact * (1.0 - exact) / paths as f64).sqrt();
            let errors = (touch.probability - exact) / error;
            let always = found.touch_at_any_time.expect("a geometric Brownian motion");
            // A barrier moved by a step says little of one that is a step away.
            let step = VOLATILITY * (DAY / f64::from(steps)).sqrt();
            if steps == 1 || libm::log(level) < -3.0 * step {
                assert!(errors.abs() < 4.0, "{kind:?}, {steps} steps: {touch:?}, not {exact}");
            } else {
                let least = touched(libm::log(level), 1) - 4.0 * error;
                assert!(touch.probability > least, "{kind:?}, {steps} steps: {touch:?}");
            }
            assert!(touch.interval_95[0] < touch.probability);
            assert_close("at any time", always, touched(libm::log(level), u32::MAX), 1e-3);
            assert!(
                always > touch.probability - 4.0 * error,
                "watched always: {always}, {touch:?}"
            );
        }
        let upper = rung(exposure, RungKind::Rebalancing, RungSide::Above);
        let PriceOf::At(price) = upper.price else { panic!("{upper:?}") };
        assert_close("band above", price, banded(1.0 - BAND) * SPOT, 1e-9);
        let never = rung(exposure, RungKind::Liquidation, RungSide::Above);
        assert_eq!((never.price, never.touch), (PriceOf::Never, None));
        let stop = rung(exposure, RungKind::Stop, RungSide::Below);
        assert_eq!(stop.order.as_deref(), Some("stop"));
    }
}

/// Inverse on coins, both ways: formulas.md, section 2.
#[test]
fn ladders_of_inverse_contracts_have_their_closed_forms() {
    let (coins, dollars) = (0.6, 500_000.0);
    let held = dollars / SPOT;
    let long = dollars * (1.0 + MAINTENANCE) / (coins + held);
    let book = [account("coins", false, "BTC", coins, 0.0), inverse("coins", dollars)];
    let found = world(book.concat(), 1, 4_096).outcome().liquidation_exposure;
    let line = rung(&found, RungKind::Liquidation, RungSide::Below);
    let PriceOf::At(price) = line.price else { panic!("{line:?}") };
    assert_close("long", price, long, 1e-9);
    let short = dollars * (1.0 - MAINTENANCE) / (held - coins);
    let book = [account("coins", false, "BTC", coins, 0.0), inverse("coins", -dollars)];
    let found = world(book.concat(), 1, 4_096).outcome().liquidation_exposure;
    let line = rung(&found, RungKind::Liquidation, RungSide::Above);
    let PriceOf::At(price) = line.price else { panic!("{line:?}") };
    assert_close("short", price, short, 1e-9);
    let gone = rung(&found, RungKind::Bankruptcy, RungSide::Above);
    let PriceOf::At(price) = gone.price else { panic!("{gone:?}") };
    assert_close("bankrupt", price, dollars / (held - coins), 1e-9);
}

fn curve(exposure: &LiquidationExposure) -> &AtRiskCurve {
    assert_eq!(exposure.at_risk.len(), 1, "one coin");
    &exposure.at_risk[0]
}

/// Everything at or beyond the line, nothing before it, at the price of the shock.
#[test]
fn notional_at_risk_begins_at_the_liquidation_price() {
    let exposure = ladder_world(1, 4_096).outcome().liquidation_exposure;
    let line = (NOTIONAL * ENTRY - COLLATERAL) / (NOTIONAL * (1.0 - MAINTENANCE));
    let curve = curve(&exposure);
    assert_eq!((curve.shocks[0], *curve.shocks.last().unwrap()), (-0.9, 2.0));
    let mut closed = 0;
    for (shock, notional) in curve.shocks.iter().zip(&curve.book) {
        let expected = if 1.0 + shock < line { NOTIONAL * (1.0 + shock) } else { 0.0 };
        assert_close("notional", *notional, expected, 1e-12);
        closed += usize::from(expected > 0.0);
    }
    assert!(closed > 20 && closed < curve.shocks.len());
    assert_eq!(curve.accounts[0].notional, curve.book);
}

/// Rules without `[liquidation]` close nothing inside paths; their line is the same.
#[test]
fn notional_at_risk_does_not_ask_whether_rules_act_inside_paths() {
    let acting = ladder_world(1, 4_096);
    let idle =
        World { rules: rules().replace("[liquidation]\nclose = \"full\"\n", ""), ..acting.clone() };
    let [acting, idle] = [acting, idle].map(|world| world.outcome());
    assert!(idle.liquidations.is_empty() && idle.path_events.is_none());
    let [found, expected] = [&idle, &acting].map(|one| &one.liquidation_exposure.at_risk);
    assert_eq!(found, expected);
}

fn z(level: f64) -> f64 {
    Normal::standard().inverse_cdf(level)
}

/// Without liquidation a long owes n(k − x)⁺ beyond its equity: a put on the price with its
/// quantiles and tail means in closed form.
#[test]
fn shortfall_beyond_collateral_is_a_put() {
    let collateral = 0.03 * NOTIONAL;
    let book = [account("long", false, "USD", collateral, 0.0), linear("long", QUANTITY)];
    let base = world(book.concat(), 1, 1 << 17);
    let idle = rules().replace("[liquidation]\nclose = \"full\"\n", "");
    let terms = "[[term]]\nkind = \"venue_shortfall\"\nname = \"owed\"\nlevel = 0.99\n\
                 [[term]]\nkind = \"venue_shortfall\"\nname = \"owed on average\"\nweight = 2\n";
    let policy = format!("combination = \"maximum\"\n{}{terms}", policy(APPETITE, 1e6));
    let outcome = World { rules: idle, policy, ..base }.outcome();
    let exposure = &outcome.liquidation_exposure;
    let deviation = VOLATILITY * DAY.sqrt();
    let strike = 1.0 - collateral / NOTIONAL;
    // E[(k − x)⁺; x ≤ c] for c ≤ k, x lognormal of mean one.
    let below = |c: f64| {
        let d = (libm::log(c) + 0.5 * deviation * deviation) / deviation;
        NOTIONAL * (strike * normal(d) - normal(d - deviation))
    };
    let amount: &TailAmount = &exposure.shortfalls[0].amount;
    assert_eq!(exposure.shortfall.as_ref(), Some(amount));
    assert_within("mean", amount.mean, below(strike), 0.02 * below(strike), 0.03);
    for (found, level) in amount.levels.iter().zip(LEVELS) {
        let price = libm::exp(-0.5 * deviation * deviation + deviation * z(1.0 - level));
        let quantile = NOTIONAL * (strike - price).max(0.0);
        let error = (found.interval_95[1] - found.interval_95[0]) / (2.0 * NORMAL_95);
        assert!((found.quantile - quantile).abs() < 4.0 * error + 1e-9, "{found:?}, {quantile}");
        let expected = below(price.min(strike)) / (1.0 - level);
        let share = if level == 0.99 { 0.02 } else { 0.05 };
        assert_within("ES", found.expected_shortfall, expected, found.standard_error, share);
    }
    let terms = &threshold(&outcome).terms;
    assert_close("ES term", terms[1].amount, amount.levels[2].expected_shortfall, 1e-9);
    assert_close("mean term", terms[2].amount, amount.mean, 1e-9);
}

/// One step: the account is closed at the price there, so its debt then is that put and the fee.
#[test]
fn bad_debt_and_notional_have_the_quantiles_of_the_price() {
    let collateral = 0.03 * NOTIONAL;
    let book = [account("long", false, "USD", collateral, 0.0), linear("long", QUANTITY)];
    let outcome = world(book.concat(), 1, 1 << 17).outcome();
    let events = outcome.path_events.as_ref().expect("the venue acts");
    let deviation = VOLATILITY * DAY.sqrt();
    for (index, level) in LEVELS.into_iter().enumerate() {
        let price = libm::exp(-0.5 * deviation * deviation + deviation * z(1.0 - level));
        let debt = (FEE * price * NOTIONAL - collateral - NOTIONAL * (price - 1.0)).max(0.0);
        let found = &events.bad_debt.levels[index];
        let error = (found.interval_95[1] - found.interval_95[0]) / (2.0 * NORMAL_95);
        let slack = 4.0 * error + 0.004 * debt;
        assert!((found.quantile - debt).abs() < slack && slack < 0.06 * debt, "{found:?}, {debt}");
        // Closed at any price below the line: the largest notional is that at the line.
        let line = (NOTIONAL - collateral) / (NOTIONAL * (1.0 - MAINTENANCE));
        let notional = events.liquidated_notional.levels[index].quantile;
        assert!(notional < NOTIONAL * line * 1.004 && notional > 0.9 * NOTIONAL * line);
    }
}

/// Rules as brackets, so that the general stage acts, which looks at calls.
fn weighted_plan(method: SamplingMethod) -> Plan {
    let flat = "kind = \"flat\"\ninitial = \"5%\"\nmaintenance = \"2.5%\"\n";
    let tier = "{ notional_max = 1e12, leverage_max = 20, maintenance = \"2.5%\", deduction = 0 }";
    let rules = rules().replace(flat, &format!("kind = \"tiered\"\ntiers = [{tier}]\n"));
    let collateral = NOTIONAL * (1.0 - 0.93 * (1.0 - MAINTENANCE));
    let book = [account("long", true, "USD", collateral, 0.0), linear("long", QUANTITY)].concat();
    let base = World { steps: 24, paths: 32_000, ..World::default() };
    let (_folder, scenario) = World { book: format!("{VENUE}{book}"), rules, ..base }.write();
    let overrides = Overrides { sampling: Some(method), ..Overrides::default() };
    let confinement = plimsoll::document::Confinement::Inside;
    let options = LoadOptions { confinement, overrides, trades: None };
    let inputs = engine::load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

/// Calls, notional and its quantiles of weighted and dependent paths, against first passage and the
/// plain run.
#[test]
fn every_scheme_weighs_what_happens_inside_paths() {
    let call = weighted_liquidation::touched(0.93 * (1.0 - MAINTENANCE) / (1.0 - INITIAL));
    let plain = run(&weighted_plan(SamplingMethod::Plain)).outcome;
    let plain = plain.path_events.expect("the venue acts");
    for method in [
        SamplingMethod::Antithetic,
        SamplingMethod::Importance,
        SamplingMethod::Stratified,
        SamplingMethod::ControlVariate,
        SamplingMethod::Sobol,
    ] {
        let outcome = run(&weighted_plan(method)).outcome;
        assert!(outcome.warnings.is_empty(), "{method:?}: {:?}", outcome.warnings);
        let events = outcome.path_events.expect("the venue acts");
        let found = events.margin_call.expect("the general stage looks at calls");
        let error = (found.interval_95[1] - found.interval_95[0]) / (2.0 * NORMAL_95);
        assert!((found.probability - call).abs() < 4.0 * error, "{method:?}: {found:?}, {call}");
        let times = [&events, &plain].map(|one| one.time_to_liquidation.as_ref().unwrap());
        assert_close("time", times[0].mean_years, times[1].mean_years, 0.1);
        let both = [&events.liquidated_notional, &plain.liquidated_notional];
        let error = both.map(|one| one.standard_error).into_iter().fold(0.0, f64::max);
        let difference = both[0].expected_shortfall - both[1].expected_shortfall;
        assert!(difference.abs() < 6.0 * error, "{method:?}: {both:?}");
        for (found, plain) in both[0].levels.iter().zip(&both[1].levels) {
            let meet = found.interval_95[0] <= plain.interval_95[1] * 1.01
                && plain.interval_95[0] <= found.interval_95[1] * 1.01;
            assert!(meet, "{method:?}: {found:?}, {plain:?}");
        }
    }
}

const LIQUIDITY: &str = "liquidity = { average_daily_volume_usd = 50_000_000, half_spread = 0.0002, \
     half_spread_deviation = 0.0001, depth_1pct_usd = 2_000_000, impact = { law = { type = \"linear\" } } }\n";
const CLOSING: &str = "[events.closing]\nhorizon = \"2d\"\nparticipation = 0.005\n";

/// 600,000 USD at 250,000 a day for two days: 500,000 are closed, half an order of 250,000 moves
/// the price by half of it over the depth per 1 %.
#[test]
fn closing_costs_spread_and_impact_and_leaves_what_does_not_fit() {
    let terms = "[[term]]\nkind = \"closing_cost\"\nname = \"closing\"\n";
    let base = World::of(&linear("desk", QUANTITY));
    let policy = format!("{}{terms}", policy(APPETITE, 1e6));
    let (underlying, scenario) = (LIQUIDITY, CLOSING);
    let outcome = World { underlying, scenario, policy, paths: 4_096, ..base }.outcome();
    let closing = outcome.liquidation_exposure.closing.as_ref().expect("it was asked for");
    assert_close("left", closing.left, 100_000.0, 1e-12);
    let row = &closing.by_underlying[0];
    assert_close("days", row.days_needed, 2.4, 1e-12);
    assert_close("spread", row.spread, 500_000.0 * (0.0002 + 3.0 * 0.0001), 1e-12);
    let mean = 0.5 * 0.01 * 250_000.0 / 2_000_000.0;
    assert_close("impact", row.impact, 500_000.0 * (1.0 - libm::exp(-mean)), 1e-9);
    let term = &threshold(&outcome).terms[1];
    assert_close("term", term.amount, closing.cost, 1e-12);
}

#[test]
fn a_closing_cost_without_a_horizon_is_refused() {
    let terms = "[[term]]\nkind = \"closing_cost\"\nname = \"closing\"\n";
    let base = World::of(&linear("desk", QUANTITY));
    let policy = format!("{}{terms}", policy(APPETITE, 1e6));
    let (_folder, scenario) = World { underlying: LIQUIDITY, policy, ..base }.write();
    let confinement = plimsoll::document::Confinement::Inside;
    let options = LoadOptions { confinement, overrides: Overrides::default(), trades: None };
    let refused = engine::load(&scenario, &options).expect_err("there is no horizon").to_string();
    assert!(refused.contains("a closing cost without a liquidation horizon"), "{refused}");
    assert!(refused.contains("policy.toml:11"), "{refused}");
}

/// Nothing held, nothing behind a position, no rules: each a right answer, all figures finite.
#[test]
fn empty_bare_and_unruled_accounts_have_right_answers() {
    let bare = "[[account]]\nname = \"bare\"\nvenue = \"v\"\n";
    let unruled =
        account("unruled", false, "USD", 1_000.0, 0.0).replace("venue = \"v\"", "venue = \"free\"");
    let book = [
        "[[venue]]\nname = \"free\"\n".to_owned(),
        account("empty", false, "USD", 5_000.0, 0.0),
        bare.to_owned(),
        unruled,
        linear("bare", QUANTITY),
        linear("unruled", QUANTITY),
    ];
    let world = World { policy: policy(APPETITE, 1e6), ..world(book.concat(), 24, 4_096) };
    let outcome = world.outcome();
    plimsoll::report::json(&outcome).expect("every figure is finite");
    plimsoll::report::html(&outcome).expect("every figure is finite");
    let ladders = &outcome.liquidation_exposure.ladders;
    assert_eq!(ladders.iter().map(|one| one.account.as_str()).collect::<Vec<_>>(), ["bare"]);
    let passed = rung(&outcome.liquidation_exposure, RungKind::Liquidation, RungSide::Below);
    assert_eq!((passed.price, passed.deviations), (PriceOf::Passed, None));
    // What has passed its line is closed whatever the shock: also by none.
    let curve = curve(&outcome.liquidation_exposure);
    let today = curve.shocks.iter().position(|shock| *shock == 0.0).expect("a shock of nothing");
    assert_close("today", curve.book[today], NOTIONAL, 1e-12);
    // The account without rules is not closed, and owes beyond its 1,000 on half of the paths.
    let owed = &outcome.liquidation_exposure.shortfalls;
    let unruled = owed.iter().find(|row| row.account == "unruled").expect("it owes");
    assert!((unruled.amount.probability - 0.48).abs() < 0.05, "{:?}", unruled.amount);
}
