//! Every number of the generated workloads against the files of the reference generator.

use std::path::Path;
use std::process::Command;

use plimsoll::portfolio::OptionRight;
use serde_json::Value;

use crate::common::shared;
use crate::workload::Work;
use crate::workload::correlation::Correlation;
use crate::workload::data::{
    FactorData, HORIZON_YEARS, LinearData, SHORTFALL_LEVEL, VALUE_AT_RISK_LEVEL, Workload,
};

/// Beginning of each file's SHA-256 as the generator's author states it.
const CHECKSUMS: [&str; 3] = ["W1 333733d9f2e2e2e9", "W2 c45326f3da5bd2b7", "W3 d8efa64989398ef1"];

/// Runs the generator into a folder; `None`, with a line on standard error, where it or Python is
/// not there (a failure with `CI=true`).
#[allow(clippy::print_stderr)]
fn reference() -> Option<tempfile::TempDir> {
    let generator = shared("bench/gen_workloads.py")?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = Command::new("python3").arg(generator).arg(folder.path()).output();
    let output = match run {
        Ok(output) => output,
        Err(error) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "python3: {error}");
            eprintln!("skipped: python3 is not there");
            return None;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    for checksum in CHECKSUMS {
        assert!(text.contains(checksum), "not the files the checksums are of: {text}");
    }
    Some(folder)
}

/// Counts the numbers it compares, so that a test cannot pass on nothing.
#[derive(Default)]
struct Comparison(usize);

impl Comparison {
    #[track_caller]
    fn number(&mut self, what: &str, found: f64, expected: &Value) {
        let expected = expected.as_f64().expect("a number in the file");
        self.bits(what, found, expected);
    }

    #[track_caller]
    fn bits(&mut self, what: &str, found: f64, expected: f64) {
        assert_eq!(found.to_bits(), expected.to_bits(), "{what}: {found}, not {expected}");
        self.0 += 1;
    }

    #[track_caller]
    fn text(&mut self, found: &str, expected: &Value) {
        assert_eq!(Some(found), expected.as_str());
    }

    #[track_caller]
    fn index(&mut self, what: &str, found: usize, expected: &Value) {
        assert_eq!(Some(found as u64), expected.as_u64(), "{what}");
        self.0 += 1;
    }

    fn header(&mut self, workload: &Workload, file: &Value) {
        self.text(workload.name, &file["name"]);
        self.index("paths", workload.paths as usize, &file["n_paths"]);
        self.index("steps", workload.steps as usize, &file["steps"]);
        self.number("horizon", HORIZON_YEARS, &file["horizon_years"]);
        self.number("VaR level", VALUE_AT_RISK_LEVEL, &file["var_level"]);
        self.number("ES level", SHORTFALL_LEVEL, &file["es_level"]);
        self.factors(&workload.factors, list(&file["factors"]));
    }

    fn factors(&mut self, factors: &[FactorData], rows: &[Value]) {
        assert_eq!(factors.len(), rows.len());
        for (factor, row) in factors.iter().zip(rows) {
            self.text(&factor.id, &row["id"]);
            self.number(&factor.id, factor.spot, &row["spot"]);
            self.number(&factor.id, factor.volatility, &row["vol"]);
            self.number("drift", 0.0, &row["drift"]);
        }
    }

    fn options(&mut self, workload: &Workload, rows: &[Value]) {
        assert_eq!(workload.options.len(), rows.len());
        for (option, row) in workload.options.iter().zip(rows) {
            self.text(&option.id, &row["id"]);
            let right = if option.right == OptionRight::Call { "call" } else { "put" };
            self.text(right, &row["kind"]);
            self.index(&option.id, option.factor, &row["factor"]);
            self.number(&option.id, option.strike, &row["strike"]);
            self.number(&option.id, option.expiry_years, &row["expiry_years"]);
            self.number(&option.id, option.volatility, &row["implied_vol"]);
            self.number(&option.id, option.quantity, &row["quantity"]);
        }
    }

