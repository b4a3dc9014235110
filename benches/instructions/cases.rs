//! The pieces of work that are counted.

use std::hint::black_box;

use plimsoll::engine::{self, Control};
use plimsoll::numeric::black76::{
    self, Deviation, Forwards, HeldOption, Right, Weight, add_option,
};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::numeric::matrix::{PackedFactor, TILE_PATHS, TilePlace};
use plimsoll::numeric::{Purpose, Streams, kernel};
use plimsoll::risk::{PathWeights, tail_mean};
use plimsoll::scenario::Revaluation;
use plimsoll::units::ConfidenceLevel;

use crate::region::counted_region;
use crate::workload::{Sampling, Work, plan};

/// A piece of work.
pub struct Case {
    pub name: &'static str,
    /// What it is made of, to print a count each.
    pub elements: u64,
    /// Prepares, then works inside the counted region.
    pub run: fn(),
}

/// Paths in a block.
const PATHS: usize = 512;
const SEED: u64 = 1;
/// The widest set that valgrind knows.
pub const ISA: InstructionSet = InstructionSet::Avx2;

const PAIRS: usize = 32;
const REPEATS: usize = 64;
const LOSSES: usize = 100_000;
const DESK_PATHS: u64 = 2 * PATHS as u64;
const ACCOUNT_PATHS: u64 = 128;

pub const CASES: &[Case] = &[
    Case { name: "normals", elements: (2 * PAIRS * PATHS) as u64, run: normals },
    Case { name: "exp", elements: (REPEATS * PATHS) as u64, run: exponentials },
    Case { name: "ln", elements: (REPEATS * PATHS) as u64, run: logarithms },
    Case { name: "normal_cdf", elements: (REPEATS * PATHS) as u64, run: normal_cdfs },
    Case { name: "normal_quantile", elements: (REPEATS * PATHS) as u64, run: normal_quantiles },
    Case { name: "black76_flat", elements: (REPEATS * PATHS) as u64, run: options },
    Case { name: "product_20", elements: (20 * PATHS) as u64, run: product::<20> },
    Case { name: "product_500", elements: (500 * PATHS) as u64, run: product::<500> },
    Case { name: "tail_99", elements: LOSSES as u64, run: tail },
    Case { name: "w1_full_first_pass", elements: 1_000 * DESK_PATHS, run: desk },
    Case { name: "w3_first_pass", elements: 20 * 288 * ACCOUNT_PATHS, run: accounts },
];

fn paths() -> Vec<u64> {
    (0..PATHS as u64).collect()
}

fn streams() -> Streams {
    Streams::new(SEED, ISA)
}

fn normals() {
    let (paths, streams) = (paths(), streams());
    let (mut even, mut odd) = (vec![0.0; PATHS], vec![0.0; PATHS]);
    counted_region(|| {
        for pair in 0..PAIRS as u32 {
            streams.fill_normal_pair(Purpose::Diffusion, 0, pair, &paths, &mut even, &mut odd);
            black_box((&even, &odd));
        }
    });
}

type Elementwise = fn(InstructionSet, &[f64], &mut [f64]);

fn elementwise(function: Elementwise, input: &[f64]) {
    let mut out = vec![0.0; input.len()];
    counted_region(|| {
        for _ in 0..REPEATS {
            function(ISA, black_box(input), &mut out);
            black_box(&out);
        }
    });
}

fn drawn_normals() -> Vec<f64> {
    let mut drawn = vec![0.0; PATHS];
    streams().fill_normals(Purpose::Diffusion, 0, 0, &paths(), &mut drawn);
    drawn
}

fn drawn_uniforms() -> Vec<f64> {
    let mut drawn = vec![0.0; PATHS];
    streams().fill_uniforms(Purpose::Mixing, 0, 0, &paths(), &mut drawn);
    drawn
}

fn exponentials() {
    elementwise(kernel::exp, &drawn_normals());
}

fn logarithms() {
    elementwise(kernel::ln, &drawn_uniforms());
}

fn normal_cdfs() {
    elementwise(kernel::normal_cdf, &drawn_normals());
}

fn normal_quantiles() {
    elementwise(kernel::normal_quantile, &drawn_uniforms());
}

fn options() {
    let mut logs = drawn_normals();
    logs.iter_mut().for_each(|log| *log *= 0.2);
    let mut levels = logs.clone();
    kernel::exp_in_place(ISA, &mut levels);
    let mut roots = levels.clone();
    black76::square_roots(ISA, &levels, &mut roots);
    let held = HeldOption { right: Right::Put, strike: 1.05, log_strike: 0.048_79, amount: 2.0 };
    let mut sums = vec![0.0; PATHS];
    counted_region(|| {
        for _ in 0..REPEATS {
            let forwards = Forwards { logs: &logs, levels: &levels, roots: &roots };
            let forwards = black_box(forwards);
            add_option(ISA, held, forwards, Deviation::Same(0.17), Weight::One, &mut sums);
            black_box(&sums);
        }
    });
}

/// One block of the triangular product; the factor's values do not matter to the count.
fn product<const SIZE: usize>() {
    let entry = |index: usize| if index % SIZE <= index / SIZE { 0.3 } else { 0.0 };
    let factor: Vec<f64> = (0..SIZE * SIZE).map(entry).collect();
    let factor = PackedFactor::new(SIZE, &factor);
    let tile = vec![0.5; SIZE * TILE_PATHS];
    let mut out = vec![0.0; SIZE * PATHS];
    counted_region(|| {
        for first in (0..PATHS).step_by(TILE_PATHS) {
            let place = TilePlace { first, count: TILE_PATHS, stride: PATHS };
            factor.multiply_tile(ISA, black_box(&tile), &mut out, place);
        }
        black_box(&out);
    });
}

fn tail() {
    let mut losses = vec![0.0; LOSSES];
    let paths: Vec<u64> = (0..LOSSES as u64).collect();
    streams().fill_normals(Purpose::Diffusion, 0, 0, &paths, &mut losses);
    let level = ConfidenceLevel::new(0.99).expect("inside (0.5, 1)");
    let weights = PathWeights::plain(LOSSES);
    counted_region(|| black_box(tail_mean(&losses, &weights, level)).expect("finite"));
}

fn desk() {
    first_pass(Work::W1, DESK_PATHS);
}

fn accounts() {
    first_pass(Work::W3, ACCOUNT_PATHS);
}

/// Compiling the book and the first pass, on one thread.
fn first_pass(work: Work, paths: u64) {
    let sampling = Sampling { paths, seed: SEED, revaluation: Revaluation::Full };
    let plan = plan(&work.generate(), sampling);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread starts");
    let pass = || engine::losses(&plan, 0..paths, ISA, &Control::none()).expect("it runs");
    pool.install(|| counted_region(|| black_box(pass())));
}
