//! Calibration of liquidation thresholds through the whole program: candidates against closed forms,
//! a front that is known beforehand, the same bits for any number of threads, faults of documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use plimsoll::document::{Confinement, Violations};
use plimsoll::engine::Control;
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Calibration, Candidate, Standing};
use plimsoll::report;
use plimsoll::study::calibration::LoadedCalibration;
use statrs::distribution::{ContinuousCDF, Normal};

const VOLATILITY: f64 = 0.8;
const MAINTENANCE: f64 = 0.02;
const DAYS: f64 = 5.0;

const MARKET: &str = "name = \"one coin\"\nas_of = 2026-01-01T00:00:00Z\n\
    [[asset]]\nsymbol = \"BTC\"\nprice = 100\n[[underlying]]\nsymbol = \"BTC\"\n";
const SCENARIO: &str = "name = \"one-perpetual\"\nportfolio = \"portfolio.toml\"\n\
    market = \"market.toml\"\n[simulation]\nhorizon = \"5d\"\nsteps = 6\nseed = 5\n\
    returns = \"log\"\n[model]\nprocess = { type = \"gbm\" }\ndrift = \"martingale\"\n\
    [model.stated_volatility]\n\"BTC.spot\" = 0.8\n";
/// One coin on a tenth of its worth, and a stop order 4 % below.
const PORTFOLIO: &str = "name = \"book\"\nvenue = [{ name = \"flat\", rules = \"flat.toml\" }]\n\
    [[account]]\nname = \"desk\"\nvenue = \"flat\"\nbalance = [{ asset = \"USD\", quantity = 10 }]\n\
    [[position]]\nid = \"long\"\naccount = \"desk\"\ntype = \"perpetual\"\nunderlying = \"BTC\"\n\
    quote = \"USD\"\nquantity = 1\nentry_price = 100\n";
const STOP: &str = "[[order]]\nid = \"out\"\nposition = \"long\"\nkind = \"stop\"\nquantity = -1\n\
    price = 96\nslippage = \"0.1%\"\n";
const RULES: &str = "name = \"flat\"\neffective = \"2025-01-01T00:00:00Z\"\n\
    source = \"a test\"\nliquidation_fee = \"0.5%\"\n\
    [futures]\nkind = \"flat\"\ninitial = \"2%\"\nmaintenance = \"2%\"\n\
    [liquidation]\nclose = \"full\"\nslippage = \"0.1%\"\nmonitoring = \"continuous\"\n";

/// A loan of 70 % of its collateral, liquidated above 75 %, looked at every 20 hours.
const LOAN: &str = "name = \"loan\"\nvenue = [{ name = \"lender\", rules = \"lender.toml\" }]\n\
    [[account]]\nname = \"borrower\"\nvenue = \"lender\"\n\
    balance = [{ asset = \"BTC\", quantity = 10 }, { asset = \"USD\", quantity = -700 }]\n";
const LENDER: &str = "name = \"lender\"\neffective = \"2025-01-01T00:00:00Z\"\n\
    source = \"a test\"\nliquidation_fee = 0\n[loan]\nclose_factor = \"50%\"\n\
    full_close_below = \"95%\"\n[loan.inside_paths]\n\
    [loan.assets.BTC]\nloan_to_value = \"70%\"\nliquidation_threshold = \"75%\"\nbonus = \"6%\"\n";

fn read(calibration: &str, portfolio: &str) -> Result<LoadedCalibration, Violations> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = [
        ("market.toml", MARKET),
        ("scenario.toml", SCENARIO),
        ("portfolio.toml", portfolio),
        ("flat.toml", RULES),
        ("lender.toml", LENDER),
        ("calibration.toml", calibration),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("writable");
    }
    LoadedCalibration::read(&folder.path().join("calibration.toml"), Confinement::Inside)
}

fn run(calibration: &str, portfolio: &str) -> Calibration {
    let loaded = read(calibration, portfolio).unwrap_or_else(|error| panic!("{error}"));
    let found = loaded.run(InstructionSet::detect(), &Control::none());
    found.unwrap_or_else(|error| panic!("{error}"))
}

fn document(parameters: &str) -> String {
    format!("name = \"test\"\nscenario = \"scenario.toml\"\npaths = 20_000\n{parameters}")
}

