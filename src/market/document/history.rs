//! From history files to one aligned history.

use super::chain::one_layout;
use super::{HistoryDocument, HistoryFileDocument, SeriesDocument};
use crate::document::{
    CsvHeader, CsvLayout, CsvTable, Loader, Place, Places, Violation, ViolationCollector,
    Violations, csv_table, did_you_mean, one_of, quoted,
};
use crate::market::history::{BarHistory, BarPrice, Finding, PriceHistory, Quantity, Series};
use crate::market::import::{
    BarColumns, Defect, DefectKind, HistoryLayout, ImportSettings, Imported, Interval, Repair,
    SeriesColumn, align, import,
};
use crate::units::Symbol;
use jiff::Timestamp;

/// A series with its values by time.
type Timed = (Series, Vec<(i64, f64)>);

/// A history as a document asks for it.
#[derive(Clone)]
pub struct HistorySource<'a> {
    /// The files and their layouts.
    pub document: &'a HistoryDocument,
    /// Places of `document` itself.
    pub places: Places,
    /// Bars that close later are not known yet.
    pub as_of: Timestamp,
    /// Assets that series may be of.
    pub symbols: &'a [Symbol],
}

/// Reads the closes of a history, and what has no bars.
///
/// # Errors
/// Every violation in the document's table and in the files, defects without a repair among them.
pub fn read_history(
    source: &HistorySource<'_>,
    loader: &Loader,
) -> Result<PriceHistory, Violations> {
    read_prices(source, BarPrice::Close, loader)
}

/// Reads closes, opens, highs and lows.
///
/// # Errors
/// As [`read_history`]; also layouts that do not say where opens, highs and lows are.
pub fn read_bars(source: &HistorySource<'_>, loader: &Loader) -> Result<BarHistory, Violations> {
    // What is wrong with the rows, or not named, is so for all four: told once.
    let closes = read_history(source, loader)?;
    let open = read_prices(source, BarPrice::Open, loader)?;
    let mut collector = ViolationCollector::default();
    let mut read = |price| collector.absorb(read_prices(source, price, loader));
    let bars = match [BarPrice::High, BarPrice::Low].map(&mut read) {
        [Some(high), Some(low)] => {
            Some(BarHistory { closes, inside: Some(Box::new([open, high, low])) })
        }
        _ => None,
    };
    collector.finish_some(bars)
}

fn read_prices(
    source: &HistorySource<'_>,
    price: BarPrice,
    loader: &Loader,
) -> Result<PriceHistory, Violations> {
    let HistorySource { document, places, as_of, symbols } = source;
    let interval = interval(document, places)?;
    let context = Context { document, places, as_of: *as_of, interval, symbols, price };
    let mut collector = ViolationCollector::default();
    collector.absorb(context.known(&document.quote.symbol(), "quote"));
    let mut findings = Vec::new();
    let mut series: Vec<Timed> = Vec::new();
    for index in 0..document.file.len() {
        let read = context.file(index, loader, &mut findings);
        for part in collector.absorb(read).into_iter().flatten() {
            collector.absorb(append(&mut series, part, interval, &mut findings));
        }
    }
    if collector.count() > 0 {
        return collector.finish_some(None);
    }
    let history = align(series, interval, document.quote.symbol()).ok_or_else(|| {
        Violation::new(context.place("file"), "the history has no values, or far too many times")
            .expected("at least one value, at most 900 000 times")
    })?;
    Ok(PriceHistory { findings, ..history })
}

fn interval(document: &HistoryDocument, places: &Places) -> Result<Interval, Violations> {
    Interval::from_seconds(document.interval.seconds()).ok_or_else(|| {
        let place = places.at("interval");
        Violation::new(place, "the interval is not a whole number of seconds").into()
    })
}

/// A series of one file, with what a seam to an earlier file needs.
struct Part {
    series: Series,
    values: Vec<(i64, f64)>,
    defects: Vec<Defect>,
    file: String,
    place: Place,
    leaves_gaps: bool,
}

