//! `plimsoll check` on what is no scenario: other documents, folders, nothing, several at once.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::binary::check;
use super::files::Files;

fn good_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Files::good().write(folder.path());
    folder
}

/// Exit code and standard error.
fn refused(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A document on its own shows its faults as it does in its scenario.
#[test]
fn every_kind_of_document_is_checked_on_its_own() {
    let cases = [
        ("portfolio.toml", "haircut = 0.05", "haircut = 5", "portfolio.toml:16:11", "5"),
        ("portfolio.toml", "positions.csv", "none.csv", "portfolio.toml:2:13", "none.csv"),
        ("market.toml", "price = 3_000", "price = -3_000", "market.toml:10:9", "-3_000"),
        ("market.toml", "\"history.csv\"", "\"../h.csv\"", "market.toml:", "../h.csv"),
        ("policy.toml", "level = 0.975", "level = inf", "policy.toml:10:9", "inf"),
        ("policy.toml", "appetite", "apetite", "policy.toml:2:1", "apetite"),
        ("rules.toml", "initial = \"10%\"", "initial = true", "rules.toml:8:11", "true"),
        ("rules.toml", "source = ", "source: ", "rules.toml:3:", "source"),
    ];
    for (file, good, bad, place, text) in cases {
        let folder = good_folder();
        let path = folder.path().join(file);
        assert_eq!(check(&path).status.code(), Some(0), "{file}");
        let damaged = fs::read_to_string(&path).unwrap().replacen(good, bad, 1);
        fs::write(&path, damaged).unwrap();
        let (code, shown) = refused(&check(&path));
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(place) && shown.contains(text), "{shown}");
    }
}

#[test]
fn a_folder_stands_for_the_scenario_in_it() {
    let folder = good_folder();
    let output = check(folder.path());
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("no violations"));
    fs::remove_file(folder.path().join("scenario.toml")).unwrap();
    let (code, shown) = refused(&check(folder.path()));
    let path = folder.path().join("scenario.toml");
    assert_eq!(code, Some(2));
    assert!(shown.contains("there is no file `scenario.toml`"), "{shown}");
    assert!(shown.contains(&format!("{}:1:1", path.display())), "{shown}");
}

#[test]
fn what_is_no_document_is_one_violation() {
    let folder = good_folder();
    for (file, words) in [
        ("history.csv", "a .csv file is no document"),
        ("nothing.toml", "there is no file `nothing.toml`"),
        ("nowhere/scenario.toml", "cannot open the folder"),
    ] {
        let (code, shown) = refused(&check(&folder.path().join(file)));
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(words) && shown.ends_with("\n1 violation\n"), "{shown}");
    }
}

#[test]
fn every_file_given_is_checked_and_the_worst_tells_the_exit_code() {
    let folder = good_folder();
    let [good, bad] = ["market.toml", "policy.toml"].map(|name| folder.path().join(name));
    fs::write(&bad, "appetite = 2").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let output = command.arg("check").args([&bad, &good]).output().unwrap();
    let (code, shown) = refused(&output);
    assert_eq!(code, Some(2));
    assert!(shown.contains("`appetite` is out of range"), "{shown}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("market, no violations"));
}

#[test]
fn every_shipped_document_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for folder in ["examples", "minimal", "desk", "venues"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let output = check(&path);
                assert_eq!(output.status.code(), Some(0), "{}", refused(&output).1);
            }
        }
    }
}
