//! Batches through the whole program: the bits of separate runs, killed and resumed, faults among
//! good scenarios, exit codes, faults of documents.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use plimsoll::document::{Confinement, Violations};
use plimsoll::engine::Overrides;
use plimsoll::study::batch::LoadedBatch;
use serde_json::Value;

const MARKET: &str = "name = \"two coins\"\nas_of = 2026-01-01T00:00:00Z\n\
    [[asset]]\nsymbol = \"BTC\"\nprice = 100_000\n[[asset]]\nsymbol = \"ETH\"\nprice = 3_000\n\
    [[underlying]]\nsymbol = \"BTC\"\n[[underlying]]\nsymbol = \"ETH\"\n";
const POLICY: &str = "name = \"A tenth\"\nappetite = \"10%\"\ncombination = \"maximum\"\n\
    [capital]\nbase = \"collateral\"\n\
    [[term]]\nkind = \"simulated_shortfall\"\nname = \"Expected shortfall\"\nlevel = 0.975\n\
    [[term]]\nkind = \"stressed_loss\"\nname = \"Stressed loss\"\n\
    [[term.stress]]\nname = \"fall\"\nall_spots = \"-10%\"\n";

/// A batch of three scenarios and a shock on two books, in a folder of its own.
struct Suite {
    folder: tempfile::TempDir,
}

impl Suite {
    fn new() -> Self {
        let suite = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for name in ["scenarios", "books"] {
            fs::create_dir(suite.path(name)).expect("writable");
        }
        suite.write("market.toml", MARKET);
        suite.write("policy.toml", POLICY);
        for (name, paths) in [("one", 2_000), ("two", 3_000), ("three", 2_500)] {
            suite.write(&format!("scenarios/{name}.toml"), &simulated(name, paths));
        }
        suite.write(
            "scenarios/crash.toml",
            "name = \"crash\"\nkind = \"shock\"\nportfolio = \"../books/long.toml\"\n\
             market = \"../market.toml\"\npolicy = \"../policy.toml\"\n\
             [shock]\nmoves = { \"BTC.spot\" = \"-40%\" }\n",
        );
        suite.write("books/long.toml", &book("long", 1.0));
        suite.write("books/small.toml", &book("small", 0.1));
        suite.write(
            "batch.toml",
            "name = \"suite\"\nscenarios = [\"scenarios\"]\n\
             book = [{ name = \"long\", portfolio = \"books/long.toml\" },\n\
             { name = \"small\", portfolio = \"books/small.toml\" }]\n",
        );
        suite
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("writable");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("plimsoll starts")
    }
}

fn simulated(name: &str, paths: u32) -> String {
    format!(
        "name = \"{name}\"\nportfolio = \"../books/long.toml\"\nmarket = \"../market.toml\"\n\
         policy = \"../policy.toml\"\n[simulation]\nhorizon = \"1d\"\npaths = {paths}\nseed = 3\n\
         [model.stated_volatility]\n\"BTC.spot\" = 0.8\n\"ETH.spot\" = 0.9\n"
    )
}

fn book(name: &str, quantity: f64) -> String {
    format!(
        "name = \"{name}\"\nvenue = [{{ name = \"exchange\", rules = \"generic-flat@2026-01-01\" }}]\n\
         [[account]]\nname = \"main\"\nvenue = \"exchange\"\n\
         balance = [{{ asset = \"USD\", quantity = 100_000 }}]\n\
         [[position]]\nid = \"bitcoin\"\naccount = \"main\"\ntype = \"perpetual\"\n\
         underlying = \"BTC\"\nquote = \"USD\"\nquantity = {quantity}\n\
         [[position]]\nid = \"ether\"\naccount = \"main\"\ntype = \"perpetual\"\n\
         underlying = \"ETH\"\nquote = \"USD\"\nquantity = -2\n"
    )
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below a folder but manifests, which hold times.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("readable") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "manifest.json") {
                let inside = path.strip_prefix(folder).expect("below").to_path_buf();
                found.insert(inside, fs::read(&path).expect("readable"));
            }
        }
    }
    found
}

