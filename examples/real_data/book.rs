//! Writes a scenario on real market data: a crash-day option chain as the market, daily closes as
//! the history, and a desk's book of listed options with perpetuals and dated futures against it.
//!
//! How volatilities move with spots and with each other is measured on the data folder's history of
//! implied volatility. The data folder is the user's; what is written goes to a folder the caller names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::co_movement::{self, CoMovement};

/// The crash of 2026-02-05: BTC at 63,858 USD.
pub const CRASH: &str = "btc_eth_chain_20260205T212937Z.csv";
/// A calm day: BTC at 88,530 USD.
pub const CALM: &str = "btc_eth_chain_20251230T173115Z.csv";
/// Coins of the history that the book or its collateral holds.
const COINS: [&str; 2] = ["BTC", "ETH"];
/// Every so many-th option of the sorted chain enters the book.
const STRIDE: usize = 5;
/// Coins held as collateral, and USD notional of each dated future, per coin of [`COINS`].
const COLLATERAL: [f64; 2] = [700.0, 6_000.0];
const FUTURE_NOTIONAL: [f64; 2] = [400_000.0, 150_000.0];

/// What was written.
pub struct Written {
    /// The scenario document.
    pub scenario: PathBuf,
    /// Listed options in the book.
    pub options: usize,
    /// Instant of the snapshot.
    pub as_of: String,
    /// Options of the book.
    #[allow(dead_code, reason = "read by the test that shares this file")]
    pub held: Vec<Listed>,
}

/// A listed option of the chain.
pub struct Listed {
    /// Name at the exchange; also the position's id.
    pub name: String,
    /// The exchange's mark, in coins.
    #[allow(dead_code, reason = "read by the test that shares this file")]
    pub mark: f64,
    /// Its underlying.
    pub coin: String,
    right: String,
    strike: f64,
    expiry: String,
}

/// Reads the snapshot `chain` of `data` (the folder with `options`, `daily`, `derivatives`) and
/// writes scenario, market, book and policy into `folder`.
pub fn write(data: &Path, chain: &str, folder: &Path) -> io::Result<Written> {
    let chain = fs::read_to_string(data.join("options/deribit_snapshots").join(chain))?;
    let (as_of, spots, listed) = read_chain(&chain)?;
    let moves = co_movement::measure(data)?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("chain.csv"), &chain)?;
    fs::write(folder.join("history.csv"), history(data, &as_of)?)?;
    fs::write(folder.join("correlation.csv"), moves.matrix_csv())?;
    fs::write(folder.join("market.toml"), market(&as_of, &spots))?;
    let held: Vec<Listed> = listed.into_iter().step_by(STRIDE).collect();
    fs::write(folder.join("positions.csv"), positions(&held, &spots, data, &as_of)?)?;
    fs::write(folder.join("portfolio.toml"), portfolio())?;
    fs::write(folder.join("policy.toml"), POLICY)?;
    let scenario = folder.join("scenario.toml");
    fs::write(&scenario, scenario_text(&moves))?;
    Ok(Written { scenario, options: held.len(), as_of, held })
}

type Chain = (String, BTreeMap<String, f64>, Vec<Listed>);

fn read_chain(text: &str) -> io::Result<Chain> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| header == name);
        found.ok_or_else(|| io::Error::other(format!("the chain has no column {name}")))
    };
    let names =
        ["instrument_name", "currency", "option_type", "strike", "expiry_datetime", "mark_price"];
    let mut columns = Vec::new();
    for name in names {
        columns.push(column(name)?);
    }
    let (stamp, spot) = (column("timestamp")?, column("index_price")?);
    let (bid, ask) = (column("bid_price")?, column("ask_price")?);
    let mut as_of = String::new();
    let mut spots = BTreeMap::new();
    let mut listed = Vec::new();
    for record in reader.records() {
        let record = record?;
        as_of = record[stamp].to_owned();
        let coin = record[columns[1]].to_owned();
        spots.insert(coin.clone(), number(&record[spot])?);
        if !record[bid].is_empty() && !record[ask].is_empty() {
            listed.push(Listed {
                name: record[columns[0]].to_owned(),
                coin,
                right: record[columns[2]].to_owned(),
                strike: number(&record[columns[3]])?,
                expiry: record[columns[4]].to_owned(),
                mark: number(&record[columns[5]])?,
            });
        }
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((as_of, spots, listed))
}

