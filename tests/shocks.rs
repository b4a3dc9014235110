//! Shocks on books whose every step is worked out by hand, what the factors that are not named do,
//! and what is refused.

#[path = "common/round_book.rs"]
mod round_book;

use std::fs;
use std::path::Path;

use plimsoll::document::Violations;
use plimsoll::engine::{self, Control, EngineError, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{HistoricalOutcome, Status};
use plimsoll::report;
use round_book::{POLICY, PORTFOLIO, RULES, options};
use tempfile::TempDir;

const HEAD: &str = r#"name = "shock"
kind = "shock"
portfolio = "portfolio.toml"
market = "market.toml"
"#;

const MARKET: &str = r#"name = "round"
as_of = 2026-01-01T00:00:00Z
asset = [
    { symbol = "BTC", price = 100 },
    { symbol = "ETH", price = 10 },
    { symbol = "SOL", price = 1 },
    { symbol = "USDT", kind = "stablecoin", price = 1 },
]
[[underlying]]
symbol = "BTC"
volatility = { type = "flat", volatility = "50%" }
[[underlying]]
symbol = "ETH"
[[underlying]]
symbol = "SOL"
"#;

/// One year of daily moves is not needed: everything is stated.
const MODEL: &str = r#"
[model]
process = { type = "gbm" }
stated_volatility = { "BTC.spot" = "60%", "ETH.spot" = "90%", "SOL.spot" = "120%" }
[model.correlation]
estimator = "stated"
factors = ["BTC.spot", "ETH.spot", "SOL.spot"]
matrix = [[1, 0.8, 0.5], [0.8, 1, 0.6], [0.5, 0.6, 1]]
"#;

fn folder(scenario: &str, replaced: &[(&str, &str)]) -> TempDir {
    let scenario = format!("{HEAD}{scenario}");
    let files = [
        ("scenario.toml", scenario.as_str()),
        ("market.toml", MARKET),
        ("portfolio.toml", PORTFOLIO),
        ("rules.toml", RULES),
        ("policy.toml", POLICY),
    ];
    round_book::folder(files.iter().chain(replaced))
}

fn plan_of(path: &Path) -> Result<Plan, Violations> {
    Plan::build(&engine::load(path, &options())?)
}

fn planned(scenario: &str, replaced: &[(&str, &str)]) -> Result<Plan, Violations> {
    plan_of(&folder(scenario, replaced).path().join("scenario.toml"))
}

fn walked(plan: &Plan) -> HistoricalOutcome {
    engine::historical(plan, InstructionSet::detect(), &Control::none()).unwrap()
}

fn shocked(scenario: &str) -> HistoricalOutcome {
    walked(&planned(scenario, &[]).unwrap_or_else(|faults| panic!("{faults}")))
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
}

fn change(outcome: &HistoricalOutcome, factor: &str) -> f64 {
    let found = outcome.factors.iter().find(|one| one.name == factor);
    found.unwrap_or_else(|| panic!("{factor} in {:?}", outcome.factors)).change
}

/// At 80 the second account's balance of 10 is below its maintenance margin of 40: 800 are sold at
/// 2 %, 6 of which the venue bears. The first's 50 is 30 short of its initial margin.
#[test]
fn a_shock_at_once_is_worked_out_by_hand() {
    let found = shocked("[shock.moves]\n\"BTC.spot\" = \"-20%\"\n");
    assert_eq!((found.kind.as_str(), found.window.nodes), ("shock", 1));
    near(found.loss, 200.0 + 210.0);
    near(found.loss_without_events, 400.0);
    let [called, broke, calm] = found.accounts.as_slice() else { panic!("{:?}", found.accounts) };
    assert!(called.called_at.is_some() && called.liquidated_at.is_none());
    near(broke.borne_by_venue, 6.0);
    near(calm.loss, 0.0);
    near(found.rows.iter().map(|row| row.loss).sum(), found.loss);
    let sources: Vec<&str> = found.factors.iter().map(|one| one.source.as_str()).collect();
    assert_eq!(sources.iter().filter(|one| **one == "stated").count(), 1);
    assert_eq!(found.factors[0].name, "BTC.spot");
    near(found.factors[0].change, -0.2);
}

/// Down a fifth, six hours later up 15 %: at 92 those that were not sold have lost 80 each; the
/// second was sold at 80 and has lost all, 120 of which it would have got back.
#[test]
fn legs_follow_each_other_on_one_path() {
    let legs = "[[shock.leg]]\nmoves = { \"BTC.spot\" = \"-20%\" }\n\
                [[shock.leg]]\nafter = \"6h\"\nmoves = { \"BTC.spot\" = \"15%\" }\n";
    let found = shocked(&format!("policy = \"policy.toml\"\n[shock]\nevery = \"2h\"\n{legs}"));
    assert_eq!(found.window.nodes, 1 + 3, "at once, every two hours");
    near(found.loss, 80.0 + 210.0);
    near(found.loss_without_events, 160.0);
    let [_, step] = found.steps.as_slice() else { panic!("{:?}", found.steps) };
    near(step.market, 120.0);
    near(step.cost, 16.0);
    near(change(&found, "BTC.spot"), 0.8 * 1.15 - 1.0);
    let limit = found.threshold.as_ref().unwrap();
    near(limit.utilisation.unwrap(), 290.0 / 500.0);
    assert_eq!(limit.status, Status::Green);
    let shock = found.shock.as_ref().unwrap();
    assert_eq!(shock.legs[1].begins, "2026-01-01T06:00:00Z");
    let text = report::historical_terminal(&found, Default::default()).unwrap();
    assert!(
        text.starts_with("shock · 2026-01-01 00:00 UTC · shock over 6 hours · 4 nodes"),
        "{text}"
    );
    assert!(text.contains("BTC.spot -20.0 %; then BTC.spot +15.0 %; the others stay"), "{text}");
    let page = report::historical_html(&found, &report::look::Look::default()).unwrap();
    assert!(page.contains("What would this shock cost?") && page.contains("BTC.spot +15.0"));
}

/// A move that takes two days passes the liquidation price of the second account, 1,790/19 (its
/// balance is 5 % of the notional), on the way: it is sold at the first node below.
#[test]
fn a_leg_over_time_passes_what_lies_between() {
    let found = shocked(
        "[shock]\nevery = \"12h\"\n[[shock.leg]]\nover = \"2d\"\nmoves = { \"BTC.spot\" = \"-20%\" }\n",
    );
    let prices: Vec<f64> =
        (1..=4).map(|step| 100.0 * libm::pow(0.8, f64::from(step) / 4.0)).collect();
    // Balance 10·(price − 100) + 210 against maintenance 0.5·price.
    let sold = prices.iter().find(|price| 10.0 * (*price - 100.0) + 210.0 < 0.5 * **price).unwrap();
    let step =
        found.steps.iter().find(|step| step.account == "broke" && step.total != 0.0).unwrap();
    near(step.notional, 10.0 * sold);
    near(step.prices[0].price, *sold);
    let called = found.accounts.iter().find(|one| one.account == "called").unwrap();
    near(called.loss, 200.0);
}

/// Everything at the venue is a claim worth nothing.
#[test]
fn a_venue_fails_where_it_is_said_to() {
    let found = shocked("[shock]\nvenue_failed = [\"exchange\"]\n");
    near(found.loss, 1460.0);
    near(found.loss_without_events, 0.0);
    let late = shocked(
        "[[shock.leg]]\nmoves = { \"BTC.spot\" = \"5%\" }\n\
         [[shock.leg]]\nafter = \"1h\"\nvenue_failed = [\"Exchange\"]\n",
    );
    near(late.loss, 1460.0);
    assert_eq!(late.steps[0].node, Some(1));
    near(late.values[1].book, 1460.0 + 100.0);
}

#[test]
fn the_most_specific_name_wins() {
    let found = shocked(
        "[shock]\ngroups = { alts = [\"ETH\", \"SOL\"] }\n\
         [shock.moves]\n\"*.spot\" = \"-10%\"\n\"alts.spot\" = \"-30%\"\n\"*.funding\" = \"1%\"\n\
         \"USDT.peg\" = { level = 0.97 }\n",
    );
    near(change(&found, "BTC.spot"), -0.1);
    near(change(&found, "ETH.spot"), -0.3);
    near(change(&found, "BTC.funding"), 0.01);
    near(change(&found, "USDT.peg"), -0.03);
    near(change(&found, "BTC.basis"), 0.0);
}

/// 20 points on a volatility of 50 % are two fifths of it.
#[test]
fn volatility_moves_in_proportion_in_points_or_to_a_level() {
    let option = PORTFOLIO.replace(
        "position = [",
        "position = [\n    { id = \"o\", account = \"own\", type = \"option\", underlying = \"BTC\", \
         settlement = \"linear\", quote = \"USDT\", expiry = 2026-03-01T00:00:00Z, strike = 100, \
         right = \"call\", quantity = 0.1 },",
    );
    let own = "account = [\n    { name = \"own\", balance = [{ asset = \"USD\", quantity = 9 }] },";
    let option = option.replace("account = [", own);
    for (size, expected) in [("\"+20pt\"", 0.4), ("\"40%\"", 0.4), ("{ level = \"70%\" }", 0.4)] {
        let scenario = format!("[shock.moves]\n\"*.vol\" = {size}\n");
        let plan = planned(&scenario, &[("portfolio.toml", &option)]);
        let found = walked(&plan.unwrap_or_else(|faults| panic!("{faults}")));
        near(change(&found, "BTC.vol"), expected);
    }
}

#[test]
fn others_follow_stated_betas() {
    let found = shocked(
        "[shock]\npropagation = { betas = { \"*.spot\" = { of = \"BTC.spot\", beta = 1.5 } } }\n\
         [shock.moves]\n\"BTC.spot\" = \"-20%\"\n",
    );
    near(change(&found, "ETH.spot"), libm::pow(0.8, 1.5) - 1.0);
    let ether = found.factors.iter().find(|one| one.name == "ETH.spot").unwrap();
    assert_eq!(ether.description, "1.5 times the log move of BTC.spot");
}

/// Of one named factor the others' log moves are `ρσ₂/σ₁` times its own; solana, which the book
/// does not hold, informs too: with BTC and SOL named, the slopes are those of the 2 × 2 inverse.
#[test]
fn others_take_their_conditional_medians() {
    let conditional = |moves: &str| {
        shocked(&format!("[shock]\npropagation = \"conditional\"\n[shock.moves]\n{moves}{MODEL}"))
    };
    let one = conditional("\"BTC.spot\" = \"-20%\"\n");
    near(change(&one, "ETH.spot"), libm::pow(0.8, 0.8 * 0.9 / 0.6) - 1.0);
    let two = conditional("\"BTC.spot\" = \"-20%\"\n\"SOL.spot\" = \"10%\"\n");
    let (btc, sol) = (libm::log(0.8) / 0.6, libm::log(1.1) / 1.2);
    let determinant = 1.0 - 0.5 * 0.5;
    let slopes = [(0.8 - 0.5 * 0.6) / determinant, (0.6 - 0.5 * 0.8) / determinant];
    let expected = 0.9 * (slopes[0] * btc + slopes[1] * sol);
    near(change(&two, "ETH.spot"), libm::exp(expected) - 1.0);
    let ether = two.factors.iter().find(|one| one.name == "ETH.spot").unwrap();
    assert_eq!(ether.source, "conditional");
    assert!(
        two.notes.iter().any(|note| note.contains("standard deviations out")),
        "{:?}",
        two.notes
    );
}

#[test]
fn a_stated_path_has_no_quantiles_and_takes_no_draws() {
    let plan = planned("[shock.moves]\n\"BTC.spot\" = \"-20%\"\n", &[]).unwrap();
    let refused = engine::run(&plan, InstructionSet::detect(), &Control::none());
    assert!(matches!(refused, Err(EngineError::OnePath)));
}

/// The example states every key; it walks.
#[test]
fn the_example_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/shock/scenario.toml");
    let plan = plan_of(&path).unwrap_or_else(|faults| panic!("{faults}"));
    let found = walked(&plan);
    assert_eq!(found.shock.as_ref().unwrap().legs.len(), 3);
    near(change(&found, "BTC.spot"), 0.605 * 1.2 * 0.85 - 1.0);
    near(change(&found, "SOL.spot"), 0.55 * 1.2 * 0.85 - 1.0);
    assert!(found.notes.iter().any(|note| note.contains("LINK.spot")), "{:?}", found.notes);
    let keys = ["horizon", "every", "groups", "depth", "propagation", "absent", "result"];
    let text = fs::read_to_string(&path).unwrap();
    for key in keys.iter().chain(&["moves", "venue_failed", "after", "over"]) {
        assert!(text.contains(&format!("{key} =")) || text.contains(&format!(".{key}]")), "{key}");
    }
}

