//! Venue failures and calls met by transfers, as figures and in words.

use super::Found;
use crate::engine::EngineError;
use crate::engine::failures::{CallOutcome, CallTally, PathFailure, VenueTally};
use crate::engine::tail::TailRow;
use crate::margin::{Happening, PathEvent};
use crate::outcome::{
    CallsMet, EventProbability, FailureContribution, FailureSampling, PlainEquivalent, VenueEvents,
    VenueFailures,
};
use crate::portfolio::Portfolio;
use crate::risk::{
    self, ExpectedShortfallWeights, KernelWeights, RiskError, TailSample, expected_shortfall,
    value_at_risk,
};
use crate::units::{ConfidenceLevel, usd};

/// One row a venue that may fail inside paths, in portfolio order.
pub(super) fn venue_failures(found: &Found) -> Result<Vec<VenueFailures>, EngineError> {
    let portfolio = found.book.setting.portfolio;
    let venues = failing(found);
    let row = |(index, &venue): (usize, &usize)| {
        let events = if found.sample.weights().are_plain() {
            let tallies = &found.part.events.failures.venues;
            let tally = tallies.iter().find(|(index, _)| *index == venue);
            tally.map(|(_, tally)| events(found, tally)).transpose()?
        } else {
            Some(weighted_events(found, venue, (index, venues.len()))?)
        };
        Ok(VenueFailures {
            venue: portfolio.venues[venue].name.clone(),
            contribution: contribution(found, venue)?,
            events,
        })
    };
    venues.iter().enumerate().map(row).collect()
}

/// Indices into `Portfolio::venues` of those that may fail.
fn failing(found: &Found) -> Vec<usize> {
    let stage = found.book.engine.event_stage();
    stage.map_or_else(Vec::new, |events| events.stage().failing_venues().collect())
}

/// How failures were drawn more often than they happen, where they were.
pub(super) fn sampling(found: &Found) -> Option<FailureSampling> {
    let strata = found.plan.hazards.strata.as_ref()?;
    found.book.engine.event_stage().filter(|events| events.stage().weighs_failures())?;
    let weights = found.sample.weights();
    let mut hits: Vec<usize> =
        found.part.failures.failed.iter().map(|one| one.path as usize).collect();
    hits.dedup();
    let share = risk::probability_of_paths(weights, hits.iter().copied());
    let level = |level: &ConfidenceLevel| {
        let error = expected_shortfall(found.sample, *level).standard_error;
        let plain = risk::plain_shortfall_error(found.sample, *level);
        PlainEquivalent {
            level: level.get(),
            plain_standard_error: plain,
            variance_ratio: (error > 0.0).then(|| plain / error * (plain / error)),
        }
    };
    Some(FailureSampling {
        strata: strata.strata,
        share_of_paths: hits.len() as f64 / weights.count() as f64,
        probability: EventProbability {
            probability: share.probability,
            interval_95: share.interval_95,
        },
        weight_bound: strata.weight_bound(),
        effective_paths: risk::effective_paths(weights),
        levels: found.plan.scenario.measures.levels.iter().map(level).collect(),
        estimator: format!(
            "{}; effective paths: squared sum of weights over the sum of squares (Kish); variance \
             ratio: variance of ES of as many plain paths, by the weights, over this run's",
            risk::probability_estimator(weights)
        ),
    })
}

/// One row an account whose calls are met, in portfolio order.
pub(super) fn calls_met(found: &Found) -> Result<Vec<CallsMet>, RiskError> {
    let accounts = &found.book.setting.portfolio.accounts;
    if !found.sample.weights().are_plain() {
        let stage = found.book.engine.event_stage().map(|events| events.stage());
        let called = stage.into_iter().flat_map(|stage| stage.called_accounts());
        return called.map(|account| weighted_calls(found, account)).collect();
    }
    let row = |(account, tally): &(usize, CallTally)| {
        Ok(CallsMet {
            account: accounts[*account].name.clone(),
            met: probability(found, tally.met)?,
            in_part: probability(found, tally.in_part)?,
            unmet: probability(found, tally.unmet)?,
            sent: super::path_events::amount(found, &tally.sent),
        })
    };
    found.part.events.failures.calls.iter().map(row).collect()
}

