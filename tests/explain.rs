//! `plimsoll explain` through the whole program: what was changed on purpose is told of its own step,
//! contributions sum, runs reproduce their bits from the copies of their inputs, and what cannot be
//! explained is refused in words.

#[path = "common/command.rs"]
mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::{plimsoll, stderr as told};
use plimsoll::outcome::{ExplainedFigure, ExplainedQuantity, ExplainedStep, Explanation, Outcome};

const SCENARIO: &str = "name = \"day\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
    policy = \"policy.toml\"\n[simulation]\nhorizon = \"1d\"\npaths = 4_000\nseed = 7\n\
    [model.stated_volatility]\n\"BTC.spot\" = \"60%\"\n\"ETH.spot\" = \"80%\"\n";
const MARKET: &str = "name = \"two coins\"\nas_of = 2026-01-01T00:00:00Z\n\
    [[asset]]\nsymbol = \"BTC\"\nprice = 100_000\n[[asset]]\nsymbol = \"ETH\"\nprice = 3_000\n\
    [[underlying]]\nsymbol = \"BTC\"\n\
    forward = [{ expiry = 2026-03-27T08:00:00Z, price = 101_000 }]\n\
    [underlying.volatility]\ntype = \"at_the_money\"\n\
    pillar = [{ expiry = 2026-01-01T12:00:00Z, volatility = \"70%\" },\n\
    { expiry = 2026-03-27T08:00:00Z, volatility = \"50%\" }]\n\
    [[underlying]]\nsymbol = \"ETH\"\n";
const PORTFOLIO: &str = "name = \"book\"\npositions = \"positions.csv\"\n\
    venue = [{ name = \"exchange\", rules = \"generic-flat@2026-01-01\" }]\n\
    [[account]]\nname = \"main\"\nvenue = \"exchange\"\n\
    balance = [{ asset = \"USD\", quantity = 200_000 }, { asset = \"BTC\", quantity = 1 }]\n";
const POSITIONS: &str = "id,account,type,underlying,settlement,quote,expiry,strike,right,quantity\n\
    long,main,perpetual,BTC,linear,USD,,,,0.5\n\
    calls,main,option,BTC,inverse,,2026-03-27T08:00:00Z,110000,call,-2\n\
    lapsing,main,option,BTC,inverse,,2026-01-01T12:00:00Z,100000,put,-0.1\n";
const POLICY: &str = "name = \"A quarter\"\nappetite = \"25%\"\n[capital]\nbase = \"collateral\"\n\
    [[term]]\nkind = \"simulated_shortfall\"\nname = \"Expected shortfall\"\nlevel = 0.975\n";

