//! `plimsoll report`: the same figures in every format, read back and held against `result.json`;
//! hostile names; results that are not whole.

#[path = "common/command.rs"]
mod command;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Output;

use calamine::{Data, Range, Reader, Xlsx};
use command::{plimsoll_at_root as plimsoll, stderr};
use plimsoll::outcome::{ContributionRow, GridOutcome, HistoricalOutcome, Outcome};

/// Results in a folder of their own.
struct Ran {
    folder: tempfile::TempDir,
}

impl Ran {
    fn of(scenario: &str, more: &[&str]) -> Self {
        let ran = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let out = ran.name("run");
        let mut arguments = vec!["run", scenario, "--quiet", "--no-catalogue", "--out", &out];
        arguments.extend(more);
        let done = plimsoll(&arguments);
        assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
        ran
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    fn outcome(&self) -> Outcome {
        let text = fs::read_to_string(self.path("run/result.json")).expect("result.json");
        serde_json::from_str(&text).expect("an outcome")
    }

    fn report(&self, more: &[&str]) -> Output {
        let run = self.name("run");
        let mut arguments = vec!["report", &run];
        arguments.extend(more);
        plimsoll(&arguments)
    }
}

fn workbook(path: &Path) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(fs::read(path).expect("a workbook"))).expect("it opens")
}

