//! The HTML report: whole, self-contained, and unmoved by hostile names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

use plimsoll::outcome::{DataFinding, Outcome, Warning};
use plimsoll::report::html;
use svg::node::element::tag::Type;
use svg::parser::Event;

use super::sample;

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{ 7654321 * 2 }}\u{202e}\u{200f}\u{1b}[31m\0";

/// The page, also left where a browser can look at it.
fn page(name: &str, outcome: &Outcome) -> String {
    let page = html(outcome).unwrap();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join(name), &page).unwrap();
    page
}

/// Words of closed sets: they never come from a user.
const CLOSED: [&str; 13] = [
    "amber",
    "green",
    "never",
    "passed",
    "below",
    "above",
    "break_even",
    "rebalancing",
    "equity",
    "margin_call",
    "stop",
    "liquidation",
    "bankruptcy",
];

/// The sample with every text of every kind hostile, through its own JSON.
fn hostile() -> Outcome {
    fn poison(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) if !CLOSED.contains(&text.as_str()) => {
                *text = HOSTILE.into()
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(poison),
            serde_json::Value::Object(fields) => fields.values_mut().for_each(poison),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(sample::outcome_with_trades()).unwrap();
    poison(&mut value);
    serde_json::from_value(value).unwrap()
}

/// Names of the elements, checked to open and close in order; attribute names with them.
fn elements(page: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let body = &page[page.find("</style>").unwrap() + "</style>".len()..];
    let body = &body[body.find("<body>").unwrap()..body.rfind("</html>").unwrap()];
    let (mut open, mut names, mut attributes) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for event in svg::read(body).unwrap() {
        match event {
            Event::Tag(name, Type::Start, found) => {
                open.push(name.to_owned());
                names.insert(name.to_owned());
                attributes.extend(found.into_keys());
            }
            Event::Tag(name, Type::End, _) => assert_eq!(open.pop().as_deref(), Some(name)),
            Event::Tag(name, Type::Empty, found) => {
                names.insert(name.to_owned());
                attributes.extend(found.into_keys());
            }
            Event::Error(error) => panic!("{error}"),
            _ => {}
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    (names, attributes)
}

#[test]
fn hostile_text_adds_no_element_and_no_attribute() {
    let plain = page("trades.html", &sample::outcome_with_trades());
    let poisoned = page("hostile.html", &hostile());
    assert_eq!(elements(&poisoned), elements(&plain));
    assert_eq!(poisoned.matches("<script").count(), 1, "the page's own");
    for forbidden in ["<script>alert", "<img", "\u{202e}", "\u{200f}", "\u{1b}", "\0"] {
        assert!(!poisoned.contains(forbidden), "{forbidden:?}");
    }
    assert!(poisoned.contains("&lt;script&gt;alert(1)"), "shown as text");
    assert!(poisoned.contains("\\u{202e}\\u{200f}\\u{1b}[31m\\u{0}"), "shown spelt out");
    assert!(!poisoned.contains("15308642"), "a template in a name is not run");
}

#[test]
fn the_page_loads_nothing() {
    let page = page("report.html", &sample::outcome());
    for loader in ["src=", "url(", "@import", "<link", "<iframe", "<object", "https:"] {
        assert!(!page.contains(loader), "{loader}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    let addresses: BTreeSet<&str> = page.matches("http://www.w3.org/2000/svg").collect();
    assert_eq!(page.matches("http:").count(), page.matches("http://www.w3.org/2000/svg").count());
    assert_eq!(addresses.len(), 1, "the name of the SVG format alone");
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn the_first_page_names_the_largest_contributors_and_the_worst_paths() {
    let outcome = sample::outcome();
    let page = page("report.html", &outcome);
    let (first, _) = page.split_once("</section>").expect("a first page");
    let mut rows = outcome.contributions.by_position.clone();
    rows.sort_by(|a, b| b.expected_shortfall.abs().total_cmp(&a.expected_shortfall.abs()));
    for row in rows.iter().take(3) {
        let does = if row.expected_shortfall < 0.0 { "takes off" } else { "adds" };
        assert!(first.contains(&format!("<li>{} {does} ", row.name)), "{}: {first}", row.name);
    }
    for path in outcome.worst_paths.iter().take(3) {
        assert!(first.contains(&format!("path {}</a>", path.path)), "{}", path.path);
    }
}

#[test]
fn the_policy_lets_the_pages_own_script_run_and_no_other() {
    let page = page("report.html", &sample::outcome());
    let (_, rest) = page.split_once("<script>").expect("a script");
    let (script, _) = rest.split_once("</script>").expect("its end");
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy =
        format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'");
    assert!(page.contains(&policy), "the page must say {policy}");
}

#[test]
fn every_id_is_unique_and_every_link_has_its_target() {
    for page in [html(&sample::outcome()).unwrap(), html(&sample::outcome_with_trades()).unwrap()] {
        let ids: Vec<&str> = values(&page, " id=\"");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len());
        let links = values(&page, "href=\"#");
        assert!(links.len() >= 9);
        for link in links {
            assert!(unique.contains(link), "#{link}");
        }
        for label in values(&page, "aria-labelledby=\"") {
            assert!(label.split(' ').all(|id| unique.contains(id)), "{label}");
        }
    }
}

/// What follows each `start` up to the next quote.
fn values<'a>(page: &'a str, start: &str) -> Vec<&'a str> {
    page.split(start).skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect()
}

#[test]
fn the_answer_stands_before_the_evidence() {
    let page = html(&sample::outcome()).unwrap();
    let order = [
        "Not as it stands",
        "AMBER",
        "5,600,000",
        "5,166,025",
        "92.3\u{a0}%",
        "1.091",
        "Why",
        "What to do",
        "<nav",
    ];
    let mut from = page.find("<main>").unwrap();
    for words in order {
        from +=
            page[from..].find(words).unwrap_or_else(|| panic!("{words} is not where it should be"));
    }
}

#[test]
fn every_evidence_of_the_outcome_is_told() {
    let outcome = sample::outcome();
    let page = html(&outcome).unwrap();
    let worst = outcome.worst_paths[0].path;
    for told in [
        format!("plimsoll replay SCENARIO --path {worst}"),
        "Wilder RSI-14 on BTC daily closes, 0 to 100".into(),
        "floor: 0.7412 raised to 0.7500".into(),
        "Ledoit–Wolf, 1,095 observations, shrinkage 0.08".into(),
        "kept the first of 2 rows".into(),
        "heavy_tail".into(),
        "BNB standard".replace("BNB", "Binance"),
        "no end found up to 20 times the gross exposure".into(),
        "7 others together".into(),
    ] {
        assert!(page.contains(&told), "{told}");
    }
}

#[test]
fn comparison_shows_before_after_and_change() {
    let page = html(&sample::outcome_with_trades()).unwrap();
    let cells = "<td>92.3\u{a0}%</td><td>64.6\u{a0}%</td><td>−27.7 points</td>";
    assert!(page.contains(cells), "utilisation before, after, change");
    assert!(page.contains("chart-gauge-after"));
    assert!(!html(&sample::outcome()).unwrap().contains("id=\"comparison\""));
}

/// Everything optional missing at once, and one thing at a time.
#[test]
fn sparse_outcomes_make_a_page() {
    let mut bare = sample::outcome();
    bare.threshold = None;
    bare.incremental.clear();
    bare.worst_paths.clear();
    bare.margin.clear();
    bare.data_quality.clear();
    bare.warnings.clear();
    bare.measures.tail_index = None;
    bare.measures.loss_beyond_capital = None;
    bare.measures.histogram.bins.clear();
    bare.contributions.by_position.clear();
    bare.book.greeks.profile.points.clear();
    bare.model.factors.clear();
    bare.model.correlation.clear();
    bare.model.correlation_projection_distance = None;
    assert!(html(&bare).unwrap().contains("NO POLICY"));

    let mut infinite = sample::outcome();
    let threshold = infinite.threshold.as_mut().unwrap();
    threshold.utilisation = None;
    threshold.utilisation_interval_95 = None;
    threshold.utilisation_unconditioned = None;
    threshold.scale_to_threshold.value = None;
    threshold.scale_to_threshold.interval_95 = None;
    threshold.condition.clamps.clear();
    let page = html(&infinite).unwrap();
    assert!(page.contains("<dd>infinite</dd>") && page.contains("No clamp or rate limit acted."));
}

#[test]
fn a_page_of_many_rows_stays_bounded() {
    let mut outcome = sample::outcome();
    let row = outcome.contributions.by_position[0].clone();
    outcome.contributions.by_position = vec![row; 5_000];
    outcome.data_quality =
        vec![DataFinding { file: "f".into(), line: Some(1), what: "gap".into(), repair: None }; 50];
    outcome.warnings = vec![Warning { code: "w".into(), message: "m".into() }; 50];
    let page = html(&outcome).unwrap();
    assert!(page.contains("4970 others together"));
    assert!(page.len() < 400_000, "{} bytes", page.len());
}
