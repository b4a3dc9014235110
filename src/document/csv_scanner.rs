//! CSV text cut into cells with their offsets.
//!
//! RFC 4180, read strictly: a stray or unfinished quote is a violation. The `csv` crates give no
//! cell offsets and pass over stray quotes, so the few rules are applied here.

use std::ops::Range;
use std::sync::Arc;

use super::csv_table::{CsvHeader, CsvLayout};
use super::source::{Place, SourceFile};
use super::violation::{Violation, ViolationCollector, Violations};

/// Byte range of a cell's text, quotes left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) has_escaped_quotes: bool,
}

/// Column names with their places.
pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) places: Vec<Place>,
    pub(super) place: Place,
}

/// One row; faulty where its quotes are, which is then reported.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) range: Range<usize>,
    pub(super) faulty: bool,
}

/// Reads row by row.
pub(super) struct Scanner<'a> {
    file: &'a Arc<SourceFile>,
    layout: &'a CsvLayout,
    offset: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(file: &'a Arc<SourceFile>, layout: &'a CsvLayout) -> Self {
        let skipped = layout.skipped_lines.min(file.line_count() - 1);
        let offset = file.line_range(skipped + 1).start;
        Self { file, layout, offset }
    }

    /// The line of the first row.
    pub(super) fn first_row(&mut self) -> Place {
        self.skip_blank_and_comment_lines();
        let line = self.file.line_range(self.file.line_of(self.offset));
        Place::new(self.file, self.offset..line.end)
    }

    pub(super) fn header(&mut self, collector: &mut ViolationCollector) -> Option<Header> {
        match &self.layout.header {
            CsvHeader::Names(_) => None,
            CsvHeader::FirstRow => {
                let row = self.next_row(collector)?;
                let place =
                    |cell: &Cell| Place::new(self.file, cell.start as usize..cell.end as usize);
                let places: Vec<Place> = row.cells.iter().map(place).collect();
                Some(Header {
                    names: places.iter().map(|place| place.text().to_owned()).collect(),
                    places,
                    place: Place::new(self.file, row.range),
                })
            }
        }
    }

    /// The header the caller stated, placed at the start of the file.
    pub(super) fn stated_header(&self) -> Header {
        let names = match &self.layout.header {
            CsvHeader::Names(names) => names.clone(),
            CsvHeader::FirstRow => vec![],
        };
        let place = Place::start_of(self.file);
        Header { places: vec![place.clone(); names.len()], names, place }
    }

    pub(super) fn next_row(&mut self, collector: &mut ViolationCollector) -> Option<Row> {
        self.skip_blank_and_comment_lines();
        let start = self.offset;
        if start >= self.bytes().len() {
            return None;
        }
        let mut row = Row { cells: Vec::new(), range: start..start, faulty: false };
        loop {
            match self.next_cell() {
                Ok(cell) => row.cells.push(cell),
                Err(violations) => {
                    collector.extend(violations);
                    row.faulty = true;
                    self.skip_line();
                    break;
                }
            }
            if self.peek() != Some(self.layout.delimiter) {
                break;
            }
            self.offset += 1;
        }
        row.range = start..self.offset;
        self.skip_line();
        Some(row)
    }

    /// One cell; the offset then stands at a delimiter or the line's end.
    fn next_cell(&mut self) -> Result<Cell, Violations> {
        while self.peek().is_some_and(|byte| byte == b' ' && byte != self.layout.delimiter) {
            self.offset += 1;
        }
        if self.peek() == Some(b'"') { self.quoted_cell() } else { self.plain_cell() }
    }

    fn plain_cell(&mut self) -> Result<Cell, Violations> {
        let start = self.offset;
        while !self.at_cell_end() {
            if self.peek() == Some(b'"') {
                return Err(self.fault(
                    self.offset,
                    "stray quote in a cell",
                    "quotes around the whole cell",
                ));
            }
            self.offset += 1;
        }
        let text = &self.file.text()[start..self.offset];
        Ok(cell(start, start + text.trim_end().len(), false))
    }

    fn quoted_cell(&mut self) -> Result<Cell, Violations> {
        let opening = self.offset;
        let mut has_escaped_quotes = false;
        self.offset += 1;
        loop {
            match (self.peek(), self.bytes().get(self.offset + 1)) {
                (None, _) => {
                    return Err(self.fault(
                        opening,
                        "the quote is never closed",
                        "a closing quote",
                    ));
                }
                (Some(b'"'), Some(b'"')) => {
                    has_escaped_quotes = true;
                    self.offset += 2;
                }
                (Some(b'"'), _) => break,
                _ => self.offset += 1,
            }
        }
        let end = self.offset;
        self.offset += 1;
        while self.peek() == Some(b' ') {
            self.offset += 1;
        }
        if self.at_cell_end() {
            Ok(cell(opening + 1, end, has_escaped_quotes))
        } else {
            Err(self.fault(
                self.offset,
                "text after the closing quote",
                "a delimiter or the end of the line",
            ))
        }
    }

    fn fault(&self, offset: usize, title: &str, expected: &str) -> Violations {
        let place = Place::new(self.file, offset..offset + 1);
        Violation::new(place, title)
            .expected(expected)
            .help("write a quote inside a quoted cell twice: \"say \"\"hi\"\"\"")
            .into()
    }

    fn at_cell_end(&self) -> bool {
        match self.peek() {
            None | Some(b'\n' | b'\r') => true,
            Some(byte) => byte == self.layout.delimiter,
        }
    }

    fn skip_blank_and_comment_lines(&mut self) {
        while self.offset < self.bytes().len() {
            let line = self.file.line_range(self.file.line_of(self.offset));
            let text = &self.bytes()[self.offset..line.end.max(self.offset)];
            let blank = text.iter().all(u8::is_ascii_whitespace);
            let comment =
                self.layout.comment.is_some() && text.first().copied() == self.layout.comment;
            if !blank && !comment {
                break;
            }
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes()[self.offset..];
        let length = rest.iter().position(|byte| *byte == b'\n');
        self.offset += length.map_or(rest.len(), |length| length + 1);
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.offset).copied()
    }

    fn bytes(&self) -> &'a [u8] {
        self.file.text().as_bytes()
    }
}

/// Offsets fit 32 bits: files are limited to 256 MiB.
#[allow(clippy::cast_possible_truncation)]
fn cell(start: usize, end: usize, has_escaped_quotes: bool) -> Cell {
    Cell { start: start as u32, end: end as u32, has_escaped_quotes }
}
