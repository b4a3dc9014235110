//! From an option chain in CSV to a surface and forwards.

use std::collections::BTreeMap;

use super::{ChainColumnsDocument, MarketDocument, PriceUnit, VolatilityDocument};
use crate::document::{
    CsvLayout, CsvTable, Instant, Loader, Name, Parsed, Place, Violation, ViolationCollector,
    Violations, csv_table, once_a_column, quoted,
};
use crate::market::Finding;
use crate::market::import::{no_time, parse_instant};
use crate::market::surface::{ExpiryFit, OptionQuote, STRIKES_MIN, VolatilitySurface, fit};
use crate::numeric::black76::Right;
use crate::units::Years;

/// A chain, read and fitted.
pub(super) struct Chain {
    pub surface: VolatilitySurface,
    /// Median forward of each expiry, in order.
    pub forwards: Vec<(Years, f64)>,
    pub findings: Vec<Finding>,
}

/// Reads the chain of underlying `index`, whose volatility is of type `chain`.
pub(super) fn read_chain(
    parsed: &Parsed<MarketDocument>,
    index: usize,
    as_of: Instant,
    loader: &Loader,
) -> Result<Chain, Violations> {
    let request = Request::of(parsed, index, as_of)?;
    let file = loader.open(&request.file, Some(&request.file_place))?;
    let table = csv_table(&file, &CsvLayout::default())?;
    let quotes = read_quotes(&table, &request)?;
    let (surface, fits) = fit(&quotes).map_err(|error| {
        let title = format!("no surface from {}: {error}", quoted(file.name()));
        Violation::new(request.file_place.clone(), title)
            .expected("a chain with bids and asks")
            .help("state a flat volatility or an at-the-money table instead")
    })?;
    let coin = &parsed.value.underlying[index].symbol;
    let told = fits.iter().filter_map(|fit| finding(fit, &coin.to_string(), file.name()));
    let findings = told.collect();
    Ok(Chain { surface, forwards: forwards(&quotes), findings })
}

/// What the document asks for.
struct Request<'a> {
    file: String,
    file_place: Place,
    /// Path of the preset or the columns in the document.
    columns_path: String,
    columns: ChainColumnsDocument,
    filter: Vec<(String, String)>,
    price_unit: PriceUnit,
    as_of: Instant,
    parsed: &'a Parsed<MarketDocument>,
}

impl<'a> Request<'a> {
    fn of(
        parsed: &'a Parsed<MarketDocument>,
        index: usize,
        as_of: Instant,
    ) -> Result<Self, Violations> {
        let base = format!("underlying[{index}].volatility");
        let place = |key: &str| parsed.places.at(&format!("{base}.{key}"));
        let underlying = &parsed.value.underlying[index];
        let Some(VolatilityDocument::Chain { file, preset, columns, price_unit, filter }) =
            &underlying.volatility
        else {
            return Err(Violation::new(parsed.places.at(&base), "no chain").into());
        };
        let pairs = filter.iter().map(|(column, text)| (column.clone(), text.to_string()));
        let mut filter: Vec<(String, String)> = pairs.collect();
        let (columns, key) = match (preset, columns) {
            (Some(preset), None) => {
                let (columns, currency) = preset.columns();
                filter.push((currency.to_owned(), underlying.symbol.to_string()));
                (columns, "preset")
            }
            (None, Some(columns)) => ((**columns).clone(), "columns"),
            _ => return Err(one_layout(parsed.places.at(&base)).into()),
        };
        Ok(Self {
            file: file.to_string(),
            file_place: place("file"),
            columns_path: format!("{base}.{key}"),
            columns,
            filter,
            price_unit: *price_unit,
            as_of,
            parsed,
        })
    }
}

impl Request<'_> {
    /// Where the column `key` is named; the preset, where there is one.
    fn column_place(&self, key: &str) -> Place {
        self.parsed.places.at(&format!("{}.{key}", self.columns_path))
    }
}

/// The violation for neither or both of `preset` and `columns`.
pub(super) fn one_layout(place: Place) -> Violation {
    Violation::new(place, "the layout of the file is not stated once")
        .expected("either `preset` or `columns`")
}

struct Columns {
    right: usize,
    strike: usize,
    expiry: usize,
    forward: usize,
    bid: usize,
    ask: usize,
}

fn columns(table: &CsvTable, request: &Request<'_>) -> Result<Columns, Violations> {
    let mut collector = ViolationCollector::default();
    let names = &request.columns;
    let mut column = |(name, key): (&Name, &str)| {
        collector.absorb(table.required_column(name.as_str(), Some(&request.column_place(key))))
    };
    let found = [
        (&names.right, "right"),
        (&names.strike, "strike"),
        (&names.expiry, "expiry"),
        (&names.forward, "forward"),
        (&names.bid, "bid"),
        (&names.ask, "ask"),
    ]
    .map(&mut column);
    let [right, strike, expiry, forward, bid, ask] = found.map(|index| index.unwrap_or(0));
    collector.finish(Columns { right, strike, expiry, forward, bid, ask })
}

fn read_quotes(table: &CsvTable, request: &Request<'_>) -> Result<Vec<OptionQuote>, Violations> {
    let columns = columns(table, request)?;
    let rows = filtered_rows(table, request)?;
    let mut collector = ViolationCollector::default();
    let mut quotes = Vec::with_capacity(rows.len());
    let mut first_at: BTreeMap<(u64, u64, bool), usize> = BTreeMap::new();
    for row in rows {
        let Some(quote) = collector.absorb(read_quote(table, row, &columns, request)) else {
            continue;
        };
        let is_call = quote.right == Right::Call;
        let key = (quote.expiry.get().to_bits(), quote.strike.to_bits(), is_call);
        if let Some(first) = first_at.insert(key, row) {
            let violation = Violation::new(table.row_place(row), "the option is quoted twice")
                .related(table.row_place(first), "first here");
            collector.add(violation);
        }
        quotes.push(quote);
    }
    collector.finish(quotes).map_err(once_a_column)
}

