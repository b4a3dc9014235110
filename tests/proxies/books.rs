//! Books for the proxies, written as documents.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// Processes of the hard book: light and heavy tails, jumps.
pub const PROCESSES: [&str; 3] = [
    r#"{ type = "gbm" }"#,
    r#"{ type = "student_t", degrees_of_freedom = 3.5 }"#,
    r#"{ type = "merton", common = { intensity = 20, mean = -0.03, deviation = 0.04 }, own = { intensity = 5, mean = 0, deviation = 0.03 } }"#,
];

const HEADER: &str = "id,account,type,asset,underlying,settlement,quote,expiry,strike,right,quantity,entry_price,tags\n";

struct Positions {
    csv: String,
    count: usize,
}

impl Positions {
    fn new() -> Self {
        Self { csv: HEADER.to_owned(), count: 0 }
    }

    fn option(
        &mut self,
        account: &str,
        contract: (&str, &str),
        terms: (&str, f64, &str),
        quantity: f64,
    ) {
        let ((coin, quote), (expiry, strike, right)) = (contract, terms);
        let settlement = if quote.is_empty() { "inverse" } else { "linear" };
        self.count += 1;
        writeln!(
            self.csv,
            "o{},{account},option,,{coin},{settlement},{quote},{expiry},{strike},{right},{quantity},,",
            self.count
        )
        .expect("written");
    }

    fn perpetual(&mut self, account: &str, coin: &str, quote: &str, quantity: f64) {
        self.count += 1;
        writeln!(
            self.csv,
            "p{},{account},perpetual,,{coin},linear,{quote},,,,{quantity},,",
            self.count
        )
        .expect("written");
    }
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("writable");
}

/// The market of the examples (bitcoin with a smile), three steps of a day, everything moving.
pub fn hard(process: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/examples");
    for name in ["market.toml", "chain.csv", "history.csv"] {
        fs::copy(examples.join(name), folder.path().join(name)).expect("copied");
    }
    put(folder.path(), "positions.csv", &hard_positions());
    put(folder.path(), "portfolio.toml", HARD_ACCOUNTS);
    put(
        folder.path(),
        "scenario.toml",
        &format!(
            "name = \"hard\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
             [simulation]\nhorizon = \"3d\"\nsteps = 3\nseed = 7\n\
             [model]\nprocess = {process}\n\
             [model.stated_volatility]\n\"BTC.spot\" = 0.6\n\"ETH.spot\" = 0.8\n\
             \"SOL.spot\" = 0.9\n\"BTC.vol\" = 0.8\n\"ETH.vol\" = 0.9\n\"BTC.basis\" = 0.2\n\
             \"USDT.peg\" = 0.01\n\
             [measures]\nlevels = [0.95, 0.99]\n"
        ),
    );
    folder
}

/// Everything of the hard book at once, on venues that close accounts inside the paths: a dozen
/// steps and four expiries among them, options counted in equity and in the requirement, with and
/// without recourse, long and short of gamma.
pub fn barrier(process: &str, seed: u64) -> TempDir {
    let folder = hard(process);
    for value in ["margin_balance", "requirement"] {
        put(folder.path(), &format!("{value}.toml"), &closing(value));
    }
    put(folder.path(), "positions.csv", &barrier_positions());
    put(folder.path(), "portfolio.toml", BARRIER_ACCOUNTS);
    let scenario = fs::read_to_string(folder.path().join("scenario.toml")).expect("written");
    let scenario = scenario.replace("steps = 3\nseed = 7", &format!("steps = 12\nseed = {seed}"));
    put(folder.path(), "scenario.toml", &scenario);
    folder
}

/// Flat rules that close accounts inside paths, options counted as `value` says.
fn closing(value: &str) -> String {
    format!(
        "name = \"{value}\"\neffective = \"2025-01-01T00:00:00Z\"\nsource = \"made up\"\n\
         liquidation_fee = \"1%\"\n[futures]\nkind = \"flat\"\ninitial = \"5%\"\n\
         maintenance = \"2.5%\"\n[options]\nbase = \"15%\"\nfloor = \"10%\"\n\
         maintenance = \"7.5%\"\nvalue = \"{value}\"\n[liquidation]\nclose = \"full\"\n"
    )
}

const BARRIER_ACCOUNTS: &str = r#"
name = "barrier"
positions = "positions.csv"
[[venue]]
name = "balance"
rules = "margin_balance.toml"
[[venue]]
name = "requirement"
rules = "requirement.toml"
[[account]]
name = "short"
venue = "balance"
balance = [{ asset = "USDT", quantity = 420_000, haircut = 0.05 }]
[[account]]
name = "coin"
venue = "requirement"
recourse = true
balance = [{ asset = "BTC", quantity = 3.9 }]
[[account]]
name = "long"
venue = "balance"
balance = [{ asset = "USDT", quantity = 48_000 }, { asset = "ETH", quantity = 10, haircut = 0.1 }]
[[account]]
name = "own"
balance = [{ asset = "USDT", quantity = 1_000_000 }]
"#;