fn sheet(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Range<Data> {
    book.worksheet_range(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Rows below the heading, which is the fourth row.
fn rows(range: &Range<Data>) -> Vec<Vec<Data>> {
    let (height, width) = range.end().map(|(row, column)| (row + 1, column + 1)).expect("cells");
    let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    (4..height).map(|row| (0..width).map(|column| cell(row, column)).collect()).collect()
}

fn number(cell: &Data) -> f64 {
    match cell {
        Data::Float(value) => *value,
        Data::Int(value) => *value as f64,
        other => panic!("{other:?} is no number"),
    }
}

fn text(cell: &Data) -> &str {
    match cell {
        Data::String(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn the_workbook_holds_the_figures_of_the_results() {
    let ran = Ran::of("scenarios/desk", &["--paths", "2000", "--format", "html,xlsx,md"]);
    let outcome = ran.outcome();
    let mut book = workbook(&ran.path("run/report.xlsx"));

    let measures = rows(&sheet(&mut book, "VaR and ES"));
    let expected =
        outcome.measures.value_at_risk.iter().chain(&outcome.measures.expected_shortfall);
    for (row, measure) in measures.iter().zip(expected) {
        let found = [1, 2, 3, 4].map(|column| number(&row[column]));
        let [low, high] = measure.interval_95;
        assert_eq!(found, [measure.level, measure.loss, low, high]);
    }

    let contributions = rows(&sheet(&mut book, "Contributions"));
    let groups: [(&str, &[ContributionRow]); 5] = [
        ("position", &outcome.contributions.by_position),
        ("underlying", &outcome.contributions.by_underlying),
        ("account", &outcome.contributions.by_account),
        ("venue", &outcome.contributions.by_venue),
        ("tag", &outcome.contributions.by_tag),
    ];
    for (by, expected) in groups {
        let found: Vec<(&str, f64)> = contributions
            .iter()
            .filter(|row| text(&row[0]) == by)
            .map(|row| (text(&row[1]), number(&row[2])))
            .collect();
        let expected: Vec<(&str, f64)> =
            expected.iter().map(|row| (&*row.name, row.expected_shortfall)).collect();
        assert_eq!(found, expected, "{by}");
    }

    let bins = rows(&sheet(&mut book, "Loss distribution"));
    let paths: f64 = bins.iter().map(|row| number(&row[2])).sum();
    assert_eq!(paths, outcome.paths as f64);

    let threshold = outcome.threshold.as_ref().expect("a policy");
    let summary = rows(&sheet(&mut book, "Summary"));
    let figure = |name: &str| {
        let row = summary.iter().find(|row| text(&row[0]) == name);
        number(&row.unwrap_or_else(|| panic!("no {name}"))[1])
    };
    assert_eq!(figure("Exposure threshold"), threshold.threshold);
    assert_eq!(figure("Potential loss, 95 % interval"), threshold.potential_loss);
    assert_eq!(Some(figure("Utilisation, 95 % interval")), threshold.utilisation);
    assert_eq!(figure("Seed"), outcome.seed as f64);
    let as_of = summary.iter().find(|row| text(&row[0]) == "Market as of, UTC").expect("a date");
    assert!(matches!(&as_of[1], Data::DateTime(_)), "{as_of:?}");

    let assumed = rows(&sheet(&mut book, "Assumptions"));
    for warning in &outcome.warnings {
        assert!(assumed.iter().any(|row| text(&row[1]) == warning.message), "{}", warning.message);
    }
    for name in
        ["Potential loss", "Market conditions", "Headroom", "Greeks", "Worst paths", "Factors"]
    {
        assert!(!rows(&sheet(&mut book, name)).is_empty(), "{name} is empty");
    }
}

#[test]
fn a_report_of_results_that_stand_is_the_report_of_the_run() {
    let ran = Ran::of("scenarios/desk", &["--paths", "1000", "--format", "html,xlsx,md"]);
    let out = ran.name("again");
    let done = ran.report(&["--format", "html,xlsx,md", "--out", &out]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    for name in ["report.html", "report.xlsx", "report.md"] {
        let [first, second] = ["run", "again"].map(|folder| fs::read(ran.path(folder).join(name)));
        assert!(first.unwrap() == second.unwrap(), "{name} differs");
    }
    let printed = ran.report(&["--format", "md"]);
    assert_eq!(printed.stdout, fs::read(ran.path("run/report.md")).unwrap());
}

#[test]
fn the_note_opens_with_the_answer_and_its_tables_with_the_largest() {
    let ran = Ran::of("scenarios/desk", &["--paths", "1000"]);
    let outcome = ran.outcome();
    let note = String::from_utf8(ran.report(&["--format", "md"]).stdout).unwrap();
    assert!(note.starts_with("# desk: "), "{note}");
    assert!(note.lines().nth(2).unwrap().starts_with("**"), "{note}");
    let (_, table) = note.split_once("## Contributions").expect("contributions");
    let first = table.lines().find(|line| line.starts_with("| position |")).unwrap();
    let by_position = &outcome.contributions.by_position;
    let largest = by_position
        .iter()
        .max_by(|a, b| a.expected_shortfall.abs().total_cmp(&b.expected_shortfall.abs()));
    assert!(first.contains(&largest.unwrap().name), "{first}");
}

#[test]
fn what_moved_since_an_earlier_run_is_told_in_every_format() {
    let [before, now] =
        ["1", "2"].map(|seed| Ran::of("scenarios/minimal", &["--paths", "2000", "--seed", seed]));
    let (earlier, out) = (before.name("run"), now.name("report"));
    let done = now.report(&["--compare", &earlier, "--format", "html,xlsx,md", "--out", &out]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let pick = |outcome: &Outcome| outcome.threshold.as_ref().unwrap().potential_loss;
    let [first, second] = [pick(&before.outcome()), pick(&now.outcome())];
    let moved = rows(&sheet(&mut workbook(&now.path("report/report.xlsx")), "What moved"));
    let row = moved.iter().find(|row| text(&row[0]) == "Potential loss").expect("it is told");
    assert_eq!([1, 2, 3].map(|column| number(&row[column])), [first, second, second - first]);
    let page = fs::read_to_string(now.path("report/report.html")).unwrap();
    assert!(page.contains("What moved since") && page.contains("the seeds differ"));
    let note = fs::read_to_string(now.path("report/report.md")).unwrap();
    assert!(note.contains("## What moved") && note.contains("| Potential loss |"), "{note}");
}

/// What no reader's program may take for its own: a formula, markup of HTML and of Markdown.
const MARKUP: &str = "=cmd('x')<script>alert(1)</script>|**b**";
/// A mark that turns the direction of text, and the beginning of a terminal's command.
const CONTROLS: &str = "\\u202E\\u001B[2J";

/// A scenario all of whose free texts begin with `hostile`, run with every format.
fn run_hostile(folder: &Path, hostile: &str) -> Output {
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("written");
    write(
        "scenario.toml",
        format!(
            "name = \"hostile\"\ndescription = \"{hostile}\"\nportfolio = \"book.toml\"\n\
             market = \"market.toml\"\npolicy = \"policy.toml\"\n[simulation]\nhorizon = \"1d\"\n\
             paths = 500\nseed = 1\n[model.stated_volatility]\n\"BTC.spot\" = \"60%\"\n"
        ),
    );
    write(
        "market.toml",
        format!(
            "name = \"{hostile}\"\nas_of = 2026-01-01T00:00:00Z\n[[asset]]\nsymbol = \"BTC\"\n\
             price = 100_000\n[[underlying]]\nsymbol = \"BTC\"\n"
        ),
    );
    write(
        "book.toml",
        format!(
            "name = \"{hostile}\"\nvenue = [{{ name = \"{hostile}v\" }}]\n[[account]]\n\
             name = \"{hostile}a\"\nvenue = \"{hostile}v\"\n\
             balance = [{{ asset = \"USD\", quantity = 100_000 }}]\n[[position]]\n\
             id = \"{hostile}p\"\naccount = \"{hostile}a\"\ntype = \"perpetual\"\n\
             underlying = \"BTC\"\nquote = \"USD\"\nquantity = 1\ntags = [\"{hostile}t\"]\n"
        ),
    );
    write(
        "policy.toml",
        format!(
            "name = \"{hostile}\"\nappetite = \"5%\"\n[capital]\nbase = \"collateral\"\n[[term]]\n\
             kind = \"simulated_shortfall\"\nname = \"{hostile}e\"\nlevel = 0.975\n[[limit]]\n\
             name = \"{hostile}l\"\nlevel = \"book\"\nmeasure = \"gross_exposure\"\nsoft = 10\n"
        ),
    );
    let [scenario, out] = ["scenario.toml", "out"].map(|name| folder.join(name));
    let [scenario, out] = [scenario.to_str().expect("UTF-8"), out.to_str().expect("UTF-8")];
    plimsoll(&["run", scenario, "--out", out, "--format", "html,xlsx,md"])
}

fn has_controls(text: &str) -> bool {
    text.contains('\u{202e}') || text.contains('\u{1b}')
}

#[test]
fn names_with_control_characters_are_refused_all_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let done = run_hostile(folder.path(), &format!("{MARKUP}{CONTROLS}"));
    assert_eq!(done.status.code(), Some(2));
    let told = stderr(&done);
    assert!(!has_controls(&told), "{told}");
    // Of the market one, of the book eight, of the policy three.
    for file in ["market.toml:", "book.toml:", "policy.toml:"] {
        assert!(told.contains(file), "{file}: {told}");
    }
    assert!(told.matches("is not valid").count() >= 12, "{told}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn markup_and_formulas_in_names_come_out_inert_in_every_format() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let done = run_hostile(folder.path(), MARKUP);
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let (page, note) = (read("report.html"), read("report.md"));
    for (text, what) in [(&page, "html"), (&note, "md")] {
        assert!(!text.contains("<script>alert") && !has_controls(text), "{what}");
        assert!(text.contains("&lt;script"), "{what} shows the name");
    }
    // Every bar and star of a name stands behind a backslash.
    assert!(note.contains("\\|\\*\\*b\\*\\*") && !note.contains("|**b**"), "{note}");
    let mut book = workbook(&folder.path().join("out/report.xlsx"));
    let mut shown = 0;
    // The sheet of charts has no cells.
    for name in book.sheet_names().into_iter().filter(|name| name != "Charts") {
        let formulas = book.worksheet_formula(&name).expect("readable");
        assert!(formulas.used_cells().next().is_none(), "{name} holds a formula");
        let cells = sheet(&mut book, &name);
        let is_name = |cell: &Data| matches!(cell, Data::String(text) if text.starts_with(MARKUP));
        shown += cells.used_cells().filter(|(_, _, cell)| is_name(cell)).count();
    }
    assert!(shown >= 5, "the names are shown as they are: {shown}");
}

#[test]
fn results_that_are_not_whole_have_no_report() {
    let ran = Ran::of("scenarios/minimal", &["--paths", "500"]);
    let out = ran.name("report");
    for more in [&["--out", &*out][..], &["--format", "md"]] {
        let result = ran.path("run/result.json");
        let whole = fs::read(&result).unwrap();
        fs::write(&result, b"{}").unwrap();
        let done = ran.report(more);
        fs::write(&result, whole).unwrap();
        assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
        assert!(stderr(&done).contains("holds no whole results of a run"), "{}", stderr(&done));
        assert!(!ran.path("report").exists());
    }
    let done = ran.report(&[]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("--out DIR says where"), "{}", stderr(&done));
    let done = plimsoll(&["report", "nowhere", "--format", "md"]);
    assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
    // Two runs of one name.
    let run = ran.name("run");
    let done = ran.report(&[&run, "--out", &out]);
    assert!(stderr(&done).contains("would be written to the same folder"), "{}", stderr(&done));
}

#[test]
fn stated_paths_have_every_format() {
    let ran = Ran::of("scenarios/shock", &["--format", "html,xlsx,md"]);
    let out = ran.name("report");
    let done = ran.report(&["--format", "html,xlsx,md", "--out", &out]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    for name in ["report.html", "report.xlsx", "report.md"] {
        let [first, second] =
            ["run", "report"].map(|folder| fs::read(ran.path(folder).join(name)).unwrap());
        assert!(first == second, "{name}");
    }
    let text = fs::read_to_string(ran.path("run/result.json")).unwrap();
    let outcome: HistoricalOutcome = serde_json::from_str(&text).unwrap();
    let mut book = workbook(&ran.path("run/report.xlsx"));
    let summary = rows(&sheet(&mut book, "Summary"));
    let loss = summary.iter().find(|row| text_of(&row[0]) == Some("Loss")).expect("a loss");
    assert_eq!(number(&loss[1]), outcome.loss);
    let steps = rows(&sheet(&mut book, "What happened"));
    let totals: Vec<f64> = steps.iter().map(|row| number(&row[7])).collect();
    assert_eq!(totals, outcome.steps.iter().map(|step| step.total).collect::<Vec<_>>());
    let losses = rows(&sheet(&mut book, "Positions and balances"));
    let found: Vec<f64> = losses.iter().map(|row| number(&row[1])).collect();
    assert_eq!(found, outcome.rows.iter().map(|row| row.loss).collect::<Vec<_>>());
    let accounts = rows(&sheet(&mut book, "By account"));
    assert_eq!(accounts.len(), outcome.accounts.len());
    let note = fs::read_to_string(ran.path("run/report.md")).unwrap();
    assert!(note.contains("## By account") && note.contains("## What happened"), "{note}");
    let done = ran.report(&["--compare", &ran.name("run"), "--out", &ran.name("other")]);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("draws no paths"), "{}", stderr(&done));
}

#[test]
fn grids_have_every_format() {
    let ran = Ran::of("scenarios/grid", &["--format", "html,xlsx,md"]);
    let text = fs::read_to_string(ran.path("run/result.json")).unwrap();
    let outcome: GridOutcome = serde_json::from_str(&text).unwrap();
    let mut book = workbook(&ran.path("run/report.xlsx"));
    let cells = rows(&sheet(&mut book, "Cells"));
    let found: Vec<[f64; 3]> =
        cells.iter().map(|row| [0, 2, 5].map(|column| number(&row[column]))).collect();
    let expected: Vec<[f64; 3]> =
        outcome.cells.iter().map(|cell| [cell.spot, cell.loss, cell.counted]).collect();
    assert_eq!(found, expected);
    let note = ran.report(&["--format", "md"]);
    assert_eq!(note.status.code(), Some(0), "{}", stderr(&note));
    assert_eq!(note.stdout, fs::read(ran.path("run/report.md")).unwrap());
}

fn text_of(cell: &Data) -> Option<&str> {
    match cell {
        Data::String(text) => Some(text),
        _ => None,
    }
}

/// A build without the feature refuses before anything is simulated, and says how to get pages.
#[cfg(not(feature = "pdf"))]
#[test]
fn pdf_says_how_to_get_it_where_it_was_left_out() {
    for command in [["run", "scenarios/minimal"], ["batch", "scenarios/batch"], ["report", "out"]] {
        let done =
            plimsoll(&[&command[..], &["--out", "nowhere", "--format", "html,pdf"]].concat());
        let told = stderr(&done);
        assert_eq!(done.status.code(), Some(2), "{told}");
        for words in ["cargo install --path . --features pdf", "report.html prints well"] {
            assert!(told.contains(words), "{words} is not in\n{told}");
        }
    }
    let unknown = plimsoll(&["report", "out", "--format", "docx", "--out", "nowhere"]);
    assert!(stderr(&unknown).contains("[possible values: html, xlsx, md]"), "{}", stderr(&unknown));
}
