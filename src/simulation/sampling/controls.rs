//! Control values: the delta-gamma loss of each path against thresholds of known law.

use super::ControlPair;

/// Fills `controls[2·pair]` with 1 where `losses` exceed the threshold and `controls[2·pair + 1]`
/// with the amount by which they do, no further than the ceiling, `[control][path]`.
pub(super) fn fill(pairs: &[ControlPair], losses: &[f64], controls: &mut [f64]) {
    let paths = losses.len();
    for (pair, rows) in pairs.iter().zip(controls.chunks_exact_mut(2 * paths)) {
        let (indicators, excesses) = rows.split_at_mut(paths);
        let most = pair.ceiling.map_or(f64::INFINITY, |ceiling| ceiling - pair.threshold);
        for ((indicator, excess), loss) in indicators.iter_mut().zip(excesses).zip(losses) {
            let beyond = loss - pair.threshold;
            *indicator = if beyond > 0.0 { 1.0 } else { 0.0 };
            *excess = beyond.max(0.0).min(most);
        }
    }
}
