//! The deterministic part of each step: the model's means less what the process adds by itself.

use super::FactorModel;
use super::driver::own_log_means;
use super::movement::Movement;

/// Drift of each step, `[node][factor]`, such that `E[level] = exp(log_mean)` at every node
/// (`E[change] = log_mean` for additive factors, whose means are zero).
pub(super) fn drift_steps(model: &FactorModel) -> Vec<f64> {
    let nodes = model.grid.node_count();
    let factors = model.factors.len();
    let own = own_log_means(model);
    let mut steps = vec![0.0; nodes * factors];
    for (index, factor) in model.factors.iter().enumerate() {
        let movement = Movement::of(&factor.key, model.returns);
        let mut before = 0.0;
        for node in 0..nodes {
            let target = factor.log_mean[node];
            let total = match movement {
                Movement::Exponential => target - own[node * factors + index],
                Movement::Simple => libm::expm1(target) - own[node * factors + index],
                Movement::Additive => target - own[node * factors + index],
            };
            steps[node * factors + index] = total - before;
            before = total;
        }
    }
    steps
}
