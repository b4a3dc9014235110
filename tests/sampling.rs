//! Sampling schemes through the whole program: closed forms within their errors, with smaller
//! errors than plain sampling's; the same bits however the work is cut; `auto` says what it chose.
//!
//! Closed forms of a linear book as in `closed_forms.rs`: the loss is elliptical with deviation s.

use std::path::{Path, PathBuf};

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Measure, Outcome};
use plimsoll::report;
use plimsoll::risk::NORMAL_95;
use plimsoll::scenario::SamplingMethod;
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

/// A multiple of 40 strata and of 32 replicates, over 64 blocks, the last one ragged.
const PATHS: u64 = 40_000;
const METHODS: [SamplingMethod; 6] = [
    SamplingMethod::Plain,
    SamplingMethod::Antithetic,
    SamplingMethod::Importance,
    SamplingMethod::Stratified,
    SamplingMethod::ControlVariate,
    SamplingMethod::Sobol,
];

fn scenario(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("scenarios/closed_form").join(name).join("scenario.toml")
}

fn plan(name: &str, method: SamplingMethod) -> Plan {
    let overrides =
        Overrides { paths: Some(PATHS), sampling: Some(method), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(&scenario(name), &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

fn run(plan: &Plan) -> Outcome {
    let run = engine::run(plan, InstructionSet::detect(), &Control::none());
    run.unwrap_or_else(|error| panic!("{error}")).outcome
}

/// Deviation of the one-day loss from weights, annual volatilities and correlations.
fn deviation(weights: &[f64], volatilities: &[f64], correlation: &[&[f64]]) -> f64 {
    let mut variance = 0.0;
    for (i, row) in correlation.iter().enumerate() {
        for (j, rho) in row.iter().enumerate() {
            variance += weights[i] * volatilities[i] * rho * volatilities[j] * weights[j];
        }
    }
    (variance / 365.0).sqrt()
}

/// VaR and ES at `level` of each shipped scenario.
fn exact(name: &str, level: f64) -> [f64; 2] {
    let tail = 1.0 - level;
    if name == "delta_normal" {
        let s = deviation(
            &[25.0 * 80_000.0, -400.0 * 2_500.0, 4_000.0 * 125.0],
            &[0.60, 0.75, 0.95],
            &[&[1.0, 0.8, 0.65], &[0.8, 1.0, 0.7], &[0.65, 0.7, 1.0]],
        );
        let normal = Normal::standard();
        let z = normal.inverse_cdf(level);
        return [s * z, s * normal.pdf(z) / tail];
    }
    let weights = [25.0 * 80_000.0, -400.0 * 2_500.0];
    let s = deviation(&weights, &[0.60, 0.75], &[&[1.0, 0.8], &[0.8, 1.0]]);
    let (freedom, scale) = (6.0, s * (4.0_f64 / 6.0).sqrt());
    let distribution = StudentsT::new(0.0, 1.0, freedom).expect("valid");
    let t = distribution.inverse_cdf(level);
    let mean = (freedom + t * t) / (freedom - 1.0) * distribution.pdf(t) / tail;
    [scale * t, scale * mean]
}

fn error_of(measure: &Measure) -> f64 {
    (measure.interval_95[1] - measure.interval_95[0]) / (2.0 * NORMAL_95)
}

/// Where the delta-gamma loss is the loss itself, a scheme's error is next to nothing, and what is
/// left is that a quantile of finitely many paths is one of them.
const QUANTILE_STEP: f64 = 5e-4;

#[test]
fn every_scheme_finds_the_closed_forms_with_less_error_than_plain() {
    for name in ["delta_normal", "student_t"] {
        let plain = run(&plan(name, SamplingMethod::Plain)).measures;
        for method in METHODS {
            let measures = run(&plan(name, method)).measures;
            let rows = measures.value_at_risk.iter().zip(&measures.expected_shortfall);
            for (value_at_risk, shortfall) in rows {
                let level = value_at_risk.level;
                for (measure, exact) in
                    [value_at_risk, shortfall].into_iter().zip(exact(name, level))
                {
                    let error = error_of(measure);
                    let distance = (measure.loss - exact).abs();
                    assert!(
                        distance <= 4.0 * error + QUANTILE_STEP * exact,
                        "{name}, {method:?}, {level}: {} ± {error}, exact {exact}",
                        measure.loss
                    );
                }
            }
            // At 97.5 %, which both scenarios aim at or next to.
            let gain =
                error_of(&plain.expected_shortfall[1]) / error_of(&measures.expected_shortfall[1]);
            let least = match method {
                SamplingMethod::Plain | SamplingMethod::Auto => 1.0,
                SamplingMethod::Antithetic => 0.9,
                // A quarter and less of the variance; Sobol points have few a replicate.
                SamplingMethod::Importance | SamplingMethod::Sobol => 2.0,
                _ => 4.0,
            };
            assert!(gain >= least, "{name}, {method:?}: {gain}");
        }
    }
}

#[test]
fn every_scheme_gives_the_same_bits_however_the_work_is_cut() {
    let json = |outcome: &Outcome| report::json(outcome).expect("every figure is finite");
    for name in ["delta_normal", "student_t"] {
        for method in METHODS {
            let plan = plan(name, method);
            let whole = json(&run(&plan));
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                assert!(json(&pool.install(|| run(&plan))) == whole, "{name}, {method:?}");
            }
            // A shard gets the plan as text, as another machine would.
            let text = serde_json::to_string(&plan).unwrap();
            let plan: Plan = serde_json::from_str(&text).unwrap();
            let control = Control::none();
            let cuts = [0, 1, 700, 5_001, 20_480, PATHS];
            let shard = |cut: &[u64]| {
                engine::losses(&plan, cut[0]..cut[1], InstructionSet::detect(), &control).unwrap()
            };
            let mut parts: Vec<_> = cuts.windows(2).map(shard).collect();
            parts.rotate_left(2);
            let sharded = engine::finish(&plan, parts, InstructionSet::detect(), &control).unwrap();
            assert!(json(&sharded.outcome) == whole, "{name}, {method:?}, shards");
        }
    }
}

/// A linear book's loss is its delta-gamma loss: any scheme that knows it beats plain sampling.
#[test]
fn auto_chooses_by_a_pilot_run_and_says_so() {
    for name in ["delta_normal", "student_t"] {
        let chosen = plan(name, SamplingMethod::Auto);
        assert_eq!(plan(name, SamplingMethod::Auto), chosen, "the choice is reproducible");
        assert!(!matches!(chosen.sampling.name(), "plain" | "antithetic"), "{:?}", chosen.sampling);
        let notes = &chosen.fit.notes;
        let told = notes.iter().find(|note| note.starts_with("sampling chosen by a pilot run"));
        let told = told.expect("the choice is a note");
        assert!(told.contains(&format!(": {};", chosen.sampling.name())), "{told}");
        assert!(told.contains("plain 1.0"), "{told}");
        assert!(run(&chosen).model.notes.contains(told));
    }
}
