//! What `plimsoll report` tells beside the results: the recorded runs as a trend, what moved step by
//! step. Charts are read back and held against the catalogue and against `plimsoll explain`.

#[path = "common/command.rs"]
mod command;
#[path = "report/svg_reader.rs"]
mod svg_reader;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use command::{plimsoll, plimsoll_at_root, stderr as told};
use plimsoll::catalogue::Catalogue;
use plimsoll::outcome::{
    Backtest, BacktestSeries, BacktestThreshold, CatalogueRecord, Explanation, Outcome, RunRecord,
};
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
        plimsoll(self.folder.path(), arguments)
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

#[test]
fn the_policy_and_its_history_are_those_of_the_catalogue() {
    let desk = three_runs();
    desk.change("policy.toml", "appetite = \"10%\"", "appetite = \"8%\"");
    desk.run("thursday", &[]);
    let page = desk.page("thursday", &[]);
    let marks = chart(&page, "chart-policy").expect("a chart of four runs");
    let recorded = desk.recorded();
    let multipliers: Vec<f64> =
        recorded.iter().map(|run| run.policy.as_ref().expect("a policy").multiplier).collect();
    assert_eq!(points(&marks, "multiplier"), multipliers);
    let shares = points(&marks, "threshold, share of capital");
    // The policy has no drivers, so that the share is the appetite.
    for (share, appetite) in shares.iter().zip([0.1, 0.1, 0.1, 0.08]) {
        assert!((share - appetite).abs() < 1e-15, "{shares:?}");
    }
    assert_eq!(shares.len(), 4);
    let axis = Axis::of(&marks, "tick-y", false);
    for mark in series(&marks, "multiplier") {
        axis.assert_shows(mark.number("cy"), mark.data("value"));
    }
    let words = "lets the book put 8.0\u{a0}% of its capital at risk";
    assert!(page.contains(words), "the policy in plain words");
    assert!(page.contains("<td>8.0\u{a0}%</td>") && page.contains("<td>10.0\u{a0}%</td>"));
}

#[test]
fn overrides_of_the_run_stand_in_its_report_alone_and_are_inert() {
    let desk = three_runs();
    let breached = desk.recorded()[1].breaches.first().expect("twice the book").name.clone();
    assert_eq!(breached, "exposure threshold");
    let reason = "hedge <script>alert(1)</script> agreed";
    let decided = desk.plimsoll(&[
        "override",
        "2",
        "--by",
        "J. Doe, CRO",
        "--reason",
        reason,
        "--breach",
        &breached,
        "--catalogue",
        "out",
    ]);
    assert_eq!(decided.status.code(), Some(0), "{}", told(&decided));
    let page = desk.page("tuesday", &[]);
    assert!(page.contains("J. Doe, CRO") && page.contains("hedge &lt;script&gt;alert(1)"));
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    assert!(!desk.page("wednesday", &[]).contains("J. Doe, CRO"));
    for (run, is_told) in [("tuesday", true), ("wednesday", false)] {
        let folder = format!("out/{run}");
        let note = desk.plimsoll(&["report", &folder, "--format", "md"]);
        let note = String::from_utf8_lossy(&note.stdout).into_owned();
        assert_eq!(note.contains("## Overrides"), is_told, "{note}");
        assert_eq!(note.contains("J. Doe, CRO"), is_told);
        assert!(!note.contains("<script>"), "{note}");
    }
}

#[test]
fn the_appendix_lists_every_input_with_its_hash() {
    let desk = three_runs();
    let page = desk.page("wednesday", &[]);
    let inputs = &desk.recorded()[2].inputs;
    assert_eq!(inputs.len(), 4);
    for input in inputs {
        assert!(page.contains(&format!("<code>{}</code>", input.blake3)), "{}", input.name);
    }
    let own = fs::read_to_string(desk.path("out/wednesday/report.html")).expect("a page");
    assert!(inputs.iter().all(|input| own.contains(&input.blake3)));
    // A page of `run` depends on the inputs alone, so that it has no age and no history.
    assert!(page.contains(" before the run") && !own.contains(" before the run"));
    assert!(!own.contains("chart-trend"));
}