fn value(candidate: &Candidate, objective: usize) -> [f64; 2] {
    let found = candidate.figures.as_ref().expect("it can be held").objectives[objective];
    [found.value, found.standard_error]
}

/// Touching the line of `s(1 − m) = 1 − 1/leverage` within the horizon under a geometric Brownian
/// motion without drift in price (reflection principle: Harrison 1985, §1.8).
fn touch_probability(leverage: f64) -> [f64; 2] {
    let line = (1.0 - 1.0 / leverage) / (1.0 - MAINTENANCE);
    let deviation = VOLATILITY * (DAYS / 365.0).sqrt();
    let (log, half) = (libm::log(line), 0.5 * deviation * deviation);
    let normal = Normal::standard();
    let touched =
        normal.cdf((log + half) / deviation) + normal.cdf((log - half) / deviation) / line;
    [touched, line]
}

/// Liquidation probability, notional and cost of a single leveraged perpetual at several leverages.
#[test]
fn leverage_is_that_of_first_passage() {
    let text = document(
        "[[parameter]]\nkind = \"leverage\"\naccount = \"desk\"\nvalues = [5, 10, 20]\n\
         [[objective]]\nquantity = \"liquidated_notional\"\n[[objective]]\nquantity = \"cost\"\n\
         [[objective]]\nquantity = \"idle_capital\"\n",
    );
    let found = run(&text, PORTFOLIO);
    for (candidate, leverage) in found.candidates.iter().zip([5.0, 10.0, 20.0]) {
        let [probability, line] = touch_probability(leverage);
        let figures = candidate.figures.as_ref().unwrap();
        let error = (probability * (1.0 - probability) / 20_000.0).sqrt();
        let distance = (figures.liquidation_probability - probability).abs();
        assert!(distance < 4.0 * error, "{leverage}: {figures:?}, exact {probability}");
        // Collateral 10 carries a notional of 10·leverage, closed at the line.
        let notional = 10.0 * leverage * line;
        for (objective, each) in [(0, notional), (1, notional * 0.006)] {
            let [mean, error] = value(candidate, objective);
            assert!(
                (mean - probability * each).abs() < 4.0 * error,
                "{leverage}: {mean} ± {error}"
            );
        }
        // Idle: 10 less the initial margin of 2 %.
        let idle = value(candidate, 2);
        assert!((idle[0] - (10.0 - 0.02 * 10.0 * leverage)).abs() < 1e-9 && idle[1] == 0.0);
        // More leverage: less idle, more liquidated: all stand on the front.
        assert_eq!(candidate.standing, Standing::Front);
    }
    // As it stands the book has leverage 10: the same figures, bit for bit.
    assert_eq!(found.as_it_stands.figures, found.candidates[1].figures);
}

/// A fee costs and does nothing else: the smallest dominates all others, beyond error.
#[test]
fn what_is_dominated_is_dropped() {
    let text = document(
        "[[parameter]]\nkind = \"liquidation_fee\"\nvenue = \"flat\"\n\
         values = [\"0.1%\", \"0.5%\", \"1%\"]\n",
    );
    let found = run(&text, PORTFOLIO);
    let standings: Vec<Standing> = found.candidates.iter().map(|one| one.standing).collect();
    assert_eq!(standings, [Standing::Front, Standing::Dominated, Standing::Dominated]);
    assert!(found.candidates[1..].iter().all(|one| one.dominated_by == Some(1)));
    assert_eq!(found.as_it_stands.standing, Standing::Dominated);
    assert_eq!(found.as_it_stands.figures, found.candidates[1].figures);
    let [least, most] = [0, 2].map(|index| value(&found.candidates[index], 2)[0]);
    approx::assert_relative_eq!(most / least, 0.011 / 0.002, max_relative = 1e-9);
}

