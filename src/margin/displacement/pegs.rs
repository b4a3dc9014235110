//! Pegs that break on paths, by the drawdown of the main coins.

use super::DisplacementSetting;
use crate::margin::failure::{Hazard, PegBreak, PegState, add_drawdowns};
use crate::numeric::{InstructionSet, Purpose, Streams};
use crate::simulation::{FactorBlock, FactorKey, FactorModel};
use crate::units::{Symbol, Years};

/// A stablecoin whose peg can break.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakingPeg {
    /// The stablecoin.
    pub asset: Symbol,
    /// Coins whose drawdown counts, with weights that sum to one.
    pub main_coins: Vec<(Symbol, f64)>,
    /// When, and how far.
    pub law: PegBreak,
}

/// The pegs of the model that can break.
#[derive(Debug, Clone)]
pub(super) struct Pegs {
    pegs: Vec<Peg>,
    /// Factors of the main coins of all.
    mains: Vec<usize>,
    /// Lengths of the steps.
    steps: Vec<Years>,
    streams: Streams,
}

#[derive(Debug, Clone)]
struct Peg {
    asset: Symbol,
    factor: usize,
    law: PegBreak,
    /// Index among the main coins, weight.
    weights: Vec<(usize, f64)>,
}

/// Pegs on the paths of a block.
#[derive(Debug, Clone)]
pub(super) struct PegPaths {
    /// `[peg][path]`.
    states: Vec<PegState>,
    /// Highest level so far, `[main coin][path]`.
    highest: Vec<f64>,
    hazards: Vec<f64>,
    uniforms: Vec<f64>,
    /// Whether any peg has broken on the block.
    any: bool,
}

/// A peg that broke at a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    pub peg: usize,
    pub place: usize,
    /// What is left of its price.
    pub factor: f64,
}

impl Pegs {
    pub fn compile(setting: &DisplacementSetting) -> Self {
        let model = setting.model;
        let mut mains: Vec<usize> = Vec::new();
        let mut main = |symbol: &Symbol| {
            let factor = model.index(&FactorKey::Spot(symbol.clone()))?;
            Some(mains.iter().position(|one| *one == factor).unwrap_or_else(|| {
                mains.push(factor);
                mains.len() - 1
            }))
        };
        let pegs = setting.pegs.iter().filter_map(|peg| {
            let factor = model.index(&FactorKey::Peg(peg.asset.clone()))?;
            let weights = peg.main_coins.iter();
            let weights = weights.filter_map(|(coin, weight)| Some((main(coin)?, *weight)));
            let (asset, law) = (peg.asset.clone(), peg.law.clone());
            Some(Peg { asset, factor, law, weights: weights.collect() })
        });
        let pegs = pegs.collect();
        Self { pegs, mains, steps: steps(model), streams: setting.streams }
    }

    pub fn is_empty(&self) -> bool {
        self.pegs.is_empty()
    }

    pub fn assets(&self) -> impl Iterator<Item = &Symbol> {
        self.pegs.iter().map(|peg| &peg.asset)
    }

    pub fn hazards(&self) -> impl Iterator<Item = Hazard> {
        self.pegs.iter().map(|peg| peg.law.hazard)
    }

    pub fn paths(&self, path_capacity: usize) -> PegPaths {
        PegPaths {
            states: vec![PegState::default(); self.pegs.len() * path_capacity],
            highest: vec![1.0; self.mains.len() * path_capacity],
            hazards: vec![0.0; path_capacity],
            uniforms: vec![0.0; path_capacity],
            any: false,
        }
    }

    pub fn start_block(&self, paths: &mut PegPaths) {
        paths.states.fill(PegState::default());
        paths.highest.fill(1.0);
        paths.any = false;
    }

    /// Breaks the pegs of a block in the step to a node, by the model's prices there.
    pub fn step(
        &self,
        isa: InstructionSet,
        node: usize,
        model: &FactorBlock,
        paths: &mut PegPaths,
        mut told: impl FnMut(Broken),
    ) {
        let count = model.path_count();
        for (index, peg) in self.pegs.iter().enumerate() {
            let PegPaths { states, highest, hazards, uniforms, any } = paths;
            let (hazards, uniforms) = (&mut hazards[..count], &mut uniforms[..count]);
            hazards.fill(0.0);
            for &(main, weight) in &peg.weights {
                let highest = &mut highest[main * count..][..count];
                add_drawdowns(weight, model.level(self.mains[main]), highest, hazards);
            }
            peg.law.hazard.fill_step(isa, self.steps[node], hazards);
            let (step, ids) = (node as u32, model.paths());
            let factor = 2 * index as u32;
            self.streams.fill_uniforms(Purpose::PegBreak, step, factor, ids, uniforms);
            let states = &mut states[index * count..][..count];
            for (place, state) in states.iter_mut().enumerate() {
                if hazards[place] <= uniforms[place] {
                    continue;
                }
                let mut depth = [0.0];
                let path = &ids[place..=place];
                self.streams.fill_uniforms(Purpose::PegBreak, step, factor + 1, path, &mut depth);
                if peg.law.step(hazards[place], [uniforms[place], depth[0]], state) {
                    *any = true;
                    told(Broken { peg: index, place, factor: state.factor });
                }
            }
        }
    }

    /// Writes broken pegs to the displaced block. Every peg that can break is written, so that what
    /// a path holds does not depend on the others of its block.
    pub fn write(&self, displaced: &mut FactorBlock, paths: &PegPaths) {
        let count = displaced.path_count();
        for (index, peg) in self.pegs.iter().enumerate() {
            let (logs, levels) = displaced.factor_mut(peg.factor);
            if !paths.any {
                continue;
            }
            let states = paths.states[index * count..][..count].iter().enumerate();
            for (place, state) in states.filter(|(_, state)| state.is_broken()) {
                logs[place] += libm::log(state.factor);
                levels[place] *= state.factor;
            }
        }
    }
}

fn steps(model: &FactorModel) -> Vec<Years> {
    let nodes = &model.grid.nodes;
    let starts = std::iter::once(Years::default()).chain(nodes.iter().copied());
    nodes.iter().zip(starts).map(|(end, start)| Years(end.get() - start.get())).collect()
}
