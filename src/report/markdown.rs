//! The outcome as Markdown, for chats and tickets: the answer in sentences, then short tables.

use super::ReportError;
use super::beside::Beside;
use super::figures::{Figures, count, duration, instant, level, percent, plain, prose};
use super::head::Head;
use super::readable::readable;
use super::tables::{Cell, Section, sections};
use super::verdict::verdict;
use crate::outcome::Outcome;

/// Tables that a note holds, in order; the others are in the report.
const SHOWN: [&str; 14] = [
    "Overrides",
    "What moved",
    "What moved, step by step",
    "VaR and ES",
    "Potential loss",
    "Limits",
    "Contributions",
    "Margin calls",
    "Proposed hedges",
    "Backtest",
    "Worst windows",
    "What happened",
    "By account",
    "Cells",
];
/// Rows of a table; the rest is counted.
const ROWS: usize = 10;
/// Columns that only a report has room for.
const LEFT_OUT: [&str; 4] =
    ["estimator", "standard error", "ES standard error", "VaR standard error"];

/// The note, with what is told beside the outcome; a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::NotComparable`] where
/// an earlier run is in another currency.
pub fn markdown(outcome: &Outcome, beside: &Beside) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    let verdict = verdict(&outcome);
    let beside = beside.readable(&outcome)?;
    let tables = sections(&outcome, &verdict, &beside);
    Ok(note(
        &Head {
            scenario: &outcome.scenario,
            light: verdict.light,
            headline: verdict.headline,
            made: made(&outcome),
            reasons: verdict.reasons,
            actions: verdict.actions,
            warnings: &outcome.warnings,
            version: &outcome.plimsoll_version,
        },
        Figures::of(&outcome),
        &tables,
    ))
}

/// The note of a head and those of its tables that a note has room for.
pub(super) fn note(head: &Head<'_>, figures: Figures, tables: &[Section]) -> String {
    let mut text = format!("# {}: {}\n\n", escaped(head.scenario), head.light);
    text += &format!("**{}**\n\n", escaped(&prose(&head.headline)));
    text += &format!("{}\n\n", escaped(&head.made));
    head.reasons.iter().for_each(|reason| text += &format!("- {}\n", escaped(&prose(reason))));
    if !head.actions.is_empty() {
        text += "\n**To do**\n\n";
        head.actions.iter().for_each(|one| text += &format!("- {}\n", escaped(&prose(one))));
    }
    for section in tables.iter().filter(|section| SHOWN.contains(&section.title)) {
        text += &table(section, figures);
    }
    if !head.warnings.is_empty() {
        text += "\n## Warnings\n\n";
        head.warnings.iter().for_each(|one| text += &format!("- {}\n", escaped(&one.message)));
    }
    text += &format!("\nplimsoll {}\n", escaped(head.version));
    text
}

/// How the figures came about, in one line.
fn made(outcome: &Outcome) -> String {
    format!(
        "{} · {} · {} · {} · seed {} · amounts in {}",
        outcome.book.name,
        instant(&outcome.as_of),
        duration(outcome.horizon_years),
        count(usize::try_from(outcome.paths).unwrap_or(usize::MAX), "path"),
        outcome.seed,
        outcome.currency
    )
}

fn table(section: &Section, figures: Figures) -> String {
    let kept: Vec<usize> = (0..section.columns.len())
        .filter(|column| !LEFT_OUT.contains(&section.columns[*column]))
        .collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("\n## {}\n\n", section.title);
    if !section.note.is_empty() {
        text += &format!("{}\n\n", escaped(&section.note));
    }
    text += &line(kept.iter().map(|column| section.columns[*column].to_owned()).collect());
    let numeric = |column: &usize| !matches!(section.rows[0].get(*column), Some(Cell::Text(_)));
    let rule = |column: &usize| if numeric(column) { "--:" } else { "---" }.to_owned();
    text += &line(kept.iter().map(rule).collect());
    // Of several groupings, the first.
    let grouped = section.columns[0] == "by";
    let of_first = |row: &&Vec<Cell>| !grouped || row[0] == section.rows[0][0];
    let rows: Vec<&Vec<Cell>> = section.rows.iter().filter(of_first).collect();
    for row in largest(&rows, section) {
        let cell = |column: &usize| match (row.get(*column), section.columns[*column]) {
            (Some(Cell::Share(share)), "level") => level(*share),
            (cell, _) => shown(cell, figures),
        };
        text += &line(kept.iter().map(cell).collect());
    }
    let hidden = rows.len().saturating_sub(rows_max(section));
    if hidden > 0 {
        text += &format!("\nand {} in the report\n", count(hidden, "further row"));
    }
    text
}

/// Rows of a table; steps that sum to a change are all told.
fn rows_max(section: &Section) -> usize {
    if section.title == "What moved, step by step" { usize::MAX } else { ROWS }
}

/// The rows shown: of contributions the largest, else the first.
fn largest<'a>(rows: &[&'a Vec<Cell>], section: &Section) -> Vec<&'a Vec<Cell>> {
    let mut rows = rows.to_vec();
    if section.columns[0] == "by" {
        let amount = |row: &Vec<Cell>| match row[2] {
            Cell::Money(amount) => amount.abs(),
            _ => 0.0,
        };
        rows.sort_by(|a, b| amount(b).total_cmp(&amount(a)));
    }
    rows.truncate(rows_max(section));
    rows
}

fn shown(cell: Option<&Cell>, figures: Figures) -> String {
    match cell {
        None | Some(Cell::Nothing) => "–".to_owned(),
        Some(Cell::Text(text)) => escaped(text),
        Some(Cell::Money(amount)) => figures.money(*amount),
        Some(Cell::Share(share)) => percent(*share, 1),
        Some(Cell::Number(value)) => plain(*value),
        Some(Cell::Count(count)) => count.to_string(),
        Some(Cell::Instant(text)) => escaped(&instant(text)),
    }
}

/// Text that means nothing to Markdown, nor to the HTML it becomes, on one line.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                safe.push('\\');
                safe.push(letter);
            }
            '\n' | '\r' => safe.push(' '),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        let hostile = "<script>|[x](http://y)\n# a *b* `c` $d$ ![e]";
        let expected =
            "&lt;script&gt;\\|\\[x\\](http://y) \\# a \\*b\\* \\`c\\` \\$d\\$ \\!\\[e\\]";
        assert_eq!(escaped(hostile), expected);
    }
}
