//! k* and headroom of a book whose accounts are liquidated inside paths: solved with margin and
//! liquidation recomputed, within the Monte Carlo errors that they state.

#[path = "common/round_book.rs"]
mod round_book;

use plimsoll::engine::{self, Control, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Headroom, Outcome, Threshold};
use plimsoll::portfolio::Position;
use round_book::options;

const MARKET: &str = r#"name = "one"
as_of = 2026-01-01T00:00:00Z
asset = [{ symbol = "BTC", price = 80_000 }]
underlying = [{ symbol = "BTC" }]
"#;

/// Thirty coins at nearly five times leverage, liquidated in a tenth of the tail, and ten held outright.
const BOOK: &str = r#"name = "book"
venue = [{ name = "Exchange", rules = "rules.toml" }]
account = [
    { name = "treasury", balance = [{ asset = "USD", quantity = 500_000 }] },
    { name = "margin", venue = "Exchange", balance = [{ asset = "USD", quantity = 520_000 }] },
]
position = [
    { id = "coins", account = "treasury", type = "spot", asset = "BTC", quantity = 10 },
    { id = "perp", account = "margin", type = "perpetual", underlying = "BTC", quote = "USD", quantity = 30 },
]
"#;

const RULES: &str = r#"name = "plain"
effective = "2026-01-01T00:00:00Z"
source = "made up"
liquidation_fee = "1%"
futures = { kind = "flat", initial = "10%", maintenance = "5%" }
liquidation = { close = "full", slippage = "1%" }
"#;

fn plan(paths: u64, seed: u64, capital: f64) -> Plan {
    let scenario = format!(
        r#"name = "solved"
portfolio = "portfolio.toml"
market = "market.toml"
policy = "policy.toml"
[simulation]
horizon = "4d"
steps = 4
paths = {paths}
seed = {seed}
[model]
process = {{ type = "gbm" }}
drift = "zero"
stated_volatility = {{ "BTC.spot" = "60%" }}
[measures]
levels = [0.95, 0.975]
"#
    );
    let policy = format!(
        r#"name = "limit"
appetite = "50%"
capital = {{ base = "regulatory", regulatory = {capital} }}
term = [{{ kind = "simulated_shortfall", name = "ES", level = 0.975 }}]
"#
    );
    let files = [
        ("scenario.toml", scenario.as_str()),
        ("market.toml", MARKET),
        ("portfolio.toml", BOOK),
        ("policy.toml", &policy),
        ("rules.toml", RULES),
    ];
    let folder = round_book::folder(&files);
    let inputs = engine::load(&folder.path().join("scenario.toml"), &options());
    let inputs = inputs.unwrap_or_else(|faults| panic!("{faults}"));
    Plan::build(&inputs).unwrap_or_else(|faults| panic!("{faults}"))
}

fn run(plan: &Plan) -> Outcome {
    engine::run(plan, InstructionSet::detect(), &Control::none()).unwrap().outcome
}

fn threshold(outcome: &Outcome) -> &Threshold {
    outcome.threshold.as_ref().unwrap()
}

fn bitcoin(outcome: &Outcome) -> &Headroom {
    &threshold(outcome).headroom[0]
}

/// Capital at which the potential loss is 85 % of the threshold.
fn capital() -> f64 {
    let outcome = run(&plan(40_000, 99, 2_000_000.0));
    assert!(outcome.liquidations[0].probability > 0.001);
    threshold(&outcome).potential_loss / 0.85 / 0.5
}

