//! CSV files as tables whose every cell has its place.
//!
//! A ragged row, a repeated column or a conflict marker is a violation.

use std::borrow::Cow;
use std::sync::Arc;

use super::csv_scanner::{Cell, Header, Row, Scanner};
use super::csv_separator::separator_fault;
use super::number_help::number_help;
use super::source::{Place, SourceFile};
use super::suggest::{did_you_mean, one_of};
use super::violation::{Violation, ViolationCollector, Violations};
use super::visible::quoted;

/// Faults after which the rest of a file is not read.
const VIOLATIONS_MAX: usize = 1_000;

/// How a CSV file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvLayout {
    /// Character between cells.
    pub delimiter: u8,
    /// Lines before the header that are not part of the table.
    pub skipped_lines: usize,
    /// Where the column names come from.
    pub header: CsvHeader,
    /// First character of lines that are comments, where there are such.
    pub comment: Option<u8>,
}

/// Where column names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvHeader {
    /// The first row.
    FirstRow,
    /// Stated: the file has none.
    Names(Vec<String>),
}

impl Default for CsvLayout {
    /// Commas, a header row, no comments.
    fn default() -> Self {
        Self { delimiter: b',', skipped_lines: 0, header: CsvHeader::FirstRow, comment: None }
    }
}

/// A table of text cells with their places.
#[derive(Debug, Clone)]
pub struct CsvTable {
    file: Arc<SourceFile>,
    columns: Vec<String>,
    column_places: Vec<Place>,
    header_place: Place,
    cells: Vec<Cell>,
}

impl CsvTable {
    /// The file.
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// Column names, in file order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Rows below the header.
    pub fn row_count(&self) -> usize {
        self.cells.len() / self.columns.len().max(1)
    }

    /// Index of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Index of a column that must be there; `asked` is where the caller names it, else the
    /// header is shown.
    ///
    /// # Errors
    /// One violation, with the columns there are.
    pub fn required_column(&self, name: &str, asked: Option<&Place>) -> Result<usize, Violations> {
        self.column(name).ok_or_else(|| {
            let names = || self.columns.iter().map(String::as_str);
            let title = format!("{} has no column {}", quoted(self.file.name()), quoted(name));
            let violation = Violation::new(asked.unwrap_or(&self.header_place).clone(), title)
                .expected(one_of(names()))
                .help_if(did_you_mean(name, names()));
            violation.into()
        })
    }

    /// Text of a cell, quotes removed.
    pub fn text(&self, row: usize, column: usize) -> Cow<'_, str> {
        let cell = self.cell(row, column);
        let text = &self.file.text()[cell.start as usize..cell.end as usize];
        if cell.has_escaped_quotes { text.replace("\"\"", "\"").into() } else { text.into() }
    }

    /// Place of a cell.
    pub fn place(&self, row: usize, column: usize) -> Place {
        let cell = self.cell(row, column);
        Place::new(&self.file, cell.start as usize..cell.end as usize)
    }

    /// Place of a whole row.
    pub fn row_place(&self, row: usize) -> Place {
        let first = self.cell(row, 0);
        let last = self.cell(row, self.columns.len() - 1);
        Place::new(&self.file, first.start as usize..last.end as usize)
    }

    /// 1-based line of a row.
    pub fn line(&self, row: usize) -> usize {
        self.file.line_of(self.cell(row, 0).start as usize)
    }

    /// Place of a column's name.
    pub fn column_place(&self, column: usize) -> &Place {
        &self.column_places[column]
    }

    /// Place of the header row.
    pub fn header_place(&self) -> &Place {
        &self.header_place
    }

    /// The finite number in a cell; `None` where the cell is empty.
    ///
    /// # Errors
    /// One violation for anything else, `nan` and `inf` included.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, Violations> {
        let text = self.text(row, column);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => {
                let title = format!("{} is not a finite number", quoted(&self.columns[column]));
                let violation = Violation::new(self.place(row, column), title);
                Err(violation.expected("a number").help(number_help(&text)).into())
            }
        }
    }

    /// The finite number in a cell that must not be empty.
    ///
    /// # Errors
    /// One violation for an empty cell or anything but a finite number.
    pub fn required_number(&self, row: usize, column: usize) -> Result<f64, Violations> {
        let missing = || self.violation(row, column, "is empty", "a number");
        self.number(row, column)?.ok_or_else(missing)
    }

    /// A violation about a cell: "`column` `fault`".
    pub fn violation(&self, row: usize, column: usize, fault: &str, expected: &str) -> Violations {
        let title = format!("{} {fault}", quoted(&self.columns[column]));
        Violation::new(self.place(row, column), title).expected(expected).into()
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        debug_assert!(column < self.columns.len());
        self.cells[row * self.columns.len() + column]
    }
}

/// Reads a CSV file.
///
/// # Errors
/// Another separator than the layout's; else every stray or unfinished quote, ragged row, repeated
/// column name and version-control conflict marker; a file without header or rows.
pub fn csv_table(file: &Arc<SourceFile>, layout: &CsvLayout) -> Result<CsvTable, Violations> {
    let mut scanner = Scanner::new(file, layout);
    if let Some(fault) = separator_fault(scanner.first_row(), layout) {
        return Err(fault.into());
    }
    let mut collector = ViolationCollector::default();
    let mut header = scanner.header(&mut collector);
    let mut cells = Vec::new();
    while let Some(row) = scanner.next_row(&mut collector) {
        let width = header.get_or_insert_with(|| scanner.stated_header()).names.len();
        if row.cells.len() == width {
            cells.extend(row.cells);
        } else if !row.faulty {
            collector.add(ragged(file, &row, width));
        }
        if collector.count() >= VIOLATIONS_MAX {
            break;
        }
    }
    let header = header.unwrap_or_else(|| scanner.stated_header());
    if header.names.is_empty() || (cells.is_empty() && collector.count() == 0) {
        collector.add(nothing_in(file, &header));
    }
    report_repeated(&header, &mut collector);
    collector.finish(CsvTable {
        file: Arc::clone(file),
        columns: header.names,
        column_places: header.places,
        header_place: header.place,
        cells,
    })
}

