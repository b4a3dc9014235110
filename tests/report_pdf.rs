//! The report as PDF: its text read back and held against the results; hostile names; the same bytes.
//!
//! Text and pages are read by poppler (Debian: `apt-get install poppler-utils`); where it is not there,
//! the tests that need it say that they were skipped.
#![cfg(feature = "pdf")]
#![allow(clippy::print_stderr)]

#[path = "common/command.rs"]
mod command;
#[path = "report/sample.rs"]
#[allow(dead_code)]
mod sample;

use std::fs;
use std::path::Path;
use std::process::Command;

use command::{plimsoll_at_root as plimsoll, stderr};
use plimsoll::outcome::{GridOutcome, HistoricalOutcome, Outcome};
use plimsoll::report::look::Look;
use plimsoll::report::{Beside, pdf};

/// What a program of poppler's prints about a PDF; `None` where it is not installed.
fn poppler(program: &str, before: &[&str], bytes: &[u8], after: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("report.pdf");
    fs::write(&path, bytes).expect("it can be written");
    match Command::new(program).args(before).arg(&path).args(after).output() {
        Ok(done) => {
            assert!(done.status.success(), "{program}: {}", stderr(&done));
            Some(String::from_utf8_lossy(&done.stdout).into_owned())
        }
        Err(_) => {
            eprintln!("SKIPPED: there is no {program} here, so the PDF was not read back");
            None
        }
    }
}

/// The text of the pages, laid out as they are.
fn text_of(bytes: &[u8]) -> Option<String> {
    poppler("pdftotext", &["-layout"], bytes, &["-"])
}

/// The words of the pages, one space apart, without the places where a line may end.
fn words(bytes: &[u8]) -> Option<String> {
    text_of(bytes).map(|text| plain(&text))
}

fn plain(text: &str) -> String {
    text.replace('\u{200b}', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn made(outcome: &Outcome) -> Vec<u8> {
    pdf(outcome, &Beside::default(), &Look::default()).expect("pages")
}

/// A figure as the pages write it: thousands apart, to a whole number.
fn money(amount: f64) -> String {
    let digits = format!("{:.0}", amount.abs());
    let parts: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|part| std::str::from_utf8(part).expect("digits"))
        .collect();
    let sign = if amount < 0.0 && digits != "0" { "−" } else { "" };
    format!("{sign}{}", parts.join(","))
}

#[test]
fn the_first_page_answers_and_the_rest_has_contents_and_numbers() {
    let bytes = made(&sample::outcome());
    assert!(bytes.starts_with(b"%PDF-1."));
    let Some(text) = text_of(&bytes) else { return };
    let pages: Vec<String> =
        text.split('\u{c}').map(plain).filter(|page| !page.is_empty()).collect();
    assert!(pages.len() >= 8, "{} pages", pages.len());
    for told in
        ["May we carry this book?", "Not as it stands", "AMBER", "5,600,000", "5,166,025", "92.3 %"]
    {
        assert!(plain(&pages[0]).contains(told), "{told} is not on the first page:\n{}", pages[0]);
    }
    assert!(pages[1].contains("Contents"));
    let name = sample::outcome().scenario;
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {}", index + 1, pages.len())), "{page}");
        assert!(page.contains(&name) && page.contains("UTC"), "{page}");
    }
    // Each heading stands on the page that the contents say.
    let contents = pages[1].split("Contents ").nth(1).expect("a list");
    for title in
        ["VaR and ES", "Potential loss", "Contributions", "Loss distribution", "Worst paths"]
    {
        let rest =
            &contents[contents.find(title).unwrap_or_else(|| panic!("{title}: {contents}"))..];
        let number = rest.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty());
        let number: usize = number.expect("a page").parse().expect("a number");
        assert!(pages[number - 1].contains(title), "{title} is not on page {number}");
    }
}

