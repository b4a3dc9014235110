//! Proposing candidates: a grid, points that fill space, and refinements around the front.

use super::document::SearchDocument;
use super::evaluate::Evaluated;
use super::parameter::{Axis, Parameter};
use crate::numeric::sobol::{Scramble, SobolSequence};
use crate::numeric::{InstructionSet, Streams};
use crate::outcome::Standing;

/// How candidates are proposed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Search {
    /// Sobol points of the first round; `None`: a grid.
    points: Option<u32>,
    pub refinements: u32,
}

/// The points of a search are the same whatever the paths' seed.
const SCRAMBLE_SEED: u64 = 1;

impl Search {
    pub fn of(document: &SearchDocument) -> Self {
        match *document {
            SearchDocument::Grid { refinements } => Self { points: None, refinements },
            SearchDocument::Sobol { candidates, refinements } => {
                Self { points: Some(candidates), refinements }
            }
        }
    }

    /// Candidates of the first round.
    pub fn count(&self, parameters: &[Parameter]) -> usize {
        let sizes = parameters.iter().map(|one| one.axis.points().len());
        let grid = sizes.fold(1_usize, usize::saturating_mul);
        self.points.map_or(grid, |points| points as usize)
    }

    /// For outputs.
    pub fn describe(&self) -> String {
        let first = match self.points {
            None => "every combination of the values".to_owned(),
            Some(points) => format!("{points} scrambled Sobol points"),
        };
        match self.refinements {
            0 => first,
            1 => format!("{first}, then 1 round that halves the spacing around the front"),
            rounds => {
                format!("{first}, then {rounds} rounds that halve the spacing around the front")
            }
        }
    }

    /// The first round, in order.
    pub fn first(&self, parameters: &[Parameter]) -> Vec<Vec<f64>> {
        match self.points {
            None => grid(parameters),
            Some(points) => sobol(parameters, points),
        }
    }

    /// The neighbours of the front at half the spacing of the round before, none known already.
    pub fn around(
        &self,
        round: u32,
        parameters: &[Parameter],
        known: &[Evaluated],
    ) -> Vec<Vec<f64>> {
        let mut proposed: Vec<Vec<f64>> = Vec::new();
        let front = known.iter().filter(|one| one.standing == Standing::Front);
        for one in front {
            for (index, parameter) in parameters.iter().enumerate() {
                let Axis::Range { from, to, points } = parameter.axis else { continue };
                let spacing = self.spacing(parameters.len(), to - from, points);
                let step = spacing * libm::exp2(-f64::from(round));
                for side in [-1.0, 1.0] {
                    let mut values = one.values.clone();
                    values[index] = (values[index] + side * step).clamp(from, to);
                    let same = |other: &[f64]| other == values.as_slice();
                    let is_known = known.iter().any(|one| same(&one.values));
                    if !is_known && !proposed.iter().any(|other| same(other)) {
                        proposed.push(values);
                    }
                }
            }
        }
        proposed
    }

    /// Distance between neighbours of the first round along one parameter.
    fn spacing(&self, dimensions: usize, width: f64, points: u32) -> f64 {
        match self.points {
            None => width / f64::from(points - 1),
            Some(count) => width / libm::pow(f64::from(count), 1.0 / dimensions as f64),
        }
    }
}

/// Every combination, the last parameter fastest.
fn grid(parameters: &[Parameter]) -> Vec<Vec<f64>> {
    let mut found = vec![Vec::new()];
    for parameter in parameters {
        let points = parameter.axis.points();
        let longer = |values: &Vec<f64>| {
            let with = |&value: &f64| values.iter().copied().chain([value]).collect::<Vec<f64>>();
            points.iter().map(with).collect::<Vec<_>>()
        };
        found = found.iter().flat_map(longer).collect();
    }
    found
}

fn sobol(parameters: &[Parameter], count: u32) -> Vec<Vec<f64>> {
    let sequence = SobolSequence::new(parameters.len());
    let indices: Vec<u32> = (0..count).collect();
    let isa = InstructionSet::Baseline;
    let streams = Streams::new(SCRAMBLE_SEED, isa);
    let mut found = vec![Vec::with_capacity(parameters.len()); indices.len()];
    let mut row = vec![0.0; indices.len()];
    for (dimension, parameter) in parameters.iter().enumerate() {
        let Axis::Range { from, to, .. } = parameter.axis else { continue };
        let scramble = Scramble::draw(&streams, 0, dimension as u32);
        sequence.fill_uniforms(isa, dimension, scramble, &indices, &mut row);
        for (values, share) in found.iter_mut().zip(&row) {
            values.push(from + (to - from) * share);
        }
    }
    found
}
