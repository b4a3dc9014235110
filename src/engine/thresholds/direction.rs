//! Directions along which prices are shocked.

use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::pricing;

/// A direction of the logarithms of prices.
pub(super) struct Direction {
    /// In words.
    pub words: String,
    /// The underlying whose move is the shock.
    pub shocked: usize,
    /// By underlying: its logarithmic move over that of the shocked one.
    pub betas: Vec<f64>,
}

/// Each coin alone, then, where there are several: the others with the coin of the largest exposure
/// by their betas, and the direction in which the book loses.
pub(super) fn directions(book: &Compiled) -> Result<Vec<Direction>, EngineError> {
    let coins = book.underlyings.len();
    let alone = |shocked: usize| Direction {
        words: format!("{} alone", book.underlyings[shocked]),
        shocked,
        betas: (0..coins).map(|coin| if coin == shocked { 1.0 } else { 0.0 }).collect(),
    };
    let mut all: Vec<Direction> = (0..coins).map(alone).collect();
    if coins > 1 {
        let (gross, net) = exposures(book)?;
        all.extend(beta_direction(book, &gross));
        all.extend(loss_direction(book, &net));
    }
    Ok(all)
}

/// Gross and net dollar delta by underlying, collateral included in the net.
fn exposures(book: &Compiled) -> Result<(Vec<f64>, Vec<f64>), EngineError> {
    let setting = &book.setting;
    let rows = pricing::exposures(
        setting.market,
        setting.portfolio,
        setting.pricing,
        pricing::Granularity::Position,
    )?;
    let (mut gross, mut net) =
        (vec![0.0; book.underlyings.len()], vec![0.0; book.underlyings.len()]);
    for (symbol, delta) in rows.iter().flat_map(|row| &row.dollar_deltas) {
        if let Some(coin) = book.underlyings.iter().position(|one| one == symbol) {
            gross[coin] += delta.abs();
            net[coin] += delta;
        }
    }
    Ok((gross, net))
}

/// Covariance a year of two coins' logarithms.
fn covariance(book: &Compiled, one: usize, other: usize) -> f64 {
    let model = book.setting.model;
    let [one, other] = [one, other].map(|coin| book.ledger.spot_factors[coin]);
    let volatility = |factor: usize| model.factors[factor].volatility;
    let correlation = if one == other { 1.0 } else { model.total_correlation(one, other) };
    let covariance = correlation * volatility(one) * volatility(other);
    if covariance.is_finite() { covariance } else { 0.0 }
}

/// The others follow their regression on the coin of the largest exposure.
fn beta_direction(book: &Compiled, gross: &[f64]) -> Option<Direction> {
    let shocked = largest(gross)?;
    let variance = covariance(book, shocked, shocked);
    let coins = 0..book.underlyings.len();
    (variance > 0.0).then(|| Direction {
        words: format!("{}, others by their betas on it", book.underlyings[shocked]),
        shocked,
        betas: coins.map(|coin| covariance(book, coin, shocked) / variance).collect(),
    })
}

/// Each coin follows its regression on the book's loss to first order: the likeliest way to any loss
/// of a linear book under normal moves. The shock is that of the coin that goes with it most.
fn loss_direction(book: &Compiled, net: &[f64]) -> Option<Direction> {
    let coins = 0..book.underlyings.len();
    let with_loss = |coin: usize| {
        let products = net.iter().enumerate();
        -products.map(|(other, delta)| covariance(book, coin, other) * delta).sum::<f64>()
    };
    let slopes: Vec<f64> = coins.clone().map(with_loss).collect();
    let correlations: Vec<f64> = coins
        .map(|coin| {
            let deviation = covariance(book, coin, coin).sqrt();
            if deviation > 0.0 { slopes[coin] / deviation } else { 0.0 }
        })
        .collect();
    let sizes: Vec<f64> = correlations.iter().map(|found| found.abs()).collect();
    let shocked = largest(&sizes)?;
    Some(Direction {
        words: format!(
            "along the book's loss to first order, shock of {}",
            book.underlyings[shocked]
        ),
        shocked,
        betas: slopes.iter().map(|slope| slope / slopes[shocked]).collect(),
    })
}

/// Index of the largest positive value, the first among equals.
fn largest(values: &[f64]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (index, &value) in values.iter().enumerate() {
        if value > best.map_or(0.0, |best| values[best]) {
            best = Some(index);
        }
    }
    best
}
