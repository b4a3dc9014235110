//! Where options too sharp for one polynomial are more than their payoff, and the pieces that makes.

use super::bound;
use super::domain::Axis;
use super::family::FamilyPlan;
use super::fit::Fitter;
use super::pieces::PIECES_MAX;
use crate::numeric::isa::InstructionSet;
use crate::pricing::options::{OptionContract, OptionGroup};

/// Widths that are rounding, in half-widths of the domain.
const SLIVER: f64 = 1e-9;

/// Where an option is more than its payoff.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// Edges in x.
    low: f64,
    high: f64,
    /// Smallest σ√T in the domain.
    pub deviation: f64,
    pub group: usize,
}

/// Windows of the contracts of a group.
pub(super) fn windows(
    fitter: &mut Fitter,
    plan: &FamilyPlan,
    group: usize,
    budget: f64,
) -> Vec<Window> {
    let constants = fitter.constants(plan, group);
    let (book, moment) = (fitter.book(), fitter.moment());
    let held = &book.groups[group];
    let (level, turn) = bound::level_and_turn(plan, held, moment);
    let scale = held.root_years[moment] * level;
    let count = held.contracts.len() as f64;
    let budget = budget / plan.unit_max;
    let window = |contract: &OptionContract| {
        let deviation = volatility(held, contract) * scale;
        let (low, high) = (deviation * libm::exp(-turn), deviation * libm::exp(turn));
        let quantity: f64 = contract.holdings.iter().map(|held| held.quantity.abs()).sum();
        let size = quantity * constants.0 * contract.strike;
        let reach = high * (bound::distance(size, budget / count) + 0.5 * high);
        let centre = contract.log_strike - constants.1;
        Window { low: centre - reach, high: centre + reach, deviation: low, group }
    };
    held.contracts.iter().map(window).collect()
}

/// Volatility of a contract today; where it reads a smile, that at the money.
fn volatility(group: &OptionGroup, contract: &OptionContract) -> f64 {
    let at_the_money = || {
        let mut read = [0.0];
        if let Some(smile) = &group.smile {
            smile.fill(InstructionSet::Baseline, 0.0, 1.0, &[0.0], &mut read);
        }
        read[0]
    };
    contract.volatility.unwrap_or_else(at_the_money)
}

/// Edges of pieces over `domain` on its [−1, 1], both ends among them: no piece is wider than
/// `half_width` deviations to either side wherever a window is open. `None` where they are more
/// than [`PIECES_MAX`].
pub(super) fn knots(windows: &[Window], domain: Axis, half_width: f64) -> Option<Vec<f64>> {
    let (start, end) = (domain.at(-1.0), domain.at(1.0));
    let widest = |window: &Window| 2.0 * half_width * window.deviation;
    let sliver = SLIVER * domain.half_width;
    let mut edges = vec![start];
    let mut low = start;
    while low < end {
        if edges.len() > PIECES_MAX {
            return None;
        }
        let mut high = end;
        for window in windows.iter().filter(|window| window.high > low + sliver) {
            // Only what lies in the window must be narrow.
            high = high.min(window.low.max(low + widest(window)));
        }
        // A kink, or a rest too small to be told from its edge.
        (high > low).then_some(())?;
        low = if end - high > sliver { high } else { end };
        edges.push(low);
    }
    let mapped = edges.iter().map(|edge| (edge - domain.centre) / domain.half_width);
    let mut knots: Vec<f64> = mapped.collect();
    let last = knots.len() - 1;
    (knots[0], knots[last]) = (-1.0, 1.0);
    Some(knots)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: Axis = Axis { centre: 0.02, half_width: 0.2 };

    fn window(centre: f64, reach: f64, deviation: f64) -> Window {
        Window { low: centre - reach, high: centre + reach, deviation, group: 0 }
    }

    #[test]
    fn pieces_are_narrow_in_windows_and_wide_between_them() {
        let windows = [window(0.0, 0.008, 0.001), window(0.1, 0.016, 0.002)];
        let knots = knots(&windows, DOMAIN, 2.0).unwrap();
        let edges: Vec<f64> = knots.iter().map(|&knot| DOMAIN.at(knot)).collect();
        // Left of both, four in the first, one between, four in the second, right of both.
        assert_eq!(edges.len() - 1, 1 + 4 + 1 + 4 + 1);
        for edges in edges.windows(2) {
            for window in &windows {
                let apart = edges[1] <= window.low + 1e-12 || edges[0] >= window.high - 1e-12;
                assert!(apart || edges[1] - edges[0] <= 4.0 * window.deviation + 1e-12);
            }
        }
        assert_eq!((knots[0], knots[knots.len() - 1]), (-1.0, 1.0));
    }

    #[test]
    fn too_many_pieces_are_refused() {
        assert!(knots(&[window(0.0, 0.2, 1e-4)], DOMAIN, 3.0).is_none());
        assert!(knots(&[window(0.0, 0.2, 1e-3)], DOMAIN, 3.0).is_some());
        assert!(knots(&[window(0.0, 0.1, 0.0)], DOMAIN, 3.0).is_none());
        assert_eq!(knots(&[], DOMAIN, 3.0), Some(vec![-1.0, 1.0]));
    }
}
