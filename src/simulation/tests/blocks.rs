//! Neither the cut into blocks nor the instruction set nor the history of the scratch shows.

use super::support::*;
use crate::numeric::InstructionSet;
use crate::simulation::{
    FactorBlock, FactorModel, Process, SimulationError, SimulationScratch, Simulator,
    VarianceFilter,
};

fn models() -> Vec<FactorModel> {
    let nodes = [0.3, 1.0, 2.5, 4.0];
    let with = |process| model(process, &[0.8, 0.0, 1.2, 0.5], 0.4, &nodes);
    processes(4).into_iter().map(with).collect()
}

/// Bits of all logs and levels, `[path][node][factor]`, with blocks of the given sizes in turn.
fn bits(model: &FactorModel, paths: usize, cuts: &[usize], isa: InstructionSet) -> Vec<u64> {
    let simulator = Simulator::new(model, SEED, isa).unwrap();
    let capacity = *cuts.iter().max().unwrap();
    let mut block = FactorBlock::new(model.factors.len(), capacity);
    let mut scratch = SimulationScratch::new(&simulator, capacity);
    let mut found = vec![Vec::new(); paths];
    let mut first = 0;
    for cut in cuts.iter().cycle() {
        let count = (*cut).min(paths - first);
        if count == 0 {
            break;
        }
        // Far ids: both halves of the counter matter.
        let far = (u64::MAX >> 8) + first as u64;
        let ids: Vec<u64> = (far..far + count as u64).collect();
        simulator.start(&ids, &mut block, &mut scratch);
        for node in 0..model.grid.node_count() {
            simulator.advance(node, &mut block, &mut scratch);
            for factor in 0..model.factors.len() {
                for path in 0..count {
                    let bits = [block.log(factor)[path], block.level(factor)[path]];
                    found[first + path].extend(bits.map(f64::to_bits));
                }
            }
        }
        first += count;
    }
    found.concat()
}

#[test]
fn any_cut_gives_the_same_bits() {
    for model in models() {
        let whole = bits(&model, 257, &[257], InstructionSet::Baseline);
        for cuts in [vec![1], vec![64], vec![3, 50, 7], vec![256]] {
            let cut = bits(&model, 257, &cuts, InstructionSet::Baseline);
            assert!(whole == cut, "{} with blocks of {cuts:?}", model.process.name());
        }
    }
}

/// A path is the same wherever it stands in a block and whatever stands beside it.
#[test]
fn scattered_paths_give_the_same_bits() {
    let levels = |model: &FactorModel, ids: &[u64]| {
        let simulator = Simulator::new(model, SEED, InstructionSet::detect()).unwrap();
        let mut block = FactorBlock::new(model.factors.len(), ids.len());
        let mut scratch = SimulationScratch::new(&simulator, ids.len());
        simulator.start(ids, &mut block, &mut scratch);
        (0..model.grid.node_count())
            .for_each(|node| simulator.advance(node, &mut block, &mut scratch));
        let factors = 0..model.factors.len();
        factors.map(|factor| block.level(factor).to_vec()).collect::<Vec<_>>()
    };
    let scattered = [90, 3, 1 << 40, 4, 91, 17];
    for model in models() {
        let together = levels(&model, &scattered);
        for (place, id) in scattered.into_iter().enumerate() {
            let alone = levels(&model, &[id]);
            for (together, alone) in together.iter().zip(alone) {
                assert_eq!(together[place].to_bits(), alone[0].to_bits());
            }
        }
    }
}

#[test]
fn any_instruction_set_gives_the_same_bits() {
    for model in models() {
        let baseline = bits(&model, 100, &[100], InstructionSet::Baseline);
        for isa in InstructionSet::available() {
            assert!(baseline == bits(&model, 100, &[100], isa), "{} {isa}", model.process.name());
        }
    }
}

#[test]
fn a_model_survives_serialisation_to_the_bit() {
    for model in models() {
        let text = serde_json::to_string(&model).unwrap();
        let back: FactorModel = serde_json::from_str(&text).unwrap();
        let isa = InstructionSet::detect();
        assert!(bits(&model, 33, &[33], isa) == bits(&back, 33, &[33], isa));
    }
}

#[test]
fn what_others_do_to_a_level_stays() {
    let model = model(Process::Gbm, &[0.8], 0.0, &[1.0, 2.0]);
    let simulator = Simulator::new(&model, SEED, InstructionSet::detect()).unwrap();
    let run = |impact: f64| {
        let mut block = FactorBlock::new(1, 10);
        let mut scratch = SimulationScratch::new(&simulator, 10);
        simulator.start(&(0..10).collect::<Vec<_>>(), &mut block, &mut scratch);
        simulator.advance(0, &mut block, &mut scratch);
        block.factor_mut(0).0.iter_mut().for_each(|log| *log += impact);
        simulator.advance(1, &mut block, &mut scratch);
        block.log(0).to_vec()
    };
    for (hit, free) in run(-0.1).iter().zip(run(0.0)) {
        assert!((hit - free + 0.1).abs() < 1e-15);
    }
}