/// A backtest of the coin's normal model and of one with half its volatility.
fn backtested(desk: &Desk) -> Backtest {
    let mut history = "date,BTC\n".to_owned();
    let first = jiff::civil::date(2025, 8, 1);
    let mut price = 100_000.0;
    for day in 0..150_i64 {
        let date = first.checked_add(jiff::Span::new().days(day)).expect("a date");
        history += &format!("{date},{price}\n");
        price *= libm::exp(0.03 * libm::sin(2.3 * day as f64) + 0.02 * libm::cos(5.9 * day as f64));
    }
    let market = format!(
        "{MARKET}[history]\ninterval = \"1d\"\n[[history.file]]\npath = \"history.csv\"\n\
         columns = {{ time = \"date\" }}\nseries = [{{ symbol = \"BTC\", column = \"BTC\" }}]\n"
    );
    let scenario = SCENARIO.replace("[model.stated_volatility]\n\"BTC.spot\" = \"60%\"\n", "");
    let text = "name = \"two-models\"\nscenario = \"base.toml\"\nfrom = 2025-10-20T00:00:00Z\n\
        to = 2025-12-20T00:00:00Z\nwindow = \"60d\"\nlevels = [0.95, 0.975]\npaths = 1_000\n\
        [[model]]\nname = \"as estimated\"\n[model.settings]\n\
        [[model]]\nname = \"half\"\n[model.settings]\nstated_volatility = { \"BTC.spot\" = 0.25 }\n";
    for (name, text) in [
        ("history.csv", history.as_str()),
        ("past.toml", &market),
        ("base.toml", &scenario.replace("market.toml", "past.toml")),
        ("backtest.toml", text),
    ] {
        fs::write(desk.path(name), text).expect("writable");
    }
    let done = desk.plimsoll(&["backtest", "backtest.toml", "--quiet", "--out", "out/backtest"]);
    assert_eq!(done.status.code(), Some(0), "{}", told(&done));
    let text = fs::read_to_string(desk.path("out/backtest/result.json")).expect("results");
    serde_json::from_str(&text).expect("a backtest")
}

#[test]
fn a_backtest_stands_in_the_report_with_its_dates() {
    let desk = Desk::new();
    desk.run("monday", &[]);
    let found = backtested(&desk);
    let page = desk.page("monday", &["--backtest", "out/backtest"]);
    let part = &found.parts[0];
    let section = page.split("<section id=\"backtest\">").nth(1).expect("a section");
    let section = section.split("</section>").next().expect("its end");
    let dates = format!("{} periods from {}", part.dates, &part.from[..10]);
    assert!(section.contains(&dates), "{dates}");
    assert!(section.contains("This run is of another scenario, day.") == (found.scenario != "day"));
    for model in &part.models {
        for level in &model.levels {
            let cells =
                format!("<th scope=\"row\">{}</th><td>{}</td>", model.model, level.exceptions);
            assert!(section.contains(&cells), "{cells}");
        }
    }
    for (at, _) in found.levels.iter().enumerate() {
        let best = part.models.iter().find(|model| model.levels[at].rank == Some(1));
        let best = best.expect("scores").model.clone();
        let marks = chart(&page, &format!("chart-exceptions-{at}")).expect("a chart a level");
        let series_of = found.series.iter().find(|one| one.model == best).expect("its dates");
        assert_exceptions(&marks, series_of, at);
    }
    let workbook =
        desk.plimsoll(&["report", "out/monday", "--backtest", "out/backtest", "--format", "md"]);
    let note = String::from_utf8_lossy(&workbook.stdout).into_owned();
    assert!(note.contains("## Backtest") && note.contains("| half |"), "{note}");
    assert!(section.contains("<h3>Threshold and status over the dates</h3>"), "{section}");
}