/// A stop before the line spares the liquidation; where it stands now it changes nothing.
#[test]
fn stops_act_at_their_distance() {
    let text = document(
        "[[parameter]]\nkind = \"stop_distance\"\norder = \"out\"\n\
         range = { from = \"4%\", to = \"12%\", points = 3 }\n",
    );
    let found = run(&text, &format!("{PORTFOLIO}{STOP}"));
    assert_eq!(found.as_it_stands.figures, found.candidates[0].figures, "4 % is where it stands");
    let probabilities: Vec<[f64; 2]> = found
        .candidates
        .iter()
        .map(|one| one.figures.as_ref().unwrap())
        .map(|one| [one.stop_probability, one.liquidation_probability])
        .collect();
    // The line is at −8.2 %: a stop before it is always touched first.
    assert!(probabilities[0][0] > probabilities[1][0], "{probabilities:?}");
    assert!(probabilities[0][1] == 0.0 && probabilities[1][1] == 0.0, "{probabilities:?}");
    // One at −12 % is only touched with the line, in the same step, and then fills first: together
    // they are the line's probability, within four standard errors.
    let exact = touch_probability(10.0)[0];
    let touched: f64 = probabilities[2].iter().sum();
    assert!((touched - exact).abs() < 0.014, "{probabilities:?}, {exact}");
}

/// A lender that sees older prices liquidates later: fewer loans inside the horizon, whose bonus is
/// its cost. One that sees the market's is the base, bit for bit; nothing is dominated by chance.
#[test]
fn a_lender_s_delay_and_deviation_act() {
    let delays = document(
        "[[parameter]]\nkind = \"oracle_delay\"\nvenue = \"lender\"\nvalues = [0, 20, 40]\n\
         [[objective]]\nquantity = \"cost\"\n[[objective]]\nquantity = \"liquidated_notional\"\n",
    );
    let moves = delays.replace("oracle_delay", "deviation_threshold");
    let moves = moves.replace("[0, 20, 40]", "[0, 0.05, 0.2]");
    for text in [delays, moves] {
        let found = run(&text, LOAN);
        assert_eq!(found.as_it_stands.figures, found.candidates[0].figures);
        let figures = found.candidates.iter().map(|one| one.figures.as_ref().unwrap());
        let shares: Vec<f64> = figures.map(|one| one.liquidation_probability).collect();
        assert!(shares.windows(2).all(|pair| pair[0] > pair[1]), "{shares:?}");
        for candidate in &found.candidates {
            // Every dollar repaid takes 1.06 of collateral, but where less is left.
            let [cost, repaid] = [0, 1].map(|objective| value(candidate, objective)[0]);
            assert!((0.0..=0.08).contains(&(cost / repaid)), "{cost} of {repaid}");
        }
    }
}

/// The desk kept at a leverage of 10, reduced above 12.
fn kept() -> String {
    let rule = "[account.rebalancing]\ntarget_leverage = 10\nupper_leverage = 12\n\
                trading_cost = \"0.1%\"\n";
    PORTFOLIO.replace("[[position]]", &format!("{rule}[[position]]"))
}

/// Touching a price on the way down, as [`touch_probability`] of its line.
fn touch_below(price: f64) -> f64 {
    touch_probability(1.0 / (1.0 - price * (1.0 - MAINTENANCE)))[0]
}

