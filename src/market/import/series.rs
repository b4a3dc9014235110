//! One series out of one table: stamps checked, values checked, repaired as opted in.

use super::align::Interval;
use super::check_stamps::{Stamped, check_order, read_stamps, unique};
use super::check_values::check_values;
use super::defect::{Defect, Repair};
use super::layout::{HistoryLayout, StampMeaning};
use crate::document::{CsvTable, Place, ViolationCollector, Violations, once_a_column};
use crate::market::history::Quantity;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The unit of a column's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueUnit {
    /// Prices as they are, rates and volatilities as decimals.
    #[default]
    Plain,
    /// Hundredths.
    Percent,
    /// Ten-thousandths.
    BasisPoints,
}

impl ValueUnit {
    /// The decimal that one unit is.
    pub fn factor(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Percent => 1e-2,
            Self::BasisPoints => crate::units::BASIS_POINT,
        }
    }
}

/// The column that holds a series.
#[derive(Debug, Clone)]
pub struct SeriesColumn {
    /// Its name; the layout's closing price where absent.
    pub column: Option<String>,
    /// What it records.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: ValueUnit,
    /// Where the user names it.
    pub asked: Option<Place>,
}

/// What holds for all series of a file.
#[derive(Debug, Clone)]
pub struct ImportSettings<'a> {
    /// Layout of the file.
    pub layout: &'a HistoryLayout,
    /// Spacing of the bars.
    pub interval: Interval,
    /// The market's instant: later bars are not known yet.
    pub as_of: Timestamp,
    /// Rows to read: those whose cells equal these texts, by column.
    pub filter: &'a [(String, String)],
    /// The repairs opted into.
    pub repairs: &'a [Repair],
    /// Where the user names the file's columns.
    pub asked: Option<Place>,
}

/// A series as imported.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// `(close instant in milliseconds since 1970, value)`, oldest first, each time once. Repairs
    /// are applied whether opted into or not, so that every defect shows at once.
    pub values: Vec<(i64, f64)>,
    /// What was found.
    pub defects: Vec<Defect>,
}

/// Reads one series.
///
/// # Errors
/// Missing columns, malformed stamps and cells that are no numbers: every one at its place.
pub fn import(
    table: &CsvTable,
    series: &SeriesColumn,
    settings: &ImportSettings<'_>,
) -> Result<Imported, Violations> {
    let mut defects = Vec::new();
    let stamped = read_stamps(table, settings, &mut defects)?;
    let rows = read_values(table, series, settings, stamped)?;
    let rows = unique(check_order(rows, &mut defects), settings.interval, &mut defects);
    let rows = check_values(rows, series.quantity, settings, &mut defects);
    let interval = settings.interval.milliseconds();
    let shift = match settings.layout.meaning {
        StampMeaning::BarOpen => interval,
        StampMeaning::BarClose => 0,
    };
    let value = |row: &Row| row.value.map(|value| (row.time + shift, value));
    Ok(Imported { values: rows.iter().filter_map(value).collect(), defects })
}

/// One row of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Row of the table.
    pub row: usize,
    /// Stamp, milliseconds since 1970.
    pub time: i64,
    /// The value; `None` where the cell is empty.
    pub value: Option<f64>,
    /// High over low, where both are positive; infinite where the close lies outside them.
    pub range: f64,
    /// Traded volume.
    pub volume: Option<f64>,
}

fn read_values(
    table: &CsvTable,
    series: &SeriesColumn,
    settings: &ImportSettings<'_>,
    stamped: Vec<Stamped>,
) -> Result<Vec<Row>, Violations> {
    let columns = &settings.layout.columns;
    let asked = series.asked.as_ref().or(settings.asked.as_ref());
    let close = match series.column.as_ref().or(columns.close.as_ref()) {
        Some(name) => table.required_column(name, asked)?,
        None => return Err(no_column(table, asked)),
    };
    let mut collector = ViolationCollector::default();
    let mut optional =
        |name: &String| collector.absorb(table.required_column(name, settings.asked.as_ref()));
    // checks on bars make no sense for another column than the closing price
    let is_close = series.column.is_none();
    let range = columns.range.as_ref().filter(|_| is_close);
    let range = range.map(|[high, low]| (optional(high), optional(low)));
    let volume = columns.volume.as_ref().filter(|_| is_close).and_then(&mut optional);
    let mut rows = Vec::with_capacity(stamped.len());
    for Stamped { row, time, .. } in stamped {
        let mut cell = |column| collector.absorb(table.number(row, column)).flatten();
        let value = cell(close).map(|value| value * series.unit.factor());
        let range = match range {
            Some((Some(high), Some(low))) => bar_range(value, cell(high), cell(low)),
            _ => 1.0,
        };
        let volume = volume.and_then(&mut cell);
        rows.push(Row { row, time, value, range, volume });
    }
    collector.finish(rows).map_err(once_a_column)
}

fn no_column(table: &CsvTable, asked: Option<&Place>) -> Violations {
    let place = asked.unwrap_or(table.header_place()).clone();
    crate::document::Violation::new(place, "no column is named for the series")
        .expected("`column` in the series, or `close` in the file's columns")
        .into()
}

/// High over low; infinite where the close lies outside them.
fn bar_range(close: Option<f64>, high: Option<f64>, low: Option<f64>) -> f64 {
    match (close, high, low) {
        (Some(close), Some(high), Some(low)) if low > 0.0 => {
            let slack = 1e-9 * close.abs();
            let inside = close <= high + slack && close >= low - slack;
            if inside { high / low } else { f64::INFINITY }
        }
        _ => 1.0,
    }
}