#[test]
fn figures_are_those_of_the_results() {
    let outcome = sample::outcome();
    let Some(text) = words(&made(&outcome)) else { return };
    let measures = &outcome.measures;
    let of_measures = measures.value_at_risk.iter().chain(&measures.expected_shortfall);
    let mut rows: Vec<String> = of_measures
        .map(|one| {
            let [low, high] = one.interval_95;
            format!("{} {} {}", money(one.loss), money(low), money(high))
        })
        .collect();
    let mut by_position = outcome.contributions.by_position.clone();
    by_position.sort_by(|a, b| b.expected_shortfall.abs().total_cmp(&a.expected_shortfall.abs()));
    rows.extend(by_position.iter().take(20).map(|row| {
        let [es, error] = [row.expected_shortfall, row.expected_shortfall_error].map(money);
        format!("{} {es} {error}", row.name)
    }));
    let greeks = &outcome.book.greeks;
    rows.extend(greeks.by_underlying.iter().map(|row| {
        let [delta, gamma] = [row.dollar_delta, row.gamma_1pct].map(money);
        format!("{} {delta} {gamma}", row.underlying)
    }));
    let threshold = outcome.threshold.as_ref().expect("a policy");
    rows.extend(threshold.terms.iter().map(|term| format!("{} {}", term.name, money(term.amount))));
    assert!(rows.len() > 15);
    for row in rows {
        assert!(text.contains(&row), "{row} is not in\n{text}");
    }
}

/// Markup of the typesetter, of pages and of formulas, controls and marks of direction.
const HOSTILE: &str = "#panic(\"x\") $x^2$ *b* _i_ [c] @r <l> \\ // `r` \u{202e}\u{1b}<script>alert(1)</script>=1+1 {{ 7 * 7 }} 中";

#[test]
fn nothing_in_a_name_is_markup() {
    let mut outcome = sample::outcome();
    outcome.scenario = HOSTILE.to_owned();
    outcome.book.name = HOSTILE.to_owned();
    outcome.description = HOSTILE.to_owned();
    outcome.contributions.by_position[0].name = HOSTILE.to_owned();
    for row in &mut outcome.margin {
        row.account = HOSTILE.to_owned();
    }
    let bytes = made(&outcome);
    let plain_pages = made(&sample::outcome());
    let Some(text) = words(&bytes) else { return };
    // The marks are spelt out, and so is a letter that no font has.
    let shown = "#panic(\"x\") $x^2$ *b* _i_ [c] @r <l> \\ // `r` \\u{202e}\\u{1b}<script>alert(1)</script>=1+1 {{ 7 * 7 }} \\u{4e2d}";
    let close = |text: &str| text.replace(' ', "");
    assert!(close(&text).contains(&close(shown)), "{shown} is not in\n{text}");
    for forbidden in ["\u{202e}", "\u{1b}", "中", "49"] {
        let before = words(&plain_pages).expect("read before").matches(forbidden).count();
        assert!(text.matches(forbidden).count() <= before, "{forbidden:?} is in\n{text}");
    }
    let scripts = poppler("pdfinfo", &["-js"], &bytes, &[]).expect("poppler");
    assert_eq!(scripts.trim(), "", "no script");
}

#[test]
fn fonts_are_embedded_and_the_pages_are_tagged() {
    let bytes = made(&sample::outcome());
    let Some(fonts) = poppler("pdffonts", &[], &bytes, &[]) else { return };
    let fonts: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        let columns: Vec<&str> = font.split_whitespace().rev().collect();
        // From the right: object, generation, unicode, subset, embedded.
        assert_eq!(columns[4], "yes", "{font}");
    }
    let told = poppler("pdfinfo", &[], &bytes, &[]).expect("poppler");
    let line = |name: &str| {
        let line = told.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name}: {told}")).to_owned()
    };
    assert!(line("Tagged:").ends_with("yes") && line("JavaScript:").ends_with("no"), "{told}");
    assert!(line("Title:").contains(&sample::outcome().scenario));
}

#[test]
fn the_same_outcome_gives_the_same_bytes_at_any_time() {
    let outcome = sample::outcome();
    let first = made(&outcome);
    assert!(first == made(&outcome), "made twice, there is a difference");
    let mut other = outcome.clone();
    other.seed += 1;
    assert!(first != made(&other));
}

