//! A policy calibration on one screen: the recommendation, the contest, what binds.

use super::TerminalStyle;
use super::grid::{Grid, render, text_row};
use crate::outcome::{Difference, PolicyCalibration};
use crate::report::ReportError;
use crate::report::figures::{number, percent};
use crate::report::policy_calibration::{answer, cells, difference};
use crate::report::readable::readable;

/// Columns of the contest on a screen, by their place among all.
const SHOWN: [usize; 6] = [0, 1, 2, 5, 6, 7];
const NAMES: [&str; 6] = ["missed", "missed loss", "tail loss", "false/y", "turnover", "carried"];

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn policy_calibration_terminal(
    calibration: &PolicyCalibration,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let calibration = &readable(calibration)?;
    let grid = Grid::new(style);
    let mut lines = vec![grid.line(&answer(calibration))];
    lines.extend(calibration.verdict.iter().map(|sentence| grid.line(sentence)));
    let mut blocks = vec![title(calibration, &grid), lines.join("\n"), contest(calibration, &grid)];
    blocks.push(against("less static limit", &calibration.comparison.against_static, &grid));
    let target = &calibration.comparison.against_volatility_target;
    blocks.push(against("less volatility target", target, &grid));
    if !calibration.constraints.is_empty() {
        blocks.push(constraints(calibration, &grid));
    }
    let notes: Vec<String> =
        calibration.notes.iter().map(|note| grid.line(&format!("note: {note}"))).collect();
    blocks.push(notes.join("\n"));
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

fn title(calibration: &PolicyCalibration, grid: &Grid) -> String {
    let evaluated: usize = calibration.folds.iter().map(|fold| fold.evaluated).sum();
    grid.line(&format!(
        "{} · policy {} · {} · model {} · {evaluated} policies, {} folds, {} test dates",
        calibration.name,
        calibration.policy,
        calibration.backtest,
        calibration.model,
        calibration.folds.len(),
        calibration.comparison.policy.dates
    ))
}

fn contest(calibration: &PolicyCalibration, grid: &Grid) -> String {
    let header: Vec<&str> = ["out of sample"].into_iter().chain(NAMES).collect();
    let mut table = grid.table(&header);
    let comparison = &calibration.comparison;
    let rows = [
        ("calibrated policy", &comparison.policy),
        ("static limit", &comparison.static_limit),
        ("volatility target", &comparison.volatility_target),
    ];
    for (name, measures) in rows {
        let all = cells(measures);
        let [a, b, c, d, e, f] = SHOWN.map(|index| all[index].clone());
        table.add_row(text_row([name.to_owned(), a, b, c, d, e, f]));
    }
    render(table, &[1, 2, 3, 4, 5, 6])
}

fn against(name: &str, found: &[Difference], grid: &Grid) -> String {
    let mut table = grid.table(&[name, "difference", "from", "to"]);
    for one in found {
        let [value, low, high] = difference(one);
        table.add_row(text_row([one.name.clone(), value, low, high]));
    }
    render(table, &[1, 2, 3])
}

fn constraints(calibration: &PolicyCalibration, grid: &Grid) -> String {
    let mut table = grid.table(&["constraint", "limit", "trained", "least", "finding"]);
    for one in &calibration.constraints {
        let told = |value: f64| number(value, 4);
        let finding = match one.cost_without {
            Some(cost) => format!("{}; cost without it {}", one.finding, percent(cost, 2)),
            None => one.finding.clone(),
        };
        let row =
            [one.name.clone(), told(one.limit), told(one.recommended), told(one.least), finding];
        table.add_row(text_row(row));
    }
    render(table, &[1, 2, 3])
}