/// Files that differ, by name.
fn differing(a: &Path, b: &Path) -> Vec<PathBuf> {
    differing_as(a, b, |bytes| bytes)
}

/// Files that differ as `seen` sees them, by name.
fn differing_as(a: &Path, b: &Path, seen: fn(Vec<u8>) -> Vec<u8>) -> Vec<PathBuf> {
    let [a, b] = [a, b].map(|folder| -> BTreeMap<PathBuf, Vec<u8>> {
        contents(folder).into_iter().map(|(name, bytes)| (name, seen(bytes))).collect()
    });
    let names: std::collections::BTreeSet<&PathBuf> = a.keys().chain(b.keys()).collect();
    names.into_iter().filter(|name| a.get(*name) != b.get(*name)).cloned().collect()
}

/// A file without the rows of a report that name the files read, of which the scenario is another
/// where a run is made alone.
fn without_inputs(bytes: Vec<u8>) -> Vec<u8> {
    const HASH: &str = "</th><td class=\"words\"><code>";
    match String::from_utf8(bytes) {
        Ok(text) => {
            let lines: Vec<&str> = text.lines().filter(|line| !line.contains(HASH)).collect();
            lines.join("\n").into_bytes()
        }
        Err(other) => other.into_bytes(),
    }
}

/// What runs share moves no bit: each folder is that of the scenario run alone, with its book named
/// in the scenario itself.
#[test]
fn runs_have_the_bits_of_separate_runs() {
    let suite = Suite::new();
    let output = suite.run(&["batch", "batch.toml", "--out", "out", "--jobs", "3", "--quiet"]);
    assert_eq!(code(&output), 1, "{}", told(&output));
    assert!(output.stdout.is_empty());
    for scenario in ["one", "two", "three", "crash"] {
        for book in ["long", "small"] {
            let text = fs::read_to_string(suite.path(&format!("scenarios/{scenario}.toml")));
            let text = text.expect("text").replace("long.toml", &format!("{book}.toml"));
            suite.write("scenarios/alone.toml", &text);
            let alone = format!("alone/{scenario}.{book}");
            let document =
                ["run", "scenarios/alone.toml", "--allow-outside", "--no-inputs", "--quiet"];
            let single = suite.run(&[&document[..], &["--out", &alone]].concat());
            assert!(code(&single) <= 1, "{}", told(&single));
            let together = suite.path(&format!("out/{scenario}.{book}"));
            let alone = suite.path(&alone);
            let differing = differing_as(&alone, &together, without_inputs);
            assert!(differing.is_empty(), "{scenario} {book}: {differing:?}");
        }
    }
}

/// The summary says what the results say, the largest loss first.
#[test]
fn the_summary_is_of_the_results() {
    let suite = Suite::new();
    let output = suite.run(&["batch", ".", "--out", "out", "--json"]);
    let lines = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(lines.len(), 8, "{}", told(&output));
    let json = |name: &str| -> Value {
        let text = fs::read_to_string(suite.path(name)).expect("written");
        serde_json::from_str(&text).expect("JSON")
    };
    assert_eq!(json("out/summary.json")["runs"], Value::Array(lines.clone()));
    let losses: Vec<f64> =
        lines.iter().map(|line| line["figures"]["loss"].as_f64().expect("a loss")).collect();
    assert!(losses.windows(2).all(|pair| pair[0] >= pair[1]), "{losses:?}");
    for line in &lines {
        let name = line["run"].as_str().expect("a name");
        let result = json(&format!("out/{name}/result.json"));
        let measured = &result["measures"]["expected_shortfall"];
        let highest = measured.as_array().and_then(|all| all.last()).map(|one| &one["loss"]);
        assert_eq!(&line["figures"]["loss"], highest.unwrap_or(&result["loss"]), "{name}");
        let threshold = &result["threshold"];
        for key in ["capital", "threshold", "utilisation", "status"] {
            assert_eq!(line["figures"][key], threshold[key], "{name}: {key}");
        }
    }
    let table = fs::read(suite.path("out/summary.csv")).expect("written");
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let page = fs::read_to_string(suite.path("out/index.html")).expect("written");
    let page = page.replace("&#x2f;", "/");
    for ((row, line), loss) in rows.iter().zip(&lines).zip(&losses) {
        assert_eq!(Some(&row[0]), line["run"].as_str());
        assert_eq!(row[6].parse(), Ok(*loss));
        let link = format!("href=\"{}/report.html\"", &row[0]);
        assert!(page.contains(&link), "{link}");
        assert!(suite.path(&format!("out/{}/report.html", &row[0])).is_file());
    }
    assert_eq!(rows.len(), lines.len());
}

