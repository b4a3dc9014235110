//! The program as a user types it: exit codes, pipes, folders, interruption, the README's commands.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn plimsoll(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(root()).args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    plimsoll(arguments).output().expect("plimsoll starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is JSON and nothing else")
}

#[test]
fn the_json_has_the_fields_that_scripts_rely_on() {
    let output = run(&["run", "scenarios/desk", "--paths", "5000", "--json"]);
    assert!(code(&output) <= 1, "{}", String::from_utf8_lossy(&output.stderr));
    let result = json(&output);
    assert_eq!(result["paths"], 5000);
    assert!(result["seed"].is_u64());
    for measure in ["value_at_risk", "expected_shortfall"] {
        let rows = result["measures"][measure].as_array().expect("a list by level");
        assert!(!rows.is_empty());
        for row in rows {
            assert!(row["level"].is_f64() && row["loss"].is_f64());
            let interval = row["interval_95"].as_array().expect("two ends");
            assert!(interval[0].as_f64() <= row["loss"].as_f64());
            assert!(row["loss"].as_f64() <= interval[1].as_f64());
            assert!(!row["estimator"].as_str().expect("text").is_empty());
        }
    }
    let threshold = &result["threshold"];
    for number in ["potential_loss", "threshold", "utilisation", "share_of_capital"] {
        assert!(threshold[number].is_f64(), "{number}: {}", threshold[number]);
    }
    assert!(["green", "amber", "red"].contains(&threshold["status"].as_str().expect("text")));
    assert!(threshold["scale_to_threshold"].get("value").is_some());
    let binding = threshold["scale_to_threshold"]["binding"].as_str().expect("text");
    assert!(["risk", "margin", "none"].contains(&binding));
    for row in threshold["headroom"].as_array().expect("a list") {
        assert!(row["underlying"].is_string());
        assert!(row.get("long").is_some() && row.get("short").is_some());
    }
    let red = threshold["status"] == "red";
    assert_eq!(code(&output), i32::from(red));
}

#[test]
fn a_hard_limit_breached_exits_with_1_and_a_soft_one_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let minimal = root().join("scenarios/minimal");
    for file in ["scenario.toml", "portfolio.toml", "market.toml"] {
        std::fs::copy(minimal.join(file), folder.path().join(file)).unwrap();
    }
    let policy = std::fs::read_to_string(minimal.join("policy.toml")).unwrap();
    let scenario = folder.path().join("scenario.toml");
    for (bound, exit) in [("hard", 1), ("soft", 0)] {
        let limit = format!(
            "{policy}\n[[limit]]\nname = \"coins\"\nlevel = \"underlying\"\n\
             measure = \"gross_exposure\"\n{bound} = 10\n"
        );
        let limit = limit.replace("appetite = \"10%\"", "appetite = \"90%\"");
        std::fs::write(folder.path().join("policy.toml"), limit).unwrap();
        let output = run(&["run", scenario.to_str().unwrap(), "--paths", "2000"]);
        assert_eq!(code(&output), exit, "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let told = text.replace('\n', " ").contains(&format!(
            "{}{} limit",
            &bound[..1].to_uppercase(),
            &bound[1..]
        ));
        assert!(told, "{text}");
    }
}

#[test]
fn two_scenarios_print_one_object_a_line() {
    let output =
        run(&["run", "scenarios/minimal", "scenarios/minimal", "--paths", "2000", "--json"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        let _: Value = serde_json::from_str(line).expect("each line is an object");
    }
}

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    assert_eq!(code(&run(&["run"])), 2);
    assert_eq!(code(&run(&["run", "scenarios/desk", "--paths", "0"])), 2);
    assert_eq!(code(&run(&["run", "scenarios/desk", "--paths", "many"])), 2);
    assert_eq!(code(&run(&["frobnicate"])), 2);
    assert_eq!(code(&run(&["run", "no/such/scenario.toml"])), 2);
    assert_eq!(code(&run(&["--help"])), 0);
    assert_eq!(code(&run(&["--version"])), 0);
    assert_eq!(code(&run(&["run", "--help"])), 0);
}

