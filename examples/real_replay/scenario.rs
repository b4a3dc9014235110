//! Writes the scenario folders of two replays: the shipped desk under rules that liquidate inside
//! paths, and hourly prices named where they lie.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A window of real history.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Name of the scenario and its folder.
    pub name: &'static str,
    /// What happened.
    pub description: &'static str,
    /// First and last close.
    pub window: [&'static str; 2],
    /// File of a coin's hourly bars, below the data folder.
    pub file: &'static str,
    /// Layout and repairs of the files.
    pub layout: &'static str,
    /// Log move of the 30-day implied volatility over that of the price.
    pub volatility_beta: f64,
}

/// The two replays. The files of 2017 to 2021 run from newest to oldest, mix seconds and
/// milliseconds, repeat hours and lack some: every repair is opted into here, none acts inside the
/// window.
pub const EVENTS: [Event; 2] = [
    Event {
        name: "2020-03-12",
        description: "The fall of 12 March 2020 and the rebound, hour by hour, on the desk with its idle dollars \
                      swept into the treasury.",
        window: ["2020-03-12T00:00:00Z", "2020-03-14T00:00:00Z"],
        file: "hourly/{coin}USDT_1h_2017_2021.csv",
        layout: "columns = { time = \"unix\", open = \"open\", high = \"high\", low = \"low\", \
                 close = \"close\", stamps = \"unix\" }\n\
                 repairs = [\"sort\", \"rescale_stamps\", \"keep_first\", \"leave_gaps\"]\n",
        // An assumption: one-month volatility, 184 points four days later, had tripled while bitcoin
        // fell by 46 %: ln 3 over ln 0.54.
        volatility_beta: -1.8,
    },
    Event {
        name: "2025-10-10",
        description: "The cascade of 10 October 2025, hour by hour, on the desk with its idle dollars swept into \
                      the treasury.",
        window: ["2025-10-10T00:00:00Z", "2025-10-12T00:00:00Z"],
        file: "hourly/{coin}USDT_1h_2022_2025.csv",
        layout: "preset = \"ohlcv\"\nrepairs = [\"leave_gaps\", \"drop_open_bars\"]\n",
        // The volatility index rose from 40 to 60 points inside the day while bitcoin fell by 16.8 %.
        volatility_beta: -2.2,
    },
];

/// Betas of the desk's coins without hourly prices: assumptions, named in the report.
const BETAS: [(&str, &str, f64); 6] = [
    ("SOL", "ETH", 1.2),
    ("BNB", "ETH", 0.9),
    ("XRP", "ETH", 1.1),
    ("ADA", "ETH", 1.2),
    ("DOGE", "ETH", 1.2),
    ("AVAX", "ETH", 1.3),
];

/// Dollars that the desk holds at venues beyond its initial margins, swept into its treasury: what
/// it owns and what it is exposed to stay the same, and its lines come nearer. By account: as it
/// stands in the portfolio, and swept.
const SWEPT: [(&str, &str); 4] = [
    ("asset = \"USDC\", quantity = 3_500_000", "asset = \"USDC\", quantity = 0"),
    ("asset = \"USDT\", quantity = 4_200_000", "asset = \"USDT\", quantity = 2_100_000"),
    ("asset = \"USDC\", quantity = 1_900_000", "asset = \"USDC\", quantity = 650_000"),
    ("asset = \"USD\", quantity = 2_500_000", "asset = \"USD\", quantity = 9_350_000"),
];

/// Rules of the desk's venues that act inside paths, by the shipped set they are copies of.
const RULES: [(&str, &str); 3] =
    [("deribit-standard", "steps"), ("binance-usdm", "steps"), ("generic-flat", "full")];

/// Where the desk's idle dollars are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collateral {
    /// At the venues, as in the shipped desk.
    AtVenues,
    /// In the treasury, but for initial margins and a little more.
    Swept,
}

