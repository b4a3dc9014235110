//! Scenario documents: good ones read whole, and each fault shows at its place.

use std::fs;
use std::path::Path;

use super::document::{LoadedScenario, open_scenario, read_scenario};
use super::settings::{
    CorrelationSettings, Drift, NotPositiveSemidefinite, ProcessSettings, VolatilitySettings,
};
use crate::document::{Confinement, Loader, Violations, schema_of};
use crate::units::{Symbol, Years};

const HEAD: &str = "name = \"x\"\nportfolio = \"p.toml\"\nmarket = \"m.toml\"\n";
const SIMULATION: &str = "[simulation]\nhorizon = \"1d\"\n";

fn read_files(files: &[(&str, &str)]) -> Result<LoadedScenario, Violations> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        fs::write(path, text).unwrap();
    }
    let loader = Loader::new(folder.path(), Confinement::Inside)?;
    let file = loader.open("scenario.toml", None)?;
    read_scenario(&file, &loader)
}

fn read(tail: &str) -> Result<LoadedScenario, Violations> {
    read_files(&[("scenario.toml", &format!("{HEAD}{SIMULATION}{tail}"))])
}

/// `file:line:column text` and title of each violation.
fn faults(result: Result<LoadedScenario, Violations>) -> Vec<String> {
    let violations = result.unwrap_err();
    let show = |v: &crate::document::Violation| {
        let place = &v.place;
        let (name, line, column) = (place.file.name(), place.line(), place.column());
        format!("{name}:{line}:{column} {:?} {}", place.text(), v.title)
    };
    violations.items().iter().map(show).collect()
}

#[test]
fn defaults_are_a_plain_martingale_on_the_history() {
    let loaded = read("").unwrap();
    let model = &loaded.scenario.model;
    assert_eq!(model.process, ProcessSettings::Gbm);
    assert_eq!(model.drift, Drift::Martingale);
    assert_eq!(model.correlation, CorrelationSettings::Sample { window: None });
    assert_eq!(loaded.scenario.simulation.horizon, Years::from_days(1.0));
    assert_eq!(loaded.scenario.measures.contribution_level.get(), 0.99);
    assert_eq!(loaded.portfolio.path, "p.toml");
    assert!(loaded.policy.is_none());
}

