//! Whole stages of a run on the shipped desk scenario: paths per second of the first pass, and the
//! time of a whole run, threshold included. A new seed each repetition, so nothing is cached.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;

const PATHS: u64 = 50_000;

fn plan() -> Plan {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk/scenario.toml");
    let overrides = Overrides { paths: Some(PATHS), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(&scenario, &options).expect("the desk scenario loads");
    Plan::build(&inputs).expect("the desk scenario can be planned")
}

fn stages(criterion: &mut Criterion) {
    let mut plan = plan();
    let positions = plan.portfolio.positions.len();
    let isa = InstructionSet::detect();
    let control = Control::none();
    let name = format!("desk, {positions} positions, {PATHS} paths");
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    group.throughput(Throughput::Elements(PATHS));
    group.bench_function("first pass: draw, revalue, lose", |bencher| {
        bencher.iter(|| {
            plan.scenario.simulation.seed += 1;
            black_box(engine::losses(&plan, 0..PATHS, isa, &control).expect("it runs"))
        });
    });
    group.bench_function("whole run: passes, measures, threshold", |bencher| {
        bencher.iter(|| {
            plan.scenario.simulation.seed += 1;
            black_box(engine::run(&plan, isa, &control).expect("it runs"))
        });
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
