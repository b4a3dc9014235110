//! Historical scenarios on books whose every step is worked out by hand, and what is refused.

#[path = "common/round_book.rs"]
mod round_book;

use std::fs;
use std::path::Path;

use plimsoll::document::Violations;
use plimsoll::engine::{self, Control, EngineError, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{HistoricalOutcome, ReplayStep, Status};
use plimsoll::report;
use round_book::{MARKET, POLICY, PORTFOLIO, RULES, options};
use tempfile::TempDir;

const SCENARIO: &str = r#"name = "replay"
kind = "historical"
portfolio = "portfolio.toml"
market = "market.toml"

[historical]
window = { from = 2020-03-12T01:00:00Z, to = 2020-03-12T05:00:00Z }

[historical.history]
interval = "1h"

[[historical.history.file]]
path = "history.csv"
columns = { time = "time", close = "close" }
series = [{ symbol = "BTC" }]
"#;

/// From 100 USD: 90, 80, 78, 92.
const HISTORY: &str = "time,close\n2020-03-12T00:00Z,50\n2020-03-12T01:00Z,45\n2020-03-12T02:00Z,40\n2020-03-12T03:00Z,39\n2020-03-12T04:00Z,46\n";

/// In which the fall of a tenth in the first hour liquidates ten billion of others' bitcoin.
const CROWDED: &str = r#"name = "round"
as_of = 2026-01-01T00:00:00Z
asset = [
    { symbol = "BTC", price = 100 },
    { symbol = "ETH", price = 10 },
    { symbol = "USDT", kind = "stablecoin", price = 1 },
]
[[underlying]]
symbol = "BTC"
[underlying.liquidity]
average_daily_volume_usd = 1e9
half_spread = "1bp"
half_spread_deviation = "1bp"
depth_1pct_usd = 1e6
impact = { law = { type = "linear" } }
open_interest = { long = [{ distance = "5%", notional_usd = 1e10 }] }
[[underlying]]
symbol = "ETH"
"#;

/// The files, some of them replaced.
fn folder(replaced: &[(&str, &str)]) -> TempDir {
    let files = [
        ("scenario.toml", SCENARIO),
        ("history.csv", HISTORY),
        ("market.toml", MARKET),
        ("portfolio.toml", PORTFOLIO),
        ("rules.toml", RULES),
        ("policy.toml", POLICY),
    ];
    round_book::folder(files.iter().chain(replaced))
}

fn plan_in(folder: &Path, options: &LoadOptions) -> Result<Plan, Violations> {
    Plan::build(&engine::load(&folder.join("scenario.toml"), options)?)
}

fn replay(replaced: &[(&str, &str)]) -> HistoricalOutcome {
    let folder = folder(replaced);
    let plan = plan_in(folder.path(), &options()).unwrap_or_else(|faults| panic!("{faults}"));
    engine::historical(&plan, InstructionSet::detect(), &Control::none()).unwrap()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
}

fn parts(step: &ReplayStep, [cost, market, liability]: [f64; 3]) {
    near(step.cost, cost);
    near(step.market, market);
    near(step.liability, liability);
    near(step.total, cost + market + liability);
}

/// `called`: at 80 the balance of 50 is 30 short of the initial margin; at 78 it is 30, below the
/// maintenance margin of 39, and 10 bitcoin are sold for 780 at a cost of 2 %; at 92 they would
/// have been worth 140 more. `broke`: at 80 the balance is 10, below 40; 800 are sold at a cost of
/// 16, 6 of which the venue bears; at 92 they would have been worth 120 more.
#[test]
fn every_step_is_worked_out_by_hand() {
    let found = replay(&[]);
    near(found.loss, 235.6 + 210.0);
    near(found.loss_without_events, 80.0 + 80.0);
    near(found.difference, 155.6 + 130.0);
    let told: Vec<(&str, &str)> =
        found.steps.iter().map(|step| (step.time.as_str(), step.account.as_str())).collect();
    let (third, fourth) = ("2020-03-12T03:00:00Z", "2020-03-12T04:00:00Z");
    assert_eq!(told, [(third, "called"), (third, "broke"), (fourth, "called")]);
    parts(&found.steps[0], [0.0, 0.0, 0.0]);
    assert!(
        found.steps[0].events[0].contains("margin call: USD 30.00 short"),
        "{:?}",
        found.steps[0]
    );
    parts(&found.steps[1], [16.0, 120.0, -6.0]);
    near(found.steps[1].notional, 800.0);
    near(found.steps[1].prices[0].price, 80.0);
    parts(&found.steps[2], [15.6, 140.0, 0.0]);
    near(found.steps[2].notional, 780.0);
    let [called, broke, calm] = found.accounts.as_slice() else { panic!("{:?}", found.accounts) };
    assert_eq!(called.called_at.as_deref(), Some(third));
    assert_eq!(called.liquidated_at.as_deref(), Some(fourth));
    near(broke.borne_by_venue, 6.0);
    near(calm.loss, 0.0);
    let books: Vec<f64> = found.values.iter().map(|value| value.book).collect();
    let without: Vec<f64> = found.values.iter().map(|value| value.book_without_events).collect();
    for (found, expected) in books.iter().zip([1460.0, 1260.0, 1050.0, 1014.4, 1014.4]) {
        near(*found, expected);
    }
    // Without events the second account's debt of 10 at 78 is still its venue's there.
    for (found, expected) in without.iter().zip([1460.0, 1260.0, 1060.0, 1030.0, 1300.0]) {
        near(*found, expected);
    }
    let rows: f64 = found.rows.iter().map(|row| row.loss).sum();
    near(rows, found.loss);
}

/// In both orders a low of 77 inside the second bar closes `called` before the bar's close.
#[test]
fn the_worse_order_of_a_bar_is_told() {
    let scenario =
        SCENARIO.replace("[historical]\n", "[historical]\nbars = \"both_orders\"\n").replace(
            "close = \"close\" }",
            "open = \"o\", high = \"h\", low = \"l\", close = \"close\" }",
        );
    let history = "time,o,h,l,close\n2020-03-12T00:00Z,50,50,50,50\n2020-03-12T01:00Z,50,52,38.5,45\n\
                   2020-03-12T02:00Z,45,45,45,45\n2020-03-12T03:00Z,45,45,45,45\n2020-03-12T04:00Z,45,47,45,46\n";
    let found = replay(&[("scenario.toml", &scenario), ("history.csv", history)]);
    // Sold at 77 either way: 250 - 230 - 15.4 and, with a debt, nothing.
    let orders: Vec<f64> = found.window.orders.iter().map(|one| one.loss).collect();
    near(orders[0], 230.0 + 15.4 + 210.0);
    near(orders[1], orders[0]);
    assert_eq!(found.window.order, "open_high_low_close", "the first of equals");
    assert_eq!(found.window.nodes, 16);
    assert!(found.warnings.iter().any(|warning| warning.code == "last_trade_wicks"));
    assert_eq!(found.steps[0].time, "2020-03-12T01:45:00Z");
}

#[test]
fn the_loss_stands_alone_and_in_full_against_the_threshold() {
    let scenario = SCENARIO.replace("[historical]\n", "policy = \"policy.toml\"\n[historical]\n");
    let found = replay(&[("scenario.toml", &scenario)]);
    let limit = found.threshold.as_ref().unwrap();
    near(limit.threshold, 500.0);
    near(limit.utilisation.unwrap(), 445.6 / 500.0);
    assert_eq!(limit.status, Status::Amber);
    let text = report::historical_terminal(&found, Default::default()).unwrap();
    assert!(
        text.starts_with("replay · 2026-01-01 00:00 UTC · replay of 4 hours · 4 nodes"),
        "{text}"
    );
    assert!(text.contains("AMBER") && text.contains("89.1 % of the threshold"), "{text}");
}

/// Limits beside the threshold need a distribution or today's book: a stated path says that it reads
/// none.
#[test]
fn limits_that_are_not_read_are_named() {
    let scenario = SCENARIO.replace("[historical]\n", "policy = \"policy.toml\"\n[historical]\n");
    let limit = "[[limit]]\nname = \"one coin\"\nlevel = \"underlying\"\n\
                 measure = \"gross_exposure\"\nhard = 1\n";
    let notes =
        |policy: &str| replay(&[("scenario.toml", &scenario), ("policy.toml", policy)]).notes;
    let expected = format!(
        "limits of the policy are not read on stated moves, a simulated run reads them: [[limit]] \
         one coin (line {})",
        POLICY.lines().count() + 2
    );
    assert!(notes(&format!("{POLICY}{limit}")).contains(&expected));
    assert!(notes(POLICY).iter().all(|note| !note.contains("limits of the policy")));
}

/// A chart holds the figures of the outcome, to the last bit.
#[test]
fn charts_read_back_as_the_outcome() {
    let found = replay(&[]);
    let page = report::historical_html(&found, &report::look::Look::default()).unwrap();
    let svg = &page[page.find("id=\"chart-book\"").unwrap()..];
    let svg = &svg[..svg.find("</svg>").unwrap()];
    let of = |series: &str, field: &str| -> Vec<f64> {
        let marks =
            svg.split('<').filter(|mark| mark.contains(&format!("data-series=\"{series}\"")));
        let read = |mark: &str| {
            let at = mark.find(&format!("data-{field}=\"")).unwrap() + field.len() + 7;
            mark[at..at + mark[at..].find('"').unwrap()].parse::<f64>().unwrap()
        };
        marks.map(read).collect()
    };
    let with: Vec<f64> = found.values.iter().map(|value| value.book).collect();
    let without: Vec<f64> = found.values.iter().map(|value| value.book_without_events).collect();
    assert_eq!((of("with", "value"), of("without", "value")), (with, without));
    let totals: Vec<f64> = found.steps.iter().map(|step| step.total).collect();
    assert_eq!(of("event", "total"), totals);
    let json: HistoricalOutcome =
        serde_json::from_str(&report::historical_json(&found).unwrap()).unwrap();
    assert!(json == found);
}

/// What a scenario extends may hold what only a simulation acts on.
#[test]
fn a_simulation_can_be_extended_by_a_window() {
    let base = "name = \"base\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
                [simulation]\nhorizon = \"1d\"\n[model]\ndrift = \"zero\"\ndamping_power = 0.25\n\
                [measures]\nlevels = [0.9]\n";
    let own = SCENARIO.replace(
        "portfolio = \"portfolio.toml\"\nmarket = \"market.toml\"",
        "extends = \"base.toml\"",
    );
    let found = replay(&[("base.toml", base), ("scenario.toml", &own)]);
    near(found.loss, 445.6);
}

#[test]
fn a_hole_is_moved_over_in_one_step_and_said() {
    let history = HISTORY.replace("2020-03-12T02:00Z,40\n", "");
    let scenario = SCENARIO.replace("interval", "repairs = [\"leave_gaps\"]\ninterval");
    let found = replay(&[("history.csv", &history), ("scenario.toml", &scenario)]);
    assert_eq!(found.window.nodes, 3);
    let told = found.data_quality.iter().any(|one| one.what.starts_with("1 times of the window"));
    assert!(told, "{:?}", found.data_quality);
}

/// What is replaced, by what, and the violations: title and the text at their place.
type Refused<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)]);

