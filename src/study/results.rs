//! Results of a run read back from their folder, whatever the kind of scenario.

use std::path::Path;

use serde::Deserialize;

use crate::document::{OutputError, read_result};
use crate::outcome::{GridOutcome, HistoricalOutcome, Outcome};

/// What one run found.
#[derive(Debug)]
pub enum Results {
    /// Of paths that were drawn.
    Simulated(Box<Outcome>),
    /// Of one stated path.
    Stated(Box<HistoricalOutcome>),
    /// Of a risk array.
    Grid(Box<GridOutcome>),
}

impl Results {
    /// The results that stand in `folder`.
    ///
    /// # Errors
    /// Results that cannot be read, or are not of a run.
    pub fn read(folder: &Path) -> Result<Self, OutputError> {
        let text = read_result(folder, "result.json")?;
        Self::of_text(&text).map_err(|error| OutputError::Unreadable {
            path: folder.join("result.json"),
            source: std::io::Error::other(error),
        })
    }

    fn of_text(text: &str) -> Result<Self, serde_json::Error> {
        let Kind { kind } = serde_json::from_str(text)?;
        Ok(match kind.as_deref() {
            None => Self::Simulated(serde_json::from_str(text)?),
            Some("grid") => Self::Grid(serde_json::from_str(text)?),
            Some(_) => Self::Stated(serde_json::from_str(text)?),
        })
    }
}

/// Results of paths that are drawn state no kind.
#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}
