//! Daily closes joined from the panels of the data folder (its README lists sources and defects).
//!
//! They are the composite's in USD up to its last day, Binance's in USDT from then on: at the seam a
//! return mixes the two, whose closes differ by 0.1 to 0.15 % in the median.

use std::collections::BTreeMap;
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
