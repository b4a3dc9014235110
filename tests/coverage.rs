//! The 95 % intervals of VaR and ES cover the truth as often as they say, and are no wider than
//! they need be. A small version of `cargo run --release --example coverage`.
#![allow(missing_docs)]

#[path = "common/coverage.rs"]
mod coverage;
#[path = "common/engine_schemes.rs"]
mod engine_schemes;
#[path = "common/exact_sum.rs"]
mod exact_sum;
#[path = "common/failing_venue.rs"]
mod failing_venue;
#[path = "common/schemes.rs"]
mod schemes;

use coverage::{Losses, Measured, measure};
use engine_schemes::World;
use failing_venue::{Failing, Weights};
use plimsoll::risk::shortfall_coverage;
use plimsoll::scenario::{FailureSampling, SamplingMethod};
use schemes::{Book, Fault, Scheme, Scored, score};
use statrs::distribution::{Binomial, DiscreteCDF};

const RUNS: u64 = 400;
const PATHS: usize = 20_000;
const LEVEL: f64 = 0.99;

/// Counts that a right interval leaves with probability 10⁻⁴ on either side.
fn bounds() -> [u64; 2] {
    let binomial = Binomial::new(0.95, RUNS).unwrap();
    let lowest = (0..=RUNS).find(|count| binomial.cdf(*count) > 1e-4).unwrap();
    let highest = (0..=RUNS).rev().find(|count| binomial.sf(count - 1) > 1e-4).unwrap();
    [lowest, highest]
}

fn covers(covered: u64) -> bool {
    let [lowest, highest] = bounds();
    (lowest..=highest).contains(&covered)
}

fn check_right(losses: Losses) -> Measured {
    let measured = measure(losses, LEVEL, PATHS, RUNS, 1.0);
    for (covered, ratio) in measured.covered.into_iter().zip(measured.width_ratio) {
        assert!(covers(covered), "{losses:?}: {measured:?} outside {:?}", bounds());
        assert!((0.9..1.1).contains(&ratio), "{losses:?}: {measured:?}");
    }
    measured
}

/// A model wrong by a few per cent of scale must not pass.
fn check_wrong(losses: Losses, distortion: f64) {
    let measured = measure(losses, LEVEL, PATHS, RUNS, distortion);
    assert!(!measured.covered.into_iter().any(covers), "{losses:?}: {measured:?} passed");
}

#[test]
fn normal_losses_are_covered_and_not_flagged() {
    let measured = check_right(Losses::Normal);
    assert_eq!(measured.flagged, 0);
    check_wrong(Losses::Normal, 1.03);
    check_wrong(Losses::Normal, 0.97);
}

#[test]
fn exponential_losses_are_covered() {
    check_right(Losses::Exponential);
    check_wrong(Losses::Exponential, 1.05);
}

#[test]
fn student_losses_with_a_light_tail_are_covered() {
    check_right(Losses::StudentT(12));
    check_wrong(Losses::StudentT(12), 1.04);
}

#[test]
fn heavy_tails_are_flagged_and_covered_by_wider_intervals() {
    let measured = measure(Losses::StudentT(3), LEVEL, PATHS, RUNS, 1.0);
    assert_eq!(measured.flagged, RUNS);
    assert!(measured.covered.into_iter().all(covers), "{measured:?}");
    // VaR needs no moments; ES is corrected for a skewness that does not vanish here.
    let [value_at_risk, shortfall] = measured.width_ratio;
    assert!((0.9..1.1).contains(&value_at_risk) && shortfall > 1.05, "{measured:?}");
    check_wrong(Losses::StudentT(3), 1.25);
}

/// What is told of an interval is what is measured, but for the noise of the runs on either side:
/// within bounds that the shares told leave with probability 10⁻⁴.
#[test]
fn the_coverage_told_at_a_tail_index_is_what_is_measured() {
    for xi in [0.3, 0.4, 0.5, 0.6, 0.7] {
        let measured = measure(Losses::Pareto(xi), LEVEL, 50_000, RUNS, 1.0);
        assert_eq!(measured.flagged, RUNS);
        let [low, high] = shortfall_coverage(xi);
        let leaves = |share: f64| Binomial::new(share, RUNS).unwrap();
        let covered = measured.covered[1];
        assert!(leaves(high).sf(covered.saturating_sub(1)) > 1e-4, "{xi}: {measured:?}");
        assert!(low == 0.0 || leaves(low).cdf(covered) > 1e-4, "{xi}: {measured:?}");
    }
    // Another band would not have passed.
    let measured = measure(Losses::Pareto(0.7), LEVEL, 50_000, RUNS, 1.0);
    let [low, _] = shortfall_coverage(0.3);
    assert!(Binomial::new(low, RUNS).unwrap().cdf(measured.covered[1]) < 1e-4, "{measured:?}");
}