/// Documents that are run, changed, and run again.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(desk.path("in")).expect("writable");
        let documents = [
            ("scenario.toml", SCENARIO),
            ("market.toml", MARKET),
            ("portfolio.toml", PORTFOLIO),
            ("positions.csv", POSITIONS),
            ("policy.toml", POLICY),
        ];
        for (name, text) in documents {
            desk.write(name, text);
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("in").join(name), text).expect("writable");
    }

    /// Replaces text of a document, which must be there.
    fn change(&self, name: &str, from: &str, to: &str) {
        let path = self.path("in").join(name);
        let text = fs::read_to_string(&path).expect("it was written");
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(path, text.replace(from, to)).expect("writable");
    }

    fn plimsoll(&self, arguments: &[&str]) -> Output {
        plimsoll(self.folder.path(), arguments)
    }

    /// Runs the documents into a folder; a breach is a finding.
    fn run(&self, out: &str, more: &[&str]) {
        let arguments = ["run", "in", "--quiet", "--no-catalogue", "--out", out];
        let output = self.plimsoll(&[&arguments, more].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", told(&output));
    }

    fn outcome(&self, out: &str) -> Outcome {
        let text = fs::read_to_string(self.path(out).join("result.json")).expect("it was run");
        serde_json::from_str(&text).expect("an outcome")
    }

    fn explain(&self, more: &[&str]) -> Explanation {
        let arguments = ["explain", "earlier", "later", "--quiet", "--json"];
        let output = self.plimsoll(&[&arguments, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let explanation: Explanation =
            serde_json::from_slice(&output.stdout).expect("an explanation");
        self.check(&explanation);
        explanation
    }

    /// Ends are those of the results, bit for bit, and contributions sum to the change.
    fn check(&self, explanation: &Explanation) {
        let [earlier, later] = ["earlier", "later"].map(|out| self.outcome(out));
        for figure in &explanation.figures {
            assert_eq!(figure.before, read(figure.quantity, &earlier), "{:?}", figure.quantity);
            assert_eq!(figure.after, read(figure.quantity, &later), "{:?}", figure.quantity);
            let sum: f64 = figure.steps.iter().map(|step| step.contribution).sum();
            let largest = figure.steps.iter().map(|step| step.value.abs()).fold(0.0, f64::max);
            // One rounding a difference and a sum.
            let tolerance = 12.0 * f64::EPSILON * largest.max(figure.before.abs());
            assert!((sum - figure.change).abs() <= tolerance, "{figure:?}");
            assert_eq!(figure.change, figure.after - figure.before);
            assert_eq!(figure.steps.last().expect("six steps").value, figure.after);
        }
    }

    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.plimsoll(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        told(&output)
    }
}

fn read(quantity: ExplainedQuantity, outcome: &Outcome) -> f64 {
    let threshold = outcome.threshold.as_ref().expect("a policy");
    match quantity {
        ExplainedQuantity::Threshold => threshold.threshold,
        ExplainedQuantity::ExpectedShortfall => outcome.contributions.expected_shortfall,
        ExplainedQuantity::PotentialLoss => threshold.potential_loss,
        ExplainedQuantity::Utilisation => threshold.utilisation.expect("finite"),
        ExplainedQuantity::Capital => threshold.capital,
    }
}

fn figure(explanation: &Explanation, quantity: ExplainedQuantity) -> &ExplainedFigure {
    explanation.figures.iter().find(|one| one.quantity == quantity).expect("told")
}

/// That nothing moved but by `step`, which moved every one of `quantities`.
fn assert_alone(explanation: &Explanation, step: ExplainedStep, quantities: &[ExplainedQuantity]) {
    assert_eq!(explanation.figures.len(), 5);
    for figure in &explanation.figures {
        for one in figure.steps.iter().filter(|one| one.step != step) {
            assert_eq!(one.contribution, 0.0, "{:?} by {:?}", figure.quantity, one.step);
        }
    }
    for one in &explanation.steps {
        assert_eq!(one.changed, one.step == step, "{:?}", one.step);
        assert_eq!(one.told_with_next, None);
    }
    for quantity in quantities {
        assert_ne!(figure(explanation, *quantity).change, 0.0, "{quantity:?}");
    }
}

const ES: ExplainedQuantity = ExplainedQuantity::ExpectedShortfall;

#[test]
fn one_change_is_told_of_its_own_step() {
    use ExplainedQuantity::{Capital, PotentialLoss, Threshold, Utilisation};
    type Changed = fn(&Desk);
    let cases: [(&str, ExplainedStep, &[ExplainedQuantity], Changed); 6] = [
        ("a day", ExplainedStep::Time, &[ES, PotentialLoss, Utilisation], |desk| {
            // What has expired by then is gone from both documents, as on any later day.
            desk.change(
                "market.toml",
                "as_of = 2026-01-01T00:00:00Z",
                "as_of = 2026-01-02T00:00:00Z",
            );
            let lapsed = "{ expiry = 2026-01-01T12:00:00Z, volatility = \"70%\" },\n";
            desk.change("market.toml", lapsed, "");
            let lapsed = "lapsing,main,option,BTC,inverse,,2026-01-01T12:00:00Z,100000,put,-0.1\n";
            desk.change("positions.csv", lapsed, "");
        }),
        ("volatility +10 %", ExplainedStep::Market, &[ES, PotentialLoss, Utilisation], |desk| {
            desk.change("market.toml", "\"50%\"", "\"55%\"");
            desk.change("market.toml", "\"70%\"", "\"77%\"");
        }),
        ("one position", ExplainedStep::Positions, &[ES, PotentialLoss, Utilisation], |desk| {
            let row = "quantity\n";
            let more = "quantity\nshort,main,perpetual,ETH,linear,USD,,,,-20\n";
            desk.change("positions.csv", row, more);
        }),
        ("collateral", ExplainedStep::Collateral, &[Threshold, Utilisation, Capital], |desk| {
            desk.change("portfolio.toml", "quantity = 200_000", "quantity = 150_000");
        }),
        ("appetite", ExplainedStep::Parameters, &[Threshold, Utilisation], |desk| {
            desk.change("policy.toml", "25%", "20%");
        }),
        ("seed", ExplainedStep::Noise, &[ES, PotentialLoss, Utilisation], |desk| {
            desk.change("scenario.toml", "seed = 7", "seed = 8");
        }),
    ];
    for (name, step, moved, change) in cases {
        let desk = Desk::new();
        desk.run("earlier", &[]);
        change(&desk);
        desk.run("later", &[]);
        let explanation = desk.explain(&[]);
        assert_alone(&explanation, step, moved);
        let shortfall = figure(&explanation, ES);
        for one in &shortfall.steps {
            let error = one.standard_error.expect("paths are plain");
            let is_moved = one.step == step && moved.contains(&ES);
            // Cash moves losses by their rounding.
            assert_eq!(error > 1e-9, is_moved, "{name}: {error}");
        }
    }
}

/// The error of a difference on common numbers is far below that of one ES, and that of a new seed
/// about √2 of it: the two are independent.
#[test]
fn errors_are_those_of_differences_on_common_numbers() {
    let desk = Desk::new();
    desk.run("earlier", &[]);
    desk.change("market.toml", "\"50%\"", "\"51%\"");
    desk.change("scenario.toml", "seed = 7", "seed = 8");
    desk.run("later", &[]);
    let explanation = desk.explain(&[]);
    let shortfall = figure(&explanation, ES);
    let [low, high] = shortfall.steps[0].interval_95.expect("drawn");
    let alone = (high - low) / (2.0 * 1.96);
    let error = |step: usize| shortfall.steps[step].standard_error.expect("plain");
    assert!(error(1) < 0.05 * alone, "{} against {alone}", error(1));
    let ratio = error(5) / alone;
    assert!((1.2..1.7).contains(&ratio), "{ratio}");
    assert!(shortfall.steps[5].contribution.abs() < 4.0 * error(5));
}

#[test]
fn everything_at_once_sums_and_overrides_are_parameters() {
    let desk = Desk::new();
    desk.write(
        "trades.csv",
        &POSITIONS
            .replace("long,", "more,")
            .replace("calls,", "other,")
            .replace("lapsing,", "third,"),
    );
    desk.run("earlier", &["--with", "in/trades.csv", "--paths", "3000"]);
    desk.change("market.toml", "price = 100_000", "price = 96_000");
    desk.change("portfolio.toml", "quantity = 200_000", "quantity = 150_000");
    desk.change("positions.csv", ",-2\n", ",-3\n");
    desk.change("policy.toml", "25%", "20%");
    desk.run("later", &["--seed", "9"]);
    let explanation = desk.explain(&[]);
    let changed: Vec<bool> = explanation.steps.iter().map(|step| step.changed).collect();
    assert_eq!(changed, [false, true, true, true, true, true]);
    assert_eq!((explanation.paths, explanation.seeds), ([3_000, 4_000], [7, 9]));
    // Not the same paths: no error is known of what their number moved, nor of the whole.
    let shortfall = figure(&explanation, ES);
    assert_eq!(shortfall.steps[4].standard_error, None);
    assert_eq!(shortfall.standard_error, None);
    assert!(shortfall.steps[5].standard_error.is_some());
    let words: Vec<&str> = explanation.steps.iter().map(|step| &*step.what).collect();
    assert_eq!(words[2], "changed calls");
    assert_eq!(words[3], "changed main");
    assert_eq!(words[4], "paths 3000 → 4000; appetite 25 % → 20 %");
    assert_eq!(words[5], "seed 7 → 9");
}

#[test]
fn equal_runs_have_nothing_to_explain() {
    let desk = Desk::new();
    desk.run("earlier", &[]);
    desk.run("later", &[]);
    let explanation = desk.explain(&[]);
    assert!(explanation.steps.iter().all(|step| !step.changed));
    for figure in &explanation.figures {
        assert_eq!(figure.change, 0.0);
        assert!(figure.steps.iter().all(|step| step.contribution == 0.0));
    }
    let output = desk.plimsoll(&["explain", "earlier", "later", "--quiet", "--out", "moved"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let page = fs::read_to_string(desk.path("moved/explanation.html")).expect("written");
    assert!(page.contains("The threshold did not move."));
}

/// A new account opens empty with the positions that need it; its balances are collateral.
#[test]
fn an_account_of_the_later_book_alone_opens_empty() {
    let desk = Desk::new();
    desk.run("earlier", &[]);
    desk.change("positions.csv", "long,main,", "long,second,");
    let more = "[[account]]\nname = \"second\"\nvenue = \"exchange\"\n\
                balance = [{ asset = \"USD\", quantity = 30_000 }]\n";
    desk.write("portfolio.toml", &format!("{PORTFOLIO}{more}"));
    desk.run("later", &[]);
    let explanation = desk.explain(&[]);
    let changed: Vec<bool> = explanation.steps.iter().map(|step| step.changed).collect();
    assert_eq!(changed, [false, false, true, true, false, false]);
    let capital = figure(&explanation, ExplainedQuantity::Capital);
    assert_eq!(capital.steps[3].contribution, 30_000.0);
}

/// The later book has no account by the name that the earlier policy limits: the book alone makes no
/// sense, and is told with the policy.
#[test]
fn a_step_that_makes_no_sense_alone_is_told_with_the_next() {
    let desk = Desk::new();
    let limit = "[[limit]]\nname = \"one\"\nlevel = \"account\"\nof = \"main\"\n\
                 measure = \"gross_exposure\"\nsoft = 1_000_000\n";
    desk.write("policy.toml", &format!("{POLICY}{limit}"));
    desk.run("earlier", &[]);
    desk.change("policy.toml", "of = \"main\"", "of = \"renamed\"");
    desk.change("portfolio.toml", "name = \"main\"", "name = \"renamed\"");
    desk.change("portfolio.toml", "quantity = 200_000", "quantity = 150_000");
    desk.change("positions.csv", ",main,", ",renamed,");
    desk.run("later", &[]);
    let explanation = desk.explain(&[]);
    let told: Vec<bool> =
        explanation.steps.iter().map(|step| step.told_with_next.is_some()).collect();
    assert_eq!(told, [false, false, false, true, false, false]);
    let reason = explanation.steps[3].told_with_next.as_deref().expect("a reason");
    assert!(reason.contains("main"), "{reason}");
    let capital = figure(&explanation, ExplainedQuantity::Capital);
    assert_eq!(capital.steps[3].contribution, 0.0);
    assert_eq!(capital.steps[4].contribution, -50_000.0);
}

#[test]
fn copies_are_byte_for_byte_and_enough() {
    let desk = Desk::new();
    desk.write("positions.csv", &format!("\u{feff}{}", POSITIONS.replace('\n', "\r\n")));
    desk.run("earlier", &[]);
    let copies: Vec<PathBuf> = fs::read_dir(desk.path("earlier/inputs"))
        .expect("copies")
        .map(|entry| entry.expect("readable").path())
        .collect();
    assert_eq!(copies.len(), 5);
    for name in ["scenario.toml", "market.toml", "portfolio.toml", "positions.csv", "policy.toml"] {
        let copy = copies.iter().find(|copy| ends_with(copy, name)).expect(name);
        let [copy, file] = [copy, &desk.path("in").join(name)].map(|one| fs::read(one).unwrap());
        assert_eq!(copy, file, "{name}");
    }
    // The documents may go: the copies are enough.
    desk.run("later", &["--seed", "3"]);
    fs::remove_dir_all(desk.path("in")).expect("it was there");
    let explanation = desk.explain(&[]);
    assert_alone(&explanation, ExplainedStep::Noise, &[ES]);
}

fn ends_with(path: &Path, name: &str) -> bool {
    path.to_string_lossy().ends_with(&format!("-{name}"))
}

#[test]
fn shipped_scenarios_are_kept_too() {
    let desk = Desk::new();
    for (out, seed) in [("earlier", "1"), ("later", "2")] {
        let shipped = "shipped:minimal/scenario.toml";
        let arguments = ["run", shipped, "--quiet", "--no-catalogue", "--paths", "2000"];
        let output = desk.plimsoll(&[&arguments[..], &["--seed", seed, "--out", out]].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", told(&output));
    }
    assert_alone(&desk.explain(&[]), ExplainedStep::Noise, &[ES]);
}

#[test]
fn what_cannot_be_explained_is_refused_in_words() {
    let desk = Desk::new();
    desk.run("earlier", &[]);
    desk.run("bare", &["--no-inputs"]);
    let both = |later: &str| desk.refusal(&["explain", "earlier", later]);
    assert!(both("bare").contains("has no copies of its inputs"), "{}", both("bare"));
    assert!(both("in").contains("it has no manifest.json"), "{}", both("in"));
    assert!(both("nowhere").contains("is not a folder of plimsoll results"));
    desk.write(
        "scenario.toml",
        "name = \"crash\"\nkind = \"shock\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
         [shock]\nmoves = { \"BTC.spot\" = \"-40%\" }\n",
    );
    desk.run("shock", &[]);
    let refused = both("shock");
    assert!(refused.contains("only runs that draw their paths can be explained"), "{refused}");
    assert!(refused.contains("shock holds a scenario of kind"), "{refused}");
}

#[test]
fn tampered_results_are_not_explained() {
    let desk = Desk::new();
    desk.run("earlier", &[]);
    desk.run("later", &[]);
    let path = desk.path("later/result.json");
    let text = fs::read_to_string(&path).expect("it was run");
    let other = text.replace("\"currency\": \"USD\"", "\"currency\": \"EUR\"");
    assert_ne!(text, other);
    fs::write(&path, &other).expect("writable");
    let refused = desk.refusal(&["explain", "earlier", "later"]);
    assert!(refused.contains("was changed after it was written"), "{refused}");
    seal(&desk.path("later"), &other);
    let refused = desk.refusal(&["explain", "earlier", "later"]);
    assert!(refused.contains("earlier reports in USD, later in EUR"), "{refused}");
    // As if another binary had made it: the same inputs, another figure.
    let outcome = desk.outcome("earlier");
    let loss = outcome.contributions.expected_shortfall;
    let moved = text.replace(&format!("{loss}"), &format!("{}", loss + 1.0));
    assert_ne!(text, moved);
    fs::write(&path, &moved).expect("writable");
    seal(&desk.path("later"), &moved);
    let refused = desk.refusal(&["explain", "later", "earlier"]);
    assert!(refused.contains("later cannot be reproduced: its "), "{refused}");
    assert!(refused.contains("when it is run again by this binary"), "{refused}");
}

/// Writes the hash of `text` as that of the result into the manifest.
fn seal(folder: &Path, text: &str) {
    let path = folder.join("manifest.json");
    let manifest = fs::read_to_string(&path).expect("it was run");
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    for result in manifest["results"].as_array_mut().expect("a list") {
        if result["name"] == "result.json" {
            result["blake3"] = blake3::hash(text.as_bytes()).to_hex().to_string().into();
        }
    }
    fs::write(&path, manifest.to_string()).expect("writable");
}

#[test]
fn screen_and_page_tell_the_same() {
    let desk = Desk::new();
    desk.run("earlier", &[]);
    desk.change("portfolio.toml", "quantity = 200_000", "quantity = 150_000");
    desk.change("positions.csv", ",-2\n", ",-3\n");
    desk.run("later", &[]);
    let explanation = desk.explain(&["--out", "moved"]);
    let output = desk.plimsoll(&["explain", "earlier", "later", "--quiet"]);
    assert!(output.stdout.is_empty());
    let output = desk.plimsoll(&["explain", "earlier", "later"]);
    let screen = String::from_utf8_lossy(&output.stdout).into_owned();
    // 50,000 USD less of cash at no haircut, a quarter of which may be lost.
    let sentence = "The threshold fell by 12.5k USD to ";
    assert!(screen.contains(sentence), "{screen}");
    assert!(screen.contains("collateral −12.5k."), "{screen}");
    assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
    let page = fs::read_to_string(desk.path("moved/explanation.html")).expect("written");
    assert!(page.contains(sentence));
    for (index, figure) in explanation.figures.iter().enumerate() {
        let chart = page.split(&format!("id=\"chart-explained-{index}\"")).nth(1);
        let chart = chart.and_then(|rest| rest.split("</svg>").next()).expect("a chart");
        let bars: Vec<[f64; 2]> = chart.split("data-from=\"").skip(1).map(ends).collect();
        assert_eq!(bars.len(), 7, "six steps and the whole");
        let mut reached = 0.0;
        for (bar, step) in bars.iter().zip(&figure.steps) {
            assert_eq!(*bar, [reached, reached + step.contribution]);
            reached += step.contribution;
        }
        assert_eq!(bars[6], [0.0, figure.change]);
    }
}

/// The ends of a bar from the text after `data-from="`.
fn ends(text: &str) -> [f64; 2] {
    let from = text.split('"').next().expect("a figure");
    let to = text.split("data-to=\"").nth(1).and_then(|rest| rest.split('"').next());
    [from, to.expect("both ends")].map(|end| end.parse().expect("a number"))
}
