//! Pilot paths: how far the main coins fall on them, to calibrate hazards of venues and pegs.
//!
//! Flows in: the fitted model, the seed, stated probabilities with the slope by which they follow
//! drawdowns. Flows out: one [`Hazard`] for each, part of the plan, so that every shard, thread and
//! solver takes the same. The pilot is the first paths of the seed, drawn plainly whatever the
//! sampling of the run. A hazard without a slope needs none: its intercept is exact.
//!
//! Limits: where there is a slope, the mean probability over the horizon is the stated one on the
//! pilot; on other paths it has the error of so many paths.

use serde::{Deserialize, Serialize};

use crate::margin::failure::{
    ClockTilt, FailureStrata, Hazard, PilotDrawdowns, add_drawdowns, horizon_probability,
};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::Portfolio;
use crate::scenario::Scenario;
use crate::simulation::{
    FactorBlock, FactorKey, FactorModel, SimulationError, SimulationScratch, Simulator, block_paths,
};
use crate::units::{Symbol, Years};

/// Paths of the pilot, or the most below it whose drawdowns are within [`NUMBERS_MAX`].
const PATHS_MAX: usize = 4096;
/// However many nodes, so many paths are drawn.
const PATHS_MIN: usize = 64;
/// Drawdowns kept at a time, over nodes and paths.
const NUMBERS_MAX: usize = 1 << 22;
/// Intercepts beyond are as good as never and surely, and stay numbers in a file.
const INTERCEPT: (f64, f64) = (-1e3, 700.0);

/// Calibrated hazards of everything that can break on a path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Hazards {
    /// One a venue, in portfolio order; `None`: it does not fail inside paths.
    pub venues: Vec<Option<Hazard>>,
    /// One a peg break of the scenario, in its order.
    pub peg_breaks: Vec<Hazard>,
    /// The node at which each venue fails by statement, in portfolio order; empty: none does.
    #[serde(default)]
    pub stated: Vec<Option<u32>>,
    /// How failures are drawn more often than they happen, where they are.
    #[serde(default)]
    pub strata: Option<FailureStrata>,
}

/// What a hazard is calibrated to.
#[derive(Debug, Clone, Copy)]
struct Stated<'a> {
    probability_1y: f64,
    slope: f64,
    /// With weights that sum to one.
    main_coins: &'a [(Symbol, f64)],
}

/// Hazards of the venues of `portfolio` and of the pegs of `scenario`, under `model`.
///
/// # Errors
/// A model that does not hold together.
pub(super) fn hazards(
    model: &FactorModel,
    scenario: &Scenario,
    portfolio: &Portfolio,
    isa: InstructionSet,
) -> Result<Hazards, SimulationError> {
    let mut pilot = Pilot::new(model, scenario, isa);
    let venues = venues(portfolio).map(|stated| stated.map(|stated| pilot.hazard(&stated)));
    let venues = venues.map(Option::transpose).collect::<Result<_, _>>()?;
    let peg_breaks = pegs(scenario).map(|stated| pilot.hazard(&stated));
    Ok(Hazards {
        venues,
        peg_breaks: peg_breaks.collect::<Result<_, _>>()?,
        stated: Vec::new(),
        strata: None,
    })
}

/// How the clocks of the venues that may fail, with their hazards in `hazards`, are drawn so that on
/// a `share` of the paths one strikes: index into `Portfolio::venues`, law of its clock. Venues that
/// fail by statement, never, or as often anyhow have none.
///
/// # Errors
/// As [`hazards`].
pub(super) fn tilts(
    model: &FactorModel,
    scenario: &Scenario,
    portfolio: &Portfolio,
    hazards: &Hazards,
    share: f64,
) -> Result<Vec<(usize, ClockTilt)>, SimulationError> {
    let mut pilot = Pilot::new(model, scenario, InstructionSet::detect());
    let has_account = |venue| portfolio.accounts.iter().any(|one| one.venue == Some(venue));
    let mut found = Vec::new();
    for (venue, (stated, hazard)) in venues(portfolio).zip(&hazards.venues).enumerate() {
        let Some((stated, hazard)) = stated.zip(hazard.as_ref()) else { continue };
        let by_statement = hazards.stated.get(venue).copied().flatten().is_some();
        if by_statement || !has_account(venue) || hazard.intercept() <= INTERCEPT.0 {
            continue;
        }
        let fastest = pilot.calibrated(&stated, ClockTilt::fastest_probability(share))?;
        let speed = libm::exp(fastest.intercept() - hazard.intercept());
        if speed > 1.0 && speed.is_finite() {
            found.push((venue, ClockTilt::new(share, speed)));
        }
    }
    Ok(found)
}

