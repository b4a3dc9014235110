//! Two batches or two runs set side by side: what changed, by run and by contribution.

use std::collections::BTreeMap;
use std::path::Path;

use super::figures::{ReadResults, read_results};
use crate::document::{OutputError, read_result};
use crate::outcome::{BatchChanges, BatchFigures, BatchSummary, ContributionChange, RunChange};

/// The finished runs of a folder.
struct Side {
    name: String,
    runs: BTreeMap<String, ReadResults>,
}

/// What changed from the results in `first` to those in `second`: batches, runs by name; or two
/// runs.
///
/// # Errors
/// Results that cannot be read.
pub fn compare(first: &Path, second: &Path) -> Result<BatchChanges, OutputError> {
    let sides = [side(first)?, side(second)?];
    let names = [sides[0].name.clone(), sides[1].name.clone()];
    let [a, b] = sides.map(|side| side.runs);
    // Two runs are compared whatever their names.
    let (a, b) = match (a.len(), b.len()) {
        (1, 1) => (a, renamed(b, &names[0])),
        _ => (a, b),
    };
    let both = a.iter().filter_map(|(name, before)| Some((name, before, b.get(name)?)));
    let mut runs: Vec<RunChange> =
        both.map(|(name, before, after)| change(name, before, after)).collect();
    runs.sort_by(|x, y| y.change.abs().total_cmp(&x.change.abs()).then_with(|| x.run.cmp(&y.run)));
    let missing = |from: &BTreeMap<String, ReadResults>, other: &BTreeMap<String, ReadResults>| {
        from.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
    };
    Ok(BatchChanges {
        names,
        runs,
        only_in_first: missing(&a, &b),
        only_in_second: missing(&b, &a),
    })
}

fn renamed(runs: BTreeMap<String, ReadResults>, name: &str) -> BTreeMap<String, ReadResults> {
    runs.into_values().map(|run| (name.to_owned(), run)).collect()
}

/// A batch by its summary, else one run.
fn side(folder: &Path) -> Result<Side, OutputError> {
    let Ok(text) = read_result(folder, "summary.json") else {
        let read = read_results(folder)?;
        let name = read.scenario.clone();
        return Ok(Side { runs: BTreeMap::from([(name.clone(), read)]), name });
    };
    let summary: BatchSummary =
        serde_json::from_str(&text).map_err(|error| OutputError::Unreadable {
            path: folder.join("summary.json"),
            source: std::io::Error::other(error),
        })?;
    let finished = summary.runs.iter().filter(|run| run.figures.is_some());
    let read = finished.map(|run| Ok((run.run.clone(), read_results(&folder.join(&run.run))?)));
    Ok(Side { name: summary.batch.clone(), runs: read.collect::<Result<_, OutputError>>()? })
}

fn change(run: &str, before: &ReadResults, after: &ReadResults) -> RunChange {
    let of = |read: fn(&BatchFigures) -> f64| [read(&before.figures), read(&after.figures)];
    let losses = of(|figures| figures.loss);
    let measure = |figures: &BatchFigures| figures.measure.clone();
    RunChange {
        run: run.to_owned(),
        currency: after.figures.currency.clone(),
        measures: [measure(&before.figures), measure(&after.figures)],
        losses,
        change: losses[1] - losses[0],
        utilisations: [before.figures.utilisation, after.figures.utilisation],
        statuses: [before.figures.status, after.figures.status],
        contributions: contributions(before, after),
    }
}

fn contributions(before: &ReadResults, after: &ReadResults) -> Vec<ContributionChange> {
    let mut losses: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (side, read) in [before, after].into_iter().enumerate() {
        for (name, loss) in &read.contributions {
            losses.entry(name).or_default()[side] += loss;
        }
    }
    let mut changes: Vec<ContributionChange> = losses
        .into_iter()
        .map(|(name, losses)| ContributionChange {
            name: name.to_owned(),
            losses,
            change: losses[1] - losses[0],
        })
        .collect();
    changes.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    changes
}