#[test]
fn every_shipped_document_passes_check() {
    let output = run(&["check", "scenarios/desk", "scenarios/minimal"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_output_folder_is_whole_and_identical_twice() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let results: Vec<Vec<u8>> = ["one", "two"]
        .into_iter()
        .map(|name| {
            let folder = scratch.path().join(name);
            let text = folder.to_str().expect("UTF-8");
            let output =
                run(&["run", "scenarios/minimal", "--paths", "3000", "--quiet", "--out", text]);
            assert!(code(&output) <= 1, "{}", String::from_utf8_lossy(&output.stderr));
            assert!(output.stdout.is_empty());
            let mut files: Vec<String> = fs::read_dir(&folder)
                .expect("the folder is there")
                .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
                .collect();
            files.sort();
            let expected =
                ["inputs", "losses.parquet", "manifest.json", "report.html", "result.json"];
            assert_eq!(files, expected);
            fs::read(folder.join("result.json")).expect("result.json")
        })
        .collect();
    assert!(results[0] == results[1]);
    let mut left: Vec<String> = fs::read_dir(scratch.path())
        .expect("readable")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    let expected = ["one", "plimsoll-catalogue.sqlite", "two"];
    assert_eq!(left, expected, "nothing half-written is left beside the results");
}

#[test]
fn a_folder_that_is_not_ours_is_refused() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    fs::write(scratch.path().join("precious.txt"), "keep me").expect("written");
    let folder = scratch.path().to_str().expect("UTF-8");
    let output = run(&["run", "scenarios/minimal", "--paths", "1000", "--out", folder]);
    assert_eq!(code(&output), 3);
    let kept = fs::read_to_string(scratch.path().join("precious.txt")).expect("still there");
    assert_eq!(kept, "keep me");
    assert_eq!(fs::read_dir(scratch.path()).expect("readable").count(), 1);
}

#[test]
fn a_broken_pipe_is_silent() {
    let mut child = plimsoll(&["run", "scenarios/minimal", "--paths", "1000", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("plimsoll starts");
    drop(child.stdout.take());
    let mut message = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    stderr.read_to_string(&mut message).expect("UTF-8");
    let status = child.wait().expect("it ends");
    assert!(status.code().is_some_and(|code| code <= 1), "{status}: {message}");
    assert_eq!(message, "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_cleanly_with_nothing_written() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let folder = scratch.path().join("out");
    let text = folder.to_str().expect("UTF-8");
    let mut child = plimsoll(&[
        "run",
        "scenarios/desk",
        "--paths",
        "100000000",
        "--threads",
        "1",
        "--out",
        text,
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .expect("plimsoll starts");
    std::thread::sleep(std::time::Duration::from_secs(4));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert_eq!(fs::read_dir(scratch.path()).expect("readable").count(), 0);
}

#[test]
fn a_worst_path_replays_to_its_loss() {
    let result = json(&run(&["run", "scenarios/desk", "--paths", "5000", "--json"]));
    let worst = &result["worst_paths"][0];
    let path = worst["path"].as_u64().expect("an id").to_string();
    let output = run(&["replay", "scenarios/desk", "--paths", "5000", "--path", &path, "--json"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let replayed = json(&output);
    let (expected, loss) = (worst["loss"].as_f64(), replayed["loss"].as_f64());
    let (expected, loss) = (expected.expect("a loss"), loss.expect("a loss"));
    assert!((expected - loss).abs() <= 1e-9 * expected.abs());
    let rows = replayed["rows"].as_array().expect("a list");
    let sum: f64 = rows.iter().map(|row| row["loss"].as_f64().expect("a loss")).sum();
    assert!((sum - loss).abs() <= 1e-9 * loss.abs().max(1.0));
}

#[test]
fn committed_schemas_are_those_the_program_prints() {
    for document in ["scenario", "portfolio", "market", "policy", "venue"] {
        let output = run(&["schema", document]);
        assert_eq!(code(&output), 0);
        let committed = root().join("scenarios/schema").join(format!("{document}.json"));
        let committed = fs::read(&committed).expect("the schema is committed");
        assert!(output.stdout == committed, "scenarios/schema/{document}.json is out of date");
    }
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("UTF-8");
        for command in ["run", "check", "replay", "schema", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn a_hostile_scenario_name_cannot_leave_the_output_folder() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let source = root().join("scenarios/minimal");
    for entry in fs::read_dir(source).expect("readable") {
        let path: PathBuf = entry.expect("entry").path();
        let name = path.file_name().expect("a name");
        fs::copy(&path, scratch.path().join(name)).expect("copied");
    }
    let document = scratch.path().join("scenario.toml");
    let text = fs::read_to_string(&document).expect("readable");
    let line = text.lines().find(|line| line.starts_with("name")).expect("it has a name");
    let hostile = text.replacen(line, "name = \"../../evil\"", 1);
    fs::File::create(&document).expect("writable").write_all(hostile.as_bytes()).expect("written");
    let output = run(&["run", document.to_str().expect("UTF-8"), "--paths", "1000"]);
    assert_eq!(code(&output), 2);
}
