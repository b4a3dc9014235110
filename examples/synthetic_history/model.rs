//! The synthetic market: what is drawn, and the true parameters.
//!
//! A coin's daily log-return is
//!
//! ```text
//! r = drift + √h·z + loading·J + own,    h' = ω + α·(√h·z)² + β·h,    z = l·m + √(1−l²)·e
//! ```
//!
//! with a market shock m shared by all coins, a GARCH(1,1) variance h, common jumps J and own jumps
//! (both compound Poisson, outside the variance recursion). Log implied volatility reverts to its
//! mean, moves against spot and rises with common jumps. Stablecoins hover about one dollar; one
//! breaks its peg once.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, Poisson, StandardNormal};

/// Seed of every draw.
pub const SEED: u64 = 20_261_001;
/// Closes in the file.
pub const DAYS: usize = 1096;
/// Date of the first close; a date's close is the price at its end, UTC.
pub const FIRST_DATE: &str = "2023-10-01";
const DAYS_PER_YEAR: f64 = 365.0;
/// Days drawn before the first close, so that variances do not start at their mean.
const WARM_UP_DAYS: usize = 200;

/// Common jumps a year.
pub const COMMON_INTENSITY: f64 = 4.0;
/// Mean and standard deviation of a common log jump at loading one.
pub const COMMON_JUMP: (f64, f64) = (-0.17, 0.04);
/// Own jumps a year, of each coin.
pub const OWN_INTENSITY: f64 = 1.5;
/// Standard deviation of an own jump, as a share of its mean.
pub const OWN_JUMP_SPREAD: f64 = 0.2;
/// Annual drift of every coin's log price, jumps included.
pub const DRIFT: f64 = 0.10;

/// A coin and its true parameters.
pub struct Coin {
    /// Its name.
    pub symbol: &'static str,
    /// The last close, to which the whole path is scaled.
    pub last_close: f64,
    /// Long-run annual volatility without jumps.
    pub volatility: f64,
    /// GARCH weight of the last squared residual.
    pub alpha: f64,
    /// GARCH weight of the last variance.
    pub beta: f64,
    /// Loading l on the market shock: two coins correlate at the product of theirs.
    pub market_loading: f64,
    /// Move per unit of common jump.
    pub jump_loading: f64,
    /// Mean of its own log jumps.
    pub own_jump: f64,
    /// Closes missing at the start: the coin lists later.
    pub listed_after: usize,
}

/// A coin whose options have an implied-volatility index.
pub struct ImpliedVolatility {
    /// Index into [`COINS`].
    pub coin: usize,
    /// Mean level, annual decimal.
    pub mean: f64,
    /// Standard deviation of the daily log change.
    pub daily_deviation: f64,
    /// Correlation of its shock with the coin's diffusive shock.
    pub spot_correlation: f64,
}

const fn coin(symbol: &'static str, last_close: f64, volatility: f64, loadings: [f64; 3]) -> Coin {
    let [market_loading, jump_loading, own_jump] = loadings;
    let (alpha, beta, listed_after) = (0.10, 0.85, 0);
    Coin {
        symbol,
        last_close,
        volatility,
        alpha,
        beta,
        market_loading,
        jump_loading,
        own_jump,
        listed_after,
    }
}

/// The coins.
pub const COINS: [Coin; 8] = [
    Coin { alpha: 0.08, beta: 0.88, ..coin("BTC", 92_400.0, 0.48, [0.92, 1.0, 0.11]) },
    Coin { alpha: 0.08, beta: 0.88, ..coin("ETH", 3_180.0, 0.62, [0.93, 1.15, 0.12]) },
    coin("SOL", 148.5, 0.80, [0.84, 1.25, 0.20]),
    coin("BNB", 905.0, 0.55, [0.80, 1.05, 0.15]),
    Coin { alpha: 0.14, beta: 0.78, ..coin("XRP", 2.31, 0.75, [0.75, 1.2, 0.24]) },
    coin("ADA", 0.4725, 0.80, [0.84, 1.3, 0.20]),
    Coin { alpha: 0.14, beta: 0.78, ..coin("DOGE", 0.1634, 0.88, [0.78, 1.35, 0.26]) },
    Coin { listed_after: 400, ..coin("AVAX", 14.85, 0.86, [0.84, 1.35, 0.22]) },
];

