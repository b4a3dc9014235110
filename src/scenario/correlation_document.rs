//! Correlations in a scenario document: an estimator, a matrix written out, or a CSV file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model_document::ModelDocument;
use super::settings::CorrelationSettings;
use crate::document::{
    Correlation, CsvLayout, CsvTable, FactorName, FilePath, Loader, Parsed, Place, Positive,
    Violation, ViolationCollector, Violations, csv_table, quoted,
};

/// How correlations are estimated, or what they are; `estimator` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "estimator", rename_all = "snake_case", deny_unknown_fields)]
pub enum CorrelationDocument {
    /// Sample correlation on common dates.
    Sample {
        /// Latest observations used; all when left out.
        #[schemars(range(min = 2))]
        window: Option<usize>,
    },
    /// Exponentially weighted.
    Ewma {
        /// Half-life in observations.
        half_life: Positive,
    },
    /// Shrunk toward constant correlation (Ledoit & Wolf 2004).
    LedoitWolf {
        /// Latest observations used; all when left out.
        #[schemars(range(min = 2))]
        window: Option<usize>,
    },
    /// A matrix written out here; factors it does not name are uncorrelated.
    Stated {
        /// The factors, in the order of the matrix.
        #[schemars(length(min = 1, max = 1_000))]
        factors: Vec<FactorName>,
        /// One row a factor: symmetric, ones on the diagonal.
        matrix: Vec<Vec<Correlation>>,
    },
    /// A matrix in a CSV file: the first column and the header name the factors, in one order.
    File {
        /// The file.
        path: FilePath,
    },
}

/// The settings of a scenario's correlations.
///
/// # Errors
/// Every violation of a stated matrix: shape, symmetry, diagonal, repeated factors.
pub(super) fn correlation(
    parsed: &Parsed<ModelDocument>,
    loader: &Loader,
) -> Result<CorrelationSettings, Violations> {
    match &parsed.value.correlation {
        CorrelationDocument::Sample { window } => {
            Ok(CorrelationSettings::Sample { window: *window })
        }
        CorrelationDocument::Ewma { half_life } => {
            Ok(CorrelationSettings::Ewma { half_life: half_life.get() })
        }
        CorrelationDocument::LedoitWolf { window } => {
            Ok(CorrelationSettings::LedoitWolf { window: *window })
        }
        CorrelationDocument::Stated { factors, matrix } => {
            stated_here(parsed, factors, matrix).check()
        }
        CorrelationDocument::File { path } => {
            let place = parsed.places.at("correlation.path");
            let file = loader.open(path.as_str(), Some(&place))?;
            let table = csv_table(&file, &CsvLayout::default())?;
            stated_in_file(&table)?.check()
        }
    }
}

/// A stated matrix with its places.
struct StatedMatrix {
    factors: Vec<(String, Place)>,
    rows: Vec<Vec<(f64, Place)>>,
    row_places: Vec<Place>,
    whole: Place,
}

fn stated_here(
    parsed: &Parsed<ModelDocument>,
    factors: &[FactorName],
    matrix: &[Vec<Correlation>],
) -> StatedMatrix {
    let at = |path: String| parsed.places.at(&format!("correlation.{path}"));
    let factor =
        |(index, name): (usize, &FactorName)| (name.to_string(), at(format!("factors[{index}]")));
    let row = |(i, row): (usize, &Vec<Correlation>)| {
        let cell =
            |(j, value): (usize, &Correlation)| (value.get(), at(format!("matrix[{i}][{j}]")));
        row.iter().enumerate().map(cell).collect()
    };
    StatedMatrix {
        factors: factors.iter().enumerate().map(factor).collect(),
        rows: matrix.iter().enumerate().map(row).collect(),
        row_places: (0..matrix.len()).map(|i| at(format!("matrix[{i}]"))).collect(),
        whole: at("matrix".to_owned()),
    }
}

