//! Venue failures and calls met by transfers, as figures and in words.

use super::Found;
use crate::engine::EngineError;
use crate::engine::failures::{CallTally, VenueTally};
use crate::engine::tail::TailRow;
use crate::margin::{Happening, PathEvent};
use crate::outcome::{CallsMet, EventProbability, FailureContribution, VenueEvents, VenueFailures};
use crate::portfolio::Portfolio;
use crate::risk::{
    self, ExpectedShortfallWeights, KernelWeights, RiskError, TailSample, expected_shortfall,
    value_at_risk,
};

/// One row a venue that may fail inside paths, in portfolio order.
pub(super) fn venue_failures(found: &Found) -> Result<Vec<VenueFailures>, EngineError> {
    let portfolio = found.book.setting.portfolio;
    let stage = found.book.engine.event_stage();
    let venues: Vec<usize> =
        stage.map_or_else(Vec::new, |events| events.stage().failing_venues().collect());
    let row = |venue: usize| {
        let tallies = &found.part.events.failures.venues;
        let tally = tallies.iter().find(|(index, _)| *index == venue);
        let tally = tally.filter(|_| found.sample.weights().are_plain());
        Ok(VenueFailures {
            venue: portfolio.venues[venue].name.clone(),
            contribution: contribution(found, venue)?,
            events: tally.map(|(_, tally)| events(found, tally)).transpose()?,
        })
    };
    venues.into_iter().map(row).collect()
}

/// One row an account whose calls are met, in portfolio order; none where paths do not all count the
/// same.
pub(super) fn calls_met(found: &Found) -> Result<Vec<CallsMet>, RiskError> {
    let accounts = &found.book.setting.portfolio.accounts;
    let row = |(account, tally): &(usize, CallTally)| {
        Ok(CallsMet {
            account: accounts[*account].name.clone(),
            met: probability(found, tally.met)?,
            in_part: probability(found, tally.in_part)?,
            unmet: probability(found, tally.unmet)?,
            sent: super::path_events::amount(found, &tally.sent),
        })
    };
    let calls = found.part.events.failures.calls.iter();
    calls.filter(|_| found.sample.weights().are_plain()).map(row).collect()
}

fn probability(found: &Found, count: u64) -> Result<EventProbability, RiskError> {
    let share = risk::share_of_paths(count, found.part.losses.len() as u64)?;
    Ok(EventProbability { probability: share.probability, interval_95: share.interval_95 })
}

fn events(found: &Found, tally: &VenueTally) -> Result<VenueEvents, RiskError> {
    let paths = found.part.losses.len() as u64;
    Ok(VenueEvents {
        probability: probability(found, tally.failed)?,
        expected_loss: tally.expected.sum() / paths as f64,
        expected_loss_error: tally.expected.mean_error(paths),
        estimator:
            "mean over paths of the sum over steps of the probability of failing, given the \
                    path, times the loss at mean claim marks"
                .to_owned(),
        claims: super::path_events::amount(found, &tally.claims),
        loss: super::path_events::amount(found, &tally.lost),
    })
}

/// Part of the venue's failure in the ES, by the weights of all contributions.
fn contribution(found: &Found, venue: usize) -> Result<FailureContribution, RiskError> {
    let Found { sample, tail, .. } = found;
    let accounts = &found.book.setting.portfolio.accounts;
    let level = found.plan.scenario.measures.contribution_level;
    let is_here = |row: &TailRow| match *row {
        TailRow::FailureLoss { account } => accounts[account].venue == Some(venue),
        _ => false,
    };
    let mut sums = vec![0.0; tail.paths.len()];
    let rows = tail.rows.iter().zip(tail.losses.chunks_exact(tail.paths.len().max(1)));
    for (_, losses) in rows.filter(|(row, _)| is_here(row)) {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
    }
    let tail_sample = TailSample { paths: &tail.paths, row_losses: &sums };
    let shortfall = ExpectedShortfallWeights::new(sample, level);
    let kernel = KernelWeights::new(sample, level);
    let at_risk = value_at_risk(sample, level).loss.amount();
    let rows = risk::contributions(&tail_sample, &shortfall, &kernel, at_risk, sample.weights())?;
    let whole = expected_shortfall(sample, level).loss.amount();
    let (amount, error) = rows
        .first()
        .map_or((0.0, 0.0), |row| (row.expected_shortfall, row.expected_shortfall_error));
    Ok(FailureContribution {
        level: level.get(),
        expected_shortfall: amount,
        standard_error: error,
        share: (whole > 0.0).then(|| amount / whole),
    })
}

/// A failure or a transfer, in words; `None` for anything else.
pub(super) fn told(event: &PathEvent, portfolio: &Portfolio) -> Option<String> {
    let account = &portfolio.accounts[event.account];
    let name = &account.name;
    let asset = |balance: usize| &account.balances[balance].asset;
    match event.what {
        Happening::VenueFailure { venue, equity, worth } => {
            let venue = &portfolio.venues[venue].name;
            let left = if equity > 0.0 {
                format!("a claim of {equity:.2} USD, worth {worth:.2} USD at the horizon")
            } else {
                format!("no claim, and {:.2} USD owed", -equity)
            };
            Some(format!("{venue} fails; {name} is frozen, its positions are gone: {left}"))
        }
        Happening::TransferSent { to, balance, units, value } => {
            let to = &portfolio.accounts[to].name;
            let asset = asset(balance);
            Some(format!("{name} sends {units:.8} {asset} to {to}, worth {value:.2} USD"))
        }
        Happening::TransferArrival { balance, units, value } => {
            let asset = asset(balance);
            Some(format!("{units:.8} {asset} arrive at {name}, worth {value:.2} USD"))
        }
        Happening::MarginCall { .. } | Happening::Stop { .. } | Happening::Liquidation { .. } => {
            None
        }
    }
}
