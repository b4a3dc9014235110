//! How paths are drawn: the scheme a scenario asks for, fitted to the book; `auto` by a pilot run.

use std::collections::BTreeSet;

use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::load::Inputs;
use super::plan::Plan;
use super::{EngineError, KEPT_PATHS_MAX, pass};
use crate::document::{Violation, ViolationCollector};
use crate::numeric::InstructionSet;
use crate::pricing::{self, Row};
use crate::risk::{
    self, ExpectedShortfallWeights, KernelWeights, LossSample, Needs, SampleDesign, Unit,
};
use crate::scenario::{SamplingMethod, SamplingSettings};
use crate::simulation::Sampling;
use crate::simulation::sampling::{self, Aim, LossExpansion, SamplingError, SamplingRequest};
use crate::units::{ConfidenceLevel, PathId, grouped};

/// Paths of a pilot run, or the most below it that fill whole units.
const PILOT_PATHS: u64 = 8_000;
/// Units a pilot must have to tell an error.
const PILOT_UNITS_MIN: u64 = 16;

/// The scheme of `plan`, with what a reader should know of it, or the fault at its place.
pub(super) fn choose(plan: &mut Plan, inputs: &Inputs, collector: &mut ViolationCollector) {
    let method = plan.scenario.simulation.sampling.method;
    if method == SamplingMethod::Plain || collector.count() > 0 {
        return;
    }
    match fitted(plan, method) {
        Ok((sampling, notes)) => {
            plan.sampling = sampling;
            plan.fit.notes.extend(notes);
        }
        Err(error) => collector.add(violation(&error, inputs)),
    }
}

fn fitted(plan: &Plan, method: SamplingMethod) -> Result<(Sampling, Vec<String>), EngineError> {
    let expansion = expansion(plan)?;
    if method == SamplingMethod::Auto {
        return Pilot { plan, expansion: &expansion }.best();
    }
    let sampling = fit(plan, &expansion, method, plan.scenario.simulation.paths)?;
    check_most(plan, &sampling)?;
    let notes = vec![describe(plan, &sampling)];
    Ok((sampling, notes))
}

/// Every checkpoint of a run to a precision must fill whole units too, and every path is kept.
fn check_most(plan: &Plan, sampling: &Sampling) -> Result<(), SamplingError> {
    let settings = &plan.scenario.simulation;
    let most_asked = match settings.precision {
        Some(_) => settings.paths.max(settings.paths_max),
        None => settings.paths,
    };
    if most_asked > KEPT_PATHS_MAX && !sampling.is_plain() {
        let (scheme, paths) = (sampling.name(), most_asked);
        return Err(SamplingError::TooManyPaths { scheme, paths, most: KEPT_PATHS_MAX });
    }
    if settings.precision.is_none() || settings.paths_max.is_multiple_of(sampling.unit()) {
        return Ok(());
    }
    Err(SamplingError::Paths {
        scheme: sampling.name(),
        paths: settings.paths_max,
        unit: sampling.unit(),
        what: "the unit",
    })
}

fn fit(
    plan: &Plan,
    expansion: &LossExpansion,
    method: SamplingMethod,
    paths: u64,
) -> Result<Sampling, SamplingError> {
    let measures = &plan.scenario.measures;
    sampling::fit(
        method,
        &SamplingRequest {
            model: &plan.model,
            expansion,
            settings: plan.scenario.simulation.sampling,
            aim: Aim::Level(measures.contribution_level),
            control_levels: &measures.levels,
            paths,
        },
    )
}

/// The book's loss to second order; accounts that their venue would close at once do not move.
fn expansion(plan: &Plan) -> Result<LossExpansion, EngineError> {
    let isa = InstructionSet::detect();
    let book = Compiled::new(plan, &plan.portfolio, isa)?;
    let closed = &book.ledger.closing_costs;
    let counted =
        |row: Row| !matches!(row, Row::AccountPositions(account) if closed[account].is_some());
    let settings = plan.pricing_settings();
    let (market, portfolio) = (&plan.market, &plan.portfolio);
    Ok(pricing::loss_expansion(market, portfolio, &plan.model, settings, isa, counted)?)
}

/// How paths of `sampling` depend on each other, and what is known of them.
pub(super) fn design(sampling: &Sampling) -> SampleDesign {
    let paths = sampling.unit() as usize;
    let unit = match sampling {
        Sampling::Plain
        | Sampling::Conditional { .. }
        | Sampling::Importance { .. }
        | Sampling::ControlVariate { .. } => Unit::Path,
        Sampling::Antithetic => Unit::AntitheticPair,
        Sampling::Stratified { .. } => Unit::Round { paths },
        Sampling::Sobol { .. } => Unit::Replicate { paths },
    };
    SampleDesign { unit, control_means: sampling.control_means() }
}

