//! `losses.parquet`: the loss of every path, for analysts' own tools.
//!
//! Columns: `path` (unsigned 64-bit id, for `plimsoll replay`), `loss` (reporting currency,
//! positive when lost) and `weight` (probability mass of the path; all weights sum to one, exactly
//! where they are equal, within sampling error where paths are drawn by importance).

use std::sync::Arc;

use parquet::basic::Encoding;
use parquet::data_type::{DataType, DoubleType, Int64Type};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::ReportError;

const SCHEMA: &str = "message losses {
    REQUIRED INT64 path (INTEGER(64, false));
    REQUIRED DOUBLE loss;
    REQUIRED DOUBLE weight;
}";
/// Rows of one group: bounds the memory of a reader, and of the id column here.
const ROW_GROUP_ROWS: usize = 262_144;

/// The losses of consecutive paths, `losses[i]` of path `first_path + i`, with the mass of each:
/// one on average over all, or none for equal masses.
///
/// # Errors
/// [`ReportError::NotFinite`] for a loss or mass that is NaN or infinite,
/// [`ReportError::Parquet`] where the encoder fails.
pub fn losses_parquet(
    losses: &[f64],
    masses: &[f64],
    first_path: u64,
) -> Result<Vec<u8>, ReportError> {
    if let Some(index) = masses.iter().position(|mass| !mass.is_finite()) {
        let place = format!("weight of path {}", first_path + index as u64);
        return Err(ReportError::NotFinite { place });
    }
    if let Some(index) = losses.iter().position(|loss| !loss.is_finite()) {
        let place = format!("loss of path {}", first_path + index as u64);
        return Err(ReportError::NotFinite { place });
    }
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties())?;
    let equal = 1.0 / losses.len().max(1) as f64;
    let mut first = first_path;
    for (group, rows) in losses.chunks(ROW_GROUP_ROWS).enumerate() {
        let at = group * ROW_GROUP_ROWS..group * ROW_GROUP_ROWS + rows.len();
        let weights: Vec<f64> = match masses.get(at) {
            Some(masses) => masses.iter().map(|mass| mass * equal).collect(),
            None => vec![equal; rows.len()],
        };
        let ids: Vec<i64> = (first..).take(rows.len()).map(|path| path as i64).collect();
        let mut group = writer.next_row_group()?;
        write_column::<Int64Type>(&mut group, &ids)?;
        write_column::<DoubleType>(&mut group, rows)?;
        write_column::<DoubleType>(&mut group, &weights)?;
        group.close()?;
        first += rows.len() as u64;
    }
    Ok(writer.into_inner()?)
}

/// Ids as differences (a few bytes a page), losses plain (they do not repeat).
fn properties() -> WriterPropertiesPtr {
    let path = || ColumnPath::from("path");
    let loss = || ColumnPath::from("loss");
    Arc::new(
        WriterProperties::builder()
            .set_created_by(concat!("plimsoll ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_column_dictionary_enabled(path(), false)
            .set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED)
            .set_column_dictionary_enabled(loss(), false)
            .build(),
    )
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
) -> Result<(), ReportError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, None, None)?;
        column.close()?;
    }
    Ok(())
}