/// `line:column text` and title of each violation, below the head's four lines.
fn faults(scenario: &str) -> Vec<String> {
    let violations = planned(scenario, &[]).unwrap_err();
    let show = |one: &plimsoll::document::Violation| {
        let place = &one.place;
        let line = place.line() as i64 - 4;
        format!("{line}:{} {:?} {}", place.column(), place.text(), one.title)
    };
    violations.items().iter().map(show).collect()
}

#[test]
fn contradictions_show_all_at_once() {
    let scenario = "[shock]\ngroups = { a = [\"ETH\"], b = [\"ETH\", \"SOL\"], SOL = [\"BTC\"] }\n\
        horizon = \"1h\"\n\
        [[shock.leg]]\nmoves = { \"a.spot\" = \"-10%\", \"b.spot\" = \"-20%\" }\n\
        [[shock.leg]]\nmoves = { \"BTC.spot\" = \"1%\" }\n\
        [[shock.leg]]\nafter = \"2h\"\nmoves = {}\n";
    assert_eq!(
        faults(scenario),
        [
            "2:51 \"[\\\"BTC\\\"]\" `SOL` is a group, and an asset of one",
            "5:41 \"\\\"-20%\\\"\" ETH.spot moves in two ways, by two groups",
            "6:1 \"[[shock.leg]]\" a leg at the same time as the one before it",
            "8:1 \"[[shock.leg]]\" a leg in which nothing moves and nobody fails",
            "9:9 \"\\\"2h\\\"\" leg 3 ends 0.083333 days from today, after the horizon of 0.041667 days",
        ]
    );
}

