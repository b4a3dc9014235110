//! A coin of the desk's own and money at a venue that may fail, whose VaR and ES are known by
//! quadrature: how often intervals of runs cover them, with failures drawn plainly and in strata.
//! Shared by the test and the example.
//!
//! One step of a normal log-return x with deviation s about −s²/2: the coins lose `N·S·(1 − eˣ)`, and
//! with probability `1 − exp(−e^{a + b·w}·Δ)` given x, w = (1 − eˣ)⁺, the venue fails and 60 % of the
//! money there is lost. The intercept a is the plan's, calibrated on its pilot paths.
#![allow(dead_code, missing_docs, clippy::disallowed_methods)]

use std::fs;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::InstructionSet;
use plimsoll::risk::{LossSample, Needs, expected_shortfall, value_at_risk};
use plimsoll::scenario::FailureSampling;
use plimsoll::units::ConfidenceLevel;
use rayon::prelude::*;

use crate::exact_sum::{Atoms, normal_grid, tail_of_sum};

pub const LEVELS: [f64; 2] = [0.975, 0.99];
const SPOT: f64 = 60_000.0;
const COINS: f64 = 5.0;
const MONEY: f64 = 400_000.0;
/// Of the money, once the venue has failed.
const LOST: f64 = 0.6;
const VOLATILITY: f64 = 0.6;
const DAY: f64 = 1.0 / 365.0;

/// How the venue fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Failing {
    /// In 0.4 % of days, whatever prices do: part of the tail.
    Often,
    /// In 0.4 % of days, mostly those on which the coin falls.
    WrongWay,
    /// With 0.5 % a year.
    Rarely,
}

impl Failing {
    pub const ALL: [Self; 3] = [Self::Often, Self::WrongWay, Self::Rarely];

    fn annual(self) -> f64 {
        match self {
            Self::Often | Self::WrongWay => 1.0 - 0.996_f64.powf(365.0),
            Self::Rarely => 0.005,
        }
    }

    fn slope(self) -> f64 {
        if self == Self::WrongWay { 40.0 } else { 0.0 }
    }

    /// Written, loaded and built.
    pub fn plan(self, failures: FailureSampling, paths: u64) -> Plan {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, text: String| fs::write(folder.path().join(name), text);
        let market = format!(
            "name = \"one coin\"\nas_of = 2026-01-01T00:00:00Z\n\
             [[asset]]\nsymbol = \"BTC\"\nprice = {SPOT}\n[[underlying]]\nsymbol = \"BTC\"\n\
             volatility = {{ type = \"flat\", volatility = {VOLATILITY} }}\n"
        );
        let portfolio = format!(
            "name = \"book\"\n[[venue]]\nname = \"v\"\ndefault_probability_1y = {}\n\
             [venue.failure]\nwrong_way_slope = {}\nmain_coins = {{ BTC = 1 }}\n\
             claim_marks = {{ USD = {{ mean = {} }} }}\n\
             [[account]]\nname = \"money\"\nvenue = \"v\"\nrecourse = true\n\
             balance = [{{ asset = \"USD\", quantity = {MONEY} }}]\n\
             [[account]]\nname = \"coins\"\nbalance = [{{ asset = \"BTC\", quantity = {COINS} }}]\n",
            self.annual(),
            self.slope(),
            1.0 - LOST,
        );
        let scenario = format!(
            "name = \"failing\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
             [simulation]\nhorizon = \"1d\"\npaths = {paths}\nseed = 1\nrevaluation = \"full\"\n\
             [model]\nprocess = {{ type = \"gbm\" }}\ndrift = \"martingale\"\n\
             [model.stated_volatility]\n\"BTC.spot\" = {VOLATILITY}\n\
             [measures]\nlevels = [0.975, 0.99]\nworst_paths = 1\n"
        );
        put("market.toml", market).expect("writable");
        put("portfolio.toml", portfolio).expect("writable");
        put("scenario.toml", scenario).expect("writable");
        let overrides = Overrides { failures: Some(failures), ..Overrides::default() };
        let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
        let inputs = engine::load(&folder.path().join("scenario.toml"), &options);
        let inputs = inputs.unwrap_or_else(|error| panic!("{error}"));
        Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
    }

