//! An outcome as pages: the answer first, then every table and every chart.

use std::collections::BTreeMap;

use svg::parser::Event;

use super::pages::{Column, Figure, List, Pages, Part, Picture};
use super::world::{FAMILIES, settable};
use crate::outcome::{Outcome, Threshold, WorstPath};
use crate::report::beside::Beside;
use crate::report::charts;
use crate::report::figures::{
    Figures, count, duration, instant, level, number, percent, plain, prose, sentence, signed,
};
use crate::report::html::filters::{signs, typographic};
use crate::report::html::light_sign;
use crate::report::look::Look;
use crate::report::ranking::contributors;
use crate::report::tables::{Cell, Section, sections};
use crate::report::verdict::{Verdict, verdict};

/// Rows of a table at most, or of each grouping of one; the rest is counted.
const ROWS: usize = 40;
/// Letters from which a column of text takes what width is left.
const WIDE: usize = 40;
/// Letters of a word that may stand in a column of figures, as `never` does.
const WORD_BESIDE_FIGURES: usize = 10;
/// Letters of a table that is as wide as the page.
const LINE: usize = 116;
/// Files that the template reads, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Charts of the very worst path.
const STORY: [&str; 3] = ["story-1", "story-2", "story-3"];
/// Which table a chart stands above; one of none has a heading of its own.
const ABOVE: [(&str, &str); 12] = [
    ("trend", "Run after run"),
    ("policy", "Run after run"),
    (STORY[0], "Worst paths"),
    (STORY[1], "Worst paths"),
    (STORY[2], "Worst paths"),
    ("waterfall", "Potential loss"),
    ("tail", "VaR and ES"),
    ("contributions", "Contributions"),
    ("greeks", "Delta-gamma profile"),
    ("ladder", "Liquidation prices"),
    ("at-risk", "Liquidations"),
    ("distribution", "Loss distribution"),
];

/// The pages of an outcome whose texts can be set; their pictures go to `files`.
pub(super) fn pages(outcome: &Outcome, beside: &Beside, look: &Look, files: &mut Files) -> Pages {
    let verdict = verdict(outcome);
    let figures = Figures::of(outcome);
    let mut charts: BTreeMap<&str, Picture> = charts::of_outcome(outcome)
        .filter_map(|(name, svg)| Some((name, picture(name, &svg?, files))))
        .collect();
    let gauge = charts.remove("gauge");
    let trend = beside.history.as_ref().and_then(|runs| charts::trend(runs, "chart-trend"));
    charts.extend(trend.map(|svg| ("trend", picture("trend", &svg, files))));
    let policy =
        beside.history.as_ref().and_then(|runs| charts::policy_trend(runs, "chart-policy"));
    charts.extend(policy.map(|svg| ("policy", picture("policy", &svg, files))));
    let worst = charts::stories(outcome).into_iter().next().unwrap_or_default();
    charts
        .extend(STORY.into_iter().zip(worst).map(|(name, svg)| (name, picture(name, &svg, files))));
    let tables = sections(outcome, &verdict, beside);
    let mut parts: Vec<Part> =
        tables.iter().map(|section| part(section, figures, &mut charts)).collect();
    let model = parts.iter().position(|part| part.title == "Factors").unwrap_or(parts.len());
    parts.splice(model..model, charts.into_values().map(of_chart));
    let theme = look.theme();
    let indistinct = outcome.threshold.as_ref().is_some_and(|threshold| threshold.indistinct);
    Pages {
        fonts: FAMILIES,
        title: format!("{}: exposure threshold", outcome.scenario),
        house: theme.map_or("plimsoll".to_owned(), |theme| theme.house.clone()),
        logo: logo(look, files),
        accent: theme
            .and_then(|theme| theme.light.accent)
            .map_or("#0b5a8f".to_owned(), |c| c.to_string()),
        heading: theme
            .and_then(|theme| theme.light.heading)
            .map_or("#16202c".to_owned(), |c| c.to_string()),
        run: breakable(&format!(
            "{} · book {} · {}",
            outcome.scenario,
            outcome.book.name,
            instant(&outcome.as_of)
        )),
        made: made(outcome),
        question: "May we carry this book?",
        headline: signs(&verdict.headline),
        light: verdict.light,
        light_words: format!("{}{}", verdict.light, if indistinct { " · indistinct" } else { "" }),
        sign: light_sign(verdict.light),
        gauge,
        figures: outcome.threshold.iter().flat_map(|one| told(one, outcome, figures)).collect(),
        lists: lists(outcome, &verdict, figures),
        caution: caution(outcome),
        sections: parts,
    }
}