/// Options that expire at four times inside the three days, hours after them, and later.
const EXPIRIES: [&str; 8] = [
    "2026-01-01T20:00:00Z",
    "2026-01-02T08:00:00Z",
    "2026-01-03T08:00:00Z",
    "2026-01-03T20:00:00Z",
    "2026-01-04T08:00:00Z",
    "2026-01-05T08:00:00Z",
    "2026-01-30T08:00:00Z",
    "2026-03-27T08:00:00Z",
];

fn barrier_positions() -> String {
    let mut held = Positions::new();
    for (index, expiry) in EXPIRIES.into_iter().enumerate() {
        for step in 0..9 {
            let money = 0.8 + 0.05 * f64::from(step);
            let right = if money < 1.0 { "put" } else { "call" };
            let (bitcoin, ether) = (100_120.0 * money, 3_410.0 * money);
            let account = ["short", "coin", "own"][(step as usize + index) % 3];
            held.option(account, ("BTC", ""), (expiry, bitcoin, right), -0.6);
            held.option(account, ("ETH", "USDT"), (expiry, ether, right), -12.0);
            held.option("long", ("BTC", ""), (expiry, bitcoin, right), 0.05);
        }
    }
    let (month, quarter) = ("2026-01-30T08:00:00Z", "2026-03-27T08:00:00Z");
    for account in ["short", "coin"] {
        // Deep wings, and a put dearer than its coin.
        held.option(account, ("BTC", ""), (month, 20_000.0, "put"), -10.0);
        held.option(account, ("ETH", "USDT"), (month, 9_000.0, "call"), -300.0);
        held.option(account, ("ETH", "USDT"), (quarter, 7_400.0, "put"), -2.0);
        held.perpetual(account, "BTC", "USDT", -1.0);
    }
    held.perpetual("long", "BTC", "USDT", 6.0);
    held.perpetual("own", "SOL", "USDT", 800.0);
    held.csv
}

const HARD_ACCOUNTS: &str = r#"
name = "hard"
positions = "positions.csv"
[[venue]]
name = "venue"
[[account]]
name = "thin"
venue = "venue"
balance = [{ asset = "USDT", quantity = 400_000 }]
[[account]]
name = "coin"
venue = "venue"
balance = [{ asset = "BTC", quantity = 6 }]
[[account]]
name = "own"
balance = [{ asset = "USDT", quantity = 1_000_000 }]
"#;

fn hard_positions() -> String {
    let mut held = Positions::new();
    let (inside, close, month, quarter) = (
        "2026-01-02T08:00:00Z",
        "2026-01-05T08:00:00Z",
        "2026-01-30T08:00:00Z",
        "2026-03-27T08:00:00Z",
    );
    for step in 0..12 {
        let money = 0.7 + 0.05 * f64::from(step);
        let sign = if step % 3 == 0 { 1.0 } else { -1.0 };
        for (index, expiry) in [inside, close, month, quarter].into_iter().enumerate() {
            let right = if money < 1.0 { "put" } else { "call" };
            let account = ["thin", "coin", "own"][(step as usize + index) % 3];
            let (bitcoin, ether) = (100_120.0 * money, 3_410.0 * money);
            held.option(account, ("BTC", ""), (expiry, bitcoin, right), 1.5 * sign);
            held.option(account, ("ETH", "USDT"), (expiry, ether, right), -40.0 * sign);
        }
    }
    for account in ["thin", "own"] {
        // Deep wings.
        held.option(account, ("BTC", ""), (month, 20_000.0, "put"), 50.0);
        held.option(account, ("ETH", "USDT"), (close, 9_000.0, "call"), -500.0);
    }
    held.perpetual("thin", "BTC", "USDT", -3.0);
    held.perpetual("own", "SOL", "USDT", 800.0);
    held.csv
}

