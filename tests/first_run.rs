//! A newcomer's first hour: `init`, `check`, `run`, then their own CSV files, with the mistakes that
//! people make in them.

#![allow(missing_docs, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::plimsoll;
use serde_json::Value;

#[path = "common/command.rs"]
mod command;
mod first_run {
    mod mistakes;
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A folder with a starter set in `book`.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = plimsoll(folder.path(), &["init", "book"]);
        assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
        Self(folder)
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder().join("book").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("readable")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("written");
    }

    /// Replaces `good` once.
    fn spoil(&self, name: &str, good: &str, bad: &str) {
        let text = self.read(name);
        assert!(text.contains(good), "{name} has no {good}");
        self.write(name, &text.replacen(good, bad, 1));
    }

    fn check(&self) -> Output {
        plimsoll(self.folder(), &["check", "book"])
    }
}

/// The commands that a text tells the user to type.
fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("plimsoll "));
    lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned()).collect()
}

#[test]
fn the_commands_that_init_names_lead_to_a_report() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = plimsoll(folder.path(), &["init", "my-book"]);
    let next = commands(&printed(&output));
    assert_eq!(next, ["check my-book", "run my-book --out out/my-book"]);
    for command in next {
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = plimsoll(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", complaint(&output));
    }
    let out = folder.path().join("out/my-book");
    for name in ["result.json", "report.html", "losses.parquet", "manifest.json"] {
        assert!(fs::metadata(out.join(name)).expect(name).len() > 500, "{name}");
    }
    let text = fs::read_to_string(out.join("result.json")).expect("readable");
    let result: Value = serde_json::from_str(&text).expect("JSON");
    // Today is the last close of prices.csv: a day ends at the next midnight.
    assert_eq!(result["as_of"], "2026-10-01T00:00:00Z");
    let threshold = &result["threshold"];
    assert_eq!(threshold["status"], "amber");
    let used = threshold["potential_loss"].as_f64().zip(threshold["threshold"].as_f64());
    let used = used.map(|(loss, threshold)| loss / threshold).expect("two amounts");
    let told = threshold["utilisation"].as_f64().expect("a number");
    assert!((used - told).abs() < 1e-12 && (0.75..1.0).contains(&told), "{used} {told}");
    let report = fs::read_to_string(out.join("report.html")).expect("readable");
    assert!(report.contains("btc-perp") && report.contains("</html>"));
}

