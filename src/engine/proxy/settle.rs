//! Makes the tail of a sample of proxy losses that of full revaluation.

use std::ops::Range;

use rayon::prelude::*;

use super::choice::{Proxied, Valuation};
use crate::engine::compiled::Compiled;
use crate::engine::control::{Control, Interrupted, Stage};
use crate::engine::nodes_alone::NodesAlone;
use crate::engine::pass::{self, Liquidated, Partial, ProxyPart};
use crate::engine::plan::Plan;
use crate::engine::{EngineError, assemble};
use crate::outcome::ProxyRevaluation;
use crate::pricing::Proof;
use crate::risk::{self, Needs};

/// The losses of a run, their tail that of full revaluation.
pub(in crate::engine) struct Settled {
    pub part: Partial,
    /// How the proxies did; `None` in full revaluation.
    pub proxy: Option<ProxyRevaluation>,
}

/// First pass over a range of paths; those that leave the domain of the proxies, or on which a margin
/// decision is within its error, are revalued in full at once.
pub(in crate::engine) fn first_pass(
    book: &Compiled,
    valuation: &Valuation,
    range: Range<u64>,
    kept: u64,
    control: &Control,
    stage: Stage,
) -> Result<Partial, Interrupted> {
    let Valuation::Proxied(proxied) = valuation else {
        return pass::losses(&book.engine, &book.ledger, range, kept, control, stage);
    };
    let engine = &proxied.engine;
    let (mut part, unsure) =
        pass::watched_losses(engine, &book.ledger, range, kept, control, stage)?;
    let revalued = unsure.all();
    let liquidated = revalue(book, &revalued, &mut part, control)?;
    part.add_liquidated(liquidated);
    part.proxy = Some(ProxyPart {
        epsilon: proxied.epsilon,
        revalued,
        outside: unsure.outside.len() as u64,
        doubtful: unsure.doubtful.len() as u64,
        largest_error: 0.0,
    });
    Ok(part)
}

/// All paths of a book, with the columns of the first `kept`.
pub(in crate::engine) fn whole_pass(
    plan: &Plan,
    book: &Compiled,
    kept: u64,
    control: &Control,
    stage: Stage,
) -> Result<Settled, EngineError> {
    settled_pass(plan, book, &Valuation::choose(plan, book), kept, control, stage)
}

/// The same by a valuation chosen before.
pub(in crate::engine) fn settled_pass(
    plan: &Plan,
    book: &Compiled,
    valuation: &Valuation,
    kept: u64,
    control: &Control,
    stage: Stage,
) -> Result<Settled, EngineError> {
    let range = 0..plan.scenario.simulation.paths;
    let part = first_pass(book, valuation, range, kept, control, stage)?;
    settled(plan, book, valuation, part, control, stage)
}

/// Revalues what could be in the tail, checks the errors seen, and falls back to full revaluation
/// of every path where one is above ε. `part` holds all paths from id 0.
pub(in crate::engine) fn settled(
    plan: &Plan,
    book: &Compiled,
    valuation: &Valuation,
    mut part: Partial,
    control: &Control,
    stage: Stage,
) -> Result<Settled, EngineError> {
    let Some(mut known) = part.proxy.take() else { return Ok(Settled { part, proxy: None }) };
    let (paths, kept) = (part.losses.len() as u64, part.kept_paths(&book.ledger));
    let in_full = || pass::losses(&book.engine, &book.ledger, 0..paths, kept, control, stage);
    let Valuation::Proxied(proxied) = valuation else {
        // Fewer paths were worth proxies that all of them are not.
        return Ok(Settled { part: in_full()?, proxy: None });
    };
    let sampled = sample_error(proxied, &part, &known);
    settle(plan, book, &mut part, &mut known, control)?;
    let mut summary = summary(proxied, &known, sampled);
    let decisions_hold = proxied.decision_error.largest_share <= 1.0;
    if sampled.max(known.largest_error) > known.epsilon || !decisions_hold {
        part = in_full()?;
        summary.tail = "full".to_owned();
        summary.paths_revalued = paths;
    } else {
        part.proxy = Some(known);
    }
    Ok(Settled { part, proxy: Some(summary) })
}

fn summary(proxied: &Proxied, known: &ProxyPart, sampled: f64) -> ProxyRevaluation {
    let word = match proxied.proof {
        Proof::Proven => "exact",
        Proof::Measured => "verified",
    };
    ProxyRevaluation {
        tail: word.to_owned(),
        reason: proxied.reason.clone(),
        error_bound: known.epsilon,
        polynomials: proxied.polynomials as u64,
        terms: proxied.terms as u64,
        contracts_in_full: proxied.contracts_in_full as u64,
        paths_revalued: known.revalued.len() as u64,
        paths_outside_domain: known.outside,
        paths_in_doubt: known.doubtful,
        decision_error_bound: proxied.decision_epsilon,
        largest_error_decision: proxied.decision_error.largest,
        sample_paths: proxied.sample.losses.len() as u64,
        largest_error_sample: sampled,
        largest_error_tail: known.largest_error,
    }
}

