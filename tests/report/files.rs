//! `result.json` and `losses.parquet` read back.

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use plimsoll::outcome::Outcome;
use plimsoll::report::{ReportError, json, losses_parquet};

use super::sample;

#[test]
fn json_reads_back_to_the_same_outcome_bit_for_bit() {
    for outcome in [sample::outcome(), sample::outcome_with_trades()] {
        let text = json(&outcome).unwrap();
        let read: Outcome = serde_json::from_str(&text).unwrap();
        assert_eq!(read, outcome);
        assert_eq!(json(&read).unwrap(), text, "writing is a function of the outcome");
        assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
    }
}

#[test]
fn json_keeps_awkward_numbers() {
    let mut outcome = sample::outcome();
    let awkward = [0.1 + 0.2, 1.0 / 3.0, f64::MIN_POSITIVE, 5e-324, f64::MAX, -0.0, 2.5e-17];
    for (bin, value) in outcome.measures.histogram.bins.iter_mut().zip(awkward) {
        bin.lower = value;
    }
    let read: Outcome = serde_json::from_str(&json(&outcome).unwrap()).unwrap();
    for (bin, value) in read.measures.histogram.bins.iter().zip(awkward) {
        assert_eq!(bin.lower.to_bits(), value.to_bits());
    }
}

#[test]
fn a_figure_that_is_not_finite_is_named_and_refused() {
    let mut outcome = sample::outcome();
    outcome.measures.mean_loss = f64::NAN;
    let error = json(&outcome).unwrap_err();
    assert!(error.to_string().contains("\"mean_loss\": null"), "{error}");

    let mut outcome = sample::outcome();
    outcome.threshold.as_mut().unwrap().utilisation = Some(f64::INFINITY);
    assert!(matches!(json(&outcome), Err(ReportError::NotFinite { .. })));
}

/// Path id, loss and weight of every row.
fn rows(bytes: Vec<u8>) -> Vec<(u64, f64, f64)> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let row = |row: Result<parquet::record::Row, _>| {
        let row = row.unwrap();
        (row.get_ulong(0).unwrap(), row.get_double(1).unwrap(), row.get_double(2).unwrap())
    };
    reader.get_row_iter(None).unwrap().map(row).collect()
}

#[test]
fn parquet_reads_back_every_path() {
    let losses = sample::losses();
    let rows = rows(losses_parquet(&losses, &[], 7).unwrap());
    assert_eq!(rows.len(), losses.len());
    for (index, (path, loss, weight)) in rows.iter().enumerate() {
        assert_eq!(*path, 7 + index as u64);
        assert_eq!(loss.to_bits(), losses[index].to_bits());
        assert_eq!(*weight, 1.0 / losses.len() as f64);
    }
}

#[test]
fn parquet_tells_what_each_path_weighs() {
    let losses: Vec<f64> = (0..300_000).map(f64::from).collect();
    let masses: Vec<f64> = (0..300_000).map(|path| f64::from(path % 3)).collect();
    let rows = rows(losses_parquet(&losses, &masses, 0).unwrap());
    for (mass, row) in masses.iter().zip(rows) {
        assert_eq!(row.2, mass * (1.0 / 300_000.0));
    }
}

#[test]
fn parquet_of_several_row_groups_and_of_none() {
    let losses: Vec<f64> = (0..600_001).map(f64::from).collect();
    let bytes = losses_parquet(&losses, &[], 0).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes.clone())).unwrap();
    assert!(reader.num_row_groups() > 1);
    let rows = rows(bytes);
    assert_eq!(rows.len(), losses.len());
    assert_eq!((rows[600_000].0, rows[600_000].1), (600_000, 600_000.0));
    assert_eq!(self::rows(losses_parquet(&[], &[], 0).unwrap()).len(), 0);
}

#[test]
fn parquet_refuses_what_is_not_finite_and_names_the_path() {
    let error = losses_parquet(&[1.0, f64::NAN], &[], 40).unwrap_err();
    assert!(error.to_string().contains("loss of path 41"), "{error}");
    let error = losses_parquet(&[1.0, 2.0], &[1.0, f64::NAN], 40).unwrap_err();
    assert!(error.to_string().contains("weight of path 41"), "{error}");
}
