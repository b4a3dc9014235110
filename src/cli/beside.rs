//! What a report tells beside the results it is of: an earlier run, the steps between them, the
//! catalogue.

use std::path::Path;

use super::arguments::{MachineArguments, ReportArguments};
use super::exit::Exit;
use super::progress::Progress;
use super::recorder::{catalogue_file, run_figures};
use super::session::Session;
use super::terminal::Terminal;
use crate::catalogue::{CATALOGUE_NAME, Catalogue, CatalogueError, run_record};
use crate::document::{InputFile, Manifest, OutputError, read_result, whole_results};
use crate::engine::EngineError;
use crate::outcome::{Backtest, HashedFile, Outcome, RunHistory};
use crate::report::Explained;
use crate::study::explain::{self, ExplainError};

/// The results in a folder.
const RESULT: &str = "result.json";
/// Runs of a history, the latest.
const RUNS: usize = 60;

/// The recorded runs up to the one whose results stand in `folder`; `None` where no catalogue is
/// wanted, or none lies beside the results.
///
/// # Errors
/// A catalogue that was named and is not there; one that cannot be read.
pub fn history(
    arguments: &ReportArguments,
    folder: &Path,
    manifest: &Manifest,
    outcome: &Outcome,
) -> Result<Option<RunHistory>, CatalogueError> {
    if arguments.no_catalogue {
        return Ok(None);
    }
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let catalogue = match &arguments.catalogue {
        Some(named) => Catalogue::open_to_read(&catalogue_file(named))?,
        None => {
            let beside = absolute.parent().unwrap_or(Path::new("")).join(CATALOGUE_NAME);
            match Catalogue::open_to_read(&beside) {
                Err(CatalogueError::Absent { .. }) => return Ok(None),
                found => found?,
            }
        }
    };
    let record = run_figures(run_record("run", "", &absolute, manifest.clone()), outcome);
    catalogue.history(record, RUNS).map(Some)
}

/// The results of a backtest.
///
/// # Errors
/// A folder that holds something else, or not the whole of it.
pub fn backtest(folder: &Path) -> Result<Backtest, OutputError> {
    let unreadable = |reason: String| OutputError::Unreadable {
        path: folder.join(RESULT),
        source: std::io::Error::other(reason),
    };
    if whole_results(folder).is_none() {
        return Err(unreadable("the folder holds no whole results".to_owned()));
    }
    let text = read_result(folder, RESULT)?;
    serde_json::from_str(&text)
        .map_err(|error| unreadable(format!("no results of `plimsoll backtest`: {error}")))
}

/// Inputs with their hashes, as reports list them.
pub fn hashed(inputs: &[InputFile]) -> Vec<HashedFile> {
    let one = |one: &InputFile| HashedFile { name: one.name.clone(), blake3: one.blake3.clone() };
    inputs.iter().map(one).collect()
}

/// What moved from the run in `earlier` to that in `later`, by running the steps between them; a
/// reason where that cannot be done.
pub fn explained(earlier: &Path, later: &Path, terminal: &Terminal) -> Result<Explained, Exit> {
    let machine = MachineArguments { threads: None, instruction_set: None, allow_outside: false };
    let session = Session::of(&machine, terminal)?;
    let progress = Progress::new(terminal, false);
    let control = session.control(&progress);
    let set = session.instruction_set();
    let found = session.install(|| explain::explain(earlier, later, set, &control));
    progress.finish();
    match found {
        Ok(explanation) => Ok(Explained::Told(Box::new(explanation))),
        Err(ExplainError::Engine(error @ EngineError::Interrupted(_))) => {
            Err(session.engine_failure(&error))
        }
        Err(error) => Ok(Explained::Impossible(error.to_string())),
    }
}
