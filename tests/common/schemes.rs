//! How often intervals cover the truth on samples drawn here, scheme by scheme: the estimators of
//! `risk` apart from the engine that draws for them.
//!
//! Two books of two standard normals whose VaR and ES are closed forms, and of whose loss a
//! scheme knows a part only: `Linear` loses `0.9·Z₁ + √0.19·Z₂`, a standard normal; `Squares`
//! loses `Z₁² + Z₂²`, an exponential of mean 2 (a delta-gamma loss without delta). Importance
//! sampling moves, strata cut and controls know `Z₁`.
#![allow(dead_code, missing_docs, clippy::disallowed_methods)]

use plimsoll::numeric::special::{normal_cdf, normal_pdf, normal_quantile};
use plimsoll::numeric::{InstructionSet, Purpose, Streams};
use plimsoll::risk::{
    LossSample, Needs, PathWeights, SampleDesign, Unit, expected_shortfall, normal_tail,
    value_at_risk,
};
use plimsoll::units::ConfidenceLevel;

/// What loses money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Book {
    Linear,
    Squares,
}

/// How paths are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scheme {
    Plain,
    /// `Z₁` shifted (`Linear`), both stretched (`Squares`).
    Importance,
    /// 25 equally likely strata of `Z₁`, one path of each a round.
    Stratified,
    /// Shifted or stretched, then strata of the drawn `Z₁`.
    ImportanceStratified,
    /// Exceedance and excess of `Z₁` (its square) over a level, whose means are known.
    Control,
    /// The same controls times the likelihood ratio, and the ratio itself, of mean one.
    ImportanceControl,
    Antithetic,
    /// 32 Fibonacci lattices, each shifted at random (Cranley & Patterson 1976).
    QuasiRandom,
}

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    /// Every path is said to be independent.
    UnitsIgnored,
    /// Likelihood ratios 8 % too large.
    RatiosTooLarge,
    /// Means of the controls too large by a tenth.
    MeansTooLarge,
    /// The highest stratum is never drawn, the one below it twice.
    StratumLeftOut,
}

impl Scheme {
    fn shifts(self) -> bool {
        matches!(self, Self::Importance | Self::ImportanceStratified | Self::ImportanceControl)
    }

    fn controls(self) -> bool {
        matches!(self, Self::Control | Self::ImportanceControl)
    }
}

const STRATA: usize = 25;
const REPLICATES: usize = 32;
/// Level of the controls: about the 98 % quantile of the known part.
const KNOWN_LEVEL: f64 = 1.9;
const SHIFT: f64 = 2.0;
const STRETCH: f64 = 2.0;

impl Book {
    /// VaR, ES.
    pub fn truth(self, level: ConfidenceLevel) -> [f64; 2] {
        match self {
            Self::Linear => {
                let tail = normal_tail(0.0, 1.0, level);
                [tail.value_at_risk, tail.expected_shortfall]
            }
            Self::Squares => {
                let value_at_risk = -2.0 * level.tail().ln();
                [value_at_risk, value_at_risk + 2.0]
            }
        }
    }

    fn loss(self, z: [f64; 2]) -> f64 {
        match self {
            Self::Linear => 0.9 * z[0] + 0.19f64.sqrt() * z[1],
            Self::Squares => z[0] * z[0] + z[1] * z[1],
        }
    }

    /// Drawn normals moved to where losses are, and their likelihood ratio.
    fn moved(self, z: [f64; 2]) -> ([f64; 2], f64) {
        match self {
            Self::Linear => {
                let moved = [z[0] + SHIFT, z[1]];
                (moved, (-SHIFT * moved[0] + 0.5 * SHIFT * SHIFT).exp())
            }
            Self::Squares => {
                let square = z[0] * z[0] + z[1] * z[1];
                let ratio = STRETCH * STRETCH * (-0.5 * (STRETCH * STRETCH - 1.0) * square).exp();
                (z.map(|one| STRETCH * one), ratio)
            }
        }
    }

    /// Controls of the known part.
    fn known(self, z: [f64; 2]) -> [f64; 2] {
        let (part, level) = match self {
            Self::Linear => (z[0], KNOWN_LEVEL),
            Self::Squares => (z[0] * z[0], 4.0),
        };
        [f64::from(u8::from(part > level)), (part - level).max(0.0)]
    }

    /// Their means.
    fn known_means(self) -> [f64; 2] {
        let beyond = |level: f64| normal_cdf(-level);
        match self {
            Self::Linear => {
                let p = beyond(KNOWN_LEVEL);
                [p, normal_pdf(KNOWN_LEVEL) - KNOWN_LEVEL * p]
            }
            // E[Z²; |Z| > 2] = 2(2φ(2) + Φ(−2)).
            Self::Squares => {
                let p = 2.0 * beyond(2.0);
                [p, 4.0 * normal_pdf(2.0) + p - 4.0 * p]
            }
        }
    }
}

/// Normals of one sample, by path.
struct Normals {
    first: Vec<f64>,
    second: Vec<f64>,
    unit: Unit,
}

impl Normals {
    fn draw(scheme: Scheme, fault: Fault, seed: u64, paths: usize) -> Self {
        let streams = Streams::new(seed, InstructionSet::detect());
        match scheme {
            Scheme::Antithetic => antithetic(&streams, paths),
            Scheme::QuasiRandom => lattices(&streams, paths),
            Scheme::Stratified | Scheme::ImportanceStratified => {
                let left_out = usize::from(fault == Fault::StratumLeftOut);
                stratified(&streams, paths, STRATA - 1 - left_out)
            }
            _ => {
                let [first, second] = [0, 1].map(|factor| normals(&streams, factor, paths));
                Self { first, second, unit: Unit::Path }
            }
        }
    }
}

