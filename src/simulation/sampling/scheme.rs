//! A sampling scheme compiled for one model: what the simulator asks.

use super::Sampling;
use super::error::SamplingError;
use super::horizon::Horizon;
use super::memory::SamplingMemory;
use crate::numeric::{InstructionSet, Streams};
use crate::simulation::block::FactorBlock;
use crate::simulation::conditional::ConditionalDraws;
use crate::simulation::correlated::Draw;
use crate::simulation::driver::Scale;
use crate::simulation::scratch::SimulationScratch;
use crate::simulation::{FactorModel, Process};

/// How the paths of a run are drawn.
#[derive(Debug, Clone)]
pub(in crate::simulation) enum Scheme {
    /// By the process alone.
    Plain,
    /// By the process, the returns of odd paths those of the even path before with opposite sign.
    Antithetic,
    /// By the process, corrected to where named factors end.
    Conditional(Box<ConditionalDraws>),
    /// The horizon first.
    Horizon(Box<HorizonScheme>),
}

/// Keeps the parts of the horizon scheme inside this module.
#[derive(Debug, Clone)]
pub(in crate::simulation) struct HorizonScheme(Horizon);

impl Scheme {
    /// Compiles `sampling` for the factors `drawn` of `model`.
    pub fn new(
        sampling: &Sampling,
        model: &FactorModel,
        drawn: &[usize],
    ) -> Result<Self, SamplingError> {
        if let Sampling::Antithetic = sampling {
            return match &model.process {
                Process::Gbm | Process::StudentT { .. } | Process::TCopula { .. } => {
                    Ok(Self::Antithetic)
                }
                _ => Err(SamplingError::Damaged("mirrored returns of an asymmetric process")),
            };
        }
        if let Sampling::Conditional { named, targets } = sampling {
            let draws = ConditionalDraws::new(model, drawn, (named, targets))?;
            return Ok(Self::Conditional(Box::new(draws)));
        }
        let horizon = Horizon::new(sampling, model, drawn)?;
        Ok(horizon.map_or(Self::Plain, |horizon| Self::Horizon(Box::new(HorizonScheme(horizon)))))
    }

    /// Working memory for blocks of up to `path_capacity` paths.
    pub fn memory(&self, path_capacity: usize) -> SamplingMemory {
        match self {
            Self::Plain => SamplingMemory::default(),
            Self::Antithetic => {
                let sources = Vec::with_capacity(path_capacity);
                SamplingMemory { sources, ..SamplingMemory::default() }
            }
            Self::Conditional(draws) => draws.memory(path_capacity),
            Self::Horizon(scheme) => scheme.0.memory(path_capacity),
        }
    }

    /// Draws what belongs to the whole horizon.
    pub fn start(
        &self,
        streams: &Streams,
        isa: InstructionSet,
        block: &mut FactorBlock,
        scratch: &mut SimulationScratch,
    ) {
        match self {
            Self::Plain => {}
            Self::Antithetic => {
                let sources = &mut scratch.sampling.sources;
                sources.clear();
                sources.extend(block.paths().iter().map(|path| path / 2));
            }
            Self::Conditional(draws) => draws.start(scratch),
            Self::Horizon(scheme) => scheme.0.start(streams, isa, block, scratch),
        }
    }

    /// Fills `scratch.increments`, to be multiplied by what is returned; `process` does so for the
    /// paths of the draw it is given.
    pub fn fill_increments(
        &self,
        node: usize,
        draw: &Draw,
        scratch: &mut SimulationScratch,
        process: impl Fn(&Draw, &mut SimulationScratch) -> Scale,
    ) -> Scale {
        match self {
            Self::Plain => process(draw, scratch),
            Self::Antithetic => {
                let sources = std::mem::take(&mut scratch.sampling.sources);
                let scale = process(&Draw { paths: &sources, ..*draw }, scratch);
                scratch.sampling.sources = sources;
                mirror(draw.paths, &mut scratch.increments);
                scale
            }
            Self::Conditional(draws) => {
                let scale = process(draw, scratch);
                draws.correct(node, draw.paths.len(), scale, scratch);
                scale
            }
            Self::Horizon(scheme) => scheme.0.fill_increments(node, draw, scratch),
        }
    }
}

/// Turns the sign of every return on odd paths.
fn mirror(paths: &[u64], increments: &mut [f64]) {
    for row in increments.chunks_exact_mut(paths.len()) {
        for (slot, path) in row.iter_mut().zip(paths) {
            *slot = if path % 2 == 1 { -*slot } else { *slot };
        }
    }
}
