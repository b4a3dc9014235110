//! How often the intervals of whole runs cover the truth, for every sampling scheme of the engine
//! on books whose VaR and ES are known by quadrature: shared by the test and the example.
//!
//! Scenario, market and book are documents; the scheme is fitted by `Plan::build` to the book, as
//! for a user. Returns are logarithmic and revaluation full, so that no scheme knows the loss: its
//! delta-gamma expansion is only near it. Coins are independent, so that the loss is a sum of two
//! functions of one variable each, and exact figures need Black-76 (`statrs`) and sums only.
#![allow(dead_code, missing_docs, clippy::disallowed_methods)]

use std::fs;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::InstructionSet;
use plimsoll::risk::{LossSample, Needs, Unit, expected_shortfall, value_at_risk};
use plimsoll::scenario::SamplingMethod;
use plimsoll::units::ConfidenceLevel;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::exact_sum::{Atoms, normal_grid, student_grid, tail_of_sum};

pub const LEVELS: [f64; 2] = [0.975, 0.99];
pub const METHODS: [SamplingMethod; 6] = [
    SamplingMethod::Plain,
    SamplingMethod::Antithetic,
    SamplingMethod::Importance,
    SamplingMethod::Stratified,
    SamplingMethod::ControlVariate,
    SamplingMethod::Sobol,
];

/// What is held, under which process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum World {
    /// Long one coin, short the other, normal log-returns.
    Linear,
    /// Short straddles of a month on one coin, strangles on the other, normal log-returns.
    Straddles,
    /// Short options that expire a day after the horizon, 4 % out of the money: a delta-gamma
    /// expansion says little of them.
    ShortDated,
    /// A short straddle and some of the coin, Student-t log-returns with five degrees of freedom.
    StudentT,
}

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    /// Weighted paths measured as plain ones.
    RatiosIgnored,
    /// Every path is said to be independent.
    UnitsIgnored,
    /// Known means of the controls too large by a tenth.
    MeansTooLarge,
}

const BTC: f64 = 60_000.0;
const ETH: f64 = 2_500.0;
const BTC_VOLATILITY: f64 = 0.6;
const ETH_VOLATILITY: f64 = 0.75;
const DAY: f64 = 1.0 / 365.0;
const DEGREES: f64 = 5.0;
/// Bound of a Student-t log-return: ln 5, the model's default.
const TRUNCATION: f64 = 1.609_437_912_434_100_3;

/// A position on one coin.
#[derive(Clone, Copy)]
enum Held {
    /// Linear perpetual.
    Perpetual(f64),
    /// Days to expiry, strike, quantity.
    Call(f64, f64, f64),
    Put(f64, f64, f64),
}

/// Positions on BTC and on ETH.
fn book(world: World) -> [Vec<Held>; 2] {
    use Held::{Call, Perpetual, Put};
    match world {
        World::Linear => [vec![Perpetual(10.0)], vec![Perpetual(-200.0)]],
        World::Straddles => [
            vec![Call(30.0, 60_000.0, -10.0), Put(30.0, 60_000.0, -10.0), Perpetual(2.0)],
            vec![Call(30.0, 2_750.0, -200.0), Put(30.0, 2_250.0, -200.0)],
        ],
        World::ShortDated => [
            vec![Call(2.0, 62_400.0, -10.0), Put(2.0, 57_600.0, -10.0)],
            vec![Call(2.0, 2_600.0, -200.0), Put(2.0, 2_400.0, -200.0)],
        ],
        World::StudentT => {
            [vec![Call(30.0, 60_000.0, -10.0), Put(30.0, 60_000.0, -10.0), Perpetual(5.0)], vec![]]
        }
    }
}

impl World {
    pub const ALL: [Self; 4] = [Self::Linear, Self::Straddles, Self::ShortDated, Self::StudentT];

