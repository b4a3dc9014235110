//! What can be wrong with a history file, and what may be done about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A repair that the user opts into.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Sort rows that are newest first or out of order.
    Sort,
    /// Read each stamp in the unit its size implies, where seconds and milliseconds are mixed.
    RescaleStamps,
    /// Move stamps that lie off the interval's grid to the nearest grid time.
    SnapStamps,
    /// Keep the first row of each time in file order, drop the others.
    KeepFirst,
    /// Leave times without a row or value missing; returns across them are missing too.
    LeaveGaps,
    /// Treat prices of zero or below as missing.
    ZerosAsMissing,
    /// Blank the prices on the shorter side of an absurd jump.
    BlankJumps,
    /// End the series at the bar in which the coin died.
    EndAtDeath,
    /// Drop bars that had not closed at the market's `as_of`, and a last bar with a fraction of the
    /// usual volume.
    DropOpenBars,
    /// Keep a last bar with a fraction of the usual volume.
    KeepLastBar,
}

impl Repair {
    /// As documents write it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Sort => "sort",
            Self::RescaleStamps => "rescale_stamps",
            Self::SnapStamps => "snap_stamps",
            Self::KeepFirst => "keep_first",
            Self::LeaveGaps => "leave_gaps",
            Self::ZerosAsMissing => "zeros_as_missing",
            Self::BlankJumps => "blank_jumps",
            Self::EndAtDeath => "end_at_death",
            Self::DropOpenBars => "drop_open_bars",
            Self::KeepLastBar => "keep_last_bar",
        }
    }

    /// What was done, for the findings.
    pub fn done(self) -> &'static str {
        match self {
            Self::Sort => "sorted by time",
            Self::RescaleStamps => "each read in the unit its size implies",
            Self::SnapStamps => "moved to the nearest time of the grid",
            Self::KeepFirst => "kept the first of each",
            Self::LeaveGaps => "left missing",
            Self::ZerosAsMissing => "treated as missing",
            Self::BlankJumps => "blanked the prices on the shorter side",
            Self::EndAtDeath => "ended the series there",
            Self::DropOpenBars => "dropped",
            Self::KeepLastBar => "kept",
        }
    }
}

/// The kinds of defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefectKind {
    /// Rows run from newest to oldest.
    NewestFirst,
    /// Rows are in neither order.
    OutOfOrder,
    /// Seconds and milliseconds (or microseconds) in one column.
    MixedStamps,
    /// Stamps that are no multiple of the interval.
    OffGrid,
    /// Times that appear again with the same value.
    DuplicatedTimes,
    /// Times that appear again with another value.
    ConflictingDuplicates,
    /// Times between the first and the last that have no row.
    Gaps,
    /// Empty cells between the first and the last value.
    BlankCells,
    /// Prices of zero.
    NotPositive,
    /// Prices below zero.
    Negative,
    /// A price tenfold or a tenth of the one before.
    AbsurdJumps,
    /// A price below a hundredth of its high of the last 30 days.
    Died,
    /// Bars that close after the market's `as_of`.
    OpenAtAsOf,
    /// A last bar with a fraction of the usual volume.
    SuspectLastBar,
    /// Bars whose high is at least twice the low, or whose close lies outside them.
    WildBars,
    /// The series starts after the file does.
    ListedLater,
    /// The series ends before the file does.
    EndedEarlier,
}

impl DefectKind {
    /// The repairs that settle it; none where it is for information only.
    pub fn settled_by(self) -> &'static [Repair] {
        match self {
            Self::NewestFirst | Self::OutOfOrder => &[Repair::Sort],
            Self::MixedStamps => &[Repair::RescaleStamps],
            Self::OffGrid => &[Repair::SnapStamps],
            Self::DuplicatedTimes | Self::ConflictingDuplicates => &[Repair::KeepFirst],
            Self::Gaps | Self::BlankCells => &[Repair::LeaveGaps],
            Self::NotPositive | Self::Negative => &[Repair::ZerosAsMissing],
            Self::AbsurdJumps => &[Repair::BlankJumps],
            Self::Died => &[Repair::EndAtDeath],
            Self::OpenAtAsOf => &[Repair::DropOpenBars],
            Self::SuspectLastBar => &[Repair::DropOpenBars, Repair::KeepLastBar],
            Self::WildBars | Self::ListedLater | Self::EndedEarlier => &[],
        }
    }
}

/// `1 value`, `2 values`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Something found in a history file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// Of what kind.
    pub kind: DefectKind,
    /// First row concerned, in the table's order.
    pub row: usize,
    /// How many rows or times.
    pub count: usize,
    /// In words, with its count and first instance.
    pub what: String,
}

impl Defect {
    /// The repair among `chosen` that settles it.
    pub fn settled(&self, chosen: &[Repair]) -> Option<Repair> {
        let settling = self.kind.settled_by().iter();
        settling.copied().find(|repair| chosen.contains(repair))
    }

    /// Whether it needs a repair that is not among `chosen`.
    pub fn is_open(&self, chosen: &[Repair]) -> bool {
        !self.kind.settled_by().is_empty() && self.settled(chosen).is_none()
    }
}
