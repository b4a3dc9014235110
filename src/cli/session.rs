//! What every simulating command shares: threads, instruction set, interruption, error exits.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::arguments::{
    FailuresArgument, MachineArguments, RevaluationArgument, SamplingArgument, SimulationArguments,
};
use super::exit::Exit;
use super::terminal::Terminal;
use crate::document::{
    ColorChoice, Confinement, InputFile, KeptInput, Machine, Recipe, Violations,
};
use crate::engine::{self, Control, EngineError, Inputs, LoadOptions, Observer, Overrides, Plan};
use crate::numeric::isa::InstructionSet;
use crate::scenario::{FailureSampling, Revaluation, SamplingMethod};

/// Set by Ctrl-C; a second one ends the process at once.
static STOP: AtomicBool = AtomicBool::new(false);

/// What was read for a plan.
pub struct ReadInputs {
    /// Every file, with its hash.
    pub files: Vec<InputFile>,
    /// The same with their contents.
    pub kept: Vec<KeptInput>,
    /// What was asked for beside what they say.
    pub recipe: Option<Recipe>,
}

/// A thread pool and the choices of this process.
pub struct Session {
    pool: rayon::ThreadPool,
    isa: InstructionSet,
    confinement: Confinement,
    terminal: Terminal,
}

impl Session {
    /// Starts the threads and takes over Ctrl-C.
    pub fn of(arguments: &MachineArguments, terminal: &Terminal) -> Result<Self, Exit> {
        let threads = arguments.threads.map_or(0, usize::from);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| {
            terminal.complain(&format!("threads cannot be started: {error}"));
            Exit::Failure
        })?;
        // A handler that is already set (a second session of a test) is as good.
        let _ = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        let isa = arguments.instruction_set.unwrap_or_else(InstructionSet::detect);
        let confinement = confinement(arguments.allow_outside);
        Ok(Self { pool, isa, confinement, terminal: *terminal })
    }

    /// Threads that work.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// The instruction set of the kernels.
    pub fn instruction_set(&self) -> InstructionSet {
        self.isa
    }

    /// Where it runs, for manifests.
    pub fn machine(&self) -> Machine {
        Machine { instruction_set: self.isa.to_string(), threads: self.threads(), ..machine() }
    }

    /// Runs `work` on this session's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// A line to the outside that Ctrl-C interrupts.
    pub fn control<'a>(&self, observer: &'a dyn Observer) -> Control<'a> {
        Control::new(observer, &STOP)
    }

    /// Reads the documents of a scenario and fits its model.
    pub fn plan(
        &self,
        scenario: &Path,
        overrides: &Overrides,
        trades: Option<&Path>,
    ) -> Result<(Plan, ReadInputs), Exit> {
        let options = LoadOptions {
            confinement: self.confinement,
            overrides: *overrides,
            trades: trades.map(Path::to_path_buf),
        };
        let loaded = engine::load(&scenario_document(scenario), &options);
        let inputs = loaded.map_err(|violations| refuse(&violations, &self.terminal))?;
        let plan = self.install(|| Plan::build(&inputs));
        let plan = plan.map_err(|violations| refuse(&violations, &self.terminal))?;
        let Inputs { files, kept, recipe, .. } = inputs;
        Ok((plan, ReadInputs { files, kept, recipe }))
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_interrupted(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }

    /// Colours of diagnostics.
    pub fn colours(&self) -> ColorChoice {
        colours(&self.terminal)
    }

    /// How far documents may reach.
    pub fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// Tells why the engine gave up.
    pub fn engine_failure(&self, error: &EngineError) -> Exit {
        if matches!(error, EngineError::Interrupted(_)) {
            self.terminal.tell("interrupted; nothing was written");
            return Exit::Interrupted;
        }
        self.terminal.complain(&error.to_string());
        Exit::Usage
    }
}

/// The machine for manifests of what is not simulated: one thread.
pub fn machine() -> Machine {
    Machine {
        operating_system: std::env::consts::OS.to_owned(),
        architecture: std::env::consts::ARCH.to_owned(),
        instruction_set: InstructionSet::detect().to_string(),
        threads: 1,
        processors: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

/// A folder stands for the scenario.toml in it.
pub fn scenario_document(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("scenario.toml") } else { path.to_path_buf() }
}

/// Colours of diagnostics.
pub fn colours(terminal: &Terminal) -> ColorChoice {
    if terminal.colours_stderr() { ColorChoice::Always } else { ColorChoice::Never }
}

/// Shows violations.
pub fn refuse(violations: &Violations, terminal: &Terminal) -> Exit {
    terminal.tell(violations.render(colours(terminal)).trim_end());
    Exit::Usage
}

/// How far documents may reach.
pub fn confinement(allow_outside: bool) -> Confinement {
    if allow_outside { Confinement::AllowOutside } else { Confinement::Inside }
}

/// The command line's changes to a scenario.
pub fn overrides(arguments: &SimulationArguments) -> Overrides {
    Overrides {
        paths: arguments.paths,
        precision: arguments.precision,
        seed: arguments.seed,
        revaluation: arguments.revaluation.map(|how| match how {
            RevaluationArgument::Full => Revaluation::Full,
            RevaluationArgument::Delta => Revaluation::Delta,
            RevaluationArgument::DeltaGamma => Revaluation::DeltaGamma,
            RevaluationArgument::Proxy => Revaluation::Proxy,
            RevaluationArgument::Auto => Revaluation::Auto,
        }),
        sampling: arguments.sampling.map(|how| match how {
            SamplingArgument::Plain => SamplingMethod::Plain,
            SamplingArgument::Antithetic => SamplingMethod::Antithetic,
            SamplingArgument::Importance => SamplingMethod::Importance,
            SamplingArgument::Stratified => SamplingMethod::Stratified,
            SamplingArgument::ControlVariate => SamplingMethod::ControlVariate,
            SamplingArgument::Sobol => SamplingMethod::Sobol,
            SamplingArgument::Auto => SamplingMethod::Auto,
        }),
        failures: arguments.failures.map(|how| match how {
            FailuresArgument::Plain => FailureSampling::Plain,
            FailuresArgument::Stratified => FailureSampling::Stratified,
        }),
    }
}
