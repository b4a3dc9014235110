//! The outcome as an Excel workbook: a sheet a table, numbers as numbers, native charts.
//!
//! Texts are written as texts: what begins with `=` in a name is no formula. The only date in the file
//! is that of the market, so that the same outcome gives the same bytes.

use rust_xlsxwriter::{
    Chart as ExcelChart, ChartAxisLabelPosition, ChartType, DocProperties, ExcelDateTime, Format,
    FormatAlign, Workbook, Worksheet, XlsxError,
};

use super::beside::Beside;
use super::figures::Figures;
use super::readable::readable;
use super::tables::{Cell, Chart, ChartKind, Section, sections};
use super::verdict::verdict;
use super::{ReportError, figures};
use crate::outcome::Outcome;

/// Largest whole number that a workbook holds exactly.
const EXACT: u64 = 1 << 53;
/// Letters that a cell holds.
const CELL_LETTERS: usize = 32_767;
/// Widest column, in letters.
const WIDTH_MAX: usize = 60;
/// Height of a line in points, as programs take it for their first font.
const LINE_HEIGHT: f64 = 15.0;
/// Rows of a sheet above its table: heading, note, nothing.
const ABOVE: u32 = 3;
/// Bars of a chart at most; a table may be longer.
const BARS: usize = 20;
/// Amounts on an axis.
const AXIS: &str = "#,##0";
/// Rows of the sheet that a chart takes up.
const CHART_ROWS: u32 = 23;

/// The workbook as bytes, with what is told beside the outcome; the same for the same
/// outcomes.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::Workbook`] where a
/// workbook cannot hold the outcome; [`ReportError::NotComparable`] where an earlier run is in
/// another currency.
pub fn xlsx(outcome: &Outcome, beside: &Beside) -> Result<Vec<u8>, ReportError> {
    let outcome = readable(outcome)?;
    let beside = beside.readable(&outcome)?;
    let sections = sections(&outcome, &verdict(&outcome), &beside);
    workbook([&outcome.scenario, &outcome.as_of], Figures::of(&outcome), &sections)
}

