//! The loss distribution, as the outcome tells it.

use crate::outcome::{Histogram, HistogramBin, Measure, Measures, Probability, TailIndex};
use crate::risk::{
    self, Bin, ExpectedShortfall, LargeSampleFigures, LossSample, ProbabilityEstimate, RiskError,
    TailIndexEstimate, ValueAtRisk,
};
use crate::units::ConfidenceLevel;

/// What a run too large to keep found in all of its paths.
pub(in crate::engine) struct WholeSample {
    /// By level of the measures.
    pub figures: LargeSampleFigures,
    pub capital: Option<f64>,
    /// Paths whose loss is above the capital base.
    pub beyond_capital: u64,
}

/// All measures of a run too large to keep, which is a plain sample.
pub(in crate::engine) fn measures_of_all(whole: &WholeSample) -> Result<Measures, RiskError> {
    let WholeSample { figures, capital, beyond_capital } = whole;
    let at_risk = figures
        .value_at_risk
        .iter()
        .map(|found| value_at_risk(found, risk::VALUE_AT_RISK_ESTIMATOR));
    let shortfall = figures
        .expected_shortfall
        .iter()
        .map(|found| expected_shortfall(found, risk::EXPECTED_SHORTFALL_ESTIMATOR));
    let beyond = |capital: f64| {
        let found = risk::share_of_paths(*beyond_capital, figures.count)?;
        Ok::<_, RiskError>(loss_beyond(&found, capital, risk::PROBABILITY_ESTIMATOR))
    };
    let [minimum_loss, maximum_loss] = figures.extremes;
    Ok(Measures {
        value_at_risk: at_risk.collect(),
        expected_shortfall: shortfall.collect(),
        mean_loss: figures.moments.mean,
        loss_deviation: figures.moments.deviation,
        minimum_loss,
        maximum_loss,
        loss_beyond_capital: capital.map(beyond).transpose()?,
        tail_index: figures.tail_index.map(|found| tail_index(&found, risk::TAIL_INDEX_ESTIMATOR)),
        histogram: histogram(&figures.histogram),
    })
}

/// All measures of `sample`, with the capital base where there is one.
pub(in crate::engine) fn measures(
    sample: &LossSample,
    levels: &[ConfidenceLevel],
    capital: Option<f64>,
) -> Measures {
    let moments = risk::moments(sample);
    let [minimum_loss, maximum_loss] = sample.extremes();
    let weights = sample.weights();
    let at_risk = risk::value_at_risk_estimator(weights);
    let shortfall = risk::expected_shortfall_estimator(weights);
    let beyond = |capital: f64| {
        let found = risk::probability_of_loss_beyond(sample, capital);
        loss_beyond(&found, capital, &risk::probability_estimator(weights))
    };
    let levels = || levels.iter().copied();
    Measures {
        value_at_risk: levels()
            .map(|level| value_at_risk(&risk::value_at_risk(sample, level), &at_risk))
            .collect(),
        expected_shortfall: levels()
            .map(|level| expected_shortfall(&risk::expected_shortfall(sample, level), &shortfall))
            .collect(),
        mean_loss: moments.mean,
        loss_deviation: moments.deviation,
        minimum_loss,
        maximum_loss,
        loss_beyond_capital: capital.map(beyond),
        tail_index: risk::tail_index(sample)
            .map(|found| tail_index(&found, &risk::tail_index_estimator(weights))),
        histogram: histogram(&risk::histogram(sample)),
    }
}

fn histogram(bins: &[Bin]) -> Histogram {
    let bin = |bin: &Bin| {
        let Bin { lower, upper, count, probability } = *bin;
        HistogramBin { lower, upper, count, probability }
    };
    Histogram { bins: bins.iter().map(bin).collect() }
}

fn value_at_risk(found: &ValueAtRisk, estimator: &str) -> Measure {
    Measure {
        level: found.level.get(),
        loss: found.loss.amount(),
        interval_95: found.interval_95.map(|loss| loss.amount()),
        standard_error: None,
        estimator: estimator.to_owned(),
    }
}

fn expected_shortfall(found: &ExpectedShortfall, estimator: &str) -> Measure {
    Measure {
        level: found.level.get(),
        loss: found.loss.amount(),
        interval_95: found.interval_95.map(|loss| loss.amount()),
        standard_error: Some(found.standard_error),
        estimator: estimator.to_owned(),
    }
}

fn loss_beyond(found: &ProbabilityEstimate, capital: f64, estimator: &str) -> Probability {
    Probability {
        event: "loss over the horizon above the capital base".to_owned(),
        amount: capital,
        probability: found.probability,
        interval_95: found.interval_95,
        estimator: estimator.to_owned(),
    }
}

fn covered([low, high]: [f64; 2]) -> String {
    let [low, high] = [low, high].map(|share| format!("{:.0}", 100.0 * share));
    match low.as_str() {
        "0" => format!("in less than {high} % of runs"),
        _ if low == high => format!("in {low} % of runs"),
        _ => format!("in {low} to {high} % of runs"),
    }
}

fn tail_index(found: &TailIndexEstimate, estimator: &str) -> TailIndex {
    TailIndex {
        xi: found.xi,
        standard_error: found.standard_error,
        order_statistics: found.order_statistics,
        heavy_tail: found.heavy_tail,
        infinite_variance: found.xi >= risk::INFINITE_VARIANCE_FROM,
        covered: covered(risk::shortfall_coverage(found.xi)),
        estimator: estimator.to_owned(),
    }
}
