//! The loss distribution, as the outcome tells it.

use crate::outcome::{Histogram, HistogramBin, Measure, Measures, Probability, TailIndex};
use crate::risk::{self, LossSample};
use crate::units::ConfidenceLevel;

/// All measures of `sample`, with the capital base where there is one.
pub(in crate::engine) fn measures(
    sample: &LossSample,
    levels: &[ConfidenceLevel],
    capital: Option<f64>,
) -> Measures {
    let moments = risk::moments(sample);
    let [minimum_loss, maximum_loss] = sample.extremes();
    let bin = |bin: risk::Bin| {
        let risk::Bin { lower, upper, count, probability } = bin;
        HistogramBin { lower, upper, count, probability }
    };
    Measures {
        value_at_risk: levels.iter().map(|&level| value_at_risk(sample, level)).collect(),
        expected_shortfall: levels.iter().map(|&level| expected_shortfall(sample, level)).collect(),
        mean_loss: moments.mean,
        loss_deviation: moments.deviation,
        minimum_loss,
        maximum_loss,
        loss_beyond_capital: capital.map(|capital| loss_beyond(sample, capital)),
        tail_index: tail_index(sample),
        histogram: Histogram { bins: risk::histogram(sample).into_iter().map(bin).collect() },
    }
}

fn value_at_risk(sample: &LossSample, level: ConfidenceLevel) -> Measure {
    let found = risk::value_at_risk(sample, level);
    Measure {
        level: level.get(),
        loss: found.loss.amount(),
        interval_95: found.interval_95.map(|loss| loss.amount()),
        standard_error: None,
        estimator: risk::value_at_risk_estimator(sample.weights()),
    }
}

fn expected_shortfall(sample: &LossSample, level: ConfidenceLevel) -> Measure {
    let found = risk::expected_shortfall(sample, level);
    Measure {
        level: level.get(),
        loss: found.loss.amount(),
        interval_95: found.interval_95.map(|loss| loss.amount()),
        standard_error: Some(found.standard_error),
        estimator: risk::expected_shortfall_estimator(sample.weights()),
    }
}

fn loss_beyond(sample: &LossSample, capital: f64) -> Probability {
    let found = risk::probability_of_loss_beyond(sample, capital);
    Probability {
        event: "loss over the horizon above the capital base".to_owned(),
        amount: capital,
        probability: found.probability,
        interval_95: found.interval_95,
        estimator: risk::probability_estimator(sample.weights()),
    }
}

fn tail_index(sample: &LossSample) -> Option<TailIndex> {
    let found = risk::tail_index(sample)?;
    Some(TailIndex {
        xi: found.xi,
        standard_error: found.standard_error,
        order_statistics: found.order_statistics,
        heavy_tail: found.heavy_tail,
        estimator: risk::tail_index_estimator(sample.weights()),
    })
}
