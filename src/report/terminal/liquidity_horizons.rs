//! ES by liquidity horizons: a row a horizon, and what they come to.

use super::Page;
use super::grid::{render, text_row};
use crate::report::figures::{count, duration, level, number, percent};

/// Horizons told on the screen.
const HORIZONS: usize = 6;

/// The horizons, shortest first, and the figure with its interval.
pub(super) fn liquidity_horizons(page: &Page<'_>) -> Option<String> {
    let found = page.outcome.liquidity_horizons.as_ref()?;
    let total = &found.expected_shortfall;
    let base = duration(found.base_years);
    let header = ["Liquidity horizon", "moving", "ES over", "scale", "scaled ES", "share"];
    let mut table = page.grid.table(&header);
    for bucket in found.buckets.iter().take(HORIZONS) {
        table.add_row(text_row([
            duration(bucket.horizon_years),
            count(bucket.moving, "factor"),
            page.figures.money(bucket.expected_shortfall),
            number(bucket.scale, 3),
            page.figures.money(bucket.scaled),
            percent(bucket.share, 1),
        ]));
    }
    let mut rows = render(table, &[2, 3, 4, 5]);
    let more = found.buckets.len().saturating_sub(HORIZONS);
    if more > 0 {
        rows += &format!("\n  {more} more in result.json and the report");
    }
    let line = format!(
        "ES {} by liquidity horizons {} ({}), over {base} {}",
        level(total.level),
        page.figures.money(total.loss),
        page.figures.interval(total.interval_95),
        page.figures.money(found.buckets.first().map_or(0.0, |one| one.expected_shortfall)),
    );
    Some(format!("{rows}\n{}", page.grid.line(&line)))
}
