//! What was found, as an outcome: the recommendation as a document, what binds, who wins and why.

use std::ops::Range;

use super::PolicySearch;
use super::carry::Carried;
use super::days::Days;
use super::evaluate::Evaluator;
use super::front::on_front;
use super::measures::losses;
use super::parameter::Parameter;
use super::periods::Fold;
use super::search::{self, Constraint, Point};
use crate::outcome::{
    Comparison, Difference, MissedDate, POLICY_CALIBRATION_FORMAT_VERSION, PolicyCalibration,
    PolicyCandidate, PolicyConstraint, PolicyDate, PolicyFold, PolicyMeasures, Sensitivity,
    VariedParameter,
};
use crate::study::walk_forward::{ModelRecord, WalkRecord};

/// A fold and what it recommends.
pub(super) struct Chosen {
    pub fold: Fold,
    /// On the part trained on.
    pub points: Vec<Point>,
    /// The same on the part tested on.
    pub tested: Vec<PolicyMeasures>,
    pub best: usize,
}

/// Everything that was found.
pub(super) struct Found<'a> {
    pub search: &'a PolicySearch,
    pub record: &'a WalkRecord,
    pub model: &'a ModelRecord,
    pub days: &'a Days,
    pub evaluator: &'a Evaluator<'a>,
    pub chosen: Vec<Chosen>,
    pub sensitivity: Vec<Sensitivity>,
    pub carried: Carried,
    pub dates: Range<usize>,
    pub comparison: Comparison,
    pub targeted: Vec<f64>,
    pub block: usize,
}

impl Found<'_> {
    pub fn outcome(mut self) -> PolicyCalibration {
        let search = self.search;
        let last = &self.chosen[self.chosen.len() - 1];
        let feasible = last.points[last.best].excess(&search.constraints) == 0.0;
        PolicyCalibration {
            format_version: POLICY_CALIBRATION_FORMAT_VERSION,
            plimsoll_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: search.name.clone(),
            description: search.description.clone(),
            backtest: self.record.name.clone(),
            model: self.model.name.clone(),
            policy: search.policy.policy.name.clone(),
            currency: self.record.currency.clone(),
            tolerance: search.tolerance,
            change_days: search.change_days,
            idle_capital_rate: search.idle_capital_rate,
            block_dates: self.block,
            replicates: search.bootstrap.replicates,
            seed: search.bootstrap.seed,
            parameters: search.parameters.iter().map(|one| self.parameter(one)).collect(),
            constraints: search.constraints.iter().map(|one| self.constraint(one, last)).collect(),
            folds: self.chosen.iter().map(|one| self.fold(one)).collect(),
            candidates: self.candidates(last),
            recommended: last.best,
            feasible,
            document: self.document(last),
            sensitivity: std::mem::take(&mut self.sensitivity),
            path: self.path(),
            verdict: verdict(&self.comparison),
            notes: self.notes(last, feasible),
            comparison: self.comparison,
        }
    }

    fn parameter(&self, parameter: &Parameter) -> VariedParameter {
        let document = &self.search.policy.document.value;
        let [from, to] = search::ends(parameter);
        VariedParameter {
            name: parameter.name(document),
            from,
            to,
            as_it_stands: parameter.stated(document),
        }
    }

    fn constraint(&self, constraint: &Constraint, last: &Chosen) -> PolicyConstraint {
        let all = &self.search.constraints;
        let others: Vec<Constraint> =
            all.iter().filter(|other| other.name != constraint.name).copied().collect();
        let of = |point: &Point| (constraint.of)(&point.measures);
        let least = last.points.iter().map(of).fold(f64::INFINITY, f64::min);
        let best = &last.points[last.best];
        let without = &last.points[search::best(&last.points, &others)];
        let is_met = constraint.excess(&best.measures) == 0.0;
        let cheaper = without.excess(&others) == 0.0
            && without.excess(all) > 0.0
            && (!is_met || without.measures.cost < best.measures.cost);
        let cost_without = cheaper.then_some(without.measures.cost);
        let finding = match (is_met, least > constraint.limit, cheaper) {
            (true, _, false) => "met with room",
            (true, _, true) => "binds",
            (false, true, _) => "cannot be met by any candidate",
            (false, false, _) => "conflicts with the others",
        };
        PolicyConstraint {
            name: constraint.name.to_owned(),
            limit: constraint.limit,
            recommended: of(best),
            least,
            cost_without,
            finding: finding.to_owned(),
        }
    }

    fn fold(&self, chosen: &Chosen) -> PolicyFold {
        let ends = |dates: &Range<usize>| {
            [dates.start, dates.end - 1].map(|date| self.days.instants[date].to_string())
        };
        let best = &chosen.points[chosen.best];
        PolicyFold {
            train: ends(&chosen.fold.train),
            test: ends(&chosen.fold.test),
            values: best.values.clone(),
            feasible: best.excess(&self.search.constraints) == 0.0,
            trained: best.measures,
            tested: chosen.tested[chosen.best],
            evaluated: chosen.points.len(),
        }
    }

    fn candidates(&self, last: &Chosen) -> Vec<PolicyCandidate> {
        let front = on_front(&last.points);
        let pairs = last.points.iter().zip(&last.tested).zip(front);
        let candidate =
            |((point, tested), on_front): ((&Point, &PolicyMeasures), bool)| PolicyCandidate {
                values: point.values.clone(),
                trained: point.measures,
                tested: *tested,
                feasible: point.excess(&self.search.constraints) == 0.0,
                on_front,
            };
        pairs.map(candidate).collect()
    }

    /// The recommendation, through the document's own types.
    fn document(&self, last: &Chosen) -> String {
        let found = self.evaluator.varied(&last.points[last.best].values);
        let text = found.and_then(|(document, _)| toml::to_string_pretty(&document).ok());
        text.map_or_else(String::new, |text| format!("#:schema ../schema/policy.json\n{text}"))
    }

    fn path(&self) -> Vec<PolicyDate> {
        let carried = &self.carried;
        let losses = losses(self.days, self.dates.clone(), carried);
        let date = |(index, date): (usize, usize)| {
            let capital = self.days.capital[date];
            PolicyDate {
                instant: self.days.instants[date].to_string(),
                threshold: carried.threshold[index] / capital,
                potential_loss: carried.potential_loss[index] / capital,
                loss: losses[index],
                scale: carried.scale[index],
                volatility_target_scale: self.targeted[index],
                forced: carried.forced[index],
            }
        };
        self.dates.clone().enumerate().map(date).collect()
    }

    fn notes(&self, last: &Chosen, feasible: bool) -> Vec<String> {
        let mut notes = vec![
            "both other limits are given the average exposure that the policy turns out to carry: \
             what is compared is when exposure is carried, not how much"
                .to_owned(),
        ];
        if !feasible {
            notes.push(
                "no candidate meets every constraint where it was trained: the recommendation is \
                 the one that misses them by least, in parts of their limits"
                    .to_owned(),
            );
        }
        let left_out = self.record.left_out.len();
        if left_out > 0 {
            notes.push(format!("{left_out} dates of the walk-forward were left out of it"));
        }
        notes.extend(self.out_of_reach());
        let at_end = |parameter: &Parameter, value: f64| {
            let [from, to] = search::ends(parameter);
            parameter.values.len() > 1 && (value == from || value == to)
        };
        let values = &last.points[last.best].values;
        let ends = self.search.parameters.iter().zip(values);
        for (parameter, value) in ends.filter(|(parameter, value)| at_end(parameter, **value)) {
            let name = parameter.name(&self.search.policy.document.value);
            notes.push(format!("{name} is recommended at an end of its range: {value}"));
        }
        notes
    }

    /// On how many dates no scale of the positions is within the threshold: what balances lose is not
    /// scaled, so that nothing the policy asks of positions helps there.
    fn out_of_reach(&self) -> Option<String> {
        let dates = self.dates.clone().zip(&self.carried.threshold);
        let above = |(date, threshold): &(usize, &f64)| self.days.least_loss(*date).1 > **threshold;
        let count = dates.filter(above).count();
        (count > 0).then(|| {
            format!(
                "on {count} of {} dates followed no scale of the positions is within the threshold: \
                 balances lose whatever is traded, or positions hedge them; positions then stand at \
                 the scale of least potential loss",
                self.dates.len()
            )
        })
    }
}

