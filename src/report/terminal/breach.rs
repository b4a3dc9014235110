//! What the breach ladder did inside the paths, in a line or two.

use super::Page;
use crate::outcome::{BreachLadder, BreachRung};
use crate::report::figures::{level, percent};

/// ES with and without, rungs by how often they are reached, and who fared better.
pub(super) fn breach(page: &Page<'_>, ladder: &BreachLadder) -> String {
    let money = |amount: f64| page.figures.money(amount);
    let mut parts = Vec::new();
    if let Some(last) = ladder.measures.last() {
        let shortfall = &last.expected_shortfall;
        parts.push(format!(
            "ES {} {} acting, {} not (difference ± {})",
            level(last.level),
            money(shortfall.with),
            money(shortfall.without),
            money(shortfall.standard_error)
        ));
    }
    let reached =
        |rung: &BreachRung| format!("{} {}", rung.action, percent(rung.reached.probability, 2));
    let rungs: Vec<String> = ladder.rungs.iter().map(reached).collect();
    parts.push(format!("reached: {}", rungs.join(", ")));
    let (less, more) = (&ladder.lost_less.probability, &ladder.lost_more.probability);
    parts.push(format!(
        "loses less on {}, more on {} of paths",
        percent(less.probability, 2),
        percent(more.probability, 2)
    ));
    parts.join("; ")
}
