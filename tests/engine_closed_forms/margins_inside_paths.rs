//! Portfolio margin, loans and accounts watched at sub-steps in a run: whole whatever the cut, and
//! their rows the losses they are of.

use std::fs;

use plimsoll::engine::{self, Control, Plan, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::units::PathId;

use crate::liquidation::{VENUE, account, json, linear, liquidation, rules, sharded};
use crate::world::{SPOT, World, assert_close, plan, run};

const PATHS: u64 = 2_500;

const PORTFOLIO_MARGIN: &str = "monitoring = \"continuous\"\nsubsteps = 4\n\
    [options]\nbase = \"15%\"\nfloor = \"10%\"\nmaintenance = \"7.5%\"\nvalue = \"requirement\"\n\
    [portfolio]\nkind = \"span\"\nlook_ahead_days = 1\nextreme_multiple = 2\nextreme_cover = \"35%\"\n\
    initial_multiple = 1.25\n\
    [portfolio.others]\nprice_range = \"12%\"\nvolatility_range = \"25%\"\n";

const LENDER: &str = "name = \"lender\"\neffective = \"2026-01-01T00:00:00Z\"\nsource = \"made up\"\n\
    liquidation_fee = 0\n[loan]\nclose_factor = \"50%\"\nfull_close_below = \"95%\"\n\
    [loan.inside_paths]\noracle_delay = \"1h\"\noracle_deviation = \"0.5%\"\n\
    oracle_heartbeat = \"6h\"\n\
    [loan.assets.BTC]\nloan_to_value = \"70%\"\nliquidation_threshold = \"75%\"\nbonus = \"6%\"\n";

fn option(account: &str, right: &str, strike: f64) -> String {
    format!(
        "[[position]]\ntype = \"option\"\nid = \"{account} {right}\"\naccount = \"{account}\"\n\
         underlying = \"BTC\"\nsettlement = \"inverse\"\nexpiry = 2026-01-21T00:00:00Z\n\
         strike = {strike}\nright = \"{right}\"\nquantity = -2\n"
    )
}

/// One account under portfolio margin, one with short options watched at sub-steps, one loan.
fn three() -> Plan {
    let loan = "[[account]]\nname = \"loan\"\nvenue = \"lender\"\nrecourse = false\n\
         balance = [{ asset = \"BTC\", quantity = 10 }, { asset = \"USD\", quantity = -430_000 }]\n";
    let whole = account("whole", true, "USD", 85_000.0, 0.0)
        .replace("recourse = true\n", "recourse = true\nmargin_mode = \"portfolio\"\n");
    let book = [
        VENUE.to_owned(),
        "[[venue]]\nname = \"lender\"\nrules = \"lender.toml\"\n".to_owned(),
        whole,
        account("options", true, "USD", 24_000.0, 0.0),
        loan.to_owned(),
        linear("whole", 10.0),
        option("whole", "call", 1.05 * SPOT),
        option("options", "put", 0.9 * SPOT),
        option("options", "call", 1.1 * SPOT),
    ];
    let world = World {
        book: book.concat(),
        rules: format!("{}{PORTFOLIO_MARGIN}", rules()),
        steps: 24,
        paths: PATHS,
        ..World::default()
    };
    let (folder, scenario) = world.write();
    fs::write(folder.path().join("lender.toml"), LENDER).expect("a writable folder");
    plan(&scenario, None)
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show_in_margins() {
    let plan = three();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    for name in ["whole", "options", "loan"] {
        let found = liquidation(&whole.outcome, name).probability;
        assert!((0.005..0.9).contains(&found), "{name} is watched for nothing: {found}");
    }
    let events = whole.outcome.path_events.as_ref().expect("something happens");
    let alone = events.liquidation_at_steps_alone.expect("options are watched between steps");
    assert!(alone.probability < events.liquidation.probability);
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    let isa = InstructionSet::detect();
    assert!(json(&whole) == json(&sharded(&plan, isa, PATHS)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}

/// Rows of tail paths sum to the losses of the first pass, which is by account; replays too.
#[test]
fn rows_of_margined_portfolios_and_loans_sum_to_their_losses() {
    let plan = three();
    let Run { outcome, losses, .. } = run(&plan);
    let contributions = &outcome.contributions;
    for rows in [&contributions.by_position, &contributions.by_account, &contributions.by_venue] {
        let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
        assert_close("sum of ES rows", sum, contributions.expected_shortfall, 1e-9);
    }
    let mut told = 0;
    for worst in &outcome.worst_paths {
        let replayed = engine::replay(&plan, PathId(worst.path), InstructionSet::detect())
            .expect("it replays");
        let sum: f64 = replayed.rows.iter().map(|row| row.loss).sum();
        assert_close("rows", sum, losses[worst.path as usize], 1e-9);
        assert_eq!(replayed.events, worst.events);
        told += worst.events.iter().filter(|event| event.contains("loan is liquidated")).count();
    }
    assert!(told > 0, "no liquidation of the loan is told");
}
