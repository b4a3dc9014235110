//! Contributions against finite differences of ES on the desk's book: what ES changes by when one
//! position is a little larger, on the same random numbers.

use std::fs;
use std::path::Path;

use plimsoll::outcome::Outcome;

use crate::world::{assert_close, plan, run};

const PATHS: &str = "paths = 20_000";

/// The desk scenario in a folder of its own, with every file after `change`; without the folders
/// of its variants.
pub fn desk(change: impl Fn(&str, String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let desk = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/desk");
    for entry in fs::read_dir(desk).expect("the desk is there") {
        let entry = entry.expect("readable");
        if entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().into_string().expect("a plain name");
        let text = fs::read_to_string(entry.path()).expect("readable");
        fs::write(folder.path().join(&name), change(&name, text)).expect("writable");
    }
    folder
}

/// Without a policy, which is not asked about, on few paths.
fn measured(positions: impl Fn(String) -> String) -> Outcome {
    let folder = desk(|name, text| match name {
        "scenario.toml" => {
            let few = text.replace("paths = 100_000", PATHS);
            assert!(few.contains(PATHS));
            few.replace("policy = \"policy.toml\"", "")
        }
        "positions.csv" => positions(text),
        _ => text,
    });
    run(&plan(&folder.path().join("scenario.toml"), None)).outcome
}

/// The quantity of the position in `line` times `factor`.
fn scaled(text: &str, id: &str, factor: f64) -> String {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|one| one == name).expect("a column");
    let (ids, quantities) = (column("id"), column("quantity"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("written");
    let mut changed = 0;
    for record in reader.records() {
        let record = record.expect("a row");
        let cells = record.iter().enumerate().map(|(index, cell)| {
            if index != quantities || &record[ids] != id {
                return cell.to_owned();
            }
            changed += 1;
            let quantity: f64 = cell.replace('_', "").parse().expect("a number");
            format!("{:?}", quantity * factor)
        });
        let cells: Vec<String> = cells.collect();
        writer.write_record(&cells).expect("written");
    }
    assert_eq!(changed, 1, "{id}");
    String::from_utf8(writer.into_inner().expect("flushed")).expect("text")
}

#[test]
fn contributions_are_derivatives_of_the_shortfall() {
    let today = measured(|text| text);
    let rows = &today.contributions.by_position;
    let total: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
    assert_close("sum", total, today.contributions.expected_shortfall, 1e-9);
    // No account loses all its equity here, or a contribution would not be a derivative.
    let mut borne = rows.iter().filter(|row| row.name.ends_with("borne by the venue"));
    assert!(borne.all(|row| row.expected_shortfall == 0.0));

    let positions = rows.iter().filter(|row| !row.name.contains(": "));
    let positions: Vec<_> = positions.collect();
    // The largest loss, the largest hedge, and two in between.
    let last = positions.len() - 1;
    for row in [0, 3, last - 3, last].map(|index| positions[index]) {
        let at = |factor: f64| {
            measured(|text| scaled(&text, &row.name, factor)).contributions.expected_shortfall
        };
        let difference = (at(1.005) - at(0.995)) / 0.01;
        // Between the two the tail swaps a few paths of nearly equal loss.
        let swapped = 0.005 * row.expected_shortfall.abs() + 1e-6 * total;
        let error = (difference - row.expected_shortfall).abs();
        assert!(error <= swapped, "{}: {difference} {}", row.name, row.expected_shortfall);
    }
}