fn stated_in_file(table: &CsvTable) -> Result<StatedMatrix, Violations> {
    let mut collector = ViolationCollector::default();
    let columns = 1..table.columns().len();
    let factors = columns.clone().map(|column| {
        let (name, place) = (&table.columns()[column], table.column_place(column));
        (name.clone(), place.clone())
    });
    let factors: Vec<(String, Place)> = factors.collect();
    for (name, place) in &factors {
        if FactorName::try_from(name.clone()).is_err() {
            let title = format!("{} is not a risk factor", quoted(name));
            let violation = Violation::new(place.clone(), title)
                .expected("an asset, a dot and one of `spot`, `vol`, `basis`, `funding`, `peg`");
            collector.add(violation);
        }
    }
    let mut rows = Vec::with_capacity(table.row_count());
    for row in 0..table.row_count() {
        check_row_name(table, row, &factors, &mut collector);
        let cells = columns.clone().map(|column| {
            let value = collector.absorb(cell(table, row, column)).unwrap_or(0.0);
            (value, table.place(row, column))
        });
        rows.push(cells.collect());
    }
    collector.finish(StatedMatrix {
        factors,
        row_places: (0..rows.len()).map(|row| table.row_place(row)).collect(),
        rows,
        whole: table.header_place().clone(),
    })
}

fn cell(table: &CsvTable, row: usize, column: usize) -> Result<f64, Violations> {
    let value = table.required_number(row, column)?;
    if (-1.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(table.violation(row, column, "is out of range", "a correlation in [-1, 1]"))
    }
}

/// Rows are named in the order of the header.
fn check_row_name(
    table: &CsvTable,
    row: usize,
    factors: &[(String, Place)],
    collector: &mut ViolationCollector,
) {
    let name = table.text(row, 0);
    let expected = factors.get(row).map(|(name, _)| name.as_str());
    if expected.is_some_and(|expected| expected != name) {
        let title =
            format!("the row is for {}, the header's next factor is another", quoted(&name));
        let violation = Violation::new(table.place(row, 0), title)
            .expected(quoted(expected.unwrap_or_default()))
            .help("name rows and columns in the same order");
        collector.add(violation);
    }
}

impl StatedMatrix {
    fn check(self) -> Result<CorrelationSettings, Violations> {
        let mut collector = ViolationCollector::default();
        self.check_factors(&mut collector);
        if self.check_shape(&mut collector) {
            self.check_values(&mut collector);
        }
        let values = |row: &Vec<(f64, Place)>| row.iter().map(|(value, _)| *value).collect();
        let matrix = self.rows.iter().map(values).collect();
        let names = self.factors.into_iter().map(|(name, _)| name);
        collector.finish(CorrelationSettings::Stated { factors: names.collect(), matrix })
    }

    fn check_factors(&self, collector: &mut ViolationCollector) {
        for (index, (name, place)) in self.factors.iter().enumerate() {
            let first = self.factors[..index].iter().find(|(earlier, _)| earlier == name);
            if let Some((_, first)) = first {
                let title = format!("factor {} appears twice", quoted(name));
                let violation = Violation::new(place.clone(), title)
                    .expected("each factor once")
                    .related(first.clone(), "first here");
                collector.add(violation);
            }
        }
    }

    fn check_shape(&self, collector: &mut ViolationCollector) -> bool {
        let size = self.factors.len();
        let before = collector.count();
        if self.rows.len() != size {
            let title = format!("the matrix has {} rows for {size} factors", self.rows.len());
            let violation = Violation::new(self.whole.clone(), title);
            collector.add(violation.expected(format!("{size} rows of {size} numbers")));
        }
        for (row, place) in self.rows.iter().zip(&self.row_places) {
            if row.len() != size {
                let title = format!("the row has {} numbers for {size} factors", row.len());
                let violation = Violation::new(place.clone(), title);
                collector.add(violation.expected(format!("{size} numbers")));
            }
        }
        collector.count() == before
    }

    fn check_values(&self, collector: &mut ViolationCollector) {
        for (i, row) in self.rows.iter().enumerate() {
            let (diagonal, place) = &row[i];
            if *diagonal != 1.0 {
                let violation = Violation::new(place.clone(), "the diagonal must be 1")
                    .expected("1: a factor's correlation with itself");
                collector.add(violation);
            }
            for (j, (value, place)) in row.iter().enumerate().take(i) {
                let (mirrored, other) = &self.rows[j][i];
                if value != mirrored {
                    let title = "the matrix is not symmetric";
                    let violation = Violation::new(place.clone(), title)
                        .expected(format!("{mirrored}, as on the other side of the diagonal"))
                        .related(other.clone(), "the other side");
                    collector.add(violation);
                }
            }
        }
    }
}
