//! Histories of the three books, joined from the files of the data folder (its README lists sources
//! and defects).
//!
//! Daily closes are the composite's in USD up to its last day, Binance's in USDT from then on: at the
//! seam a return mixes the two, whose closes differ by 0.1 to 0.15 % in the median.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Coins with closes from 2017-11-09 on.
pub const COINS: [&str; 8] = ["BTC", "ETH", "BNB", "XRP", "ADA", "DOGE", "LTC", "LINK"];

/// First day whose close is Binance's.
const SEAM: &str = "2025-02-21";

/// `[day][column]` of figures as text, by ISO day; a missing one is empty.
pub type Days = BTreeMap<String, BTreeMap<String, String>>;

/// Daily closes of [`COINS`].
pub fn closes(data: &Path) -> io::Result<Days> {
    let mut days = panel(&data.join("daily/panels/closes_usd_composite_2017_2025.csv"))?;
    days.retain(|day, _| day.as_str() < SEAM);
    let binance = panel(&data.join("daily/panels/closes_binance_usdt_2017_2026.csv"))?;
    // Its last bar was still open.
    let last = binance.keys().next_back().cloned();
    days.extend(
        binance.into_iter().filter(|(day, _)| day.as_str() >= SEAM && Some(day) != last.as_ref()),
    );
    Ok(days)
}

fn panel(path: &Path) -> io::Result<Days> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let mut days = Days::new();
    for record in reader.records() {
        let record = record?;
        let cells = headers.iter().zip(&record).skip(1);
        let known = cells.filter(|(_, cell)| !cell.is_empty());
        days.insert(
            record[0].to_owned(),
            known.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect(),
        );
    }
    Ok(days)
}

/// Adds the last value of each day of the hourly volatility index, in per cent, as `BTC_iv`.
pub fn add_volatility_index(data: &Path, days: &mut Days) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(data.join("options/dvol_btc_hourly.csv"))?;
    for record in reader.records() {
        let record = record?;
        let milliseconds: i64 = record[0].parse().map_err(io::Error::other)?;
        let stamp = jiff::Timestamp::from_millisecond(milliseconds).map_err(io::Error::other)?;
        // Rows run forward: the last hour of a day stands.
        if let Some(day) = days.get_mut(&stamp.to_string()[..10]) {
            day.insert("BTC_iv".to_owned(), record[4].to_owned());
        }
    }
    Ok(())
}

/// Puts the last snapshot of each day in place of closes and volatilities (30 days, at the money)
/// from the first day with snapshots on; days without one are left out.
pub fn use_surfaces(data: &Path, days: &mut Days) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(data.join("options/iv_surface_history_btc_eth.csv"))?;
    let mut recorded = Days::new();
    for record in reader.records() {
        let record = record?;
        if &record[3] == "30" {
            let day = recorded.entry(record[0][..10].to_owned()).or_default();
            let volatility: f64 = record[7].parse().map_err(io::Error::other)?;
            day.insert(record[1].to_owned(), record[2].to_owned());
            day.insert(format!("{}_iv", &record[1]), format!("{}", 100.0 * volatility));
        }
    }
    if let Some(first) = recorded.keys().next().cloned() {
        days.retain(|day, _| *day < first);
    }
    days.extend(recorded);
    Ok(())
}

/// The days as CSV with these columns.
pub fn table(days: &Days, columns: &[&str]) -> String {
    let mut text = format!("date,{}\n", columns.join(","));
    for (day, cells) in days {
        let cells = columns.iter().map(|&name| cells.get(name).map_or("", String::as_str));
        let _ = writeln!(text, "{day},{}", cells.collect::<Vec<_>>().join(","));
    }
    text
}

/// Close of a coin on the last day before `day` that has one.
pub fn close_before(days: &Days, day: &str, coin: &str) -> Option<f64> {
    let before = days.range::<str, _>((std::ops::Bound::Unbounded, std::ops::Bound::Excluded(day)));
    before.rev().find_map(|(_, cells)| cells.get(coin)?.parse().ok())
}

/// The day after the last one.
pub fn day_after_last(days: &Days) -> String {
    let last = days.keys().next_back().and_then(|day| day.parse::<jiff::civil::Date>().ok());
    last.and_then(|day| day.tomorrow().ok()).map_or_else(String::new, |day| day.to_string())
}
