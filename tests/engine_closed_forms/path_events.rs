//! The general event stage of a run: against the plain stage, and whole whatever the cut.

use plimsoll::engine::{self, Control, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::units::PathId;

use crate::liquidation::{
    DAY, FEE, MAINTENANCE, account, inverse, json, linear, liquidation, normal, rules, sharded,
    two_accounts, world,
};
use crate::world::{SPOT, VOLATILITY, World, assert_close, policy, run};

/// The same rates as one bracket, which the plain stage does not know.
fn bracket(rules: &str) -> String {
    let flat = "kind = \"flat\"\ninitial = \"5%\"\nmaintenance = \"2.5%\"\n";
    assert!(rules.contains(flat));
    let tier = "{ notional_max = 1e12, leverage_max = 20, maintenance = \"2.5%\", deduction = 0 }";
    rules.replace(flat, &format!("kind = \"tiered\"\ntiers = [{tier}]\n"))
}

/// Closed a third at a time, with slippage.
fn steps(rules: &str) -> String {
    let steps = "close = \"steps\"\nclose_fraction = 0.3\ntarget_ratio = 1.5\nslippage = 0.001\n";
    bracket(rules).replace("close = \"full\"\n", steps)
}

/// Two accounts, a third isolated.
pub fn stepping(paths: u64) -> World {
    let mut world = two_accounts(paths);
    world.rules = steps(&world.rules);
    let isolated = account("c", false, "USD", 60_000.0, 0.0)
        .replace("recourse = false\n", "recourse = false\nmargin_mode = \"isolated\"\n");
    let book = [world.book.clone(), isolated, linear("c", -8.0), inverse("c", 250_000.0)];
    World { book: book.concat(), ..world }
}

/// The same paths are closed by both stages, for the same money to within rounding.
#[test]
fn the_general_stage_agrees_with_the_plain_one() {
    let plain = two_accounts(4_000);
    let general = World { rules: bracket(&plain.rules), ..plain.clone() };
    let (plain, general) = (plain.run(), general.run());
    for (path, (plain, general)) in plain.losses.iter().zip(&general.losses).enumerate() {
        assert!((plain - general).abs() < 1e-6, "path {path}: {general}, not {plain}");
    }
    for name in ["a", "b"] {
        let [plain, general] = [&plain, &general].map(|run| liquidation(&run.outcome, name));
        assert!(plain.probability > 0.05);
        assert_eq!(plain.probability, general.probability);
        assert_eq!(plain.interval_95, general.interval_95);
        assert_close("cost", plain.mean_cost, general.mean_cost, 1e-9);
        let events = general.events.as_ref().expect("the general stage tells more");
        let same = plain.events.as_ref().expect("the plain stage tells as much, but for calls");
        assert!(same.margin_call.is_none());
        assert_eq!(same.liquidation, events.liquidation);
        assert_eq!(same.time_to_liquidation, events.time_to_liquidation);
        for (plain, general) in [
            (&same.liquidated_notional, &events.liquidated_notional),
            (&same.cost, &events.cost),
            (&same.bad_debt, &events.bad_debt),
        ] {
            assert_eq!(plain.probability, general.probability);
            assert_close("mean", plain.mean, general.mean, 1e-9);
            for (plain, general) in plain.levels.iter().zip(&general.levels) {
                assert_close("quantile", plain.quantile, general.quantile, 1e-9);
                assert_close("ES", plain.expected_shortfall, general.expected_shortfall, 1e-9);
            }
        }
        assert_eq!(events.liquidation.probability, plain.probability);
        assert_close("cost", events.cost.mean, plain.mean_cost, 1e-9);
        // Everything is closed once: the cost is the fee on the notional.
        assert_close("notional", 0.01 * events.liquidated_notional.mean, plain.mean_cost, 1e-6);
        let call = events.margin_call.expect("the general stage looks at calls");
        assert!(call.probability > plain.probability);
        let time = events.time_to_liquidation.as_ref().expect("some are liquidated");
        let quantiles: Vec<f64> = time.quantiles.iter().map(|one| one.years).collect();
        assert!(quantiles.is_sorted() && quantiles[0] < time.mean_years);
        let time = time.mean_years;
        assert!(time > 0.1 / 365.0 && time < 1.0 / 365.0, "{time}");
    }
}

/// Rows of tail paths sum to the losses of the first pass, which is by account; replays too.
#[test]
fn tail_rows_of_paths_with_events_sum_to_their_losses() {
    let plan = stepping(4_096).plan();
    let Run { outcome, losses, .. } = run(&plan);
    let contributions = &outcome.contributions;
    for rows in [&contributions.by_position, &contributions.by_account, &contributions.by_venue] {
        let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
        assert_close("sum of ES rows", sum, contributions.expected_shortfall, 1e-9);
    }
    let mut told = 0;
    for worst in &outcome.worst_paths {
        let isa = InstructionSet::detect();
        let replayed = engine::replay(&plan, PathId(worst.path), isa).expect("it replays");
        let sum: f64 = replayed.rows.iter().map(|row| row.loss).sum();
        assert_close("rows", sum, losses[worst.path as usize], 1e-9);
        assert_eq!(replayed.events, worst.events);
        told += worst.events.iter().filter(|event| event.contains(" is liquidated, ")).count();
        assert!(worst.events.iter().any(|event| event.contains(" is called: ")));
    }
    assert!(told > outcome.worst_paths.len(), "{told} liquidations told");
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show_in_events() {
    let paths = 2_500;
    let plan = World { policy: policy(0.5, 1e5), ..stepping(paths) }.plan();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    let events = whole.outcome.path_events.as_ref().expect("something happens");
    assert!(events.liquidation.probability > 0.05 && events.bad_debt.mean > 0.0);
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}

/// A fall of 10 % of a long ten coins on 50,000: 540,000 are left of 600,000, closed for 1.1 %.
#[test]
fn a_stress_closes_with_slippage() {
    let book = [account("a", true, "USD", 50_000.0, 0.0), linear("a", 10.0)].concat();
    let rules = rules().replace("close = \"full\"\n", "close = \"full\"\nslippage = \"0.1%\"\n");
    let policy = "name = \"policy\"\nappetite = 0.5\n[capital]\nbase = \"regulatory\"\n\
                  regulatory = 1_000_000\n[[term]]\nkind = \"stressed_loss\"\nname = \"s\"\n\
                  [[term.stress]]\nname = \"fall\"\nall_spots = \"-10%\"\n";
    let world = World { rules, policy: policy.to_owned(), ..world(book, 2, 500) };
    let outcome = world.outcome();
    let found = crate::world::threshold(&outcome).terms[0].amount;
    let notional = 10.0 * SPOT;
    assert_close("10 %", found, 0.1 * notional + 0.011 * 0.9 * notional, 1e-12);
}

/// Probability that `σW_t − σ²t/2` touches `barrier` on the side it lies on within a day: the closed
/// form of the running extreme of a Brownian motion with drift.
fn touched_ever(barrier: f64) -> f64 {
    let (deviation, drift) = (VOLATILITY * DAY.sqrt(), -0.5 * VOLATILITY * VOLATILITY * DAY);
    let (drift, barrier) = (barrier.signum() * drift, barrier.abs());
    let reflected = libm::exp(2.0 * drift * barrier / (deviation * deviation));
    normal((drift - barrier) / deviation) + reflected * normal((-drift - barrier) / deviation)
}

/// A long and a short, linear and inverse, each watched at all times: the probability is that of
/// the continuous path however few the steps, and what was triggered between them is filled there.
#[test]
fn first_passage_of_one_perpetual_does_not_depend_on_the_steps() {
    let (quantity, dollars) = (10.0, 500_000.0);
    let notional = quantity * SPOT;
    // linear long, equity C + n(x − 1) = n·m·x; short, C − n(x − 1) = n·m·x
    let (long, short) = (0.96_f64, 1.045_f64);
    let long_collateral = notional * (1.0 - long * (1.0 - MAINTENANCE));
    let short_collateral = notional * (short * (1.0 + MAINTENANCE) - 1.0);
    // inverse on coins: long, c·x + N(x − 1) = N·m; short, c·x − N(x − 1) = N·m
    let (inverse_long, inverse_short) = (0.97_f64, 1.04_f64);
    let coins = (dollars * (1.0 + MAINTENANCE) / inverse_long - dollars) / SPOT;
    let short_coins = (dollars - dollars * (1.0 - MAINTENANCE) / inverse_short) / SPOT;
    let book = [
        account("long", true, "USD", long_collateral, 0.0),
        account("short", true, "USD", short_collateral, 0.0),
        account("coins", true, "BTC", coins, 0.0),
        account("short coins", true, "BTC", short_coins, 0.0),
        linear("long", quantity),
        linear("short", -quantity),
        inverse("coins", dollars),
        inverse("short coins", -dollars),
    ];
    let levels =
        [("long", long), ("short", short), ("coins", inverse_long), ("short coins", inverse_short)];
    let continuous = "close = \"full\"\nmonitoring = \"continuous\"\n";
    for (steps, paths) in [(1, 1 << 16), (24, 1 << 15), (288, 1 << 14)] {
        let world = world(book.concat(), steps, paths);
        let rules = world.rules.replace("close = \"full\"\n", continuous);
        let outcome = World { rules, ..world }.outcome();
        for (name, level) in levels {
            let exact = touched_ever(libm::log(level));
            let found = liquidation(&outcome, name);
            let error = (exact * (1.0 - exact) / paths as f64).sqrt();
            assert!(exact > 0.05, "{name} is watched for nothing: {exact}");
            let errors = (found.probability - exact) / error;
            assert!(errors.abs() < 4.0, "{name}, {steps} steps: {} not {exact}", found.probability);
            // At the trigger equity is the maintenance margin: more than the fee, so no bad debt.
            let events = found.events.as_ref().expect("the general stage tells more");
            assert_eq!(events.bad_debt.mean, 0.0, "{name}, {steps} steps");
        }
        // Filled at the trigger: the fee is a share of the notional there.
        let cost = FEE * notional * long * touched_ever(libm::log(long));
        let found = liquidation(&outcome, "long").mean_cost;
        assert_close("cost", found, cost, 4.0 / (0.1 * paths as f64).sqrt());
    }
}

/// Half of ten coins is sold at 97 %, less 0.1 %: as often as the closed form says that the price
/// touches it, and, where it stays below, for the loss at that price and that of the other half.
#[test]
fn a_stop_fills_at_its_price_however_few_the_steps() {
    let order =
        "[[order]]\nid = \"stop\"\nposition = \"a linear\"\nkind = \"stop\"\nquantity = -5\n";
    let stop = 0.97 * SPOT;
    let order = format!("{order}price = {stop}\nslippage = \"0.1%\"\n");
    let book = [account("a", true, "USD", 1e6, 0.0), linear("a", 10.0), order].concat();
    for (steps, paths) in [(1, 1 << 15), (24, 1 << 13)] {
        let world = world(book.clone(), steps, paths);
        let continuous = "close = \"full\"\nmonitoring = \"continuous\"\n";
        let rules = world.rules.replace("close = \"full\"\n", continuous);
        let run = World { rules, ..world.clone() }.run();
        let bare = world.book.split("[[order]]").next().expect("all before it").to_owned();
        let without = World { book: bare, ..world }.run();
        let events = run.outcome.path_events.as_ref().expect("the general stage is used");
        let exact = touched_ever(libm::log(0.97));
        let error = (exact * (1.0 - exact) / paths as f64).sqrt();
        let found = events.stop.probability;
        assert!((found - exact).abs() < 4.0 * error, "{steps} steps: {found}, not {exact}");
        assert_eq!(events.liquidation.probability, 0.0);
        // The other half loses half of what all of it would.
        let sold = 5.0 * (SPOT - stop * (1.0 - 0.001));
        let mut stopped = 0;
        for (loss, whole) in run.losses.iter().zip(&without.losses) {
            let at_stop = sold + 0.5 * whole;
            let is_stopped = (loss - at_stop).abs() < 1e-6;
            assert!(is_stopped || (loss - whole).abs() < 1e-6, "{loss} of {whole}");
            stopped += u32::from(is_stopped);
        }
        assert_eq!(f64::from(stopped) / paths as f64, found);
    }
}