#[test]
fn unknown_names_show_all_at_once_with_what_was_meant() {
    let scenario = "[shock]\nvenue_failed = [\"Exchnge\"]\n[shock.moves]\n\"BCT.spot\" = \"-1%\"\n\
        \"USDT.spot\" = \"-1%\"\n\"XYZ.vol\" = \"1%\"\n";
    let folder = folder(scenario, &[]);
    let refused = plan_of(&folder.path().join("scenario.toml")).unwrap_err();
    let told: Vec<(usize, &str, Option<&str>)> = refused
        .items()
        .iter()
        .map(|one| (one.place.line() - 4, one.title.as_str(), one.help.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (2, "'Exchnge' is no venue of the portfolio", Some("did you mean `Exchange`?")),
            (4, "BCT.spot is no factor of the market", Some("did you mean `BTC.spot`?")),
            (5, "USDT.spot is no factor of the market", None),
            (6, "XYZ.vol is no factor of the market", None),
        ]
    );
    let peg = refused.items()[2].expected.as_deref();
    assert_eq!(peg, Some("`USDT.peg`: that is what USDT has"));
}

#[test]
fn moves_that_make_no_sense_of_a_factor_are_refused() {
    let one = |moves: &str| faults(&format!("[shock.moves]\n{moves}\n"));
    assert_eq!(
        one("\"BTC.spot\" = \"-100%\""),
        ["2:14 \"\\\"-100%\\\"\" BTC.spot would be 0.0000 times today's level"]
    );
    assert_eq!(
        one("\"BTC.spot\" = \"20pt\""),
        ["2:14 \"\\\"20pt\\\"\" BTC.spot moves by volatility points, and is no volatility"]
    );
    assert_eq!(
        one("\"BTC.basis\" = { level = 0.1 }"),
        ["2:15 \"{ level = 0.1 }\" BTC.basis has no single level: it differs by expiry"]
    );
    assert_eq!(one("\"BTC.spot\" = \"x\""), ["2:14 \"\\\"x\\\"\" `BTC.spot` is not valid"]);
    assert_eq!(one("BTC.spot = \"-5%\"").len(), 2, "a dotted key is a table of its own");
    assert_eq!(
        faults("[shock]\n"),
        ["1:1 \"[shock]\" a shock in which nothing moves and nobody fails"]
    );
    assert_eq!(faults(""), ["-3:1 \"\" missing key `shock`"]);
    let idle = faults("[shock.moves]\n\"BTC.spot\" = \"-5%\"\n[simulation]\nhorizon = \"1d\"\n");
    assert_eq!(
        idle,
        ["3:2 \"simulation\" a shock that draws nothing does not act on `simulation`"]
    );
}

