//! The cheapest trades that restore the target utilisation: a row a trade, and what they make of it.

use comfy_table::Cell;

use super::Page;
use super::grid::{render, short_row, text_row};
use crate::outcome::{AfterTrades, ProposedTrade};
use crate::report::figures::{level, percent, plain, prose, signed};

/// Lines that the sentence may take: it names what stands in the way.
const SUMMARY_LINES: usize = 6;
/// Trades told on the screen.
const TRADES: usize = 6;

/// The trades, and utilisation, VaR and ES after them.
pub(super) fn hedging(page: &Page<'_>) -> Option<String> {
    let found = page.outcome.threshold.as_ref()?.hedging.as_ref()?;
    let mut summary = page.grid.table(&[]);
    summary.add_row(short_row([Cell::new(prose(&found.summary))], SUMMARY_LINES));
    let mut lines = vec![render(summary, &[])];
    let traded: Vec<&ProposedTrade> =
        found.trades.iter().filter(|trade| trade.quantity != 0.0).collect();
    if !traded.is_empty() {
        let mut table = page.grid.table(&["Trade", "account", "quantity", "notional", "cost"]);
        for trade in traded.iter().take(TRADES) {
            table.add_row(text_row([
                trade.id.clone(),
                trade.account.clone(),
                signed(plain(trade.quantity)),
                page.figures.change(trade.notional),
                page.figures.money(trade.cost),
            ]));
        }
        lines.push(render(table, &[2, 3, 4]));
        let more = traded.len().saturating_sub(TRADES);
        if more > 0 {
            lines.push(format!("  {more} more in result.json and the report"));
        }
    }
    if let Some(after) = &found.after {
        lines.push(page.grid.line(&after_line(page, after)));
    }
    Some(lines.join("\n"))
}

fn after_line(page: &Page<'_>, after: &AfterTrades) -> String {
    let utilisation = after.utilisation.map_or("infinite".to_owned(), |one| percent(one, 1));
    let mut line = format!("After them, in full: utilisation {utilisation}");
    if let Some(measure) = after.measures.last() {
        line += &format!(
            ", VaR {} {} (now {}), ES {} (now {})",
            level(measure.level),
            page.figures.money(measure.value_at_risk),
            page.figures.money(measure.value_at_risk_before),
            page.figures.money(measure.expected_shortfall),
            page.figures.money(measure.expected_shortfall_before),
        );
    }
    line + "."
}
