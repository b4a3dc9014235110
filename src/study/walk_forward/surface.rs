//! Implied-volatility surfaces recorded over time.
//!
//! Flows in: CSV files with five points of each expiry's smile (see [`super::document`]). Flows out:
//! the surface that stood at an instant, fitted as quoted chains are (`market::surface`), and the
//! forwards that came with it. A surface is fitted when it is first asked for.
//!
//! Limits: smiles of fewer than five points are left out; forwards are carried as their ratio to the
//! index price of the same record.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use crate::document::{
    CsvLayout, CsvTable, Loader, Places, SourceFile, Violation, ViolationCollector, Violations,
    csv_table,
};
use crate::market::import::{StampFormat, parse_instant};
use crate::market::surface::{self, implied};
use crate::market::{ForwardCurve, OptionQuote, VolatilitySource, VolatilitySurface};
use crate::numeric::black76::Right;
use crate::numeric::special::normal_quantile;
use crate::units::{Symbol, Years};

use super::document::SurfaceDocument;

/// Points of a smile: column, side, delta; the third is at the money.
const POINTS: [(&str, Right, f64); 5] = [
    ("iv_p10", Right::Put, 0.10),
    ("iv_p25", Right::Put, 0.25),
    ("iv_atm", Right::Call, 0.50),
    ("iv_c25", Right::Call, 0.25),
    ("iv_c10", Right::Call, 0.10),
];
const AT_THE_MONEY: usize = 2;

/// Every recorded surface, by coin.
#[derive(Debug, Default)]
pub(super) struct SurfaceHistory {
    by_coin: BTreeMap<Symbol, Vec<RecordedSurface>>,
    age_max: BTreeMap<Symbol, f64>,
}

/// One coin's surface at one instant.
#[derive(Debug)]
pub(super) struct RecordedSurface {
    instant: Timestamp,
    index_price: f64,
    expiries: Vec<RecordedExpiry>,
    fitted: OnceLock<Option<VolatilitySurface>>,
}

#[derive(Debug)]
struct RecordedExpiry {
    tenor: Years,
    forward: f64,
    volatilities: [Option<f64>; 5],
}

impl SurfaceHistory {
    /// Reads the files of `documents`, which stand at `places`.
    ///
    /// # Errors
    /// Every violation in the files.
    pub fn read(
        documents: &[SurfaceDocument],
        places: &Places,
        loader: &Loader,
    ) -> Result<Self, Violations> {
        let mut found = Self::default();
        let mut collector = ViolationCollector::default();
        for (index, document) in documents.iter().enumerate() {
            let place = places.at(&format!("surface[{index}].path"));
            let file = collector.absorb(loader.open(document.path.as_str(), Some(&place)));
            let Some(rows) = file.and_then(|file| collector.absorb(rows(&file))) else { continue };
            for (number, symbol) in document.symbols.iter().enumerate() {
                let symbol = symbol.symbol();
                let surfaces = surfaces(&rows, symbol.as_str());
                if surfaces.is_empty() || found.by_coin.contains_key(&symbol) {
                    let place = places.at(&format!("surface[{index}].symbols[{number}]"));
                    let title = if surfaces.is_empty() {
                        format!("the file has no surface of {symbol}")
                    } else {
                        format!("surfaces of {symbol} are named twice")
                    };
                    collector.add(Violation::new(place, title));
                }
                found.age_max.insert(symbol.clone(), document.age_max.seconds());
                found.by_coin.insert(symbol, surfaces);
            }
        }
        collector.finish(found)
    }

    /// The surface of a coin that stood at `instant`: the last one recorded by then, if it is not too
    /// old. `None`: no surfaces of the coin are recorded at all.
    pub fn at(&self, symbol: &Symbol, instant: Timestamp) -> Option<Option<&RecordedSurface>> {
        let surfaces = self.by_coin.get(symbol)?;
        let after = surfaces.partition_point(|one| one.instant <= instant);
        let age_max = self.age_max.get(symbol).copied().unwrap_or(0.0);
        let latest = after.checked_sub(1).map(|index| &surfaces[index]);
        let young =
            |one: &&RecordedSurface| instant.duration_since(one.instant).as_secs_f64() <= age_max;
        Some(latest.filter(young).filter(|one| one.fitted().is_some()))
    }
}

impl RecordedSurface {
    /// The surface as a source of volatility; flat at zero never: without a fit it is not handed out.
    pub fn source(&self) -> VolatilitySource {
        match self.fitted() {
            Some(surface) => VolatilitySource::Surface(surface.clone()),
            None => VolatilitySource::AtTheMoney(Vec::new()),
        }
    }

    /// Forwards over the index price.
    pub fn forwards(&self) -> ForwardCurve {
        let quotes: Vec<(Years, f64)> =
            self.expiries.iter().map(|one| (one.tenor, one.forward)).collect();
        ForwardCurve::from_quotes(self.index_price, &quotes)
    }

    fn fitted(&self) -> Option<&VolatilitySurface> {
        self.fitted.get_or_init(|| self.fit()).as_ref()
    }

