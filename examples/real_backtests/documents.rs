//! Writes the documents of the backtests: markets with joined histories, books, models.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::closes::{COINS, Days, closes};
use super::data;

/// Models side by side: name, and the settings of a scenario's model.
const MODELS: [(&str, &str); 6] = [
    ("normal", "process = { type = \"gbm\" }"),
    // Fits of windows with a crash come near two degrees of freedom, or below, where there is no
    // variance.
    ("Student-t", "process = { type = \"student_t\", degrees_of_freedom_min = 3 }"),
    ("historical", "process = { type = \"bootstrap\", block_length = 1 }"),
    (
        "filtered historical",
        "process = { type = \"filtered_historical\", filter = { estimator = \"ewma\", half_life = 11.2 } }",
    ),
    // RiskMetrics' 0.94 for volatilities, 0.97 for correlations.
    (
        "EWMA",
        "process = { type = \"gbm\" }, volatility = { estimator = \"ewma\", half_life = 11.2 }, \
         correlation = { estimator = \"ewma\", half_life = 22.8 }",
    ),
    (
        "GARCH",
        "process = { type = \"gbm\" }, volatility = { estimator = \"garch\", allow_integrated = true }",
    ),
];

/// Dollars of each coin at the start of a quarter.
const PER_COIN: f64 = 1_250_000.0;

