//! CSV reference files as named cells.

use std::collections::BTreeMap;
use std::path::Path;

/// One row, by column name.
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// The text of a cell.
    pub fn text(&self, column: &str) -> &str {
        self.0.get(column).unwrap_or_else(|| panic!("no column {column}"))
    }

    /// The number in a cell.
    pub fn number(&self, column: &str) -> f64 {
        let text = self.text(column);
        text.parse().unwrap_or_else(|_| panic!("{column}: '{text}' is not a number"))
    }
}

/// All rows of a file.
pub fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).expect("the file is there");
    let rows = reader.deserialize().map(|row| Row(row.expect("a row of text")));
    rows.collect()
}