/// Largest error of the proxies on the sampled paths, the first of the run.
fn sample_error(proxied: &Proxied, part: &Partial, known: &ProxyPart) -> f64 {
    let sample = (0u64..).zip(part.losses.iter().zip(&proxied.sample.losses));
    let by_proxy = sample.filter(|(path, _)| known.revalued.binary_search(path).is_err());
    by_proxy.map(|(_, (found, exact))| (found - exact).abs()).fold(0.0, f64::max)
}

/// Revalues the paths that may lie at or above the lowest order statistic needed.
fn settle(
    plan: &Plan,
    book: &Compiled,
    part: &mut Partial,
    known: &mut ProxyPart,
    control: &Control,
) -> Result<(), EngineError> {
    // Weighted figures reach as far down as the masses met on the way: ask until all is exact.
    loop {
        let candidates = candidates(plan, book, part, known)?;
        if candidates.is_empty() {
            return Ok(());
        }
        revalue_candidates(book, candidates, part, known, control)?;
        if part.weights(part.losses.len(), &book.design)?.are_plain() {
            return Ok(());
        }
    }
}

/// Revalues `candidates` and looks how far off they were.
fn revalue_candidates(
    book: &Compiled,
    candidates: Vec<u64>,
    part: &mut Partial,
    known: &mut ProxyPart,
    control: &Control,
) -> Result<(), Interrupted> {
    let before: Vec<f64> = candidates.iter().map(|&path| part.losses[path as usize]).collect();
    revalue(book, &candidates, part, control)?;
    let after = candidates.iter().map(|&path| part.losses[path as usize]);
    let errors = before.iter().zip(after).map(|(before, after)| (after - before).abs());
    known.largest_error = errors.fold(known.largest_error, f64::max);
    known.revalued.extend(candidates);
    known.revalued.sort_unstable();
    Ok(())
}

/// Paths by proxy that may lie at or above the lowest loss needed, ascending.
fn candidates(
    plan: &Plan,
    book: &Compiled,
    part: &Partial,
    known: &ProxyPart,
) -> Result<Vec<u64>, EngineError> {
    let levels = assemble::levels(plan);
    let needs = Needs { levels: &levels, worst_paths: plan.scenario.measures.worst_paths };
    let weights = part.weights(part.losses.len(), &book.design)?;
    let lowest = risk::lowest_loss_needed(&part.losses, &weights, &needs)?;
    let threshold = lowest - 2.0 * known.epsilon;
    let paths = (0u64..).zip(&part.losses).filter(|(_, loss)| **loss >= threshold);
    let by_proxy = |path: &u64| known.revalued.binary_search(path).is_err();
    Ok(paths.map(|(path, _)| path).filter(by_proxy).collect())
}

/// Replaces losses and columns of `paths` by those of full revaluation, and tells their liquidations.
fn revalue(
    book: &Compiled,
    paths: &[u64],
    part: &mut Partial,
    control: &Control,
) -> Result<Liquidated, Interrupted> {
    let width = book.ledger.column_count();
    let first = part.first_path;
    let kept = part.kept_paths(&book.ledger);
    let block = book.engine.block_paths();
    let alone = NodesAlone::of(&book.engine);
    let blocks = paths.par_chunks(block).map(|paths| {
        control.check()?;
        let mut workspace = book.engine.workspace(paths.len());
        book.engine.walk(&mut workspace, paths);
        if let Some(alone) = &alone {
            alone.compare(&mut workspace, paths, &mut alone.room());
        }
        let mut losses = vec![0.0; paths.len()];
        book.ledger.losses(&workspace, &mut losses);
        let has_columns = paths.iter().any(|path| path - first < kept);
        let mut columns = vec![0.0; if has_columns { paths.len() * width } else { 0 }];
        book.ledger.columns(&workspace, &mut columns);
        let mut liquidated = Liquidated::default();
        liquidated.observe(&book.engine, &workspace, paths);
        Ok(Block { losses, columns, liquidated })
    });
    let blocks: Vec<Block> = blocks.collect::<Result<_, Interrupted>>()?;
    let mut all = Liquidated::default();
    for (paths, Block { losses, columns, liquidated }) in paths.chunks(block).zip(blocks) {
        all.join(liquidated);
        for (index, (path, loss)) in paths.iter().zip(losses).enumerate() {
            let place = (path - first) as usize;
            part.losses[place] = loss;
            if (place as u64) < kept {
                let columns = &columns[index * width..][..width];
                part.columns[place * width..][..width].copy_from_slice(columns);
            }
        }
    }
    Ok(all)
}

/// Paths walked in full.
struct Block {
    losses: Vec<f64>,
    columns: Vec<f64>,
    liquidated: Liquidated,
}