/// Whether the policy wins, by missed loss, and which figures say so or not.
fn verdict(comparison: &Comparison) -> Vec<String> {
    let against = [
        ("a static limit", &comparison.against_static, 1),
        ("a volatility target", &comparison.against_volatility_target, 2),
    ];
    let told = |(name, found, other): (&str, &[Difference], usize)| {
        let mut sentences = judged(name, found);
        sentences.extend(why(comparison, other));
        sentences
    };
    against
        .into_iter()
        .map(|(name, found, other)| (name, &found[..], other))
        .flat_map(told)
        .collect()
}

/// On how many of the missed dates the policy carried less than the other, and what that made of the
/// missed loss.
fn why(comparison: &Comparison, other: usize) -> Option<String> {
    let dates = comparison.policy.dates as f64;
    let missed = comparison.missed_dates.iter();
    let missed = missed.filter(|one| one.missed[0] > 0.0 || one.missed[other] > 0.0);
    let (less, more): (Vec<&MissedDate>, Vec<&MissedDate>) =
        missed.partition(|one| one.scales[0] < one.scales[other]);
    let changed = |dates_of: &[&MissedDate]| {
        let sum = dates_of.iter().fold(0.0, |sum, one| sum + one.missed[0] - one.missed[other]);
        sum / dates
    };
    let all = less.len() + more.len();
    (all > 0).then(|| {
        format!(
            "Why: either missed on {all} dates; the policy carried less on {} of them (missed loss {}) \
             and as much or more on {} ({}).",
            less.len(),
            share(changed(&less)),
            more.len(),
            share(changed(&more))
        )
    })
}

/// Figures below this share of capital are told in full.
fn share(value: f64) -> String {
    format!("{:.4} %", 100.0 * value)
}

fn judged(name: &str, found: &[Difference]) -> Vec<String> {
    let Some(missed) = found.first() else { return Vec::new() };
    let [low, high] = missed.interval_95;
    let figures = format!(
        "Missed loss, policy less other: {} of capital a date, 95 % interval {} to {}.",
        share(missed.value),
        share(low),
        share(high)
    );
    let first = if high < 0.0 {
        format!("Against {name} of equal average exposure the calibrated policy wins.")
    } else if low > 0.0 {
        format!("Against {name} of equal average exposure the calibrated policy loses.")
    } else {
        format!(
            "Against {name} of equal average exposure the calibrated policy does not win beyond \
             chance."
        )
    };
    let worse = |one: &&Difference| {
        let worse =
            if one.less_is_better { one.interval_95[0] > 0.0 } else { one.interval_95[1] < 0.0 };
        worse && one.name != missed.name
    };
    let worse: Vec<&str> = found.iter().filter(worse).map(|one| one.name.as_str()).collect();
    let mut sentences = vec![first, figures];
    if !worse.is_empty() {
        sentences.push(format!("It is worse, beyond chance, in: {}.", worse.join("; ")));
    }
    sentences
}
