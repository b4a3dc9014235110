//! A policy calibration document with the policy and the walk-forward that it names.

use std::path::Path;

use super::bootstrap::Bootstrap;
use super::contenders::VolatilityTarget;
use super::document::{ConstraintsDocument, PeriodsDocument, PolicyCalibrationDocument};
use super::parameter::Parameter;
use super::periods::Periods;
use super::search::{Constraint, Effort};
use super::{POLICIES_MAX, PolicyCalibrationError, PolicySearch};
use crate::document::{
    Confinement, InputFile, Loader, NonNegative, NonNegativeRate, Parsed, PositiveRate, Violation,
    ViolationCollector, Violations, parse_toml, read_toml,
};
use crate::engine::Control;
use crate::numeric::isa::InstructionSet;
use crate::outcome::PolicyCalibration;
use crate::study::walk_forward::LoadedBacktest;
use crate::threshold::document::{LoadedPolicy, read_policy};

/// A policy calibration whose document and everything it names were read and checked.
#[derive(Debug)]
pub struct LoadedPolicyCalibration {
    search: PolicySearch,
    walk: LoadedBacktest,
    /// Every file read.
    pub files: Vec<InputFile>,
}

impl LoadedPolicyCalibration {
    /// Reads the document at `path`, and the policy and the walk-forward that it names.
    ///
    /// # Errors
    /// Every violation in any of them.
    pub fn read(path: &Path, confinement: Confinement) -> Result<Self, Violations> {
        let (loader, parsed) = parsed(path, confinement)?;
        let mut collector = ViolationCollector::default();
        let backtest = parsed.value.backtest.as_str();
        let place = parsed.places.at("backtest");
        let opened = collector.absorb(loader.open(backtest, Some(&place)));
        let folder = path.parent().unwrap_or(Path::new(""));
        let walk = opened.and_then(|_| {
            collector.absorb(LoadedBacktest::read(&folder.join(backtest), confinement))
        });
        let search = collector.absorb(read_search(&loader, &parsed));
        let loaded = search.zip(walk).map(|(search, walk)| {
            let mut files = loader.inputs();
            files.extend(walk.files.iter().cloned());
            files.sort();
            files.dedup();
            Self { search, walk, files }
        });
        collector.finish_some(loaded)
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.search.parameters
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.search.name
    }

    /// Walks forward, then searches.
    ///
    /// # Errors
    /// [`PolicyCalibrationError`]: interrupted; a walk-forward that tells too little; no policy.
    pub fn run(
        &self,
        isa: InstructionSet,
        control: &Control,
    ) -> Result<PolicyCalibration, PolicyCalibrationError> {
        let walk = self.walk.walk(isa, control)?;
        self.search.run(&walk.record, isa)
    }
}

impl PolicySearch {
    /// Reads the document at `path` and the policy that it names, for a walk-forward that is at hand.
    ///
    /// # Errors
    /// Every violation in either.
    pub fn read(path: &Path, confinement: Confinement) -> Result<Self, Violations> {
        let (loader, parsed) = parsed(path, confinement)?;
        read_search(&loader, &parsed)
    }
}

fn parsed(
    path: &Path,
    confinement: Confinement,
) -> Result<(Loader, Parsed<PolicyCalibrationDocument>), Violations> {
    let loader = Loader::new(path.parent().unwrap_or(Path::new("")), confinement)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let file = loader.open(&name.unwrap_or_default(), None)?;
    let parsed = read_toml(&file)?;
    Ok((loader, parsed))
}

/// The search of a document, with the policy that it names.
fn read_search(
    loader: &Loader,
    parsed: &Parsed<PolicyCalibrationDocument>,
) -> Result<PolicySearch, Violations> {
    let mut collector = ViolationCollector::default();
    let place = parsed.places.at("policy");
    let policy = loader.open(parsed.value.policy.as_str(), Some(&place));
    let policy = collector.absorb(policy.and_then(|file| read_policy(&file, loader)));
    let parameters = policy.as_ref().map(|policy| parameters(parsed, policy, &mut collector));
    let found = policy.zip(parameters);
    let found = found.map(|(policy, parameters)| search(&parsed.value, policy, parameters));
    collector.finish_some(found)
}

/// Whether the document at `path` varies something.
pub(super) fn has_vary(path: &Path, confinement: Confinement) -> bool {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let tree = Loader::new(folder, confinement)
        .and_then(|loader| loader.open(&name.unwrap_or_default(), None))
        .and_then(|file| parse_toml(&file));
    tree.is_ok_and(|tree| tree.entry("vary").is_some())
}