/// A workbook of tables; named by scenario, dated by the market's time.
pub(super) fn workbook(
    [scenario, as_of]: [&str; 2],
    figures: Figures,
    sections: &[Section],
) -> Result<Vec<u8>, ReportError> {
    let formats = Formats::new(figures);
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new().set_title(scenario);
    if let Ok(as_of) = ExcelDateTime::parse_from_str(as_of) {
        properties = properties.set_creation_datetime(&as_of);
    }
    workbook.set_properties(&properties);
    for (place, section) in sections.iter().enumerate() {
        write(workbook.add_worksheet(), section, &formats)?;
        if place == 0 {
            draw(workbook.add_worksheet(), sections)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

impl From<XlsxError> for ReportError {
    fn from(error: XlsxError) -> Self {
        Self::Workbook { reason: error.to_string() }
    }
}

/// How cells are shown.
struct Formats {
    title: Format,
    heading: Format,
    figure_heading: Format,
    text: Format,
    long_text: Format,
    money: Format,
    share: Format,
    number: Format,
    count: Format,
    instant: Format,
}

impl Formats {
    fn new(figures: Figures) -> Self {
        let decimals = match figures.decimals() {
            0 => String::new(),
            some => format!(".{}", "0".repeat(some)),
        };
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            heading: Format::new().set_bold().set_align(FormatAlign::Left).set_indent(1),
            figure_heading: Format::new().set_bold().set_align(FormatAlign::Right),
            // Away from a figure that ends at the left of it.
            text: top().set_align(FormatAlign::Left).set_indent(1),
            long_text: top().set_align(FormatAlign::Left).set_indent(1).set_text_wrap(),
            money: top().set_num_format(format!("#,##0{decimals}")),
            share: top().set_num_format("0.00%"),
            number: top().set_num_format("#,##0.0000"),
            count: top().set_num_format("0"),
            instant: top().set_num_format("yyyy-mm-dd hh:mm"),
        }
    }
}

fn write(sheet: &mut Worksheet, section: &Section, formats: &Formats) -> Result<(), ReportError> {
    sheet.set_name(section.title)?;
    sheet.write_string_with_format(0, 0, section.title, &formats.title)?;
    sheet.write_string(1, 0, cut(&section.note))?;
    for (index, name) in section.columns.iter().enumerate() {
        let is_figure = |row: &Vec<Cell>| !matches!(row.get(index), Some(Cell::Text(_)));
        let figures = section.rows.first().is_some_and(is_figure);
        let format = if figures { &formats.figure_heading } else { &formats.heading };
        sheet.write_string_with_format(ABOVE, column(index), *name, format)?;
    }
    for (row, cells) in (ABOVE + 1..).zip(&section.rows) {
        for (column, cell) in (0..).zip(cells) {
            write_cell(sheet, row, column, cell, formats)?;
        }
        // Not every program finds the height of wrapped lines by itself.
        let lines = cells.iter().map(lines).max().unwrap_or(1);
        if lines > 1 {
            sheet.set_row_height(row, LINE_HEIGHT * lines as f64)?;
        }
    }
    for column in 0..section.columns.len() {
        sheet
            .set_column_width(u16::try_from(column).unwrap_or(u16::MAX), width(section, column))?;
    }
    sheet.set_freeze_panes(ABOVE + 1, 0)?;
    let last = column(section.columns.len()).saturating_sub(1);
    sheet.autofilter(ABOVE, 0, last_row(section, usize::MAX), last)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Every chart on a sheet of their own, one under the other, where no table is too wide beside it.
fn draw(sheet: &mut Worksheet, sections: &[Section]) -> Result<(), ReportError> {
    sheet.set_name("Charts")?;
    let charts = sections.iter().flat_map(|one| one.charts.iter().map(move |chart| (one, chart)));
    for (place, (section, chart)) in (0..).zip(charts) {
        sheet.insert_chart(place * CHART_ROWS, 0, &drawn(section, *chart))?;
    }
    sheet.set_print_fit_to_pages(1, 0);
    // Two charts a page.
    let breaks: Vec<u32> = (1..10).map(|page| page * 2 * CHART_ROWS - 1).collect();
    sheet.set_page_breaks(&breaks)?;
    Ok(())
}

/// A column's number as the file counts.
fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<(), ReportError> {
    let number = |value: f64, format| (value, format);
    let (value, format) = match cell {
        Cell::Nothing => return Ok(()),
        Cell::Text(text) => {
            let is_long = text.chars().count() > WIDTH_MAX;
            let format = if is_long { &formats.long_text } else { &formats.text };
            sheet.write_string_with_format(row, column, cut(text), format)?;
            return Ok(());
        }
        Cell::Instant(text) => {
            match ExcelDateTime::parse_from_str(text) {
                Ok(at) => sheet.write_datetime_with_format(row, column, &at, &formats.instant)?,
                Err(_) => sheet.write_string_with_format(row, column, cut(text), &formats.text)?,
            };
            return Ok(());
        }
        Cell::Count(count) if *count > EXACT => {
            sheet.write_string_with_format(row, column, count.to_string(), &formats.text)?;
            return Ok(());
        }
        Cell::Count(count) => number(*count as f64, &formats.count),
        Cell::Money(amount) => number(*amount, &formats.money),
        Cell::Share(share) => number(*share, &formats.share),
        Cell::Number(value) => number(*value, &formats.number),
    };
    sheet.write_number_with_format(row, column, value, format)?;
    Ok(())
}

/// Lines of a cell in the widest column.
fn lines(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => text.chars().count().div_ceil(WIDTH_MAX).max(1),
        _ => 1,
    }
}

/// A text that a cell can hold.
fn cut(text: &str) -> String {
    text.chars().take(CELL_LETTERS).collect()
}

/// Width that shows the column's head and its cells, up to a bound.
fn width(section: &Section, column: usize) -> f64 {
    let letters = |cell: &Cell| match cell {
        Cell::Text(text) => text.chars().count(),
        Cell::Money(amount) => figures::number(*amount, 2).chars().count(),
        Cell::Instant(_) => 16,
        Cell::Count(count) => count.to_string().len(),
        Cell::Share(_) | Cell::Number(_) => 11,
        Cell::Nothing => 0,
    };
    let cells = section.rows.iter().filter_map(|row| row.get(column)).map(letters);
    let widest = cells.max().unwrap_or(0).max(section.columns[column].chars().count());
    (widest.clamp(8, WIDTH_MAX) + 2) as f64
}

/// The last row of the table, or of its first `rows`.
fn last_row(section: &Section, rows: usize) -> u32 {
    ABOVE + u32::try_from(section.rows.len().min(rows)).unwrap_or(u32::MAX - ABOVE)
}

fn drawn(section: &Section, chart: Chart) -> ExcelChart {
    let kind = match chart.kind {
        ChartKind::Columns => ChartType::Column,
        ChartKind::Bars => ChartType::Bar,
        ChartKind::Line => ChartType::Line,
    };
    let end = last_row(section, charted(section));
    let [by, of] = [column(chart.by), column(chart.of)];
    let mut drawn = ExcelChart::new(kind);
    let title = section.title;
    drawn
        .add_series()
        .set_categories((title, ABOVE + 1, by, end, by))
        .set_values((title, ABOVE + 1, of, end, of))
        .set_name(section.columns[chart.of]);
    drawn.title().set_name(chart.title);
    drawn.legend().set_hidden();
    // Of lying bars the vertical axis has the names. They stand beside the chart and not in it where
    // values are negative, the first row on top as in the table.
    if chart.kind == ChartKind::Bars {
        drawn.y_axis().set_label_position(ChartAxisLabelPosition::Low).set_reverse();
        drawn.x_axis().set_num_format(AXIS).set_name(section.columns[chart.of]);
    } else {
        drawn.x_axis().set_label_position(ChartAxisLabelPosition::Low);
        let [by, of] = [chart.by, chart.of];
        drawn.y_axis().set_num_format(axis(section, of)).set_name(section.columns[of]);
        drawn.x_axis().set_num_format(axis(section, by)).set_name(section.columns[by]);
    }
    drawn.set_width(620).set_height(420);
    drawn
}

/// How an axis writes what a column holds.
fn axis(section: &Section, column: usize) -> &'static str {
    match section.rows.first().and_then(|row| row.get(column)) {
        Some(Cell::Share(_)) => "0.0%",
        _ => AXIS,
    }
}

/// Rows that the chart of a table draws: those of its first grouping, where it has several.
fn charted(section: &Section) -> usize {
    let first = section.rows.first().and_then(|row| row.first());
    let grouped =
        section.columns.first() == Some(&"by") || section.columns.first() == Some(&"measure");
    let same = section.rows.iter().take_while(|row| !grouped || row.first() == first).count();
    let names = section.charts.iter().any(|chart| chart.kind == ChartKind::Bars);
    same.min(if names { BARS } else { usize::MAX })
}
