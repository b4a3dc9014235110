//! `plimsoll check`: are these documents right?

use super::arguments::CheckArguments;
use super::exit::Exit;
use super::session::{confinement, refuse, scenario_document};
use super::terminal::Terminal;
use crate::engine;
use crate::study::{batch, calibration, policy_calibration, walk_forward};

/// Checks every file and shows every violation.
pub fn check(arguments: &CheckArguments, terminal: &Terminal) -> Exit {
    let confinement = confinement(arguments.allow_outside);
    let mut worst = Exit::Within;
    for file in &arguments.files {
        let file = scenario_document(file);
        let found = if calibration::is_calibration(&file, confinement) {
            calibration::check(&file, confinement)
        } else if policy_calibration::is_policy_calibration(&file, confinement) {
            policy_calibration::check(&file, confinement)
        } else if walk_forward::is_backtest(&file, confinement) {
            walk_forward::check(&file, confinement)
        } else if batch::is_batch(&file, confinement) {
            batch::check(&file, confinement)
        } else {
            engine::check(&file, confinement)
        };
        let exit = match found {
            Ok(summary) => terminal.print(&format!("{}: {summary}\n", file.display())),
            Err(violations) => refuse(&violations, terminal),
        };
        worst = worst.max(exit);
    }
    worst
}