#[test]
fn what_makes_no_sense_is_refused_at_its_place() {
    let cases: [Refused; 13] = [
        (
            "scenario.toml",
            "T05:00:00Z }",
            "T09:00:00Z }",
            &[(
                "no close at 2020-03-12T09:00:00Z; the last is 2020-03-12T05:00:00Z",
                "2020-03-12T09:00:00Z",
            )],
        ),
        (
            "scenario.toml",
            "T01:00:00Z,",
            "T00:00:00Z,",
            &[("no close at 2020-03-12T00:00:00Z; the first is", "2020-03-12T00:00:00Z")],
        ),
        (
            "scenario.toml",
            "T05:00:00Z }",
            "T00:30:00Z }",
            &[("the window ends before it begins", "2020-03-12T00:30:00Z")],
        ),
        (
            "scenario.toml",
            "[historical]\n",
            "[simulation]\nhorizon = \"1d\"\n[measures]\nlevels = [0.9]\n[model]\ndrift = \"zero\"\n[historical]\n",
            &[
                ("does not act on `simulation`", "simulation"),
                ("does not act on `measures`", "measures"),
                ("does not act on `drift`", "drift"),
            ],
        ),
        (
            "scenario.toml",
            "kind = \"historical\"\n",
            "",
            &[
                ("missing key `simulation`", ""),
                ("a table `historical` in a scenario of another kind", "historical"),
            ],
        ),
        (
            "scenario.toml",
            "[historical]\n",
            "[historical]\nbetas = { ETH = { of = \"SOL\", beta = 1 } }\n",
            &[("ETH: it follows SOL, which has no history", "{ of")],
        ),
        (
            "scenario.toml",
            "[historical]\n",
            "[historical]\nvolatility_betas = { ETH = -1 }\n",
            &[("ETH: its volatility follows its price, which has no history", "-1")],
        ),
        (
            "scenario.toml",
            "[historical]\n",
            "[historical]\nbars = \"both_orders\"\n",
            &[("no open, high and low are named for BTC", "{ symbol")],
        ),
        ("history.csv", "T01:00Z,45", "T01:00Z,0", &[("1 value of zero", "2020-03-12T01:00Z,0")]),
        (
            "history.csv",
            "2020-03-12T02:00Z,40\n",
            "",
            &[("1 time without a row", "2020-03-12T03:00Z,39")],
        ),
        (
            "history.csv",
            "2020-03-12T02:00Z,40\n",
            "2020-03-12T02:00Z,40\n2020-03-12T02:00Z,40\n",
            &[("1 row repeats an earlier time", "2020-03-12T02:00Z,40")],
        ),
        (
            "history.csv",
            "2020-03-12T02:00Z,40\n2020-03-12T03:00Z,39\n",
            "2020-03-12T03:00Z,39\n2020-03-12T02:00Z,40\n",
            &[("rows out of order at 1 place", "2020-03-12T02:00Z,40")],
        ),
        (
            "policy.toml",
            "\"stressed_loss\", name = \"Fall\", weight = 0.25, stress = [{ name = \"x\", all_spots = \"-20%\" }]",
            "\"simulated_shortfall\", name = \"ES\", level = 0.99",
            &[("asks for no stressed loss", "[{ kind")],
        ),
    ];
    for (file, from, to, expected) in cases {
        let scenario =
            SCENARIO.replace("[historical]\n", "policy = \"policy.toml\"\n[historical]\n");
        let folder = folder(&[("scenario.toml", &scenario)]);
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let refused = plan_in(folder.path(), &options()).unwrap_err();
        let found: Vec<String> = refused
            .items()
            .iter()
            .map(|one| format!("{} at {}", one.title, one.place.text()))
            .collect();
        assert_eq!(found.len(), expected.len(), "{from} → {to}: {found:#?}");
        for (found, (title, text)) in refused.items().iter().zip(expected) {
            let place = found.place.text();
            assert!(
                found.title.contains(title) && place.starts_with(text),
                "{from} → {to}: {found:#?}"
            );
        }
    }
}

