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
        let nothing = record.sent <= 0.0;
        self.met += u64::from(record.is_called && !record.is_short);
        self.in_part += u64::from(record.is_short && !nothing);
        self.unmet += u64::from(record.is_short && nothing);
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