fn nothing_in(file: &Arc<SourceFile>, header: &Header) -> Violation {
    let title =
        if file.text().trim().is_empty() { "the file is empty" } else { "the table has no rows" };
    Violation::new(header.place.clone(), title).expected("a header row and at least one row below")
}

fn ragged(file: &Arc<SourceFile>, row: &Row, width: usize) -> Violation {
    let place = Place::new(file, row.range.clone());
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| place.text().starts_with(mark)) {
        return Violation::new(place, "version-control conflict marker")
            .expected("a row of the table")
            .help("resolve the conflict in this file");
    }
    let cells = if row.cells.len() == 1 { "cell" } else { "cells" };
    let title = format!("the row has {} {cells}, the header {width}", row.cells.len());
    let help = if row.cells.len() > width {
        "quote cells that hold a comma (\"a, b\"); the decimals of a number follow a point"
    } else if row.cells.len() == 1 {
        "remove the line if it is a note or a total below the table; a row has a comma for each cell, \
         also for empty ones"
    } else {
        "cells are missing: write a comma for each empty cell too; remove the line if it is a total \
         below the table"
    };
    Violation::new(place, title).expected(format!("{width} cells")).help(help)
}

fn report_repeated(header: &Header, collector: &mut ViolationCollector) {
    for (index, name) in header.names.iter().enumerate() {
        let first = header.names[..index].iter().position(|earlier| earlier == name);
        if let Some(first) = first.filter(|_| !name.is_empty()) {
            let title = format!("column {} appears twice", quoted(name));
            let violation = Violation::new(header.places[index].clone(), title)
                .expected("each column once")
                .related(header.places[first].clone(), "first here");
            collector.add(violation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CsvTable, Violations> {
        csv_table(&SourceFile::new("t.csv", text), &CsvLayout::default())
    }

    fn faults(text: &str) -> Vec<String> {
        let violations = read(text).unwrap_err();
        let show = |v: &Violation| {
            format!("{}:{} {:?} {}", v.place.line(), v.place.column(), v.place.text(), v.title)
        };
        violations.items().iter().map(show).collect()
    }

    #[test]
    fn cells_have_text_and_places() {
        let table = read("id, price\r\n\"a,\"\"b\"\"\" , 1.5 \r\n\r\nc,\n").unwrap();
        assert_eq!(table.columns(), ["id", "price"]);
        assert_eq!(table.row_count(), 2);
        assert_eq!(table.text(0, 0), "a,\"b\"");
        assert_eq!(table.number(0, 1).unwrap(), Some(1.5));
        assert_eq!(table.number(1, 1).unwrap(), None);
        let place = table.place(0, 1);
        assert_eq!((place.line(), place.column(), place.text()), (2, 13, "1.5"));
        assert_eq!(table.line(1), 4);
        let missing = table.required_column("prise", None).unwrap_err();
        assert_eq!(missing.items()[0].help.as_deref(), Some("did you mean `price`?"));
    }

    #[test]
    fn every_fault_shows_at_its_place() {
        let cases: [(&str, &[&str]); 9] = [
            (
                "a,b\n1\n1,2,3\n1,2\n",
                &[
                    "2:1 \"1\" the row has 1 cell, the header 2",
                    "3:1 \"1,2,3\" the row has 3 cells, the header 2",
                ],
            ),
            ("a,b\n1,\"2\n3,4\n", &["2:3 \"\\\"\" the quote is never closed"]),
            ("a,b\n1\"x,2\n3,4\n", &["2:2 \"\\\"\" stray quote in a cell"]),
            ("a,b\n\"1\"x,2\n", &["2:4 \"x\" text after the closing quote"]),
            ("a,a\n1,2\n", &["1:3 \"a\" column `a` appears twice"]),
            ("", &["1:1 \"\" the file is empty"]),
            ("\n \n", &["1:1 \"\" the file is empty"]),
            ("a,b\n", &["1:1 \"a,b\" the table has no rows"]),
            ("a,b\n<<<<<<< HEAD\n1,2\n", &["2:1 \"<<<<<<< HEAD\" version-control conflict marker"]),
        ];
        for (text, expected) in cases {
            assert_eq!(faults(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_finite() {
        let table = read("x\nnan\ninf\n1e400\nabc\n1e3\n").unwrap();
        for row in 0..4 {
            assert!(table.number(row, 0).is_err(), "{row}");
        }
        assert_eq!(table.required_number(4, 0).unwrap(), 1000.0);
    }

    #[test]
    fn layouts_skip_lines_and_state_names() {
        let file = SourceFile::new("t", "https://x\n# note\n1;2\n");
        let layout = CsvLayout {
            delimiter: b';',
            skipped_lines: 1,
            header: CsvHeader::Names(vec!["a".into(), "b".into()]),
            comment: Some(b'#'),
        };
        let table = csv_table(&file, &layout).unwrap();
        assert_eq!((table.row_count(), table.line(0)), (1, 3));
        assert_eq!(table.text(0, table.column("b").unwrap()), "2");
    }

    #[test]
    fn a_hopeless_file_is_given_up_early() {
        let text = format!("a,b\n{}", "1\n".repeat(5_000));
        assert_eq!(read(&text).unwrap_err().len(), VIOLATIONS_MAX);
    }
}