/// Killed between its runs and inside them, and resumed, a batch ends as one left alone.
#[cfg(unix)]
#[test]
fn a_killed_batch_resumes_to_the_same_bytes() {
    let suite = Suite::new();
    assert_eq!(code(&suite.run(&["batch", ".", "--out", "whole", "--quiet"])), 1);
    let folder = suite.path("killed");
    let (mut state, mut killed) = (20_260_101_u64, 0);
    for _ in 0..12 {
        // A linear congruential generator (Knuth, MMIX).
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let more = (state >> 33) as usize % 4;
        let delay = Duration::from_micros((state >> 40) % 20_000);
        if killed_after(&suite, runs_in(&folder) + more, delay) {
            killed += 1;
        } else {
            // It was faster than the kill: the next one starts from nothing.
            fs::remove_dir_all(&folder).expect("removable");
        }
        check_whole(&folder);
    }
    assert!(killed > 0, "no kill came before the end");
    let last = suite.run(&["batch", ".", "--out", "killed", "--resume"]);
    assert_eq!(code(&last), 1, "{}", told(&last));
    let differing = differing(&suite.path("whole"), &suite.path("killed"));
    assert!(differing.is_empty(), "{differing:?}");
    let hidden = fs::read_dir(suite.path("killed")).expect("readable").filter(|entry| {
        let name = entry.as_ref().expect("entry").file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(hidden.count(), 0, "nothing half-written is left");
}

/// Resumes the batch and kills it `delay` after `runs` of its runs stand; false if it ended first.
fn killed_after(suite: &Suite, runs: usize, delay: Duration) -> bool {
    let mut batch = suite.command(&["batch", ".", "--out", "killed", "--resume", "--quiet"]);
    let mut batch = batch.stderr(Stdio::null()).spawn().expect("plimsoll starts");
    let ended = |batch: &mut Child| batch.try_wait().expect("known").is_some();
    while runs_in(&suite.path("killed")) < runs && !ended(&mut batch) {
        std::thread::sleep(Duration::from_micros(100));
    }
    std::thread::sleep(delay);
    let in_time = !ended(&mut batch);
    batch.kill().expect("it can be killed");
    batch.wait().expect("it ended");
    in_time
}

/// How many runs stand in the folder of a batch.
fn runs_in(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let visible = |name: &str| !name.starts_with('.');
    let names = entries.map(|entry| entry.expect("entry"));
    names
        .filter(|entry| entry.path().is_dir() && visible(&entry.file_name().to_string_lossy()))
        .count()
}

/// Every folder that shows holds a manifest and all that it lists.
fn check_whole(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("entry").path()) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') {
            let whole = plimsoll::document::whole_results(&path);
            assert!(whole.is_some(), "{name} is half-written");
        }
    }
}