/// A book to be walked forward.
pub struct Study {
    /// Name of the backtest and its folder.
    pub name: &'static str,
    /// What the book is.
    description: &'static str,
    /// First and last date.
    dates: [&'static str; 2],
    /// Days that models are estimated on.
    window: &'static str,
    /// Days that they are estimated on at the least, where the history begins inside the window.
    window_min: &'static str,
    /// Where the model is chosen and judged.
    periods: Option<[[&'static str; 2]; 2]>,
    book: Book,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Book {
    LongSpot,
    HedgedPerpetuals,
    /// On the volatility index.
    ShortBitcoinOptions,
    /// On recorded surfaces.
    ShortOptions,
}

const CHOSEN_AND_JUDGED: [[&str; 2]; 2] =
    [["2018-01-01", "2021-12-31"], ["2022-01-01", "2025-12-31"]];

/// The studies. Composite closes begin on 2017-11-09; Basel's 250 days are known from 2018-07-18 on,
/// before that models are estimated on what there is.
pub const STUDIES: [Study; 4] = [
    Study {
        name: "long-spot",
        description: "Eight coins, 1.25 million USD of each at the start of every quarter.",
        dates: ["2018-01-01", "2025-12-31"],
        window: "250d",
        window_min: "50d",
        periods: Some(CHOSEN_AND_JUDGED),
        book: Book::LongSpot,
    },
    Study {
        name: "hedged-perpetuals",
        description: "Six coins long at spot, as many dollars short in bitcoin and ether perpetuals, even at \
                      the start of every quarter.",
        dates: ["2018-01-01", "2025-12-31"],
        window: "250d",
        window_min: "50d",
        periods: Some(CHOSEN_AND_JUDGED),
        book: Book::HedgedPerpetuals,
    },
    Study {
        name: "short-bitcoin-options",
        description: "Short 30-day straddles on 100 bitcoin, struck anew every day, on the volatility index.",
        // The index begins on 2021-03-24; before it stands its proxy, see `data`.
        dates: ["2021-04-01", "2025-10-13"],
        window: "365d",
        window_min: "365d",
        periods: Some([["2021-04-01", "2022-12-31"], ["2023-01-01", "2025-10-13"]]),
        book: Book::ShortBitcoinOptions,
    },
    Study {
        name: "short-options",
        description: "Short 30-day strangles on 100 bitcoin and 2,000 ether, struck anew every day, on recorded \
                      surfaces.",
        // The close of 2025-12-30, with the first snapshots.
        dates: ["2025-12-31", "2026-08-20"],
        window: "365d",
        window_min: "365d",
        periods: None,
        book: Book::ShortOptions,
    },
];

/// Writes the folder of `study` below `out`; the path of its backtest document.
///
/// # Errors
/// Files that cannot be read or written.
pub fn write(study: &Study, data: &Path, out: &Path) -> io::Result<PathBuf> {
    let folder = out.join(study.name);
    fs::create_dir_all(&folder)?;
    let mut days = closes(data)?;
    match study.book {
        Book::LongSpot | Book::HedgedPerpetuals => {}
        Book::ShortBitcoinOptions => data::add_volatility_index(data, &mut days)?,
        Book::ShortOptions => {
            data::add_volatility_index(data, &mut days)?;
            data::use_surfaces(data, &mut days)?;
            let name = "iv_surface_history_btc_eth.csv";
            fs::copy(data.join("options").join(name), folder.join("surfaces.csv"))?;
        }
    }
    let (coins, volatilities) = study.book.series();
    volatilities.iter().for_each(|coin| data::add_volatility_proxy(&mut days, coin));
    let columns: Vec<String> = coins
        .iter()
        .map(|&coin| coin.to_owned())
        .chain(volatilities.iter().map(|coin| format!("{coin}_iv")))
        .collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    fs::write(folder.join("history.csv"), data::table(&days, &columns))?;
    fs::write(folder.join("market.toml"), market(study, &days))?;
    fs::write(folder.join("policy.toml"), POLICY)?;
    fs::write(folder.join("portfolio.toml"), portfolio(study.book, &days, study.dates[0]))?;
    fs::write(folder.join("scenario.toml"), scenario(study))?;
    let mut dated = String::new();
    if study.book.is_dated() {
        for quarter in quarters(study.dates) {
            let name = format!("portfolio-{quarter}.toml");
            fs::write(folder.join(&name), portfolio(study.book, &days, &quarter))?;
            let _ =
                writeln!(dated, "    {{ from = {quarter}T00:00:00Z, portfolio = \"{name}\" }},");
        }
    }
    let document = folder.join("backtest.toml");
    fs::write(&document, backtest(study, &dated))?;
    Ok(document)
}

impl Book {
    /// Coins with closes, and those with implied volatility.
    fn series(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::LongSpot | Self::HedgedPerpetuals => (&COINS, &[]),
            Self::ShortBitcoinOptions => (&["BTC"], &["BTC"]),
            Self::ShortOptions => (&["BTC", "ETH"], &["BTC", "ETH"]),
        }
    }

    fn is_dated(self) -> bool {
        matches!(self, Self::LongSpot | Self::HedgedPerpetuals)
    }
}

/// First days of the quarters from the first date on.
fn quarters([first, last]: [&str; 2]) -> Vec<String> {
    let years = 2018..=2026;
    let days = years.flat_map(|year| [1, 4, 7, 10].map(|month| format!("{year}-{month:02}-01")));
    days.filter(|day| (first..=last).contains(&day.as_str())).collect()
}

fn market(study: &Study, days: &Days) -> String {
    let (coins, volatilities) = study.book.series();
    // The history may hold nothing that is not closed at the market's instant.
    let end = data::day_after_last(days);
    let mut text = format!("name = \"{}\"\nas_of = {end}T00:00:00Z\n", study.name);
    for coin in coins {
        let price = data::close_before(days, &end, coin).unwrap_or_default();
        let _ = write!(text, "\n[[asset]]\nsymbol = \"{coin}\"\nprice = {price}\n");
    }
    text += "\n[[asset]]\nsymbol = \"USDT\"\nkind = \"stablecoin\"\nprice = 1.0\n";
    for coin in coins {
        let _ = write!(text, "\n[[underlying]]\nsymbol = \"{coin}\"\n");
        if volatilities.contains(coin) {
            text += "volatility = { type = \"flat\", volatility = \"60%\" }\n";
        }
    }
    text += "\n[history]\ninterval = \"1d\"\nrepairs = [\"leave_gaps\"]\n\n[[history.file]]\n\
             path = \"history.csv\"\n\
             columns = { time = \"date\", stamps = \"text\", stamp_is = \"bar_open\" }\nseries = [\n";
    for coin in coins {
        let _ = writeln!(text, "    {{ symbol = \"{coin}\", column = \"{coin}\" }},");
    }
    for coin in volatilities {
        let _ = writeln!(
            text,
            "    {{ symbol = \"{coin}\", column = \"{coin}_iv\", quantity = \"implied_volatility\", unit = \"percent\" }},"
        );
    }
    text + "]\n"
}

/// The book with the prices known at `day`.
fn portfolio(book: Book, days: &Days, day: &str) -> String {
    let quantity = |coin: &str, dollars: f64| {
        data::close_before(days, day, coin).map_or(0.0, |price| dollars / price)
    };
    let mut text = format!(
        "name = \"book\"\n\n[[venue]]\nname = \"Exchange\"\n\n[[account]]\nname = \"desk\"\nvenue = \"Exchange\"\n\
         balance = [{{ asset = \"USDT\", quantity = {} }}]\n\n",
        book.collateral()
    );
    match book {
        Book::LongSpot => {
            for coin in COINS {
                let _ = write!(text, "{}", spot(coin, quantity(coin, PER_COIN)));
            }
        }
        Book::HedgedPerpetuals => {
            for coin in &COINS[2..] {
                let _ = write!(text, "{}", spot(coin, quantity(coin, PER_COIN)));
            }
            for coin in &COINS[..2] {
                let short = -quantity(coin, 3.0 * PER_COIN);
                let _ = write!(
                    text,
                    "[[position]]\nid = \"{coin}-perpetual\"\naccount = \"desk\"\ntype = \"perpetual\"\n\
                     underlying = \"{coin}\"\nquote = \"USDT\"\nquantity = {short}\n\n"
                );
            }
        }
        Book::ShortBitcoinOptions => {
            let strike = data::close_before(days, day, "BTC").unwrap_or_default();
            for right in ["call", "put"] {
                text += &option("BTC", right, strike, -100.0);
            }
        }
        Book::ShortOptions => {
            for (coin, size) in [("BTC", -100.0), ("ETH", -2_000.0)] {
                let strike = data::close_before(days, day, coin).unwrap_or_default();
                for right in ["call", "put"] {
                    text += &option(coin, right, strike, size);
                }
            }
        }
    }
    text
}

impl Book {
    /// Dollars of collateral.
    fn collateral(self) -> f64 {
        match self {
            Self::LongSpot => 0.0,
            Self::HedgedPerpetuals => 7_500_000.0,
            Self::ShortBitcoinOptions | Self::ShortOptions => 10_000_000.0,
        }
    }
}

fn spot(coin: &str, quantity: f64) -> String {
    format!(
        "[[position]]\nid = \"{coin}\"\naccount = \"desk\"\ntype = \"spot\"\nasset = \"{coin}\"\n\
         quantity = {quantity}\n\n"
    )
}

fn option(coin: &str, right: &str, strike: f64, quantity: f64) -> String {
    format!(
        "[[position]]\nid = \"{coin}-{right}\"\naccount = \"desk\"\ntype = \"option\"\nunderlying = \"{coin}\"\n\
         settlement = \"linear\"\nquote = \"USDT\"\nexpiry = 2030-01-01T08:00:00Z\nstrike = {strike}\n\
         right = \"{right}\"\nquantity = {quantity}\n\n"
    )
}

fn scenario(study: &Study) -> String {
    format!(
        "name = \"{}\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\npolicy = \"policy.toml\"\n\n\
         [simulation]\nhorizon = \"1d\"\npaths = 10_000\nseed = 1\nreturns = \"log\"\n\n\
         [measures]\nlevels = [0.975, 0.99]\ncontribution_level = 0.975\n",
        study.name
    )
}

fn backtest(study: &Study, dated: &str) -> String {
    let [from, to] = study.dates;
    let mut text = format!(
        "name = \"{}\"\ndescription = \"{}\"\nscenario = \"scenario.toml\"\nfrom = {from}T00:00:00Z\n\
         to = {to}T00:00:00Z\nwindow = \"{}\"\nwindow_min = \"{}\"\npaths = 10_000\nseed = 1\n",
        study.name, study.description, study.window, study.window_min
    );
    if let Some(periods) = study.periods {
        for (key, [from, to]) in ["chosen_on", "judged_on"].into_iter().zip(periods) {
            let _ = writeln!(text, "{key} = {{ from = {from}T00:00:00Z, to = {to}T00:00:00Z }}");
        }
    }
    for (name, settings) in MODELS {
        let _ = write!(text, "\n[[model]]\nname = \"{name}\"\nsettings = {{ {settings} }}\n");
    }
    if !dated.is_empty() {
        let _ = write!(text, "\n[book]\ndated = [\n{dated}]\n");
    }
    if study.book == Book::ShortOptions {
        text += "\n[[surface]]\npath = \"surfaces.csv\"\nsymbols = [\"BTC\", \"ETH\"]\n";
    }
    for (coin, call, put) in study.book.struck() {
        for (right, moneyness) in [("call", call), ("put", put)] {
            let _ = write!(
                text,
                "\n[[book.roll]]\nposition = \"{coin}-{right}\"\ntenor = \"30d\"\nmoneyness = {moneyness}\n"
            );
        }
    }
    text
}

impl Book {
    /// Coins with options, strike over forward of call and put.
    fn struck(self) -> &'static [(&'static str, f64, f64)] {
        match self {
            Self::LongSpot | Self::HedgedPerpetuals => &[],
            Self::ShortBitcoinOptions => &[("BTC", 1.0, 1.0)],
            Self::ShortOptions => &[("BTC", 1.1, 0.9), ("ETH", 1.15, 0.85)],
        }
    }
}

const POLICY: &str = r#"name = "a third of capital"
appetite = "33%"

[capital]
base = "regulatory"
regulatory = 10_000_000

[[term]]
kind = "simulated_shortfall"
name = "ES"
level = 0.975
"#;