#[test]
fn every_document_of_the_set_is_right_on_its_own_and_names_a_schema_that_is_there() {
    let desk = Desk::new();
    for kind in ["scenario", "portfolio", "market", "policy"] {
        let name = format!("book/{kind}.toml");
        let output = plimsoll(desk.folder(), &["check", &name]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", complaint(&output));
        let text = desk.read(&format!("{kind}.toml"));
        assert!(text.starts_with(&format!("#:schema schema/{kind}.json\n")), "{name}");
        let schema = plimsoll(desk.folder(), &["schema", kind]);
        let same = desk.read(&format!("schema/{kind}.json")) == printed(&schema);
        assert!(same, "{kind}: another schema than `plimsoll schema` prints");
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).expect("made");
    fs::write(mine.join("positions.csv"), "mine").expect("written");
    let output = plimsoll(folder.path(), &["init", "mine"]);
    assert_eq!(output.status.code(), Some(2));
    let said = complaint(&output);
    assert!(said.contains("mine: it is not empty; name one that is not there yet"), "{said}");
    let names: Vec<_> = fs::read_dir(&mine).expect("readable").collect();
    assert_eq!(names.len(), 1);
    assert_eq!(fs::read_to_string(mine.join("positions.csv")).expect("readable"), "mine");
}

/// Two CSV files are all that need be replaced, where the coins stay.
#[test]
fn a_book_and_closes_of_ones_own_are_enough() {
    let desk = Desk::new();
    desk.write(
        "positions.csv",
        "id,account,type,underlying,quote,quantity\nlong,trading,perpetual,ETH,USDT,10\n",
    );
    let closes = other_closes();
    desk.write("prices.csv", &closes);
    let output = plimsoll(desk.folder(), &["run", "book", "--json", "--quiet"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", complaint(&output));
    let result: Value = serde_json::from_str(&printed(&output)).expect("JSON");
    // 250 days from 1 October 2023: the last is 6 June 2024 and closes at the following midnight.
    assert_eq!(result["as_of"], "2024-06-07T00:00:00Z");
    // 10 ETH of the position and the 2 BTC that portfolio.toml keeps as collateral, at the last closes,
    // with the deviation of the last 180 daily log-returns of both together. The Student-t that is
    // simulated has the same variance; 5 % covers its sampling error and the shrunk correlation.
    let returns = |column: usize| -> Vec<f64> {
        let closes: Vec<f64> = closes.lines().skip(1).map(|line| cell(line, column)).collect();
        let last = closes[249];
        closes.windows(2).map(|pair| last * (pair[1] / pair[0]).ln()).collect()
    };
    let [btc, eth] = [2, 3].map(returns);
    let profits: Vec<f64> = btc.iter().zip(&eth).map(|(btc, eth)| 2.0 * btc + 10.0 * eth).collect();
    let window = &profits[profits.len() - 180..];
    let mean = window.iter().sum::<f64>() / 180.0;
    let variance = window.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 179.0;
    let expected = variance.sqrt();
    let deviation = result["measures"]["loss_deviation"].as_f64().expect("a number");
    assert!((deviation / expected - 1.0).abs() < 0.05, "{deviation} against {expected}");
}

/// The first 250 days of the desk's synthetic history, the coins in another order.
fn other_closes() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk/history.csv");
    let history = fs::read_to_string(path).expect("readable");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{},{},{},{}\n", cells[0], cells[3], cells[1], cells[2])
    };
    history.lines().take(251).map(row).collect()
}

fn cell(line: &str, column: usize) -> f64 {
    line.split(',').nth(column).expect("a cell").parse().expect("a number")
}

#[test]
fn a_market_without_a_close_of_today_says_which_price_it_lacks() {
    let desk = Desk::new();
    // SOL ends two days before the others.
    let closes = desk.read("prices.csv");
    let mut lines: Vec<&str> = closes.lines().collect();
    let blank = |line: &str| line.rsplit_once(',').map(|(rest, _)| format!("{rest},"));
    let ends = lines.split_off(lines.len() - 2);
    let ends: Vec<String> = ends.into_iter().filter_map(blank).collect();
    desk.write("prices.csv", &format!("{}\n{}\n", lines.join("\n"), ends.join("\n")));
    desk.spoil(
        "market.toml",
        "columns = { time = \"date\" }",
        "columns = { time = \"date\" }\nrepairs = [\"leave_gaps\", \"end_at_death\"]",
    );
    let said = complaint(&desk.check());
    for word in [
        "`SOL` has no price",
        "a last close at 2026-09-29T00:00:00Z, of a market at 2026-10-01T00:00:00Z",
        "expected: `price`, or a series of closes",
        "help: set `as_of`",
    ] {
        assert!(said.contains(word), "{word} is not in\n{said}");
    }
    desk.spoil("market.toml", "symbol = \"SOL\"", "symbol = \"SOL\"\nprice = 148.5");
    let output = desk.check();
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
}

#[test]
fn manual_pages_are_written_beside_those_of_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("ls.1"), "theirs").expect("written");
    let folder_name = folder.path().to_str().expect("UTF-8");
    let output = plimsoll(folder.path(), &["man", folder_name]);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    for name in ["plimsoll", "plimsoll-init", "plimsoll-calibrate-policy"] {
        let page = fs::read_to_string(folder.path().join(format!("{name}.1"))).expect(name);
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH EXAMPLES"), "{name}");
    }
    assert!(folder.path().join("plimsoll-catalogue-verify.1").is_file());
    assert_eq!(fs::read_to_string(folder.path().join("ls.1")).expect("readable"), "theirs");
}