fn number(text: &str) -> io::Result<f64> {
    text.parse().map_err(|_| io::Error::other(format!("'{text}' is not a number")))
}

/// Closes of the days before the snapshot's.
fn history(data: &Path, as_of: &str) -> io::Result<String> {
    let panel = fs::read_to_string(data.join("daily/panels/closes_binance_usdt_2017_2026.csv"))?;
    let kept = panel.lines().filter(|line| line.starts_with("date") || line[..10] < as_of[..10]);
    Ok(kept.flat_map(|line| [line, "\n"]).collect())
}

fn market(as_of: &str, spots: &BTreeMap<String, f64>) -> String {
    let mut text = format!("name = \"Deribit\"\nas_of = \"{as_of}\"\n");
    for (coin, spot) in spots {
        let _ = write!(text, "\n[[asset]]\nsymbol = \"{coin}\"\nprice = {spot}\n");
    }
    text += "\n[[asset]]\nsymbol = \"USDT\"\nkind = \"stablecoin\"\nprice = 1.0\n";
    for (coin, volume) in [("BTC", 40e9), ("ETH", 25e9)] {
        let _ = write!(
            text,
            "\n[[underlying]]\nsymbol = \"{coin}\"\nfunding_rate_8h = \"-0.005%\"\n\
             perpetual_basis = \"-5bp\"\n\n[underlying.volatility]\ntype = \"chain\"\n\
             file = \"chain.csv\"\npreset = \"deribit\"\n\n[underlying.liquidity]\n\
             average_daily_volume_usd = {volume}\nhalf_spread = \"1bp\"\n\
             half_spread_deviation = \"3bp\"\ndepth_1pct_usd = 5e6\n"
        );
    }
    text += "\n[history]\ninterval = \"1d\"\nquote = \"USDT\"\nrepairs = [\"leave_gaps\"]\n\n\
             [[history.file]]\npath = \"history.csv\"\n\
             columns = { time = \"date\", stamps = \"text\", stamp_is = \"bar_open\" }\nseries = [\n";
    for coin in COINS {
        let _ = writeln!(text, "    {{ symbol = \"{coin}\", column = \"{coin}\" }},");
    }
    text + "]\n"
}

/// Options long and short by turns, dated futures, and perpetuals that hedge them and the coins
/// held as collateral.
fn positions(
    held: &[Listed],
    spots: &BTreeMap<String, f64>,
    data: &Path,
    as_of: &str,
) -> io::Result<String> {
    let mut text = String::from(
        "type,id,account,underlying,settlement,quote,asset,expiry,strike,right,quantity,\
         entry_price,tags\n",
    );
    for (index, option) in held.iter().enumerate() {
        // Shorts outnumber longs: a desk that sells volatility.
        let sign = if index % 3 == 0 { 1.0 } else { -1.0 };
        let size = if option.coin == "BTC" { 6.0 } else { 60.0 };
        let _ = writeln!(
            text,
            "option,{},options,{},inverse,,,{},{},{},{},,short-vol",
            option.name,
            option.coin,
            option.expiry,
            option.strike,
            option.right,
            sign * size * (1.0 + (index % 4) as f64)
        );
    }
    let futures = futures(data, as_of)?;
    for (index, coin) in COINS.into_iter().enumerate() {
        let named: Vec<_> = futures.iter().filter(|(of, ..)| of == coin).collect();
        for (_, name, expiry) in &named {
            let notional = FUTURE_NOTIONAL[index];
            let _ = writeln!(
                text,
                "future,{name},options,{coin},inverse,,,{expiry},,,{notional},,basis"
            );
        }
        let spot = spots.get(coin).copied().unwrap_or_default();
        let long = COLLATERAL[index] * spot + named.len() as f64 * FUTURE_NOTIONAL[index];
        // Contracts of 10 USD and 1 USD; to the nearest 10,000 USD.
        let hedge = -(long / 10_000.0).round() * 10_000.0;
        let _ =
            writeln!(text, "perpetual,{coin}-PERPETUAL,options,{coin},inverse,,,,,,{hedge},,hedge");
    }
    text += "perpetual,BTCUSDT,perps,BTC,linear,USDT,,,,,35,,relative\n";
    text += "perpetual,ETHUSDT,perps,ETH,linear,USDT,,,,,-1100,,relative\n";
    Ok(text)
}

