//! The loss distribution, as the outcome tells it.

use crate::outcome::{Histogram, HistogramBin, Measure, Measures, Probability, TailIndex};
use crate::risk::{self, OrderedLosses, RiskError};
use crate::units::ConfidenceLevel;

/// All measures of `losses` (`ordered` are the same), with the capital base where there is one.
pub(in crate::engine) fn measures(
    losses: &[f64],
    ordered: &OrderedLosses,
    levels: &[ConfidenceLevel],
    capital: Option<f64>,
) -> Result<Measures, RiskError> {
    let moments = risk::moments(losses)?;
    let bin =
        |bin: risk::Bin| HistogramBin { lower: bin.lower, upper: bin.upper, count: bin.count };
    Ok(Measures {
        value_at_risk: levels.iter().map(|&level| value_at_risk(ordered, level)).collect(),
        expected_shortfall: levels
            .iter()
            .map(|&level| expected_shortfall(ordered, level))
            .collect(),
        mean_loss: moments.mean,
        loss_deviation: moments.deviation,
        minimum_loss: ordered.order_statistic(1),
        maximum_loss: ordered.order_statistic(ordered.count()),
        loss_beyond_capital: capital.map(|capital| loss_beyond(losses, capital)).transpose()?,
        tail_index: tail_index(ordered),
        histogram: Histogram { bins: risk::histogram(ordered).into_iter().map(bin).collect() },
    })
}

fn value_at_risk(ordered: &OrderedLosses, level: ConfidenceLevel) -> Measure {
    let found = risk::value_at_risk(ordered, level);
    Measure {
        level: level.get(),
        loss: found.loss.amount(),
        interval_95: found.interval_95.map(|loss| loss.amount()),
        standard_error: None,
        estimator: risk::VALUE_AT_RISK_ESTIMATOR.to_owned(),
    }
}

fn expected_shortfall(ordered: &OrderedLosses, level: ConfidenceLevel) -> Measure {
    let found = risk::expected_shortfall(ordered, level);
    Measure {
        level: level.get(),
        loss: found.loss.amount(),
        interval_95: found.interval_95.map(|loss| loss.amount()),
        standard_error: Some(found.standard_error),
        estimator: risk::EXPECTED_SHORTFALL_ESTIMATOR.to_owned(),
    }
}

fn loss_beyond(losses: &[f64], capital: f64) -> Result<Probability, RiskError> {
    let found = risk::probability_of_loss_beyond(losses, capital)?;
    Ok(Probability {
        event: "loss over the horizon above the capital base".to_owned(),
        amount: capital,
        probability: found.probability,
        interval_95: found.interval_95,
        estimator: risk::PROBABILITY_ESTIMATOR.to_owned(),
    })
}

fn tail_index(ordered: &OrderedLosses) -> Option<TailIndex> {
    let found = risk::tail_index(ordered)?;
    Some(TailIndex {
        xi: found.xi,
        standard_error: found.standard_error,
        order_statistics: found.order_statistics,
        heavy_tail: found.heavy_tail,
        estimator: risk::TAIL_INDEX_ESTIMATOR.to_owned(),
    })
}
