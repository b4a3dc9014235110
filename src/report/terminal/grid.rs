//! Tables of the terminal summary: no rules, aligned columns, cut to the width.

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row, Table, Width,
};

use super::{Colour, TerminalStyle};
use crate::outcome::Status;

const WIDTH_MIN: u16 = 60;

/// First column of the labelled lines.
pub(in crate::report) const LABEL_COLUMN: ColumnConstraint =
    ColumnConstraint::Absolute(Width::Fixed(11));

/// Builds tables for one style.
pub(in crate::report) struct Grid {
    style: TerminalStyle,
}

impl Grid {
    pub(in crate::report) fn new(style: TerminalStyle) -> Self {
        Self { style: TerminalStyle { width: style.width.max(WIDTH_MIN), ..style } }
    }

    /// An empty table under a header, which may be empty.
    pub(in crate::report) fn table(&self, header: &[&str]) -> Table {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.style.width);
        match self.style.colour {
            Colour::Always => table.enforce_styling(),
            Colour::Never => table.force_no_tty(),
        };
        if !header.is_empty() {
            table.set_header(short_row(header.iter().map(|text| self.heading(text)), 1));
        }
        table
    }

    /// A bold cell.
    pub(in crate::report) fn heading(&self, text: &str) -> Cell {
        Cell::new(text).add_attribute(Attribute::Bold)
    }

    /// The light's word in the light's colour.
    pub(in crate::report) fn light(&self, word: &str, status: Option<Status>) -> Cell {
        let cell = self.heading(word);
        match status {
            Some(Status::Green) => cell.fg(Color::Green),
            Some(Status::Amber) => cell.fg(Color::Yellow),
            Some(Status::Red) => cell.fg(Color::Red),
            None => cell,
        }
    }

    /// A line of text that may run over into a second.
    pub(in crate::report) fn line(&self, text: &str) -> String {
        let mut table = self.table(&[]);
        table.add_row(short_row([Cell::new(text)], 2));
        render(table, &[])
    }
}

/// A row cut to `lines` lines, so that one long text cannot push the rest off the screen.
pub(in crate::report) fn short_row(cells: impl IntoIterator<Item = Cell>, lines: usize) -> Row {
    let mut row = Row::from(cells.into_iter().collect::<Vec<_>>());
    row.max_height(lines);
    row
}

/// A row of one line.
pub(in crate::report) fn text_row<const N: usize>(cells: [String; N]) -> Row {
    short_row(cells.into_iter().map(Cell::new_owned), 1)
}

/// The table as text without trailing blanks, the columns of the given indices right-aligned.
pub(in crate::report) fn render(mut table: Table, numeric: &[usize]) -> String {
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numeric.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    // No-break spaces have kept figures with their units; a reader may search for plain ones.
    table.trim_fmt().replace('\u{a0}', " ")
}
