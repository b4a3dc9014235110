//! What the page shows of the model: factors that move one by one, constant ones in a sentence.
//!
//! A book of many coins has dozens of basis, funding and peg factors that are held constant for
//! want of a history. Rows of zeros would bury the factors that make the losses.

use serde::Serialize;

use crate::outcome::{FactorSummary, ModelSummary};

/// The model, thinned for a reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ShownModel<'a> {
    /// Factors that move, in model order.
    moving: Vec<&'a FactorSummary>,
    /// Rows and columns of the factors that move.
    correlation: Vec<Vec<f64>>,
    /// Names of the others.
    constant: Vec<&'a str>,
    /// Notes of the fit but those that only say that a factor is constant.
    notes: Vec<&'a str>,
}

impl<'a> ShownModel<'a> {
    /// The thinned model.
    pub(super) fn of(model: &'a ModelSummary) -> Self {
        let (moving, constant): (Vec<_>, Vec<_>) =
            model.factors.iter().enumerate().partition(|(_, factor)| factor.volatility > 0.0);
        let entry = |row: usize, column: usize| {
            model.correlation.get(row).and_then(|entries| entries.get(column)).copied()
        };
        let row = |&(row, _): &(usize, &FactorSummary)| -> Vec<f64> {
            moving.iter().filter_map(|&(column, _)| entry(row, column)).collect()
        };
        let correlation = moving.iter().map(row).collect();
        let constant: Vec<&str> = constant.iter().map(|(_, factor)| factor.name.as_str()).collect();
        let told = |note: &&String| {
            constant.iter().any(|name| note.starts_with(&format!("{name} held constant")))
        };
        let notes = model.notes.iter().filter(|note| !told(note)).map(String::as_str).collect();
        let moving = moving.iter().map(|&(_, factor)| factor).collect();
        Self { moving, correlation, constant, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_factors_leave_table_matrix_and_notes() {
        let factor = |name: &str, volatility| FactorSummary {
            name: name.to_owned(),
            volatility,
            source: String::new(),
        };
        let model = ModelSummary {
            process: String::new(),
            returns: String::new(),
            revaluation: String::new(),
            proxy: None,
            drift: String::new(),
            correlation_source: String::new(),
            correlation_projection_distance: None,
            stressed: None,
            factors: vec![factor("A.spot", 0.5), factor("A.basis", 0.0), factor("B.spot", 0.7)],
            correlation: vec![vec![1.0, 0.0, 0.4], vec![0.0, 1.0, 0.0], vec![0.4, 0.0, 1.0]],
            notes: vec!["A.basis held constant: no history".to_owned(), "fitted".to_owned()],
        };
        let shown = ShownModel::of(&model);
        assert_eq!(shown.moving, [&model.factors[0], &model.factors[2]]);
        assert_eq!(shown.correlation, [[1.0, 0.4], [0.4, 1.0]]);
        assert_eq!((shown.constant, shown.notes), (vec!["A.basis"], vec!["fitted"]));
    }
}