/// Coin, name and expiry of the dated futures of the snapshot; none where the file has no such day.
fn futures(data: &Path, as_of: &str) -> io::Result<Vec<(String, String, String)>> {
    let marks = fs::read_to_string(data.join("derivatives/deribit_term_futures_marks.csv"))?;
    let mut found: Vec<(String, String, String)> = Vec::new();
    for line in marks.lines().filter(|line| line.starts_with(as_of)) {
        let mut cells = line.split(',').skip(1);
        let (Some(coin), Some(name)) = (cells.next(), cells.next()) else { continue };
        let Some(expiry) = name.split('-').nth(1).and_then(delivery) else { continue };
        if !found.iter().any(|(_, other, _)| other == name) {
            found.push((coin.to_owned(), name.to_owned(), expiry));
        }
    }
    Ok(found)
}

/// `27MAR26` as an instant: deliveries are at 08:00 UTC.
fn delivery(code: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let split = code.find(|character: char| character.is_ascii_alphabetic())?;
    let day: u32 = code[..split].parse().ok()?;
    let month = MONTHS.iter().position(|month| code[split..].starts_with(month))? + 1;
    let year = code.get(split + 3..)?;
    Some(format!("20{year}-{month:02}-{day:02}T08:00:00Z"))
}

/// The book's venues, accounts and collateral.
fn portfolio() -> String {
    let [btc, eth] = COLLATERAL;
    PORTFOLIO.replace("BTC_HELD", &btc.to_string()).replace("ETH_HELD", &eth.to_string())
}

const PORTFOLIO: &str = r#"name = "short volatility, hedged with futures"
positions = "positions.csv"

[[venue]]
name = "Deribit"
rules = "deribit-standard@2025-01-01"
default_probability_1y = "1%"
loss_given_default = "60%"

[[venue]]
name = "Binance"
rules = "binance-usdm@2024-10-24"
default_probability_1y = "1%"
loss_given_default = "60%"

[[account]]
name = "options"
venue = "Deribit"

[[account.balance]]
asset = "BTC"
quantity = BTC_HELD

[[account.balance]]
asset = "ETH"
quantity = ETH_HELD

[[account]]
name = "perps"
venue = "Binance"

[[account.balance]]
asset = "USDT"
quantity = 1500000
haircut = "1%"

[[account]]
name = "treasury"

[[account.balance]]
asset = "USD"
quantity = 5000000
"#;

const POLICY: &str = r#"name = "options desk"
appetite = "30%"

[capital]
base = "lesser"
regulatory = 30_000_000

[[term]]
kind = "simulated_shortfall"
name = "ES 97.5 %"
level = 0.975

[[term]]
kind = "stressed_loss"
name = "12 March 2020 again"
weight = 0.25

[[term.stress]]
name = "2020-03-12, worst closes"
all_spots = "-44.6%"
all_volatilities = "60%"
shocks = { "BTC.spot" = "-39.5%" }

[condition]
floor = "40%"

[[condition.driver]]
driver = "drawdown"
series = "BTC"
maximum = "90%"

[[condition.driver]]
driver = "relative_strength"
series = "BTC"
cut = "80%"
"#;

/// The scenario, with the volatilities of volatility measured.
fn scenario_text(moves: &CoMovement) -> String {
    let mut text = SCENARIO.to_owned();
    for coin in COINS {
        let deviation = moves.annual_deviation(&format!("{coin}.vol"));
        let _ = writeln!(text, "\"{coin}.vol\" = {deviation:.4}");
    }
    text
}

const SCENARIO: &str = r#"name = "real_data"
description = "A real Deribit chain: a desk short volatility, hedged with perpetuals and futures. Correlations and volatilities of volatility are measured on 2025-12-30 to 2026-08-22, days after the snapshot included."
portfolio = "portfolio.toml"
market = "market.toml"
policy = "policy.toml"

[simulation]
horizon = "1d"
paths = 100000
seed = 20260205

[model]
process = { type = "student_t" }
volatility = { estimator = "ewma", half_life = 11 }
# Daily log changes of spot and of 30-day at-the-money volatility; see correlation.csv.
correlation = { estimator = "file", path = "correlation.csv" }

[model.stated_volatility]
# Deviation of the daily log change of 30-day at-the-money volatility, times sqrt(365).
"#;