/// Factors of the coins whose drawdown a hazard follows: the model must have them, held or not.
pub(super) fn main_coins(portfolio: &Portfolio, scenario: &Scenario) -> Vec<FactorKey> {
    let stated = venues(portfolio).flatten().chain(pegs(scenario));
    let followed = stated.filter(|stated| stated.slope != 0.0);
    let coins = followed.flat_map(|stated| stated.main_coins);
    coins.map(|(coin, _)| FactorKey::Spot(coin.clone())).collect()
}

fn venues(portfolio: &Portfolio) -> impl Iterator<Item = Option<Stated<'_>>> {
    portfolio.venues.iter().map(|venue| {
        let failure = venue.failure.as_ref()?;
        Some(Stated {
            probability_1y: venue.default_probability_1y,
            slope: failure.wrong_way_slope,
            main_coins: &failure.main_coins,
        })
    })
}

fn pegs(scenario: &Scenario) -> impl Iterator<Item = Stated<'_>> {
    scenario.events.peg_breaks.iter().map(|peg| Stated {
        probability_1y: peg.probability_1y,
        slope: peg.wrong_way_slope,
        main_coins: &peg.main_coins,
    })
}

/// Weighted factors, as indices into the model.
type Weights = Vec<(usize, f64)>;

struct Pilot<'a> {
    model: &'a FactorModel,
    seed: u64,
    isa: InstructionSet,
    /// Drawdowns `[step][path]` of the coins seen so far.
    known: Vec<(Weights, Vec<f64>)>,
}

impl<'a> Pilot<'a> {
    fn new(model: &'a FactorModel, scenario: &Scenario, isa: InstructionSet) -> Self {
        Self { model, seed: scenario.simulation.seed, isa, known: Vec::new() }
    }

    fn hazard(&mut self, stated: &Stated) -> Result<Hazard, SimulationError> {
        let horizon = self.model.grid.nodes.last().copied().unwrap_or_default();
        self.calibrated(stated, horizon_probability(stated.probability_1y, horizon))
    }

    /// The hazard that follows the stated coins, with this mean probability over the horizon.
    fn calibrated(&mut self, stated: &Stated, probability: f64) -> Result<Hazard, SimulationError> {
        let steps = steps(&self.model.grid.nodes);
        let Stated { slope, main_coins, .. } = *stated;
        let found = if slope == 0.0 || probability <= 0.0 || probability >= 1.0 {
            let none = vec![0.0; steps.len()];
            let pilot = PilotDrawdowns { steps: &steps, drawdowns: &none };
            Hazard::calibrated(probability, slope, &pilot)
        } else {
            let drawdowns = self.drawdowns(main_coins)?;
            let pilot = PilotDrawdowns { steps: &steps, drawdowns };
            Hazard::calibrated(probability, slope, &pilot)
        };
        Ok(Hazard::new(found.intercept().clamp(INTERCEPT.0, INTERCEPT.1), slope))
    }

    /// Weighted drawdowns at every node, `[step][path]`.
    fn drawdowns(&mut self, main_coins: &[(Symbol, f64)]) -> Result<&[f64], SimulationError> {
        let weights = weights(self.model, main_coins);
        let known = self.known.iter().position(|(coins, _)| *coins == weights);
        let index = match known {
            Some(index) => index,
            None => {
                let drawdowns = drawdowns(self.model, &weights, self.seed, self.isa)?;
                self.known.push((weights, drawdowns));
                self.known.len() - 1
            }
        };
        Ok(&self.known[index].1)
    }
}

/// Indices of the coins' factors; a coin that the model lacks never falls.
pub(super) fn weights(model: &FactorModel, main_coins: &[(Symbol, f64)]) -> Vec<(usize, f64)> {
    let factor = |(coin, weight): &(Symbol, f64)| {
        Some((model.index(&FactorKey::Spot(coin.clone()))?, *weight))
    };
    main_coins.iter().filter_map(factor).collect()
}

/// Lengths of the steps between nodes.
fn steps(nodes: &[Years]) -> Vec<Years> {
    let before = std::iter::once(0.0).chain(nodes.iter().map(|node| node.get()));
    nodes.iter().zip(before).map(|(node, before)| Years(node.get() - before)).collect()
}

