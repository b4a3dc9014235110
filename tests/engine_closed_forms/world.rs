//! One coin, one book, one question: documents written, run, and compared.

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Measure, Outcome, Threshold};

/// Spot of the only coin.
pub const SPOT: f64 = 60_000.0;
/// Annual volatility of its log-return, and of every option.
pub const VOLATILITY: f64 = 0.6;
pub const LEVELS: [f64; 3] = [0.95, 0.975, 0.99];
/// Half-width of a 95 % interval in standard errors.
pub const NORMAL_95: f64 = 1.959_963_984_540_054;

/// A world of one coin. Fields are put into the documents as they are.
#[derive(Debug, Clone)]
pub struct World {
    pub horizon: &'static str,
    pub steps: u32,
    pub paths: u64,
    pub process: String,
    pub drift: String,
    pub volatility: f64,
    pub implied_volatility: f64,
    /// More keys of the coin's underlying.
    pub underlying: &'static str,
    /// Venues, accounts and positions.
    pub book: String,
    /// Appetite, capital and terms; empty is no policy.
    pub policy: String,
    /// Margin rules, `rules.toml` of a venue; empty is none.
    pub rules: String,
    /// More tables of the scenario.
    pub scenario: &'static str,
}

impl Default for World {
    fn default() -> Self {
        Self {
            horizon: "1d",
            steps: 1,
            paths: 1 << 18,
            process: r#"{ type = "gbm" }"#.to_owned(),
            drift: r#""martingale""#.to_owned(),
            volatility: VOLATILITY,
            implied_volatility: VOLATILITY,
            underlying: "",
            book: String::new(),
            policy: String::new(),
            rules: String::new(),
            scenario: "",
        }
    }
}

/// An account of the desk's own with some money: nothing is closed, nothing is forgiven.
pub const TREASURY: &str = r#"
[[account]]
name = "desk"
balance = [{ asset = "USD", quantity = 100_000 }]
"#;

/// A policy of one term, ES at 97.5 %, on stated capital.
pub fn policy(appetite: f64, capital: f64) -> String {
    format!(
        "name = \"policy\"\nappetite = {appetite}\n[capital]\nbase = \"regulatory\"\n\
         regulatory = {capital}\n[[term]]\nkind = \"simulated_shortfall\"\nname = \"ES\"\n\
         level = 0.975\n"
    )
}

impl World {
    /// A book with an account of the desk's own and `positions`.
    pub fn of(positions: &str) -> Self {
        Self { book: format!("{TREASURY}{positions}"), ..Self::default() }
    }

    /// Writes the documents into a folder that lives as long as what is returned.
    pub fn write(&self) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, text: String| fs::write(folder.path().join(name), text);
        put("market.toml", self.market()).expect("writable");
        put("portfolio.toml", format!("name = \"book\"\n{}", self.book)).expect("writable");
        put("scenario.toml", self.scenario()).expect("writable");
        if !self.policy.is_empty() {
            put("policy.toml", self.policy.clone()).expect("writable");
        }
        if !self.rules.is_empty() {
            put("rules.toml", self.rules.clone()).expect("writable");
        }
        let scenario = folder.path().join("scenario.toml");
        (folder, scenario)
    }

    pub fn plan(&self) -> Plan {
        let (_folder, scenario) = self.write();
        plan(&scenario, None)
    }

    pub fn run(&self) -> Run {
        run(&self.plan())
    }

    pub fn outcome(&self) -> Outcome {
        self.run().outcome
    }

    fn market(&self) -> String {
        format!(
            "name = \"one coin\"\nas_of = 2026-01-01T00:00:00Z\n\
             [[asset]]\nsymbol = \"BTC\"\nprice = {SPOT}\n\
             [[underlying]]\nsymbol = \"BTC\"\n{}\n\
             volatility = {{ type = \"flat\", volatility = {} }}\n",
            self.underlying, self.implied_volatility
        )
    }

    fn scenario(&self) -> String {
        let policy = if self.policy.is_empty() { "" } else { "policy = \"policy.toml\"\n" };
        format!(
            "name = \"test\"\nportfolio = \"portfolio.toml\"\nmarket = \"market.toml\"\n{policy}\
             [simulation]\nhorizon = \"{}\"\nsteps = {}\npaths = {}\nseed = 20260101\n\
             returns = \"log\"\nrevaluation = \"full\"\n\
             [model]\nprocess = {}\ndrift = {}\n\
             [model.stated_volatility]\n\"BTC.spot\" = {}\n\
             [measures]\nlevels = [0.95, 0.975, 0.99]\ncontribution_level = 0.975\n{}",
            self.horizon,
            self.steps,
            self.paths,
            self.process,
            self.drift,
            self.volatility,
            self.scenario
        )
    }
}

pub fn plan(scenario: &Path, trades: Option<&Path>) -> Plan {
    let options = LoadOptions {
        confinement: Confinement::Inside,
        overrides: Overrides::default(),
        trades: trades.map(Path::to_path_buf),
    };
    let inputs = engine::load(scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

pub fn run(plan: &Plan) -> Run {
    engine::run(plan, InstructionSet::detect(), &Control::none()).expect("it runs")
}

pub fn threshold(outcome: &Outcome) -> &Threshold {
    outcome.threshold.as_ref().expect("there is a policy")
}

pub fn error_of(interval: [f64; 2]) -> f64 {
    (interval[1] - interval[0]) / (2.0 * NORMAL_95)
}

/// Within 4 standard errors, which are at most `share` of the exact figure.
#[track_caller]
pub fn assert_within(what: &str, found: f64, exact: f64, standard_error: f64, share: f64) {
    let errors = (found - exact) / standard_error;
    assert!(errors.abs() <= 4.0, "{what}: {found} against {exact}, {errors:.2} standard errors");
    assert!(standard_error <= share * exact.abs(), "{what}: error {standard_error} of {exact}");
}

#[track_caller]
pub fn assert_close(what: &str, found: f64, exact: f64, tolerance: f64) {
    let difference = (found - exact).abs();
    assert!(difference <= tolerance * exact.abs().max(1e-300), "{what}: {found}, not {exact}");
}

/// VaR and ES of every level against exact ones.
#[track_caller]
pub fn assert_tail(what: &str, outcome: &Outcome, exact: impl Fn(f64) -> [f64; 2]) {
    let measures = &outcome.measures;
    let find = |rows: &[Measure], level: f64| {
        rows.iter().find(|row| row.level == level).cloned().expect("the level was asked for")
    };
    for level in LEVELS {
        let [value_at_risk, shortfall] = exact(level);
        let row = find(&measures.value_at_risk, level);
        let error = error_of(row.interval_95);
        assert_within(&format!("{what} VaR {level}"), row.loss, value_at_risk, error, 0.01);
        let row = find(&measures.expected_shortfall, level);
        let error = row.standard_error.expect("ES has one");
        assert_within(&format!("{what} ES {level}"), row.loss, shortfall, error, 0.01);
    }
}