/// How the figures came about.
fn made(outcome: &Outcome) -> String {
    format!(
        "{} · seed {} · horizon {} · plimsoll {}",
        count(usize::try_from(outcome.paths).unwrap_or(usize::MAX), "path"),
        outcome.seed,
        duration(outcome.horizon_years),
        outcome.plimsoll_version
    )
}

fn logo(look: &Look, files: &mut Files) -> Option<&'static str> {
    let logo = look.theme()?.logo.as_ref()?;
    let name = logo.file_name();
    files.insert(name.to_owned(), logo.bytes.clone());
    Some(name)
}

/// The four figures under the answer.
fn told(threshold: &Threshold, outcome: &Outcome, figures: Figures) -> [Figure; 4] {
    let currency = &outcome.currency;
    let figure =
        |name, value: String, note: String| Figure { name, value: typographic(&value), note };
    let interval = |ends: Option<[f64; 2]>, write: &dyn Fn(f64) -> String| {
        ends.map_or(String::new(), |[low, high]| {
            format!(
                "95\u{a0}% interval {} to {}",
                typographic(&write(low)),
                typographic(&write(high))
            )
        })
    };
    let percent = |share: f64| percent(share, 1);
    let money = |amount: f64| figures.money(amount);
    let scale = &threshold.scale_to_threshold;
    let multiple = |value: f64| number(value, 3);
    [
        figure(
            "Exposure threshold",
            money(threshold.threshold),
            format!("{currency}; {} of capital", percent(threshold.share_of_capital)),
        ),
        figure(
            "Potential loss",
            money(threshold.potential_loss),
            format!("{currency}; {}", interval(Some(threshold.potential_loss_interval_95), &money)),
        ),
        figure(
            "Utilisation",
            threshold.utilisation.map_or("infinite".to_owned(), percent),
            match threshold.utilisation_interval_95 {
                None => "the threshold is not positive".to_owned(),
                some => interval(some, &percent),
            },
        ),
        figure(
            "Scale to threshold k*",
            scale.value.map_or("–".to_owned(), multiple),
            format!("{}; binding: {}", interval(scale.interval_95, &multiple), scale.binding)
                .trim_start_matches("; ")
                .to_owned(),
        ),
    ]
}

fn lists(outcome: &Outcome, verdict: &Verdict, figures: Figures) -> Vec<List> {
    let sentences = |all: &[String]| all.iter().map(|one| signs(&prose(one))).collect::<Vec<_>>();
    let mut todo = sentences(&verdict.actions);
    if todo.is_empty() {
        todo.push("Nothing is needed today.".to_owned());
    }
    let one = |heading: String, ordered, items: Vec<String>| {
        let items = items.iter().map(|item| breakable(item)).collect();
        List { heading, ordered, items }
    };
    let list = |heading: &str, items| one(heading.to_owned(), false, items);
    let ranked = |heading, items| one(heading, true, items);
    vec![
        list("Why", sentences(&verdict.reasons)),
        list("What to do", todo),
        ranked(
            format!(
                "Largest contributions to ES {} of {}",
                level(outcome.contributions.level),
                typographic(&figures.money(outcome.contributions.expected_shortfall))
            ),
            contributors(outcome),
        ),
        ranked(
            "The worst paths".to_owned(),
            outcome.worst_paths.iter().take(3).map(|one| worst(one, outcome, figures)).collect(),
        ),
    ]
}

fn worst(path: &WorstPath, outcome: &Outcome, figures: Figures) -> String {
    let moves = path
        .factors
        .iter()
        .take(3)
        .map(|one| format!("{} {}", one.factor, typographic(&signed(percent(one.change, 2)))));
    let moves: Vec<String> = moves.collect();
    let loss = typographic(&figures.money(path.loss));
    format!("{loss} {} lost: {} (path {})", outcome.currency, moves.join(", "), path.path)
}

