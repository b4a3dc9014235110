//! A walk-forward of a long book on real daily closes, by historical simulation: what a policy is
//! searched on.
//!
//! The book holds the same notional of every coin at the close of each date, half of capital in all,
//! and is held for a day. Its potential loss is ES 97.5 % of the book's daily returns over the 500
//! days before the date (Acerbi & Tasche's weights); at the first dates, of all there are, 250 at the
//! least. It is linear in its scale: no path is drawn and nothing after a date enters it.

use std::error::Error;
use std::path::Path;

use jiff::Timestamp;
use plimsoll::market::{PriceHistory, Quantity, Series};
use plimsoll::outcome::Status;
use plimsoll::study::walk_forward::{
    DateRecord, LevelMeasure, ModelRecord, RealisedLoss, ThresholdRecord, WalkRecord,
};
use plimsoll::threshold::{Direction, Policy};
use plimsoll::units::{ConfidenceLevel, Years};

/// Capital and gross exposure in USD.
pub const CAPITAL: f64 = 1e6;
const GROSS: f64 = 0.5 * CAPITAL;
/// Days that ES is of: at the most, and at the first dates, where the history is shorter.
const WINDOW: usize = 500;
const WINDOW_MIN: usize = 250;
const LEVEL: f64 = 0.975;
const SCALES: [f64; 3] = [0.25, 0.5, 1.0];

/// Closes of a panel by coin, `[coin][day]`, with their instants: the close of a day is the midnight
/// after it.
struct Panel {
    times: Vec<Timestamp>,
    closes: Vec<Vec<Option<f64>>>,
}

/// The walk-forward of `coins` from `from` on, under `policy`.
///
/// # Errors
/// Panels that cannot be read.
pub fn record(
    data: &Path,
    coins: &[&str],
    from: &str,
    to: &str,
    policy: &Policy,
) -> Result<WalkRecord, Box<dyn Error>> {
    let panel = read(data, coins)?;
    let returns = book_returns(&panel);
    let [from, to]: [Timestamp; 2] = [from.parse()?, to.parse()?];
    let dates = (WINDOW_MIN..panel.times.len() - 1)
        .filter(|&day| (from..to).contains(&panel.times[day]))
        .map(|day| date(&panel, &returns, day, policy))
        .collect();
    let series = coins.iter().zip(&panel.closes).map(|(coin, values)| Series {
        name: (*coin).to_owned(),
        symbol: (*coin).into(),
        quantity: Quantity::Price,
        values: values.clone(),
    });
    Ok(WalkRecord {
        name: "equal notional, long".to_owned(),
        scenario: "real daily closes".to_owned(),
        currency: "USD".to_owned(),
        horizon: Years::from_days(1.0),
        every: Years::from_days(1.0),
        levels: vec![ConfidenceLevel::new(LEVEL)?],
        paths: WINDOW as u64,
        seed: 0,
        policy: Some(policy.clone()),
        scales: SCALES.to_vec(),
        models: vec![ModelRecord {
            name: "historical simulation".to_owned(),
            conditional_volatility: false,
            dates,
        }],
        history: PriceHistory {
            interval: Years::from_days(1.0),
            times: panel.times.clone(),
            series: series.collect(),
            quote: "USD".into(),
            findings: Vec::new(),
        },
        left_out: Vec::new(),
    })
}

fn read(data: &Path, coins: &[&str]) -> Result<Panel, Box<dyn Error>> {
    let mut panel = Panel { times: Vec::new(), closes: vec![Vec::new(); coins.len()] };
    for (day, cells) in super::closes::closes(data)? {
        let midnight: Timestamp = format!("{day}T00:00:00Z").parse()?;
        panel.times.push(midnight + jiff::SignedDuration::from_hours(24));
        for (closes, &coin) in panel.closes.iter_mut().zip(coins) {
            closes.push(cells.get(coin).and_then(|cell| cell.parse().ok()));
        }
    }
    Ok(panel)
}

/// Mean simple return of the coins that have both closes, into each day.
fn book_returns(panel: &Panel) -> Vec<f64> {
    let into = |day: usize| {
        let found = panel.closes.iter().filter_map(|closes| {
            let before = closes[day.checked_sub(1)?]?;
            Some(closes[day]? / before - 1.0)
        });
        let found: Vec<f64> = found.collect();
        found.iter().sum::<f64>() / found.len().max(1) as f64
    };
    (0..panel.times.len()).map(into).collect()
}

fn date(panel: &Panel, returns: &[f64], day: usize, policy: &Policy) -> DateRecord {
    // Nothing leads into the first day.
    let first = (day + 1).saturating_sub(WINDOW).max(1);
    let losses: Vec<f64> = returns[first..=day].iter().map(|value| -GROSS * value).collect();
    let [value_at_risk, shortfall] = tail(losses);
    let realised = -GROSS * returns[day + 1];
    let measure =
        LevelMeasure { value_at_risk, expected_shortfall: shortfall, standard_error: 0.0 };
    DateRecord {
        instant: panel.times[day],
        ends: panel.times[day + 1],
        measures: vec![measure],
        gross_exposure: GROSS,
        net_exposure: GROSS,
        direction: Direction::Long,
        position_scale: 1.0,
        positions_value: GROSS,
        balances_value: CAPITAL - GROSS,
        collateral_after_haircuts: CAPITAL,
        threshold: Some(ThresholdRecord {
            terms: vec![shortfall],
            terms_at_scales: SCALES.iter().map(|scale| vec![scale * shortfall]).collect(),
            potential_loss: shortfall,
            potential_loss_error: 0.0,
            capital: CAPITAL,
            appetite: policy.appetite,
            multiplier: 1.0,
            raw_multiplier: 1.0,
            threshold: policy.appetite * CAPITAL,
            utilisation: Some(shortfall / (policy.appetite * CAPITAL)),
            status: Status::Green,
            indistinct: false,
        }),
        realised: RealisedLoss { total: realised, positions: realised, balances: 0.0 },
        transform: 0.5,
        fallbacks: Vec::new(),
    }
}

/// VaR (the ⌈nα⌉-th loss) and ES with its boundary weighted.
fn tail(mut losses: Vec<f64>) -> [f64; 2] {
    losses.sort_by(f64::total_cmp);
    let n = losses.len() as f64;
    let rank = (n * LEVEL).ceil();
    let beyond: f64 = losses[rank as usize..].iter().sum();
    let at = losses[rank as usize - 1];
    [at, (beyond / n + (rank / n - LEVEL) * at) / (1.0 - LEVEL)]
}