/// Two blocks taking turns hold what one moved in place holds, still and drifting factors too.
#[test]
fn advancing_from_a_block_gives_the_bits_of_moving_it() {
    for mut model in models() {
        model.factors[1].log_mean = vec![0.0, 0.1, 0.1, 0.3];
        let simulator = Simulator::new(&model, SEED, InstructionSet::detect()).unwrap();
        let (mut moved, mut other) = (FactorBlock::new(4, 70), FactorBlock::new(4, 70));
        let mut next = FactorBlock::new(4, 70);
        let mut scratch = SimulationScratch::new(&simulator, 70);
        let mut other_scratch = scratch.clone();
        for paths in [[3; 70], std::array::from_fn(|index| 9 * index as u64)] {
            simulator.start(&paths, &mut moved, &mut scratch);
            simulator.start(&paths, &mut other, &mut other_scratch);
            for node in 0..4 {
                simulator.advance(node, &mut moved, &mut scratch);
                simulator.advance_from(node, &other, &mut next, &mut other_scratch);
                std::mem::swap(&mut other, &mut next);
                for factor in 0..4 {
                    assert_eq!(other.log(factor), moved.log(factor), "{}", model.process.name());
                    assert_eq!(other.level(factor), moved.level(factor));
                    assert_eq!(other.uniform(factor), moved.uniform(factor));
                }
            }
        }
    }
}

#[test]
fn what_is_moved_apart_between_nodes_drifts_apart() {
    let mut model = model(Process::Gbm, &[0.8, 0.0], 0.0, &[1.0, 2.0]);
    model.factors[1].log_mean = vec![0.0, 0.5];
    let simulator = Simulator::new(&model, SEED, InstructionSet::detect()).unwrap();
    let mut block = FactorBlock::new(2, 3);
    let mut scratch = SimulationScratch::new(&simulator, 3);
    simulator.start(&[0, 1, 2], &mut block, &mut scratch);
    simulator.advance(0, &mut block, &mut scratch);
    block.factor_mut(1).0.copy_from_slice(&[0.0, 0.25, -0.25]);
    let (mut next, mut next_scratch) = (FactorBlock::new(2, 3), scratch.clone());
    simulator.advance_from(1, &block, &mut next, &mut next_scratch);
    simulator.advance(1, &mut block, &mut scratch);
    assert_eq!(block.log(1), [0.5, 0.75, 0.25]);
    assert_eq!(next.log(1), block.log(1));
}

#[test]
fn damaged_models_are_refused() {
    let isa = InstructionSet::detect();
    let sound = model(Process::Gbm, &[0.8, 0.5], 0.3, &[1.0]);
    let damaged = |damage: &dyn Fn(&mut FactorModel)| {
        let mut model = sound.clone();
        damage(&mut model);
        Simulator::new(&model, SEED, isa).unwrap_err()
    };
    let error = damaged(&|model| model.factors[1].volatility = f64::NAN);
    assert!(matches!(error, SimulationError::Volatility { .. }));
    let error = damaged(&|model| model.factors[0].log_mean.clear());
    assert!(matches!(error, SimulationError::LogMean { nodes: 1, .. }));
    let error = damaged(&|model| model.correlation_factor.truncate(3));
    assert!(matches!(error, SimulationError::MatrixShape { found: 3, expected: 4 }));
    let error = damaged(&|model| model.correlation_factor[2] = f64::INFINITY);
    assert!(matches!(error, SimulationError::MatrixEntry { entry: 2 }));
    let error = damaged(&|model| model.grid.nodes.clear());
    assert!(matches!(error, SimulationError::Grid(_)));
    for degrees_of_freedom in [2.0, 1.0, f64::NAN, f64::INFINITY] {
        let process = Process::StudentT { degrees_of_freedom, truncation: 1.6 };
        let error = damaged(&|model| model.process = process.clone());
        assert!(matches!(error, SimulationError::DegreesOfFreedom { .. }));
    }
    let marginals = vec![3.0];
    let process = Process::TCopula { degrees_of_freedom: 4.0, marginals, truncation: 1.6 };
    let error = damaged(&|model| model.process = process.clone());
    assert!(matches!(error, SimulationError::Count { found: 1, expected: 2, .. }));
    for own in [jumps(-1.0, 0.0, 0.1), jumps(1.0, f64::NAN, 0.1), jumps(1.0, 0.0, -0.1)] {
        let process = Process::Merton { common: jumps(1.0, 0.0, 0.1), own };
        let error = damaged(&|model| model.process = process.clone());
        assert!(matches!(error, SimulationError::Jumps { which: "own", .. }));
    }
    let mut short = history(2, 100);
    short.shocks.pop();
    let process = Process::Bootstrap { restart: 0.1, history: short };
    let error = damaged(&|model| model.process = process.clone());
    assert!(matches!(error, SimulationError::History { dates: 100, found: 199, factors: 2 }));
    let filter = VarianceFilter { omega: f64::NAN, alpha: 0.1, beta: 0.8, cap: 9.0 };
    let history = history(2, 100);
    let process = Process::FilteredHistorical { filters: vec![filter; 2], history };
    let error = damaged(&|model| model.process = process.clone());
    assert!(matches!(error, SimulationError::Filter { .. }));
    for truncation in [0.0, -1.0, 21.0, f64::NAN] {
        let process = Process::StudentT { degrees_of_freedom: 3.0, truncation };
        let error = damaged(&|model| model.process = process.clone());
        assert!(matches!(error, SimulationError::Truncation(_)));
    }
}