#[test]
fn changes_of_a_simulation_and_quantiles_are_refused() {
    let folder = folder(&[]);
    let overrides = Overrides { paths: Some(1_000), seed: Some(3), ..Overrides::default() };
    let refused = plan_in(folder.path(), &LoadOptions { overrides, ..options() }).unwrap_err();
    let titles: Vec<&str> = refused.items().iter().map(|one| one.title.as_str()).collect();
    let expected = ["`--paths` and a historical scenario", "`--seed` and a historical scenario"];
    assert_eq!(titles, expected);
    let plan = plan_in(folder.path(), &options()).unwrap();
    let isa = InstructionSet::detect();
    let told = engine::run(&plan, isa, &Control::none());
    assert!(matches!(told, Err(EngineError::OnePath)));
    let beyond = engine::replay(&plan, plimsoll::units::PathId(1), isa);
    assert!(matches!(beyond, Err(EngineError::NoSuchPath { path: 1, last: 0 })));
    near(engine::replay(&plan, plimsoll::units::PathId(0), isa).unwrap().loss, 445.6);
}

/// The shipped example: something is called, stopped and liquidated, and one order is the worse.
#[test]
fn the_shipped_example_shows_every_kind_of_event() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/replay");
    let plan = plan_in(&path, &options()).unwrap_or_else(|faults| panic!("{faults}"));
    let found = engine::historical(&plan, InstructionSet::detect(), &Control::none()).unwrap();
    let events: Vec<&String> = found.steps.iter().flat_map(|step| &step.events).collect();
    for wanted in ["margin call", "stop sol-stop executes", "liquidated, all of it"] {
        assert!(events.iter().any(|event| event.contains(wanted)), "{wanted}: {events:#?}");
    }
    let sum: f64 = found.steps.iter().map(|step| step.total).sum();
    near(sum, found.difference);
    assert!(found.difference.abs() > 1.0 && found.threshold.is_some());
    let followed = found.factors.iter().find(|factor| factor.name == "SOL.spot").unwrap();
    assert_eq!(followed.description, "1.3 times the log move of ETH");
}