/// 160 options on two coins whose volatilities stand still, over a day.
pub fn still(paths: u64) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut held = Positions::new();
    for (coin, spot) in [("BTC", 60_000.0), ("ETH", 3_000.0)] {
        for step in 0..20 {
            let strike = spot * (0.8 + 0.02 * f64::from(step));
            let expiries = ["2026-01-09", "2026-01-30", "2026-03-27", "2026-06-26"];
            for (index, day) in expiries.into_iter().enumerate() {
                let quote = if index % 2 == 0 { "" } else { "USD" };
                let right = if step % 2 == 0 { "call" } else { "put" };
                let quantity = f64::from((step * 7 + index as i32 * 3) % 11 - 5) * 1e4 / spot;
                let expiry = format!("{day}T08:00:00Z");
                held.option("desk", (coin, quote), (&expiry, strike, right), quantity + 0.01);
            }
        }
        held.perpetual("desk", coin, "USD", -3e4 / spot);
    }
    put(folder.path(), "positions.csv", &held.csv);
    put(
        folder.path(),
        "portfolio.toml",
        "name = \"still\"\npositions = \"positions.csv\"\n[[account]]\nname = \"desk\"\n\
         balance = [{ asset = \"USD\", quantity = 1_000_000 }]\n",
    );
    let coin = |name: &str, price: f64| {
        format!(
            "[[asset]]\nsymbol = \"{name}\"\nprice = {price}\n[[underlying]]\n\
             symbol = \"{name}\"\nvolatility = {{ type = \"flat\", volatility = 0.7 }}\n"
        )
    };
    let coins = [coin("BTC", 60_000.0), coin("ETH", 3_000.0)].concat();
    put(
        folder.path(),
        "market.toml",
        &format!("name = \"still\"\nas_of = 2026-01-01T00:00:00Z\n{coins}"),
    );
    put(
        folder.path(),
        "scenario.toml",
        &format!(
            "name = \"still\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
             [simulation]\nhorizon = \"1d\"\npaths = {paths}\nseed = 3\n\
             [model.stated_volatility]\n\"BTC.spot\" = 0.6\n\"ETH.spot\" = 0.8\n\
             [model.correlation]\nestimator = \"stated\"\n\
             factors = [\"BTC.spot\", \"ETH.spot\"]\nmatrix = [[1, 0.7], [0.7, 1]]\n"
        ),
    );
    folder
}

/// Forty options that expire inside the horizon of a day and forty that live twenty minutes longer,
/// on two coins, in coin, in dollars and in a stablecoin whose peg moves; `volatility` says what
/// volatilities move.
pub fn expiring(paths: u64, volatility: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut held = Positions::new();
    for (coin, spot) in [("BTC", 60_000.0), ("ETH", 3_000.0)] {
        for step in 0..20 {
            let strike = spot * (0.9 + 0.01 * f64::from(step));
            for (index, expiry) in
                ["2026-01-01T16:00:00Z", "2026-01-02T00:20:00Z"].iter().enumerate()
            {
                let quote = ["", "USD", "USDT"][(step as usize + index) % 3];
                let right = if step % 2 == 0 { "call" } else { "put" };
                let quantity =
                    f64::from((step * 7 + index as i32 * 3) % 11 - 5) * 1e5 / spot + 0.01;
                let account = ["desk", "thin"][(step as usize / 2) % 2];
                held.option(account, (coin, quote), (expiry, strike, right), quantity);
            }
        }
        held.perpetual("desk", coin, "USD", -3e4 / spot);
    }
    put(folder.path(), "positions.csv", &held.csv);
    put(
        folder.path(),
        "portfolio.toml",
        "name = \"expiring\"\npositions = \"positions.csv\"\n[[venue]]\nname = \"venue\"\n\
         [[account]]\nname = \"desk\"\nbalance = [{ asset = \"USD\", quantity = 1_000_000 }]\n\
         [[account]]\nname = \"thin\"\nvenue = \"venue\"\n\
         balance = [{ asset = \"BTC\", quantity = 0.5 }]\n",
    );
    let coin = |name: &str, price: f64| {
        format!(
            "[[asset]]\nsymbol = \"{name}\"\nprice = {price}\n[[underlying]]\n\
             symbol = \"{name}\"\nvolatility = {{ type = \"flat\", volatility = 0.7 }}\n"
        )
    };
    let coins = [coin("BTC", 60_000.0), coin("ETH", 3_000.0)].concat();
    put(
        folder.path(),
        "market.toml",
        &format!(
            "name = \"expiring\"\nas_of = 2026-01-01T00:00:00Z\n[[asset]]\nsymbol = \"USDT\"\n\
             kind = \"stablecoin\"\nprice = 1\n{coins}"
        ),
    );
    put(
        folder.path(),
        "scenario.toml",
        &format!(
            "name = \"expiring\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
             [simulation]\nhorizon = \"1d\"\npaths = {paths}\nseed = 5\n\
             [model.stated_volatility]\n\"BTC.spot\" = 0.6\n\"ETH.spot\" = 0.8\n{volatility}\
             \"USDT.peg\" = 0.01\n\
             [measures]\nlevels = [0.95, 0.99]\n"
        ),
    );
    folder
}

/// The still book on a venue that closes it inside a dozen steps.
pub fn still_barrier(paths: u64) -> TempDir {
    let folder = still(paths);
    put(folder.path(), "rules.toml", &closing("margin_balance"));
    let change = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(folder.path().join(name)).expect("written");
        assert!(text.contains(from), "{from}");
        put(folder.path(), name, &text.replace(from, to));
    };
    let venue = "[[venue]]\nname = \"v\"\nrules = \"rules.toml\"\n[[account]]\nvenue = \"v\"\n";
    change("portfolio.toml", "[[account]]\n", venue);
    change("portfolio.toml", "1_000_000", "300_000");
    change("scenario.toml", "horizon = \"1d\"", "horizon = \"1d\"\nsteps = 12");
    folder
}
