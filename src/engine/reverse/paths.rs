//! The simulated path nearest to today's levels among those that reach the target.

use rayon::prelude::*;

use super::shocked::Goal;
use super::whitening::Whitening;
use crate::engine::assemble::factor_moves;
use crate::engine::control::{Control, Interrupted};
use crate::engine::path::{PathEngine, PathHappening, Workspace};
use crate::margin::Happening;
use crate::outcome::PlausiblePath;
use crate::simulation::{FactorBlock, FactorModel};

/// Among `losses`, one a path; full revaluation wherever a liquidation is asked for.
pub(super) fn most_plausible(
    engine: &PathEngine,
    model: &FactorModel,
    whitening: &Whitening,
    (goal, losses): (Goal, &[f64]),
    control: &Control,
) -> Result<Option<PlausiblePath>, Interrupted> {
    let candidates: Vec<u64> = match goal {
        Goal::Loss(loss) => reaching(losses, loss),
        Goal::Liquidation(_) => (0..losses.len() as u64).collect(),
    };
    let blocks = candidates.par_chunks(engine.block_paths());
    let nearest = blocks.map_init(
        || engine.workspace(engine.block_paths()),
        |workspace, paths| {
            control.check()?;
            engine.walk(workspace, paths);
            Ok(nearest_of(engine, workspace, whitening, goal, paths))
        },
    );
    let blocks: Vec<(u64, Option<(f64, u64)>)> = nearest.collect::<Result<_, Interrupted>>()?;
    let reaching = blocks.iter().map(|(count, _)| count).sum();
    let nearest = blocks
        .into_iter()
        .filter_map(|(_, one)| one)
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(nearest.map(|(distance, path)| {
        let mut workspace = engine.workspace(1);
        engine.walk(&mut workspace, &[path]);
        let last = model.grid.nodes.len() - 1;
        let mut factors = factor_moves(model, workspace.factors(), last);
        factors.sort_by(|a, b| b.deviations.abs().total_cmp(&a.deviations.abs()));
        let loss = usize::try_from(path).ok().and_then(|path| losses.get(path)).copied();
        PlausiblePath { path, distance, loss: loss.unwrap_or_default(), factors, reaching }
    }))
}

fn reaching(losses: &[f64], loss: f64) -> Vec<u64> {
    let paths = losses.iter().zip(0u64..);
    paths.filter(|(found, _)| **found >= loss).map(|(_, path)| path).collect()
}

/// Paths of a walked block that reach the goal, and the nearest of them.
fn nearest_of(
    engine: &PathEngine,
    workspace: &Workspace,
    whitening: &Whitening,
    goal: Goal,
    paths: &[u64],
) -> (u64, Option<(f64, u64)>) {
    let (mut count, mut nearest) = (0, None);
    for (place, &path) in paths.iter().enumerate() {
        let reaches = match goal {
            Goal::Loss(_) => true,
            Goal::Liquidation(None) => engine.is_liquidated(workspace, place),
            Goal::Liquidation(Some(account)) => {
                engine.is_liquidated(workspace, place)
                    && engine.happenings(workspace, place).iter().any(|one| is_of(one, account))
            }
        };
        if !reaches {
            continue;
        }
        count += 1;
        let distance = distance(whitening, workspace.factors(), place);
        if nearest.is_none_or(|(least, _)| distance < least) {
            nearest = Some((distance, path));
        }
    }
    (count, nearest)
}

fn is_of(happened: &PathHappening, wanted: usize) -> bool {
    match happened {
        PathHappening::Closed(event) => event.account == wanted,
        PathHappening::Event(event) => {
            event.account == wanted && matches!(event.what, Happening::Liquidation { .. })
        }
        PathHappening::Market(_) => false,
    }
}

fn distance(whitening: &Whitening, block: &FactorBlock, place: usize) -> f64 {
    whitening.distance(|factor| {
        whitening.change_of(factor, block.log(factor)[place], block.level(factor)[place])
    })
}
