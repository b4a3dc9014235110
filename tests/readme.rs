//! The README is true: its outputs are the program's, its commands run, its code compiles.

#[path = "common/command.rs"]
mod command;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use command::plimsoll;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("there is a README")
}

/// The text of the fenced block between `<!-- name -->` and `<!-- /name -->`.
fn block(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("<!-- {name} -->\n```")).expect("the block begins");
    let (inside, _) = rest.split_once(&format!("```\n<!-- /{name} -->")).expect("the block ends");
    inside.split_once('\n').expect("a language, then text").1.to_owned()
}

/// A command line as a shell takes it, quotes and comments with it.
fn typed(folder: &Path, line: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a folder");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", path).current_dir(folder).stdin(Stdio::null());
    command.output().expect("a shell starts")
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn the_main_command_prints_what_the_readme_shows() {
    let text = readme();
    let command = block(&text, "main-command");
    let arguments = command.trim().strip_prefix("cargo run --release --quiet -- ");
    let arguments: Vec<&str> = arguments.expect("it runs the program").split(' ').collect();
    let output = plimsoll(root(), &arguments);
    assert!(matches!(output.status.code(), Some(0 | 1)));
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let shown = block(&text, "main-output");
    assert!(printed == shown, "the README shows another output; it is now:\n{printed}");
}

#[test]
fn the_fault_shown_is_what_the_program_says() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let made = plimsoll(scratch.path(), &["init", "my-book"]);
    assert_eq!(made.status.code(), Some(0));
    let positions = scratch.path().join("my-book/positions.csv");
    let good = fs::read_to_string(&positions).expect("readable");
    let bad = good.replace("perpetual,,BTC", "perpetual,,BTX");
    assert!(bad != good);
    fs::write(&positions, bad).expect("written");
    let output = plimsoll(scratch.path(), &["check", "my-book"]);
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).expect("UTF-8");
    let shown = block(&readme(), "fault-output");
    assert!(printed == shown, "the README shows another message; it is now:\n{printed}");
}

#[test]
fn every_command_shown_runs() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let scenarios = scratch.path().join("scenarios");
    copy_tree(&root().join("scenarios"), &scenarios);
    let text = readme();
    let mut count = 0;
    for command in text.lines().filter(|line| line.starts_with("plimsoll ")) {
        let output = typed(scratch.path(), command);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{command}: {message}");
        count += 1;
    }
    assert!(count >= 8, "only {count} commands were found");
}

#[test]
fn every_file_the_readme_links_to_is_there() {
    for part in readme().split("](").skip(1) {
        let target = part.split(')').next().expect("a target");
        assert!(root().join(target).exists(), "{target}");
    }
}
