//! Replays of real history: their levels, and that what they lose is explained in full.
#![allow(dead_code, missing_docs)]

use plimsoll::engine::{self, Control, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::HistoricalOutcome;
use plimsoll::report;
use plimsoll::simulation::FactorKey;
use plimsoll::units::Symbol;

pub fn replayed(plan: &Plan) -> HistoricalOutcome {
    engine::historical(plan, InstructionSet::detect(), &Control::none()).unwrap()
}

/// `[node]` levels of a coin on one path.
pub fn levels(plan: &Plan, coin: &str, path: usize) -> Vec<f64> {
    let factor = plan.model.index(&FactorKey::Spot(Symbol::new(coin))).unwrap();
    let paths = plan.model.replayed().unwrap();
    // Nodes that are expiries repeat the level before; options of the desk expire at 08:00, which
    // is an hour's close.
    (0..paths.node_count()).map(|node| paths.at(path, node, factor).1).collect()
}

/// The steps sum to the difference that events make, in all and by account; the rows and the
/// values along the path to the loss.
pub fn check_explained(found: &HistoricalOutcome) {
    let cent = 1e-6_f64.max(1e-12 * found.book.value.abs());
    assert_eq!(found.difference, found.loss - found.loss_without_events);
    let sum: f64 = found.steps.iter().map(|step| step.total).sum();
    assert!((sum - found.difference).abs() < cent, "{sum} {}", found.difference);
    for step in &found.steps {
        let parts = step.cost + step.market + step.liability;
        assert!((parts - step.total).abs() < cent, "{step:?}");
    }
    for row in &found.accounts {
        let own = found.steps.iter().filter(|step| step.account == row.account);
        let sum: f64 = own.map(|step| step.total).sum();
        assert!((sum - (row.loss - row.loss_without_events)).abs() < cent, "{row:?}");
    }
    let rows: f64 = found.rows.iter().map(|row| row.loss).sum();
    assert!((rows - found.loss).abs() < 1e-6 * found.loss.abs(), "{rows} {}", found.loss);
    let [first, last] = [found.values.first(), found.values.last()].map(Option::unwrap);
    assert!((first.book - found.book.value).abs() < 1e-6 * found.book.value);
    assert!((first.book - last.book - found.loss).abs() < 1e-6 * found.loss.abs());
}

/// The outcome as JSON: the same for any number of threads, without FMA and from a plan read back.
pub fn same_bits(plan: &Plan) -> String {
    let read_back: Plan = serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap();
    let result = |threads: usize, plan: &Plan, isa: InstructionSet| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let outcome = pool.install(|| engine::historical(plan, isa, &Control::none()).unwrap());
        report::historical_json(&outcome).unwrap()
    };
    let best = InstructionSet::detect();
    let first = result(1, plan, best);
    assert!(result(3, plan, best) == first, "threads");
    assert!(result(2, &read_back, InstructionSet::Baseline) == first, "plan read back, no FMA");
    first
}