const SCHEME_PATHS: usize = 10_000;
const SCHEME_LEVEL: f64 = 0.975;

fn scored(book: Book, scheme: Scheme, fault: Fault) -> Scored {
    score(book, scheme, fault, SCHEME_LEVEL, SCHEME_PATHS, RUNS)
}

fn check_scheme(scheme: Scheme) {
    for book in [Book::Linear, Book::Squares] {
        let found = scored(book, scheme, Fault::None);
        let right = found.covered.into_iter().all(covers);
        assert!(right, "{scheme:?}, {book:?}: {found:?} outside {:?}", bounds());
    }
}

fn check_fault(book: Book, scheme: Scheme, fault: Fault) {
    let found = scored(book, scheme, fault);
    assert!(!found.covered.into_iter().any(covers), "{scheme:?}, {fault:?}: {found:?} passed");
}

#[test]
fn importance_samples_are_covered() {
    check_scheme(Scheme::Importance);
    check_fault(Book::Linear, Scheme::Importance, Fault::RatiosTooLarge);
}

#[test]
fn strata_are_covered() {
    check_scheme(Scheme::Stratified);
    check_scheme(Scheme::ImportanceStratified);
    check_fault(Book::Linear, Scheme::Stratified, Fault::StratumLeftOut);
    check_fault(Book::Linear, Scheme::ImportanceStratified, Fault::RatiosTooLarge);
}

#[test]
fn control_variates_are_covered() {
    check_scheme(Scheme::Control);
    check_scheme(Scheme::ImportanceControl);
    check_fault(Book::Linear, Scheme::Control, Fault::MeansTooLarge);
}

#[test]
fn antithetic_pairs_are_covered() {
    check_scheme(Scheme::Antithetic);
    // Squares do not see the sign: each pair is one path twice.
    check_fault(Book::Squares, Scheme::Antithetic, Fault::UnitsIgnored);
}

#[test]
fn randomised_lattices_are_covered_and_shrink_faster() {
    check_scheme(Scheme::QuasiRandom);
    check_fault(Book::Linear, Scheme::QuasiRandom, Fault::UnitsIgnored);
    let width = |scheme, paths| {
        let found = score(Book::Linear, scheme, Fault::None, SCHEME_LEVEL, paths, 60);
        found.half_width[1]
    };
    // Sixteen times the paths: a quarter for independent paths.
    let plain = width(Scheme::Plain, 80_000) / width(Scheme::Plain, 5_000);
    assert!((0.22..0.28).contains(&plain), "{plain}");
    let lattice = width(Scheme::QuasiRandom, 80_000) / width(Scheme::QuasiRandom, 5_000);
    assert!(lattice < 0.18, "{lattice}");
}

/// Whole pairs, rounds of 40 strata and 32 replicates.
const ENGINE_PATHS: u64 = 5_120;

/// Runs of the engine on `world`: one score a level.
fn engine_scores(
    (world, truth): (World, &[[f64; 2]]),
    method: SamplingMethod,
    fault: engine_schemes::Fault,
) -> Vec<engine_schemes::Scored> {
    let plan = world.plan(method, engine_schemes::LEVELS[0], ENGINE_PATHS);
    engine_schemes::score(&plan, truth, fault, RUNS)
}

#[test]
fn the_engine_s_schemes_are_covered_on_straddles() {
    let truth = World::Straddles.truth();
    let mut plain = [0.0; 2];
    for method in engine_schemes::METHODS {
        let fault = engine_schemes::Fault::None;
        let found = engine_scores((World::Straddles, &truth), method, fault);
        for scored in &found {
            let right = scored.covered.into_iter().all(covers);
            assert!(right, "{method:?}: {scored:?} outside {:?}", bounds());
        }
        let widths = found[0].half_width;
        let gain = [0, 1].map(|index| plain[index] / widths[index]);
        match method {
            SamplingMethod::Plain => plain = widths,
            SamplingMethod::Antithetic | SamplingMethod::Auto => {}
            SamplingMethod::Sobol => assert!(gain[1] > 1.2, "{gain:?}"),
            _ => assert!(gain[0] > 2.0 && gain[1] > 4.0, "{method:?}: {gain:?}"),
        }
    }
}

