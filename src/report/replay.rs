//! A replayed path: as JSON, and told in plain text.

use super::ReportError;
use super::figures::{duration, number, signed};
use super::text::visible;
use crate::outcome::{FactorMove, ReplayedPath};

/// The path as pretty JSON with a newline at the end.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn replay_json(path: &ReplayedPath) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(path)?;
    text.push('\n');
    let read_back = serde_json::from_str::<ReplayedPath>(&text);
    match read_back {
        Ok(read_back) if read_back == *path => Ok(text),
        _ => Err(ReportError::NotFinite { place: "the replayed path".to_owned() }),
    }
}

/// The path told from today to the horizon, with what each row lost.
pub fn replay_text(path: &ReplayedPath) -> String {
    let mut lines = vec![
        format!(
            "Path {} of scenario '{}', seed {}: loss {} {}",
            path.path,
            path.scenario,
            path.seed,
            number(path.loss, 2),
            path.currency
        ),
        String::new(),
    ];
    for node in &path.nodes {
        lines.push(format!("After {}, moves since today:", duration(node.time_years)));
        lines.extend(node.factors.iter().map(factor_line));
        lines.push(String::new());
    }
    if !path.events.is_empty() {
        lines.push("What happened:".to_owned());
        lines.extend(path.events.iter().map(|event| format!("  {event}")));
        lines.push(String::new());
    }
    lines.push(format!("Loss by position, balance and venue, in {}:", path.currency));
    let row =
        |row: &crate::outcome::PathRow| format!("  {:>18}  {}", number(row.loss, 2), row.name);
    lines.extend(path.rows.iter().map(row));
    let text: Vec<String> = lines.iter().map(|line| visible(line).into_owned()).collect();
    text.join("\n") + "\n"
}

fn factor_line(factor: &FactorMove) -> String {
    let additive = factor.factor.ends_with(".basis") || factor.factor.ends_with(".funding");
    let change = if additive {
        format!("{} bp", signed(number(factor.change * 1e4, 2)))
    } else {
        format!("{} %", signed(number(factor.change * 100.0, 2)))
    };
    let deviations = signed(number(factor.deviations, 2));
    format!("  {:<14} {change:>14}  {deviations:>8} standard deviations", factor.factor)
}
