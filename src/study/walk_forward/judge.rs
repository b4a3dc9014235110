//! From a walk to a verdict: coverage tests and scores of every model, the model chosen.
//!
//! Tests are taken on the dates on which every model has figures, so that models are compared on
//! the same losses. A model is rejected where some test with replicated p-value rejects it at 5 % in
//! all (Bonferroni over the tests of a level).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rayon::prelude::*;

use super::record::{DateRecord, ModelRecord};
use super::{LoadedBacktest, Period, Walk};
use crate::backtest::{
    self, Alternative, CoverageTest, CoverageTests, Forecast, LikelihoodRatio, Zone,
};
use crate::outcome::{
    BacktestPart, CalibrationHistogram, LevelTests, ModelChoice, ModelTests, PartPurpose,
    RatioTest, ReplicatedTest, ScoreGap,
};
use crate::units::ConfidenceLevel;

/// Probability of rejecting a right model, over all its tests of a level.
const SIZE: f64 = 0.05;
/// Bins of the histogram of transforms, fewer of short walks.
const BINS: usize = 20;
/// Fewest dates that tests are taken on.
pub(super) const DATES_MIN: usize = 20;

/// The parts of the dates that tests are taken on.
pub(super) fn parts(backtest: &LoadedBacktest, walk: &Walk) -> Vec<BacktestPart> {
    let all = Period { from: Timestamp::MIN, to: Timestamp::MAX };
    let mut wanted = vec![(PartPurpose::All, all)];
    if let Some([chosen, judged]) = backtest.periods {
        wanted.push((PartPurpose::Choice, chosen));
        wanted.push((PartPurpose::Judgement, judged));
    }
    let common = common_dates(&walk.record.models);
    let judged = wanted.into_iter().filter_map(|(purpose, period)| {
        let within = |instant: &&Timestamp| (period.from..=period.to).contains(*instant);
        let dates: BTreeSet<Timestamp> = common.iter().filter(within).copied().collect();
        let part = Part { walk, dates: &dates, seed: backtest.seed() };
        (dates.len() >= DATES_MIN).then(|| part.tests(purpose))
    });
    judged.collect()
}

/// Dates on which every model has figures.
fn common_dates(models: &[ModelRecord]) -> BTreeSet<Timestamp> {
    let of = |model: &ModelRecord| -> BTreeSet<Timestamp> {
        model.dates.iter().map(|date| date.instant).collect()
    };
    let mut all = models.iter().map(of);
    let first = all.next().unwrap_or_default();
    all.fold(first, |common, dates| common.intersection(&dates).copied().collect())
}

struct Part<'a> {
    walk: &'a Walk,
    dates: &'a BTreeSet<Timestamp>,
    seed: u64,
}

/// One model at one level, with what scores are compared by.
struct Judged {
    tests: CoverageTests,
    scores: Option<Vec<f64>>,
    means: [f64; 2],
    over_shortfall: Option<f64>,
}

impl Part<'_> {
    fn tests(&self, purpose: PartPurpose) -> BacktestPart {
        let record = &self.walk.record;
        let of_model = |model: usize| -> Vec<Judged> {
            let levels = (0..record.levels.len()).into_par_iter();
            levels.map(|level| self.judged(model, level)).collect()
        };
        let judged: Vec<Vec<Judged>> =
            (0..record.models.len()).into_par_iter().map(of_model).collect();
        let ranked: Vec<Vec<Ranked>> =
            (0..record.levels.len()).map(|level| ranked(&judged, level)).collect();
        let model = |(index, judged): (usize, &Vec<Judged>)| {
            let levels = judged.iter().enumerate().map(|(level, one)| {
                let ranked = ranked[level][index];
                level_tests(record.levels[level], one, ranked)
            });
            ModelTests {
                model: record.models[index].name.clone(),
                levels: levels.collect(),
                calibration: self.calibration(index),
            }
        };
        let text =
            |instant: Option<&Timestamp>| instant.map(ToString::to_string).unwrap_or_default();
        BacktestPart {
            purpose,
            from: text(self.dates.first()),
            to: text(self.dates.last()),
            dates: self.dates.len(),
            models: judged.iter().enumerate().map(model).collect(),
        }
    }

    /// Places of the part's dates in a model's record.
    fn places(&self, model: usize) -> Vec<usize> {
        let dates = self.walk.record.models[model].dates.iter().enumerate();
        dates.filter(|(_, date)| self.dates.contains(&date.instant)).map(|(at, _)| at).collect()
    }

    fn judged(&self, model: usize, level: usize) -> Judged {
        let (places, at) = (self.places(model), self.walk.record.levels[level]);
        let dates = &self.walk.record.models[model].dates;
        let forecasts: Vec<Forecast> =
            places.iter().map(|&place| forecast(&dates[place], level)).collect();
        let tails: Vec<Vec<f64>> =
            places.iter().map(|&place| self.walk.tails[model][level][place].clone()).collect();
        let scores = forecasts.iter().map(|one| backtest::fissler_ziegel(one, at)).collect();
        let mean = |of: fn(&Forecast) -> f64| {
            forecasts.iter().map(of).sum::<f64>() / forecasts.len().max(1) as f64
        };
        let exceptions = forecasts.iter().filter(|one| one.is_exception());
        let ratios: Option<Vec<f64>> = exceptions
            .map(|one| (one.expected_shortfall > 0.0).then(|| one.loss / one.expected_shortfall))
            .collect();
        let ratios = ratios.filter(|ratios| !ratios.is_empty());
        Judged {
            tests: backtest::coverage(&forecasts, &tails, at, self.seed),
            scores,
            means: [mean(|one| one.value_at_risk), mean(|one| one.expected_shortfall)],
            over_shortfall: ratios.map(|all| all.iter().sum::<f64>() / all.len() as f64),
        }
    }

    fn calibration(&self, model: usize) -> CalibrationHistogram {
        let dates = &self.walk.record.models[model].dates;
        let places = self.places(model);
        let transforms: Vec<f64> = places.iter().map(|&place| dates[place].transform).collect();
        // five expected in a bin, as Pearson's limit wants
        let bins = (transforms.len() / 5).clamp(2, BINS);
        let found = backtest::uniformity(&transforms, bins);
        CalibrationHistogram {
            counts: found.counts,
            band_95: found.band,
            statistic: found.statistic,
            p_value: found.p_value,
        }
    }
}

