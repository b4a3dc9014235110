//! One of the two runs: its results as they stand, and its documents.

use std::path::Path;

use serde_json::Value;

use super::{ExplainError, NotReproduced};
use crate::document::{read_result, visible};
use crate::engine::Documents;
use crate::outcome::Outcome;

/// A run as its folder has it.
pub struct Side {
    /// The folder, as it is told to the user.
    pub folder: String,
    /// Its results.
    pub outcome: Outcome,
    /// Its documents.
    pub documents: Documents,
}

impl Side {
    /// Reads the folder of a run.
    ///
    /// # Errors
    /// Results of another kind, or a folder that cannot be run again.
    pub fn read(folder: &Path) -> Result<Self, ExplainError> {
        let shown = visible(&folder.to_string_lossy());
        let (documents, _) = Documents::kept(folder)?;
        let text = read_result(folder, "result.json")?;
        let outcome = serde_json::from_str(&text)
            .map_err(|_| ExplainError::Kind { folder: shown.clone(), kind: kind(&text) })?;
        Ok(Self { folder: shown, outcome, documents })
    }

    /// That `repeated` is what stands in the folder, whichever version made it.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self, repeated: &Outcome) -> Result<(), ExplainError> {
        let version = |outcome: &Outcome| outcome.plimsoll_version.clone();
        let [mut stored, mut now] = [&self.outcome, repeated]
            .map(|outcome| serde_json::to_value(outcome).unwrap_or(Value::Null));
        for tree in [&mut stored, &mut now] {
            tree.as_object_mut().map(|fields| fields.remove("plimsoll_version"));
        }
        let Some((place, [was, is])) = first_difference(&stored, &now) else { return Ok(()) };
        Err(ExplainError::NotReproduced(Box::new(NotReproduced {
            folder: self.folder.clone(),
            place,
            stored: was,
            repeated: is,
            version: version(repeated),
            made_by: version(&self.outcome),
        })))
    }
}

/// The level of ES that is explained: that of the later run's contributions where both measure it,
/// else the highest that both do.
///
/// # Errors
/// Different currencies; no common level.
pub fn common_level(sides: &[Side; 2]) -> Result<f64, ExplainError> {
    let [earlier, later] = sides;
    let currencies = [earlier, later].map(|side| side.outcome.currency.clone());
    if currencies[0] != currencies[1] {
        let folders = [earlier, later].map(|side| side.folder.clone());
        return Err(ExplainError::Currencies { folders, currencies });
    }
    let levels = |side: &Side| -> Vec<f64> {
        side.outcome.measures.expected_shortfall.iter().map(|one| one.level).collect()
    };
    let known = levels(earlier);
    let common: Vec<f64> = levels(later).into_iter().filter(|one| known.contains(one)).collect();
    let preferred = later.outcome.contributions.level;
    if common.contains(&preferred) {
        return Ok(preferred);
    }
    common.into_iter().reduce(f64::max).ok_or_else(|| {
        let told = |side: &Side| {
            let levels: Vec<String> = levels(side).iter().map(f64::to_string).collect();
            levels.join(", ")
        };
        ExplainError::Levels([told(earlier), told(later)])
    })
}

/// What results that are not of drawn paths are of.
fn kind(text: &str) -> String {
    let tree: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    match tree.get("kind").and_then(Value::as_str) {
        Some("grid") => "a grid".to_owned(),
        Some(kind) => format!("a scenario of kind `{}`", visible(kind)),
        None => "results that this version cannot read".to_owned(),
    }
}

/// Where two trees first differ, and what stands there.
fn first_difference(first: &Value, second: &Value) -> Option<(String, [String; 2])> {
    let below = |name: String, found: (String, [String; 2])| {
        let joined = if found.0.is_empty() { name } else { format!("{name}.{}", found.0) };
        (joined, found.1)
    };
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.into_iter().find_map(|name| {
                let of = |tree: &serde_json::Map<String, Value>| {
                    tree.get(name).cloned().unwrap_or(Value::Null)
                };
                first_difference(&of(a), &of(b)).map(|found| below(name.clone(), found))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let both = a.iter().zip(b).enumerate();
            both.into_iter().find_map(|(index, (a, b))| {
                first_difference(a, b).map(|found| below(index.to_string(), found))
            })
        }
        _ => (first != second).then(|| (String::new(), [brief(first), brief(second)])),
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "a table".to_owned(),
        plain => visible(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_found_where_it_stands() {
        let a = json!({"x": 1, "rows": [{"loss": 1.5}, {"loss": 2.0}], "y": [1]});
        let mut b = a.clone();
        assert_eq!(first_difference(&a, &b), None);
        b["rows"][1]["loss"] = json!(2.5);
        let found = first_difference(&a, &b).unwrap();
        assert_eq!(found, ("rows.1.loss".to_owned(), ["2.0".to_owned(), "2.5".to_owned()]));
        let found = first_difference(&a["y"], &json!([1, 2])).unwrap();
        assert_eq!(found.1, ["a list of 1", "a list of 2"]);
    }
}
