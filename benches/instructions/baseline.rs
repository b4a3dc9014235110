//! What each case needed when the baseline was last recorded.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// A case may need this share more than its baseline before it counts as a regression.
const TOLERANCE: f64 = 0.02;

/// A count, and the work it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Normals, options, losses: what the case is made of.
    pub elements: u64,
    pub instructions: u64,
}

/// The committed table, by case.
#[derive(Debug)]
pub struct Baseline(BTreeMap<String, Row>);

/// How a count compares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    Within {
        baseline: u64,
    },
    /// Fewer: record it, so that the gain is kept.
    Better {
        baseline: u64,
    },
    Worse {
        baseline: u64,
    },
    /// Not in the table, or other work than there.
    Unknown,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/baseline.csv")
}

impl Baseline {
    /// # Panics
    /// If the committed table cannot be read.
    pub fn read() -> Self {
        let mut reader = csv::Reader::from_path(path()).expect("the table is committed");
        let rows = reader.deserialize().map(|row| {
            let (name, elements, instructions) = row.expect("case, elements, instructions");
            (name, Row { elements, instructions })
        });
        Self(rows.collect())
    }

    pub fn set(&mut self, case: &str, row: Row) {
        self.0.insert(case.to_owned(), row);
    }

    /// # Panics
    /// If the table cannot be written.
    pub fn write(&self) {
        let rows = self.0.iter();
        let lines =
            rows.map(|(case, row)| format!("{case},{},{}\n", row.elements, row.instructions));
        let text: String =
            std::iter::once("case,elements,instructions\n".to_owned()).chain(lines).collect();
        fs::write(path(), text).expect("the table can be written");
    }

    pub fn verdict(&self, case: &str, found: Row) -> Verdict {
        let known = self.0.get(case).filter(|row| row.elements == found.elements);
        let Some(&Row { instructions: baseline, .. }) = known else { return Verdict::Unknown };
        let share = found.instructions as f64 / baseline as f64 - 1.0;
        match share {
            worse if worse > TOLERANCE => Verdict::Worse { baseline },
            better if better < -TOLERANCE => Verdict::Better { baseline },
            _ => Verdict::Within { baseline },
        }
    }
}

impl Verdict {
    /// A line of the printed table.
    pub fn line(self, case: &str, found: Row) -> String {
        let (baseline, verdict) = match self {
            Self::Within { baseline } => (baseline, "as recorded"),
            Self::Better { baseline } => (baseline, "better: record it with --write"),
            Self::Worse { baseline } => (baseline, "WORSE"),
            Self::Unknown => (0, "not recorded: record it with --write"),
        };
        let count = found.instructions;
        let each = count as f64 / found.elements as f64;
        if baseline == 0 {
            return format!(
                "{case:<28} {count:>14} {:>14} {:>9}  {each:.2} each, {verdict}",
                "-", "-"
            );
        }
        let change = 100.0 * (count as f64 / baseline as f64 - 1.0);
        format!("{case:<28} {count:>14} {baseline:>14} {change:>+8.2}%  {each:.2} each, {verdict}")
    }
}
