//! Liquidation inside paths that are weighted or depend on each other: against first-passage
//! probabilities by quadrature, for every sampling scheme.

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::AccountLiquidation;
use plimsoll::report;
use plimsoll::scenario::SamplingMethod;

use crate::liquidation::{FEE, MAINTENANCE, VENUE, account, linear, rules};
use crate::world::{NORMAL_95, SPOT, VOLATILITY, World, run};

/// Whole pairs, strata and replicates.
const PATHS: u64 = 32_000;
const STEPS: u32 = 24;
const QUANTITY: f64 = 10.0;
const METHODS: [SamplingMethod; 6] = [
    SamplingMethod::Plain,
    SamplingMethod::Antithetic,
    SamplingMethod::Importance,
    SamplingMethod::Stratified,
    SamplingMethod::ControlVariate,
    SamplingMethod::Sobol,
];

/// Spot levels at which the long accounts are closed, often and seldom.
const LEVELS: [f64; 2] = [0.97, 0.92];

/// Two longs with barriers some way off.
fn plan(method: SamplingMethod) -> Plan {
    let notional = QUANTITY * SPOT;
    let of = |(name, level): (&str, f64)| {
        // equity C + n(x − 1) = n·m·x
        let collateral = notional * (1.0 - level * (1.0 - MAINTENANCE));
        [account(name, true, "USD", collateral, 0.0), linear(name, QUANTITY)].concat()
    };
    let book: String = ["near", "far"].into_iter().zip(LEVELS).map(of).collect();
    let world =
        World { book: format!("{VENUE}{book}"), rules: rules(), steps: STEPS, ..World::default() };
    let (_folder, scenario) = World { paths: PATHS, ..world }.write();
    let overrides = Overrides { sampling: Some(method), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(&scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

/// Probability that the log-price is below ln `level` at one of the steps: its density on what lies
/// above, carried from step to step by the midpoint rule.
pub(crate) fn touched(level: f64) -> f64 {
    const CELLS_A_DEVIATION: usize = 40;
    let deviation = VOLATILITY * (1.0 / 365.0 / f64::from(STEPS)).sqrt();
    let drift = -0.5 * deviation * deviation;
    let cell = deviation / CELLS_A_DEVIATION as f64;
    let density = |x: f64| {
        let z = (x - drift) / deviation;
        libm::exp(-0.5 * z * z) / (deviation * (2.0 * std::f64::consts::PI).sqrt())
    };
    let reach = 8 * CELLS_A_DEVIATION;
    let step: Vec<f64> =
        (0..=2 * reach).map(|i| cell * density(cell * (i as f64 - reach as f64))).collect();
    let bottom = libm::log(level);
    let cells = 48 * CELLS_A_DEVIATION;
    let mut above: Vec<f64> =
        (0..cells).map(|i| density(bottom + cell * (i as f64 + 0.5))).collect();
    for _ in 1..STEPS {
        let carried = |to: usize| {
            let from = to.saturating_sub(reach)..(to + reach + 1).min(cells);
            from.map(|from| above[from] * step[to + reach - from]).sum()
        };
        above = (0..cells).map(carried).collect();
    }
    1.0 - cell * above.iter().sum::<f64>()
}

fn half_width(row: &AccountLiquidation) -> f64 {
    0.5 * (row.interval_95[1] - row.interval_95[0])
}

#[test]
fn every_scheme_finds_the_first_passage() {
    let plain = run(&plan(SamplingMethod::Plain)).outcome.liquidations;
    for method in METHODS {
        let outcome = run(&plan(method)).outcome;
        assert!(outcome.warnings.is_empty(), "{method:?}: {:?}", outcome.warnings);
        for ((row, level), plain) in outcome.liquidations.iter().zip(LEVELS).zip(&plain) {
            let exact = touched(level);
            let error = half_width(row) / NORMAL_95;
            let what = format!("{method:?}, {level}: {row:?}, exact {exact}");
            assert!((row.probability - exact).abs() < 4.0 * error, "{what}");
            assert!(row.interval_95[0] > 0.0 && row.interval_95[1] < 1.0, "{what}");
            // Closed at or below the level, at a fee on what is left of the notional.
            let cost = row.mean_cost / (FEE * QUANTITY * SPOT * exact);
            let slack = 4.0 * error / exact;
            assert!((0.95 * level - slack..level + slack).contains(&cost), "{what}: {cost}");
            let gain = half_width(plain) / half_width(row);
            if level == LEVELS[1] && method == SamplingMethod::Importance {
                assert!(gain > 2.0, "{what}: {gain}");
                assert!(row.estimator.contains("likelihood ratios"), "{what}");
            }
        }
    }
}

#[test]
fn weighted_counts_have_the_same_bits_however_the_work_is_cut() {
    for method in [SamplingMethod::Stratified, SamplingMethod::ControlVariate] {
        let (plan, control) = (plan(method), Control::none());
        let isa = InstructionSet::detect();
        let cuts = [0, 1, 700, 1_025, PATHS];
        let parts = cuts.windows(2).map(|cut| {
            let part = engine::losses(&plan, cut[0]..cut[1], isa, &control).expect("a shard runs");
            let text = serde_json::to_string(&part).expect("plain data");
            serde_json::from_str(&text).expect("reads back")
        });
        let sharded = engine::finish(&plan, parts.rev().collect(), isa, &control).expect("joins");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let whole = pool.install(|| run(&plan));
        let json = |run: &engine::Run| report::json(&run.outcome).expect("every figure is finite");
        assert!(json(&whole) == json(&sharded), "{method:?}");
    }
}