    /// VaR and ES at each level.
    pub fn truth(self) -> Vec<[f64; 2]> {
        let [btc, eth] = book(self);
        let loss = |held: &[Held], spot: f64, volatility: f64, level: f64| -> f64 {
            held.iter()
                .map(|one| one.value(spot, volatility, 1.0) - one.after(spot, volatility, level))
                .sum()
        };
        let deviation = |volatility: f64| volatility * DAY.sqrt();
        let (outer, inner) = if self == Self::StudentT {
            let grid = student_grid(DEGREES, 400_000);
            let scale = deviation(BTC_VOLATILITY) * ((DEGREES - 2.0) / DEGREES).sqrt();
            let held = |t: f64| (scale * t).clamp(-TRUNCATION, TRUNCATION).exp();
            let mean: f64 = grid.iter().map(|&(t, mass)| mass * held(t)).sum();
            let atoms = Atoms::new(&grid, |t| loss(&btc, BTC, BTC_VOLATILITY, held(t) / mean));
            (vec![(0.0, 1.0)], atoms)
        } else {
            let level = |volatility: f64, z: f64| {
                let deviation = deviation(volatility);
                (deviation * z - 0.5 * deviation * deviation).exp()
            };
            let of_eth = |z| loss(&eth, ETH, ETH_VOLATILITY, level(ETH_VOLATILITY, z));
            let of_btc = |z| loss(&btc, BTC, BTC_VOLATILITY, level(BTC_VOLATILITY, z));
            let outer = normal_grid(1_000).into_iter().map(|(z, mass)| (of_eth(z), mass));
            (outer.collect(), Atoms::new(&normal_grid(20_000), of_btc))
        };
        LEVELS.iter().map(|&level| tail_of_sum(&outer, &inner, level)).collect()
    }

    /// Written, loaded and built.
    pub fn plan(self, method: SamplingMethod, aim: f64, paths: u64) -> Plan {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, text: String| fs::write(folder.path().join(name), text);
        put("market.toml", MARKET.to_owned()).expect("writable");
        put("portfolio.toml", self.portfolio()).expect("writable");
        put("scenario.toml", self.scenario(aim, paths)).expect("writable");
        let overrides = Overrides { sampling: Some(method), ..Overrides::default() };
        let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
        let inputs = engine::load(&folder.path().join("scenario.toml"), &options);
        let inputs = inputs.unwrap_or_else(|error| panic!("{error}"));
        Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
    }

    fn scenario(self, aim: f64, paths: u64) -> String {
        let (process, factors) = match self {
            Self::StudentT => ("{ type = \"student_t\", degrees_of_freedom = 5 }", 1),
            _ => ("{ type = \"gbm\" }", 2),
        };
        let stated: String = ["\"BTC.spot\" = 0.6\n", "\"ETH.spot\" = 0.75\n"][..factors].concat();
        let correlation = "[model.correlation]\nestimator = \"stated\"\n\
             factors = [\"BTC.spot\", \"ETH.spot\"]\nmatrix = [[1.0, 0.0], [0.0, 1.0]]\n";
        let correlation = if factors == 2 { correlation } else { "" };
        format!(
            "name = \"coverage\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n\
             [simulation]\nhorizon = \"1d\"\npaths = {paths}\nseed = 1\nreturns = \"log\"\n\
             revaluation = \"full\"\n[model]\nprocess = {process}\ndrift = \"martingale\"\n\
             {correlation}[model.stated_volatility]\n{stated}\
             [measures]\nlevels = [0.975, 0.99]\ncontribution_level = {aim}\nworst_paths = 1\n"
        )
    }

    fn portfolio(self) -> String {
        let mut text = "name = \"book\"\n[[account]]\nname = \"desk\"\n".to_owned();
        for (coin, held) in ["BTC", "ETH"].into_iter().zip(book(self)) {
            for (index, one) in held.iter().enumerate() {
                text += &one.document(coin, index);
            }
        }
        text
    }
}

const MARKET: &str = "name = \"two coins\"\nas_of = 2026-01-01T00:00:00Z\n\
    [[asset]]\nsymbol = \"BTC\"\nprice = 60_000\n[[asset]]\nsymbol = \"ETH\"\nprice = 2_500\n\
    [[underlying]]\nsymbol = \"BTC\"\nvolatility = { type = \"flat\", volatility = 0.6 }\n\
    [[underlying]]\nsymbol = \"ETH\"\nvolatility = { type = \"flat\", volatility = 0.75 }\n";

impl Held {
    fn value(self, spot: f64, volatility: f64, level: f64) -> f64 {
        self.worth(spot, volatility, level, 0.0)
    }

    /// At the horizon, where the spot is `level` of today's.
    fn after(self, spot: f64, volatility: f64, level: f64) -> f64 {
        self.worth(spot, volatility, level, 1.0)
    }

    /// Black (1976) without rates.
    fn worth(self, spot: f64, volatility: f64, level: f64, days: f64) -> f64 {
        let (expiry, strike, quantity, sign) = match self {
            Self::Perpetual(quantity) => return quantity * spot * (level - 1.0),
            Self::Call(expiry, strike, quantity) => (expiry, strike, quantity, 1.0),
            Self::Put(expiry, strike, quantity) => (expiry, strike, quantity, -1.0),
        };
        let normal = Normal::standard();
        let deviation = volatility * ((expiry - days) * DAY).sqrt();
        let forward = spot * level;
        let upper = (forward / strike).ln() / deviation + 0.5 * deviation;
        let cdf = |x: f64| normal.cdf(sign * x);
        quantity * sign * (forward * cdf(upper) - strike * cdf(upper - deviation))
    }

