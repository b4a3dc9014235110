//! Weighted paths through the whole outcome: a sample of which every other path counts twice and
//! the rest nothing says what the counted half says on its own.

use plimsoll::engine::{self, Control, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::Measure;
use plimsoll::risk::{
    LossSample, expected_shortfall, moments, probability_of_loss_beyond, value_at_risk,
};
use plimsoll::units::ConfidenceLevel;

use crate::world::{World, assert_close, policy, threshold};

const CAPITAL: f64 = 4_000.0;

fn position(kind: &str, id: &str, rest: &str) -> String {
    format!(
        "[[position]]\ntype = \"{kind}\"\nid = \"{id}\"\naccount = \"desk\"\n\
         underlying = \"BTC\"\n{rest}\n"
    )
}

/// A short put beside a long future, whose first pass is then weighted.
fn weighted() -> (Run, Vec<f64>) {
    let put = "settlement = \"linear\"\nquote = \"USD\"\nexpiry = 2026-01-31T00:00:00Z\n\
               strike = 55_000\nright = \"put\"\nquantity = -1";
    let perpetual = "settlement = \"inverse\"\nentry_price = 60_000\nquantity = 10_000";
    let mut world = World::of(
        &(position("option", "put", put) + &position("perpetual", "perpetual", perpetual)),
    );
    (world.paths, world.policy) = (20_000, policy(1.0, CAPITAL));
    let (plan, control) = (world.plan(), Control::none());
    let isa = InstructionSet::detect();
    let mut part = engine::losses(&plan, 0..world.paths, isa, &control).expect("it runs");
    part.ratios = (0..world.paths).map(|path| if path % 2 == 0 { 2.0 } else { 0.0 }).collect();
    let counted = part.losses.iter().step_by(2).copied().collect();
    (engine::finish(&plan, vec![part], isa, &control).expect("it ends"), counted)
}

fn assert_measures(what: &str, rows: &[Measure], of_half: impl Fn(ConfidenceLevel) -> f64) {
    assert!(rows.len() > 1);
    for row in rows {
        assert_close(what, row.loss, of_half(ConfidenceLevel::new(row.level).unwrap()), 1e-12);
        assert!(row.interval_95[0] < row.loss && row.loss < row.interval_95[1], "{row:?}");
        assert!(row.estimator.contains("likelihood ratios"), "{row:?}");
    }
}

#[test]
fn every_figure_is_that_of_the_counted_paths() {
    let (run, counted) = weighted();
    let half = LossSample::plain(&counted, &[]).unwrap();
    let measures = &run.outcome.measures;
    let var = |level| value_at_risk(&half, level).loss.amount();
    let shortfall = |level| expected_shortfall(&half, level).loss.amount();
    assert_measures("VaR", &measures.value_at_risk, var);
    assert_measures("ES", &measures.expected_shortfall, shortfall);
    assert_close("mean", measures.mean_loss, moments(&half).mean, 1e-12);
    assert_close("deviation", measures.loss_deviation, moments(&half).deviation, 1e-3);
    let beyond = measures.loss_beyond_capital.as_ref().expect("there is capital");
    let expected = probability_of_loss_beyond(&half, CAPITAL).probability;
    assert!(expected > 0.0);
    assert_close("probability", beyond.probability, expected, 1e-12);
    let bins = &measures.histogram.bins;
    assert_close("all bins", bins.iter().map(|bin| bin.probability).sum(), 1.0, 1e-12);
    // Bins are placed by all paths and filled by the counted ones.
    let last = &bins[bins.len() - 2];
    let inside = counted.iter().filter(|loss| last.lower <= **loss && **loss < last.upper);
    let share = inside.count() as f64 / counted.len() as f64;
    assert!((last.probability - share).abs() < 1e-12, "{last:?} {share}");
    assert_eq!(run.masses[..4], [2.0, 0.0, 2.0, 0.0]);
}

#[test]
fn contributions_and_the_threshold_use_the_same_weights() {
    let (run, counted) = weighted();
    let half = LossSample::plain(&counted, &[]).unwrap();
    let found = &run.outcome.contributions;
    let level = ConfidenceLevel::new(found.level).unwrap();
    let shortfall = expected_shortfall(&half, level);
    for rows in [&found.by_position, &found.by_account] {
        let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
        assert_close("sum of contributions", sum, shortfall.loss.amount(), 1e-9);
        let sum: f64 = rows.iter().map(|row| row.value_at_risk).sum();
        assert_close("sum to VaR", sum, found.value_at_risk, 1e-9);
    }
    // One account is the whole book: its error is that of ES, but for the kernel's VaR.
    let whole = &found.by_account[0];
    let ratio = whole.expected_shortfall_error / shortfall.standard_error;
    assert!((0.97..1.03).contains(&ratio), "{ratio}");
    let alone = &run.outcome.incremental[0];
    assert_close("alone", alone.expected_shortfall_alone, shortfall.loss.amount(), 1e-9);
    let at_policy = ConfidenceLevel::new(0.975).unwrap();
    let expected = expected_shortfall(&half, at_policy).loss.amount();
    assert_close("potential loss", threshold(&run.outcome).potential_loss, expected, 1e-9);
    assert!(!found.by_position[0].name.is_empty() && counted.len() == 10_000);
}
