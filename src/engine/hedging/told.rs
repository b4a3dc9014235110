//! The programme and its verification as the outcome has them.

use super::book::TradedBook;
use super::units::{Units, notional};
use super::{Attempt, End, Request};
use crate::engine::EngineError;
use crate::engine::assemble::outcome_status;
use crate::outcome::{
    AfterTrades, HedgedMeasure, HedgedTerm, HedgingAttempt, HedgingBinding, HedgingProgramme,
    HedgingStatus, ProposedTrade, StandingTerm, UnmetMargin,
};
use crate::risk;
use crate::threshold::{Constraint, Infeasible};
use crate::units::{ConfidenceLevel, grouped};

/// Tells how the search ended.
pub(super) fn told(
    request: &Request,
    units: Option<&Units>,
    end: &End,
) -> Result<HedgingProgramme, EngineError> {
    let target = request.policy.target_utilisation;
    let mut told = HedgingProgramme {
        status: HedgingStatus::NotNeeded,
        summary: format!(
            "No trades are needed: utilisation is at or below the target of {}.",
            percent(target)
        ),
        target_utilisation: target,
        potential_loss_max: target * request.per_capital * request.capital.amount,
        paths: request.found.columns.path_count() as u64,
        rounds: 0,
        cost: None,
        trades: Vec::new(),
        attempts: Vec::new(),
        after: None,
        excess: None,
        standing: Vec::new(),
        binding: Vec::new(),
    };
    let Some(units) = units else { return Ok(told) };
    match end {
        End::NotNeeded => {}
        End::Verified(attempts) => {
            attempted(request, units, attempts, &mut told);
            told.status = HedgingStatus::Verified;
            told.summary = verified_summary(&told);
        }
        End::NotVerified(attempts) => {
            attempted(request, units, attempts, &mut told);
            told.status = HedgingStatus::NotVerified;
            told.summary = not_verified_summary(&told);
        }
        End::Infeasible { attempts, tightened, found, standing } => {
            attempted(request, units, attempts, &mut told);
            told.status = HedgingStatus::Infeasible;
            infeasible(request, units, found, &mut told);
            told.standing = standing_terms(request, standing);
            told.summary = infeasible_summary(&told, *tightened, attempts.len());
        }
    }
    Ok(told)
}

/// The attempts, and the trades and figures of the last.
fn attempted(request: &Request, units: &Units, attempts: &[Attempt], told: &mut HedgingProgramme) {
    let attempt = |attempt: &Attempt| HedgingAttempt {
        tightened: attempt.tightened,
        cost: attempt.optimum.cost,
        potential_loss: attempt.verified.potential_loss.amount,
        potential_loss_max: attempt.verified.bound,
    };
    told.attempts = attempts.iter().map(attempt).collect();
    told.rounds = attempts.iter().map(|one| one.optimum.rounds as u64).sum();
    let Some(last) = attempts.last() else { return };
    told.trades = trades(request, units, &last.optimum.trades);
    told.cost = Some(last.optimum.cost);
    told.after = Some(after(request, last));
}

fn trades(request: &Request, units: &Units, quantities: &[f64]) -> Vec<ProposedTrade> {
    let portfolio = request.found.book.setting.portfolio;
    let rows = portfolio.hedges.iter().zip(&units.terms).zip(&units.marks).zip(quantities);
    let row = |(((hedge, terms), mark), quantity): (
        ((&crate::portfolio::Hedge, &crate::threshold::HedgeTerms), &crate::pricing::Mark),
        &f64,
    )| ProposedTrade {
        id: hedge.id.clone(),
        account: portfolio.accounts[hedge.account].name.clone(),
        quantity: *quantity,
        notional: quantity * notional(mark),
        cost: quantity.abs() * terms.cost,
        premium: quantity * mark.value,
        largest_long: hedge.largest_long,
        largest_short: hedge.largest_short,
    };
    rows.map(row).collect()
}

fn after(request: &Request, last: &Attempt) -> AfterTrades {
    let verified = &last.verified;
    let half_width = risk::NORMAL_95 * verified.potential_loss.standard_error;
    let amount = verified.potential_loss.amount;
    let before = request.exposure.adjustment().terms(request.terms);
    let terms = request.policy.terms.iter().zip(before).zip(&verified.terms);
    let sample = request.found.sample;
    let measure = |(level, value_at_risk, shortfall): &(ConfidenceLevel, f64, f64)| HedgedMeasure {
        level: level.get(),
        value_at_risk_before: risk::value_at_risk(sample, *level).loss.amount(),
        value_at_risk: *value_at_risk,
        expected_shortfall_before: risk::expected_shortfall(sample, *level).loss.amount(),
        expected_shortfall: *shortfall,
    };
    let accounts = &request.found.book.setting.portfolio.accounts;
    let calls = accounts.iter().zip(&verified.margin_calls).filter(|(_, call)| **call > 0.0);
    AfterTrades {
        potential_loss: amount,
        potential_loss_interval_95: [amount - half_width, amount + half_width],
        capital: verified.capital.amount,
        threshold: verified.limit,
        utilisation: verified.utilisation.point.finite(),
        status: outcome_status(verified.status),
        indistinct: verified.indistinct,
        terms: terms
            .map(|((term, before), after)| HedgedTerm {
                name: term.name.clone(),
                before: before.amount,
                after: after.amount,
            })
            .collect(),
        measures: verified.measures.iter().map(measure).collect(),
        unmet_margins: calls
            .map(|(account, call)| UnmetMargin { account: account.name.clone(), lacking: *call })
            .collect(),
    }
}