    fn document(self, coin: &str, index: usize) -> String {
        let head = |kind: &str| {
            format!(
                "[[position]]\ntype = \"{kind}\"\nid = \"{coin} {index}\"\naccount = \"desk\"\n\
                 underlying = \"{coin}\"\nsettlement = \"linear\"\nquote = \"USD\"\n"
            )
        };
        let option = |right: &str, expiry: f64, strike: f64, quantity: f64| {
            let day = 1 + expiry as u32;
            head("option")
                + &format!(
                    "expiry = 2026-01-{day:02}T00:00:00Z\nstrike = {strike}\nright = \"{right}\"\n\
                     quantity = {quantity}\n"
                )
        };
        match self {
            Self::Perpetual(quantity) => {
                let price = if coin == "BTC" { BTC } else { ETH };
                head("perpetual") + &format!("quantity = {quantity}\nentry_price = {price}\n")
            }
            Self::Call(expiry, strike, quantity) => option("call", expiry, strike, quantity),
            Self::Put(expiry, strike, quantity) => option("put", expiry, strike, quantity),
        }
    }
}

/// What many runs measured at one level: VaR, ES.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scored {
    pub runs: u64,
    /// Runs whose interval covered the truth.
    pub covered: [u64; 2],
    /// Runs whose interval lies above the truth.
    pub above: [u64; 2],
    /// Mean half-width.
    pub half_width: [f64; 2],
    /// Mean square distance from the truth.
    pub square: [f64; 2],
}

impl Scored {
    pub fn coverage(&self) -> [f64; 2] {
        self.covered.map(|covered| covered as f64 / self.runs as f64)
    }

    fn add(&mut self, index: usize, [loss, low, high]: Figure, truth: f64) {
        self.covered[index] += u64::from(low <= truth && truth <= high);
        self.above[index] += u64::from(truth < low);
        self.half_width[index] += 0.5 * (high - low);
        self.square[index] += (loss - truth) * (loss - truth);
    }
}

/// Runs `plan` with seeds `0..runs`; one score a level.
pub fn score(plan: &Plan, truth: &[[f64; 2]], fault: Fault, runs: u64) -> Vec<Scored> {
    let measured: Vec<_> =
        (0..runs).into_par_iter().map(|seed| measure(plan, fault, seed)).collect();
    let level = |index: usize| {
        let mut scored = Scored { runs, ..Scored::default() };
        for rows in &measured {
            scored.add(0, rows[index][0], truth[index][0]);
            scored.add(1, rows[index][1], truth[index][1]);
        }
        let share = 1.0 / runs as f64;
        scored.half_width = scored.half_width.map(|sum| sum * share);
        scored.square = scored.square.map(|sum| sum * share);
        scored
    };
    (0..truth.len()).map(level).collect()
}

/// An estimate and the ends of its interval.
type Figure = [f64; 3];

/// VaR and ES at each level of one run, as the engine measures its losses.
fn measure(plan: &Plan, fault: Fault, seed: u64) -> [[Figure; 2]; 2] {
    let mut plan = plan.clone();
    plan.scenario.simulation.seed = seed;
    let (isa, control) = (InstructionSet::detect(), Control::none());
    let mut part = engine::settled_losses(&plan, isa, &control).expect("it runs").part;
    let mut design = plan.sample_design();
    match fault {
        Fault::None => {}
        Fault::RatiosIgnored => part.ratios.clear(),
        Fault::UnitsIgnored => design.unit = Unit::Path,
        Fault::MeansTooLarge => design.control_means.iter_mut().for_each(|mean| *mean *= 1.1),
    }
    let count = part.losses.len();
    let weights = part.weights(count, &design).expect("it weighs");
    let levels = LEVELS.map(|level| ConfidenceLevel::new(level).expect("a level"));
    let needs = Needs { levels: &levels, worst_paths: 1 };
    let sample = LossSample::new(&part.losses, &weights, &needs).expect("finite losses");
    levels.map(|level| {
        let (var, es) = (value_at_risk(&sample, level), expected_shortfall(&sample, level));
        let [var_ends, es_ends] =
            [var.interval_95, es.interval_95].map(|ends| ends.map(|end| end.amount()));
        [(var.loss, var_ends), (es.loss, es_ends)]
            .map(|(loss, [low, high])| [loss.amount(), low, high])
    })
}