/// Weights without variance away from the tail; a curved book whose excess is no control.
#[test]
fn the_engine_s_schemes_are_covered_on_a_student_t() {
    let truth = World::StudentT.truth();
    let methods =
        [SamplingMethod::Importance, SamplingMethod::Stratified, SamplingMethod::ControlVariate];
    for method in methods {
        let fault = engine_schemes::Fault::None;
        let found = engine_scores((World::StudentT, &truth), method, fault);
        // Controlled, VaR is known to the next order statistic and ES is as heavy-tailed as it was.
        let exact = method == SamplingMethod::ControlVariate;
        for scored in found {
            if exact {
                assert!(scored.covered[0] >= bounds()[0], "{scored:?}");
                assert!(scored.coverage()[1] > 0.87, "{scored:?}");
                continue;
            }
            let right = scored.covered.into_iter().all(covers);
            assert!(right, "{method:?}: {scored:?} outside {:?}", bounds());
        }
    }
}

#[test]
fn the_engine_s_schemes_measured_wrongly_are_not_covered() {
    use engine_schemes::Fault;
    let truth = World::Straddles.truth();
    let wrong = [
        (SamplingMethod::Importance, Fault::RatiosIgnored),
        (SamplingMethod::Stratified, Fault::UnitsIgnored),
        (SamplingMethod::ControlVariate, Fault::MeansTooLarge),
    ];
    for (method, fault) in wrong {
        for scored in engine_scores((World::Straddles, &truth), method, fault) {
            let passed = scored.covered.into_iter().any(covers);
            assert!(!passed, "{method:?}, {fault:?}: {scored:?} passed");
        }
    }
}

/// Sixteen times the paths: a quarter of the width for independent units; Sobol points, of which
/// there are always 32 replicates, do better.
#[test]
fn half_widths_of_the_engine_s_schemes_shrink_as_theory_says() {
    let width = |method, paths| {
        let plan = World::Straddles.plan(method, engine_schemes::LEVELS[0], paths);
        let fault = engine_schemes::Fault::None;
        engine_schemes::score(&plan, &[[0.0; 2]], fault, 60)[0].half_width
    };
    for method in [SamplingMethod::Plain, SamplingMethod::Importance, SamplingMethod::Stratified] {
        let (few, many) = (width(method, 2_560), width(method, 40_960));
        for (few, many) in few.into_iter().zip(many) {
            assert!((0.21..0.29).contains(&(many / few)), "{method:?}: {few} {many}");
        }
    }
    let (few, many) = (width(SamplingMethod::Sobol, 2_560), width(SamplingMethod::Sobol, 40_960));
    assert!(many[1] / few[1] < 0.16, "{few:?} {many:?}");
}

const FAILURE_PATHS: u64 = 6_000;

/// Means of both samplings are the truth within 4 errors and what a quantile of finitely many paths
/// is off, intervals cover it, and strata have the smaller error where failures make the tail.
#[test]
fn failures_in_strata_are_covered_with_less_error_than_plain_ones() {
    for failing in Failing::ALL {
        let plans = [FailureSampling::Plain, FailureSampling::Stratified]
            .map(|how| failing.plan(how, FAILURE_PATHS));
        let truth = failing.truth(&plans[1]);
        assert_eq!(plans[0].hazards.venues, plans[1].hazards.venues);
        let [plain, strata] =
            plans.map(|plan| failing_venue::score(&plan, &truth, RUNS, Weights::Counted));
        for (level, exact) in truth.iter().enumerate() {
            for found in [&plain[level], &strata[level]] {
                for (measure, exact) in exact.iter().enumerate() {
                    let error = (found.square[measure] / RUNS as f64).sqrt();
                    let off = found.distance[measure].abs();
                    assert!(
                        off < 4.0 * error + 1e-3 * exact,
                        "{failing:?}: {found:?} of {truth:?}"
                    );
                }
            }
            let found = &strata[level];
            assert!(
                found.covered.into_iter().all(covers),
                "{failing:?}: {found:?}, {:?}",
                bounds()
            );
        }
        let gain = plain[1].square[1] / strata[1].square[1];
        let least = if failing == Failing::Rarely { 0.7 } else { 4.0 };
        assert!(gain > least, "{failing:?}: {gain}");
    }
}

/// Paths with a failure counted as often as others.
#[test]
fn failures_whose_weights_are_forgotten_are_not_covered() {
    let plan = Failing::Often.plan(FailureSampling::Stratified, FAILURE_PATHS);
    let truth = Failing::Often.truth(&plan);
    let found = failing_venue::score(&plan, &truth, RUNS, Weights::Forgotten);
    assert!(!found[1].covered.into_iter().any(covers), "{found:?} passed");
}
