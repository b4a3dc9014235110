//! Stamps: units, order, duplicates, gaps.

use std::collections::BTreeMap;

use super::align::Interval;
use super::defect::{Defect, DefectKind, counted};
use super::series::{ImportSettings, Row};
use super::stamp::{self, StampFormat, StampUnit, shown};
use crate::document::{
    CsvTable, Violation, ViolationCollector, Violations, date_help, once_a_column, quoted,
};

/// A row with its stamp.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamped {
    pub row: usize,
    pub time: i64,
    unit: StampUnit,
}

/// The stamps of the rows that pass the filter, on the grid.
pub(super) fn read_stamps(
    table: &CsvTable,
    settings: &ImportSettings<'_>,
    defects: &mut Vec<Defect>,
) -> Result<Vec<Stamped>, Violations> {
    let layout = settings.layout;
    let asked = settings.asked.as_ref();
    let column = table.required_column(&layout.columns.time, asked)?;
    let filter = filter_columns(table, settings)?;
    let mut collector = ViolationCollector::default();
    let mut stamps = Vec::with_capacity(table.row_count());
    for row in 0..table.row_count() {
        if !filter.iter().all(|(column, text)| table.text(row, *column) == text.as_str()) {
            continue;
        }
        match stamp::parse(&table.text(row, column), layout.stamps) {
            Some((time, unit)) => stamps.push(Stamped { row, time, unit }),
            None => collector.add(no_time(table, row, column, layout.stamps)),
        }
    }
    let stamps = collector.finish(stamps).map_err(once_a_column)?;
    defects.extend(mixed_units(&stamps));
    Ok(snap(stamps, settings.interval, defects))
}

/// The fault of a cell that is no stamp of the stated format.
pub(in crate::market) fn no_time(
    table: &CsvTable,
    row: usize,
    column: usize,
    format: StampFormat,
) -> Violation {
    let text = table.text(row, column);
    let title = format!("{} is not a time", quoted(&table.columns()[column]));
    Violation::new(table.place(row, column), title)
        .expected(format.expected())
        .help_if(stamp_help(&text, format))
}

/// What to write instead, or the format that reads the text as it is.
fn stamp_help(text: &str, format: StampFormat) -> Option<String> {
    let others = [StampFormat::Text, StampFormat::Unix, StampFormat::MonthDayYear];
    let reads = |other: &StampFormat| *other != format && stamp::parse(text, *other).is_some();
    let other = others.into_iter().find(reads);
    let setting = other.map(|other| {
        format!(
            "state `stamps = {:?}` in the file's `columns` if these are {}",
            other.key(),
            other.expected()
        )
    });
    let date = date_help(text).filter(|_| format == StampFormat::Text);
    let helps: Vec<String> = date.into_iter().chain(setting).collect();
    (!helps.is_empty()).then(|| helps.join("; or "))
}

fn filter_columns<'a>(
    table: &CsvTable,
    settings: &ImportSettings<'a>,
) -> Result<Vec<(usize, &'a String)>, Violations> {
    let column = |(name, text): &'a (String, String)| {
        Ok((table.required_column(name, settings.asked.as_ref())?, text))
    };
    settings.filter.iter().map(column).collect()
}

fn mixed_units(stamps: &[Stamped]) -> Option<Defect> {
    let mut counts: BTreeMap<StampUnit, usize> = BTreeMap::new();
    for stamp in stamps {
        *counts.entry(stamp.unit).or_default() += 1;
    }
    if counts.len() < 2 {
        return None;
    }
    let (rarest, count) = counts.iter().min_by_key(|(_, count)| **count)?;
    let first = stamps.iter().find(|stamp| stamp.unit == *rarest)?;
    let parts: Vec<String> =
        counts.iter().map(|(unit, count)| format!("{count} in {}", unit_name(*unit))).collect();
    Some(Defect {
        kind: DefectKind::MixedStamps,
        row: first.row,
        count: *count,
        what: format!("stamps of mixed units: {}", parts.join(", ")),
    })
}

