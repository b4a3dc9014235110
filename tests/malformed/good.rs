//! The good scenario that every case damages.

/// Its files.
pub const FILES: [(&str, &str); 8] = [
    ("scenario.toml", SCENARIO),
    ("portfolio.toml", PORTFOLIO),
    ("positions.csv", POSITIONS),
    ("correlation.csv", CORRELATION),
    ("market.toml", MARKET),
    ("history.csv", HISTORY),
    ("policy.toml", POLICY),
    ("rules.toml", RULES),
];

const SCENARIO: &str = r#"name = "good"
portfolio = "portfolio.toml"
market = "market.toml"
policy = "policy.toml"

[simulation]
horizon = "1d"
paths = 1000
seed = 7

[model]
process = { type = "gbm" }
drift = "martingale"

[model.stated_volatility]
"BTC.spot" = "60%"
"ETH.spot" = 0.8

[model.correlation]
estimator = "file"
path = "correlation.csv"

[measures]
levels = [0.95, 0.99]
"#;

const PORTFOLIO: &str = r#"name = "book"
positions = "positions.csv"

[[venue]]
name = "exchange"
default_probability_1y = 0.02
rules = "rules.toml"

[[account]]
name = "main"
venue = "exchange"

[[account.balance]]
asset = "USDT"
quantity = 100_000
haircut = 0.05

[[position]]
id = "perp"
account = "main"
type = "perpetual"
underlying = "BTC"
quote = "USDT"
quantity = 1

[[position]]
id = "future"
account = "main"
type = "future"
underlying = "BTC"
settlement = "inverse"
expiry = 2026-03-27T08:00:00Z
quantity = -50_000

[[order]]
id = "stop"
position = "perp"
kind = "stop"
quantity = -1
price = 90_000
"#;

const POSITIONS: &str = "id,account,type,asset,underlying,quote,quantity\n\
    coins,main,spot,ETH,,,10\n\
    hedge,main,perpetual,,ETH,USDT,-10\n";

const CORRELATION: &str = "factor,BTC.spot,ETH.spot\n\
    BTC.spot,1,0.8\n\
    ETH.spot,0.8,1\n";

const MARKET: &str = r#"name = "made up"
as_of = 2026-01-01T00:00:00Z

[[asset]]
symbol = "BTC"
price = 100_000

[[asset]]
symbol = "ETH"
price = 3_000

[[asset]]
symbol = "USDT"
kind = "stablecoin"
price = 1

[[underlying]]
symbol = "BTC"
funding_rate_8h = "0.01%"

[[underlying.forward]]
expiry = 2026-03-27T08:00:00Z
price = 101_000

[[underlying]]
symbol = "ETH"

[history]
interval = "1d"

[[history.file]]
path = "history.csv"
columns = { time = "date" }
series = [{ symbol = "BTC", column = "BTC" }, { symbol = "ETH", column = "ETH" }]
"#;

const HISTORY: &str = "date,BTC,ETH\n\
    2025-12-27,99000,2950\n\
    2025-12-28,98000,2900\n\
    2025-12-29,99500,2980\n\
    2025-12-30,101000,3050\n\
    2025-12-31,100000,3000\n";

const POLICY: &str = r#"name = "a tenth"
appetite = "10%"

[capital]
base = "collateral"

[[term]]
kind = "simulated_shortfall"
name = "shortfall"
level = 0.975

[[term]]
kind = "stressed_loss"
name = "crash"
weight = 0.5

[[term.stress]]
name = "march"
all_spots = "-40%"
shocks = { "BTC.spot" = "-39.5%" }

[[condition.driver]]
driver = "drawdown"
series = "BTC"
maximum = "80%"
window_days = 3
"#;

const RULES: &str = r#"name = "rules"
effective = "2026-01-01T00:00:00Z"
source = "Made up."
liquidation_fee = "1%"

[futures]
kind = "flat"
initial = "10%"
maintenance = "5%"

[options]
base = "15%"
floor = "10%"
maintenance = "7.5%"
value = "margin_balance"
"#;
