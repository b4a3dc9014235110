//! Every process on the desk's history, through the documents: replay, shards, threads and
//! instruction sets.

use plimsoll::engine::{self, Control, Plan, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::report;
use plimsoll::units::PathId;

use crate::contributions::desk;
use crate::world::{assert_close, plan};

const PROCESSES: [(&str, &str); 6] = [
    ("gbm", r#"{ type = "gbm" }"#),
    ("student_t", r#"{ type = "student_t" }"#),
    ("t_copula", r#"{ type = "t_copula" }"#),
    ("merton", r#"{ type = "merton" }"#),
    ("bootstrap", r#"{ type = "bootstrap", block_length = 5 }"#),
    (
        "filtered_historical",
        r#"{ type = "filtered_historical", filter = { estimator = "ewma", half_life = 11 } }"#,
    ),
];
/// Three blocks of 512 paths and a ragged one, over two steps of half a day and the expiries inside.
const PATHS: u64 = 3 * 512 + 77;

fn desk_under(process: &str) -> Plan {
    let folder = desk(|name, text| {
        if name != "scenario.toml" {
            return text;
        }
        let changed = text
            .replace(r#"process = { type = "student_t" }"#, &format!("process = {process}"))
            .replace("paths = 100_000", &format!("paths = {PATHS}"))
            .replace("steps = 1", "steps = 2")
            // What a policy makes of the losses does not depend on the process.
            .replace("policy = \"policy.toml\"", "");
        let historical = process.contains("bootstrap") || process.contains("historical");
        let changed = if historical { held_still(&changed) } else { changed };
        for part in [process, "steps = 2", &PATHS.to_string()] {
            assert!(changed.contains(part), "{part} is not in the scenario");
        }
        changed
    });
    plan(&folder.path().join("scenario.toml"), None)
}

/// Factors whose volatility is stated for want of a history do not move: what is drawn from history
/// needs one.
fn held_still(scenario: &str) -> String {
    let (before, stated) = scenario.split_once("[model.stated_volatility]").expect("stated");
    let (stated, after) = stated.split_once("\n[").expect("a table follows");
    let still = stated.lines().map(|line| match line.split_once(" = ") {
        Some((factor, _)) if factor.starts_with('"') => format!("{factor} = 0\n"),
        _ => format!("{line}\n"),
    });
    let still: String = still.collect();
    format!("{before}[model.stated_volatility]{still}[{after}")
}

fn json(run: &Run) -> String {
    report::json(&run.outcome).expect("every figure is finite")
}

fn sharded(plan: &Plan, isa: InstructionSet) -> Run {
    let control = Control::none();
    let cuts = [0, 1, 700, 1_024, PATHS];
    let shard = |cut: &[u64]| engine::losses(plan, cut[0]..cut[1], isa, &control);
    let parts = cuts.windows(2).rev().map(|cut| shard(cut).expect("a shard runs"));
    engine::finish(plan, parts.collect(), isa, &control).expect("the parts join")
}

fn check_replay(name: &str, plan: &Plan, run: &Run, isa: InstructionSet) {
    let losses = &run.losses;
    assert!(losses.iter().all(|loss| loss.is_finite()), "{name}");
    let worst = run.outcome.worst_paths[0].path;
    for path in [0, 1, 511, 512, 1_535, PATHS - 1, worst] {
        let replayed = engine::replay(plan, PathId(path), isa).expect("it replays");
        let kept = losses[usize::try_from(path).expect("small")];
        let scale = kept.abs().max(1_000.0);
        assert!((replayed.loss - kept).abs() < 1e-9 * scale, "{name} {path}: {}", replayed.loss);
        let sum: f64 = replayed.rows.iter().map(|row| row.loss).sum();
        assert!((sum - kept).abs() < 1e-6 * scale, "{name} {path}: rows sum to {sum}, not {kept}");
        assert_eq!(replayed.nodes.len(), run.outcome.nodes_years.len(), "{name}");
    }
    assert_close(name, losses[worst as usize], run.outcome.measures.maximum_loss, 0.0);
}

#[test]
fn every_process_runs_the_desk_and_gives_the_same_bits_however_it_is_cut() {
    let best = InstructionSet::detect();
    let mut shortfalls = Vec::new();
    for (name, process) in PROCESSES {
        let plan = desk_under(process);
        let whole = engine::run(&plan, best, &Control::none()).expect("it runs");
        check_replay(name, &plan, &whole, best);
        let expected = json(&whole);
        let other = sharded(&plan, InstructionSet::Baseline);
        assert!(expected == json(&other), "{name}: shards on baseline differ");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
        let threaded = pool.install(|| engine::run(&plan, best, &Control::none()).expect("runs"));
        assert!(expected == json(&threaded), "{name}: three threads differ");
        shortfalls.push(whole.outcome.measures.expected_shortfall[0].loss);
    }
    // The processes share their volatilities, so their risks are of a kind, and no two are one.
    let (least, most) = shortfalls
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), &es| (low.min(es), high.max(es)));
    assert!(least > 0.0 && most < 3.0 * least, "{shortfalls:?}");
    shortfalls.sort_by(f64::total_cmp);
    assert!(shortfalls.windows(2).all(|pair| pair[0] < pair[1]), "{shortfalls:?}");
}
