//! Moves of all factors on whole dates, with a named proxy where a factor is missing.
//!
//! The dates are those of the factor that has most of them. A factor that is missing on some of
//! them moves there by its beta to the factor it correlates with most, among those that have all
//! dates, plus its own regression residuals of listed dates in turn, so that neither its variance
//! nor its correlation with the proxy is lost. Then each factor is centred and scaled to unit
//! variance.

use super::fitted::Told;
use super::{CalibrationError, Fallback};
use crate::estimation::EstimationError;
use crate::simulation::{DateShocks, FactorKey};

/// Fewest dates, and fewest dates in common with a proxy.
const DATES_MIN: usize = 50;

/// Moves `[factor][date]` of the factors that move; `series` is `None` for the others.
pub(super) fn date_shocks(
    keys: &[FactorKey],
    series: &[Option<Vec<Option<f64>>>],
    told: &mut Told,
) -> Result<DateShocks, CalibrationError> {
    let dates = reference_dates(series)?;
    let picked: Vec<Option<Vec<Option<f64>>>> =
        series.iter().map(|values| values.as_ref().map(|values| at(values, &dates))).collect();
    let complete: Vec<Option<Vec<f64>>> = picked
        .iter()
        .map(|values| values.as_ref().and_then(|values| values.iter().copied().collect()))
        .collect();
    let mut shocks = Vec::with_capacity(keys.len() * dates.len());
    for (index, key) in keys.iter().enumerate() {
        let moves = match (&picked[index], &complete[index]) {
            (None, _) => {
                shocks.extend(std::iter::repeat_n(0.0, dates.len()));
                continue;
            }
            (Some(_), Some(complete)) => complete.clone(),
            (Some(gappy), None) => {
                let (moves, note, fallback) = by_proxy(key, gappy, keys, &complete)?;
                told.notes.push(note);
                told.fallbacks.push(fallback);
                moves
            }
        };
        let standardised = standardised(&moves).ok_or_else(|| no_variation(key))?;
        shocks.extend(standardised);
    }
    Ok(DateShocks { dates: dates.len(), shocks })
}

fn at(values: &[Option<f64>], dates: &[usize]) -> Vec<Option<f64>> {
    dates.iter().map(|&date| values[date]).collect()
}

/// Dates of the factor observed most often; the first of equals.
fn reference_dates(series: &[Option<Vec<Option<f64>>>]) -> Result<Vec<usize>, CalibrationError> {
    let observed = |values: &Vec<Option<f64>>| -> Vec<usize> {
        (0..values.len()).filter(|&date| values[date].is_some()).collect()
    };
    let mut longest = Vec::new();
    for dates in series.iter().flatten().map(observed) {
        if dates.len() > longest.len() {
            longest = dates;
        }
    }
    if longest.len() < DATES_MIN {
        let (what, found) = ("dates of history".to_owned(), longest.len());
        let error = EstimationError::TooFewObservations { what, found, needed: DATES_MIN };
        return Err(CalibrationError::estimating("historical process")(error));
    }
    Ok(longest)
}

/// Least-squares line of one factor on another over the dates both have.
struct Regression {
    beta: f64,
    correlation: f64,
    intercept: f64,
    residuals: Vec<f64>,
}

fn by_proxy(
    key: &FactorKey,
    gappy: &[Option<f64>],
    keys: &[FactorKey],
    complete: &[Option<Vec<f64>>],
) -> Result<(Vec<f64>, String, Fallback), CalibrationError> {
    let observed = gappy.iter().flatten().count();
    let mut best: Option<(usize, &[f64], Regression)> = None;
    for (index, candidate) in complete.iter().enumerate() {
        let Some(candidate) = candidate else { continue };
        let Some(line) = regression(gappy, candidate) else { continue };
        let closer = |(_, _, other): &(usize, &[f64], Regression)| {
            line.correlation.abs() > other.correlation.abs()
        };
        if best.as_ref().is_none_or(closer) {
            best = Some((index, candidate, line));
        }
    }
    let Some((proxy, moves, line)) = best.filter(|_| observed >= DATES_MIN) else {
        let what = "dates in common with a factor that has all dates".to_owned();
        let error =
            EstimationError::TooFewObservations { what, found: observed, needed: DATES_MIN };
        return Err(CalibrationError::estimating(key)(error));
    };
    let note = format!(
        "{key} is missing on {} of {} dates: there it moves by its beta {:.3} to {} (correlation \
         {:.2}) plus its own residuals of listed dates",
        gappy.len() - observed,
        gappy.len(),
        line.beta,
        keys[proxy],
        line.correlation
    );
    let fallback = Fallback::MissingByProxy {
        factor: key.to_string(),
        proxy: keys[proxy].to_string(),
        missing: gappy.len() - observed,
    };
    let mut own = line.residuals.iter().cycle();
    let filled = gappy.iter().zip(moves).map(|(value, proxy)| {
        value.unwrap_or_else(|| {
            line.intercept + line.beta * proxy + own.next().copied().unwrap_or_default()
        })
    });
    Ok((filled.collect(), note, fallback))
}

fn regression(values: &[Option<f64>], proxy: &[f64]) -> Option<Regression> {
    let pairs: Vec<(f64, f64)> =
        values.iter().zip(proxy).filter_map(|(y, &x)| Some((x, (*y)?))).collect();
    let n = pairs.len() as f64;
    let x_mean = pairs.iter().map(|pair| pair.0).sum::<f64>() / n;
    let y_mean = pairs.iter().map(|pair| pair.1).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in &pairs {
        xx += (x - x_mean) * (x - x_mean);
        xy += (x - x_mean) * (y - y_mean);
        yy += (y - y_mean) * (y - y_mean);
    }
    if xx * yy <= 0.0 || !(xx * yy).is_finite() {
        return None;
    }
    let beta = xy / xx;
    let intercept = y_mean - beta * x_mean;
    let residuals = pairs.iter().map(|(x, y)| y - intercept - beta * x).collect();
    Some(Regression { beta, correlation: xy / (xx * yy).sqrt(), intercept, residuals })
}

/// Mean zero and variance one over the dates.
fn standardised(moves: &[f64]) -> Option<Vec<f64>> {
    let n = moves.len() as f64;
    let mean = moves.iter().sum::<f64>() / n;
    let variance = moves.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    (deviation > 0.0 && deviation.is_finite())
        .then(|| moves.iter().map(|x| (x - mean) / deviation).collect())
}

fn no_variation(key: &FactorKey) -> CalibrationError {
    let what = "moves on the dates used".to_owned();
    CalibrationError::estimating(key)(EstimationError::NoVariation { what })
}
