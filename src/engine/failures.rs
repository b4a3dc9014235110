//! How often venues failed and calls were met on the paths of a run, and for how much money.

use serde::{Deserialize, Serialize};

use super::amounts::AmountTally;
use crate::margin::{CallRecord, EventStage, EventState, VenueRecord};

/// Failures of one venue on the paths of a run in which all count the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VenueTally {
    /// Paths on which it failed.
    pub failed: u64,
    /// What its accounts were worth then.
    pub claims: AmountTally,
    /// What was lost of it.
    pub lost: AmountTally,
    /// What was to be lost on average on each path.
    pub expected: AmountTally,
}

/// Margin calls of one account on the paths of a run, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallTally {
    /// Paths on which every call was met in full.
    pub met: u64,
    /// Paths on which something was sent, and not all that was needed.
    pub in_part: u64,
    /// Paths on which nothing could be sent.
    pub unmet: u64,
    /// What was sent, in USD when it left.
    pub sent: AmountTally,
}

/// Tallies of venues and of accounts that are called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailureTallies {
    /// Index into `Portfolio::venues`, and what became of the venue.
    pub venues: Vec<(usize, VenueTally)>,
    /// Index into `Portfolio::accounts`, and what became of its calls.
    pub calls: Vec<(usize, CallTally)>,
}

/// What failed, and what calls came to, path by path: of paths that do not all count the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PathFailures {
    /// Failures, by path.
    pub failed: Vec<PathFailure>,
    /// Calls, by path.
    pub called: Vec<PathCall>,
    /// `[path][venue]` over the venues that may fail: what was to be lost on average.
    pub expected: Vec<f64>,
}

/// One venue failed on one path; amounts in USD.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathFailure {
    /// The path.
    pub path: u64,
    /// Index into `Portfolio::venues`.
    pub venue: usize,
    /// What its accounts were worth then.
    pub claims: f64,
    /// What was lost of it.
    pub lost: f64,
}

/// One account was called on one path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathCall {
    /// The path.
    pub path: u64,
    /// Index into `Portfolio::accounts`.
    pub account: usize,
    /// What became of it.
    pub outcome: CallOutcome,
    /// What was sent, in USD when it left.
    pub sent: f64,
}

/// What became of the calls of an account on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallOutcome {
    /// Every one was met in full.
    Met,
    /// Something was sent, and not all that was needed.
    InPart,
    /// Nothing could be sent.
    Unmet,
}

impl CallOutcome {
    /// `None` where nobody was called.
    fn of(record: &CallRecord) -> Option<Self> {
        let nothing = record.sent <= 0.0;
        match (record.is_called, record.is_short) {
            (_, true) if nothing => Some(Self::Unmet),
            (_, true) => Some(Self::InPart),
            (true, false) => Some(Self::Met),
            (false, false) => None,
        }
    }
}

impl PathFailures {
    /// Adds one path by its place in a walked block and its id.
    pub(super) fn add(
        &mut self,
        stage: &EventStage,
        state: &EventState,
        (place, path): (usize, u64),
    ) {
        for (venue, record) in stage.failing_venues().zip(stage.venue_records(state, place)) {
            self.expected.push(record.expected);
            if record.failed.is_some() {
                let VenueRecord { claims, lost, .. } = record;
                self.failed.push(PathFailure { path, venue, claims, lost });
            }
        }
        for (called, account) in stage.called_accounts().enumerate() {
            let record = stage.call_record(state, called, place);
            if let Some(outcome) = CallOutcome::of(&record) {
                self.called.push(PathCall { path, account, outcome, sent: record.sent });
            }
        }
    }

    /// Adds later paths.
    pub(super) fn join(&mut self, later: Self) {
        self.failed.extend(later.failed);
        self.called.extend(later.called);
        self.expected.extend(later.expected);
    }
}

impl VenueTally {
    fn add(&mut self, record: &VenueRecord) {
        self.failed += u64::from(record.failed.is_some());
        self.claims.add(record.claims);
        self.lost.add(record.lost);
        self.expected.add(record.expected);
    }

    fn join(&mut self, later: &Self) {
        self.failed += later.failed;
        self.claims.join(&later.claims);
        self.lost.join(&later.lost);
        self.expected.join(&later.expected);
    }
}

impl CallTally {
    fn add(&mut self, record: &CallRecord) {
        match CallOutcome::of(record) {
            Some(CallOutcome::Met) => self.met += 1,
            Some(CallOutcome::InPart) => self.in_part += 1,
            Some(CallOutcome::Unmet) => self.unmet += 1,
            None => {}
        }
        self.sent.add(record.sent);
    }

    fn join(&mut self, later: &Self) {
        self.met += later.met;
        self.in_part += later.in_part;
        self.unmet += later.unmet;
        self.sent.join(&later.sent);
    }
}

impl FailureTallies {
    /// Adds the path at `place` of a walked block.
    pub(super) fn add(&mut self, stage: &EventStage, state: &EventState, place: usize) {
        if self.venues.is_empty() {
            self.venues =
                stage.failing_venues().map(|venue| (venue, VenueTally::default())).collect();
        }
        if self.calls.is_empty() {
            self.calls = stage.called_accounts().map(|one| (one, CallTally::default())).collect();
        }
        let venues = self.venues.iter_mut().zip(stage.venue_records(state, place));
        venues.for_each(|((_, tally), record)| tally.add(&record));
        for (called, (_, tally)) in self.calls.iter_mut().enumerate() {
            tally.add(&stage.call_record(state, called, place));
        }
    }

    /// Adds the tallies of other paths.
    pub(super) fn join(&mut self, later: &Self) {
        if self.venues.is_empty() && self.calls.is_empty() {
            self.clone_from(later);
            return;
        }
        let venues = self.venues.iter_mut().zip(&later.venues);
        venues.for_each(|((_, sum), (_, more))| sum.join(more));
        let calls = self.calls.iter_mut().zip(&later.calls);
        calls.for_each(|((_, sum), (_, more))| sum.join(more));
    }
}
