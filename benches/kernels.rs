//! Nanoseconds a number of the kernels: draws, exponentials, Black-76 values, correlated draws.
//!
//! `cargo bench --bench kernels` prints, for each instruction set of this CPU, the time of one
//! element: one normal, one exponential, one factor on one path. Every repetition draws for new
//! paths, so that no draw is timed twice. Without FMA hardware (`baseline`) the fused multiply-add
//! is a library call: its times show the price of equal bits, and 500 correlated factors are left
//! out there.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use plimsoll::numeric::black76::{
    self, Deviation, Forwards, HeldOption, Right, Weight, add_option,
};
use plimsoll::numeric::matrix::{self, PackedFactor, TILE_PATHS, TilePlace};
use plimsoll::numeric::{InstructionSet, Purpose, Streams, kernel};

/// Paths in a block: eight arrays of them fit in a first-level cache.
const PATHS: usize = 512;
const SEED: u64 = 1;
const WARM_UP: Duration = Duration::from_millis(200);
const MEASUREMENT: Duration = Duration::from_millis(500);

/// Measures `step(isa, paths)` for each of `sets`; `elements` is its work, and the time reported
/// that of one of them.
fn times(
    criterion: &mut Criterion,
    name: &str,
    (sets, elements): (&[InstructionSet], usize),
    mut step: impl FnMut(InstructionSet, &[u64]),
) {
    let mut group = criterion.benchmark_group(name);
    settle(&mut group, elements);
    for &isa in sets {
        let mut paths: Vec<u64> = (0..PATHS as u64).collect();
        group.bench_function(BenchmarkId::from_parameter(isa), |bencher| {
            bencher.iter_custom(|repetitions| {
                let start = Instant::now();
                for _ in 0..repetitions {
                    step(isa, &paths);
                    paths.iter_mut().for_each(|path| *path += PATHS as u64);
                }
                start.elapsed() / elements as u32
            });
        });
    }
    group.finish();
}

/// Criterion sees the time of one element, so its times are given in those.
fn settle(group: &mut BenchmarkGroup<'_, WallTime>, elements: usize) {
    group.warm_up_time(WARM_UP / elements as u32);
    group.measurement_time(MEASUREMENT / elements as u32);
    group.sample_size(20);
}

fn every_set() -> Vec<InstructionSet> {
    InstructionSet::available()
}

fn draws(criterion: &mut Criterion) {
    let (mut even, mut odd) = (vec![0.0; PATHS], vec![0.0; PATHS]);
    times(criterion, "normal", (&every_set(), 2 * PATHS), |isa, path| {
        let streams = Streams::new(SEED, isa);
        streams.fill_normal_pair(Purpose::Diffusion, 0, 0, path, &mut even, &mut odd);
        black_box((&even, &odd));
    });
    times(criterion, "uniform", (&every_set(), PATHS), |isa, path| {
        Streams::new(SEED, isa).fill_uniforms(Purpose::Mixing, 0, 0, path, &mut even);
        black_box(&even);
    });
}

/// The elementwise kernels, on normals (or uniforms for the quantile) drawn before the clock runs.
fn elementwise(criterion: &mut Criterion) {
    let paths: Vec<u64> = (0..PATHS as u64).collect();
    let streams = Streams::new(SEED, InstructionSet::detect());
    let (mut normals, mut uniforms) = (vec![0.0; PATHS], vec![0.0; PATHS]);
    streams.fill_normals(Purpose::Diffusion, 0, 0, &paths, &mut normals);
    streams.fill_uniforms(Purpose::Mixing, 0, 0, &paths, &mut uniforms);
    let mut out = vec![0.0; PATHS];
    type Kernel = fn(InstructionSet, &[f64], &mut [f64]);
    let kernels: [(&str, Kernel, &[f64]); 4] = [
        ("exp", kernel::exp, &normals),
        ("ln", kernel::ln, &uniforms),
        ("normal_cdf", kernel::normal_cdf, &normals),
        ("normal_quantile", kernel::normal_quantile, &uniforms),
    ];
    for (name, function, input) in kernels {
        times(criterion, name, (&every_set(), PATHS), |isa, _| {
            function(isa, black_box(input), &mut out);
            black_box(&out);
        });
    }
}

/// One option added to a row: with one deviation, with one a path, and at its intrinsic value.
fn options(criterion: &mut Criterion) {
    let isa = InstructionSet::detect();
    let mut logs = vec![0.0; PATHS];
    let paths: Vec<u64> = (0..PATHS as u64).collect();
    Streams::new(SEED, isa).fill_normals(Purpose::Diffusion, 0, 0, &paths, &mut logs);
    logs.iter_mut().for_each(|log| *log *= 0.2);
    let mut levels = logs.clone();
    kernel::exp_in_place(isa, &mut levels);
    let mut roots = levels.clone();
    black76::square_roots(isa, &levels, &mut roots);
    let deviations = vec![0.17; PATHS];
    let held = HeldOption { right: Right::Put, strike: 1.05, log_strike: 0.048_79, amount: 2.0 };
    let mut sums = vec![0.0; PATHS];
    let cases = [
        ("option_flat", Deviation::Same(0.17)),
        ("option_moving", Deviation::Each(&deviations)),
        ("option_intrinsic", Deviation::Same(0.0)),
    ];
    for (name, deviation) in cases {
        times(criterion, name, (&every_set(), PATHS), |isa, _| {
            let forwards = Forwards { logs: &logs, levels: &levels, roots: &roots };
            let forwards = black_box(forwards);
            add_option(isa, held, forwards, deviation, Weight::One, &mut sums);
            black_box(&sums);
        });
    }
}

/// Correlated draws: normals, then the triangular product; an element is one factor on one path.
fn correlated(criterion: &mut Criterion) {
    let fast: Vec<_> =
        every_set().into_iter().filter(|&set| set != InstructionSet::Baseline).collect();
    for (size, sets) in [(20, every_set()), (500, fast)] {
        let factor = PackedFactor::new(size, &equicorrelation_factor(size));
        let mut tile = vec![0.0; size * TILE_PATHS];
        let mut out = vec![0.0; size * PATHS];
        times(criterion, &format!("correlated_draw/{size}"), (&sets, size * PATHS), |isa, ids| {
            let streams = Streams::new(SEED, isa);
            for (index, ids) in ids.chunks(TILE_PATHS).enumerate() {
                streams.fill_normal_rows(Purpose::Diffusion, 0, ids, TILE_PATHS, &mut tile);
                let (first, count) = (index * TILE_PATHS, ids.len());
                let place = TilePlace { first, count, stride: PATHS };
                factor.multiply_tile(isa, &tile, &mut out, place);
            }
            black_box(&out);
        });
    }
}

fn equicorrelation_factor(size: usize) -> Vec<f64> {
    let entry = |i: usize, j: usize| if i == j { 1.0 } else { 0.3 };
    let matrix = nalgebra::DMatrix::from_fn(size, size, entry);
    let factor = matrix::semidefinite_cholesky(&matrix).expect("0.3 is a valid correlation");
    factor.into_entries()
}

criterion_group!(benches, draws, elementwise, options, correlated);
criterion_main!(benches);