/// The implied-volatility indices.
pub const VOLATILITIES: [ImpliedVolatility; 2] = [
    ImpliedVolatility { coin: 0, mean: 0.50, daily_deviation: 0.045, spot_correlation: -0.60 },
    ImpliedVolatility { coin: 1, mean: 0.66, daily_deviation: 0.038, spot_correlation: -0.45 },
];
/// Share of a log implied volatility's distance to its mean that closes in a day.
pub const VOLATILITY_REVERSION: f64 = 0.03;
/// Log rise of implied volatility per unit of (negative) common jump.
pub const VOLATILITY_JUMP_LOADING: f64 = -1.0;
/// Correlation of the two volatility shocks, spot's part left out.
const VOLATILITY_COMMON: f64 = 0.8;

/// The stablecoins, as columns.
pub const STABLECOINS: [&str; 2] = ["USDT", "USDC"];
/// Standard deviation of a calm day's peg around one.
pub const PEG_DEVIATION: f64 = 0.0004;
/// Index into [`STABLECOINS`] of the one that breaks.
pub const DEPEG_COIN: usize = 1;
/// Close at which its peg breaks, counted from the first.
pub const DEPEG_DAY: usize = 622;
/// Distance from one dollar on that close and the following, on top of the calm noise.
pub const DEPEG: [f64; 5] = [-0.098, -0.041, -0.015, -0.006, -0.002];

/// The history in columns `[date]`.
pub struct History {
    /// ISO dates.
    pub dates: Vec<String>,
    /// Name of each column, the date's left out.
    pub names: Vec<String>,
    /// Values `[column][date]`: USD closes, implied volatility in per cent; `None` before listing.
    pub columns: Vec<Vec<Option<f64>>>,
}

/// Draws the whole history.
pub fn history() -> History {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut state = State::start();
    for _ in 0..WARM_UP_DAYS {
        state.advance(&mut random);
    }
    let (mut logs, mut volatilities) = (Vec::new(), Vec::new());
    for _ in 0..DAYS {
        state.advance(&mut random);
        logs.push(state.log_prices);
        volatilities.push(state.log_volatilities);
    }
    let mut columns: Vec<Vec<Option<f64>>> =
        COINS.iter().enumerate().map(|c| closes(c, &logs)).collect();
    columns.extend((0..STABLECOINS.len()).map(|index| pegs(index, &mut random)));
    columns.extend((0..VOLATILITIES.len()).map(|index| {
        volatilities.iter().map(|logs: &[f64; 2]| Some(100.0 * logs[index].exp())).collect()
    }));
    let coins = COINS.iter().map(|coin| coin.symbol.to_owned());
    let stablecoins = STABLECOINS.iter().map(|&name| name.to_owned());
    let indices = VOLATILITIES.iter().map(|item| format!("{}_IV", COINS[item.coin].symbol));
    History { dates: dates(), names: coins.chain(stablecoins).chain(indices).collect(), columns }
}

fn dates() -> Vec<String> {
    let first: jiff::civil::Date = FIRST_DATE.parse().expect("a date");
    first.series(jiff::Span::new().days(1)).take(DAYS).map(|date| date.to_string()).collect()
}

/// Prices of a coin scaled to its last close, blank before its listing.
fn closes((index, coin): (usize, &Coin), logs: &[[f64; 8]]) -> Vec<Option<f64>> {
    let last = logs[DAYS - 1][index];
    let close = |day: usize| coin.last_close * (logs[day][index] - last).exp();
    (0..DAYS).map(|day| (day >= coin.listed_after).then(|| close(day))).collect()
}

fn pegs(index: usize, random: &mut StdRng) -> Vec<Option<f64>> {
    let broken = |day: usize| match day.checked_sub(DEPEG_DAY) {
        Some(after) if index == DEPEG_COIN => DEPEG.get(after).copied().unwrap_or(0.0),
        _ => 0.0,
    };
    (0..DAYS).map(|day| Some(1.0 + broken(day) + PEG_DEVIATION * normal(random))).collect()
}

