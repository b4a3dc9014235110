//! What the template is filled with: plain texts in the order of the pages.

use serde::Serialize;

use super::house::House;

/// Everything the template sets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Pages {
    /// Title of the document.
    pub title: String,
    /// Whose report it is.
    #[serde(flatten)]
    pub house: House,
    /// What was run, at the top of every page.
    pub run: String,
    /// How the figures came about, at the foot of every page.
    pub made: String,
    /// What the first page answers.
    pub question: &'static str,
    /// The answer.
    pub headline: String,
    /// The light in a word.
    pub light: &'static str,
    /// The same with what is uncertain about it.
    pub light_words: String,
    /// A sign of its own shape.
    pub sign: &'static str,
    /// Utilisation as a picture.
    pub gauge: Option<Picture>,
    /// The figures under the answer.
    pub figures: Vec<Figure>,
    /// Why, and what to do.
    pub lists: Vec<List>,
    /// What to know before relying on it.
    pub caution: Option<String>,
    /// The evidence.
    pub sections: Vec<Part>,
}

/// A chart.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    /// Its file.
    pub file: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// A figure of the first page.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub name: &'static str,
    pub value: String,
    pub note: String,
}

/// Sentences under a heading.
#[derive(Debug, Serialize)]
pub(super) struct List {
    pub heading: String,
    pub ordered: bool,
    pub items: Vec<String>,
}

/// A table with its charts under a heading.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Part {
    pub title: String,
    pub note: String,
    pub charts: Vec<Picture>,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
    /// Tables that the rows are cut into, to stand side by side.
    pub side_by_side: usize,
    /// What of the table is not shown; empty where all is.
    pub hidden: String,
}

/// A column of a table.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub name: String,
    /// Whether it holds figures, which stand to the right.
    pub figures: bool,
    /// Whether it takes what width is left.
    pub fills: bool,
    /// Letters of its widest cell.
    #[serde(skip)]
    pub letters: usize,
}