/// What is varied, each checked against the policy.
fn parameters(
    parsed: &Parsed<PolicyCalibrationDocument>,
    policy: &LoadedPolicy,
    collector: &mut ViolationCollector,
) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = Vec::new();
    for (index, vary) in parsed.value.vary.iter().enumerate() {
        let at = |key: &str| parsed.places.at(&format!("vary[{index}]{key}"));
        let driver = vary.driver.map(|number| number as usize - 1);
        let values: Vec<f64> = vary.values.iter().map(|value| value.get()).collect();
        let parameter = Parameter { field: vary.field, driver, values };
        if vary.field.is_of_driver() && driver.is_none() {
            let title = format!("the {} of which driver?", vary.field.name());
            let expected = "`driver`, counted from 1 in the policy's order";
            collector.add(Violation::new(at(".field"), title).expected(expected));
        } else if !vary.field.is_of_driver() && driver.is_some() {
            let title = format!("the {} is no figure of a driver", vary.field.name());
            collector.add(Violation::new(at(".driver"), title).expected("no `driver`"));
        } else if found.iter().any(|one| (one.field, one.driver) == (vary.field, driver)) {
            let title = "this figure is varied twice";
            collector.add(Violation::new(at(".field"), title).expected("every figure once"));
        } else {
            check_values(&parameter, policy, &at, collector);
        }
        found.push(parameter);
    }
    let count: f64 = found.iter().map(|one| one.values.len() as f64).product();
    if count > POLICIES_MAX as f64 {
        let grouped = crate::units::grouped;
        let violation = Violation::new(parsed.places.at("vary"), "too many policies")
            .found(format!("a grid of {}", grouped(count, 0)))
            .expected(format!("at most {}", grouped(POLICIES_MAX as f64, 0)))
            .help("give fewer values: the optimiser moves between the first and the last");
        collector.add(violation);
    }
    found
}

/// Values in order, each of which the policy takes.
fn check_values(
    parameter: &Parameter,
    policy: &LoadedPolicy,
    at: &dyn Fn(&str) -> crate::document::Place,
    collector: &mut ViolationCollector,
) {
    for (index, pair) in parameter.values.windows(2).enumerate() {
        if pair[0] >= pair[1] {
            let place = at(&format!(".values[{}]", index + 1));
            collector.add(Violation::new(place, "values must increase"));
        }
    }
    for (index, &value) in parameter.values.iter().enumerate() {
        let mut document = policy.document.value.clone();
        if parameter.set(&mut document, value).is_none() {
            let title = match parameter.stated(&policy.document.value) {
                None if index == 0 => {
                    format!("the policy has no {} to vary", parameter.field.name())
                }
                _ => format!("{} cannot be {value}", parameter.field.name()),
            };
            collector.add(Violation::new(at(&format!(".values[{index}]")), title));
        }
    }
}

fn search(
    document: &PolicyCalibrationDocument,
    policy: LoadedPolicy,
    parameters: Vec<Parameter>,
) -> PolicySearch {
    let aim = &document.aim;
    let description = document.description.as_ref();
    let target = &document.volatility_target;
    PolicySearch {
        name: document.name.to_string(),
        description: description.map_or_else(String::new, |text| text.to_string()),
        model: document.model.as_ref().map(|name| name.to_string()),
        tolerance: aim.tolerance.map_or(policy.policy.appetite, PositiveRate::get),
        idle_capital_rate: aim.idle_capital_rate.get(),
        trading_cost: aim.trading_cost.get(),
        alarm_share: aim.alarm_share.get(),
        alarm_days: aim.alarm_within.years().days(),
        change_days: aim.change_over.years().days(),
        constraints: constraints(&document.constraints),
        periods: periods(&document.periods),
        effort: Effort {
            starts: document.search.starts as usize,
            evaluations: document.search.evaluations as usize,
        },
        volatility_target: VolatilityTarget {
            series: target.series.as_str().to_owned(),
            half_life_days: target
                .half_life_days
                .map_or(HALF_LIFE_DAYS, |days| days.get().max(1e-3)),
        },
        bootstrap: Bootstrap {
            block: 1,
            replicates: document.bootstrap.replicates as usize,
            seed: document.bootstrap.seed,
        },
        block_days: document.bootstrap.block.years().days(),
        policy,
        parameters,
    }
}

/// RiskMetrics' 0.94 a day.
const HALF_LIFE_DAYS: f64 = 11.2;

fn constraints(document: &ConstraintsDocument) -> Vec<Constraint> {
    let missed = document.missed_frequency.map(NonNegativeRate::get);
    let alarms = document.false_alarms_per_year.map(NonNegative::get);
    let moves = document.daily_change.map(NonNegativeRate::get);
    let all = [
        missed.map(|limit| Constraint {
            name: "share of dates with a missed loss",
            of: |measures| measures.missed_frequency,
            limit,
        }),
        alarms.map(|limit| Constraint {
            name: "false alarms a year",
            of: |measures| measures.false_alarms_per_year,
            limit,
        }),
        moves.map(|limit| Constraint {
            name: "change of the threshold a day",
            of: |measures| measures.daily_change,
            limit,
        }),
    ];
    all.into_iter().flatten().collect()
}

fn periods(document: &PeriodsDocument) -> Periods {
    match document {
        PeriodsDocument::Split { test_from } => Periods::Split { test_from: test_from.timestamp() },
        PeriodsDocument::Rolling { train, test } => {
            Periods::Rolling { train: train.years(), test: test.years() }
        }
        PeriodsDocument::Expanding { train, test } => {
            Periods::Expanding { train: train.years(), test: test.years() }
        }
    }
}
