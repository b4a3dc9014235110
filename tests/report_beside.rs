//! What `plimsoll report` tells beside the results: the recorded runs as a trend, what moved step by
//! step. Charts are read back and held against the catalogue and against `plimsoll explain`.

#[path = "report/svg_reader.rs"]
mod svg_reader;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use plimsoll::catalogue::Catalogue;
use plimsoll::outcome::{CatalogueRecord, Explanation, RunRecord};
use svg_reader::{Axis, Mark, marks, series};

const SCENARIO: &str = "name = \"day\"\nportfolio = \"book.toml\"\nmarket = \"market.toml\"\n\
    policy = \"policy.toml\"\n[simulation]\nhorizon = \"1d\"\npaths = 600\nseed = 3\n\
    [model.stated_volatility]\n\"BTC.spot\" = \"60%\"\n";
const MARKET: &str = "name = \"one coin\"\nas_of = 2026-01-01T00:00:00Z\n\
    [[asset]]\nsymbol = \"BTC\"\nprice = 100_000\n[[underlying]]\nsymbol = \"BTC\"\n";
const BOOK: &str = "name = \"book\"\nvenue = [{ name = \"exchange\" }]\n\
    [[account]]\nname = \"main\"\nvenue = \"exchange\"\n\
    balance = [{ asset = \"USD\", quantity = 100_000 }]\n\
    [[position]]\nid = \"bitcoin\"\naccount = \"main\"\ntype = \"perpetual\"\n\
    underlying = \"BTC\"\nquote = \"USD\"\nquantity = 1\n";
