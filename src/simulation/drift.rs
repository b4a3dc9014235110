//! The deterministic part of each step: the model's means less what the process adds by itself.

use super::FactorModel;
use super::movement::Movement;
use super::own_means::OwnMeans;

/// Drift of each step, `[node][factor]`, such that `E[level] = exp(log_mean)` at every node
/// (`E[change] = log_mean` for additive factors, whose means are zero).
pub(super) fn drift_steps(model: &FactorModel) -> Vec<f64> {
    let factors = model.factors.len();
    let mut own_means = OwnMeans::new(model);
    let mut steps = vec![0.0; model.grid.node_count() * factors];
    for (index, factor) in model.factors.iter().enumerate() {
        let movement = Movement::of(&factor.key, model.returns);
        let own = own_means.of(index);
        let mut before = 0.0;
        for (node, (mean, own)) in factor.log_mean.iter().zip(own).enumerate() {
            let target = match movement {
                Movement::Exponential | Movement::Additive => *mean,
                Movement::Simple => libm::expm1(*mean),
            };
            let total = target - own;
            steps[node * factors + index] = total - before;
            before = total;
        }
    }
    steps
}
