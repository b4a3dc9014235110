//! The whole chain on real market data: Deribit's option chain on a crash day and on a calm one,
//! at least 200 listed options with perpetuals and dated futures against them.
//!
//! Writer of scenario and book: the `real_data` example. Marks and quotes: the exchange's own, in
//! `../shared/data` (its README §3 has the source).
#![allow(clippy::print_stderr)]

mod common;

#[path = "../examples/real_data/book.rs"]
mod book;
#[path = "../examples/real_data/co_movement.rs"]
mod co_movement;

use std::path::Path;
use std::process::Command;

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{ContributionRow, Measure, Outcome};
use plimsoll::portfolio::Instrument;
use plimsoll::pricing::mark;
use plimsoll::report;

const PATHS: u64 = 10_000;
const OPTIONS_MIN: usize = 200;

/// A snapshot written out, and its folder.
struct Real {
    written: book::Written,
    _folder: tempfile::TempDir,
}

/// The scenario on one snapshot; `None` where the data is not there.
fn real(chain: &str) -> Option<Real> {
    let data = common::shared("data")?;
    let folder = tempfile::tempdir().unwrap();
    let written = book::write(&data, chain, folder.path()).unwrap();
    assert!(written.options >= OPTIONS_MIN, "{} options", written.options);
    assert_eq!(written.options, written.held.len());
    Some(Real { written, _folder: folder })
}

fn plan(scenario: &Path, seed: u64) -> Plan {
    let overrides = Overrides { paths: Some(PATHS), seed: Some(seed), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

fn outcome(plan: &Plan) -> Outcome {
    engine::run(plan, InstructionSet::detect(), &Control::none()).unwrap().outcome
}

#[test]
fn both_days_run_whole_and_the_report_holds_the_figures() {
    for chain in [book::CRASH, book::CALM] {
        let Some(real) = real(chain) else { return };
        let found = outcome(&plan(&real.written.scenario, 1));
        // Writing refuses NaN and infinity wherever they stand.
        let json = report::json(&found).expect("every figure is finite");
        assert!(!json.contains("NaN") && json.contains("\"expected_shortfall\""));
        assert!(found.book.positions >= OPTIONS_MIN + 10, "with futures and perpetuals");
        assert!(
            found.margin.iter().all(|account| account.margin_call == 0.0),
            "{:?}",
            found.margin
        );
        let utilisation = found.threshold.as_ref().unwrap().utilisation.unwrap();
        assert!((0.05..2.0).contains(&utilisation), "utilisation {utilisation}");
        contributions_sum_to_the_measures(&found);
        let page = report::html(&found).unwrap();
        assert!(page.len() < 1_000_000, "{} bytes", page.len());
        let as_of = &real.written.as_of;
        eprintln!("{as_of}: utilisation {utilisation:.3}, page of {} bytes", page.len());
    }
}

fn contributions_sum_to_the_measures(found: &Outcome) {
    let parts = &found.contributions;
    let at_level = |measures: &[Measure]| {
        measures.iter().find(|measure| measure.level == parts.level).unwrap().loss
    };
    let shortfall = at_level(&found.measures.expected_shortfall);
    let value_at_risk = at_level(&found.measures.value_at_risk);
    for rows in [
        &parts.by_position,
        &parts.by_underlying,
        &parts.by_account,
        &parts.by_venue,
        &parts.by_tag,
    ] {
        let sum = |pick: fn(&ContributionRow) -> f64| rows.iter().map(pick).sum::<f64>();
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-6 * shortfall.abs();
        assert!(close(sum(|row| row.expected_shortfall), shortfall));
        assert!(close(sum(|row| row.value_at_risk), value_at_risk));
    }
}

/// Distances of our values today from the exchange's marks, in coins an option, sorted.
fn distances(real: &Real) -> Vec<f64> {
    let plan = plan(&real.written.scenario, 1);
    let mut distances = Vec::new();
    for position in &plan.portfolio.positions {
        let Instrument::Option { .. } = &position.instrument else { continue };
        let listed = real.written.held.iter().find(|listed| listed.name == position.id).unwrap();
        let spot = plan.market.asset(&listed.coin.as_str().into()).unwrap().price_usd;
        let value = mark(&plan.market, position).unwrap().value;
        distances.push((value / (position.quantity * spot) - listed.mark).abs());
    }
    assert_eq!(distances.len(), real.written.options, "every option of the book is marked");
    distances.sort_by(f64::total_cmp);
    distances
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

/// Tolerances in coins, against spreads of 5e-4 (one tick) up to several ticks: a surface through
/// mids cannot be nearer to the marks than the mids are. The quotes of the crash are not
/// simultaneous (data README §7), hence its wider tail.
#[test]
fn option_values_are_near_the_exchange_s_marks() {
    for (chain, median_max, high_max) in [(book::CALM, 1e-4, 6e-4), (book::CRASH, 6e-4, 3e-3)] {
        let Some(real) = real(chain) else { return };
        let distances = distances(&real);
        let [median, high, worst] = [0.5, 0.95, 1.0].map(|share| quantile(&distances, share));
        eprintln!(
            "{chain}: {} options, distance from mark in coins: median {median:.1e}, 95 % \
             {high:.1e}, worst {worst:.1e}",
            distances.len()
        );
        assert!(median < median_max && high < high_max, "{chain}: {median:e} {high:e}");
    }
}

#[test]
fn two_seeds_agree_within_their_errors() {
    let Some(real) = real(book::CRASH) else { return };
    let [first, second] =
        [11, 12].map(|seed| outcome(&plan(&real.written.scenario, seed)).measures);
    assert!(first.mean_loss != second.mean_loss, "the seed acts");
    for (one, other) in first.value_at_risk.iter().zip(&second.value_at_risk) {
        agree(one, other);
    }
    for (one, other) in first.expected_shortfall.iter().zip(&second.expected_shortfall) {
        agree(one, other);
    }
}

/// Within four standard errors of the difference, each error read off its 95 % interval.
fn agree(one: &Measure, other: &Measure) {
    let error =
        |measure: &Measure| (measure.interval_95[1] - measure.interval_95[0]) / (2.0 * 1.96);
    let bound = 4.0 * libm::hypot(error(one), error(other));
    assert!(bound > 0.0 && (one.loss - other.loss).abs() < bound, "{one:?} {other:?}");
}

#[test]
fn thread_counts_give_the_same_bytes() {
    let Some(real) = real(book::CRASH) else { return };
    let run = |threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.arg("run").arg(&real.written.scenario).args(["--json", "--quiet"]);
        command.args(["--paths", "5003", "--threads", threads]);
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
        output.stdout
    };
    let one = run("1");
    assert!(!one.is_empty());
    assert!(one == run("3"), "the thread count changes result.json");
}
