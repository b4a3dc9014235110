//! The report in a real browser: tables sort, charts have tooltips, both themes show, it prints.
//!
//! Needs Chromium (Debian: `apt-get install chromium`); where there is none, the tests say that they
//! were skipped.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

#[path = "common/policy_sample.rs"]
mod policy_sample;

/// Reads what the page shows, presses what a reader would press, and leaves what came of it in an
/// attribute.
const DRIVER: &str = r##"<script>
addEventListener("load", () => {
  const table = document.querySelector("#contributions table");
  const heads = [...table.tHead.rows[0].cells];
  const column = (index) => [...table.tBodies[0].rows].map((row) => row.cells[index].textContent.trim());
  const press = (index) => {
    const button = heads[index].querySelector("button");
    button.focus();
    const focused = document.activeElement === button;
    button.click();
    return { focused, sorted: heads[index].getAttribute("aria-sort"), marked: heads.filter((one) => one.hasAttribute("aria-sort")).length, cells: column(index) };
  };
  const found = {
    before: column(1),
    falling: press(1),
    rising: press(1),
    names: press(0),
    buttons: document.querySelectorAll("button.sort").length,
    charts: document.querySelectorAll("svg").length,
    tooltips: document.querySelectorAll("svg title").length,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    background: getComputedStyle(document.body).backgroundColor,
    wide: document.documentElement.scrollWidth <= innerWidth,
  };
  document.documentElement.setAttribute("data-found", encodeURIComponent(JSON.stringify(found)));
});
</script></body>"##;

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: there is no Chromium here, so the report was not opened in a browser");
    }
    found
}

/// The report of a run of the desk.
fn report(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    let done = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "scenarios/desk", "--paths", "1000", "--quiet", "--no-catalogue", "--out"])
        .arg(&out)
        .stdin(Stdio::null())
        .status()
        .expect("plimsoll starts");
    assert!(matches!(done.code(), Some(0 | 1)), "{done}");
    out.join("report.html")
}

/// What the browser prints of a page.
fn browse(browser: &Path, profile: &Path, more: &[&str], page: &Path) -> String {
    let done = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(more)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser starts");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn driven(browser: &Path, folder: &Path, page: &Path, more: &[&str]) -> Value {
    let text = fs::read_to_string(page).expect("the report");
    // The page's policy admits its own script alone; the driver is a second one.
    let (start, rest) = text.split_once("script-src '").expect("a policy");
    let (_, rest) = rest.split_once('\'').expect("its end");
    let open = format!("{start}script-src 'unsafe-inline'{rest}");
    let driver = folder.join("driven.html");
    fs::write(&driver, open.replace("</body>", DRIVER)).expect("written");
    let shown =
        browse(browser, &folder.join("profile"), &[more, &["--dump-dom"]].concat(), &driver);
    let (_, found) = shown.split_once("data-found=\"").expect("the driver ran");
    let found = found.split('"').next().expect("a value");
    serde_json::from_str(&decoded(found)).expect("JSON")
}

/// Text of which some bytes are written as `%41`.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut index) = (Vec::new(), 0);
    while index < bytes.len() {
        let escaped =
            (bytes[index] == b'%').then(|| u8::from_str_radix(&text[index + 1..index + 3], 16));
        decoded.push(escaped.map_or(bytes[index], |byte| byte.expect("two digits")));
        index += if bytes[index] == b'%' { 3 } else { 1 };
    }
    String::from_utf8(decoded).expect("UTF-8")
}

fn numbers(cells: &Value) -> Vec<f64> {
    let number = |cell: &Value| {
        let plain: String =
            cell.as_str().expect("text").chars().filter(|one| !",\u{a0} ".contains(*one)).collect();
        plain.replace('\u{2212}', "-").parse().unwrap_or_else(|_| panic!("{cell} is no number"))
    };
    cells.as_array().expect("cells").iter().map(number).collect()
}

#[test]
fn the_pages_own_script_passes_its_policy() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = report(folder.path());
    let shown = browse(&browser, &folder.path().join("profile"), &["--dump-dom"], &page);
    assert!(shown.contains("<button type=\"button\" class=\"sort\">"), "the script did not run");
}

#[test]
fn tables_sort_by_click_and_charts_have_tooltips() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = report(folder.path());
    let found = driven(&browser, folder.path(), &page, &["--window-size=1300,2000"]);
    let mut falling = numbers(&found["before"]);
    assert!(falling.len() > 5);
    falling.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(numbers(&found["falling"]["cells"]), falling);
    falling.reverse();
    assert_eq!(numbers(&found["rising"]["cells"]), falling);
    assert_eq!(found["falling"]["sorted"], "descending");
    assert_eq!(found["rising"]["sorted"], "ascending");
    assert_eq!(found["names"]["marked"], 1, "one column at a time is marked");
    assert_eq!(found["falling"]["focused"], true, "heads take the keyboard's focus");
    assert!(found["buttons"].as_u64().unwrap() > 20, "{}", found["buttons"]);
    assert!(found["tooltips"].as_u64().unwrap() > 3 * found["charts"].as_u64().unwrap());
    assert_eq!(found["wide"], true, "nothing is wider than the window");
}