#[test]
fn runs_and_results_that_stand_give_the_same_pages_with_the_houses_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name = |part: &str| folder.path().join(part).to_str().expect("UTF-8").to_owned();
    let theme = ["--theme", "scenarios/theme/house.toml"];
    let (run, again, moved) = (name("run"), name("again"), name("moved"));
    let ran = ["run", "scenarios/minimal", "--paths", "1000", "--quiet", "--no-catalogue"];
    let done = plimsoll(&[&ran[..], &theme, &["--format", "pdf,html", "--out", &run]].concat());
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
    let done =
        plimsoll(&[&["report", &run, "--format", "pdf", "--out", &again][..], &theme].concat());
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let read = |folder: &str| fs::read(Path::new(folder).join("report.pdf")).expect("a PDF");
    assert!(read(&run) == read(&again));
    let more = ["report", &run, "--compare", &run, "--format", "pdf", "--out", &moved];
    let done = plimsoll(&more);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let Some(text) = words(&read(&again)) else { return };
    assert!(text.starts_with("Example House minimal · book"), "{text}");
    assert!(!text.contains("What moved"));
    assert!(words(&read(&moved)).expect("poppler").contains("What moved"));
}

/// A run of a scenario as pages, and the same pages of the results that it leaves.
fn stated(scenario: &str, folder: &Path) -> (Vec<u8>, String) {
    let name = |part: &str| folder.join(part).to_str().expect("UTF-8").to_owned();
    let (run, again) = (name("run"), name("again"));
    let ran = ["run", scenario, "--quiet", "--no-catalogue", "--format", "pdf", "--out", &run];
    let done = plimsoll(&ran);
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
    let done = plimsoll(&["report", &run, "--format", "pdf", "--out", &again]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let read = |folder: &str| fs::read(Path::new(folder).join("report.pdf")).expect("a PDF");
    assert!(read(&run) == read(&again));
    (read(&run), fs::read_to_string(Path::new(&run).join("result.json")).expect("results"))
}

#[test]
fn stated_paths_have_pages_with_their_figures() {
    for scenario in ["scenarios/shock", "scenarios/replay"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (bytes, json) = stated(scenario, folder.path());
        let outcome: HistoricalOutcome = serde_json::from_str(&json).expect("an outcome");
        let Some(text) = text_of(&bytes) else { return };
        let first = plain(text.split('\u{c}').next().expect("a page"));
        let threshold = outcome.threshold.as_ref().expect("a policy").threshold;
        for told in [outcome.loss, outcome.loss_without_events, outcome.difference, threshold] {
            assert!(first.contains(&money(told)), "{told} is not in {first}");
        }
        assert!(first.contains("What would it cost?"), "{first}");
        let text = plain(&text);
        for row in &outcome.accounts {
            let [loss, without] = [row.loss, row.loss_without_events].map(money);
            let told = format!("{} {loss} {without}", row.account);
            assert!(text.contains(&told), "{told} is not in {text}");
        }
        for row in outcome.rows.iter().filter(|row| row.loss.abs() >= 1.0) {
            let told = format!("{} {}", row.name, money(row.loss));
            assert!(text.contains(&told), "{told} is not in {text}");
        }
    }
}

#[test]
fn grids_have_pages_with_every_cell() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (bytes, json) = stated("scenarios/grid", folder.path());
    let outcome: GridOutcome = serde_json::from_str(&json).expect("an outcome");
    let Some(text) = words(&bytes) else { return };
    let share = |share: f64| format!("{:.2} %", share * 100.0).replace('-', "−");
    for cell in &outcome.cells {
        let moves = format!("{} {}", share(cell.spot), share(cell.volatility));
        let told = format!("{moves} {} {}", money(cell.loss), money(cell.loss_held));
        assert!(text.contains(&told), "{told} is not in {text}");
    }
    assert!(
        text.contains(&format!(
            "Worst loss that counts Exposure threshold {}",
            money(outcome.loss)
        ))
    );
}

#[test]
fn a_batch_writes_pages_of_every_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("batch");
    let name = out.to_str().expect("UTF-8");
    let arguments = ["batch", "scenarios/batch", "--paths", "500", "--quiet", "--no-catalogue"];
    let done = plimsoll(&[&arguments[..], &["--format", "pdf", "--out", name]].concat());
    assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
    let made = fs::read_dir(&out)
        .expect("results")
        .filter(|entry| entry.as_ref().expect("an entry").path().join("report.pdf").is_file());
    assert!(made.count() >= 8);
}
