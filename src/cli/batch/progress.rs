//! How far a batch is: a bar for all runs and one for each that is under way, with the time left;
//! nothing in a pipe.

use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::progress::name;
use crate::cli::terminal::Terminal;
use crate::engine::{Observer, Stage};

/// Progress of all runs.
pub struct BatchProgress {
    bars: MultiProgress,
    all: ProgressBar,
    terminal: Terminal,
}

/// Progress of one run.
pub struct RunProgress<'a> {
    batch: &'a BatchProgress,
    run: String,
    bar: ProgressBar,
    stage: Mutex<Option<(Stage, u64)>>,
}

impl BatchProgress {
    /// Bars for a watched terminal, else nothing.
    pub fn new(terminal: &Terminal, quiet: bool, runs: usize) -> Self {
        let target = if quiet || !terminal.is_watched() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bars = MultiProgress::with_draw_target(target);
        let all = bars.add(ProgressBar::new(runs as u64));
        all.set_style(style("{msg:>30} [{bar:30}] {pos} of {len} runs, {eta} left"));
        all.set_message("all");
        Self { bars, all, terminal: *terminal }
    }

    /// A run begins.
    pub fn begin(&self, run: &str) -> RunProgress<'_> {
        let bar = self.bars.insert_before(&self.all, ProgressBar::new(1));
        bar.set_style(style("{msg:>30} [{bar:30}] {prefix}, {eta} left"));
        bar.set_message(run.to_owned());
        bar.set_prefix("reading");
        RunProgress { batch: self, run: run.to_owned(), bar, stage: Mutex::default() }
    }

    /// A run that need not be run counts as done, and as no measure of the time that others take.
    pub fn skip(&self) {
        self.all.inc(1);
        self.all.reset_eta();
    }

    /// A message for people, above the bars.
    pub fn tell(&self, text: &str) {
        self.bars.suspend(|| self.terminal.tell(text));
    }

    /// Clears the bars.
    pub fn finish(&self) {
        self.all.finish_and_clear();
    }
}

impl Observer for RunProgress<'_> {
    fn advanced(&self, stage: Stage, count: u64, total: u64) {
        let mut shown = self.stage.lock().expect("no panic holds the bar");
        if *shown != Some((stage, total)) || self.bar.position() >= total {
            *shown = Some((stage, total));
            self.bar.reset();
            self.bar.set_length(total);
            self.bar.set_message(self.run.clone());
            self.bar.set_prefix(name(stage));
        }
        self.bar.inc(count);
    }
}

impl Drop for RunProgress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.batch.bars.remove(&self.bar);
        self.batch.all.inc(1);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid").progress_chars("=> ")
}
