//! What a report tells beside its outcome: what stands in other files, or is found by running again.

use super::ReportError;
use super::comparison::comparable;
use super::figures::duration;
use super::readable::readable;
use crate::outcome::{Backtest, Explanation, HashedFile, Outcome, RunHistory};
use crate::units::SECONDS_PER_YEAR;

/// What a report tells beside its outcome; nothing of it is needed.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// An earlier run: what moved since.
    pub earlier: Option<Box<Outcome>>,
    /// What moved it, step by step.
    pub explained: Explained,
    /// The recorded runs up to this one.
    pub history: Option<RunHistory>,
    /// A backtest of the model.
    pub backtest: Option<Box<Backtest>>,
    /// Every file that was read.
    pub inputs: Vec<HashedFile>,
}

/// Whether what moved is taken apart.
#[derive(Debug, Clone, Default)]
pub enum Explained {
    /// It was not asked for.
    #[default]
    Unasked,
    /// It was.
    Told(Box<Explanation>),
    /// It was, but cannot be: the reason, a sentence without its full stop.
    Impossible(String),
}

impl Beside {
    /// How old the market of `outcome` was when the run began, in words; `None` where no
    /// catalogue says so, or the market is of a later time.
    pub(super) fn age(&self, outcome: &Outcome) -> Option<String> {
        let at = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let began = at(&self.history.as_ref()?.runs.last()?.run.started_at)?;
        let seconds = began.duration_since(at(&outcome.as_of)?).as_secs_f64();
        (seconds >= 0.0).then(|| duration(seconds / SECONDS_PER_YEAR))
    }

    /// What moved since `earlier`, and nothing else.
    pub fn since(earlier: Outcome) -> Self {
        Self { earlier: Some(Box::new(earlier)), ..Self::default() }
    }

    /// All of it as readers may see it beside `outcome`.
    ///
    /// # Errors
    /// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::NotComparable`]
    /// where an earlier run is in another currency.
    pub(super) fn readable(&self, outcome: &Outcome) -> Result<Self, ReportError> {
        let explained = match &self.explained {
            Explained::Unasked => Explained::Unasked,
            Explained::Told(one) => Explained::Told(Box::new(readable(&**one)?)),
            Explained::Impossible(why) => {
                Explained::Impossible(super::text::visible(why).into_owned())
            }
        };
        Ok(Self {
            earlier: comparable(self.earlier.as_deref(), outcome)?.map(Box::new),
            explained,
            history: self.history.as_ref().map(readable).transpose()?,
            backtest: self.backtest.as_deref().map(readable).transpose()?.map(Box::new),
            inputs: readable(&self.inputs)?,
        })
    }
}