fn ids(count: usize) -> Vec<u64> {
    (0..count as u64).collect()
}

fn normals(streams: &Streams, factor: u32, count: usize) -> Vec<f64> {
    let mut out = vec![0.0; count];
    streams.fill_normals(Purpose::Synthetic, 0, factor, &ids(count), &mut out);
    out
}

fn uniforms(streams: &Streams, factor: u32, count: usize) -> Vec<f64> {
    let mut out = vec![0.0; count];
    streams.fill_uniforms(Purpose::Synthetic, 1, factor, &ids(count), &mut out);
    out
}

fn antithetic(streams: &Streams, paths: usize) -> Normals {
    let pairs = |factor| {
        let half = normals(streams, factor, paths / 2);
        half.into_iter().flat_map(|z| [z, -z]).collect()
    };
    Normals { first: pairs(0), second: pairs(1), unit: Unit::AntitheticPair }
}

fn stratified(streams: &Streams, paths: usize, highest: usize) -> Normals {
    let paths = paths - paths % STRATA;
    let inside = uniforms(streams, 0, paths).into_iter().enumerate();
    let stratum = |path: usize| (path % STRATA).min(highest) as f64;
    let first = inside.map(|(path, u)| (stratum(path) + u) / STRATA as f64);
    let first = first.map(normal_quantile).collect();
    Normals { first, second: normals(streams, 1, paths), unit: Unit::Round { paths: STRATA } }
}

/// Fibonacci lattices `(i/F_k, {i·F_(k−1)/F_k})`, of the largest F_k that fits.
fn lattices(streams: &Streams, paths: usize) -> Normals {
    let (mut step, mut points) = (1, 2);
    while step + points <= paths / REPLICATES {
        (step, points) = (points, step + points);
    }
    let shifts = [0, 1].map(|factor| uniforms(streams, factor, REPLICATES));
    let coordinate = |shift: &[f64], step: usize| {
        let point = |path: usize| {
            let (replicate, index) = (path / points, path % points);
            let even = ((index * step) % points) as f64 / points as f64;
            normal_quantile((even + shift[replicate]).fract().clamp(1e-16, 1.0 - 1e-16))
        };
        (0..REPLICATES * points).map(point).collect()
    };
    Normals {
        first: coordinate(&shifts[0], 1),
        second: coordinate(&shifts[1], step),
        unit: Unit::Replicate { paths: points },
    }
}

/// One sample with what its weights are made of.
struct Drawn {
    losses: Vec<f64>,
    ratios: Vec<f64>,
    controls: Vec<f64>,
    design: SampleDesign,
}

fn draw(book: Book, scheme: Scheme, fault: Fault, seed: u64, paths: usize) -> Drawn {
    let Normals { first, second, unit } = Normals::draw(scheme, fault, seed, paths);
    let unit = if fault == Fault::UnitsIgnored { Unit::Path } else { unit };
    let mut drawn = Drawn {
        losses: Vec::with_capacity(first.len()),
        ratios: Vec::new(),
        controls: Vec::new(),
        design: SampleDesign { unit, control_means: means(book, scheme, fault) },
    };
    let inflated = if fault == Fault::RatiosTooLarge { 1.08 } else { 1.0 };
    for (&a, &b) in first.iter().zip(&second) {
        let (z, ratio) = if scheme.shifts() { book.moved([a, b]) } else { ([a, b], 1.0) };
        drawn.losses.push(book.loss(z));
        if scheme.shifts() {
            drawn.ratios.push(inflated * ratio);
        }
        if scheme.controls() {
            drawn.controls.extend(book.known(z).map(|control| control * ratio));
        }
        if scheme == Scheme::ImportanceControl {
            drawn.controls.push(ratio);
        }
    }
    drawn
}

fn means(book: Book, scheme: Scheme, fault: Fault) -> Vec<f64> {
    if !scheme.controls() {
        return Vec::new();
    }
    let wrong = if fault == Fault::MeansTooLarge { 1.1 } else { 1.0 };
    let mut means = book.known_means().map(|mean| wrong * mean).to_vec();
    if scheme == Scheme::ImportanceControl {
        means.push(1.0);
    }
    means
}

/// What many samples measured: VaR, ES.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scored {
    pub runs: u64,
    /// Runs whose interval covered the truth.
    pub covered: [u64; 2],
    /// Mean half-width.
    pub half_width: [f64; 2],
}

impl Scored {
    pub fn coverage(&self) -> [f64; 2] {
        self.covered.map(|covered| covered as f64 / self.runs as f64)
    }
}

/// Runs `runs` seeds of about `paths` paths.
pub fn score(
    book: Book,
    scheme: Scheme,
    fault: Fault,
    level: f64,
    paths: usize,
    runs: u64,
) -> Scored {
    let level = ConfidenceLevel::new(level).unwrap();
    let truth = book.truth(level);
    let needs = Needs { levels: &[level], worst_paths: 1 };
    let mut scored = Scored { runs, ..Scored::default() };
    for seed in 0..runs {
        let Drawn { losses, ratios, controls, design } = draw(book, scheme, fault, seed, paths);
        let weights = PathWeights::new(losses.len(), &ratios, &controls, &design).unwrap();
        let sample = LossSample::new(&losses, &weights, &needs).unwrap();
        let intervals = [
            value_at_risk(&sample, level).interval_95,
            expected_shortfall(&sample, level).interval_95,
        ];
        for (index, interval) in intervals.into_iter().enumerate() {
            let [low, high] = interval.map(|end| end.amount());
            scored.covered[index] += u64::from(low <= truth[index] && truth[index] <= high);
            scored.half_width[index] += 0.5 * (high - low) / runs as f64;
        }
    }
    scored
}
