//! The law of the delta-gamma loss under the model: normal, or Student-t.

use super::error::SamplingError;
use super::expansion::PrincipalQuadratic;
use crate::numeric::quadratic_law::{QuadraticLaw, ScaledExcessLaw, StudentQuadraticLaw};
use crate::simulation::{FactorModel, Process};

/// The delta-gamma loss L as a random variable.
#[derive(Debug, Clone)]
pub(super) enum LossLaw {
    Normal(QuadraticLaw),
    StudentT(StudentQuadraticLaw),
}

/// The twisted quantity Q, of which L > target is Q > 0, under its own exponential twist.
#[derive(Debug, Clone)]
pub(super) enum TwistedLaw {
    Normal { law: QuadraticLaw, cumulant: f64 },
    StudentT(ScaledExcessLaw),
}

impl LossLaw {
    /// Under the process of `model`.
    pub fn of(
        model: &FactorModel,
        quadratic: &PrincipalQuadratic,
        scheme: &'static str,
    ) -> Result<Self, SamplingError> {
        let law = quadratic.law.clone();
        match &model.process {
            Process::Gbm => Ok(Self::Normal(law)),
            Process::StudentT { degrees_of_freedom, .. } => {
                check_one_interval(model, scheme)?;
                let degrees_of_freedom = *degrees_of_freedom;
                Ok(Self::StudentT(StudentQuadraticLaw { quadratic: law, degrees_of_freedom }))
            }
            other => Err(SamplingError::Process {
                scheme,
                process: other.name(),
                supported: "gbm, and student_t within one calibration interval",
            }),
        }
    }

    pub fn tail_probability(&self, x: f64) -> f64 {
        match self {
            Self::Normal(law) => law.tail_probability(x),
            Self::StudentT(law) => law.tail_probability(x),
        }
    }

    pub fn expected_excess(&self, x: f64) -> f64 {
        match self {
            Self::Normal(law) => law.expected_excess(x),
            Self::StudentT(law) => law.expected_excess(x),
        }
    }

    pub fn upper_quantile(&self, tail: f64) -> f64 {
        match self {
            Self::Normal(law) => law.upper_quantile(tail),
            Self::StudentT(law) => law.upper_quantile(tail),
        }
    }

    pub fn twist_to(&self, target: f64) -> f64 {
        match self {
            Self::Normal(law) => law.twist_to(target),
            Self::StudentT(law) => law.twist_to(target),
        }
    }

    pub fn twisted(&self, target: f64, theta: f64) -> TwistedLaw {
        match self {
            Self::Normal(law) => {
                let mut excess = law.clone();
                excess.constant -= target;
                let cumulant = excess.cumulant(theta);
                TwistedLaw::Normal { law: excess.twisted(theta), cumulant }
            }
            Self::StudentT(law) => TwistedLaw::StudentT(law.scaled_excess(target, theta)),
        }
    }
}

impl TwistedLaw {
    /// ln E\[e^{θQ}\] before the twist.
    pub fn cumulant(&self) -> f64 {
        match self {
            Self::Normal { cumulant, .. } => *cumulant,
            Self::StudentT(law) => law.cumulant_at_twist(),
        }
    }

    /// What the twist divides the χ² of the mixing variable by.
    pub fn mixing_divisor(&self) -> f64 {
        match self {
            Self::Normal { .. } => 1.0,
            Self::StudentT(law) => law.mixing_divisor(),
        }
    }

    /// P(Q > q), of Student-t returns to about a thousandth: their last digits take long.
    pub fn rough_tail_probability(&self, q: f64) -> f64 {
        match self {
            Self::Normal { law, .. } => law.tail_probability(q),
            Self::StudentT(law) => law.rough_tail_probability(q),
        }
    }

    pub fn upper_quantile(&self, tail: f64) -> f64 {
        match self {
            Self::Normal { law, .. } => law.upper_quantile(tail),
            Self::StudentT(law) => law.upper_quantile(tail),
        }
    }
}

/// Positions closer than this to the end of an interval are its end.
const SAME_POSITION: f64 = 1e-9;

fn check_one_interval(model: &FactorModel, scheme: &'static str) -> Result<(), SamplingError> {
    let (horizon, interval) = (model.grid.horizon(), model.grid.calibration_interval);
    if horizon.get() <= interval.get() * (1.0 + SAME_POSITION) {
        return Ok(());
    }
    Err(SamplingError::SeveralIntervals {
        scheme,
        horizon_days: horizon.days(),
        interval_days: interval.days(),
    })
}
