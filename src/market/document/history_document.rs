//! Price history as the market document says it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{DurationText, FilePath, Name, SymbolName};
use crate::market::history::Quantity;
use crate::market::import::{HistoryPreset, Repair, StampFormat, StampMeaning, ValueUnit};

/// Price history for estimation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryDocument {
    /// Spacing of the bars, e.g. `"1d"`; the same in all files.
    pub interval: DurationText,
    /// Currency of the prices: USD or an asset such as USDT.
    #[serde(default = "usd")]
    pub quote: SymbolName,
    /// Repairs opted into for files that list none of their own.
    #[serde(default)]
    pub repairs: Vec<Repair>,
    /// The files.
    #[schemars(length(min = 1))]
    pub file: Vec<HistoryFileDocument>,
}

/// One history file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryFileDocument {
    /// The CSV file.
    pub path: FilePath,
    /// A published layout; else give `columns`.
    pub preset: Option<HistoryPreset>,
    /// The layout; else give `preset`.
    pub columns: Option<HistoryColumnsDocument>,
    /// Repairs opted into for this file, instead of those of the history.
    pub repairs: Option<Vec<Repair>>,
    /// Only rows whose cells equal these texts, by column.
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, Name>,
    /// The series to read from it.
    #[schemars(length(min = 1))]
    pub series: Vec<SeriesDocument>,
}

/// The layout of a history file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryColumnsDocument {
    /// Column of the stamps.
    pub time: Name,
    /// Closing price; series may name a column of their own instead.
    pub close: Option<Name>,
    /// Opening price, for replays inside bars.
    pub open: Option<Name>,
    /// Highest price, for checks and for replays inside bars; with `low`.
    pub high: Option<Name>,
    /// Lowest price, for checks and for replays inside bars; with `high`.
    pub low: Option<Name>,
    /// Traded volume: tells a last bar that is still open.
    pub volume: Option<Name>,
    /// How stamps are written.
    #[serde(default)]
    pub stamps: StampFormat,
    /// What stamps mean.
    #[serde(default)]
    pub stamp_is: StampMeaning,
    /// Lines before the table.
    #[serde(default)]
    #[schemars(range(max = 1_000))]
    pub skipped_lines: u32,
    /// Names of all columns, where the file has no header.
    pub header: Option<Vec<Name>>,
}

/// A series within a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesDocument {
    /// The asset.
    pub symbol: SymbolName,
    /// Its column; left out: the closing price of the layout.
    pub column: Option<Name>,
    /// What it records.
    #[serde(default = "price")]
    pub quantity: Quantity,
    /// The unit of its numbers.
    #[serde(default)]
    pub unit: ValueUnit,
}

fn usd() -> SymbolName {
    SymbolName::try_from("USD".to_owned()).expect("USD is a symbol")
}

fn price() -> Quantity {
    Quantity::Price
}