/// What is replayed of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bars {
    /// Closes alone.
    Closes,
    /// Open, extremes and close in both orders.
    BothOrders,
}

/// Writes the folder of `event` below `folder`; the path of its scenario document.
///
/// # Errors
/// Files that cannot be written, shipped files that cannot be read.
pub fn write(
    event: &Event,
    (collateral, bars): (Collateral, Bars),
    data: &Path,
    folder: &Path,
) -> io::Result<PathBuf> {
    let suffix = if collateral == Collateral::AtVenues { "-as-it-stands" } else { "" };
    let folder = folder.join(format!("{}{suffix}", event.name));
    fs::create_dir_all(&folder)?;
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for name in ["market.toml", "policy.toml", "positions.csv", "history.csv"] {
        fs::copy(shipped.join("desk").join(name), folder.join(name))?;
    }
    let mut portfolio = fs::read_to_string(shipped.join("desk/portfolio.toml"))?;
    for (name, close) in RULES {
        let rules = fs::read_to_string(shipped.join(format!("venues/{name}.toml")))?;
        fs::write(folder.join(format!("{name}.toml")), rules + &liquidation(close))?;
        portfolio = with_rules(&portfolio, name);
    }
    if collateral == Collateral::Swept {
        for (stands, swept) in SWEPT {
            assert!(portfolio.contains(stands), "the desk has no balance {stands}");
            portfolio = portfolio.replace(stands, swept);
        }
    }
    fs::write(folder.join("portfolio.toml"), portfolio)?;
    let document = folder.join("scenario.toml");
    fs::write(&document, scenario(event, bars, &data.canonicalize()?))?;
    Ok(document)
}

/// The table that makes a copy of shipped rules act inside paths.
pub fn liquidation(close: &str) -> String {
    let steps = match close {
        "steps" => "close_fraction = \"25%\"\ntarget_ratio = 1.2\n",
        _ => "",
    };
    format!("\n[liquidation]\nclose = \"{close}\"\nslippage = \"0.2%\"\n{steps}")
}

/// The venue that names a dated set names the file instead.
pub fn with_rules(portfolio: &str, name: &str) -> String {
    let lines = portfolio.lines().map(|line| match line.strip_prefix("rules = \"") {
        Some(set) if set.starts_with(&format!("{name}@")) => format!("rules = \"{name}.toml\""),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn scenario(event: &Event, bars: Bars, data: &Path) -> String {
    let betas: Vec<String> = BETAS
        .iter()
        .map(|(coin, of, beta)| format!("{coin} = {{ of = \"{of}\", beta = {beta} }}\n"))
        .collect();
    let volatilities: Vec<String> = ["BTC", "ETH", "SOL", "XRP"]
        .iter()
        .map(|coin| format!("{coin} = {}\n", event.volatility_beta))
        .collect();
    let files: Vec<String> = ["BTC", "ETH"]
        .iter()
        .map(|coin| {
            let path = data.join(event.file.replace("{coin}", coin));
            format!(
                "\n[[historical.history.file]]\npath = '{}'\n{}series = [{{ symbol = \"{coin}\" }}]\n",
                path.display(),
                event.layout
            )
        })
        .collect();
    let [from, to] = event.window;
    let bars = if bars == Bars::Closes { "closes" } else { "both_orders" };
    format!(
        "name = \"{}\"\nkind = \"historical\"\ndescription = \"{}\"\n\
         portfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\npolicy = \"policy.toml\"\n\n\
         # Volatility of every expiry moves alike: a beta fitted to a month says nothing of days.\n\
         [model]\ndamping_power = 0\n\n\
         [historical]\nwindow = {{ from = {from}, to = {to} }}\nbars = \"{bars}\"\n\n\
         [historical.betas]\n{}\n[historical.volatility_betas]\n{}\n\
         [historical.history]\ninterval = \"1h\"\nquote = \"USDT\"\n{}",
        event.name,
        event.description,
        betas.concat(),
        volatilities.concat(),
        files.concat()
    )
}