    /// VaR and ES at each level.
    pub fn truth(self, plan: &Plan) -> Vec<[f64; 2]> {
        let hazard = plan.hazards.venues[0].expect("it may fail");
        let deviation = VOLATILITY * DAY.sqrt();
        let mut losses = Vec::new();
        for (z, mass) in normal_grid(400_000) {
            let level = (deviation * z - 0.5 * deviation * deviation).exp();
            let drawdown = (1.0 - level).max(0.0);
            let rate = (hazard.intercept() + hazard.slope() * drawdown).exp();
            let fails = -(-rate * DAY).exp_m1();
            let coins = COINS * SPOT * (1.0 - level);
            losses.extend([(coins, mass * (1.0 - fails)), (coins + LOST * MONEY, mass * fails)]);
        }
        let atoms = Atoms::new(&losses, |loss| loss);
        LEVELS.iter().map(|&level| tail_of_sum(&[(0.0, 1.0)], &atoms, level)).collect()
    }
}

/// What many runs measured at one level: VaR, ES.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scored {
    pub runs: u64,
    /// Runs whose interval covered the truth.
    pub covered: [u64; 2],
    /// Mean distance from the truth.
    pub distance: [f64; 2],
    /// Mean square distance from the truth.
    pub square: [f64; 2],
}

impl Scored {
    pub fn coverage(&self) -> [f64; 2] {
        self.covered.map(|covered| covered as f64 / self.runs as f64)
    }

    fn add(&mut self, index: usize, [loss, low, high]: [f64; 3], truth: f64) {
        let share = 1.0 / self.runs as f64;
        self.covered[index] += u64::from(low <= truth && truth <= high);
        self.distance[index] += share * (loss - truth);
        self.square[index] += share * (loss - truth) * (loss - truth);
    }
}

/// Runs `plan` with seeds `0..runs`, weights left out where they are `forgotten`; one score a level.
pub fn score(plan: &Plan, truth: &[[f64; 2]], runs: u64, weights: Weights) -> Vec<Scored> {
    let measured: Vec<_> =
        (0..runs).into_par_iter().map(|seed| measure(plan, seed, weights)).collect();
    let level = |index: usize| {
        let mut scored = Scored { runs, ..Scored::default() };
        for rows in &measured {
            scored.add(0, rows[index][0], truth[index][0]);
            scored.add(1, rows[index][1], truth[index][1]);
        }
        scored
    };
    (0..truth.len()).map(level).collect()
}

/// Whether paths count their weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weights {
    Counted,
    Forgotten,
}

/// VaR and ES at each level of one run, each with the ends of its interval.
fn measure(plan: &Plan, seed: u64, weights: Weights) -> [[[f64; 3]; 2]; 2] {
    let mut plan = plan.clone();
    plan.scenario.simulation.seed = seed;
    let (isa, control) = (InstructionSet::detect(), Control::none());
    let mut part = engine::settled_losses(&plan, isa, &control).expect("it runs").part;
    if weights == Weights::Forgotten {
        part.ratios.fill(1.0);
    }
    let weights = part.weights(part.losses.len(), &plan.sample_design()).expect("it weighs");
    let levels = LEVELS.map(|level| ConfidenceLevel::new(level).expect("a level"));
    let needs = Needs { levels: &levels, worst_paths: 1 };
    let sample = LossSample::new(&part.losses, &weights, &needs).expect("finite losses");
    levels.map(|level| {
        let (var, es) = (value_at_risk(&sample, level), expected_shortfall(&sample, level));
        let ends = [var.interval_95, es.interval_95].map(|ends| ends.map(|end| end.amount()));
        [[var.loss.amount(), ends[0][0], ends[0][1]], [es.loss.amount(), ends[1][0], ends[1][1]]]
    })
}
