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
    if let Err(exit) = write(&found, &path, arguments, terminal) {
        return exit;
    }
    if arguments.json {
        return terminal.print_report(report::market_model_json(&found.model));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::market_model_terminal(&found.model, terminal.style()))
}

/// Writes what was asked for; the page is made before the document is written, so that a fault of it
/// leaves neither.
fn write(
    found: &Estimated,
    scenario: &Path,
    arguments: &MarketArguments,
    terminal: &Terminal,
) -> Result<(), Exit> {
    let failed = |fault: &dyn std::fmt::Display| {
        terminal.complain(&fault.to_string());
        Exit::Failure
    };
    let page = arguments.page.as_ref().map(|path| {
        Ok((path, report::market_model_html(&found.model).map_err(|fault| failed(&fault))?))
    });
    let page = page.transpose()?;
    if let Some(out) = &arguments.out {
        let text = document(found, &named_from(scenario, out));
        write_document(out, &text, MARK).map_err(|fault| failed(&fault))?;
    }
    if let Some((path, text)) = page {
        write_document(path, &text, report::MARKET_MODEL_MARK).map_err(|fault| failed(&fault))?;
    }
    Ok(())
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
