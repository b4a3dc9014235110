//! Values: blanks, zeros, death, jumps, listing, open bars.

use std::collections::BTreeSet;

use super::defect::{Defect, DefectKind, Repair, counted};
use super::layout::StampMeaning;
use super::series::{ImportSettings, Row};
use super::stamp::shown;
use crate::market::history::Quantity;

/// A price this many times the one before, or its inverse, is absurd in one bar.
const JUMP_FACTOR: f64 = 10.0;
/// Bars within which a second jump takes back the first.
const SPIKE_BARS_MAX: usize = 10;
/// A coin died when its price is below this share of the high of the last 30 days.
const DEATH_SHARE: f64 = 0.01;
const DEATH_WINDOW_MS: i64 = 30 * 86_400_000;
/// Bars whose high is this many times the low are reported.
const WILD_RANGE: f64 = 2.0;
/// A last bar with less than this share of the median volume before it may still be open.
const OPEN_VOLUME_SHARE: f64 = 0.2;
const OPEN_VOLUME_BARS: usize = 30;

/// Checks the values of rows in time order; gives them repaired.
pub(super) fn check_values(
    mut rows: Vec<Row>,
    quantity: Quantity,
    settings: &ImportSettings<'_>,
    defects: &mut Vec<Defect>,
) -> Vec<Row> {
    drop_open(&mut rows, settings, defects);
    defects.extend(wild(&rows));
    let zeros = match quantity {
        Quantity::FundingRate => BTreeSet::new(),
        Quantity::Price | Quantity::ImpliedVolatility | Quantity::Volume | Quantity::Depth => {
            blank_not_positive(&mut rows, defects)
        }
    };
    if quantity != Quantity::Price {
        trim(&mut rows, &zeros, defects);
        return rows;
    }
    let died = end_at_death(&mut rows, defects);
    trim(&mut rows, &zeros, defects);
    blank_jumps(&mut rows, died, defects);
    rows
}

fn defect(
    kind: DefectKind,
    rows: &[&Row],
    what: impl FnOnce(usize, String) -> String,
) -> Option<Defect> {
    let first = rows.first()?;
    let what = what(rows.len(), shown(first.time));
    Some(Defect { kind, row: first.row, count: rows.len(), what })
}

fn drop_open(rows: &mut Vec<Row>, settings: &ImportSettings<'_>, defects: &mut Vec<Defect>) {
    let length = match settings.layout.meaning {
        StampMeaning::BarOpen => settings.interval.milliseconds(),
        StampMeaning::BarClose => 0,
    };
    let closed_until = settings.as_of.as_millisecond() - length;
    let closed = rows.partition_point(|row| row.time <= closed_until);
    let open: Vec<&Row> = rows[closed..].iter().collect();
    defects.extend(defect(DefectKind::OpenAtAsOf, &open, |count, at| {
        format!("{} not closed at the market's as_of, first {at}", counted(count, "bar"))
    }));
    rows.truncate(closed);
    let Some((share, row)) = suspect_volume(rows) else {
        return;
    };
    defects.extend(defect(DefectKind::SuspectLastBar, &[&row], |_, at| {
        format!("the last bar, {at}, has {:.0} % of the usual volume: still open?", 100.0 * share)
    }));
    if !settings.repairs.contains(&Repair::KeepLastBar) {
        rows.pop();
    }
}

/// The last bar and its share of the median volume before it, where that is suspiciously low.
fn suspect_volume(rows: &[Row]) -> Option<(f64, Row)> {
    let (last, before) = rows.split_last()?;
    let window = &before[before.len().checked_sub(OPEN_VOLUME_BARS)?..];
    let mut volumes: Vec<f64> = window.iter().filter_map(|row| row.volume).collect();
    volumes.sort_by(f64::total_cmp);
    let median = *volumes.get(volumes.len() / 2).filter(|median| **median > 0.0)?;
    let share = last.volume? / median;
    (share < OPEN_VOLUME_SHARE).then_some((share, *last))
}

fn wild(rows: &[Row]) -> Option<Defect> {
    let wild: Vec<&Row> = rows.iter().filter(|row| row.range >= WILD_RANGE).collect();
    defect(DefectKind::WildBars, &wild, |count, at| {
        format!(
            "{} with a high of {WILD_RANGE} times the low or more, or a close outside them, first {at}; only closes are used",
            counted(count, "bar")
        )
    })
}

/// Blanks zeros; the table rows they stand in.
fn blank_not_positive(rows: &mut [Row], defects: &mut Vec<Defect>) -> BTreeSet<usize> {
    let is_bad = |row: &Row| row.value.is_some_and(|value| value <= 0.0);
    let bad: Vec<&Row> = rows.iter().filter(|row| is_bad(row)).collect();
    let (zeros, negative): (Vec<&Row>, Vec<&Row>) =
        bad.iter().partition(|row| row.value == Some(0.0));
    defects.extend(defect(DefectKind::NotPositive, &zeros, |count, at| {
        format!("{} of zero, first {at}", counted(count, "value"))
    }));
    defects.extend(defect(DefectKind::Negative, &negative, |count, at| {
        format!("{} below zero, first {at}", counted(count, "value"))
    }));
    let places = bad.iter().map(|row| row.row).collect();
    for row in rows.iter_mut().filter(|row| is_bad(row)) {
        row.value = None;
    }
    places
}

