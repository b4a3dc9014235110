//! Venues that fail inside paths, and calls that transfers meet, in a line each.

use super::Page;
use crate::report::figures::percent;
use crate::units::grouped;

/// Venues told by name.
const VENUES: usize = 3;

/// How likely venues fail, the costliest first, and what that costs.
pub(super) fn failures(page: &Page<'_>) -> Option<String> {
    let mut rows: Vec<_> = page
        .outcome
        .venue_failures
        .iter()
        .filter_map(|row| Some((row, row.events.as_ref()?)))
        .collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by(|a, b| b.1.expected_loss.total_cmp(&a.1.expected_loss));
    let chance = |row: &(&crate::outcome::VenueFailures, &crate::outcome::VenueEvents)| {
        format!("{} {}", row.0.venue, percent(row.1.probability.probability, 2))
    };
    let shown: Vec<String> = rows.iter().take(VENUES).map(chance).collect();
    let expected: f64 = rows.iter().map(|row| row.1.expected_loss).sum();
    let part: f64 = rows.iter().map(|row| row.0.contribution.expected_shortfall).sum();
    let level = percent(rows[0].0.contribution.level, 1);
    Some(format!(
        "venues fail: {}; expected loss {}, part of ES {level} {}",
        shown.join(", "),
        page.figures.money(expected),
        page.figures.money(part)
    ))
}

/// How much more often than they happen failures were drawn, where they were.
pub(super) fn sampling(page: &Page<'_>) -> Option<String> {
    let drawn = page.outcome.failure_sampling.as_ref()?;
    let headline = page.outcome.contributions.level;
    let row = drawn.levels.iter().find(|row| row.level == headline)?;
    let ratio = row.variance_ratio.map_or_else(String::new, |ratio| {
        format!("; plain ones have {ratio:.1} times the variance of ES {}", percent(row.level, 1))
    });
    Some(format!(
        "failures on {} of paths stand for {}; {} effective paths{ratio}",
        percent(drawn.share_of_paths, 1),
        percent(drawn.probability.probability, 4),
        grouped(drawn.effective_paths, 0),
    ))
}

/// What is sent to accounts that are called, and how often that is not enough.
pub(super) fn calls(page: &Page<'_>) -> Option<String> {
    let rows = &page.outcome.calls_met;
    let sent: f64 = rows.iter().map(|row| row.sent.mean).sum();
    let short = |row: &crate::outcome::CallsMet| row.in_part.probability + row.unmet.probability;
    let worst = rows.iter().max_by(|a, b| short(a).total_cmp(&short(b)))?;
    Some(format!(
        "calls: {} sent on average; not met in full most often at {}, {}",
        page.figures.money(sent),
        worst.account,
        percent(short(worst), 2)
    ))
}
