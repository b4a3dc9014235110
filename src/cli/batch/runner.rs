//! Runs of a batch on threads of their own, which share one pool of workers.
//!
//! A thread of a job reads and plans, hands the simulation to the pool and writes what came of it.
//! Threads of jobs wait for what another makes for all; workers of the pool never do.

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::super::arguments::{BatchArguments, Pages, ReportFormat};
use super::super::exit::Exit;
use super::super::found::Found;
use super::super::output::{Circumstances, Output, OutputFailure};
use super::super::recorder::Recorder;
use super::super::session::Session;
use super::progress::{BatchProgress, RunProgress};
use crate::document::{BatchFolder, Violations, whole_results};
use crate::engine::{EngineError, Inputs, Plan, Shared};
use crate::outcome::{BatchFigures, BatchRun, Status};
use crate::report::look::Look;
use crate::study::batch::{self, LoadedBatch, PlannedRun};

/// What came of all runs.
pub struct Done {
    /// Those that were run or stood already, in no order.
    pub runs: Vec<BatchRun>,
    /// How many stood already.
    pub skipped: usize,
    /// The worst exit of them.
    pub worst: Exit,
}

/// Runs a batch.
pub struct Runner<'a> {
    arguments: &'a BatchArguments,
    session: &'a Session,
    batch: &'a LoadedBatch,
    folder: Option<&'a BatchFolder>,
    recorder: &'a Recorder,
    progress: &'a BatchProgress,
    look: &'a Look,
    shared: Arc<Shared>,
    next: AtomicUsize,
    stopped: AtomicBool,
    done: Mutex<Done>,
    /// Faults told: those of a book or market come with every run that reads it.
    told: Mutex<BTreeSet<String>>,
}

/// Why a run has no results.
enum Failed {
    Violations(Violations),
    Engine(EngineError),
    Output(OutputFailure),
    Panicked,
    Interrupted,
}

impl<'a> Runner<'a> {
    /// For the runs of `batch`.
    pub fn new(
        arguments: &'a BatchArguments,
        session: &'a Session,
        batch: &'a LoadedBatch,
        folder: Option<&'a BatchFolder>,
        recorder: &'a Recorder,
        progress: &'a BatchProgress,
        look: &'a Look,
    ) -> Self {
        Self {
            arguments,
            session,
            batch,
            folder,
            recorder,
            progress,
            look,
            shared: batch.shared(),
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            done: Mutex::new(Done { runs: vec![], skipped: 0, worst: Exit::Within }),
            told: Mutex::default(),
        }
    }