fn describe(plan: &Plan, sampling: &Sampling) -> String {
    let level = plan.scenario.measures.contribution_level.get() * 100.0;
    match sampling {
        Sampling::Plain => "plain sampling".to_owned(),
        Sampling::Conditional { named, .. } => {
            format!("paths drawn given where {} named factors end", named.len())
        }
        Sampling::Antithetic => "antithetic sampling: pairs of opposite returns".to_owned(),
        Sampling::Importance { twist, .. } => format!(
            "importance sampling around the delta-gamma VaR {level} %, a loss of {} USD; figures far \
             from that tail (mean, histogram, lower levels) are less certain than under plain sampling",
            grouped(twist.target, 0)
        ),
        Sampling::Stratified { twist, bounds, .. } => format!(
            "stratified importance sampling around the delta-gamma VaR {level} %, a loss of {} USD: \
             {} equiprobable strata of the delta-gamma loss; figures far from that tail (mean, \
             histogram, lower levels) are less certain than under plain sampling",
            grouped(twist.target, 0),
            bounds.len() + 1
        ),
        Sampling::ControlVariate { controls, .. } => {
            let straight = controls.iter().all(|pair| pair.ceiling.is_none());
            format!(
                "control variates: {} of the delta-gamma loss at its VaR of {} levels, means by \
                 Fourier inversion",
                if straight {
                    "indicator and excess"
                } else {
                    "indicator (its excess has too heavy a tail under Student-t returns)"
                },
                controls.len()
            )
        }
        Sampling::Sobol { points, .. } => format!(
            "Owen-scrambled Sobol points, {} a replicate, first dimensions along the directions of \
             largest delta-gamma variance",
            grouped(*points as f64, 0)
        ),
    }
}

fn violation(error: &EngineError, inputs: &Inputs) -> Violation {
    let place = |path: &str| inputs.scenario_places.places.at(path);
    let title = error.to_string();
    match error {
        EngineError::Sampling(SamplingError::Paths { paths, unit, .. }) => {
            Violation::new(place("simulation.paths"), title)
                .expected(format!("a multiple of {unit}"))
                .help(format!("{} is the next", paths.next_multiple_of(*unit)))
        }
        EngineError::Sampling(SamplingError::TooManyPaths { most, .. }) => {
            Violation::new(place("simulation.paths"), title)
                .expected(format!("at most {most}, or plain sampling"))
        }
        EngineError::Sampling(SamplingError::Process { supported, .. }) => {
            Violation::new(place("simulation.sampling"), title)
                .expected(format!("the process {supported}"))
                .help("choose plain sampling, or another process")
        }
        EngineError::Sampling(_) => Violation::new(place("simulation.sampling"), title)
            .help("choose another sampling scheme, or plain"),
        _ => Violation::new(place("market"), title),
    }
}

/// Schemes that `auto` compares, the simplest first: it wins ties.
const CANDIDATES: [SamplingMethod; 6] = [
    SamplingMethod::Plain,
    SamplingMethod::ControlVariate,
    SamplingMethod::Antithetic,
    SamplingMethod::Importance,
    SamplingMethod::Stratified,
    SamplingMethod::Sobol,
];

/// A short run of each scheme.
struct Pilot<'a> {
    plan: &'a Plan,
    expansion: &'a LossExpansion,
}

/// What a pilot found of one scheme.
struct Trial {
    sampling: Sampling,
    /// Variance of ES times operations a path: less is better.
    work: f64,
}

/// What a pilot run measured.
struct Measured {
    /// Variance of ES at the contribution level.
    variance: f64,
    /// Share of the paths that the tail pass walks again, by position.
    tail_share: f64,
}

