//! The stages of a run on the shipped desk scenario, each with its rate: reading, fitting, drawing
//! factors, the first pass, measuring, the whole run, reporting. A new seed each repetition, so that
//! nothing is cached.

use std::hint::black_box;
use std::path::Path;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, Inputs, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::report;
use plimsoll::risk::{LossSample, expected_shortfall, value_at_risk};
use plimsoll::simulation::{FactorBlock, SimulationScratch, Simulator};

const PATHS: u64 = 50_000;
const BLOCK: usize = 512;

fn inputs() -> Inputs {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk/scenario.toml");
    let overrides = Overrides { paths: Some(PATHS), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    engine::load(&scenario, &options).expect("the desk scenario loads")
}

fn stages(criterion: &mut Criterion) {
    let inputs = inputs();
    let mut plan = Plan::build(&inputs).expect("the desk scenario can be planned");
    let name = format!("desk, {} positions, {PATHS} paths", plan.portfolio.positions.len());
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    set_up(&mut group, &inputs);
    group.throughput(Throughput::Elements(PATHS));
    factors(&mut group, &plan);
    passes(&mut group, &mut plan);
    measures(&mut group, &plan);
    group.finish();
}

fn set_up(group: &mut BenchmarkGroup<'_, WallTime>, loaded: &Inputs) {
    group.bench_function("read documents", |bencher| bencher.iter(|| black_box(inputs())));
    group.bench_function("fit the model, replay conditions", |bencher| {
        bencher.iter(|| black_box(Plan::build(loaded).expect("it can be planned")));
    });
}

/// Draws and exponentiates every factor at every node, and reduces to one sum.
fn factors(group: &mut BenchmarkGroup<'_, WallTime>, plan: &Plan) {
    let nodes = plan.model.grid.nodes.len();
    let mut block = FactorBlock::new(plan.model.factors.len(), BLOCK);
    let mut seed = plan.scenario.simulation.seed;
    group.bench_function("draw factors, one thread", |bencher| {
        bencher.iter(|| {
            seed += 1;
            let simulator = Simulator::new(&plan.model, seed, InstructionSet::detect());
            let simulator = simulator.expect("a fitted model simulates");
            let mut scratch = SimulationScratch::new(&simulator, BLOCK);
            let mut sum = 0.0;
            for first in (0..PATHS).step_by(BLOCK) {
                let ids: Vec<u64> = (first..PATHS.min(first + BLOCK as u64)).collect();
                simulator.start(&ids, &mut block, &mut scratch);
                (0..nodes).for_each(|node| simulator.advance(node, &mut block, &mut scratch));
                sum += block.level(0).iter().sum::<f64>();
            }
            black_box(sum)
        });
    });
}

fn passes(group: &mut BenchmarkGroup<'_, WallTime>, plan: &mut Plan) {
    let isa = InstructionSet::detect();
    let control = Control::none();
    group.bench_function("first pass: draw, revalue, lose", |bencher| {
        bencher.iter(|| {
            plan.scenario.simulation.seed += 1;
            black_box(engine::losses(plan, 0..PATHS, isa, &control).expect("it runs"))
        });
    });
    group.bench_function("whole run: passes, measures, threshold", |bencher| {
        bencher.iter(|| {
            plan.scenario.simulation.seed += 1;
            black_box(engine::run(plan, isa, &control).expect("it runs"))
        });
    });
}

fn measures(group: &mut BenchmarkGroup<'_, WallTime>, plan: &Plan) {
    let run = engine::run(plan, InstructionSet::detect(), &Control::none()).expect("it runs");
    group.bench_function("order the tail, VaR and ES", |bencher| {
        bencher.iter(|| {
            let level = plan.scenario.measures.contribution_level;
            let sample = LossSample::plain(&run.losses, &[level]).expect("finite");
            black_box((value_at_risk(&sample, level), expected_shortfall(&sample, level)))
        });
    });
    group.bench_function("report: JSON, HTML, parquet", |bencher| {
        bencher.iter(|| {
            let json = report::json(&run.outcome).expect("finite");
            let html = report::html(&run.outcome).expect("finite");
            let losses = report::losses_parquet(&run.losses, &[], 0).expect("it can be written");
            black_box((json, html, losses))
        });
    });
}

criterion_group!(benches, stages);
criterion_main!(benches);