    /// Runs everything.
    pub fn run(self) -> Done {
        let jobs = self.arguments.jobs.map_or(self.session.threads(), usize::from);
        thread::scope(|scope| {
            for _ in 0..jobs.min(self.batch.runs.len()) {
                scope.spawn(|| self.work());
            }
        });
        self.done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up one run after another.
    fn work(&self) {
        while !self.stopped.load(Ordering::Relaxed) && !self.session.is_interrupted() {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = self.batch.runs.get(index) else { return };
            match self.standing(run) {
                Some(figures) => self.keep(run, figures),
                None => self.attempt(run),
            }
        }
    }

    /// The figures of results that are still right.
    fn standing(&self, run: &PlannedRun) -> Option<BatchFigures> {
        let folder = self.folder.filter(|_| self.arguments.resume)?.run(&run.name);
        if !folder.exists() {
            return None;
        }
        let fingerprint = self.fingerprint(run);
        let manifest = whole_results(&folder);
        let current = manifest.is_some_and(|manifest| {
            self.batch.is_current(run, &fingerprint, &manifest, &self.shared)
        });
        let figures = current.then(|| batch::figures_of_results(&folder).ok()).flatten();
        if figures.is_none() && !self.arguments.quiet {
            self.progress
                .tell(&format!("{}: results or inputs have changed; it is run again", run.name));
        }
        figures
    }

    fn keep(&self, run: &PlannedRun, figures: BatchFigures) {
        let exit = verdict(&figures);
        let mut done = self.done();
        done.skipped += 1;
        done.worst = done.worst.max(exit);
        done.runs.push(BatchRun { figures: Some(figures), ..run.line() });
        self.progress.skip();
    }

    fn attempt(&self, run: &PlannedRun) {
        let progress = self.progress.begin(&run.name);
        let found = panic::catch_unwind(AssertUnwindSafe(|| self.one(run, &progress)));
        match found.unwrap_or(Err(Failed::Panicked)) {
            Ok(figures) => {
                let exit = verdict(&figures);
                let mut done = self.done();
                done.worst = done.worst.max(exit);
                done.runs.push(BatchRun { figures: Some(figures), ..run.line() });
            }
            Err(Failed::Interrupted) => {}
            Err(failed) => self.fail(run, &failed),
        }
    }

    /// Reads, plans, runs and writes one scenario.
    fn one(&self, run: &PlannedRun, progress: &RunProgress) -> Result<BatchFigures, Failed> {
        let started = Instant::now();
        let inputs = self.batch.load(run, &self.shared).map_err(Failed::Violations)?;
        let plan = self.plan(&inputs).map_err(Failed::Violations)?;
        let planning = started.elapsed();
        let target = self.folder.map(|folder| folder.run(&run.name));
        let output = target.map(|target| Output::open(&target)).transpose();
        let output = output.map_err(Failed::Output)?;
        let control = self.session.control(progress).sharing(&self.shared);
        let set = self.session.instruction_set();
        let found = self.session.install(|| Found::by(&plan, set, &control));
        let found = found.map_err(|error| match error {
            EngineError::Interrupted(_) => Failed::Interrupted,
            error => Failed::Engine(error),
        })?;
        if let Some(output) = output {
            let told = Circumstances {
                session: self.session,
                recorder: self.recorder,
                files: inputs.files,
                planning,
                running: started.elapsed() - planning,
                formats: self.formats(),
                look: self.look,
                fingerprint: Some(self.fingerprint(run)),
            };
            found.write(output, told).map_err(Failed::Output)?;
        }
        Ok(found.figures())
    }

    /// What all runs share is made on this thread; a pilot of the sampling is drawn by the pool.
    fn plan(&self, inputs: &Inputs) -> Result<Plan, Violations> {
        if inputs.plans_by_pilot() {
            Plan::fit_ahead(inputs)?;
            return self.session.install(|| Plan::build(inputs));
        }
        Plan::build(inputs)
    }

    /// Formats of the reports; none where no pages are written.
    fn formats(&self) -> &'a [ReportFormat] {
        match self.arguments.pages {
            Pages::Report => &self.arguments.format,
            Pages::None => &[],
        }
    }

    fn fingerprint(&self, run: &PlannedRun) -> String {
        let name = |format: &ReportFormat| match format {
            ReportFormat::Html => "html",
            ReportFormat::Xlsx => "xlsx",
            ReportFormat::Md => "md",
            #[cfg(feature = "pdf")]
            ReportFormat::Pdf => "pdf",
        };
        let formats: Vec<&str> = self.formats().iter().map(name).collect();
        self.batch.fingerprint(run, &(formats.join(",") + &self.look.fingerprint()))
    }

    fn fail(&self, run: &PlannedRun, failed: &Failed) {
        let (exit, faults, message) = match failed {
            Failed::Violations(violations) => {
                (Exit::Usage, batch::faults(violations), self.rendered(violations))
            }
            Failed::Engine(error) => {
                (Exit::Usage, batch::in_words(&error.to_string()), format!("error: {error}"))
            }
            Failed::Output(failure) => {
                (Exit::Failure, batch::in_words(&failure.to_string()), format!("error: {failure}"))
            }
            Failed::Panicked | Failed::Interrupted => {
                (Exit::Failure, batch::in_words("internal error"), String::new())
            }
        };
        self.tell(run, &message);
        let mut done = self.done();
        done.worst = done.worst.max(exit);
        done.runs.push(BatchRun { faults, ..run.line() });
        if self.arguments.fail_fast {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Faults in full, the first time.
    fn tell(&self, run: &PlannedRun, message: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(message.to_owned()) {
            self.progress.tell(&format!("{} cannot be run:\n{}", run.name, message.trim_end()));
        } else {
            self.progress.tell(&format!("{} cannot be run: faults as told above", run.name));
        }
    }

    fn rendered(&self, violations: &Violations) -> String {
        violations.render(self.session.colours())
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The exit of a finding.
fn verdict(figures: &BatchFigures) -> Exit {
    let red = figures.status == Some(Status::Red);
    if red || figures.hard_limits_breached > 0 { Exit::Breached } else { Exit::Within }
}