#[test]
fn charts_of_a_backtest_hold_what_its_results_do() {
    let desk = Desk::new();
    let found = backtested(&desk);
    let page = fs::read_to_string(desk.path("out/backtest/backtest.html")).expect("a page");
    for (index, one) in found.series.iter().enumerate() {
        for at in 0..found.levels.len() {
            let marks = chart(&page, &format!("chart-exceptions-{index}-{at}")).expect("a chart");
            assert_exceptions(&marks, one, at);
        }
        let marks = chart(&page, &format!("chart-thresholds-{index}")).expect("a chart");
        assert_thresholds(&marks, one);
    }
    for (index, model) in found.parts[0].models.iter().enumerate() {
        let marks = chart(&page, &format!("chart-calibration-{index}")).expect("a histogram");
        let axis = Axis::of(&marks, "tick-y", false);
        let bars = series(&marks, "rank");
        let counts: Vec<usize> = bars.iter().map(|bar| bar.data("count") as usize).collect();
        assert_eq!(counts, model.calibration.counts);
        assert_eq!(counts.iter().sum::<usize>(), found.parts[0].dates);
        for bar in &bars {
            axis.assert_shows(bar.number("y"), bar.data("count"));
        }
        let band: Vec<f64> = marks
            .iter()
            .filter(|mark| mark.attributes.contains_key("data-band"))
            .map(|mark| mark.data("band"))
            .collect();
        assert_eq!(band, model.calibration.band_95);
    }
}

/// Marked losses are those beyond the threshold, and both curves run through every date's figures.
fn assert_thresholds(marks: &[Mark], dates: &BacktestSeries) {
    let found: Vec<(&BacktestThreshold, f64)> = dates
        .dates
        .iter()
        .map(|one| (one.threshold.as_ref().expect("a policy"), one.loss))
        .collect();
    let beyond = found.iter().filter(|(one, loss)| *loss > one.threshold);
    let expected: Vec<f64> = beyond.map(|(_, loss)| *loss).collect();
    let shown = series(marks, "beyond");
    assert_eq!(shown.iter().map(|one| one.data("loss")).collect::<Vec<_>>(), expected);
    let axis = Axis::of(marks, "tick-y", false);
    let heights = |name: &str| heights(&series(marks, name)[0]);
    let (thresholds, potential) = (heights("threshold"), heights("potential loss"));
    assert_eq!((thresholds.len(), potential.len()), (found.len(), found.len()));
    for ((one, _), (threshold, potential)) in found.iter().zip(thresholds.iter().zip(&potential)) {
        axis.assert_shows(*threshold, one.threshold);
        axis.assert_shows(*potential, one.potential_loss);
    }
}

/// Where a curve runs, date by date.
fn heights(curve: &Mark) -> Vec<f64> {
    let points = curve.text("points").split_whitespace();
    points.map(|one| one.split_once(',').expect("a pair").1.parse().expect("a number")).collect()
}

/// Marked losses are those beyond VaR, and the curve of VaR runs through that of every date.
fn assert_exceptions(marks: &[Mark], dates: &BacktestSeries, at: usize) {
    let beyond = dates.dates.iter().filter(|one| one.loss > one.value_at_risk[at]);
    let expected: Vec<f64> = beyond.map(|one| one.loss).collect();
    let shown = series(marks, "exception");
    assert_eq!(shown.iter().map(|one| one.data("loss")).collect::<Vec<_>>(), expected);
    let axis = Axis::of(marks, "tick-y", false);
    for mark in &shown {
        axis.assert_shows(mark.number("cy"), mark.data("loss"));
    }
    let heights = heights(&series(marks, "VaR")[0]);
    assert_eq!(heights.len(), dates.dates.len());
    for (height, date) in heights.iter().zip(&dates.dates) {
        axis.assert_shows(*height, date.value_at_risk[at]);
    }
}

#[test]
fn a_folder_that_is_no_backtest_is_refused() {
    let desk = Desk::new();
    desk.run("monday", &[]);
    let more = ["report", "out/monday", "--backtest", "out/monday", "--out", "page"];
    let done = desk.plimsoll(&more);
    assert_eq!(done.status.code(), Some(2), "{}", told(&done));
    assert!(told(&done).contains("no results of `plimsoll backtest`"), "{}", told(&done));
}

