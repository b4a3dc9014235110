//! Small invented files, one defect each.

use super::*;
use crate::document::{CsvLayout, SourceFile, csv_table};
use crate::market::history::Quantity;

/// Imports `rows` below the header `timestamp,open,high,low,close,volume`, daily.
fn imported(rows: &str, repairs: &[Repair]) -> Imported {
    let text = format!("timestamp,open,high,low,close,volume\n{rows}");
    let table = csv_table(&SourceFile::new("h.csv", &text), &CsvLayout::default()).unwrap();
    let mut layout = HistoryPreset::Ohlcv.layout();
    if rows.starts_with('1') {
        layout.stamps = StampFormat::Unix;
    }
    let settings = ImportSettings {
        layout: &layout,
        interval: Interval::from_seconds(86_400.0).unwrap(),
        as_of: "2026-01-01T00:00:00Z".parse().unwrap(),
        filter: &[],
        repairs,
        asked: None,
    };
    let series = SeriesColumn {
        column: None,
        quantity: Quantity::Price,
        unit: ValueUnit::Plain,
        asked: None,
    };
    import(&table, &series, &settings).unwrap()
}

/// Days from 2025-01-01 with these closes and a volume of 100.
fn days(closes: &[f64]) -> String {
    let start: jiff::civil::Date = "2025-01-01".parse().unwrap();
    let mut day = start;
    let mut rows = String::new();
    for close in closes {
        rows.push_str(&format!("{day},{close},{close},{close},{close},100\n"));
        day = day.tomorrow().unwrap();
    }
    rows
}

fn kinds(imported: &Imported) -> Vec<(DefectKind, usize)> {
    imported.defects.iter().map(|defect| (defect.kind, defect.count)).collect()
}

fn closes(imported: &Imported) -> Vec<f64> {
    imported.values.iter().map(|(_, close)| *close).collect()
}

#[test]
fn a_clean_file_has_no_defects() {
    let found = imported(&days(&[1.0, 2.0, 3.0]), &[]);
    assert_eq!(kinds(&found), []);
    // a bar stamped 2025-01-01 closes at 2025-01-02 00:00 UTC
    assert_eq!(found.values[0], (1_735_776_000_000, 1.0));
}

#[test]
fn a_spike_is_blanked_and_no_death() {
    let found = imported(&days(&[1.0, 1.1, 15_000.0, 14_000.0, 1.2, 1.3]), &[]);
    assert_eq!(kinds(&found), [(DefectKind::AbsurdJumps, 2)]);
    assert_eq!(closes(&found), [1.0, 1.1, 1.2, 1.3]);
}

#[test]
fn a_redenomination_loses_the_bar_before_it() {
    let found = imported(&days(&[0.5, 52.0, 53.0]), &[]);
    assert_eq!(kinds(&found), [(DefectKind::AbsurdJumps, 1)]);
    assert_eq!(closes(&found), [52.0, 53.0]);
}

#[test]
fn a_dead_coin_ends_and_its_namesake_is_dropped() {
    let found = imported(&days(&[100.0, 60.0, 1.1, 0.001, 9.0, 8.0]), &[]);
    assert_eq!(kinds(&found), [(DefectKind::Died, 1)]);
    assert_eq!(closes(&found), [100.0, 60.0, 1.1, 0.001]);
}

#[test]
fn a_slow_decline_is_no_death() {
    // a hundredfold fall over 200 days: 2.3 % a day
    let closes: Vec<f64> = (0..200).map(|day| libm::exp(-0.023 * f64::from(day))).collect();
    assert_eq!(kinds(&imported(&days(&closes), &[])), []);
}

#[test]
fn newest_first_and_disorder_are_told_apart() {
    let rows = days(&[1.0, 2.0, 3.0, 4.0]);
    let lines: Vec<&str> = rows.lines().collect();
    let arranged = |order: [usize; 4]| order.map(|index| lines[index]).join("\n");
    let reversed = imported(&arranged([3, 2, 1, 0]), &[]);
    assert_eq!(kinds(&reversed), [(DefectKind::NewestFirst, 4)]);
    let shuffled = imported(&arranged([0, 2, 1, 3]), &[]);
    assert_eq!(kinds(&shuffled), [(DefectKind::OutOfOrder, 1)]);
    for found in [reversed, shuffled] {
        assert_eq!(closes(&found), [1.0, 2.0, 3.0, 4.0]);
    }
}

#[test]
fn mixed_and_uneven_unix_stamps() {
    // 2025-01-01 in seconds, 2025-01-02 and a few milliseconds in milliseconds
    let rows = "1735689600,1,1,1,1,5\n1735776000003,2,2,2,2,5\n";
    let found = imported(rows, &[]);
    assert_eq!(kinds(&found), [(DefectKind::MixedStamps, 1), (DefectKind::OffGrid, 1)]);
    assert_eq!(closes(&found), [1.0, 2.0]);
}

#[test]
fn a_thin_last_bar_is_dropped_unless_kept() {
    let mut rows = days(&[1.0; 40]);
    rows.push_str("2025-02-10,2,2,2,2,3\n");
    let dropped = imported(&rows, &[Repair::DropOpenBars]);
    assert_eq!(kinds(&dropped), [(DefectKind::SuspectLastBar, 1)]);
    assert_eq!(dropped.values.len(), 40);
    let kept = imported(&rows, &[Repair::KeepLastBar]);
    assert_eq!(kept.values.len(), 41);
    assert!(kept.defects.iter().all(|defect| !defect.is_open(&[Repair::KeepLastBar])));
}

#[test]
fn conflicting_duplicates_keep_the_first() {
    let rows = "2025-01-01,1,1,1,1,5\n2025-01-01,1,1,1,1.5,5\n2025-01-02,2,2,2,2,5\n";
    let found = imported(rows, &[]);
    assert!(kinds(&found).contains(&(DefectKind::ConflictingDuplicates, 1)));
    assert_eq!(closes(&found), [1.0, 2.0]);
}
