//! Tables as pages show them: what is kept of long ones, figures in words, where lines may end.

use super::pages::{Column, Part, Picture};
use crate::report::figures::{Figures, count, instant, level, percent, plain, prose};
use crate::report::html::filters::{signs, typographic};
use crate::report::tables::{Cell, Section};

/// Rows of a table at most, or of each grouping of one; the rest is counted.
const ROWS: usize = 40;
/// Letters from which a column of text takes what width is left.
const WIDE: usize = 40;
/// Letters of a word that may stand in a column of figures, as `never` does.
const WORD_BESIDE_FIGURES: usize = 10;
/// Letters of a table that is as wide as the page.
const LINE: usize = 116;
/// Charts, each with the title of the table that it stands above; of one without, a heading of its own.
pub(super) type Charts = Vec<(&'static str, Picture)>;

/// A table with the charts that stand above it, which are taken.
pub(super) fn part(section: &Section, figures: Figures, charts: &mut Charts) -> Part {
    let mine = charts.extract_if(.., |(above, _)| *above == section.title);
    let charts = mine.map(|(_, chart)| chart).collect();
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
pub(super) fn breakable(text: &str) -> String {
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
pub(super) fn of_chart(picture: Picture) -> Part {
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
    fn long_narrow_tables_are_cut_and_wide_or_short_ones_are_not() {
        let column = |letters| Column { name: String::new(), figures: true, fills: false, letters };
        assert_eq!(side_by_side(&[column(10), column(10)], 40), 3);
        assert_eq!(side_by_side(&[column(20), column(20)], 40), 2);
        assert_eq!(side_by_side(&[column(40), column(40)], 40), 1);
        assert_eq!(side_by_side(&[column(10), column(10)], 15), 1);
    }
}
