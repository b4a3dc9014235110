//! Damages that are not text: bytes, links, depth, size.

use std::fs;
use std::path::Path;

use super::files::{Expected, Files, assert_violations};

fn good_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Files::good().write(folder.path());
    folder
}

fn expected(file: &str, line: usize, column: usize, text: &str, title: &str) -> Expected {
    Expected { file: file.into(), line, column, text: text.into(), title: title.into() }
}

#[test]
fn files_that_are_not_text() {
    let at = |line, column, text, title| expected("", line, column, text, title);
    let cases: [(&[u8], Expected); 5] = [
        (b"name = 1\n\x7fELF\x00\x01", at(2, 5, "\0", "binary")),
        (b"name = \"caf\xe9\"\n", at(1, 12, "\u{fffd}", "not UTF-8")),
        (b"name = \"\xe2\x82", at(1, 9, "\u{fffd}", "not UTF-8")),
        (b"\xff\xfen\0a\0", at(1, 1, "\u{fffd}", "UTF-16")),
        (b"\xfe\xff\0n\0a", at(1, 1, "\u{fffd}", "UTF-16")),
    ];
    for (bytes, violation) in cases {
        for file in
            ["scenario.toml", "portfolio.toml", "positions.csv", "policy.toml", "market.toml"]
        {
            let folder = good_folder();
            fs::write(folder.path().join(file), bytes).unwrap();
            let violation = Expected { file: file.into(), ..violation.clone() };
            assert_violations(&violation.title, folder.path(), std::slice::from_ref(&violation));
        }
    }
}

#[test]
fn a_byte_order_mark_is_passed_over_and_moves_no_column() {
    let folder = good_folder();
    for file in ["scenario.toml", "positions.csv"] {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("\u{feff}{text}")).unwrap();
    }
    super::files::check(folder.path()).unwrap();
    fs::write(folder.path().join("policy.toml"), "\u{feff}nam = 1").unwrap();
    let violations = super::files::check(folder.path()).unwrap_err();
    let unknown = violations.items().iter().find(|v| v.title.contains("`nam`")).unwrap();
    assert_eq!((unknown.place.line(), unknown.place.column()), (1, 1));
}

#[test]
fn nesting_without_end_is_refused_without_a_crash() {
    for text in [
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{a=".repeat(200_000)),
        format!("a{} = 1", ".a".repeat(200_000)),
        format!("[a{}]", ".a".repeat(200_000)),
    ] {
        let folder = good_folder();
        fs::write(folder.path().join("scenario.toml"), text).unwrap();
        let violations = super::files::check(folder.path()).unwrap_err();
        assert!(violations.items()[0].title.contains("syntax"), "{violations}");
        assert_eq!(violations.items()[0].place.line(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("policy.toml"), "name = \"stolen\"").unwrap();
    let folder = good_folder();
    let link = folder.path().join("policy.toml");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(outside.path().join("policy.toml"), link).unwrap();
    let violation =
        expected("scenario.toml", 4, 10, "\"policy.toml\"", "leaves the scenario's folder");
    assert_violations("link", folder.path(), &[violation]);
}

#[cfg(unix)]
#[test]
fn a_device_that_never_ends_is_not_opened() {
    let folder = good_folder();
    let link = folder.path().join("policy.toml");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(Path::new("/dev/zero"), link).unwrap();
    let violation =
        expected("scenario.toml", 4, 10, "\"policy.toml\"", "leaves the scenario's folder");
    assert_violations("device", folder.path(), &[violation]);
    let loader = plimsoll::document::Loader::new(
        folder.path(),
        plimsoll::document::Confinement::AllowOutside,
    );
    let refused = loader.unwrap().open("/dev/zero", None).unwrap_err();
    assert!(refused.items()[0].title.contains("not a regular file"), "{refused}");
}

#[test]
fn a_scenario_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let violation = expected("scenario.toml", 1, 1, "", "there is no file `scenario.toml`");
    assert_violations("absent", folder.path(), &[violation]);
}
