//! Writes the suite: a market with a made-up history, three books, a policy, the scenarios.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const COINS: [(&str, f64); 12] = [
    ("BTC", 95_000.0),
    ("ETH", 3_300.0),
    ("SOL", 190.0),
    ("XRP", 2.2),
    ("BNB", 680.0),
    ("DOGE", 0.33),
    ("ADA", 0.9),
    ("AVAX", 38.0),
    ("LINK", 22.0),
    ("DOT", 7.0),
    ("LTC", 105.0),
    ("UNI", 13.0),
];
const BOOKS: [&str; 3] = ["long", "hedged", "alts"];
const DAYS: i64 = 730;

/// A suite on disk.
pub struct Suite {
    /// Its folder.
    pub folder: PathBuf,
    scenarios: Vec<String>,
}

impl Suite {
    /// Writes it.
    pub fn write(folder: &Path, count: usize) -> io::Result<Self> {
        for name in ["scenarios", "books"] {
            fs::create_dir(folder.join(name))?;
        }
        fs::write(folder.join("market.toml"), market())?;
        fs::write(folder.join("history.csv"), history())?;
        fs::write(folder.join("policy.toml"), POLICY)?;
        for (index, name) in BOOKS.iter().enumerate() {
            fs::write(folder.join(format!("books/{name}.toml")), book(index))?;
        }
        let scenarios: Vec<String> = (0..count).map(scenario).collect();
        for (index, text) in scenarios.iter().enumerate() {
            fs::write(folder.join(format!("scenarios/s{index:03}.toml")), text)?;
        }
        let mut batch = "name = \"throughput\"\nscenarios = [\"scenarios\"]\n".to_owned();
        for name in BOOKS {
            let _ =
                writeln!(batch, "[[book]]\nname = \"{name}\"\nportfolio = \"books/{name}.toml\"");
        }
        fs::write(folder.join("batch.toml"), batch)?;
        Ok(Self { folder: folder.to_path_buf(), scenarios })
    }

    /// Scenarios on books.
    pub fn runs(&self) -> usize {
        self.scenarios.len() * BOOKS.len()
    }

    /// Writes a run of the batch as a scenario of its own.
    pub fn alone(&self, run: usize) -> io::Result<PathBuf> {
        let (scenario, book) = (run / BOOKS.len(), BOOKS[run % BOOKS.len()]);
        let text =
            self.scenarios[scenario].replace("books/long.toml", &format!("books/{book}.toml"));
        let folder = self.folder.join("separate");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{run}.toml"));
        fs::write(&path, text)?;
        Ok(path)
    }
}

const POLICY: &str = "name = \"A quarter\"\nappetite = \"25%\"\ncombination = \"maximum\"\n\
    [capital]\nbase = \"collateral\"\n\
    [[term]]\nkind = \"simulated_shortfall\"\nname = \"Expected shortfall\"\nlevel = 0.975\n\
    [[term]]\nkind = \"stressed_loss\"\nname = \"A fall of a tenth\"\n\
    [[term.stress]]\nname = \"all coins\"\nall_spots = \"-10%\"\n";

fn market() -> String {
    let mut text = "name = \"twelve coins\"\nas_of = 2026-01-01T00:00:00Z\n".to_owned();
    for (coin, price) in COINS {
        let _ = writeln!(text, "[[asset]]\nsymbol = \"{coin}\"\nprice = {price}");
        let _ = writeln!(text, "[[underlying]]\nsymbol = \"{coin}\"");
    }
    let series =
        COINS.iter().map(|(coin, _)| format!("{{ symbol = \"{coin}\", column = \"{coin}\" }}"));
    let series: Vec<String> = series.collect();
    let columns = "columns = { time = \"date\" }";
    let _ = write!(
        text,
        "[history]\ninterval = \"1d\"\n[[history.file]]\npath = \"history.csv\"\n{columns}\n\
         series = [{}]\n",
        series.join(", ")
    );
    text
}

/// Sums of uniform draws, half of them common to all coins.
fn history() -> String {
    let mut draws = 7_u64;
    let mut draw = move || {
        draws =
            draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draws >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut prices: Vec<f64> = COINS.iter().map(|(_, price)| *price).collect();
    let first = jiff::civil::date(2024, 1, 2);
    let mut text = format!("date,{}\n", COINS.map(|(coin, _)| coin).join(","));
    for day in 0..DAYS {
        let date = first + jiff::Span::new().days(day);
        let common = draw() + draw();
        let _ = write!(text, "{date}");
        for price in &mut prices {
            *price *= 1.0 + 0.03 * (common + draw() + draw());
            let _ = write!(text, ",{price}");
        }
        text.push('\n');
    }
    text
}

fn book(index: usize) -> String {
    let name = BOOKS[index];
    let mut text = format!(
        "name = \"{name}\"\nvenue = [{{ name = \"exchange\", rules = \"generic-flat@2026-01-01\" }}]\n\
         [[account]]\nname = \"main\"\nvenue = \"exchange\"\n\
         balance = [{{ asset = \"USD\", quantity = 2_000_000 }}]\n"
    );
    for (number, (coin, price)) in COINS.iter().enumerate() {
        let money = match (index, number) {
            (1, number) if number % 2 == 1 => -100_000.0,
            (2, 0 | 1) => 20_000.0,
            _ => 100_000.0,
        };
        let quantity = money / price;
        let _ = writeln!(
            text,
            "[[position]]\nid = \"{coin}\"\naccount = \"main\"\ntype = \"perpetual\"\n\
             underlying = \"{coin}\"\nquote = \"USD\"\nquantity = {quantity}"
        );
    }
    text
}

/// Two shocks to one simulation.
fn scenario(index: usize) -> String {
    let size = 5 + index % 50;
    let documents = "portfolio = \"../books/long.toml\"\nmarket = \"../market.toml\"\n\
        policy = \"../policy.toml\"\n";
    let coin = COINS[index % COINS.len()].0;
    if index % 3 == 2 {
        return format!(
            "name = \"s{index:03}\"\n{documents}[simulation]\nhorizon = \"1d\"\npaths = 1_000\n\
             seed = {index}\n"
        );
    }
    format!(
        "name = \"s{index:03}\"\nkind = \"shock\"\n{documents}[shock]\n\
         propagation = \"conditional\"\nmoves = {{ \"{coin}.spot\" = \"-{size}%\" }}\n"
    )
}
