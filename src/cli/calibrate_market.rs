//! `plimsoll calibrate market`: the estimated model of a scenario, told and written as a document.

use std::path::{Component, Path, PathBuf};

use super::arguments::MarketArguments;
use super::exit::Exit;
use super::session::{Session, refuse, scenario_document};
use super::terminal::Terminal;
use crate::document::{SHIPPED, write_document};
use crate::report;
use crate::study::market_model::{Estimated, MARK, MarketModelError, document, estimate};

/// Estimates, writes the document where asked to, and tells the estimates.
pub fn market(arguments: &MarketArguments, terminal: &Terminal) -> Exit {
    let session = match Session::of(&arguments.machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let path = scenario_document(&arguments.scenario);
    let confinement = super::session::confinement(arguments.machine.allow_outside);
    let found = match session.install(|| estimate(&path, confinement)) {
        Ok(found) => found,
        Err(MarketModelError::Violations(violations)) => return refuse(&violations, terminal),
        Err(error) => {
            terminal.complain(&error.to_string());
            return Exit::Usage;
        }
    };
    if let Some(out) = &arguments.out {
        let exit = write(&found, &path, out, terminal);
        if exit != Exit::Within {
            return exit;
        }
    }
    if arguments.json {
        return terminal.print_report(report::market_model_json(&found.model));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::market_model_terminal(&found.model, terminal.style()))
}

fn write(found: &Estimated, scenario: &Path, out: &Path, terminal: &Terminal) -> Exit {
    let text = document(found, &named_from(scenario, out));
    match write_document(out, &text, MARK) {
        Ok(()) => Exit::Within,
        Err(error) => {
            terminal.complain(&error.to_string());
            Exit::Failure
        }
    }
}

/// The scenario as a document at `out` names it.
fn named_from(scenario: &Path, out: &Path) -> String {
    if scenario.to_str().is_some_and(|path| path.starts_with(SHIPPED)) {
        return scenario.to_string_lossy().into_owned();
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (scenario, out) = (absolute(scenario), absolute(out));
    let folder = out.parent().unwrap_or(Path::new(""));
    let plain = |path: &Path| path.components().collect::<Vec<Component>>().len();
    let common = scenario.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(Component::ParentDir, plain(folder) - common);
    let path: PathBuf = up.chain(scenario.components().skip(common)).collect();
    path.to_string_lossy().into_owned()
}