/// Equity is `100·x − 90`: it has leverage U at `x = 0.9·U/(U − 1)`, and the first trade is there,
/// watched at all times. A wider band trades less, for less; where it stands now nothing changes.
#[test]
fn a_band_and_its_target_act_where_leverage_leaves_it() {
    let edge = |upper: f64| touch_below(0.9 * upper / (upper - 1.0));
    let check = |candidate: &Candidate, upper: f64| {
        let found = candidate.figures.as_ref().unwrap().rebalancing_probability;
        let exact = edge(upper);
        let error = (exact * (1.0 - exact) / 20_000.0).sqrt();
        assert!((found - exact).abs() < 4.0 * error, "{upper}: {found}, exact {exact}");
    };
    let objectives = "[[objective]]\nquantity = \"cost\"\n\
                      [[objective]]\nquantity = \"liquidated_notional\"\n";
    let bands = document(&format!(
        "[[parameter]]\nkind = \"rebalancing_band\"\naccount = \"desk\"\n\
         values = [\"10%\", \"20%\", \"40%\", \"80%\"]\n{objectives}"
    ));
    let found = run(&bands, &kept());
    assert_eq!(found.as_it_stands.figures, found.candidates[1].figures, "20 % is where it stands");
    for (candidate, upper) in found.candidates.iter().zip([11.0, 12.0, 14.0, 18.0]) {
        check(candidate, upper);
    }
    let costs: Vec<f64> = found.candidates.iter().map(|one| value(one, 0)[0]).collect();
    assert!(costs.windows(2).all(|pair| pair[0] > pair[1]), "{costs:?}");

    // The band stays a fifth of the target wide; at 2.5 it stands outside today, and is reduced.
    let targets = document(&format!(
        "[[parameter]]\nkind = \"rebalancing_target\"\nvalues = [2.5, 10, 15, 30, 45]\n{objectives}"
    ));
    let found = run(&targets, &kept());
    assert_eq!(found.as_it_stands.figures, found.candidates[1].figures);
    let first = found.candidates[0].figures.as_ref().unwrap();
    // But where its venue closes it on the way to the first step.
    let either = first.rebalancing_probability + first.liquidation_probability;
    assert!((either - 1.0).abs() < 1e-12 && first.liquidation_probability < 0.05, "{first:?}");
    check(&found.candidates[2], 18.0);
    check(&found.candidates[3], 36.0);
    // Kept at 30 it is liquidated more often than at 10, and trades less: neither dominates.
    let liquidated = |index: usize| value(&found.candidates[index], 1)[0];
    assert!(liquidated(3) > liquidated(1), "{} {}", liquidated(3), liquidated(1));
    assert!(value(&found.candidates[3], 0)[1] > 0.0);
    // 54 is beyond the line of 50.
    assert_eq!(found.candidates[4].standing, Standing::Infeasible);
    let why = found.candidates[4].infeasible.as_deref().unwrap();
    assert!(why.contains("'desk': the band ends beyond the liquidation line"), "{why}");
    let unkept = bands.replace("account = \"desk\"", "account = \"other\"");
    let other = format!("{}[[account]]\nname = \"other\"\nvenue = \"flat\"\n", kept());
    let violations = read(&unkept, &other).expect_err("nobody keeps it at a leverage");
    let title = &violations.items()[0].title;
    assert_eq!(title, "`other` is not rebalanced inside paths");
}

#[test]
fn refinements_halve_the_spacing_around_the_front() {
    let text = document(
        "[search]\nmethod = \"grid\"\nrefinements = 2\n[[parameter]]\nkind = \"leverage\"\n\
         range = { from = 8, to = 12, points = 2 }\n\
         [[objective]]\nquantity = \"cost\"\n[[objective]]\nquantity = \"idle_capital\"\n",
    );
    let found = run(&text, PORTFOLIO);
    let mut values: Vec<[f64; 2]> =
        found.candidates.iter().map(|one| [f64::from(one.round), one.values[0]]).collect();
    values.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    assert_eq!(values, [[0.0, 8.0], [0.0, 12.0], [1.0, 10.0], [2.0, 9.0], [2.0, 11.0]]);
}

#[test]
fn a_candidate_that_cannot_be_held_says_why() {
    let text = document("[[parameter]]\nkind = \"leverage\"\nvalues = [10, 60]\n");
    let found = run(&text, PORTFOLIO);
    assert_eq!(found.candidates[1].standing, Standing::Infeasible);
    let why = found.candidates[1].infeasible.as_deref();
    assert_eq!(why, Some("'desk' is below its maintenance margin today"));
    assert_eq!(found.candidates[1].figures, None);
}

#[test]
fn the_shipped_calibrations_give_the_same_bits_for_any_threads() {
    let folder = with_fewer_paths();
    for name in ["calibration.toml", "venue.toml"] {
        let loaded = LoadedCalibration::read(&folder.path().join(name), Confinement::Inside);
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        let with = |threads: usize, isa| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| loaded.run(isa, &Control::none()));
            report::calibration_json(&found.unwrap()).expect("every figure is finite")
        };
        let one = with(1, InstructionSet::detect());
        assert!(one == with(3, InstructionSet::detect()), "{name}");
        let found: Calibration = serde_json::from_str(&one).unwrap();
        let front = found.candidates.iter().filter(|one| one.standing == Standing::Front).count();
        assert!(front >= 3 && front < found.candidates.len(), "{name}: {front}");
        check_reports(&found);
    }
}

/// The shipped documents, their calibrations on a tenth of the paths.
fn with_fewer_paths() -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/leverage");
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("entry").path();
        let text = fs::read_to_string(&path).expect("text");
        let name = path.file_name().expect("a name");
        let fewer = text.replace("paths = 10_000", "paths = 1_000");
        fs::write(copy.path().join(name), fewer).expect("writable");
    }
    copy
}

