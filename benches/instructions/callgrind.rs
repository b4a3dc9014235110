//! This program under `valgrind --tool=callgrind`, one case at a time.

use std::path::Path;
use std::process::{Command, Output};

use crate::region::REGION;

/// Why a case could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    #[error("valgrind is not there: install it to count instructions")]
    NoValgrind,
    #[error("case '{case}' failed under valgrind:\n{message}")]
    Failed { case: String, message: String },
    #[error("case '{case}': valgrind counted nothing in {REGION}")]
    Nothing { case: String },
}

/// Instructions executed in the region of a case.
pub fn count(case: &str) -> Result<u64, CountError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("callgrind.out");
    let output = valgrind(case, &file).map_err(|_| CountError::NoValgrind)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(CountError::Failed { case: case.to_owned(), message });
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let counted = total(&text).filter(|&count| count > 0);
    counted.ok_or_else(|| CountError::Nothing { case: case.to_owned() })
}

fn valgrind(case: &str, file: &Path) -> std::io::Result<Output> {
    let program = std::env::current_exe()?;
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", file.display()));
    command.arg(format!("--toggle-collect=*{REGION}*"));
    command.arg(program).arg("--only").arg(case);
    command.output()
}

/// The sum over all parts of the profile.
fn total(profile: &str) -> Option<u64> {
    let sums = profile.lines().filter_map(|line| line.strip_prefix("totals:"));
    sums.map(|sum| sum.trim().parse::<u64>().ok()).sum()
}