const POLICY: &str = "name = \"a tenth\"\nappetite = \"10%\"\n[capital]\nbase = \"collateral\"\n\
    [[term]]\nkind = \"simulated_shortfall\"\nname = \"ES\"\nlevel = 0.975\n";

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for (name, text) in [
            ("scenario.toml", SCENARIO),
            ("market.toml", MARKET),
            ("book.toml", BOOK),
            ("policy.toml", POLICY),
        ] {
            fs::write(desk.path(name), text).expect("writable");
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).expect("it was written");
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(self.path(name), text.replace(from, to)).expect("writable");
    }

    fn plimsoll(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.current_dir(self.folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        command.args(arguments).output().expect("it starts")
    }

    fn run(&self, name: &str, more: &[&str]) {
        let out = format!("out/{name}");
        let done = self.plimsoll(
            &[&["run", "scenario.toml", "--quiet", "--threads", "1", "--out", &out], more].concat(),
        );
        assert!(matches!(done.status.code(), Some(0 | 1)), "{}", told(&done));
    }

    /// The html report of a run.
    fn page(&self, run: &str, more: &[&str]) -> String {
        let run = format!("out/{run}");
        let done = self.plimsoll(&[&["report", &run, "--out", "page"], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", told(&done));
        let page = fs::read_to_string(self.path("page/report.html")).expect("a page");
        fs::remove_dir_all(self.path("page")).expect("removable");
        page
    }

    /// The recorded runs, oldest first.
    fn recorded(&self) -> Vec<RunRecord> {
        let catalogue = Catalogue::open(&self.path("out/plimsoll-catalogue.sqlite"));
        let entries = catalogue.expect("a catalogue").entries().expect("readable");
        let run = |record| match record {
            CatalogueRecord::Run(run) => Some(*run),
            CatalogueRecord::Override(_) => None,
        };
        entries.into_iter().filter_map(|entry| run(entry.record)).collect()
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The chart of an id in a page; `None` where there is none.
fn chart(page: &str, id: &str) -> Option<Vec<Mark>> {
    let at = page.find(&format!("id=\"{id}\""))?;
    let start = page[..at].rfind("<svg").expect("the chart begins");
    let end = page[at..].find("</svg>").expect("the chart ends") + at + "</svg>".len();
    Some(marks(&page[start..end]))
}

/// Three runs, each of a larger book.
fn three_runs() -> Desk {
    let desk = Desk::new();
    desk.run("monday", &[]);
    desk.change("book.toml", "quantity = 1\n", "quantity = 2\n");
    desk.run("tuesday", &["--seed", "4"]);
    desk.change("book.toml", "quantity = 100_000", "quantity = 150_000");
    desk.run("wednesday", &["--seed", "5"]);
    desk
}

/// Points of a series as the chart holds them.
fn points(marks: &[Mark], name: &str) -> Vec<f64> {
    series(marks, name).iter().map(|mark| mark.data("value")).collect()
}

#[test]
fn the_trend_is_that_of_the_catalogue() {
    let desk = three_runs();
    let before = fs::read(desk.path("out/plimsoll-catalogue.sqlite")).expect("a catalogue");
    let page = desk.page("wednesday", &[]);
    let marks = chart(&page, "chart-trend").expect("a trend of three runs");
    let recorded = desk.recorded();
    assert_eq!(recorded.len(), 3);
    let figures = |read: fn(&RunRecord) -> f64| -> Vec<f64> { recorded.iter().map(read).collect() };
    let last = |run: &RunRecord| run.tail.last().expect("a level").clone();
    let level = last(&recorded[0]).level;
    assert_eq!(level, 0.99, "the highest level of a scenario that states none");
    let var: Vec<f64> = recorded.iter().map(|run| last(run).value_at_risk).collect();
    let shortfall: Vec<f64> = recorded.iter().map(|run| last(run).expected_shortfall).collect();
    assert_eq!(points(&marks, "VaR 99\u{a0}%"), var);
    assert_eq!(points(&marks, "ES 99\u{a0}%"), shortfall);
    let threshold = |run: &RunRecord| run.figures.as_ref().and_then(|one| one.threshold);
    assert_eq!(
        points(&marks, "threshold"),
        figures(|run| { run.figures.as_ref().and_then(|one| one.threshold).expect("a policy") })
    );
    // A tenth of the collateral, after no haircut.
    assert_eq!(recorded.iter().filter_map(threshold).collect::<Vec<_>>(), [1e4, 1e4, 1.5e4]);
    assert_eq!(
        points(&marks, "utilisation"),
        figures(|run| { run.figures.as_ref().and_then(|one| one.utilisation).expect("a policy") })
    );
    assert_eq!(fs::read(desk.path("out/plimsoll-catalogue.sqlite")).expect("still"), before);
}

#[test]
fn marks_of_the_trend_stand_where_their_figures_are() {
    let desk = three_runs();
    let page = desk.page("wednesday", &[]);
    let marks = chart(&page, "chart-trend").expect("a trend of three runs");
    // The second panel's ticks follow those of the first, from the first tick at zero per cent.
    let ticks: Vec<Mark> =
        marks.iter().filter(|mark| mark.attributes.contains_key("data-tick-y")).cloned().collect();
    let second = ticks.iter().rposition(|tick| tick.data("tick-y") == 0.0).expect("zero per cent");
    let panels = [(&ticks[..second], "ES 99\u{a0}%"), (&ticks[second..], "utilisation")];
    for (ticks, name) in panels {
        let axis = Axis::of(ticks, "tick-y", false);
        let points = series(&marks, name);
        assert_eq!(points.len(), 3, "{name}");
        for mark in points {
            assert_eq!(mark.tag, "circle");
            axis.assert_shows(mark.number("cy"), mark.data("value"));
        }
    }
    let across: Vec<f64> = series(&marks, "threshold").iter().map(|one| one.number("cx")).collect();
    assert!(across.is_sorted() && across[1] - across[0] == across[2] - across[1], "{across:?}");
}

#[test]
fn an_earlier_run_has_a_shorter_trend_and_the_first_has_none() {
    let desk = three_runs();
    let marks = chart(&desk.page("tuesday", &[]), "chart-trend").expect("a trend of two runs");
    assert_eq!(points(&marks, "threshold").len(), 2);
    assert!(chart(&desk.page("monday", &[]), "chart-trend").is_none());
    assert!(chart(&desk.page("wednesday", &["--no-catalogue"]), "chart-trend").is_none());
}

#[test]
fn a_run_that_is_not_recorded_stands_after_those_that_began_before_it() {
    let desk = three_runs();
    desk.run("thursday", &["--no-catalogue"]);
    let page = desk.page("thursday", &[]);
    let marks = chart(&page, "chart-trend").expect("a trend of four runs");
    assert_eq!(points(&marks, "threshold"), [1e4, 1e4, 1.5e4, 1.5e4]);
    assert!(page.contains("this run, not recorded"));
}

#[test]
fn a_catalogue_that_was_named_must_be_there() {
    let desk = three_runs();
    let more = ["report", "out/monday", "--out", "page", "--catalogue", "nowhere.sqlite"];
    let done = desk.plimsoll(&more);
    assert_eq!(done.status.code(), Some(2), "{}", told(&done));
    assert!(told(&done).contains("nowhere.sqlite"), "{}", told(&done));
    assert!(!desk.path("page").exists() && !desk.path("nowhere.sqlite").exists());
    fs::rename(desk.path("out/plimsoll-catalogue.sqlite"), desk.path("kept.sqlite"))
        .expect("moved");
    assert!(chart(&desk.page("wednesday", &[]), "chart-trend").is_none());
    let page = desk.page("wednesday", &["--catalogue", "kept.sqlite"]);
    assert!(chart(&page, "chart-trend").is_some());
}

#[test]
fn what_moved_is_told_step_by_step_where_it_is_asked_for() {
    let desk = three_runs();
    let output = desk.plimsoll(&["explain", "out/monday", "out/wednesday", "--quiet", "--json"]);
    let explanation: Explanation = serde_json::from_slice(&output.stdout).expect("an explanation");
    let more = ["--compare", "out/monday"];
    assert!(chart(&desk.page("wednesday", &more), "chart-explained-0").is_none());
    let page = desk.page("wednesday", &["--compare", "out/monday", "--explain"]);
    for (index, figure) in explanation.figures.iter().enumerate() {
        let marks = chart(&page, &format!("chart-explained-{index}")).expect("a waterfall");
        let mut reached = 0.0;
        for (bar, step) in series(&marks, "step").iter().zip(&figure.steps) {
            assert_eq!([bar.data("from"), bar.data("to")], [reached, reached + step.contribution]);
            reached += step.contribution;
        }
        let whole = &series(&marks, "change")[0];
        assert_eq!(whole.data("to"), figure.change);
    }
    // A tenth of 50,000 USD more of cash.
    assert!(
        page.contains("The threshold rose by 5.00k USD to 15.0k: collateral +5.00k."),
        "{page}"
    );
}

#[test]
fn what_cannot_be_taken_apart_is_said_in_one_sentence() {
    let desk = Desk::new();
    desk.run("monday", &["--no-inputs"]);
    desk.run("tuesday", &["--seed", "4"]);
    let page = desk.page("tuesday", &["--compare", "out/monday", "--explain"]);
    let sentence = page.split("<p>What moved it cannot be taken apart: ").nth(1);
    let sentence = sentence.and_then(|rest| rest.split("</p>").next()).expect("a sentence");
    assert!(sentence.contains("has no copies of its inputs"), "{sentence}");
    assert!(chart(&page, "chart-explained-0").is_none());
}