/// Worst paths of the leveraged accounts, in 24 steps.
fn leveraged() -> (tempfile::TempDir, Outcome, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let run = ["run", "scenarios/leverage", "--paths", "1000", "--quiet", "--no-catalogue"];
    let done = plimsoll_at_root(&[&run[..], &["--out", out.to_str().expect("UTF-8")]].concat());
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}", told(&done));
    let text = fs::read_to_string(out.join("result.json")).expect("results");
    let page = fs::read_to_string(out.join("report.html")).expect("a page");
    (folder, serde_json::from_str(&text).expect("an outcome"), page)
}

#[test]
fn worst_paths_are_told_node_by_node() {
    let (_folder, outcome, page) = leveraged();
    for (index, path) in outcome.worst_paths.iter().take(3).enumerate() {
        let story = path.story.as_ref().expect("24 steps");
        assert_eq!(story.nodes.len(), 25);
        let last = story.nodes.last().expect("nodes");
        for (coin, price) in story.coins.iter().zip(&last.prices) {
            let moved = path.factors.iter().find(|one| one.factor == format!("{coin}.spot"));
            assert_eq!(moved.expect("a spot").change, price - 1.0, "path {}", path.path);
        }
        let expected = |read: &dyn Fn(usize, usize) -> Option<f64>, of: usize| -> Vec<f64> {
            (0..of).flat_map(|one| (0..25).filter_map(move |node| read(node, one))).collect()
        };
        let nodes = &story.nodes;
        let prices = expected(&|node, one| Some(nodes[node].prices[one] - 1.0), story.coins.len());
        let accounts = story.accounts.len();
        let values = expected(&|node, one| Some(nodes[node].values[one]), accounts);
        for (name, wanted) in [("prices", prices), ("values", values)] {
            let marks = chart(&page, &format!("chart-story-{index}-{name}")).expect("a chart");
            assert_eq!(points(&marks, "story"), wanted, "{name}");
            let axis = Axis::of(&marks, "tick-y", false);
            for mark in series(&marks, "story") {
                axis.assert_shows(mark.number("cy"), mark.data("value"));
            }
        }
        let marks = chart(&page, &format!("chart-story-{index}-margin")).expect("a chart");
        let mut shown = points(&marks, "story");
        let mut ratios: Vec<f64> =
            nodes.iter().flat_map(|node| node.margin_ratios.iter().copied().flatten()).collect();
        shown.sort_by(f64::total_cmp);
        ratios.sort_by(f64::total_cmp);
        assert_eq!(shown, ratios);
    }
}

/// The loss of a path is what the accounts lose from the first node to the last, but for what venues
/// bear: the values are those that the loss is made of.
#[test]
fn values_of_a_told_path_come_to_its_loss() {
    let (_folder, outcome, _) = leveraged();
    for path in outcome.worst_paths.iter().take(3) {
        let story = path.story.as_ref().expect("24 steps");
        assert_eq!(story.accounts.len(), 4, "all of the book");
        let value = |node: &plimsoll::outcome::StoryNode| node.values.iter().sum::<f64>();
        let lost = value(&story.nodes[0]) - value(story.nodes.last().expect("nodes"));
        // `short-volatility` has recourse: what it owes is the desk's.
        let last = story.accounts.iter().zip(&story.nodes.last().expect("nodes").values);
        let borne = last.filter(|(name, _)| *name != "short-volatility");
        let owed: f64 = borne.map(|(_, value)| (-value).max(0.0)).sum();
        let gap = (lost - owed - path.loss).abs();
        assert!(gap < 1e-6 * path.loss.abs(), "{lost} less {owed} is not {}", path.loss);
    }
}

#[test]
fn paths_of_one_step_say_that_there_is_nothing_between() {
    let desk = Desk::new();
    desk.run("monday", &[]);
    let page = fs::read_to_string(desk.path("out/monday/report.html")).expect("a page");
    assert!(page.contains("Paths of this run have one step"));
    assert!(!page.contains("chart-story"));
}