#[test]
fn it_fits_a_phone_shows_in_the_dark_and_prints() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = report(folder.path());
    let phone = driven(&browser, folder.path(), &page, &["--window-size=500,900"]);
    assert_eq!(phone["wide"], true, "nothing is wider than a phone's window");
    let dark = ["--window-size=1300,900", "--blink-settings=preferredColorScheme=0"];
    let dark = driven(&browser, folder.path(), &page, &dark);
    assert_eq!(dark["dark"], true);
    assert_ne!(dark["background"], phone["background"]);
    let pdf = folder.path().join("report.pdf");
    let print = format!("--print-to-pdf={}", pdf.display());
    browse(&browser, &folder.path().join("profile"), &[&print, "--no-pdf-header-footer"], &page);
    let printed = fs::read(&pdf).expect("a PDF");
    assert!(printed.starts_with(b"%PDF") && printed.len() > 50_000, "{} bytes", printed.len());
}

/// Window widths in CSS pixels: a phone, a tablet, a small and a larger window.
const WIDTHS: [u32; 4] = [390, 768, 1_100, 1_300];

/// Leaves every frame's name, width and width of what is in it in an attribute.
const MEASURER: &str = r#"<script>
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => ({
    name: frame.title, inner: frame.contentWindow.innerWidth,
    scroll: frame.contentDocument.documentElement.scrollWidth,
  }));
  document.documentElement.setAttribute("data-found", encodeURIComponent(JSON.stringify(found)));
});
</script>"#;

fn plimsoll(arguments: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .stdin(Stdio::null())
        .status()
        .expect("plimsoll starts");
    assert!(matches!(done.code(), Some(0 | 1)), "{arguments:?}: {done}");
}

/// Pages of every kind that is made within seconds.
fn pages(folder: &Path) -> Vec<(&'static str, String)> {
    let at = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let run = |scenario: &str, seed: &str, name: &str| {
        let fixed = ["run", scenario, "--quiet", "--no-catalogue", "--out"];
        let more = if seed.is_empty() { vec![] } else { vec!["--paths", "1000", "--seed", seed] };
        plimsoll(&[&fixed[..], &[&at(name)], &more].concat());
    };
    run("scenarios/desk", "1", "desk");
    run("scenarios/historical/2020-03-12-window.toml", "", "stated");
    run("scenarios/grid", "", "grid");
    run("scenarios/minimal", "1", "earlier");
    run("scenarios/minimal", "2", "later");
    plimsoll(&["report", &at("later"), "--compare", &at("earlier"), "--out", &at("compared")]);
    plimsoll(&["explain", &at("earlier"), &at("later"), "--out", &at("explained")]);
    plimsoll(&["batch", "scenarios/batch", "--quiet", "--no-catalogue", "--out", &at("batch")]);
    plimsoll(&["calibrate", "market", "scenarios/desk", "--quiet", "--page", &at("market.html")]);
    let files = [
        "desk/report.html",
        "market.html",
        "stated/report.html",
        "grid/report.html",
        "compared/report.html",
        "explained/explanation.html",
        "batch/index.html",
    ];
    let read = |name| (name, fs::read_to_string(folder.join(name)).expect("a page"));
    let policy = policy_sample::policy_calibration();
    let policy = plimsoll::report::policy_calibration_html(&policy).expect("a page");
    files.into_iter().map(read).chain([("calibrate policy", policy)]).collect()
}

#[test]
fn no_page_scrolls_sideways() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut text = "<!doctype html><body>".to_owned();
    let pages = pages(folder.path());
    for (name, page) in &pages {
        let escaped = page.replace('&', "&amp;").replace('"', "&quot;");
        for width in WIDTHS {
            let style = format!("width:{width}px;height:900px;border:0");
            text += &format!(
                "<iframe title=\"{name}\" style=\"{style}\" srcdoc=\"{escaped}\"></iframe>"
            );
        }
    }
    let frames = folder.path().join("frames.html");
    fs::write(&frames, text + MEASURER).expect("written");
    let more = ["--window-size=1400,900", "--dump-dom"];
    let shown = browse(&browser, &folder.path().join("profile"), &more, &frames);
    let (_, found) = shown.split_once("data-found=\"").expect("the measurer ran");
    let found = decoded(found.split('"').next().expect("a value"));
    let found: Vec<Value> = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found.len(), pages.len() * WIDTHS.len());
    for (one, width) in found.iter().zip(WIDTHS.iter().cycle()) {
        assert_eq!(one["inner"], *width, "{one}");
        assert!(one["scroll"].as_u64() <= one["inner"].as_u64(), "scrolls sideways: {one}");
        assert!(one["scroll"].as_u64() > Some(300), "the page was not laid out: {one}");
    }
}