/// As typed: the exit code of the finding, one JSON object, a folder without a table of losses.
#[test]
fn the_program_runs_a_window_as_any_scenario() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.current_dir(root).args(arguments).output().unwrap()
    };
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("found");
    let told = run(&["run", "scenarios/replay", "--json", "--out", out.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1), "{}", String::from_utf8_lossy(&told.stderr));
    let found: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        (&found["kind"], &found["threshold"]["status"]),
        (&"historical".into(), &"red".into())
    );
    assert_eq!(fs::read(out.join("result.json")).unwrap(), told.stdout);
    let mut files: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["inputs", "manifest.json", "report.html", "result.json"]);
    let refused = run(&["run", "scenarios/replay", "--paths", "500"]);
    assert_eq!(refused.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(stderr.contains("`--paths` and a historical scenario"), "{stderr}");
}

/// What others' liquidations did is in the prices of the window.
#[test]
fn others_move_replayed_prices_once() {
    let cascade = format!("{SCENARIO}\n[events.cascade]\n");
    let found = |market: &str| replay(&[("scenario.toml", &cascade), ("market.toml", market)]);
    let bins = "long = [{ distance = \"5%\", notional_usd = 1e10 }]";
    let [crowded, alone] = [CROWDED, &CROWDED.replace(bins, "")].map(found);
    assert_eq!(crowded.loss, alone.loss);
    assert_eq!(crowded.values, alone.values);
    assert!(crowded.warnings.iter().any(|warning| warning.code == "others_in_prices"));
}

/// Forty dollars under a requirement of fifty: closed before the window begins to move.
#[test]
fn an_account_below_its_line_today_is_liquidated_at_the_start() {
    let portfolio = PORTFOLIO.replace("quantity = 210", "quantity = 40");
    let found = replay(&[("portfolio.toml", &portfolio)]);
    let first = &found.steps[0];
    assert!(first.account == "broke" && first.events[0].starts_with("closed today"), "{first:?}");
    assert_eq!(found.accounts[1].liquidated_at.as_deref(), Some(first.time.as_str()));
    assert!(first.time < found.steps[1].time);
}