fn forecast(date: &DateRecord, level: usize) -> Forecast {
    let measure = date.measures[level];
    Forecast {
        value_at_risk: measure.value_at_risk,
        expected_shortfall: measure.expected_shortfall,
        loss: date.realised.total,
    }
}

/// Where a model stands by score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ranked {
    rank: Option<usize>,
    gap: Option<ScoreGap>,
}

/// Ranks by mean score at one level, in document order.
fn ranked(judged: &[Vec<Judged>], level: usize) -> Vec<Ranked> {
    let mut order: Vec<(usize, f64)> = Vec::new();
    for (index, levels) in judged.iter().enumerate() {
        order.extend(levels[level].tests.mean_score.map(|score| (index, score)));
    }
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranked = vec![Ranked::default(); judged.len()];
    let Some(&(best, _)) = order.first() else { return ranked };
    let scores = |index: usize| judged[index][level].scores.as_deref();
    for (place, &(index, _)) in order.iter().enumerate() {
        let gap = scores(index).zip(scores(best)).filter(|_| index != best);
        let gap = gap.and_then(|(own, best)| backtest::score_difference(own, best));
        ranked[index] = Ranked {
            rank: Some(place + 1),
            gap: gap.map(|gap| ScoreGap {
                mean: gap.mean,
                standard_error: gap.standard_error,
                p_value: gap.p_value,
            }),
        };
    }
    ranked
}

fn level_tests(level: ConfidenceLevel, judged: &Judged, ranked: Ranked) -> LevelTests {
    let Judged { tests, means, over_shortfall, .. } = judged;
    let light = &tests.traffic_light;
    let zone = match light.zone {
        Zone::Green => "green",
        Zone::Yellow => "yellow",
        Zone::Red => "red",
    };
    let count = tests.tests.len().max(1) as f64;
    LevelTests {
        level: level.get(),
        exceptions: tests.exceptions.len(),
        expected: tests.expected,
        mean_value_at_risk: means[0],
        mean_expected_shortfall: means[1],
        exception_over_shortfall: *over_shortfall,
        zone: zone.to_owned(),
        zone_probability: light.cumulative,
        binomial_p_value: tests.kupiec.exact_p_value,
        ratios: ratios(tests),
        tests: tests.tests.iter().map(replicated).collect(),
        rejected: tests.tests.iter().any(|test| test.p_value < SIZE / count),
        mean_score: tests.mean_score,
        rank: ranked.rank,
        to_best: ranked.gap,
    }
}

fn ratios(tests: &CoverageTests) -> Vec<RatioTest> {
    let all = [
        ("unconditional coverage (Kupiec)", Some(tests.kupiec.ratio)),
        ("independence (Christoffersen)", Some(tests.christoffersen.independence)),
        ("conditional coverage (Christoffersen)", Some(tests.christoffersen.conditional)),
        ("time until first exception (Kupiec)", tests.time_between.until_first),
        ("time between exceptions (Haas)", tests.time_between.between),
        ("mixed Kupiec (Haas)", tests.time_between.mixed),
    ];
    let test = |(name, ratio): (&str, Option<LikelihoodRatio>)| {
        let LikelihoodRatio { statistic, degrees, p_value } = ratio?;
        Some(RatioTest { name: name.to_owned(), statistic, degrees, p_value })
    };
    all.into_iter().filter_map(test).collect()
}

fn replicated(test: &CoverageTest) -> ReplicatedTest {
    ReplicatedTest {
        name: test.kind.name().to_owned(),
        statistic: test.statistic,
        limit_p_value: test.limit_p_value,
        p_value: test.p_value,
        critical_value: test.critical_value,
        power: test.power.to_vec(),
    }
}

/// What tests are powerful against, in words.
pub(super) fn alternatives() -> Vec<String> {
    Alternative::ALL.iter().map(|one| one.description().to_owned()).collect()
}

/// At each level, the best of the models not rejected where a model is chosen, looked at where it is
/// judged.
pub(super) fn choices(parts: &[BacktestPart]) -> Vec<ModelChoice> {
    let part = |purpose| parts.iter().find(|part| part.purpose == purpose);
    let both = part(PartPurpose::Choice).zip(part(PartPurpose::Judgement));
    let Some((choice, judgement)) = both else { return Vec::new() };
    let levels = choice.models.first().map_or(0, |model| model.levels.len());
    let chosen = (0..levels).filter_map(|level| {
        let all_rejected = choice.models.iter().all(|model| model.levels[level].rejected);
        let open = choice.models.iter().enumerate();
        let open = open.filter(|(_, model)| all_rejected || !model.levels[level].rejected);
        let best = open.min_by(|(_, a), (_, b)| {
            let score = |one: &ModelTests| one.levels[level].mean_score.unwrap_or(f64::INFINITY);
            score(a).total_cmp(&score(b))
        });
        let (index, model) = best?;
        let later = &judgement.models[index].levels[level];
        Some(ModelChoice {
            level: model.levels[level].level,
            model: model.model.clone(),
            all_rejected,
            rejected_later: later.rejected,
            rank_later: later.rank,
        })
    });
    chosen.collect()
}
