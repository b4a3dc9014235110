//! How far a run is: a bar with rate and time left on a terminal, plain lines in a pipe.

use std::fmt::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::terminal::Terminal;
use crate::engine::{Observer, Stage};
use crate::units::grouped;

/// Time to the first plain line; each next one takes twice as long, up to a minute, so that a long
/// run fills no log or notebook.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
const LINE_INTERVAL_MAX: Duration = Duration::from_secs(60);

/// What shows progress.
pub enum Progress {
    /// Nothing.
    Silent,
    /// A bar on standard error.
    Bar(Mutex<Option<(Stage, ProgressBar)>>),
    /// Lines on standard error, once a run is long enough to want them.
    Lines(Terminal, Mutex<Lines>),
}

/// State of the plain lines.
pub struct Lines {
    /// What is being done, and how much of it there is.
    pass: Option<(Stage, u64)>,
    done: u64,
    last: Instant,
    interval: Duration,
}

impl Progress {
    /// A bar for a watched terminal, lines for a pipe, nothing when quiet.
    pub fn new(terminal: &Terminal, quiet: bool) -> Self {
        if quiet {
            Self::Silent
        } else if terminal.is_watched() {
            Self::Bar(Mutex::new(None))
        } else {
            let lines =
                Lines { pass: None, done: 0, last: Instant::now(), interval: LINE_INTERVAL };
            Self::Lines(*terminal, Mutex::new(lines))
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self
            && let Some((_, bar)) = bar.lock().expect("no panic holds the bar").take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn advanced(&self, stage: Stage, count: u64, total: u64) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                let mut bar = bar.lock().expect("no panic holds the bar");
                let shows = |(shown, bar): &(Stage, ProgressBar)| {
                    *shown == stage && bar.length() == Some(total) && bar.position() < total
                };
                if !bar.as_ref().is_some_and(shows) {
                    if let Some((_, old)) = bar.take() {
                        old.finish_and_clear();
                    }
                    *bar = Some((stage, new_bar(stage, total)));
                }
                if let Some((_, bar)) = bar.as_ref() {
                    bar.inc(count);
                }
            }
            Self::Lines(terminal, lines) => {
                let mut lines = lines.lock().expect("no panic holds the lines");
                lines.advanced(terminal, stage, count, total);
            }
        }
    }
}

impl Lines {
    fn advanced(&mut self, terminal: &Terminal, stage: Stage, count: u64, total: u64) {
        // The same stage can come again: of other paths, or of another book.
        if self.pass != Some((stage, total)) || self.done >= total {
            self.pass = Some((stage, total));
            self.done = 0;
        }
        self.done += count;
        if self.last.elapsed() >= self.interval {
            self.last = Instant::now();
            self.interval = (2 * self.interval).min(LINE_INTERVAL_MAX);
            terminal.tell(&self.line(stage, total));
        }
    }
}

impl Lines {
    /// Passes that are repeated until something is solved have no count that means anything.
    fn line(&self, stage: Stage, total: u64) -> String {
        if stage == Stage::Threshold {
            return name(stage).to_owned();
        }
        let (done, total) = (grouped(self.done as f64, 0), grouped(total as f64, 0));
        format!("{}: {done} of {total}", name(stage))
    }
}

fn new_bar(stage: Stage, total: u64) -> ProgressBar {
    let template = "{msg:>22} [{bar:30}] {human_pos} of {human_len}, {rate} a second, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    let style = style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        // A progress bar that cannot be drawn is no reason to stop a run.
        let _ = text.write_str(&grouped(state.per_sec(), 0));
    });
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(name(stage));
    bar
}

pub(super) fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Losses => "simulating paths",
        Stage::Tail => "revaluing the tail",
        Stage::Threshold => "solving the threshold",
        Stage::Verification => "verifying",
    }
}
