//! The same through the program: exit code 2, and diagnostics on standard error alone.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::files::Expected;

/// Runs `plimsoll check` on a document.
pub fn check(document: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("check").arg(document).stdin(Stdio::null());
    command.output().expect("plimsoll starts")
}

/// What differs from exit code 2 with every place, every offending text and their count.
pub fn difference(case: &str, document: &Path, expected: &[Expected]) -> Option<String> {
    let output = check(document);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut faults = Vec::new();
    if output.status.code() != Some(2) {
        faults.push(format!("ended with {}", output.status));
    }
    if !output.stdout.is_empty() {
        faults.push("wrote to standard output".to_owned());
    }
    for Expected { file, line, column, text: offending, .. } in expected {
        let place = format!("{file}:{line}:{column}\n");
        if !text.contains(&place) {
            faults.push(format!("does not show {place}"));
        }
        // diagnostics quote the first line of a stretch; what is hostile in it is made visible
        let first = offending.lines().next().unwrap_or_default();
        let plain = first.split(is_hostile).filter(|part| *part != "\u{fffd}");
        faults.extend(
            plain.filter(|part| !text.contains(part)).map(|part| format!("does not show {part:?}")),
        );
    }
    let count = expected.len();
    let plural = if count == 1 { "" } else { "s" };
    if !text.ends_with(&format!("\n{count} violation{plural}\n")) {
        faults.push(format!("does not count {count} violation{plural}"));
    }
    if text.contains(|c| c != '\n' && is_hostile(c)) {
        faults.push("lets hostile characters through".to_owned());
    }
    (!faults.is_empty()).then(|| format!("{case}: plimsoll check {}\n{text}", faults.join("; ")))
}

fn is_hostile(c: char) -> bool {
    c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)
}
