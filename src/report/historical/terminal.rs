//! The terminal summary of a replay.

use comfy_table::Cell;

use super::words::{answer, figures, liquidated, moved};
use crate::outcome::{HistoricalOutcome, ReplayStep};
use crate::report::figures::{Figures, count, duration, instant, percent, plain, prose, signed};
use crate::report::readable::readable;
use crate::report::terminal::grid::{Grid, LABEL_COLUMN, render, short_row, text_row};
use crate::report::{ReportError, TerminalStyle};

/// Steps listed one by one; the rest is summed.
const STEPS_LISTED: usize = 12;
/// Rows of accounts and factors.
const FACTORS_LISTED: usize = 8;

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn historical_terminal(
    outcome: &HistoricalOutcome,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let outcome = &readable(outcome)?;
    let page = Page { outcome, figures: figures(outcome), grid: Grid::new(style) };
    let mut blocks = vec![page.title(), page.answer(), page.accounts()];
    blocks.extend(page.windows());
    blocks.extend(page.steps());
    blocks.push(page.factors());
    blocks.extend(page.warnings());
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

struct Page<'a> {
    outcome: &'a HistoricalOutcome,
    figures: Figures,
    grid: Grid,
}

impl Page<'_> {
    fn title(&self) -> String {
        let outcome = self.outcome;
        let what = match outcome.shock {
            Some(_) if outcome.window.nodes == 1 => "shock at once".to_owned(),
            Some(_) => format!("shock over {}", duration(outcome.window.length_years)),
            None => format!("replay of {}", duration(outcome.window.length_years)),
        };
        self.grid.line(&format!(
            "{} · {} · {what} · {}",
            outcome.scenario,
            instant(&outcome.as_of),
            count(outcome.window.nodes, "node")
        ))
    }

    fn answer(&self) -> String {
        let answer = answer(self.outcome);
        let status = self.outcome.threshold.as_ref().map(|threshold| threshold.status);
        let mut table = self.grid.table(&[]);
        let light = self.grid.light(answer.light, status);
        table.add_row(short_row([light, self.grid.heading(&answer.headline)], 3));
        for reason in &answer.reasons {
            table.add_row(short_row([Cell::new(""), Cell::new(prose(reason))], 4));
        }
        table.set_constraints([LABEL_COLUMN]);
        render(table, &[])
    }

    /// The worst windows of a search, the first of which the rest of the page is about.
    fn windows(&self) -> Option<String> {
        let search = self.outcome.search.as_ref()?;
        let header = ["Worst windows", "to", "spot", "loss", "liquidated", "worst by"];
        let mut table = self.grid.table(&header);
        for row in &search.worst {
            table.add_row(text_row([
                day(&row.from),
                day(&row.to).get(5..).unwrap_or_default().to_owned(),
                row.largest_move.as_ref().map(moved).unwrap_or_default(),
                self.figures.money(row.loss),
                liquidated(row),
                row.worst_contributor.as_ref().map(|row| row.name.clone()).unwrap_or_default(),
            ]));
        }
        Some(render(table, &[2, 3]))
    }

    fn accounts(&self) -> String {
        let header = ["Loss by account", "with events", "without", "difference", "liquidated"];
        let mut table = self.grid.table(&header);
        for row in &self.outcome.accounts {
            table.add_row(text_row([
                row.account.clone(),
                self.figures.money(row.loss),
                self.figures.money(row.loss_without_events),
                self.figures.change(row.loss - row.loss_without_events),
                row.liquidated_at.as_deref().map(brief).unwrap_or_default(),
            ]));
        }
        table.add_row(text_row([
            "all".to_owned(),
            self.figures.money(self.outcome.loss),
            self.figures.money(self.outcome.loss_without_events),
            self.figures.change(self.outcome.difference),
            String::new(),
        ]));
        render(table, &[1, 2, 3])
    }

    /// The steps with the largest effect, in order of time.
    fn steps(&self) -> Option<String> {
        let steps = &self.outcome.steps;
        if steps.is_empty() {
            return None;
        }
        let listed = largest(steps);
        let header = ["Step (UTC)", "account", "closed", "costs", "forgone", "venue", "loss"];
        let mut table = self.grid.table(&header);
        for step in &listed {
            table.add_row(text_row(self.step(step)));
        }
        let rest = steps.len() - listed.len();
        if rest > 0 {
            let shown: f64 = listed.iter().map(|step| step.total).sum();
            let mut cells = [const { String::new() }; 7];
            cells[0] = format!("{rest} more");
            cells[6] = self.figures.change(self.outcome.difference - shown);
            table.add_row(text_row(cells));
        }
        let mut total = [const { String::new() }; 7];
        total[0] = "sum".to_owned();
        total[6] = self.figures.change(self.outcome.difference);
        table.add_row(text_row(total));
        Some(render(table, &[2, 3, 4, 5, 6]))
    }

    fn step(&self, step: &ReplayStep) -> [String; 7] {
        if step.notional == 0.0 && step.total == 0.0 {
            let mut cells = [const { String::new() }; 7];
            cells[..3].clone_from_slice(&[brief(&step.time), step.account.clone(), "call".into()]);
            return cells;
        }
        [
            brief(&step.time),
            step.account.clone(),
            self.figures.money(step.notional),
            self.figures.money(step.cost),
            self.figures.change(step.market),
            self.figures.change(step.liability),
            self.figures.change(step.total),
        ]
    }

    fn factors(&self) -> String {
        let header = ["Factor", "end", "lowest", "at", "highest", "moves by"];
        let mut table = self.grid.table(&header);
        let moving = self.outcome.factors.iter().filter(|factor| factor.source != "stays");
        let shown = |name: &str, change: f64| {
            let additive = name.ends_with(".basis") || name.ends_with(".funding");
            match additive {
                true => signed(plain(change)),
                false => signed(percent(change, 2)),
            }
        };
        for factor in moving.take(FACTORS_LISTED) {
            table.add_row(text_row([
                factor.name.clone(),
                shown(&factor.name, factor.change),
                shown(&factor.name, factor.lowest),
                brief(&factor.lowest_at),
                shown(&factor.name, factor.highest),
                factor.description.replace("times the log move of", "×"),
            ]));
        }
        render(table, &[1, 2, 4])
    }

    fn warnings(&self) -> Option<String> {
        let mut table = self.grid.table(&[]);
        for (index, warning) in self.outcome.warnings.iter().enumerate() {
            let label = if index == 0 { "Warnings" } else { "" };
            let message = Cell::new(prose(&warning.message));
            table.add_row(short_row([self.grid.heading(label), message], 3));
        }
        table.set_constraints([LABEL_COLUMN]);
        (!self.outcome.warnings.is_empty()).then(|| render(table, &[]))
    }
}

/// Day of an instant, with its time where it is not midnight.
fn day(time: &str) -> String {
    instant(time).replace(" UTC", "").replace(" 00:00", "")
}

/// Month, day and time of an instant.
fn brief(time: &str) -> String {
    let shown = instant(time).replace(" UTC", "");
    shown.get(5..).map_or(shown.clone(), str::to_owned)
}

/// The steps that move the loss most, in order of time.
fn largest(steps: &[ReplayStep]) -> Vec<&ReplayStep> {
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by(|a, b| steps[*b].total.abs().total_cmp(&steps[*a].total.abs()).then(a.cmp(b)));
    order.truncate(STEPS_LISTED);
    order.sort_unstable();
    order.into_iter().map(|index| &steps[index]).collect()
}
