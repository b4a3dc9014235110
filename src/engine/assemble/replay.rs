//! One path told node by node.

use super::worst::{Happened, events, factor_moves, path_rows};
use crate::engine::Control;
use crate::engine::EngineError;
use crate::engine::compiled::Compiled;
use crate::engine::path::PathEngine;
use crate::engine::plan::Plan;
use crate::engine::tail::TailLedger;
use crate::outcome::{ReplayedNode, ReplayedPath};
use crate::units::{PathId, Symbol};

/// Everything that happens on `path`.
pub(in crate::engine) fn replay(
    plan: &Plan,
    book: &Compiled,
    by_position: &PathEngine,
    path: PathId,
) -> Result<ReplayedPath, EngineError> {
    let portfolio = book.setting.portfolio;
    let model = book.setting.model;
    let mut nodes = Vec::new();
    let mut workspace = by_position.workspace(1);
    by_position.walk_watched(&mut workspace, &[path.0], |node, block| {
        nodes.push(ReplayedNode {
            time_years: model.grid.nodes[node].get(),
            factors: factor_moves(model, block, node),
        });
    });
    let happened = Happened { events: by_position.happenings(&workspace, 0), engine: by_position };
    let ledger = &book.ledger;
    let reader = TailLedger::new(by_position, portfolio, &ledger.terms, &ledger.closing_costs);
    let tail = reader.losses(vec![path], &Control::none())?;
    let losses = tail.path(path).unwrap_or_default();
    Ok(ReplayedPath {
        scenario: plan.scenario.name.clone(),
        seed: plan.scenario.simulation.seed,
        path: path.0,
        currency: Symbol::usd().to_string(),
        loss: losses.iter().sum(),
        nodes,
        rows: path_rows(&tail.rows, &losses, portfolio),
        events: events(&tail.rows, &losses, portfolio, model, &happened),
    })
}
