//! Where a file keeps what: presets for published layouts, or columns by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stamp::StampFormat;
use crate::document::{CsvHeader, CsvLayout};

/// Published layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryPreset {
    /// Header `timestamp,open,high,low,close,volume`, stamps as text.
    Ohlcv,
    /// Header `datetime,open,high,low,close,volume`, stamps as text.
    OhlcvDatetime,
    /// Header with `Date`, `Open`, `High`, `Low`, `Close`, `Volume` in any order (Yahoo Finance).
    Yahoo,
    /// Header `open_time,open,…,close_time,…`, stamps as text (Binance kline tables).
    OpenTime,
    /// Binance's public dumps: no header, 12 columns, Unix stamps.
    BinanceKlines,
    /// CryptoDataDownload: an address line before the header, `unix` stamps.
    CryptoDataDownload,
}

/// What a bar's stamp says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampMeaning {
    /// The instant the bar opens: it closes one interval later.
    #[default]
    BarOpen,
    /// The instant the value is of.
    BarClose,
}

/// The columns of a bar by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarColumns {
    /// Stamp.
    pub time: String,
    /// Closing price, or the one value of a series.
    pub close: Option<String>,
    /// Opening price, for replays inside bars.
    pub open: Option<String>,
    /// High and low price, for checks and for replays inside bars.
    pub range: Option<[String; 2]>,
    /// Traded volume, for checks.
    pub volume: Option<String>,
}

/// How a history file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLayout {
    /// Lines, header, delimiter.
    pub csv: CsvLayout,
    /// Columns.
    pub columns: BarColumns,
    /// How stamps are written.
    pub stamps: StampFormat,
    /// What they mean.
    pub meaning: StampMeaning,
}

/// Names for the columns of Binance's dumps, which have no header (Binance public data, README).
const KLINE_COLUMNS: [&str; 12] = [
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
];

impl HistoryPreset {
    /// What the preset stands for.
    pub fn layout(self) -> HistoryLayout {
        let plain = CsvLayout::default();
        let lower = ["open", "high", "low", "close", "volume"];
        match self {
            Self::Ohlcv => layout(plain, "timestamp", lower, StampFormat::Text),
            Self::OhlcvDatetime => layout(plain, "datetime", lower, StampFormat::Text),
            Self::OpenTime => layout(plain, "open_time", lower, StampFormat::Text),
            Self::Yahoo => {
                let upper = ["Open", "High", "Low", "Close", "Volume"];
                layout(plain, "Date", upper, StampFormat::Text)
            }
            Self::BinanceKlines => {
                let names = KLINE_COLUMNS.map(String::from).to_vec();
                let csv = CsvLayout { header: CsvHeader::Names(names), ..plain };
                layout(csv, "open_time", lower, StampFormat::Unix)
            }
            Self::CryptoDataDownload => {
                let csv = CsvLayout { skipped_lines: 1, ..plain };
                let mut found = layout(csv, "unix", lower, StampFormat::Unix);
                found.columns.volume = None; // named after the coin
                found
            }
        }
    }
}

fn layout(csv: CsvLayout, time: &str, names: [&str; 5], stamps: StampFormat) -> HistoryLayout {
    let [open, high, low, close, volume] = names.map(String::from);
    let columns = BarColumns {
        time: time.to_owned(),
        close: Some(close),
        open: Some(open),
        range: Some([high, low]),
        volume: Some(volume),
    };
    HistoryLayout { csv, columns, stamps, meaning: StampMeaning::BarOpen }
}