/// Adds a series, or continues the same series of an earlier file.
fn append(
    all: &mut Vec<Timed>,
    part: Part,
    interval: Interval,
    findings: &mut Vec<Finding>,
) -> Result<(), Violations> {
    let same = |other: &&mut Timed| {
        other.0.symbol == part.series.symbol && other.0.quantity == part.series.quantity
    };
    let Some((series, values)) = all.iter_mut().find(same) else {
        all.push((part.series, part.values));
        return Ok(());
    };
    let seams = [values.last().zip(part.values.first()), part.values.last().zip(values.first())];
    let missing = |(end, start): (&(i64, f64), &(i64, f64))| interval.steps(end.0, start.0) - 1;
    let missing = seams.into_iter().flatten().map(missing).filter(|steps| *steps > 0).min();
    values.extend(part.values);
    values.sort_by_key(|(time, _)| *time);
    let repeated = values.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
    if repeated > 0 {
        let title = format!("the series repeats {repeated} times of an earlier file");
        let violation = Violation::new(part.place, title);
        return Err(violation.expected("files that follow one another").into());
    }
    let Some(missing) = missing else { return Ok(()) };
    let what = format!("{}: {missing} times missing between files", series.name);
    if !part.leaves_gaps {
        let help = format!("add `{:?}` to the `repairs` of this file", Repair::LeaveGaps.key());
        return Err(Violation::new(part.place, what).help(help).into());
    }
    let repair = Some(Repair::LeaveGaps.done().to_owned());
    findings.push(Finding { file: part.file, line: None, what, repair });
    Ok(())
}

struct Context<'a> {
    document: &'a HistoryDocument,
    places: &'a Places,
    as_of: Timestamp,
    interval: Interval,
    symbols: &'a [Symbol],
    /// The price that is read of bars.
    price: BarPrice,
}

impl Context<'_> {
    fn place(&self, path: &str) -> Place {
        self.places.at(path)
    }

    fn known(&self, symbol: &Symbol, path: &str) -> Result<(), Violations> {
        if self.symbols.contains(symbol) {
            return Ok(());
        }
        let names = || self.symbols.iter().map(Symbol::as_str);
        let title = format!("{} is not among the assets", quoted(symbol.as_str()));
        Err(Violation::new(self.place(path), title)
            .expected(one_of(names()))
            .help_if(did_you_mean(symbol.as_str(), names()))
            .into())
    }

    /// The series of file `index`.
    fn file(
        &self,
        index: usize,
        loader: &Loader,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Part>, Violations> {
        let document = &self.document.file[index];
        let base = format!("file[{index}]");
        let layout = layout(document).ok_or_else(|| one_layout(self.place(&base)))?;
        let source =
            loader.open(document.path.as_str(), Some(&self.place(&format!("{base}.path"))))?;
        let table = csv_table(&source, &layout.csv)?;
        let pairs = document.filter.iter().map(|(name, text)| (name.clone(), text.to_string()));
        let filter: Vec<(String, String)> = pairs.collect();
        let repairs = document.repairs.as_ref().unwrap_or(&self.document.repairs);
        let key = if document.preset.is_some() { "preset" } else { "columns" };
        let settings = ImportSettings {
            layout: &layout,
            interval: self.interval,
            as_of: self.as_of,
            filter: &filter,
            repairs,
            asked: Some(self.place(&format!("{base}.{key}"))),
        };
        let mut collector = ViolationCollector::default();
        let mut parts = Vec::new();
        for (position, series) in document.series.iter().enumerate() {
            let path = format!("{base}.series[{position}]");
            let part = self.part(&table, series, &path, &settings);
            parts.extend(collector.absorb(part));
        }
        for (names, defect) in shared(&parts) {
            if defect.is_open(repairs) {
                collector.add(violation(&table, &names, defect));
            } else {
                findings.push(finding(&table, &names, defect, repairs));
            }
        }
        collector.finish(parts)
    }

    /// One series of a file; `path` is where the document names it.
    fn part(
        &self,
        table: &CsvTable,
        series: &SeriesDocument,
        path: &str,
        settings: &ImportSettings<'_>,
    ) -> Result<Part, Violations> {
        let mut collector = ViolationCollector::default();
        collector.absorb(self.known(&series.symbol.symbol(), &format!("{path}.symbol")));
        let asked = series.column.is_some().then(|| self.place(&format!("{path}.column")));
        let wanted = self.column_of_bar(series, settings.layout, path);
        let wanted = collector.absorb(wanted).map(|named| column(series, named, asked));
        let imported = wanted.and_then(|wanted| collector.absorb(import(table, &wanted, settings)));
        let part = imported.map(|Imported { values, defects }| Part {
            series: named(series),
            values,
            defects,
            file: table.file().name().to_owned(),
            place: self.place(path),
            leaves_gaps: settings.repairs.contains(&Repair::LeaveGaps),
        });
        collector.finish_some(part)
    }

    /// The column of the price that is read of a series of bars; `None`: its own column, or the
    /// closes.
    fn column_of_bar(
        &self,
        series: &SeriesDocument,
        layout: &HistoryLayout,
        path: &str,
    ) -> Result<Option<String>, Violations> {
        let columns = &layout.columns;
        if series.column.is_some() || self.price == BarPrice::Close {
            return Ok(None);
        }
        let named = columns.open.as_ref().zip(columns.range.as_ref());
        let (open, [high, low]) = named.ok_or_else(|| {
            let title = format!("no open, high and low are named for {}", series.symbol.as_str());
            Violation::new(self.place(path), title)
                .expected("`open`, `high` and `low` in the file's columns")
                .help("name the columns, or replay closes alone: bars = \"closes\"")
        })?;
        Ok(Some(match self.price {
            BarPrice::High => high.clone(),
            BarPrice::Low => low.clone(),
            BarPrice::Open | BarPrice::Close => open.clone(),
        }))
    }
}

