//! Polynomials for the decisions inside paths: those of every node, and what they would cost.

use rayon::prelude::*;

use crate::margin::{MarginStage, NodeProxies, ProxySetting};

/// With fewer nodes all are built to see what they cost.
const PROBED_NODES: usize = 3;

/// Builds the polynomials that venues' decisions rest on.
pub(super) struct DecisionBuilder<'a> {
    /// `None` where nothing is decided inside paths.
    pub stage: Option<&'a MarginStage>,
    pub setting: ProxySetting<'a>,
}

/// Operations of decisions by polynomials, in coefficients of a polynomial.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct DecisionCost {
    /// A path.
    pub cost: f64,
    /// Building them.
    pub set_up: f64,
}

impl DecisionBuilder<'_> {
    /// Those of every node, in order; none where nothing is decided inside paths.
    pub fn all(&self) -> Vec<NodeProxies> {
        let Some(stage) = self.stage else { return Vec::new() };
        let nodes = 0..self.setting.model.grid.node_count();
        nodes.into_par_iter().map(|node| stage.node_proxies(&self.setting, node)).collect()
    }

    /// What all nodes are expected to cost, from the first, the middle and the last one.
    pub fn expected(&self) -> DecisionCost {
        let Some(stage) = self.stage else { return DecisionCost::default() };
        let nodes = self.setting.model.grid.node_count();
        let last = nodes - 1;
        let probes =
            if nodes > PROBED_NODES { vec![0, nodes / 2, last] } else { (0..nodes).collect() };
        let share = nodes as f64 / probes.len() as f64;
        let probed = probes.into_par_iter().map(|node| {
            let proxies = stage.node_proxies(&self.setting, node);
            (proxies.cost(), proxies.set_up_cost())
        });
        let probed: Vec<(f64, f64)> = probed.collect();
        DecisionCost {
            cost: share * probed.iter().map(|(cost, _)| cost).sum::<f64>(),
            set_up: share * probed.iter().map(|(_, set_up)| set_up).sum::<f64>(),
        }
    }
}
