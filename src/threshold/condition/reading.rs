//! A driver over the history, and what it says today in words.

use super::super::ThresholdError;
use super::super::driver::{Driver, RegimeEstimator};
use super::co_movement::{self, CORRELATION_MIN, Group};
use super::history::Closes;
use super::levels::{self, FundingBand};
use super::{
    ConditionHistory, DriverPath, DriverReading, Factors, ShortfallVolatility, drawdown,
    relative_strength, volatility_regime,
};

/// The driver on every day of the history.
pub(super) fn path(
    driver: &Driver,
    history: &ConditionHistory,
    volatility: ShortfallVolatility,
) -> Result<DriverPath, ThresholdError> {
    let closes = closes(driver, history)?;
    Ok(match (driver, &closes[..]) {
        (Driver::VolatilityRegime { exponent, estimator, reference, .. }, [closes]) => {
            let exponent = volatility_regime::exponent(*exponent, volatility);
            volatility_regime::path(closes, exponent, *estimator, *reference)
        }
        (Driver::MeanCorrelation { exponent, window_days, reference, .. }, closes) => {
            let group = group(closes, *exponent, *window_days, *reference);
            co_movement::correlation_path(&group)
        }
        (
            Driver::AbsorptionRatio { exponent, eigenvectors, window_days, reference, .. },
            closes,
        ) => {
            let group = group(closes, *exponent, *window_days, *reference);
            co_movement::absorption_path(&group, *eigenvectors)
        }
        (Driver::LiquidityDepth { exponent, average_days, reference, .. }, [closes]) => {
            levels::liquidity_path(closes, *exponent, *average_days, *reference)
        }
        (Driver::Drawdown { maximum, window_days, .. }, [closes]) => {
            drawdown::path(closes, *maximum, *window_days)
        }
        (Driver::FundingStress { average_days, calm, stressed, cut, .. }, [closes]) => {
            let band = FundingBand { calm: *calm, stressed: *stressed, cut: *cut };
            levels::funding_path(closes, *average_days, &band)
        }
        (Driver::ImpliedVolatility { exponent, reference, .. }, [closes]) => {
            levels::implied_volatility_path(closes, *exponent, *reference)
        }
        (Driver::RelativeStrength { period, overbought, oversold, cut, .. }, [closes]) => {
            relative_strength::path(closes, *period, [*oversold, *overbought], *cut)
        }
        // One series each, as `closes` has it.
        (_, _) => vec![None; history.days()],
    })
}

fn group(
    closes: &[Closes],
    exponent: f64,
    window_days: usize,
    reference: super::super::driver::LevelReference,
) -> Group<'_> {
    Group { closes, exponent, window_days, reference }
}

/// What the driver watches; funding of either sign, everything else above zero.
fn closes(driver: &Driver, history: &ConditionHistory) -> Result<Vec<Closes>, ThresholdError> {
    let signed = matches!(driver, Driver::FundingStress { .. });
    let of = |series: String| {
        let found = if signed { history.values(&series) } else { history.closes(&series) };
        let driver = driver.name().to_owned();
        found.ok_or(ThresholdError::MissingSeries { driver, series })
    };
    driver.series().map(of).collect()
}

/// What the driver says on the last day.
pub(super) fn reading(
    driver: &Driver,
    path: &DriverPath,
    volatility: ShortfallVolatility,
) -> DriverReading {
    let today = path.last().copied().flatten();
    let held = today.and_then(|day| day.held);
    DriverReading {
        name: format!("{} of {}", driver.name(), driver.assets().join(", ")),
        observed: today.map(|day| day.observed),
        reference: today.and_then(|day| day.reference),
        is_share: is_share(driver),
        factors: today.map_or(Factors::NONE, |day| day.factors),
        definition: definition(driver, volatility),
        clamp: held.map_or_else(String::new, |[ratio, held]| {
            format!("{}: a ratio of {ratio:.4e} held at {held}", driver.name())
        }),
    }
}

/// Correlations, depths and the RSI are no shares.
fn is_share(driver: &Driver) -> bool {
    match driver {
        Driver::VolatilityRegime { .. }
        | Driver::AbsorptionRatio { .. }
        | Driver::Drawdown { .. }
        | Driver::FundingStress { .. }
        | Driver::ImpliedVolatility { .. } => true,
        Driver::MeanCorrelation { .. }
        | Driver::LiquidityDepth { .. }
        | Driver::RelativeStrength { .. } => false,
    }
}

fn definition(driver: &Driver, volatility: ShortfallVolatility) -> String {
    match driver {
        Driver::VolatilityRegime { exponent, estimator, .. } => {
            let power = volatility_regime::exponent(*exponent, volatility);
            let estimator = estimated(*estimator);
            format!(
                "(reference / observed)^{power}; annual volatility of daily closes, {estimator}"
            )
        }
        Driver::MeanCorrelation { exponent, window_days, .. } => format!(
            "(reference / observed)^{exponent} for net long and net short books, 1 for hedged \
             ones; mean pairwise correlation of daily log-returns over {window_days} days, not \
             below {CORRELATION_MIN}"
        ),
        Driver::AbsorptionRatio { exponent, eigenvectors, window_days, .. } => format!(
            "(reference / observed)^{exponent}; share of the variance of daily log-returns over \
             {window_days} days that the first {} (Kritzman et al. 2011)",
            match eigenvectors {
                1 => "eigenvector absorbs".to_owned(),
                more => format!("{more} eigenvectors absorb"),
            }
        ),
        Driver::LiquidityDepth { exponent, measure, average_days, .. } => format!(
            "(observed / reference)^{exponent}; {} in USD, mean of {average_days} days",
            measure.name()
        ),
        Driver::Drawdown { maximum, .. } => {
            format!("max(0, 1 - observed / {maximum}); fall from the peak close")
        }
        Driver::FundingStress { average_days, calm, stressed, cut, .. } => format!(
            "1 up to a rate of {calm}, in a line to {cut} at {stressed}, on the side that pays and \
             for hedged books; funding per 8 hours, mean of {average_days} days"
        ),
        Driver::ImpliedVolatility { exponent, .. } => {
            format!("(reference / observed)^{exponent}; annual implied volatility, daily")
        }
        Driver::RelativeStrength { period, cut, .. } => format!(
            "Wilder RSI of {period} daily closes, 0 to 100; times {cut} on the long side when \
             overbought, on the short side when oversold"
        ),
    }
}

fn estimated(estimator: RegimeEstimator) -> String {
    match estimator {
        RegimeEstimator::Ewma { half_life_days } => {
            format!("exponentially weighted, half-life {half_life_days} days")
        }
        RegimeEstimator::GarchFitted { refit_days, window_days } => {
            let window = match window_days {
                Some(days) => format!("the last {days} days"),
                None => "all days so far".to_owned(),
            };
            format!("GARCH(1,1) of the next day, fitted to {window} every {refit_days} days")
        }
        RegimeEstimator::GarchStated { alpha, beta, volatility } => format!(
            "GARCH(1,1) of the next day, alpha {alpha}, beta {beta}, long-run volatility \
             {volatility}"
        ),
    }
}