/// The position that exposure of the headroom is added as, held: a run in full is at the threshold.
#[test]
fn a_run_with_the_headroom_held_is_at_the_threshold() {
    let plan = plan(40_000, 7, capital());
    let outcome = run(&plan);
    let found = bitcoin(&outcome);
    assert_eq!(found.held_as.as_deref(), Some("'perp' in 'margin'"));
    let error = |outcome: &Outcome| {
        let [low, high] = threshold(outcome).potential_loss_interval_95;
        (high - low) / (2.0 * 1.96)
    };
    let (room, bound) = (found.long.unwrap(), &found.long_bound);
    assert_eq!(bound.binding, "risk", "{}", bound.reason);
    let mut held = plan.clone();
    let perp = &plan.portfolio.positions[1];
    held.portfolio.positions.push(Position {
        id: "added".to_owned(),
        quantity: room / 80_000.0,
        ..perp.clone()
    });
    let held = run(&held);
    let limit = threshold(&outcome).threshold;
    let gap = threshold(&held).potential_loss - limit;
    // what liquidation changes is told by 2,500 of the 40,000 paths: the error of the end, in money
    let [low, high] = bound.interval_95.unwrap();
    let slope = (limit - threshold(&outcome).potential_loss) / room;
    let of_end = slope * (high - low) / (2.0 * 1.96);
    assert!(gap.abs() < 4.0 * libm::hypot(error(&held), of_end), "{gap} {of_end}");
}

/// Nothing acts on exposure outside accounts: that is what headroom would be without the walks.
#[test]
fn liquidation_changes_the_headroom() {
    let plan = plan(40_000, 7, capital());
    let acted = run(&plan);
    let mut unacted = plan;
    unacted.venue_rules[0].as_mut().unwrap().liquidation = None;
    let unacted = run(&unacted);
    assert_eq!(bitcoin(&unacted).held_as, None);
    let (acted, unacted) = (bitcoin(&acted).long.unwrap(), bitcoin(&unacted).long.unwrap());
    assert!((acted / unacted - 1.0).abs() > 0.002, "{acted} {unacted}");
}

/// 10 % of notional out of 520,000 dollars: 5,200,000 in all, 2,400,000 of it held, and as much again
/// the other way.
#[test]
fn initial_margin_ends_the_room_where_it_comes_first() {
    let outcome = run(&plan(4_000, 7, 100_000_000.0));
    let found = bitcoin(&outcome);
    assert_eq!(
        (found.long_bound.binding.as_str(), found.short_bound.binding.as_str()),
        ("margin", "margin")
    );
    approx::assert_relative_eq!(found.long.unwrap(), 2_800_000.0, max_relative = 1e-6);
    approx::assert_relative_eq!(found.short.unwrap(), 7_600_000.0, max_relative = 1e-6);
}

/// Over seeds the solutions spread as their intervals say: the ratio of the deviation over 32 seeds to
/// the stated error lies within 0.55 and 1.55 but in one case of 10⁴ (χ² of 31 degrees), and the ends of
/// few walks add what they leave unsolved, a quarter of the error.
#[test]
fn stated_errors_are_those_of_repeated_seeds() {
    let capital = capital();
    let mut found: [Vec<(f64, f64)>; 2] = Default::default();
    for seed in 0..32 {
        let outcome = run(&plan(4_000, 1_000 + seed, capital));
        let (scale, room) = (&threshold(&outcome).scale_to_threshold, bitcoin(&outcome));
        let solved = [(scale.value, scale.interval_95), (room.long, room.long_bound.interval_95)];
        for (list, (value, interval)) in found.iter_mut().zip(solved) {
            let [low, high] = interval.unwrap();
            list.push((value.unwrap(), (high - low) / (2.0 * 1.96)));
        }
    }
    for (what, list) in ["k*", "long"].iter().zip(&found) {
        let count = list.len() as f64;
        let mean = list.iter().map(|(value, _)| value).sum::<f64>() / count;
        let square = |value: f64| (value - mean) * (value - mean);
        let deviation =
            (list.iter().map(|(value, _)| square(*value)).sum::<f64>() / (count - 1.0)).sqrt();
        let stated = list.iter().map(|(_, error)| error).sum::<f64>() / count;
        let ratio = deviation / stated;
        assert!(ratio > 0.55 && ratio < 1.65, "{what}: {mean} ± {deviation}, stated {stated}");
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let plan = plan(4_000, 7, capital());
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bitcoin(&run(&plan)).clone())
    };
    assert_eq!(of(1), of(2));
}
