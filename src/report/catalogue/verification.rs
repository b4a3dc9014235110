//! Whether a catalogue is whole, in words.

use crate::outcome::{ResultsNow, Verification};
use crate::report::ReportError;
use crate::report::figures::count;
use crate::report::readable::readable;
use crate::report::terminal::TerminalStyle;
use crate::report::terminal::grid::Grid;

/// The verdict, then each fault; a newline at its end.
///
/// # Errors
/// [`ReportError::NotFinite`] never, as it holds no such figure.
pub fn verification_terminal(
    verification: &Verification,
    style: TerminalStyle,
) -> Result<String, ReportError> {
    let verification = &readable(verification)?;
    let grid = Grid::new(style);
    let mut lines = vec![grid.line(&answer(verification))];
    for fault in &verification.faults {
        let place = fault.entry.map_or_else(String::new, |entry| format!("entry {entry}: "));
        lines.push(grid.line(&format!("  {place}{}", fault.what)));
    }
    let changed = |(_, now): &&(u64, ResultsNow)| *now == ResultsNow::Changed;
    for (entry, _) in verification.results.iter().filter(changed) {
        let what = "its results are not as they were recorded";
        lines.push(grid.line(&format!("  entry {entry}: {what}")));
    }
    lines.push(grid.line(&results(verification)));
    if !verification.head.is_empty() {
        // Whole on a line of its own, to be copied.
        lines.push(format!("head {}", verification.head));
    }
    Ok(lines.join("\n") + "\n")
}

fn answer(verification: &Verification) -> String {
    let faults = verification.faults.len();
    let entries = if verification.entries == 1 { "1 entry" } else { "entries" };
    let entries = match verification.entries {
        1 => entries.to_owned(),
        several => format!("{several} {entries}"),
    };
    match (faults, verification.is_whole()) {
        (_, true) => format!("whole: {entries}, each as it was recorded"),
        (0, false) => format!("the log of {entries} is whole, but results have changed"),
        _ => format!("NOT WHOLE: {} in a log of {entries}", count(faults, "fault")),
    }
}

fn results(verification: &Verification) -> String {
    let of = |wanted: fn(&ResultsNow) -> bool| {
        verification.results.iter().filter(|(_, now)| wanted(now)).count()
    };
    format!(
        "results of {}: {} stand, {} replaced by a later run, {} gone, {} changed",
        count(verification.results.len(), "run"),
        of(|now| *now == ResultsNow::Standing),
        of(|now| matches!(now, ResultsNow::Replaced { .. })),
        of(|now| *now == ResultsNow::Gone),
        of(|now| *now == ResultsNow::Changed)
    )
}