    fn linear(&mut self, held: &[LinearData], rows: &[Value]) {
        assert_eq!(held.len(), rows.len());
        for (position, row) in held.iter().zip(rows) {
            self.text(&position.id, &row["id"]);
            self.index(&position.id, position.factor, &row["factor"]);
            self.number(&position.id, position.quantity, &row["quantity"]);
        }
    }

    fn accounts(&mut self, workload: &Workload, file: &Value) {
        let rows = list(&file["accounts"]);
        assert_eq!(workload.accounts.len(), rows.len());
        for (account, row) in workload.accounts.iter().zip(rows) {
            self.text(&account.id, &row["id"]);
            self.number(&account.id, account.collateral, &row["collateral"]);
        }
        let rows = list(&file["perps"]);
        assert_eq!(workload.margined.len(), rows.len());
        for (held, row) in workload.margined.iter().zip(rows) {
            self.text(&held.id, &row["id"]);
            self.index(&held.id, held.account, &row["account"]);
            self.index(&held.id, held.factor, &row["factor"]);
            self.number(&held.id, held.quantity, &row["quantity"]);
            self.number(&held.id, held.entry_price, &row["entry_price"]);
            self.number(&held.id, held.maintenance_rate, &row["maintenance_rate"]);
        }
    }

    /// The whole matrix, as the CSV file has it.
    fn matrix(&mut self, workload: &Workload, folder: &Path) {
        let size = workload.factors.len();
        let matrix = workload.correlation.matrix(size);
        let path = folder.join(format!("{}_corr.csv", workload.name));
        let text = std::fs::read_to_string(path).expect("the generator wrote it");
        assert_eq!(text.lines().count(), size);
        for (row, line) in matrix.iter().zip(text.lines()) {
            let cells: Vec<f64> =
                line.split(',').map(|cell| cell.parse().expect("a number")).collect();
            assert_eq!(cells.len(), size);
            row.iter().zip(cells).for_each(|(found, cell)| self.bits("correlation", *found, cell));
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list in the file")
}

fn read(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json")));
    serde_json::from_str(&text.expect("the generator wrote it")).expect("JSON")
}

#[test]
fn every_number_is_that_of_the_reference_files() {
    let Some(folder) = reference() else { return };
    let mut comparison = Comparison::default();
    for work in [Work::W1, Work::W2, Work::W3] {
        let workload = work.generate();
        let file = read(folder.path(), workload.name);
        comparison.header(&workload, &file);
        comparison.matrix(&workload, folder.path());
        match work {
            Work::W1 => {
                comparison.number("rate", workload.rate, &file["r"]);
                comparison.options(&workload, list(&file["options"]));
                comparison.linear(&workload.perpetuals, list(&file["perps"]));
            }
            Work::W2 => {
                comparison.linear(&workload.linear, list(&file["linear"]));
                loadings(&mut comparison, &workload.correlation, &file["correlation"]["loadings"]);
            }
            Work::W3 => {
                let cost = &file["liquidation_cost"];
                comparison.number("cost", workload.liquidation_cost, cost);
                comparison.accounts(&workload, &file);
            }
        }
    }
    // Headers, factors by 3 numbers, matrices; options by 5, perpetuals and linear positions by 2,
    // margined positions by 5, accounts; loadings by 4; rate and cost.
    let factors = 3 * (20 + 500 + 20);
    let matrices = 20 * 20 + 500 * 500 + 20 * 20;
    let positions = 5 * 1_000 + 2 * 40 + 2 * 500 + 5 * 40 + 10;
    assert_eq!(comparison.0, 3 * 5 + factors + matrices + positions + 4 * 500 + 2);
}

fn loadings(comparison: &mut Comparison, correlation: &Correlation, rows: &Value) {
    let Correlation::Loadings(loadings) = correlation else { panic!("W2 states loadings") };
    assert_eq!(loadings.len(), list(rows).len());
    for (loadings, row) in loadings.iter().zip(list(rows)) {
        let pairs = loadings.iter().zip(list(row));
        pairs.for_each(|(found, expected)| comparison.number("loading", *found, expected));
    }
}
