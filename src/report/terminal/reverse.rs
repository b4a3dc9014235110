//! What it would take to reach the target of a reverse stress.

use super::Page;
use super::grid::{LABEL_COLUMN, render, text_row};
use crate::outcome::{FactorMove, ReverseAnswer};
use crate::report::figures::{number, percent, signed};

/// Answers told on the screen.
const ANSWERS: usize = 3;
/// Moves told of each.
const MOVES: usize = 3;

/// The answers, nearest first, and the nearest simulated path.
pub(super) fn reverse(page: &Page<'_>) -> Option<String> {
    let reverse = page.outcome.reverse.as_ref()?;
    let mut lines = vec![page.grid.line(&format!("reverse stress: {}", reverse.description))];
    let mut table = page.grid.table(&["", "distance", "loss", "moves"]);
    table.set_constraints([LABEL_COLUMN]);
    for (index, answer) in reverse.answers.iter().take(ANSWERS).enumerate() {
        table.add_row(text_row([
            format!("  answer {}", index + 1),
            number(answer.distance, 2),
            page.figures.money(answer.loss),
            moves(&answer.factors) + &liquidated(answer),
        ]));
    }
    if let Some(path) = &reverse.path {
        table.add_row(text_row([
            "  path".to_owned(),
            number(path.distance, 2),
            page.figures.money(path.loss),
            format!("path {}: {}", path.path, moves(&path.factors)),
        ]));
    }
    if !reverse.answers.is_empty() || reverse.path.is_some() {
        lines.push(render(table, &[1, 2]));
    }
    let more = reverse.answers.len().saturating_sub(ANSWERS);
    if more > 0 {
        lines.push(format!("  {more} more in result.json and the report"));
    }
    Some(lines.join("\n"))
}

fn moves(factors: &[FactorMove]) -> String {
    let one = |one: &FactorMove| format!("{} {}", one.factor, signed(percent(one.change, 1)));
    let moves: Vec<String> = factors.iter().take(MOVES).map(one).collect();
    moves.join(", ")
}

fn liquidated(answer: &ReverseAnswer) -> String {
    let closed = answer.accounts.iter().filter(|one| one.liquidated_notional > 0.0);
    let names: Vec<&str> = closed.map(|one| one.account.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("; closes {}", names.join(", ")) }
}