fn infeasible(request: &Request, units: &Units, found: &Infeasible, told: &mut HedgingProgramme) {
    told.rounds += found.rounds as u64;
    told.excess = Some(found.excess);
    told.trades = trades(request, units, &found.nearest);
    told.cost = Some(told.trades.iter().map(|trade| trade.cost).sum());
    // figures of an earlier attempt are not those of these trades
    told.after = None;
    let hedges = &request.found.book.setting.portfolio.hedges;
    let accounts = TradedBook::accounts(request.found.book, units);
    let binding = found.binding.iter().map(|one| {
        let (kind, name, limit) = match one.constraint {
            Constraint::LargestLong(index) => {
                ("largest_long", hedges[index].id.clone(), Some(hedges[index].largest_long))
            }
            Constraint::LargestShort(index) => {
                ("largest_short", hedges[index].id.clone(), Some(hedges[index].largest_short))
            }
            Constraint::InitialMargin(index) => ("initial_margin", accounts[index].clone(), None),
        };
        HedgingBinding {
            kind: kind.to_owned(),
            name,
            limit,
            enough: one.enough,
            excess_without: one.excess_without,
        }
    });
    told.binding = binding.collect();
}

fn standing_terms(request: &Request, standing: &[(f64, Option<String>)]) -> Vec<StandingTerm> {
    let terms = request.policy.terms.iter().zip(standing);
    terms
        .map(|(term, (amount, stress))| StandingTerm {
            name: term.name.clone(),
            amount: *amount,
            weight: term.weight,
            stress: stress.clone(),
        })
        .collect()
}

fn verified_summary(told: &HedgingProgramme) -> String {
    let utilisation = told.after.as_ref().and_then(|after| after.utilisation);
    format!(
        "The cheapest trades listed cost USD {} and bring utilisation to {} in a run of the hedged \
         book in full{}.",
        grouped(told.cost.unwrap_or(0.0), 0),
        utilisation.map_or("infinity".to_owned(), percent),
        tries(told.attempts.len())
    )
}

fn tries(attempts: usize) -> String {
    match attempts {
        0 | 1 => String::new(),
        more => format!(", after the bound was tightened {} times", more - 1),
    }
}

fn not_verified_summary(told: &HedgingProgramme) -> String {
    let last = told.attempts.last();
    let missing = last.map_or(0.0, |one| one.potential_loss - one.potential_loss_max);
    format!(
        "No trades were found that hold: in a run of the hedged book in full the potential loss is \
         still USD {} above the target after {} attempts.",
        grouped(missing, 0),
        told.attempts.len()
    )
}

fn infeasible_summary(told: &HedgingProgramme, tightened: f64, attempts: usize) -> String {
    let excess = told.excess.unwrap_or(0.0);
    let mut summary = format!(
        "The instruments listed cannot restore {}: at the trades that come nearest the potential \
         loss is USD {} above what the target allows",
        percent(told.target_utilisation),
        grouped(excess, 0)
    );
    if attempts > 0 {
        summary += &format!(
            " (tightened by USD {} after what {attempts} verified {} missed)",
            grouped(tightened, 0),
            if attempts == 1 { "solution" } else { "solutions" }
        );
    }
    let binds: Vec<String> = told.binding.iter().map(binds).collect();
    match binds.as_slice() {
        [] => format!(
            "{summary}. No limit stands in the way, the potential loss itself does: {}.",
            told.standing.iter().map(stands).collect::<Vec<_>>().join("; ")
        ),
        _ => format!("{summary}. In the way: {}.", binds.join("; ")),
    }
}

fn stands(term: &StandingTerm) -> String {
    let amount = grouped(term.weight * term.amount, 0);
    match &term.stress {
        Some(stress) => format!("stress '{stress}' of '{}' USD {amount}", term.name),
        None => format!("'{}' USD {amount}", term.name),
    }
}

fn binds(one: &HedgingBinding) -> String {
    let what = match (one.kind.as_str(), one.limit) {
        ("largest_long", Some(limit)) => {
            format!("'{}' may not be bought beyond {}", one.name, quantity(limit))
        }
        ("largest_short", Some(limit)) => {
            format!("'{}' may not be sold beyond {}", one.name, quantity(limit))
        }
        _ => format!("the initial margin of account '{}'", one.name),
    };
    match one.enough {
        Some(enough) => format!("{what} ({} would do)", quantity(enough)),
        None if one.excess_without <= 0.0 => format!("{what} (without it there are trades)"),
        None => {
            format!("{what} (without it USD {} would be left)", grouped(one.excess_without, 0))
        }
    }
}

fn quantity(value: f64) -> String {
    grouped(value, if value.abs() < 1_000.0 { 2 } else { 0 })
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}