fn unit_name(unit: StampUnit) -> &'static str {
    match unit {
        StampUnit::Text => "text",
        StampUnit::Seconds => "seconds",
        StampUnit::Milliseconds => "milliseconds",
        StampUnit::Microseconds => "microseconds",
    }
}

fn snap(mut stamps: Vec<Stamped>, interval: Interval, defects: &mut Vec<Defect>) -> Vec<Stamped> {
    let mut off = stamps.iter().filter(|stamp| !interval.is_on_grid(stamp.time));
    if let Some(first) = off.next() {
        let count = 1 + off.count();
        let at = shown(first.time);
        let what = format!("{} off the {interval} grid, first {at}", counted(count, "stamp"));
        defects.push(Defect { kind: DefectKind::OffGrid, row: first.row, count, what });
        for stamp in &mut stamps {
            stamp.time = interval.nearest(stamp.time);
        }
    }
    stamps
}

/// Rows oldest first; rows of one time stay in file order.
pub(super) fn check_order(mut rows: Vec<Row>, defects: &mut Vec<Defect>) -> Vec<Row> {
    let falls = |pair: &&[Row]| pair[1].time < pair[0].time;
    let Some(first) = rows.windows(2).find(falls) else {
        return rows;
    };
    let row = first[1].row;
    let count = rows.windows(2).filter(falls).count();
    let is_reversed = rows.windows(2).all(|pair| pair[1].time <= pair[0].time);
    let defect = if is_reversed {
        let what = "rows run from newest to oldest".to_owned();
        Defect { kind: DefectKind::NewestFirst, row, count: rows.len(), what }
    } else {
        let times = format!("{} after {}", shown(first[1].time), shown(first[0].time));
        let what = format!("rows out of order at {}, first {times}", counted(count, "place"));
        Defect { kind: DefectKind::OutOfOrder, row, count, what }
    };
    defects.push(defect);
    rows.sort_by_key(|row| row.time);
    rows
}

/// The first row of each time; gaps between them reported.
pub(super) fn unique(rows: Vec<Row>, interval: Interval, defects: &mut Vec<Defect>) -> Vec<Row> {
    defects.extend(duplicates(&rows));
    let mut kept = rows;
    kept.dedup_by_key(|row| row.time);
    defects.extend(gaps(&kept, interval));
    kept
}

fn duplicates(rows: &[Row]) -> Vec<Defect> {
    let repeats = || rows.chunk_by(|a, b| a.time == b.time).filter(|group| group.len() > 1);
    let is_equal = |group: &&[Row]| group.iter().all(|row| row.value == group[0].value);
    let same = repeats().filter(|group| is_equal(group));
    let different = repeats().filter(|group| !is_equal(group));
    let equal = duplicate_defect(same, DefectKind::DuplicatedTimes, "equal values");
    let unequal = duplicate_defect(different, DefectKind::ConflictingDuplicates, "other values");
    equal.into_iter().chain(unequal).collect()
}

fn duplicate_defect<'a>(
    groups: impl Iterator<Item = &'a [Row]>,
    kind: DefectKind,
    how: &str,
) -> Option<Defect> {
    let groups: Vec<&[Row]> = groups.collect();
    let first = groups.first()?;
    let count = groups.iter().map(|group| group.len() - 1).sum();
    let at = shown(first[0].time);
    let repeat = if count == 1 { "repeats" } else { "repeat" };
    let rows = counted(count, "row");
    let what = format!("{rows} {repeat} an earlier time with {how}, first {at}");
    Some(Defect { kind, row: first[1].row, count, what })
}

fn gaps(rows: &[Row], interval: Interval) -> Option<Defect> {
    let missing = |pair: &[Row]| interval.steps(pair[0].time, pair[1].time) - 1;
    let mut pairs = rows.windows(2).filter(|pair| missing(pair) > 0);
    let first = pairs.next()?;
    let count = usize::try_from(missing(first) + pairs.map(missing).sum::<i64>()).ok()?;
    let at = shown(interval.after(first[0].time));
    let what = format!("{} without a row, first {at}", counted(count, "time"));
    Some(Defect { kind: DefectKind::Gaps, row: first[1].row, count, what })
}
