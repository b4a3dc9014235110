//! The 95 % intervals of VaR and ES cover the truth as often as they say, and are no wider than
//! they need be. A small version of `cargo run --release --example coverage`.
#![allow(missing_docs)]

#[path = "common/coverage.rs"]
mod coverage;
#[path = "common/schemes.rs"]
mod schemes;

use coverage::{Losses, Measured, measure};
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
fn heavy_tails_are_flagged_and_their_shortfall_is_covered_less() {
    let measured = measure(Losses::StudentT(3), LEVEL, PATHS, RUNS, 1.0);
    assert_eq!(measured.flagged, RUNS);
    // VaR needs no moments; the interval of ES misses more often than it says.
    assert!(covers(measured.covered[0]), "{measured:?}");
    assert!(measured.coverage()[1] < 0.95, "{measured:?}");
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
