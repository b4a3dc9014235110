//! Shipped documents are right: examples hold, and the schemas are those of the types.

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::document::{Confinement, Loader, schema_of, schema_text};
use plimsoll::market::document::{MarketDocument, read_market};
use plimsoll::portfolio::document::{PortfolioDocument, read_portfolio};
use plimsoll::report::look::{Theme, ThemeDocument};
use plimsoll::scenario::document::{ScenarioDocument, read_scenario};
use plimsoll::study::batch::BatchDocument;
use plimsoll::study::calibration::CalibrationDocument;
use plimsoll::study::policy_calibration::PolicyCalibrationDocument;
use plimsoll::study::walk_forward::BacktestDocument;
use plimsoll::threshold::document::{PolicyDocument, read_policy};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

#[test]
fn shipped_schemas_are_those_of_the_types() {
    let schemas = [
        ("scenario", schema_of::<ScenarioDocument>("scenario")),
        ("portfolio", schema_of::<PortfolioDocument>("portfolio")),
        ("market", schema_of::<MarketDocument>("market")),
        ("policy", schema_of::<PolicyDocument>("policy")),
        ("batch", schema_of::<BatchDocument>("batch")),
        ("backtest", schema_of::<BacktestDocument>("backtest")),
        ("calibration", schema_of::<CalibrationDocument>("calibration")),
        ("theme", schema_of::<ThemeDocument>("theme")),
        ("policy_calibration", schema_of::<PolicyCalibrationDocument>("policy_calibration")),
    ];
    for (name, schema) in schemas {
        let path = scenarios().join(format!("schema/{name}.json"));
        let shipped = fs::read_to_string(&path).unwrap_or_default();
        let mend = format!("run `plimsoll schema {name} > scenarios/schema/{name}.json`");
        assert!(shipped == schema_text(&schema), "{} is out of date: {mend}", path.display());
    }
}

#[test]
fn the_minimal_scenario_and_the_examples_hold() {
    for folder in ["minimal", "starter", "examples", "leverage", "replay", "reverse"] {
        let loader = Loader::new(&scenarios().join(folder), Confinement::Inside).unwrap();
        let open = |name: &str| loader.open(name, None).unwrap();
        for name in ["scenario.toml", "worst.toml"] {
            let Ok(file) = loader.open(name, None) else { continue };
            let scenario = read_scenario(&file, &loader);
            scenario.unwrap_or_else(|violations| panic!("{violations}"));
        }
        let book = read_portfolio(&open("portfolio.toml"), &loader);
        let book = book.unwrap_or_else(|violations| panic!("{violations}"));
        let as_of = "2026-01-01T00:00:00Z".parse().unwrap();
        book.to_portfolio(as_of).unwrap_or_else(|violations| panic!("{violations}"));
        let market = read_market(&open("market.toml"), &loader);
        market.unwrap_or_else(|violations| panic!("{violations}"));
        let policy = read_policy(&open("policy.toml"), &loader);
        policy.unwrap_or_else(|violations| panic!("{violations}"));
    }
}

#[test]
fn the_shipped_theme_holds() {
    let path = scenarios().join("theme");
    let loader = Loader::new(&path, Confinement::Inside).unwrap();
    let file = loader.open("house.toml", None).unwrap();
    assert!(file.text().starts_with("#:schema ../schema/theme.json\n"));
    Theme::read(&file, &loader).unwrap_or_else(|violations| panic!("{violations}"));
}

/// Documents of a kind have exactly one `#:schema` line, so that editors complete them.
#[test]
fn every_shipped_document_names_its_schema() {
    let folders = ["minimal", "starter", "examples", "leverage", "replay", "reverse"];
    for folder in folders {
        for name in ["scenario", "worst", "portfolio", "market", "policy"] {
            let path = scenarios().join(folder).join(format!("{name}.toml"));
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let schema = if name == "worst" { "scenario" } else { name };
            let line = format!("#:schema ../schema/{schema}.json\n");
            assert!(text.starts_with(&line), "{} does not begin with {line}", path.display());
        }
    }
}