    fn fit(&self) -> Option<VolatilitySurface> {
        let whole = self.expiries.iter().filter(|one| one.volatilities.iter().all(Option::is_some));
        let quotes: Vec<OptionQuote> = whole.flat_map(RecordedExpiry::quotes).collect();
        surface::fit(&quotes).ok().map(|(surface, _)| surface)
    }
}

impl RecordedExpiry {
    /// The points as quotes without a spread.
    fn quotes(&self) -> Vec<OptionQuote> {
        let root = self.tenor.get().sqrt();
        let quote = |index: usize| {
            let (_, right, delta) = POINTS[index];
            let deviation = self.volatilities[index].unwrap_or(0.0) * root;
            // of a call `N(d1) = delta`, of a put `N(d1) = 1 − delta`, d1 = −k/s + s/2
            let d1 = right.sign() * normal_quantile(delta);
            let k = deviation * (0.5 * deviation - d1);
            let k = if index == AT_THE_MONEY { 0.0 } else { k };
            let price = implied::normalised_price(right, k, deviation);
            OptionQuote {
                right,
                expiry: self.tenor,
                forward: self.forward,
                strike: self.forward * libm::exp(k),
                bid: Some(price),
                ask: Some(price),
            }
        };
        (0..POINTS.len()).map(quote).collect()
    }
}

/// A line of the file.
struct Row {
    instant: Timestamp,
    coin: String,
    index_price: f64,
    expiry: (f64, f64, [Option<f64>; 5]),
}

fn rows(file: &Arc<SourceFile>) -> Result<Vec<Row>, Violations> {
    let table = csv_table(file, &CsvLayout::default())?;
    let mut collector = ViolationCollector::default();
    let names = ["timestamp", "currency", "index_price", "tenor_days", "forward"];
    let mut named = |name: &str| collector.absorb(table.required_column(name, None));
    let columns: Vec<Option<usize>> = names.into_iter().map(&mut named).collect();
    let points: Vec<Option<usize>> = POINTS.iter().map(|(name, ..)| named(name)).collect();
    let columns: Option<Vec<usize>> = columns.into_iter().chain(points).collect();
    let Some(columns) = columns else { return collector.finish_some(None) };
    let mut found = Vec::with_capacity(table.row_count());
    for row in 0..table.row_count() {
        found.extend(collector.absorb(read_row(&table, row, &columns)));
    }
    collector.finish(found)
}

fn read_row(table: &CsvTable, row: usize, columns: &[usize]) -> Result<Row, Violations> {
    let mut collector = ViolationCollector::default();
    let stamp = parse_instant(&table.text(row, columns[0]), StampFormat::Text);
    if stamp.is_none() {
        collector.extend(table.violation(row, columns[0], "no time stamp", "an instant, UTC"));
    }
    let mut positive = |column: usize| {
        let found = collector.absorb(table.required_number(row, column));
        let positive = found.filter(|value| *value > 0.0);
        if found.is_some() && positive.is_none() {
            collector.extend(table.violation(row, column, "not positive", "a number above 0"));
        }
        positive
    };
    let [index_price, tenor, forward] = [2, 3, 4].map(|place| positive(columns[place]));
    let mut volatilities = [None; 5];
    for (slot, column) in volatilities.iter_mut().zip(&columns[5..]) {
        let found = collector.absorb(table.number(row, *column)).flatten();
        if found.is_some_and(|value| value <= 0.0) {
            let fault = "a volatility that is not positive";
            collector.extend(table.violation(
                row,
                *column,
                fault,
                "a fraction above 0, or nothing",
            ));
        }
        *slot = found;
    }
    let coin = table.text(row, columns[1]).into_owned();
    let read = stamp.zip(index_price).zip(tenor.zip(forward));
    let read = read.map(|((instant, index_price), (tenor, forward))| Row {
        instant,
        coin,
        index_price,
        expiry: (tenor, forward, volatilities),
    });
    collector.finish_some(read)
}

/// The surfaces of one coin, in time order, expiries increasing.
fn surfaces(rows: &[Row], coin: &str) -> Vec<RecordedSurface> {
    let mut of_coin: Vec<&Row> = rows.iter().filter(|row| row.coin == coin).collect();
    of_coin.sort_by_key(|row| row.instant);
    let expiry = |row: &&Row| {
        let (tenor, forward, volatilities) = row.expiry;
        RecordedExpiry { tenor: Years::from_days(tenor), forward, volatilities }
    };
    let surface = |rows: &[&Row]| {
        let mut expiries: Vec<RecordedExpiry> = rows.iter().map(expiry).collect();
        expiries.sort_by(|a, b| a.tenor.get().total_cmp(&b.tenor.get()));
        expiries.dedup_by(|a, b| a.tenor == b.tenor);
        let (instant, index_price) = (rows[0].instant, rows[0].index_price);
        RecordedSurface { instant, index_price, expiries, fitted: OnceLock::new() }
    };
    of_coin.chunk_by(|a, b| a.instant == b.instant).map(surface).collect()
}