fn normal(random: &mut StdRng) -> f64 {
    StandardNormal.sample(random)
}

/// Sum of a Poisson number of normal jumps in one day.
fn jump(intensity: f64, mean: f64, deviation: f64, random: &mut StdRng) -> f64 {
    let daily = Poisson::new(intensity / DAYS_PER_YEAR).expect("a positive intensity");
    let count = daily.sample(random) as usize;
    (0..count).map(|_| mean + deviation * normal(random)).sum()
}

/// Logs of prices and implied volatilities, and the variances of the next day.
struct State {
    log_prices: [f64; 8],
    variances: [f64; 8],
    log_volatilities: [f64; 2],
}

impl State {
    fn start() -> Self {
        Self {
            log_prices: [0.0; 8],
            variances: std::array::from_fn(|index| COINS[index].daily_variance()),
            log_volatilities: std::array::from_fn(|index| VOLATILITIES[index].mean.ln()),
        }
    }

    fn advance(&mut self, random: &mut StdRng) {
        let common = jump(COMMON_INTENSITY, COMMON_JUMP.0, COMMON_JUMP.1, random);
        let market = normal(random);
        let shocks: [f64; 8] = std::array::from_fn(|index| {
            let loading = COINS[index].market_loading;
            loading * market + (1.0 - loading * loading).sqrt() * normal(random)
        });
        for (index, coin) in COINS.iter().enumerate() {
            let diffusion = self.variances[index].sqrt() * shocks[index];
            let own = jump(OWN_INTENSITY, coin.own_jump, OWN_JUMP_SPREAD * coin.own_jump, random);
            self.log_prices[index] +=
                coin.daily_drift() + diffusion + coin.jump_loading * common + own;
            self.variances[index] = coin.omega()
                + coin.alpha * diffusion * diffusion
                + coin.beta * self.variances[index];
        }
        self.advance_volatilities(&shocks, common, random);
    }

    fn advance_volatilities(&mut self, shocks: &[f64; 8], common: f64, random: &mut StdRng) {
        let shared = normal(random);
        for (level, item) in self.log_volatilities.iter_mut().zip(&VOLATILITIES) {
            let alone = (1.0 - VOLATILITY_COMMON).sqrt() * normal(random);
            let own = VOLATILITY_COMMON.sqrt() * shared + alone;
            let rho = item.spot_correlation;
            let shock = rho * shocks[item.coin] + (1.0 - rho * rho).sqrt() * own;
            *level += VOLATILITY_REVERSION * (item.mean.ln() - *level)
                + item.daily_deviation * shock
                + VOLATILITY_JUMP_LOADING * common;
        }
    }
}

impl Coin {
    /// Long-run variance of a day's diffusive return.
    pub fn daily_variance(&self) -> f64 {
        self.volatility * self.volatility / DAYS_PER_YEAR
    }

    fn omega(&self) -> f64 {
        self.daily_variance() * (1.0 - self.alpha - self.beta)
    }

    /// The stated drift less what jumps add on average.
    fn daily_drift(&self) -> f64 {
        let jumps =
            COMMON_INTENSITY * COMMON_JUMP.0 * self.jump_loading + OWN_INTENSITY * self.own_jump;
        (DRIFT - jumps) / DAYS_PER_YEAR
    }
}

impl History {
    /// The file: a header, then one line a date, six significant digits.
    pub fn to_csv(&self) -> String {
        let mut text = format!("date,{}\n", self.names.join(","));
        for (day, date) in self.dates.iter().enumerate() {
            text.push_str(date);
            for column in &self.columns {
                text.push(',');
                if let Some(value) = column[day] {
                    text.push_str(&significant(value));
                }
            }
            text.push('\n');
        }
        text
    }
}

/// Six significant digits, plain notation, no trailing zeros.
fn significant(value: f64) -> String {
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = usize::try_from(5 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
