//! The median move of every factor given the moves of some.

use super::dates::{Nearest, nearest_dates};
use super::{ConditionalError, Conditioning};
use crate::numeric::special::{student_t_cdf, student_t_quantile};
use crate::simulation::{FactorModel, Process};
use crate::units::Years;

/// Tail probability that stands for all smaller ones.
const TAIL_SMALLEST: f64 = 1e-280;

/// Moves of all factors.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalMoves {
    /// In model order: the stated moves of the named factors, medians of the others.
    pub moves: Vec<f64>,
    /// Mahalanobis distance of the named moves under the model's covariance over the time.
    pub distance: f64,
    /// How they were found, for the reader.
    pub how: String,
}

/// The median move of every factor, given the moves of the `named` ones over `time`.
///
/// # Errors
/// [`ConditionalError`]: named factors that determine each other, a model that draws nothing.
pub fn conditional_moves(
    model: &FactorModel,
    named: &[(usize, f64)],
    time: Years,
) -> Result<ConditionalMoves, ConditionalError> {
    let factors: Vec<usize> = named.iter().map(|(factor, _)| *factor).collect();
    let conditioning = Conditioning::new(model, &factors)?;
    let informing: Vec<f64> = conditioning
        .named
        .iter()
        .filter_map(|factor| named.iter().find(|(one, _)| one == factor))
        .map(|(_, change)| *change)
        .collect();
    let distance = conditioning.distance_squared(&informing, time).sqrt();
    let given = Given { model, conditioning, moves: informing, time };
    let (mut moves, how) = given.medians()?;
    for (factor, change) in named {
        moves[*factor] = *change;
    }
    Ok(ConditionalMoves { moves, distance, how })
}

struct Given<'a> {
    model: &'a FactorModel,
    conditioning: Conditioning,
    moves: Vec<f64>,
    time: Years,
}

impl Given<'_> {
    fn medians(&self) -> Result<(Vec<f64>, String), ConditionalError> {
        let p = self.moves.len() as f64;
        match &self.model.process {
            Process::Gbm => Ok((self.linear(&self.moves), "normal: Σ_un Σ_nn⁻¹ s".to_owned())),
            Process::StudentT { degrees_of_freedom, truncation } => {
                let moves = self.linear(&self.moves).into_iter();
                let moves = moves.map(|one| one.clamp(-truncation, *truncation)).collect();
                let nu = degrees_of_freedom + p;
                let how = format!("Student-t: Σ_un Σ_nn⁻¹ s, {nu:.1} degrees of freedom given s");
                Ok((moves, how))
            }
            Process::Merton { .. } => {
                let how = "jumps: Σ_un Σ_nn⁻¹ s with the covariance of total returns".to_owned();
                Ok((self.linear(&self.moves), how))
            }
            Process::TCopula { degrees_of_freedom, marginals, truncation } => {
                let moves = self.copula(*degrees_of_freedom, marginals)?.into_iter();
                let moves = moves.map(|one| one.clamp(-truncation, *truncation)).collect();
                Ok((moves, "t copula: the location in the copula's coordinates".to_owned()))
            }
            Process::Bootstrap { history, .. } | Process::FilteredHistorical { history, .. } => {
                let Nearest { moves, dates } = nearest_dates(
                    self.model,
                    history,
                    (&self.conditioning, &self.moves),
                    self.time,
                );
                Ok((moves, format!("history: weighted medians over the {dates} nearest dates")))
            }
            Process::Historical { .. } => Err(ConditionalError::NothingDrawn),
        }
    }

    /// `Σ_un Σ_nn⁻¹ s`.
    fn linear(&self, moves: &[f64]) -> Vec<f64> {
        let of = |factor: usize| {
            let slopes = self.conditioning.slopes(self.model, factor);
            slopes.iter().zip(moves).map(|(slope, change)| slope * change).sum()
        };
        (0..self.model.factors.len()).map(of).collect()
    }

    /// In units of volatility over the time, each factor's copula coordinate is a t with the
    /// copula's degrees of freedom; given some the others' medians are their location.
    fn copula(&self, nu: f64, marginals: &[f64]) -> Result<Vec<f64>, ConditionalError> {
        let root = self.time.get().sqrt();
        let volatility = |factor: usize| self.model.factors[factor].volatility;
        let mut coordinates = Vec::with_capacity(self.moves.len());
        for (&factor, change) in self.conditioning.named.iter().zip(&self.moves) {
            let own = marginals[factor];
            let unit = ((own - 2.0) / own).sqrt();
            let t = carried(change / (volatility(factor) * root * unit), own, nu);
            if !t.is_finite() {
                let factor = self.model.factors[factor].key.to_string();
                return Err(ConditionalError::TooFar { factor });
            }
            // In the covariance of the model a coordinate counts for a volatility.
            coordinates.push(t * volatility(factor));
        }
        let locations = self.linear(&coordinates).into_iter().enumerate();
        let back = |(factor, location): (usize, f64)| {
            let volatility = volatility(factor);
            if volatility == 0.0 {
                return 0.0;
            }
            let own = marginals[factor];
            let unit = ((own - 2.0) / own).sqrt();
            carried(location / volatility, nu, own) * unit * volatility * root
        };
        Ok(locations.map(back).collect())
    }
}

/// The point of a t with `to` degrees of freedom that has the probability of `value` under one with
/// `from`.
fn carried(value: f64, from: f64, to: f64) -> f64 {
    if value == 0.0 || from == to {
        return value;
    }
    let tail = student_t_cdf(-value.abs(), from).max(TAIL_SMALLEST);
    student_t_quantile(tail.min(0.5), to).abs().copysign(value)
}