/// Ten thousand moves of factors that nobody knows are ten thousand faults, and ten thousand legs
/// are one.
#[test]
fn ten_thousand_shocks_are_read_or_refused_whole() {
    let moves: String = (0..10_000).map(|one| format!("\"C{one}.spot\" = \"-1%\"\n")).collect();
    let refused = planned(&format!("[shock.moves]\n{moves}"), &[]).unwrap_err();
    assert_eq!(refused.len(), 10_000);
    let skipped =
        format!("[shock]\nabsent = \"skip\"\n[shock.moves]\n\"BTC.spot\" = \"-20%\"\n{moves}");
    near(shocked(&skipped).loss, 410.0);
    let legs =
        "[[shock.leg]]\nafter = \"1s\"\nmoves = { \"BTC.spot\" = \"-1bp\" }\n".repeat(10_000);
    assert_eq!(planned(&legs, &[]).unwrap_err().len(), 1);
}

/// Of a linear book in simple units the loss given the fall of BTC is normal: ten ether, long, whose
/// log-return has the conditional mean and variance; VaR at 95 % is read off it.
#[test]
fn a_distribution_is_that_of_the_conditional_law() {
    let book = PORTFOLIO.replace("name = \"calm\", venue = \"Exchange\"", "name = \"calm\"");
    let scenario = format!(
        "[simulation]\nhorizon = \"1d\"\nsteps = 3\npaths = 200000\n[measures]\nlevels = [0.95]\n\
         [shock]\npropagation = \"conditional\"\nresult = \"distribution\"\n[shock.moves]\n\
         \"BTC.spot\" = \"-15%\"\n{MODEL}"
    );
    let scenario = scenario
        .replace("process = { type = \"gbm\" }", "process = { type = \"gbm\" }\ndrift = \"zero\"");
    let folder = folder(&scenario, &[("portfolio.toml", &book)]);
    let plan =
        plan_of(&folder.path().join("scenario.toml")).unwrap_or_else(|faults| panic!("{faults}"));
    let run = engine::run(&plan, InstructionSet::detect(), &Control::none()).unwrap();
    // Both bitcoin accounts lose 150 for sure; ether has 10 · 10 USD.
    let year = 1.0 / 365.0;
    let drift = |volatility: f64| -0.5 * volatility * volatility * year;
    let mean = drift(0.9) + 0.8 * 0.9 / 0.6 * (libm::log(0.85) - drift(0.6));
    let deviation = 0.9 * (year * (1.0 - 0.64)).sqrt();
    let expected = 300.0 + 100.0 * (1.0 - libm::exp(mean - 1.6448536269514722 * deviation));
    let found = &run.outcome.measures.value_at_risk[0];
    let [low, high] = found.interval_95;
    let wide = 2.0 * (high - low);
    assert!(
        (found.loss - expected).abs() < wide,
        "{} against {expected}, {low} to {high}",
        found.loss
    );
    assert!((high - low) / expected < 0.01);
    assert!(run.outcome.warnings.iter().any(|one| one.code == "conditional_law"));
}

#[test]
fn what_makes_no_distribution_is_refused_all_at_once() {
    let told = faults(
        "[simulation]\nhorizon = \"1d\"\n[shock]\nresult = \"distribution\"\nhorizon = \"1d\"\n[[shock.leg]]\nmoves = { \"BTC.spot\" = \"-5%\" }\n\
         [[shock.leg]]\nafter = \"1h\"\nmoves = { \"BTC.spot\" = \"-5%\" }\n",
    );
    let titles: Vec<&str> = told.iter().map(|one| one.split_once("\" ").unwrap().1).collect();
    for title in
        ["a distribution of factors that no model moves", "a distribution given several legs"]
    {
        assert!(titles.contains(&title), "{told:?}");
    }
    let alone = "[shock]\nresult = \"distribution\"\npropagation = \"conditional\"\n[shock.moves]\n\"BTC.spot\" = 0.1\n";
    assert_eq!(faults(alone), ["-3:1 \"\" missing key `simulation`"]);
}
