//! Rates of what the losses of a run are measured by: nanoseconds a loss.
//!
//! `cargo bench --bench tail` prints elements a second at 10⁵ to 10⁷ losses, drawn before the
//! clock runs; a full sort of them stands beside for comparison.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use plimsoll::numeric::{InstructionSet, Purpose, Streams};
use plimsoll::risk::{
    LossSample, Needs, PathWeights, SampleDesign, TailSummary, TailWindows, expected_shortfall,
    histogram, moments, tail_mean, value_at_risk,
};
use plimsoll::units::ConfidenceLevel;

const COUNTS: [usize; 3] = [100_000, 1_000_000, 10_000_000];
/// Losses an engine block hands over.
const BLOCK: usize = 4_096;

fn levels() -> [ConfidenceLevel; 2] {
    [0.975, 0.99].map(|level| ConfidenceLevel::new(level).expect("inside (0.5, 1)"))
}

fn losses(count: usize) -> Vec<f64> {
    let paths: Vec<u64> = (0..count as u64).collect();
    let mut losses = vec![0.0; count];
    let streams = Streams::new(1, InstructionSet::detect());
    streams.fill_normals(Purpose::Synthetic, 0, 0, &paths, &mut losses);
    losses
}

/// VaR and ES of both levels.
fn measured(sample: &LossSample) -> [f64; 4] {
    let [a, b] = levels();
    let at_risk = [a, b].map(|level| value_at_risk(sample, level).loss.amount());
    let shortfall = [a, b].map(|level| expected_shortfall(sample, level).loss.amount());
    [at_risk[0], at_risk[1], shortfall[0], shortfall[1]]
}

fn plain(group: &mut BenchmarkGroup<'_, WallTime>, losses: &[f64]) {
    let (levels, weights) = (levels(), PathWeights::plain(losses.len()));
    group.bench_function("full sort", |bencher| {
        bencher.iter(|| {
            let mut sorted = losses.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            black_box(sorted)
        });
    });
    group.bench_function("ES 99 %", |bencher| {
        bencher.iter(|| black_box(tail_mean(losses, &weights, levels[1])));
    });
    group.bench_function("VaR and ES, 97.5 % and 99 %", |bencher| {
        bencher.iter(|| black_box(measured(&LossSample::plain(losses, &levels).expect("finite"))));
    });
    let sample = LossSample::plain(losses, &levels).expect("finite");
    group.bench_function("histogram", |bencher| bencher.iter(|| black_box(histogram(&sample))));
    group.bench_function("moments", |bencher| bencher.iter(|| black_box(moments(&sample))));
}

fn weighted(group: &mut BenchmarkGroup<'_, WallTime>, losses: &[f64]) {
    let ratios: Vec<f64> = losses.iter().map(|loss| libm::exp(0.5 * loss - 0.125)).collect();
    let weights = PathWeights::new(losses.len(), &ratios, &[], &SampleDesign::plain());
    let weights = weights.expect("ratios are positive");
    let needs = Needs { levels: &levels(), worst_paths: 20 };
    group.bench_function("weighted VaR and ES, 97.5 % and 99 %", |bencher| {
        bencher.iter(|| {
            let sample = LossSample::new(losses, &weights, &needs).expect("finite");
            black_box(measured(&sample))
        });
    });
}

fn summarised(group: &mut BenchmarkGroup<'_, WallTime>, losses: &[f64]) {
    let needs = Needs { levels: &levels(), worst_paths: 20 };
    let pilot = &losses[..losses.len() / 10];
    let windows = TailWindows::new(pilot, losses.len() as u64, &needs).expect("finite");
    group.bench_function("summary of a large run", |bencher| {
        bencher.iter(|| {
            let mut summary = TailSummary::new(&windows);
            for (first_path, block) in (0..).step_by(BLOCK).zip(losses.chunks(BLOCK)) {
                summary.push(first_path, block).expect("finite");
            }
            black_box(summary.finish().expect("every window holds"))
        });
    });
}

fn tails(criterion: &mut Criterion) {
    for count in COUNTS {
        let losses = losses(count);
        let mut group = criterion.benchmark_group(format!("{count} losses"));
        group.throughput(Throughput::Elements(count as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(300));
        plain(&mut group, &losses);
        weighted(&mut group, &losses);
        summarised(&mut group, &losses);
        group.finish();
    }
}

criterion_group!(benches, tails);
criterion_main!(benches);