/// Chart, table and page hold what `result.json` does.
fn check_reports(found: &Calibration) {
    let page = report::calibration_html(found).expect("a page");
    for candidate in found.candidates.iter().filter(|one| one.figures.is_some()) {
        let [x, _] = value(candidate, 0);
        for objective in 1..found.objectives.len() {
            let [y, _] = value(candidate, objective);
            let mark = format!("data-id=\"{}\" data-name=", candidate.id);
            let marks = [format!("data-x=\"{x}\""), format!("data-y=\"{y}\"")];
            assert!(marks.iter().all(|mark| page.contains(mark)), "{mark} {marks:?}");
        }
    }
    let table = report::calibration_csv(found).expect("a table");
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), found.candidates.len() + 1);
    for (row, candidate) in rows[1..].iter().zip(&found.candidates) {
        assert_eq!(row[0].parse(), Ok(candidate.id));
        let settings = candidate.values.iter().enumerate();
        settings.for_each(|(index, value)| assert_eq!(row[4 + index].parse(), Ok(*value)));
    }
    let text = report::calibration_terminal(found, report::TerminalStyle::default()).unwrap();
    assert!(text.contains("stand on the front"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// Every fault at once, each at its place.
#[test]
fn faults_of_a_document_show_together() {
    let text = "name = \"test\"\nscenario = \"scenario.toml\"\n\
         [[parameter]]\nkind = \"stop_distance\"\norder = \"otu\"\nvalues = [\"5%\"]\n\
         [[parameter]]\nkind = \"leverage\"\naccount = \"dsk\"\nvenue = \"flat\"\nvalues = [5]\n\
         [[parameter]]\nkind = \"close_fraction\"\nvenue = \"flat\"\nvalues = [\"150%\", \"20%\"]\n\
         [[parameter]]\nkind = \"rebalancing_band\"\nvalues = [\"1%\"]\n\
         [[parameter]]\nkind = \"oracle_delay\"\nvenue = \"flat\"\nvalues = [1]\n\
         [[parameter]]\nkind = \"close_factor\"\nvenue = \"flat\"\nvalues = [\"20%\"]\n\
         [[parameter]]\nkind = \"bonus\"\nrange = { from = \"9%\", to = \"5%\" }\nvalues = [1]\n\
         [[objective]]\nquantity = \"cost\"\n[[objective]]\nquantity = \"cost\"\n";
    let violations = read(text, &format!("{PORTFOLIO}{STOP}")).expect_err("it has faults");
    let shown: Vec<String> = violations
        .items()
        .iter()
        .map(|one| format!("{}: {}", one.place.line(), one.title))
        .collect();
    assert_eq!(
        shown,
        [
            "5: the portfolio has no stop order `otu`",
            "9: the portfolio has no account `dsk`",
            "10: `venue` says nothing of this kind of parameter",
            "15: the value is out of range",
            "15: values must increase",
            "17: no account of the book is rebalanced inside paths",
            "20: the venue makes no loans",
            "24: the venue makes no loans",
            "27: the parameter needs `venue`",
            "30: both `values` and `range` are given",
            "33: this objective is stated twice",
        ],
        "{violations}"
    );
}

#[test]
fn the_command_line_exits_as_others_do() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("plimsoll starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run(&["calibrate"]).0, Some(2));
    assert_eq!(run(&["calibrate", "liquidation", "no/such.toml"]).0, Some(2));
    let (code, told) = run(&["calibrate", "liquidation", "scenarios/leverage/scenario.toml"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("missing key `parameter`"), "{told}");
    let (code, told) = run(&["check", "scenarios/leverage/calibration.toml"]);
    assert_eq!(code, Some(0), "{told}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let out = out.to_str().expect("UTF-8");
    let (code, told) = run(&[
        "calibrate",
        "liquidation",
        "scenarios/leverage/venue.toml",
        "--quiet",
        "--out",
        out,
    ]);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    let mut files: Vec<String> = fs::read_dir(out)
        .expect("the folder is there")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, ["calibration.html", "candidates.csv", "manifest.json", "result.json"]);
}
