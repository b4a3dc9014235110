//! ES by liquidity horizons: against the closed form of a linear normal book, what is held and what
//! happens in subsets, and what is refused.

#[path = "common/round_book.rs"]
mod round_book;

use plimsoll::document::Violations;
use plimsoll::engine::{self, Control, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{LiquidityHorizons, Outcome};
use plimsoll::report;
use round_book::{RULES, options};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

const MARKET: &str = r#"name = "three"
as_of = 2026-01-01T00:00:00Z
asset = [
    { symbol = "BTC", price = 80_000 },
    { symbol = "ETH", price = 2_500 },
    { symbol = "SOL", price = 125 },
    { symbol = "USDT", kind = "stablecoin", price = 1 },
]
underlying = [{ symbol = "BTC" }, { symbol = "ETH" }, { symbol = "SOL" }]
"#;

fn portfolio(dollars: f64) -> String {
    format!(
        r#"name = "book"
venue = [{{ name = "Exchange", rules = "rules.toml" }}]
account = [{{ name = "one", venue = "Exchange", balance = [{{ asset = "USDT", quantity = {dollars} }}] }}]
position = [
    {{ id = "a", account = "one", type = "perpetual", underlying = "BTC", quote = "USDT", quantity = 25 }},
    {{ id = "b", account = "one", type = "perpetual", underlying = "ETH", quote = "USDT", quantity = -400 }},
    {{ id = "c", account = "one", type = "perpetual", underlying = "SOL", quote = "USDT", quantity = 4_000 }},
]
"#
    )
}

const WEIGHTS: [f64; 3] = [25.0 * 80_000.0, -400.0 * 2_500.0, 4_000.0 * 125.0];
const VOLATILITIES: [f64; 3] = [0.60, 0.75, 0.95];
const CORRELATION: [[f64; 3]; 3] = [[1.0, 0.8, 0.65], [0.8, 1.0, 0.7], [0.65, 0.7, 1.0]];

fn scenario(process: &str, more: &str, horizons: &str) -> String {
    format!(
        r#"name = "horizons"
portfolio = "portfolio.toml"
market = "market.toml"
[simulation]
horizon = "10d"
seed = 5
{more}
[model]
process = {process}
drift = "zero"
stated_volatility = {{ "BTC.spot" = "60%", "ETH.spot" = "75%", "SOL.spot" = "95%" }}
[model.correlation]
estimator = "stated"
factors = ["BTC.spot", "ETH.spot", "SOL.spot"]
matrix = [[1.0, 0.8, 0.65], [0.8, 1.0, 0.7], [0.65, 0.7, 1.0]]
[measures]
levels = [0.95, 0.975]
[measures.liquidity_horizons]
{horizons}
"#
    )
}

const GBM: &str = "{ type = \"gbm\" }";
const LINEAR: &str = "paths = 200_000\nreturns = \"simple\"\nrevaluation = \"delta\"";
/// Bitcoin ten days, ether twenty, solana sixty.
const THREE: &str = "groups = { alts = [\"ETH\", \"SOL\"] }\n\
                     horizons = { \"*.spot\" = \"10d\", \"alts.spot\" = \"20d\", \"SOL.spot\" = \"60d\" }";

fn planned(scenario: &str, dollars: f64) -> Result<Plan, Violations> {
    let portfolio = portfolio(dollars);
    // Sensitivities know no liquidation.
    let rules =
        if dollars == PLENTY { RULES.split("liquidation = ").next().unwrap() } else { RULES };
    let files = [
        ("scenario.toml", scenario),
        ("market.toml", MARKET),
        ("portfolio.toml", &portfolio),
        ("rules.toml", rules),
    ];
    let folder = round_book::folder(&files);
    Plan::build(&engine::load(&folder.path().join("scenario.toml"), &options())?)
}

fn run_of(plan: &Plan) -> Outcome {
    engine::run(plan, InstructionSet::detect(), &Control::none()).unwrap().outcome
}

fn run(scenario: &str, dollars: f64) -> Outcome {
    run_of(&planned(scenario, dollars).unwrap_or_else(|faults| panic!("{faults}")))
}

fn horizons(outcome: &Outcome) -> &LiquidityHorizons {
    outcome.liquidity_horizons.as_ref().unwrap()
}

fn square(number: f64) -> f64 {
    number * number
}

/// Money that cannot be liquidated away.
const PLENTY: f64 = 1e8;

/// ES of the linear book with the coins from `first` on moving: `√(w'Sw)·φ(z)/(1−α)`.
fn closed_form(first: usize, level: f64) -> f64 {
    let years: f64 = 10.0 / 365.0;
    let pairs = (first..3).flat_map(|i| (first..3).map(move |j| (i, j)));
    let variance: f64 = pairs
        .map(|(i, j)| {
            let covariance = VOLATILITIES[i] * VOLATILITIES[j] * CORRELATION[i][j] * years;
            WEIGHTS[i] * WEIGHTS[j] * covariance
        })
        .sum();
    let normal = Normal::standard();
    variance.sqrt() * normal.pdf(normal.inverse_cdf(level)) / (1.0 - level)
}

/// Every sampling scheme draws held factors too, and holds the closed form within four errors.
#[test]
fn a_linear_normal_book_has_its_closed_form_under_every_scheme() {
    // √((LH_j − LH_{j−1})/10 days): 1, √1, √4.
    let scales: [f64; 3] = [1.0, 1.0, 2.0];
    for scheme in ["plain", "antithetic", "importance", "control_variate", "sobol"] {
        let paths = if scheme == "plain" { 200_000 } else { 32_000 };
        let more = format!(
            "paths = {paths}\nreturns = \"simple\"\nrevaluation = \"delta\"\nsampling = \"{scheme}\""
        );
        let outcome = run(&scenario(GBM, &more, THREE), PLENTY);
        let found = horizons(&outcome);
        let total = &found.expected_shortfall;
        let expected: Vec<f64> = (0..3).map(|first| closed_form(first, 0.975)).collect();
        let mut squares = 0.0;
        for (index, row) in found.buckets.iter().enumerate() {
            let gap = (row.expected_shortfall - expected[index]).abs();
            // The control of a linear book is the loss itself: its ES is known, and has no error.
            let rounding = 1e-9 * expected[index];
            let erred = row.standard_error > 0.0 || scheme == "control_variate";
            assert!(erred && gap < 4.0 * row.standard_error + rounding, "{gap} {scheme} {row:?}");
            assert!((row.scale - scales[index]).abs() < 1e-12, "{}", row.scale);
            assert!((row.scaled - row.scale * row.expected_shortfall).abs() < 1e-6);
            squares += square(scales[index] * row.expected_shortfall);
        }
        let names: Vec<String> = found.buckets.iter().map(|row| row.factors.join(" ")).collect();
        assert!(names[0].starts_with("BTC.spot "), "{}", names[0]);
        assert_eq!(names[1..], ["ETH.spot", "SOL.spot"]);
        // Given the subsets the cascade is arithmetic.
        assert!((squares.sqrt() / total.loss - 1.0).abs() < 1e-12, "{scheme}");
        let whole = expected.iter().zip(scales).map(|(es, scale)| square(es * scale));
        let error = total.standard_error.unwrap();
        let gap = (total.loss - whole.sum::<f64>().sqrt()).abs();
        assert!(error > 0.0 && gap < 4.0 * error, "{scheme}: {gap} {error}");
        let base = &outcome.measures.expected_shortfall[1];
        assert_eq!(found.buckets[0].expected_shortfall, base.loss, "ES(P) is the run's own");
    }
}

/// The error of the total against its spread over seeds: 40 runs, whose spread is itself known to
/// 11 %; bounds at four of those.
#[test]
fn the_error_of_the_total_is_its_spread_over_seeds() {
    let runs: Vec<(f64, f64)> = (0..40)
        .map(|seed| {
            let more = LINEAR.replace("200_000", "4_000");
            let text = scenario(GBM, &more, THREE).replace("seed = 5", &format!("seed = {seed}"));
            let outcome = run(&text, PLENTY);
            let total = &horizons(&outcome).expected_shortfall;
            (total.loss, total.standard_error.unwrap())
        })
        .collect();
    let count = runs.len() as f64;
    let mean = runs.iter().map(|run| run.0).sum::<f64>() / count;
    let spread = runs.iter().map(|run| square(run.0 - mean)).sum::<f64>() / (count - 1.0);
    let told = runs.iter().map(|run| run.1).sum::<f64>() / count;
    let ratio = told / spread.sqrt();
    assert!((0.65..1.55).contains(&ratio), "{ratio}");
}

#[test]
fn factors_of_the_base_horizon_alone_have_plain_es() {
    let only = scenario(GBM, LINEAR, "horizons = { \"*.spot\" = \"10d\" }");
    let outcome = run(&only, PLENTY);
    let found = horizons(&outcome);
    assert_eq!(found.buckets.len(), 1);
    assert_eq!(found.buckets[0].share, 1.0);
    let plain = &outcome.measures.expected_shortfall[1];
    let total = &found.expected_shortfall;
    assert_eq!((total.loss, total.interval_95), (plain.loss, plain.interval_95));
    assert_eq!(total.standard_error, plain.standard_error);
    // Nothing else of the run moves by the table.
    let without = only.split("[measures.liquidity_horizons]").next().unwrap().to_owned();
    let without = run(&without, PLENTY);
    let bare = Outcome { liquidity_horizons: None, ..outcome.clone() };
    assert!(bare == without);
    assert!(!report::json(&without).unwrap().contains("liquidity_horizons"));
}

/// A subset is the run of a model in which the held coins have no volatility, on the same draws;
/// with liquidations inside.
#[test]
fn subsets_are_runs_with_held_factors_events_included() {
    let more = "paths = 4_000\nsteps = 10\nrevaluation = \"full\"";
    let rules = "margin calls, stops and liquidations happen in every subset";
    let processes = [
        GBM,
        "{ type = \"student_t\", degrees_of_freedom = 4 }",
        "{ type = \"merton\", common = { intensity = 4, mean = -0.05, deviation = 0.08 }, own = { intensity = 2, mean = 0.0, deviation = 0.06 } }",
        "{ type = \"t_copula\", degrees_of_freedom = 4, marginals = { \"BTC.spot\" = 4, \"ETH.spot\" = 5, \"SOL.spot\" = 4 } }",
    ];
    for process in processes {
        let text = scenario(process, more, "horizons = { \"SOL.spot\" = \"40d\" }");
        let plan = planned(&text, 500_000.0).unwrap_or_else(|faults| panic!("{faults}"));
        let outcome = run_of(&plan);
        let found = horizons(&outcome);
        assert!(found.notes.iter().any(|note| note.contains(rules)));
        assert!(outcome.liquidations[0].probability > 0.0, "{process}");
        let mut held = plan;
        held.scenario.measures.liquidity_horizons = None;
        for factor in held.model.factors.iter_mut().filter(|one| one.key.to_string() != "SOL.spot")
        {
            factor.volatility = 0.0;
            factor.log_mean.fill(0.0);
        }
        let alone = run_of(&held);
        let (subset, alone) = (&found.buckets[1], &alone.measures.expected_shortfall[1]);
        let gap = (subset.expected_shortfall / alone.loss - 1.0).abs();
        assert!(gap < 1e-9, "{process}: {} {}", subset.expected_shortfall, alone.loss);
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_instruction_set() {
    let more = "paths = 9_000\nsteps = 3\nrevaluation = \"full\"";
    let plan = planned(
        &scenario("{ type = \"student_t\", degrees_of_freedom = 4 }", more, THREE),
        500_000.0,
    );
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
    let read_back: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    let result = |threads: usize, plan: &Plan, isa: InstructionSet| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let run = pool.install(|| engine::run(plan, isa, &Control::none()).unwrap());
        report::json(&run.outcome).unwrap()
    };
    let best = InstructionSet::detect();
    let first = result(1, &plan, best);
    assert!(result(3, &plan, best) == first, "threads");
    assert!(result(2, &read_back, InstructionSet::Baseline) == first, "plan read back, no FMA");
    let outcome: Outcome = serde_json::from_str(&first).unwrap();
    let text = report::terminal(&outcome, Default::default()).unwrap();
    assert!(text.contains("ES 97.5 % by liquidity horizons"), "{text}");
    let page = report::html(&outcome);
    assert!(page.is_ok_and(|page| page.contains("id=\"horizons\"")));
}

#[test]
fn horizons_that_make_no_sense_are_refused_at_their_place() {
    let cases: [(&str, &[&str]); 5] = [
        (
            "horizons = { \"BTC.spot\" = \"5d\", \"ETH.spot\" = \"9d\" }",
            &["a horizon of 5d, shorter", "a horizon of 9d, shorter"],
        ),
        (
            "level = 0.99\nhorizons = { \"DOGE.spot\" = \"20d\" }",
            &["`level` is not one of `levels`"],
        ),
        (
            "horizons = { \"DOGE.spot\" = \"20d\", \"BTC.peg\" = \"20d\" }",
            &["DOGE.spot is no factor", "BTC.peg is no factor"],
        ),
        (
            "groups = { a = [\"BTC\", \"XRP\"], b = [\"BTC\"] }\nhorizons = { \"a.spot\" = \"20d\", \"b.spot\" = \"40d\" }",
            &["BTC.spot has two horizons"],
        ),
        ("horizon = \"20d\"", &["missing key `horizons`", "unknown key `horizon`"]),
    ];
    for (stated, expected) in cases {
        let refused = planned(&scenario(GBM, LINEAR, stated), PLENTY).unwrap_err();
        let titles: Vec<&str> = refused.items().iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles.len(), expected.len(), "{stated}: {titles:?}");
        for title in expected {
            assert!(titles.iter().any(|found| found.contains(title)), "{stated}: {titles:?}");
        }
        assert!(refused.items().iter().all(|one| one.place.line() > 18), "{stated}");
    }
}
