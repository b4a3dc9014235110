//! Same seed, same bits: for any thread count, any sharding, any instruction set, and with the C
//! library's own choice of CPU features masked.

use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::Outcome;
use plimsoll::report;

/// More than 64 blocks of 512 paths, the last one ragged.
const PATHS: u64 = 64 * 512 + 129;

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).join("scenario.toml")
}

fn plimsoll(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("run").arg(scenario(name)).args(["--json", "--quiet"]);
    command.args(["--paths", &PATHS.to_string()]);
    command
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("plimsoll starts");
    let code = output.status.code();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(code, Some(0 | 1)), "exit {code:?}: {message}");
    assert!(!output.stdout.is_empty());
    output.stdout
}

#[test]
fn the_outcome_does_not_depend_on_the_thread_count() {
    let one = output(plimsoll("desk").args(["--threads", "1"]));
    for threads in ["2", "7"] {
        let other = output(plimsoll("desk").args(["--threads", threads]));
        assert!(one == other, "{threads} threads change the outcome");
    }
}

#[test]
fn the_outcome_does_not_depend_on_the_instruction_set() {
    let best = output(&mut plimsoll("desk"));
    let sets = InstructionSet::available();
    assert!(sets.contains(&InstructionSet::Baseline));
    for set in sets {
        let other = output(plimsoll("desk").args(["--instruction-set", &set.to_string()]));
        assert!(best == other, "{set} changes the outcome");
    }
}

#[test]
fn the_outcome_does_not_depend_on_the_c_library_s_cpu_features() {
    let masks = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4";
    let plain = output(&mut plimsoll("desk"));
    let masked = output(plimsoll("desk").env("GLIBC_TUNABLES", masks));
    assert!(plain == masked, "the C library's maths reaches the outcome");
}

#[test]
fn another_seed_changes_the_outcome() {
    let first = output(&mut plimsoll("desk"));
    let second = output(plimsoll("desk").args(["--seed", "987654321"]));
    assert!(first != second);
}

/// Margin, liquidation, transfers, impact, cascades, failures and pegs inside every path, and the
/// solvers that walk them again.
#[test]
fn everything_inside_the_paths_has_the_same_bits_on_any_threads() {
    let inside = scenario("desk").with_file_name("inside.toml");
    let run = |threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.arg("run").arg(&inside).args(["--json", "--quiet", "--paths", "640"]);
        output(command.args(["--threads", threads]))
    };
    let one = run("1");
    assert!(one == run("3"), "the thread count shows");
    let found: Outcome = serde_json::from_slice(&one).expect("an outcome");
    let scale = found.threshold.expect("a policy").scale_to_threshold;
    assert!(scale.value.is_some() && !scale.crossings.is_empty(), "{scale:?}");
    assert!(found.path_events.is_some() && found.moved_prices.is_some());
    assert!(!found.venue_failures.is_empty() && !found.calls_met.is_empty());
}

#[test]
fn shards_run_apart_in_any_order_give_the_same_bits() {
    let options = LoadOptions {
        confinement: Confinement::Inside,
        overrides: Overrides { paths: Some(PATHS), ..Overrides::default() },
        trades: None,
    };
    let inputs = engine::load(&scenario("desk"), &options).expect("the desk scenario loads");
    let plan = Plan::build(&inputs).expect("the desk scenario can be planned");
    let isa = InstructionSet::detect();
    let control = Control::none();
    let whole = engine::run(&plan, isa, &control).expect("it runs");

    // A shard gets the plan as text, as another machine would.
    let text = serde_json::to_string(&plan).expect("a plan is plain data");
    let plan: Plan = serde_json::from_str(&text).expect("a plan reads back");
    let cuts = [0, 1, 700, 5_000, 5_001, 20_480, PATHS];
    let mut parts: Vec<_> = cuts
        .windows(2)
        .map(|cut| engine::losses(&plan, cut[0]..cut[1], isa, &control).expect("a shard runs"))
        .collect();
    parts.rotate_left(2);
    parts.swap(0, 3);
    let sharded = engine::finish(&plan, parts, isa, &control).expect("the parts join");
    let json = |outcome| report::json(outcome).expect("every figure is finite");
    assert!(json(&whole.outcome) == json(&sharded.outcome));
}

/// A run to a precision ends as the run of the length it stopped at, and nothing else.
#[test]
fn a_run_to_a_precision_is_a_run_of_that_many_paths() {
    // ES 99 % of one perpetual: half-width about 1.3 % at the first look, so some doublings.
    let run = |command: &mut Command| {
        let text = String::from_utf8(output(command)).expect("JSON is text");
        serde_json::from_str::<Outcome>(&text).expect("an outcome")
    };
    let mut found = run(plimsoll("minimal").args(["--precision", "0.8%"]));
    let stopping = found.stopping.take().expect("it says why it stopped");
    assert!(stopping.reached && stopping.checkpoints.len() > 1, "{stopping:?}");
    let widths: Vec<f64> =
        stopping.checkpoints.iter().filter_map(|one| one.relative_half_width).collect();
    assert!(widths.windows(2).all(|pair| pair[1] < pair[0]), "{widths:?}");
    assert!(widths[widths.len() - 1] <= 0.008 && widths[widths.len() - 2] > 0.008, "{widths:?}");
    let mut stated = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    stated.arg("run").arg(scenario("minimal")).args(["--json", "--quiet"]);
    stated.args(["--paths", &found.paths.to_string(), "--threads", "1"]);
    assert_eq!(run(&mut stated), found);
}
