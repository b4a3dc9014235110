//! The program as a user starts it: shared by tests of the command line.
#![allow(dead_code, missing_docs)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in a folder, with nothing to read.
pub fn plimsoll(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(folder).env("NO_COLOR", "1").args(arguments).stdin(Stdio::null());
    command.output().expect("plimsoll starts")
}

/// The same in the project's root, where `scenarios` is.
pub fn plimsoll_at_root(arguments: &[&str]) -> Output {
    plimsoll(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