fn caution(outcome: &Outcome) -> Option<String> {
    let (warnings, findings) = (&outcome.warnings, outcome.data_quality.len());
    if warnings.is_empty() && findings == 0 {
        return None;
    }
    let mut text = format!(
        "Before relying on this: {} and {} in the data.",
        count(warnings.len(), "warning"),
        count(findings, "finding")
    );
    warnings.iter().for_each(|one| text += &format!(" {}", signs(&sentence(&one.message))));
    Some(text)
}

fn part(section: &Section, figures: Figures, charts: &mut BTreeMap<&str, Picture>) -> Part {
    let mine = ABOVE.iter().filter(|(_, title)| *title == section.title);
    let charts = mine.filter_map(|(name, _)| charts.remove(name)).collect();
    let kept = kept(section);
    let hidden = section.rows.len() - kept.len();
    let columns: Vec<Column> =
        (0..section.columns.len()).map(|at| column(section, &kept, at, figures)).collect();
    Part {
        title: section.title.to_owned(),
        note: signs(&prose(&section.note)),
        charts,
        side_by_side: side_by_side(&columns, kept.len()),
        columns,
        rows: rows(section, &kept, figures),
        hidden: match hidden {
            0 => String::new(),
            some => format!("{} more: in the workbook, and in result.json.", count(some, "row")),
        },
    }
}

/// The rows in words; what a grouping repeats is said once.
fn rows(section: &Section, kept: &[&Vec<Cell>], figures: Figures) -> Vec<Vec<String>> {
    let repeated = match section.columns.first() {
        Some(&"by") => 1,
        Some(&"path") => 2,
        _ => 0,
    };
    let mut before: Option<&Cell> = None;
    let mut told = Vec::with_capacity(kept.len());
    for cells in kept {
        let again = before.is_some() && before == cells.first();
        before = cells.first();
        let cell = |(at, name): (usize, &&str)| match cells.get(at) {
            Some(_) if again && at < repeated => String::new(),
            Some(Cell::Share(share)) if *name == "level" => level(*share),
            Some(cell) => breakable(&shown(cell, figures)),
            None => String::new(),
        };
        told.push(section.columns.iter().enumerate().map(cell).collect());
    }
    told
}

/// The rows that are shown: of each grouping the largest, else the first.
fn kept(section: &Section) -> Vec<&Vec<Cell>> {
    match (section.title, section.columns.first()) {
        ("Worst paths", _) => paths(section),
        ("Correlations", _) => largest_by(section.rows.iter().collect(), 2),
        (_, Some(&"by")) => {
            let groups = section.rows.chunk_by(|a, b| a.first() == b.first());
            groups.flat_map(|group| largest_by(group.iter().collect(), 2)).collect()
        }
        _ => section.rows.iter().take(ROWS).collect(),
    }
}

/// The rows with the largest figures in a column, largest first.
fn largest_by(mut rows: Vec<&Vec<Cell>>, column: usize) -> Vec<&Vec<Cell>> {
    let size = |row: &Vec<Cell>| match row.get(column) {
        Some(Cell::Money(figure) | Cell::Number(figure)) => figure.abs(),
        _ => 0.0,
    };
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
    rows.truncate(ROWS);
    rows
}

/// The first paths, and of each what moved and lost most and what happened first.
fn paths(section: &Section) -> Vec<&Vec<Cell>> {
    const PATHS: usize = 5;
    const EACH: usize = 3;
    let paths = section.rows.chunk_by(|a, b| a.first() == b.first());
    let kinds = paths.take(PATHS).flat_map(|path| path.chunk_by(|a, b| a.get(2) == b.get(2)));
    kinds.flat_map(|kind| kind.iter().take(EACH)).collect()
}

fn column(section: &Section, kept: &[&Vec<Cell>], at: usize, figures: Figures) -> Column {
    let cells = || kept.iter().filter_map(|row| row.get(at));
    let letters = |cell: &Cell| shown(cell, figures).chars().count();
    let widest = |text: bool| {
        let of_kind = cells().filter(|cell| matches!(cell, Cell::Text(_)) == text);
        of_kind.map(letters).max().unwrap_or(0)
    };
    let has_figures = cells().any(|cell| !matches!(cell, Cell::Text(_) | Cell::Nothing));
    let is_figure = has_figures && widest(true) <= WORD_BESIDE_FIGURES;
    let mut name = section.columns[at].chars();
    let name = name
        .next()
        .map_or(String::new(), |first| first.to_uppercase().collect::<String>() + name.as_str());
    let letters = widest(true).max(widest(false)).max(name.chars().count());
    Column { name, figures: is_figure, fills: !is_figure && letters > WIDE, letters }
}