/// Finds a fall below a hundredth of the month's high; a bad tick that leapt up just before is no
/// high.
///
/// The time of death, after which the rows are cut.
fn end_at_death(rows: &mut Vec<Row>, defects: &mut Vec<Defect>) -> Option<i64> {
    let index = death(rows)?;
    let row = rows[index];
    let later = rows.len() - index - 1;
    defects.extend(defect(DefectKind::Died, &[&row], |_, at| {
        format!("the coin died on {at}: below 1 % of the high of the 30 days before; {later} rows follow")
    }));
    rows.truncate(index + 1);
    Some(row.time)
}

fn death(rows: &[Row]) -> Option<usize> {
    let since = |row: &Row, windows: i64| {
        let earliest = row.time - windows * DEATH_WINDOW_MS;
        rows.partition_point(|earlier| earlier.time < earliest)
    };
    let is_death = |&(index, row): &(usize, &Row)| {
        let Some(value) = row.value else { return false };
        let window = &rows[since(row, 1)..index];
        let high = window.iter().filter_map(|row| row.value).fold(0.0, f64::max);
        value < DEATH_SHARE * high && !has_upward_jump(&rows[since(row, 2)..index])
    };
    rows.iter().enumerate().find(is_death).map(|(index, _)| index)
}

fn has_upward_jump(rows: &[Row]) -> bool {
    let values: Vec<f64> = rows.iter().filter_map(|row| row.value).collect();
    values.windows(2).any(|pair| pair[1] > JUMP_FACTOR * pair[0])
}

/// Cuts blanks before the first and after the last value; reports those between, but for rows
/// blanked because they hold zeros: those are reported already.
fn trim(rows: &mut Vec<Row>, zeros: &BTreeSet<usize>, defects: &mut Vec<Defect>) {
    let has_value = |row: &Row| row.value.is_some();
    let Some(first) = rows.iter().position(has_value) else {
        rows.clear();
        return;
    };
    let last = rows.iter().rposition(has_value).unwrap_or(first);
    let listed: Vec<&Row> = rows[first..=first].iter().filter(|_| first > 0).collect();
    defects.extend(defect(DefectKind::ListedLater, &listed, |_, at| {
        format!("starts on {at}, {first} rows after the file")
    }));
    let blank_after = rows.len() - last - 1;
    let ended: Vec<&Row> = rows[last..=last].iter().filter(|_| blank_after > 0).collect();
    defects.extend(defect(DefectKind::EndedEarlier, &ended, |_, at| {
        format!("ends on {at}, {blank_after} rows before the file")
    }));
    rows.truncate(last + 1);
    rows.drain(..first);
    let blank: Vec<&Row> =
        rows.iter().filter(|row| !has_value(row) && !zeros.contains(&row.row)).collect();
    defects.extend(defect(DefectKind::BlankCells, &blank, |count, at| {
        format!("{} without a value, first {at}", counted(count, "row"))
    }));
}

/// Blanks a spike (a jump and its return within ten bars), else the bar before the jump. A fall
/// that ends in death is no jump.
fn blank_jumps(rows: &mut [Row], died: Option<i64>, defects: &mut Vec<Defect>) {
    let valued: Vec<(usize, f64)> =
        (0..).zip(rows.iter()).filter_map(|(index, row)| Some((index, row.value?))).collect();
    let dying = died.map_or(i64::MAX, |time| time - DEATH_WINDOW_MS);
    let jump = |at: usize| -> Option<Jump> {
        let (before, (index, after)) = (valued[at - 1].1, valued[at]);
        let is_up = after > JUMP_FACTOR * before;
        let is_down = before > JUMP_FACTOR * after && rows[index].time < dying;
        (is_up || is_down).then_some(Jump { at, is_up })
    };
    let jumps: Vec<Jump> = (1..valued.len()).filter_map(jump).collect();
    let after: Vec<&Row> = jumps.iter().map(|jump| &rows[valued[jump.at].0]).collect();
    defects.extend(defect(DefectKind::AbsurdJumps, &after, |count, at| {
        format!("{} beyond a factor of {JUMP_FACTOR}, first {at}", counted(count, "price change"))
    }));
    for at in spikes(&jumps) {
        rows[valued[at].0].value = None;
    }
}

/// An absurd change to the value `at`, counted among the values there are.
struct Jump {
    at: usize,
    is_up: bool,
}

/// The values to blank.
fn spikes(jumps: &[Jump]) -> Vec<usize> {
    let mut blanked = Vec::new();
    let mut rest = jumps;
    while let [jump, after @ ..] = rest {
        let is_return =
            |back: &&Jump| back.is_up != jump.is_up && back.at - jump.at <= SPIKE_BARS_MAX;
        if let Some(back) = after.first().filter(is_return) {
            blanked.extend(jump.at..back.at);
            rest = &after[1..];
        } else {
            blanked.push(jump.at - 1);
            rest = after;
        }
    }
    blanked
}