/// Calls of one account where each path counts its mass.
fn weighted_calls(found: &Found, account: usize) -> Result<CallsMet, RiskError> {
    let calls = found.part.failures.called.iter().filter(|call| call.account == account);
    let share = |outcome: CallOutcome| {
        let hits = calls.clone().filter(move |call| call.outcome == outcome);
        mass_of(found, hits.map(|call| call.path as usize))
    };
    let sent: Vec<(usize, f64)> =
        calls.clone().map(|call| (call.path as usize, call.sent)).collect();
    Ok(CallsMet {
        account: found.book.setting.portfolio.accounts[account].name.clone(),
        met: share(CallOutcome::Met),
        in_part: share(CallOutcome::InPart),
        unmet: share(CallOutcome::Unmet),
        sent: super::path_events::weighted_amount(found, &sent)?,
    })
}

fn mass_of(found: &Found, hits: impl Iterator<Item = usize> + Clone) -> EventProbability {
    let share = risk::probability_of_paths(found.sample.weights(), hits);
    EventProbability { probability: share.probability, interval_95: share.interval_95 }
}

fn probability(found: &Found, count: u64) -> Result<EventProbability, RiskError> {
    let share = risk::share_of_paths(count, found.part.losses.len() as u64)?;
    Ok(EventProbability { probability: share.probability, interval_95: share.interval_95 })
}

/// How the expected loss of a venue's failure is estimated.
const EXPECTED_LOSS_ESTIMATOR: &str = "mean over paths of the sum over steps of the probability of \
                                       failing, given the path, times the loss at mean claim marks";

fn events(found: &Found, tally: &VenueTally) -> Result<VenueEvents, RiskError> {
    let paths = found.part.losses.len() as u64;
    Ok(VenueEvents {
        probability: probability(found, tally.failed)?,
        expected_loss: tally.expected.sum() / paths as f64,
        expected_loss_error: tally.expected.mean_error(paths),
        estimator: EXPECTED_LOSS_ESTIMATOR.to_owned(),
        claims: super::path_events::amount(found, &tally.claims),
        loss: super::path_events::amount(found, &tally.lost),
    })
}

/// The same where each path counts its mass: of the venue that is `index` of `venues`.
fn weighted_events(
    found: &Found,
    venue: usize,
    (index, venues): (usize, usize),
) -> Result<VenueEvents, RiskError> {
    let weights = found.sample.weights();
    let failures = &found.part.failures;
    let failed = failures.failed.iter().filter(|one| one.venue == venue);
    let expected = failures.expected.iter().skip(index).step_by(venues).copied().enumerate();
    let (expected_loss, expected_loss_error) = risk::mean_and_error(weights, expected);
    let amount = |of: fn(&PathFailure) -> f64| {
        let amounts = failed.clone().map(|one| (one.path as usize, of(one)));
        super::path_events::weighted_amount(found, &amounts.collect::<Vec<_>>())
    };
    Ok(VenueEvents {
        probability: mass_of(found, failed.clone().map(|one| one.path as usize)),
        // Control weights of either sign can take a mean below zero.
        expected_loss: expected_loss.max(0.0),
        expected_loss_error,
        estimator: format!("{EXPECTED_LOSS_ESTIMATOR}; {}", weights.describe()),
        claims: amount(|one| one.claims)?,
        loss: amount(|one| one.lost)?,
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
                format!("a claim of {}, worth {} at the horizon", usd(equity), usd(worth))
            } else {
                format!("no claim, and {} owed", usd(-equity))
            };
            Some(format!("{venue} fails; {name} is frozen, its positions are gone: {left}"))
        }
        Happening::TransferSent { to, balance, units, value } => {
            let to = &portfolio.accounts[to].name;
            let asset = asset(balance);
            Some(format!("{name} sends {units:.8} {asset} to {to}, worth {}", usd(value)))
        }
        Happening::TransferArrival { balance, units, value } => {
            let asset = asset(balance);
            Some(format!("{units:.8} {asset} arrive at {name}, worth {}", usd(value)))
        }
        Happening::MarginCall { .. }
        | Happening::Stop { .. }
        | Happening::Rebalancing { .. }
        | Happening::Liquidation { .. } => None,
    }
}
