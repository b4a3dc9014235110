//! `calibrate market`: the document of an estimated model gives the run that estimated it, bit for
//! bit, whatever the process; estimates carry their errors; what cannot be written is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::document::{Confinement, write_document};
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::study::market_model::{MARK, MarketModelError, document, estimate};
use tempfile::TempDir;

/// The desk's folder with a scenario `variant.toml` of other model settings.
fn desk(model: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let desk = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk");
    for entry in fs::read_dir(desk).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    let variant = format!("name = \"variant\"\nextends = \"scenario.toml\"\n{model}\n");
    fs::write(folder.path().join("variant.toml"), variant).unwrap();
    folder
}

fn variant(folder: &TempDir) -> PathBuf {
    folder.path().join("variant.toml")
}

fn plan(path: &Path) -> Plan {
    let overrides = Overrides { paths: Some(1_000), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(path, &options).unwrap_or_else(|faults| panic!("{faults}"));
    Plan::build(&inputs).unwrap_or_else(|faults| panic!("{faults}"))
}

fn losses(plan: &Plan) -> Vec<f64> {
    let found = engine::settled_losses(plan, InstructionSet::detect(), &Control::none()).unwrap();
    found.part.losses
}

const MODELS: [(&str, &str); 8] = [
    (
        "gbm",
        "[model.process]\ntype = \"gbm\"\n[model.volatility]\nestimator = \"ewma\"\nhalf_life = 30",
    ),
    (
        "gbm",
        "[model.process]\ntype = \"gbm\"\n[model.volatility]\nestimator = \"garch\"\n[model.correlation]\nestimator = \"sample\"",
    ),
    (
        "student_t",
        "[model.process]\ntype = \"student_t\"\n[model.correlation]\nestimator = \"ledoit_wolf\"",
    ),
    ("t_copula", "[model.process]\ntype = \"t_copula\""),
    ("merton", "[model.process]\ntype = \"merton\""),
    ("bootstrap", "[model.process]\ntype = \"bootstrap\"\nblock_length = 3"),
    (
        "filtered_historical",
        "[model.process]\ntype = \"filtered_historical\"\nfilter = { estimator = \"ewma\", half_life = 20 }",
    ),
    (
        "filtered_historical",
        "[model.process]\ntype = \"filtered_historical\"\nfilter = { estimator = \"garch\", allow_integrated = true }",
    ),
];

const HELD: &str = "\n[model.stated_volatility]\n\"SOL.vol\" = 0\n\"XRP.vol\" = 0\n\"BTC.basis\" = 0\n\"ETH.basis\" = 0\n\"BTC.funding\" = 0\n\"ETH.funding\" = 0\n\"SOL.funding\" = 0";

#[test]
fn a_run_of_the_document_has_the_bits_of_the_run_that_estimated() {
    for (process, model) in MODELS {
        // what has no history cannot be drawn from it
        let drawn = model.contains("bootstrap") || model.contains("filtered");
        let folder = desk(&format!("{model}{}", if drawn { HELD } else { "" }));
        let found = estimate(&variant(&folder), Confinement::Inside);
        let found = found.unwrap_or_else(|error| panic!("{model}: {error}"));
        assert_eq!(found.model.process, process);
        let path = folder.path().join("estimated.toml");
        write_document(&path, &document(&found, "variant.toml"), MARK).unwrap();
        let (fitted, stated) = (plan(&variant(&folder)), plan(&path));
        assert_eq!(fitted.model.process, stated.model.process, "{model}");
        assert_eq!(fitted.model.correlation_factor, stated.model.correlation_factor, "{model}");
        assert_eq!(losses(&fitted), losses(&stated), "{model}");
        let moving = stated.model.factors.iter().filter(|factor| factor.volatility > 0.0);
        assert!(moving.clone().count() > 3);
        for factor in moving {
            assert_eq!(factor.source, "stated", "{model}");
        }
    }
}

/// What is stated no longer depends on the history: half of it gone, the same losses.
#[test]
fn stated_parameters_outlive_the_history_that_gave_them() {
    let folder = desk(MODELS[2].1);
    let found =
        estimate(&variant(&folder), Confinement::Inside).unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("estimated.toml");
    write_document(&path, &document(&found, "variant.toml"), MARK).unwrap();
    let before = losses(&plan(&path));
    let history = folder.path().join("history.csv");
    let text = fs::read_to_string(&history).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let comments = lines.iter().take_while(|line| line.starts_with('#')).count();
    let (head, rows) = lines.split_at(comments + 1);
    let later = [head, &rows[rows.len() / 2..]].concat().join("\n") + "\n";
    fs::write(&history, later).unwrap();
    assert_eq!(losses(&plan(&path)), before);
    assert_ne!(losses(&plan(&variant(&folder))), before);
}

/// Fisher's (1 − ρ²)/√(n − 1), and of a volatility of normal returns about σ/√(2n).
#[test]
fn estimates_carry_their_standard_errors() {
    let folder = desk(
        "[model.process]\ntype = \"student_t\"\n[model.volatility]\nestimator = \"sample\"\n[model.correlation]\nestimator = \"sample\"",
    );
    let found =
        estimate(&variant(&folder), Confinement::Inside).unwrap_or_else(|error| panic!("{error}"));
    let model = &found.model;
    let place = |name: &str| model.volatilities.iter().position(|one| one.factor == name).unwrap();
    let (bitcoin, ether) = (place("BTC.spot"), place("ETH.spot"));
    let rho = model.correlation[bitcoin][ether];
    let expected = (1.0 - rho * rho) / ((model.returns - 1) as f64).sqrt();
    approx::assert_relative_eq!(
        model.correlation_errors[bitcoin][ether],
        expected,
        max_relative = 0.05
    );
    let volatility = &model.volatilities[bitcoin];
    let normal = volatility.volatility / (2.0 * model.returns as f64).sqrt();
    // fat tails widen it
    let ratio = volatility.standard_error.unwrap() / normal;
    assert!(ratio > 0.9 && ratio < 4.0, "{ratio}");
    let tails = model.parameters.iter().find(|one| one.name == "degrees of freedom").unwrap();
    assert!(tails.standard_error.unwrap() > 0.0 && tails.value > 2.0);
    let text = document(&found, "variant.toml");
    assert!(
        text.contains("# ± ") && text.contains("# Standard errors (1 − ρ²)/√(n − 1)"),
        "{text}"
    );
    assert!(text.contains(&format!("degrees_of_freedom = {:?}", tails.value)));
}

#[test]
fn what_has_no_fitted_model_is_refused() {
    let folder = desk("[model.stressed]\nvolatility_multiplier = 1.5");
    let refused = estimate(&variant(&folder), Confinement::Inside).unwrap_err();
    assert!(matches!(refused, MarketModelError::Stressed { .. }), "{refused}");
    assert!(refused.to_string().contains("[model.stressed]"));
    let stated =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/hypothetical/vol-crush.toml");
    let refused = estimate(&stated, Confinement::AllowOutside).unwrap_err();
    assert!(matches!(refused, MarketModelError::NothingFitted { .. }), "{refused}");
    let folder =
        desk("[model.process]\ntype = \"student_t\"\ndegrees_of_freedom = 1.5\nfreedom = 4");
    let refused = estimate(&variant(&folder), Confinement::Inside).unwrap_err();
    let MarketModelError::Violations(violations) = refused else { panic!("{refused}") };
    assert!(violations.items().iter().any(|one| one.place.line() == 6), "{violations}");
}

#[test]
fn the_command_tells_and_writes_and_leaves_other_files_alone() {
    let folder = desk(MODELS[0].1);
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        program.args(["calibrate", "market"]).arg(variant(&folder)).arg("--out");
        program
    };
    let path = folder.path().join("estimated.toml");
    for _ in 0..2 {
        let done = program().arg(&path).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        let told = String::from_utf8(done.stdout).unwrap();
        assert!(told.contains("BTC.spot") && told.contains("EWMA half-life 30"), "{told}");
    }
    assert!(fs::read_to_string(&path).unwrap().contains("extends = \"variant.toml\""));
    let json = program().arg(&path).arg("--json").output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json["volatilities"][0]["volatility"].is_number());
    let page = folder.path().join("page.html");
    for _ in 0..2 {
        let done = program().arg(&path).arg("--page").arg(&page).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(fs::read_to_string(&page).unwrap().contains("id=\"chart-volatilities\""));
    }
    let own = folder.path().join("portfolio.toml");
    let before = fs::read(&own).unwrap();
    let refused = program().arg(&own).output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("was not written by this command"));
    assert_eq!(fs::read(&own).unwrap(), before);
}