fn filtered_rows(table: &CsvTable, request: &Request<'_>) -> Result<Vec<usize>, Violations> {
    let mut filter = Vec::new();
    for (name, text) in &request.filter {
        let column = table.required_column(name, Some(&request.column_place("")))?;
        filter.push((column, text));
    }
    let passes = |row: &usize| {
        filter.iter().all(|(column, text)| table.text(*row, *column) == text.as_str())
    };
    let rows: Vec<usize> = (0..table.row_count()).filter(passes).collect();
    if rows.is_empty() {
        let wanted: Vec<String> =
            request.filter.iter().map(|(name, text)| format!("{name} = {text}")).collect();
        let title =
            format!("{} has no row with {}", quoted(table.file().name()), wanted.join(", "));
        return Err(Violation::new(request.file_place.clone(), title).into());
    }
    Ok(rows)
}

fn read_quote(
    table: &CsvTable,
    row: usize,
    columns: &Columns,
    request: &Request<'_>,
) -> Result<OptionQuote, Violations> {
    let mut collector = ViolationCollector::default();
    let right = collector.absorb(right(table, row, columns.right));
    let expiry = collector.absorb(expiry(table, row, columns.expiry, request));
    let strike = collector.absorb(positive(table, row, columns.strike));
    let forward = collector.absorb(positive(table, row, columns.forward));
    let bid = collector.absorb(side(table, row, columns.bid));
    let ask = collector.absorb(side(table, row, columns.ask));
    let read = || {
        let forward = forward?;
        let unit = match request.price_unit {
            PriceUnit::Coin => 1.0,
            PriceUnit::Usd => forward,
        };
        let scaled = |price: Option<f64>| price.map(|price| price / unit);
        Some(OptionQuote {
            right: right?,
            expiry: expiry?,
            forward,
            strike: strike?,
            bid: scaled(bid?),
            ask: scaled(ask?),
        })
    };
    collector.finish_some(read())
}

fn right(table: &CsvTable, row: usize, column: usize) -> Result<Right, Violations> {
    match table.text(row, column).as_ref() {
        "call" | "Call" | "CALL" | "C" | "c" => Ok(Right::Call),
        "put" | "Put" | "PUT" | "P" | "p" => Ok(Right::Put),
        _ => Err(table.violation(row, column, "is no option right", "`call` or `put`")),
    }
}

fn expiry(
    table: &CsvTable,
    row: usize,
    column: usize,
    request: &Request<'_>,
) -> Result<Years, Violations> {
    let instant = parse_instant(&table.text(row, column), request.columns.stamps)
        .ok_or_else(|| no_time(table, row, column, request.columns.stamps))?;
    let years = Instant(instant).years_after(request.as_of.timestamp());
    if years.get() > 0.0 {
        return Ok(years);
    }
    let title = "the option expires at or before the market's `as_of`";
    Err(Violation::new(table.place(row, column), title)
        .expected(format!("an instant after {}", request.as_of.timestamp()))
        .related(request.parsed.places.at("as_of"), "as_of")
        .into())
}

fn positive(table: &CsvTable, row: usize, column: usize) -> Result<f64, Violations> {
    let value = table.required_number(row, column)?;
    if value > 0.0 {
        return Ok(value);
    }
    Err(table.violation(row, column, "is not above zero", "a price above 0"))
}

/// A bid or ask; `None` where the cell is empty or zero.
fn side(table: &CsvTable, row: usize, column: usize) -> Result<Option<f64>, Violations> {
    match table.number(row, column)? {
        Some(price) if price < 0.0 => {
            Err(table.violation(row, column, "is negative", "a price, 0 or nothing"))
        }
        price => Ok(price.filter(|price| *price > 0.0)),
    }
}

fn forwards(quotes: &[OptionQuote]) -> Vec<(Years, f64)> {
    let mut by_expiry: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for quote in quotes {
        // positive numbers order as their bits do
        by_expiry.entry(quote.expiry.get().to_bits()).or_default().push(quote.forward);
    }
    let median = |(bits, mut forwards): (u64, Vec<f64>)| {
        forwards.sort_by(f64::total_cmp);
        (Years(f64::from_bits(bits)), forwards[forwards.len() / 2])
    };
    by_expiry.into_iter().map(median).collect()
}

/// What of an expiry's quotes did not serve.
fn finding(fit: &ExpiryFit, coin: &str, file: &str) -> Option<Finding> {
    let unused = [
        (fit.one_sided, "one-sided"),
        (fit.crossed, "crossed"),
        (fit.outside_bounds, "outside the no-arbitrage bounds"),
    ];
    let parts: Vec<String> = unused
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} quotes {what}"))
        .collect();
    let days = fit.expiry.days();
    if fit.strikes == 0 {
        let what = format!(
            "{coin} options of {days:.2} days: fewer than {STRIKES_MIN} strikes with a usable quote ({})",
            if parts.is_empty() { "few strikes".to_owned() } else { parts.join(", ") }
        );
        let repair = Some("expiry left out of the surface".to_owned());
        return Some(Finding { file: file.to_owned(), line: None, what, repair });
    }
    let what = format!("{coin} options of {days:.2} days: {}", parts.join(", "));
    let repair = Some("not used".to_owned());
    (!parts.is_empty()).then(|| Finding { file: file.to_owned(), line: None, what, repair })
}