/// Drawdowns on the first paths of `seed`, `[step][path]`.
fn drawdowns(
    model: &FactorModel,
    weights: &[(usize, f64)],
    seed: u64,
    isa: InstructionSet,
) -> Result<Vec<f64>, SimulationError> {
    let nodes = model.grid.nodes.len();
    let paths = (NUMBERS_MAX / nodes.max(1)).clamp(PATHS_MIN, PATHS_MAX);
    let simulator = Simulator::new(model, seed, isa)?;
    let block_paths = block_paths(simulator.factor_count()).min(paths);
    let mut block = FactorBlock::new(simulator.factor_count(), block_paths);
    let mut scratch = SimulationScratch::new(&simulator, block_paths);
    let mut drawdowns = vec![0.0; nodes * paths];
    let mut highest = vec![1.0; weights.len() * block_paths];
    let ids: Vec<u64> = (0..paths as u64).collect();
    for ids in ids.chunks(block_paths) {
        simulator.start(ids, &mut block, &mut scratch);
        highest.fill(1.0);
        for node in 0..nodes {
            simulator.advance(node, &mut block, &mut scratch);
            let row = &mut drawdowns[node * paths + ids[0] as usize..][..ids.len()];
            for (&(factor, weight), highest) in weights.iter().zip(highest.chunks_mut(block_paths))
            {
                add_drawdowns(weight, block.level(factor), &mut highest[..ids.len()], row);
            }
        }
    }
    Ok(drawdowns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::margin::failure::step_probability;
    use crate::scenario::ReturnKind;
    use crate::simulation::{Factor, Process, TimeGrid};

    const STEPS: u32 = 20;

    fn model() -> FactorModel {
        let factor = |key: FactorKey| Factor {
            key,
            volatility: 0.8,
            source: "test".to_owned(),
            log_mean: vec![0.0; STEPS as usize],
        };
        FactorModel {
            factors: ["BTC", "ETH"].map(|coin| factor(FactorKey::Spot(coin.into()))).to_vec(),
            returns: ReturnKind::Log,
            grid: TimeGrid {
                nodes: (1..=STEPS).map(|day| Years::from_days(f64::from(day))).collect(),
                calibration_interval: Years::from_days(1.0),
            },
            correlation_factor: vec![1.0, 0.0, 0.6, 0.8],
            process: Process::Gbm,
        }
    }

    fn pilot(model: &FactorModel) -> Pilot<'_> {
        Pilot { model, seed: 7, isa: InstructionSet::detect(), known: Vec::new() }
    }

    /// Without a slope: −ln(1 − 3 %) a year, whatever the horizon.
    #[test]
    fn without_a_slope_the_hazard_is_exact() {
        let model = model();
        let stated = Stated { probability_1y: 0.03, slope: 0.0, main_coins: &[] };
        let hazard = pilot(&model).hazard(&stated).unwrap();
        let expected = -libm::log(0.97);
        approx::assert_relative_eq!(libm::exp(hazard.intercept()), expected, max_relative = 1e-9);
    }

    /// On paths of another seed the mean probability is the stated one, within 4 standard errors of
    /// both samples.
    #[test]
    fn the_mean_probability_holds_on_other_paths() {
        let model = model();
        let coins = [(Symbol::new("BTC"), 0.7), (Symbol::new("ETH"), 0.3)];
        let stated = Stated { probability_1y: 0.2, slope: 6.0, main_coins: &coins };
        let hazard = pilot(&model).hazard(&stated).unwrap();
        let others =
            drawdowns(&model, &weights(&model, &coins), 8, InstructionSet::detect()).unwrap();
        let steps = steps(&model.grid.nodes);
        let paths = others.len() / steps.len();
        let probability = |path: usize| {
            let rows = others.chunks_exact(paths).zip(&steps);
            let hazard = rows.map(|(row, step)| {
                libm::exp(hazard.intercept() + hazard.slope() * row[path]) * step.get()
            });
            step_probability(hazard.sum())
        };
        let each: Vec<f64> = (0..paths).map(probability).collect();
        let mean = each.iter().sum::<f64>() / paths as f64;
        let squares = each.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>();
        let error = (2.0 * squares).sqrt() / paths as f64;
        let expected = horizon_probability(0.2, Years::from_days(f64::from(STEPS)));
        assert!((mean - expected).abs() < 4.0 * error, "{mean}, not {expected} ± {error}");
        assert!(error < 0.02 * expected, "{error} shows nothing");
    }

    /// Drawdowns do not depend on the instruction set, and are kept for those who share them.
    #[test]
    fn drawdowns_are_shared_and_the_same_everywhere() {
        let model = model();
        let coins = [(Symbol::new("BTC"), 1.0)];
        let expected = drawdowns(&model, &[(0, 1.0)], 7, InstructionSet::Baseline).unwrap();
        assert!(expected.iter().all(|one| (0.0..1.0).contains(one)));
        assert!(expected.iter().any(|one| *one > 0.2));
        for isa in InstructionSet::available() {
            assert!(drawdowns(&model, &[(0, 1.0)], 7, isa).unwrap() == expected, "{isa}");
        }
        let mut pilot = pilot(&model);
        for _ in 0..2 {
            assert!(pilot.drawdowns(&coins).unwrap() == expected);
        }
        assert_eq!(pilot.known.len(), 1);
    }

    #[test]
    fn never_and_surely_stay_numbers() {
        let model = model();
        let coins = [(Symbol::new("BTC"), 1.0)];
        for (probability_1y, expected) in [(0.0, INTERCEPT.0), (1.0, INTERCEPT.1)] {
            let stated = Stated { probability_1y, slope: 200.0, main_coins: &coins };
            assert_eq!(pilot(&model).hazard(&stated).unwrap().intercept(), expected);
        }
    }
}