#[test]
fn every_setting_is_read() {
    let tail = "[model]\n\
        process = { type = \"t_copula\", degrees_of_freedom = 4.5, marginals = { \"BTC.spot\" = 3 } }\n\
        drift = { annual = { BTC = \"10%\" } }\n\
        volatility = { estimator = \"ewma\", half_life = 30 }\n\
        stated_volatility = { \"BTC.spot\" = \"60%\" }\n\
        not_positive_semidefinite = { project_to_nearest = { distance_max = 0.1 } }\n\
        correlation = { estimator = \"stated\", factors = [\"BTC.spot\", \"ETH.spot\"], matrix = [[1, 0.8], [0.8, 1]] }\n\
        [measures]\nlevels = [\"95%\", 0.99]\ncontribution_level = 0.95\n";
    let scenario = read(tail).unwrap().scenario;
    assert_eq!(scenario.model.drift, Drift::Annual(vec![(Symbol::new("BTC"), 0.1)]));
    assert_eq!(scenario.model.volatility, VolatilitySettings::Ewma { half_life: 30.0 });
    assert_eq!(scenario.model.stated_volatilities[0].volatility, 0.6);
    let projected = NotPositiveSemidefinite::ProjectToNearest { distance_max: 0.1 };
    assert_eq!(scenario.model.not_positive_semidefinite, projected);
    assert_eq!(scenario.measures.levels[0].get(), 0.95);
    match scenario.model.process {
        ProcessSettings::TCopula { degrees_of_freedom, marginals, truncation, .. } => {
            assert_eq!(degrees_of_freedom, Some(4.5));
            assert_eq!(marginals, [("BTC.spot".to_owned(), 3.0)]);
            assert_eq!(truncation, libm::log(5.0));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_fault_shows_at_its_place() {
    let cases: [(&str, &[&str]); 9] = [
        ("paths = 0\n", &["scenario.toml:6:9 \"0\" `paths` is out of range"]),
        (
            "[model]\nprocess = { type = \"student_t\", degrees_of_freedom = 2 }\n",
            &["scenario.toml:7:54 \"2\" `degrees_of_freedom` is out of range"],
        ),
        (
            "[model]\nprocess = { type = \"student_t\", degrees_of_freedom = 5, degrees_of_freedom_min = 3 }\n",
            &[
                "scenario.toml:7:82 \"3\" stated degrees of freedom are not fitted: nothing is raised",
            ],
        ),
        (
            "[model]\nprocess = { type = \"gbm\", degrees_of_freedom = 5 }\n",
            &[
                "scenario.toml:7:27 \"degrees_of_freedom\" unknown key `degrees_of_freedom` in `process`",
            ],
        ),
        (
            "[model]\nvolatility = { half_life = 5 }\n",
            &["scenario.toml:7:14 \"{ half_life = 5 }\" missing key `estimator` in `volatility`"],
        ),
        (
            "[model]\ndrift = { annual = { BTC = \"lots\" } }\n",
            &["scenario.toml:7:28 \"\\\"lots\\\"\" `BTC` is not valid"],
        ),
        (
            "[measures]\nlevels = [0.99, 0.95]\n",
            &["scenario.toml:7:17 \"0.95\" levels must increase"],
        ),
        (
            "[measures]\nlevels = [0.95]\ncontribution_level = 0.99\n",
            &["scenario.toml:8:22 \"0.99\" `contribution_level` is not one of `levels`"],
        ),
        (
            "[model.correlation]\nestimator = \"stated\"\nfactors = [\"BTC.spot\", \"BTC.spot\"]\nmatrix = [[1, 0.5], [0.4, 0.9]]\n",
            &[
                "scenario.toml:8:24 \"\\\"BTC.spot\\\"\" factor `BTC.spot` appears twice",
                "scenario.toml:9:22 \"0.4\" the matrix is not symmetric",
                "scenario.toml:9:27 \"0.9\" the diagonal must be 1",
            ],
        ),
    ];
    for (tail, expected) in cases {
        assert_eq!(faults(read(tail)), expected, "{tail}");
    }
}

#[test]
fn a_correlation_file_is_checked_cell_by_cell() {
    let tail = "[model.correlation]\nestimator = \"file\"\npath = \"c.csv\"\n";
    let scenario = format!("{HEAD}{SIMULATION}{tail}");
    let with = |csv: &str| read_files(&[("scenario.toml", &scenario), ("c.csv", csv)]);
    let good = with("factor,BTC.spot,ETH.spot\nBTC.spot,1,0.8\nETH.spot,0.8,1\n").unwrap();
    let stated = CorrelationSettings::Stated {
        factors: vec!["BTC.spot".into(), "ETH.spot".into()],
        matrix: vec![vec![1.0, 0.8], vec![0.8, 1.0]],
    };
    assert_eq!(good.scenario.model.correlation, stated);
    let bad = with("factor,BTC.spot,ETH\nETH,1,nan\nETH.spot,1.5,1\n");
    let expected = [
        "c.csv:1:17 \"ETH\" `ETH` is not a risk factor",
        "c.csv:2:1 \"ETH\" the row is for `ETH`, the header's next factor is another",
        "c.csv:2:7 \"nan\" `ETH` is not a finite number",
        "c.csv:3:1 \"ETH.spot\" the row is for `ETH.spot`, the header's next factor is another",
        "c.csv:3:10 \"1.5\" `BTC.spot` is out of range",
    ];
    assert_eq!(faults(bad), expected);
    let short = with("factor,BTC.spot,ETH.spot\nBTC.spot,1,0.8\n");
    assert_eq!(
        faults(short),
        ["c.csv:1:1 \"factor,BTC.spot,ETH.spot\" the matrix has 1 rows for 2 factors"]
    );
}

#[test]
fn a_scenario_starts_from_the_one_it_extends() {
    let base = "name = \"base\"\nportfolio = \"p.toml\"\nmarket = \"m.toml\"\n\
        [simulation]\nhorizon = \"8h\"\npaths = 5000\n[model]\nsmile = \"sticky_strike\"\n";
    let own = "name = \"own\"\nextends = \"bases/base.toml\"\nmarket = \"mine.toml\"\n\
        [simulation]\npaths = 7000\n";
    let files = [("scenario.toml", own), ("bases/base.toml", base)];
    let loaded = read_files(&files).unwrap();
    assert_eq!(loaded.scenario.name, "own");
    assert_eq!(loaded.scenario.simulation.paths, 7000);
    assert_eq!(loaded.scenario.simulation.horizon, Years::from_days(1.0 / 3.0));
    assert_eq!(loaded.portfolio.place.file.name(), "bases/base.toml");
    assert_eq!(loaded.market.place.file.name(), "scenario.toml");
    let faulty = base.replace("paths = 5000", "pahts = 5000");
    assert_eq!(
        faults(read_files(&[("scenario.toml", own), ("bases/base.toml", &faulty)])),
        ["bases/base.toml:6:1 \"pahts\" unknown key `pahts` in `simulation`"]
    );
}

#[test]
fn a_circle_of_bases_is_refused() {
    let own = "name = \"a\"\nextends = \"b.toml\"\n";
    let files = [("scenario.toml", own), ("b.toml", "extends = \"./scenario.toml\"\n")];
    let expected = "b.toml:1:11 \"\\\"./scenario.toml\\\"\" `extends` goes in a circle: \
        scenario.toml → b.toml → scenario.toml";
    assert_eq!(faults(read_files(&files)), [expected]);
    let itself = [("scenario.toml", "extends = \"scenario.toml\"\n")];
    assert!(faults(read_files(&itself))[0].contains("circle"));
}

#[test]
fn other_files_are_known_even_where_the_scenario_is_faulty() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scenario.toml"), HEAD).unwrap();
    let loader = Loader::new(folder.path(), Confinement::Inside).unwrap();
    let file = loader.open("scenario.toml", None).unwrap();
    let tree = open_scenario(&file, &loader).unwrap();
    assert!(tree.read(&loader).is_err());
    assert_eq!(tree.reference("market").unwrap().path, "m.toml");
}

#[test]
fn the_schema_describes_keys_and_variants() {
    let schema = schema_of::<super::document::ScenarioDocument>("scenario");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let text = schema.to_string();
    for words in ["Length of the simulation", "Shrunk toward constant", "sticky_delta"] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("\"null\""), "TOML has no null");
}