fn layout(document: &HistoryFileDocument) -> Option<HistoryLayout> {
    let columns = match (&document.preset, &document.columns) {
        (Some(preset), None) => return Some(preset.layout()),
        (None, Some(columns)) => columns,
        _ => return None,
    };
    let names = |names: &Vec<crate::document::Name>| {
        CsvHeader::Names(names.iter().map(|name| name.to_string()).collect())
    };
    let text = |name: &crate::document::Name| name.to_string();
    Some(HistoryLayout {
        csv: CsvLayout {
            skipped_lines: columns.skipped_lines as usize,
            header: columns.header.as_ref().map_or(CsvHeader::FirstRow, names),
            ..CsvLayout::default()
        },
        columns: BarColumns {
            time: text(&columns.time),
            close: columns.close.as_ref().map(text),
            open: columns.open.as_ref().map(text),
            range: columns.high.as_ref().zip(columns.low.as_ref()).map(|(h, l)| [text(h), text(l)]),
            volume: columns.volume.as_ref().map(text),
        },
        stamps: columns.stamps,
        meaning: columns.stamp_is,
    })
}

fn column(series: &SeriesDocument, of_bar: Option<String>, asked: Option<Place>) -> SeriesColumn {
    SeriesColumn {
        column: series.column.as_ref().map(|name| name.to_string()).or(of_bar),
        quantity: series.quantity,
        unit: series.unit,
        asked,
    }
}

fn named(series: &SeriesDocument) -> Series {
    let symbol = series.symbol.symbol();
    let name = match series.quantity {
        Quantity::Price => symbol.to_string(),
        Quantity::ImpliedVolatility => format!("{symbol}.vol"),
        Quantity::FundingRate => format!("{symbol}.funding"),
        Quantity::Volume => format!("{symbol}.volume"),
        Quantity::Depth => format!("{symbol}.depth"),
    };
    Series { name, symbol, quantity: series.quantity, values: Vec::new() }
}

/// The defects of a file with the series that have them: a row that lacks its place in time is one
/// fault, however many series the row holds.
fn shared(parts: &[Part]) -> Vec<(String, &Defect)> {
    let mut found: Vec<(Vec<&str>, &Defect)> = Vec::new();
    for part in parts {
        let symbol = part.series.symbol.as_str();
        for defect in &part.defects {
            match found.iter_mut().find(|(_, other)| *other == defect) {
                Some((symbols, _)) if symbols.contains(&symbol) => {}
                Some((symbols, _)) => symbols.push(symbol),
                None => found.push((vec![symbol], defect)),
            }
        }
    }
    found.into_iter().map(|(symbols, defect)| (listed(&symbols), defect)).collect()
}

/// The first few of many names.
fn listed(names: &[&str]) -> String {
    match names {
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        _ => names.join(", "),
    }
}

fn violation(table: &CsvTable, names: &str, defect: &Defect) -> Violation {
    let title = format!("{names}: {}", defect.what);
    let place = table.row_place(defect.row);
    if defect.kind == DefectKind::Negative {
        return Violation::new(place, title).expected("prices above 0").help(
            "mend the file: a price below zero is no gap but a mistake, of a sign or a column",
        );
    }
    let settling = defect.kind.settled_by().iter();
    let keys: Vec<String> = settling.map(|repair| format!("`{:?}`", repair.key())).collect();
    Violation::new(place, title)
        .expected("a history without this, or a repair opted into")
        .help(format!("mend the file, or add {} to the `repairs` of this file", keys.join(" or ")))
}

fn finding(table: &CsvTable, names: &str, defect: &Defect, repairs: &[Repair]) -> Finding {
    Finding {
        file: table.file().name().to_owned(),
        line: Some(table.line(defect.row)),
        what: format!("{names}: {}", defect.what),
        repair: defect.settled(repairs).map(|repair| repair.done().to_owned()),
    }
}