/// How many narrow tables a long one makes that fit beside each other.
fn side_by_side(columns: &[Column], rows: usize) -> usize {
    let letters: usize = columns.iter().map(|column| column.letters + 2).sum();
    match rows {
        0..=15 => 1,
        _ if letters * 3 <= LINE => 3,
        _ if letters * 2 <= LINE => 2,
        _ => 1,
    }
}

/// A cell as people read it.
fn shown(cell: &Cell, figures: Figures) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Instant(text) => instant(text),
        Cell::Count(count) => count.to_string(),
        Cell::Nothing => "–".to_owned(),
        Cell::Money(amount) => typographic(&figures.money(*amount)),
        Cell::Share(share) => typographic(&percent(*share, 2)),
        Cell::Number(value) => typographic(&plain(*value)),
    }
}

/// Long words with places where a line may end.
fn breakable(text: &str) -> String {
    const WORD: usize = 14;
    let word = |word: &str| {
        // A figure is never torn.
        if word.chars().count() <= WORD || !word.contains(char::is_alphabetic) {
            return word.to_owned();
        }
        let mut since = 0;
        let mut broken = String::with_capacity(word.len() * 2);
        for letter in word.chars() {
            broken.push(letter);
            since += 1;
            if "-_./:+|".contains(letter) || since == WORD {
                broken.push('\u{200b}');
                since = 0;
            }
        }
        broken
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A chart that belongs to no table.
fn of_chart(picture: Picture) -> Part {
    let title = picture.alt.split(':').next().unwrap_or_default().to_owned();
    Part {
        title,
        note: String::new(),
        charts: vec![picture],
        columns: vec![],
        rows: vec![],
        side_by_side: 1,
        hidden: String::new(),
    }
}

/// A chart as a file, described by its own title and description.
fn picture(name: &str, svg: &str, files: &mut Files) -> Picture {
    let file = format!("chart-{name}.svg");
    let chart = settable(&charts::for_print(svg, FAMILIES[0]));
    files.insert(file.clone(), chart.into_bytes());
    let texts = svg::parser::Parser::new(svg).filter_map(|event| match event {
        Event::Text(text) => Some(unescaped(text)),
        _ => None,
    });
    let first: Vec<String> = texts.take(2).collect();
    Picture { file, alt: first.join(": ") }
}

/// Text of a picture as it was before it was written.
fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_may_be_broken_and_figures_not() {
        assert_eq!(breakable("btc-1030-p70000x at"), "btc-\u{200b}1030-\u{200b}p70000x at");
        assert_eq!(breakable("aaaaaaaaaaaaaaaa"), "aaaaaaaaaaaaaa\u{200b}aa");
        assert_eq!(breakable("−123,456,789,012.00 short"), "−123,456,789,012.00 short");
    }

    #[test]
    fn texts_of_pictures_read_as_they_were_written() {
        let mut files = Files::new();
        let svg = "<svg viewBox=\"0 0 400 90\">\n<title>A &lt;b&gt;</title>\n<desc>c &amp;lt; d</desc>\n</svg>";
        let made = picture("one", svg, &mut files);
        assert_eq!(made.alt, "A <b>: c &lt; d");
        assert!(files.contains_key(&made.file));
    }

    #[test]
    fn long_narrow_tables_are_cut_and_wide_or_short_ones_are_not() {
        let column = |letters| Column { name: String::new(), figures: true, fills: false, letters };
        assert_eq!(side_by_side(&[column(10), column(10)], 40), 3);
        assert_eq!(side_by_side(&[column(20), column(20)], 40), 2);
        assert_eq!(side_by_side(&[column(40), column(40)], 40), 1);
        assert_eq!(side_by_side(&[column(10), column(10)], 15), 1);
    }
}