/// A book that holds twice the bitcoin loses twice as much on it; nothing else changes.
#[test]
fn a_comparison_tells_what_changed_by_run_and_by_contribution() {
    let suite = Suite::new();
    assert_eq!(code(&suite.run(&["batch", ".", "--out", "first", "--quiet"])), 1);
    suite.write("books/small.toml", &book("small", 0.2));
    fs::remove_file(suite.path("scenarios/three.toml")).expect("removable");
    assert_eq!(code(&suite.run(&["batch", ".", "--out", "second", "--quiet"])), 1);
    let output = suite.run(&["compare", "first", "second", "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["only_in_first"], serde_json::json!(["three.long", "three.small"]));
    assert_eq!(found["only_in_second"], serde_json::json!([]));
    let runs = found["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 6);
    let number = |value: &Value| value.as_f64().expect("a number");
    let changes: Vec<f64> = runs.iter().map(|run| number(&run["change"]).abs()).collect();
    assert!(changes.windows(2).all(|pair| pair[0] >= pair[1]), "{changes:?}");
    for run in runs {
        let name = run["run"].as_str().expect("a name");
        let (change, losses) = (number(&run["change"]), &run["losses"]);
        assert_eq!(change, number(&losses[1]) - number(&losses[0]), "{name}");
        assert_eq!(change == 0.0, name.ends_with(".long"), "{name}");
        let parts = run["contributions"].as_array().expect("contributions");
        let sum: f64 = parts.iter().map(|part| number(&part["change"])).sum();
        assert!((sum - change).abs() < 1e-9 * number(&losses[1]).abs(), "{name}: {sum} {change}");
        if name == "crash.small" {
            assert_eq!(parts[0]["name"], "bitcoin", "the largest change first");
            let [before, after] = [0, 1].map(|index| number(&parts[0]["losses"][index]));
            assert!((after / before - 2.0).abs() < 1e-12, "{before} {after}");
        }
    }
    let told = suite.run(&["compare", "first", "second"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("crash.small") && told.contains("three.long"), "{told}");
    let missing = suite.run(&["compare", "first", "nowhere"]);
    assert_eq!(code(&missing), 2);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("nowhere"));
}

#[test]
fn what_has_changed_is_run_again_and_nothing_else() {
    let suite = Suite::new();
    let batch = ["batch", ".", "--out", "out"];
    let resume = [&batch[..], &["--resume"]].concat();
    assert_eq!(code(&suite.run(&batch)), 1);
    assert!(told(&suite.run(&resume)).contains("8 of 8 runs stood already"));
    // A book, which four runs read.
    suite.write("books/small.toml", &book("small", 0.2));
    let output = suite.run(&resume);
    assert!(told(&output).contains("4 of 8 runs stood already"), "{}", told(&output));
    assert_eq!(told(&output).matches("have changed; it is run again").count(), 4);
    // A setting: shocks draw nothing, but are known by it too.
    let output = suite.run(&[&resume[..], &["--seed", "9"]].concat());
    assert!(!told(&output).contains("stood already"), "{}", told(&output));
    // Results that are not what they were.
    fs::write(suite.path("out/one.long/result.json"), "{}").expect("writable");
    let output = suite.run(&[&resume[..], &["--seed", "9"]].concat());
    assert!(told(&output).contains("7 of 8 runs stood already"), "{}", told(&output));
    let fresh = suite.run(&["batch", ".", "--out", "fresh", "--seed", "9", "--quiet"]);
    assert_eq!(code(&fresh), 1);
    assert!(differing(&suite.path("fresh"), &suite.path("out")).is_empty());
}

#[test]
fn one_bad_scenario_does_not_stop_the_rest() {
    let suite = Suite::new();
    let bad = simulated("bad", 2_000).replace("paths = 2000", "paths = \"few\"\nsteps = 0");
    suite.write("scenarios/bad.toml", &bad);
    let output = suite.run(&["batch", ".", "--out", "out"]);
    assert_eq!(code(&output), 2, "{}", told(&output));
    let told_of = told(&output);
    // On both books: in full once, each with place and count.
    assert_eq!(told_of.matches("scenarios/bad.toml:7:9").count(), 1, "{told_of}");
    assert!(told_of.contains("2 violations"), "{told_of}");
    let text = fs::read_to_string(suite.path("out/summary.json")).expect("written");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let runs = summary["runs"].as_array().expect("a list");
    assert_eq!(runs.len(), 10);
    assert!(runs[..8].iter().all(|run| run["figures"].is_object()));
    for run in &runs[8..] {
        assert_eq!(run["scenario"], "bad");
        assert_eq!(run["faults"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            (&run["faults"][0]["line"], &run["faults"][0]["column"]),
            (&7.into(), &9.into())
        );
    }
    assert!(!suite.path("out/bad.long").exists());
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(page.contains("2 runs could not be run"), "{page}");
    // Bad before all others, one at a time: nothing else is begun.
    let fast = suite.run(&["batch", ".", "--out", "fast", "--fail-fast", "--jobs", "1"]);
    assert_eq!(code(&fast), 2);
    assert!(String::from_utf8_lossy(&fast.stdout).contains("9 runs not started"));
}

#[test]
fn exit_codes_are_those_of_the_worst_run() {
    let suite = Suite::new();
    suite.write(
        "calm.toml",
        "name = \"calm\"\nscenarios = [\"scenarios/one.toml\"]\n\
        book = [{ name = \"small\", portfolio = \"books/small.toml\" }]\n",
    );
    let output = suite.run(&["batch", "calm.toml"]);
    assert_eq!(code(&output), 0, "{}", told(&output));
    assert_eq!(code(&suite.run(&["batch", "calm.toml", "--resume"])), 2, "nowhere to resume");
    assert_eq!(code(&suite.run(&["batch", "none.toml"])), 2);
    fs::create_dir(suite.path("mine")).expect("writable");
    suite.write("mine/notes.txt", "");
    let output = suite.run(&["batch", "calm.toml", "--out", "mine"]);
    assert_eq!(code(&output), 3, "{}", told(&output));
    assert!(told(&output).contains("mine is not a folder of plimsoll results"));
    let output = suite.run(&["check", "batch.toml"]);
    assert_eq!(code(&output), 0, "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("8 runs"));
}

fn read(suite: &Suite) -> Result<LoadedBatch, Violations> {
    LoadedBatch::read(&suite.path("batch.toml"), Confinement::Inside, Overrides::default())
}

/// Every fault of the batch's own document at once, each at its place.
#[test]
fn faults_of_the_document_show_together() {
    let suite = Suite::new();
    suite.write("scenarios/again.toml", &simulated("ONE", 2_000));
    suite.write(
        "batch.toml",
        "name = \"suite\"\nscenarios = [\"scenarios\", \"crash.toml\", \"../outside.toml\",\n\
         \"books\"]\n\
         book = [{ name = \"long\", portfolio = \"books/lnog.toml\" },\n\
         { name = \"Long\", portfolio = \"books/small.toml\" }]\n",
    );
    let shown = |violations: &Violations| -> Vec<String> {
        let items = violations.items().iter();
        items
            .map(|one| format!("{}:{}: {}", one.place.line(), one.place.column(), one.title))
            .collect()
    };
    let violations = read(&suite).expect_err("it has faults");
    assert_eq!(
        shown(&violations),
        [
            "2:14: two scenarios are named `one`",
            "2:27: there is no file `crash.toml`",
            "2:41: `../outside.toml` leaves the scenario's folder",
            "3:1: there is no scenario in the folder `books`",
            "4:38: there is no file `books/lnog.toml`",
            "5:10: the name `Long` is used twice",
        ],
        "{violations}"
    );
    suite.write(
        "batch.toml",
        "name = \"../up\"\nscenarios = []\noverrides = { paths = 1, sead = 2 }\nbooks = 1\n",
    );
    let violations = read(&suite).expect_err("it has faults");
    assert_eq!(violations.len(), 5, "{violations}");
    let places: Vec<(usize, usize)> =
        violations.items().iter().map(|one| (one.place.line(), one.place.column())).collect();
    assert_eq!(places, [(1, 8), (2, 13), (3, 23), (3, 26), (4, 1)], "{violations}");
}

/// The shipped batch runs, and its page shows what its results hold.
#[test]
fn the_shipped_batch_runs() {
    let suite = Suite::new();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/batch");
    let shipped = shipped.to_str().expect("UTF-8");
    let output = suite.run(&["batch", shipped, "--out", "out"]);
    assert_eq!(code(&output), 1, "{}", told(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("12 of 12 runs finished"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
