//! A calibration on one screen: the answer, then the front.

use super::TerminalStyle;
use super::grid::{Grid, render, short_row, text_row};
use crate::outcome::{Calibration, Candidate, Standing};
use crate::report::ReportError;
use crate::report::calibration::{answer, setting};
use crate::report::figures::{compact, count, duration, instant, percent};
use crate::report::readable::readable;
use comfy_table::Cell;

/// Candidates listed; the rest is counted.
const LISTED: usize = 18;

/// The summary, with a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn calibration_terminal(
    calibration: &Calibration,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let calibration = &readable(calibration)?;
    let grid = Grid::new(style);
    let [of, stands] = answer(calibration);
    let mut blocks = vec![
        title(calibration, &grid),
        format!("{}\n{}", grid.line(&of), grid.line(&stands)),
        legend(calibration, &grid),
        front(calibration, &grid),
    ];
    let notes: Vec<String> =
        calibration.notes.iter().map(|note| grid.line(&format!("note: {note}"))).collect();
    if !notes.is_empty() {
        blocks.push(notes.join("\n"));
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    Ok(text)
}

fn title(calibration: &Calibration, grid: &Grid) -> String {
    grid.line(&format!(
        "{} · {} · {} · {} · {} a candidate · seed {}",
        calibration.name,
        calibration.scenario,
        instant(&calibration.as_of),
        duration(calibration.horizon_years),
        count(calibration.paths as usize, "path"),
        calibration.seed
    ))
}

/// Letters of the parameters and numbers of the objectives.
fn legend(calibration: &Calibration, grid: &Grid) -> String {
    let mut table = grid.table(&[]);
    for (index, parameter) in calibration.parameters.iter().enumerate() {
        table.add_row(text_row([letter(index), parameter.name.clone()]));
    }
    for (index, objective) in calibration.objectives.iter().enumerate() {
        let name = format!("{}, {}", objective.name, calibration.currency);
        table.add_row(text_row([(index + 1).to_string(), name]));
    }
    render(table, &[])
}

fn letter(index: usize) -> String {
    char::from(b'a' + index as u8).to_string()
}

/// The scenario as it stands and the front, by the first objective.
fn front(calibration: &Calibration, grid: &Grid) -> String {
    let settings = (0..calibration.parameters.len()).map(letter);
    let objectives = (1..=calibration.objectives.len()).map(|index| index.to_string());
    let mut header = vec!["front".to_owned()];
    header.extend(settings.chain(objectives));
    header.push("liquid.".to_owned());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = grid.table(&header);
    table.add_row(row(calibration, &calibration.as_it_stands));
    let mut listed: Vec<&Candidate> =
        calibration.candidates.iter().filter(|one| one.standing == Standing::Front).collect();
    let first = |one: &Candidate| one.figures.as_ref().map_or(0.0, |f| f.objectives[0].value);
    listed.sort_by(|a, b| first(a).total_cmp(&first(b)));
    let hidden = listed.len().saturating_sub(LISTED);
    listed.iter().take(LISTED).for_each(|one| {
        table.add_row(row(calibration, one));
    });
    let numeric: Vec<usize> = (1..header.len()).collect();
    let text = render(table, &numeric);
    match hidden {
        0 => text,
        hidden => format!("{text}\n… and {hidden} more of the front: see --out or --json"),
    }
}

/// Three digits and a unit, e.g. `26.5k`, `1.08m`.
fn brief(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = libm::floor(libm::log10(value.abs())) as i32;
    let unit = libm::exp10(f64::from(digits - 2));
    compact((value / unit).round() * unit)
}

fn row(calibration: &Calibration, candidate: &Candidate) -> comfy_table::Row {
    let name = match candidate.id {
        0 => "as is".to_owned(),
        id => id.to_string(),
    };
    let mut cells = vec![name];
    cells.extend(calibration.parameters.iter().enumerate().map(|(index, parameter)| {
        let value = candidate.values.get(index);
        value.map_or_else(|| "–".to_owned(), |value| setting(parameter.unit, *value))
    }));
    match &candidate.figures {
        Some(figures) => {
            cells.extend(figures.objectives.iter().map(|one| brief(one.value)));
            cells.push(percent(figures.liquidation_probability, 1));
        }
        None => cells.extend(vec!["–".to_owned(); calibration.objectives.len() + 1]),
    }
    short_row(cells.into_iter().map(Cell::new_owned), 2)
}