impl Pilot<'_> {
    /// The scheme with the least variance of ES times operations a path.
    fn best(&self) -> Result<(Sampling, Vec<String>), EngineError> {
        let mut trials: Vec<Trial> = Vec::new();
        for method in CANDIDATES {
            match self.trial(method) {
                Ok(trial) => trials.push(trial),
                Err(EngineError::Sampling(_) | EngineError::Risk(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let plain = trials.first().map_or(f64::NAN, |trial| trial.work);
        let ratios = trials.iter().map(|trial| gain(trial.sampling.name(), plain / trial.work));
        let ratios: Vec<String> = ratios.collect();
        let best =
            trials.into_iter().reduce(|best, next| if next.work < best.work { next } else { best });
        let sampling = best.map_or(Sampling::Plain, |trial| trial.sampling);
        let level = self.plan.scenario.measures.contribution_level.get() * 100.0;
        let notes = vec![
            format!(
                "sampling chosen by a pilot run of {} paths a scheme: {}; gain over plain sampling, \
                 variance of ES {level} % times counted operations: {}",
                grouped(PILOT_PATHS as f64, 0),
                sampling.name(),
                ratios.join(", ")
            ),
            describe(self.plan, &sampling),
        ];
        Ok((sampling, notes))
    }

    fn trial(&self, method: SamplingMethod) -> Result<Trial, EngineError> {
        let paths = self.plan.scenario.simulation.paths;
        let sampling = fit(self.plan, self.expansion, method, paths)?;
        check_most(self.plan, &sampling)?;
        let settings = self.plan.scenario.simulation.sampling;
        let pilot_paths = pilot_paths(method, &settings);
        let pilot = fit(self.plan, self.expansion, method, pilot_paths)?;
        let Measured { variance, tail_share } = self.measured(&pilot, pilot_paths)?;
        let work = variance * pilot_paths as f64 * operations(self.plan, &sampling, tail_share);
        Ok(Trial { sampling, work })
    }

    fn measured(&self, sampling: &Sampling, paths: u64) -> Result<Measured, EngineError> {
        let plan = Plan { sampling: sampling.clone(), ..self.plan.clone() };
        let book = Compiled::new(&plan, &plan.portfolio, InstructionSet::detect())?;
        let (engine, ledger) = (&book.engine, &book.ledger);
        let part = pass::losses(engine, ledger, 0..paths, 0, &Control::none(), Stage::Losses)?;
        let weights = part.weights(part.losses.len(), &book.design)?;
        let level = plan.scenario.measures.contribution_level;
        let needs = Needs { levels: &[level], worst_paths: 1 };
        let sample = LossSample::new(&part.losses, &weights, &needs)?;
        let error = risk::expected_shortfall(&sample, level).standard_error;
        let tail_share = tail_paths(&sample, level).len() as f64 / paths as f64;
        Ok(Measured { variance: error * error, tail_share })
    }
}

/// A gain in words; a pilot cannot tell thousands from millions.
fn gain(name: &str, ratio: f64) -> String {
    if ratio < GAIN_TOLD_MOST {
        format!("{name} {ratio:.1}")
    } else {
        format!("{name} over 10,000")
    }
}

const GAIN_TOLD_MOST: f64 = 1e4;

/// Whole units, and for Sobol points as many replicates as the run has.
fn pilot_paths(method: SamplingMethod, settings: &SamplingSettings) -> u64 {
    let unit = match method {
        SamplingMethod::Antithetic => 2,
        SamplingMethod::Stratified => u64::from(settings.strata),
        SamplingMethod::Sobol => u64::from(settings.replicates),
        _ => 1,
    };
    (PILOT_PATHS / unit).max(PILOT_UNITS_MIN) * unit
}

/// Floating-point operations, roughly: a normal, an option, a proposal's share of a stratum.
const NORMAL_OPERATIONS: f64 = 40.0;
const OPTION_OPERATIONS: f64 = 120.0;
const PROPOSALS_A_PATH: f64 = 2.7;

/// Operations a path in both passes of full revaluation, counted from the model's and the book's
/// shape. The tail pass draws and values `tail_share` of the paths again: few of a plain sample,
/// most of one that aims at the tail. Strata propose again for whole batches of paths.
fn operations(plan: &Plan, sampling: &Sampling, tail_share: f64) -> f64 {
    let factors = plan.model.factors.iter().filter(|one| one.volatility > 0.0).count() as f64;
    let nodes = plan.model.grid.node_count() as f64;
    let is_option = |position: &&crate::portfolio::Position| {
        matches!(position.instrument, crate::portfolio::Instrument::Option { .. })
    };
    let options = plan.portfolio.positions.iter().filter(is_option).count() as f64;
    let step = factors * (2.0 * NORMAL_OPERATIONS + factors);
    let plain = nodes * step + options * OPTION_OPERATIONS + plan.portfolio.positions.len() as f64;
    let passes = 1.0 + tail_share;
    let rank = match sampling {
        Sampling::Plain | Sampling::Antithetic | Sampling::Conditional { .. } => {
            return passes * plain;
        }
        Sampling::Importance { quadratic, .. }
        | Sampling::Stratified { quadratic, .. }
        | Sampling::ControlVariate { quadratic, .. }
        | Sampling::Sobol { quadratic, .. } => quadratic.rank() as f64,
    };
    let horizon = rank * (NORMAL_OPERATIONS + 8.0) + 4.0 * rank * factors;
    let proposals = match sampling {
        Sampling::Stratified { .. } => 2.0 * PROPOSALS_A_PATH * rank * (NORMAL_OPERATIONS + 4.0),
        _ => 0.0,
    };
    passes * (plain + horizon) + proposals
}

/// Paths that contributions to VaR and ES rest on.
fn tail_paths(sample: &LossSample, level: ConfidenceLevel) -> BTreeSet<PathId> {
    let shortfall = ExpectedShortfallWeights::new(sample, level).weights;
    let kernel = KernelWeights::new(sample, level).weights;
    shortfall.iter().chain(&kernel).map(|weight| weight.path).collect()
}
