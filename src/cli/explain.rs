//! `plimsoll explain`: what moved the figures from one run to another.

use std::path::Path;
use std::time::{Duration, Instant};

use super::arguments::{ExplainArguments, MachineArguments};
use super::exit::Exit;
use super::output::OutputFailure;
use super::progress::Progress;
use super::session::Session;
use super::terminal::Terminal;
use crate::document::{InputFile, Manifest, OutputFolder, StageTiming, whole_results};
use crate::engine::EngineError;
use crate::outcome::Explanation;
use crate::report;
use crate::study::explain::{self, ExplainError};

/// Runs from the earlier inputs to the later ones, tells what moved, and writes it where asked to.
pub fn explain(arguments: &ExplainArguments, terminal: &Terminal) -> Exit {
    let machine = MachineArguments {
        threads: arguments.threads,
        instruction_set: None,
        allow_outside: false,
    };
    let session = match Session::of(&machine, terminal) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let started = Instant::now();
    let output = match arguments.out.as_deref().map(Opened::at).transpose() {
        Ok(output) => output,
        Err(failure) => return fail(&failure, terminal),
    };
    let progress = Progress::new(terminal, arguments.quiet);
    let control = session.control(&progress);
    let set = session.instruction_set();
    let (earlier, later) = (&arguments.earlier, &arguments.later);
    let found = session.install(|| explain::explain(earlier, later, set, &control));
    progress.finish();
    let explanation = match found {
        Ok(explanation) => explanation,
        Err(ExplainError::Engine(error @ EngineError::Interrupted(_))) => {
            return session.engine_failure(&error);
        }
        Err(error) => {
            terminal.complain(&error.to_string());
            return Exit::Usage;
        }
    };
    if let Some(output) = output {
        let written = output.write(&explanation, [earlier, later], &session, started.elapsed());
        if let Err(failure) = written {
            return fail(&failure, terminal);
        }
    }
    if arguments.json {
        return terminal.print_report(report::explanation_json(&explanation));
    }
    if arguments.quiet {
        return Exit::Within;
    }
    terminal.print_report(report::explanation_terminal(&explanation, terminal.style()))
}

/// The folder for the explanation, opened before the runs so that a wrong one fails at once.
struct Opened {
    folder: OutputFolder,
    started_at: String,
}

impl Opened {
    fn at(folder: &Path) -> Result<Self, OutputFailure> {
        let started_at = jiff::Timestamp::now().to_string();
        Ok(Self { folder: OutputFolder::create(folder)?, started_at })
    }

    fn write(
        mut self,
        explanation: &Explanation,
        runs: [&Path; 2],
        session: &Session,
        time: Duration,
    ) -> Result<(), OutputFailure> {
        self.folder.write("explanation.json", report::explanation_json(explanation)?.as_bytes())?;
        self.folder.write("explanation.html", report::explanation_html(explanation)?.as_bytes())?;
        let (version, name) = (&explanation.plimsoll_version, &explanation.scenarios[1]);
        self.folder.commit(Manifest {
            arguments: std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect(),
            seed: explanation.seeds[1],
            paths: explanation.paths[1],
            started_at: self.started_at,
            inputs: runs.iter().filter_map(|folder| result_of(folder)).collect(),
            timings: vec![StageTiming {
                stage: "run and explain".to_owned(),
                seconds: time.as_secs_f64(),
            }],
            ..Manifest::new(version, name, session.machine())
        })?;
        Ok(())
    }
}

/// The results that were explained, with their hash.
fn result_of(folder: &Path) -> Option<InputFile> {
    let manifest = whole_results(folder)?;
    let result = manifest.results.into_iter().find(|one| one.name == "result.json")?;
    let name = folder.join(&result.name).to_string_lossy().into_owned();
    Some(InputFile { name, blake3: result.blake3 })
}

fn fail(failure: &OutputFailure, terminal: &Terminal) -> Exit {
    terminal.complain(&failure.to_string());
    Exit::Failure
}
