//! How implied volatilities move with spots: measured on the history of 30-day at-the-money
//! volatility, daily log changes of the last reading of each day.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

const FACTORS: [&str; 4] = ["BTC.spot", "ETH.spot", "BTC.vol", "ETH.vol"];
const TENOR_DAYS: &str = "30";

/// Covariance of the daily log changes of [`FACTORS`].
pub struct CoMovement {
    covariance: [[f64; 4]; 4],
}

impl CoMovement {
    /// Annual deviation of a factor's log changes; zero for one not measured.
    pub fn annual_deviation(&self, factor: &str) -> f64 {
        let index = FACTORS.iter().position(|name| *name == factor);
        index.map_or(0.0, |index| (self.covariance[index][index] * 365.0).sqrt())
    }

    /// The correlation matrix as a scenario reads it.
    pub fn matrix_csv(&self) -> String {
        let mut text = format!("factor,{}\n", FACTORS.join(","));
        for (row, name) in FACTORS.iter().enumerate() {
            text += name;
            for column in 0..FACTORS.len() {
                // The lower triangle twice, so that rounding cannot break the symmetry.
                let (low, high) = (row.min(column), row.max(column));
                let entry = if low == high { 1.0 } else { self.correlation(low, high) };
                let _ = write!(text, ",{entry:.6}");
            }
            text += "\n";
        }
        text
    }

    fn correlation(&self, row: usize, column: usize) -> f64 {
        let [own, other] = [row, column].map(|index| self.covariance[index][index]);
        self.covariance[row][column] / (own * other).sqrt()
    }
}

/// Reads `options/iv_surface_history_btc_eth.csv` of the data folder.
pub fn measure(data: &Path) -> io::Result<CoMovement> {
    let file = data.join("options/iv_surface_history_btc_eth.csv");
    let days = readings(&fs::read_to_string(file)?)?;
    let mut changes: Vec<[f64; 4]> = Vec::new();
    let all: Vec<(&String, &[f64; 4])> = days.iter().collect();
    for pair in all.windows(2) {
        let [(day, before), (next, after)] = [pair[0], pair[1]];
        let gap = date(next)? - date(day)?;
        let known = before.iter().chain(after).all(|value| *value > 0.0);
        if gap.get_days() == 1 && known {
            changes.push(std::array::from_fn(|index| libm::log(after[index] / before[index])));
        }
    }
    if changes.len() < 30 {
        return Err(io::Error::other("fewer than 30 days of implied-volatility history"));
    }
    Ok(CoMovement { covariance: covariance(&changes) })
}

/// The last reading of each day: spots, then volatilities; zero where there is none.
fn readings(text: &str) -> io::Result<BTreeMap<String, [f64; 4]>> {
    let mut days: BTreeMap<String, [f64; 4]> = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for record in reader.deserialize() {
        let row: BTreeMap<String, String> = record?;
        let cell = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
        let coin = if cell("currency") == "BTC" { 0 } else { 1 };
        let (Some(day), TENOR_DAYS) = (cell("timestamp").get(..10), cell("tenor_days")) else {
            continue;
        };
        let reading = days.entry(day.to_owned()).or_default();
        reading[coin] = cell("index_price").parse().unwrap_or_default();
        reading[coin + 2] = cell("iv_atm").parse().unwrap_or_default();
    }
    Ok(days)
}

fn date(text: &str) -> io::Result<jiff::civil::Date> {
    text.parse().map_err(|_| io::Error::other(format!("'{text}' is not a date")))
}

fn covariance(changes: &[[f64; 4]]) -> [[f64; 4]; 4] {
    let n = changes.len() as f64;
    let mean = |index: usize| changes.iter().map(|row| row[index]).sum::<f64>() / n;
    let means: [f64; 4] = std::array::from_fn(mean);
    let moment = |i: usize, j: usize| {
        let products = changes.iter().map(|row| (row[i] - means[i]) * (row[j] - means[j]));
        products.sum::<f64>() / (n - 1.0)
    };
    std::array::from_fn(|i| std::array::from_fn(|j| moment(i, j)))
}
