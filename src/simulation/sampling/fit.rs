//! From settings, model and book to a fitted scheme.

use super::error::SamplingError;
use super::expansion::{LossExpansion, PrincipalQuadratic};
use super::law::LossLaw;
use super::{ControlPair, Sampling, Twist};
use crate::numeric::sobol::POINTS_MAX;
use crate::scenario::{SamplingMethod, SamplingSettings};
use crate::simulation::{FactorModel, Process};
use crate::units::ConfidenceLevel;

/// What a scheme is fitted to.
#[derive(Debug, Clone, Copy)]
pub struct SamplingRequest<'a> {
    /// The factors.
    pub model: &'a FactorModel,
    /// The book's loss to second order.
    pub expansion: &'a LossExpansion,
    /// Strata and replicates.
    pub settings: SamplingSettings,
    /// What is aimed at.
    pub aim: Aim,
    /// Levels at whose delta-gamma quantiles controls are taken.
    pub control_levels: &'a [ConfidenceLevel],
    /// Paths of the run.
    pub paths: u64,
}

/// The loss around which importance and stratified sampling draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// The delta-gamma VaR at a level.
    Level(ConfidenceLevel),
    /// A stated loss.
    Loss(f64),
}

/// Fits `method`; [`SamplingMethod::Auto`] is the caller's to resolve and counts as plain here.
///
/// # Errors
/// [`SamplingError`]: a process, book or number of paths that the scheme does not allow.
pub fn fit(method: SamplingMethod, request: &SamplingRequest) -> Result<Sampling, SamplingError> {
    let sampling = match method {
        SamplingMethod::Plain | SamplingMethod::Auto => Sampling::Plain,
        SamplingMethod::Antithetic => request.antithetic()?,
        SamplingMethod::Importance => request.importance()?,
        SamplingMethod::Stratified => request.stratified()?,
        SamplingMethod::ControlVariate => request.control_variate()?,
        SamplingMethod::Sobol => request.sobol()?,
    };
    check_paths(&sampling, request)?;
    Ok(sampling)
}

/// Whether the excess of the delta-gamma loss is a fit control.
///
/// The square of a Student-t return has half its tail index: its excess has hardly a variance, or
/// none, while the book's own loss is far from it there. Regressed on such a control, ES is off by
/// more than its error says in half the runs; cut off far out, the control leaves the few largest
/// losses alone to tell the error, which most samples miss. There only the indicator is used.
fn excess_counts(law: &LossLaw, quadratic: &PrincipalQuadratic) -> bool {
    let LossLaw::StudentT(_) = law else { return true };
    let slope = quadratic.law.linear.iter().map(|b| b * b).sum::<f64>().sqrt();
    quadratic.law.curvature.iter().all(|curvature| curvature.abs() <= STRAIGHT_BELOW * slope)
}

/// A curvature below this share of the slope matters less than it up to fifty deviations.
const STRAIGHT_BELOW: f64 = 0.02;

/// Names of the schemes in messages.
const IMPORTANCE: &str = "importance";
const STRATIFIED: &str = "stratified";
const CONTROL_VARIATE: &str = "control_variate";
const SOBOL: &str = "sobol";

impl SamplingRequest<'_> {
    fn antithetic(&self) -> Result<Sampling, SamplingError> {
        match &self.model.process {
            Process::Gbm | Process::StudentT { .. } | Process::TCopula { .. } => {
                Ok(Sampling::Antithetic)
            }
            other => Err(SamplingError::Process {
                scheme: "antithetic",
                process: other.name(),
                supported: "gbm, student_t and t_copula, whose returns are symmetric",
            }),
        }
    }

    fn importance(&self) -> Result<Sampling, SamplingError> {
        let (quadratic, law) = self.quadratic(IMPORTANCE)?;
        let twist = self.twist(&law);
        Ok(Sampling::Importance { quadratic, twist })
    }

    fn stratified(&self) -> Result<Sampling, SamplingError> {
        let (quadratic, law) = self.quadratic(STRATIFIED)?;
        let twist = self.twist(&law);
        let strata = f64::from(self.settings.strata);
        let twisted = law.twisted(twist.target, twist.theta);
        let bound = |k: u32| twisted.upper_quantile(1.0 - f64::from(k) / strata);
        let bounds = (1..self.settings.strata).map(bound).collect();
        Ok(Sampling::Stratified { quadratic, twist, bounds })
    }

    fn control_variate(&self) -> Result<Sampling, SamplingError> {
        let (quadratic, law) = self.quadratic(CONTROL_VARIATE)?;
        let pair = |level: &ConfidenceLevel| {
            let threshold = law.upper_quantile(level.tail());
            let counts_excess = excess_counts(&law, &quadratic);
            let excess = if counts_excess { law.expected_excess(threshold) } else { 0.0 };
            ControlPair {
                threshold,
                probability: law.tail_probability(threshold),
                ceiling: (!counts_excess).then_some(threshold),
                excess,
            }
        };
        let controls = self.control_levels.iter().map(pair).collect();
        Ok(Sampling::ControlVariate { quadratic, controls })
    }

    fn sobol(&self) -> Result<Sampling, SamplingError> {
        let quadratic = PrincipalQuadratic::new(self.model, self.expansion);
        LossLaw::of(self.model, &quadratic, SOBOL)?;
        let replicates = u64::from(self.settings.replicates);
        let points = self.paths / replicates;
        if points == 0 || !self.paths.is_multiple_of(replicates) {
            return Err(SamplingError::Paths {
                scheme: SOBOL,
                paths: self.paths,
                unit: replicates,
                what: "the replicates",
            });
        }
        if points > POINTS_MAX {
            return Err(SamplingError::Points { points, most: POINTS_MAX });
        }
        Ok(Sampling::Sobol { quadratic, points })
    }

    fn twist(&self, law: &LossLaw) -> Twist {
        let target = match self.aim {
            Aim::Level(level) => law.upper_quantile(level.tail()),
            Aim::Loss(loss) => loss,
        };
        Twist { target, theta: law.twist_to(target) }
    }

    /// The delta-gamma loss and its law, where it says something.
    fn quadratic(
        &self,
        scheme: &'static str,
    ) -> Result<(PrincipalQuadratic, LossLaw), SamplingError> {
        let quadratic = PrincipalQuadratic::new(self.model, self.expansion);
        let law = LossLaw::of(self.model, &quadratic, scheme)?;
        let variance = quadratic.law.variance();
        if !variance.is_finite() || !quadratic.law.constant.is_finite() {
            return Err(SamplingError::NoAim { scheme, fault: "is not a finite number" });
        }
        if variance == 0.0 {
            return Err(SamplingError::NoAim { scheme, fault: "does not move" });
        }
        Ok((quadratic, law))
    }
}

fn check_paths(sampling: &Sampling, request: &SamplingRequest) -> Result<(), SamplingError> {
    let unit = sampling.unit();
    if request.paths.is_multiple_of(unit) {
        return Ok(());
    }
    let what = match sampling {
        Sampling::Antithetic => "a pair",
        Sampling::Stratified { .. } => "the strata",
        _ => "the unit",
    };
    Err(SamplingError::Paths { scheme: sampling.name(), paths: request.paths, unit, what })
}
