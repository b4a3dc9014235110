//! Two recorded runs side by side: figures, settings, inputs.

use std::collections::{BTreeMap, BTreeSet};

use super::error::CatalogueError;
use super::file::Catalogue;
use crate::outcome::{
    BatchFigures, ComparedFigure, ComparedInput, InputChange, RunComparison, RunRecord,
};

impl Catalogue {
    /// The runs of two entries, the first as the earlier.
    ///
    /// # Errors
    /// An entry that is not a run; a database that cannot be read.
    pub fn compare(&self, entries: [u64; 2]) -> Result<RunComparison, CatalogueError> {
        let runs = [self.run(entries[0])?, self.run(entries[1])?];
        let found = runs.each_ref().map(|run| run.figures.as_ref());
        let (inputs, inputs_same) = inputs(&runs);
        Ok(RunComparison {
            entries,
            scenarios: runs.each_ref().map(|run| run.scenario.clone()),
            currencies: found.map(|one| one.map_or_else(String::new, |one| one.currency.clone())),
            figures: figures(&runs),
            statuses: found.map(|one| one.and_then(|one| one.status)),
            settings: settings(&runs),
            inputs,
            inputs_same,
        })
    }
}

fn figures(runs: &[RunRecord; 2]) -> Vec<ComparedFigure> {
    let of = |name: &str, is_share, read: fn(&BatchFigures) -> Option<f64>| {
        let values = runs.each_ref().map(|run| run.figures.as_ref().and_then(read));
        ComparedFigure { name: name.to_owned(), is_share, values }
    };
    let whole = [
        of("loss that counts", false, |one| Some(one.loss)),
        of("capital", false, |one| one.capital),
        of("threshold", false, |one| one.threshold),
        of("utilisation", true, |one| one.utilisation),
        of("probability of a liquidation", true, |one| one.liquidation_probability),
    ];
    let rows = whole.into_iter().chain(tails(runs));
    rows.filter(|row| row.values.iter().any(Option::is_some)).collect()
}

/// VaR and ES at every level that either run has.
fn tails(runs: &[RunRecord; 2]) -> Vec<ComparedFigure> {
    let levels: BTreeSet<u64> =
        runs.iter().flat_map(|run| &run.tail).map(|one| one.level.to_bits()).collect();
    let mut rows = Vec::new();
    for level in levels.into_iter().map(f64::from_bits) {
        let at = |run: &RunRecord| run.tail.iter().find(|one| one.level == level).cloned();
        let both = runs.each_ref().map(at);
        // A level in per cent without the dust of its binary form.
        let shown = (level * 1e6).round() / 1e4;
        let of = |name: &str, values| ComparedFigure {
            name: format!("{name} {shown} %"),
            is_share: false,
            values,
        };
        let var = both.each_ref().map(|one| one.as_ref().map(|one| one.value_at_risk));
        let shortfall = both.each_ref().map(|one| one.as_ref().map(|one| one.expected_shortfall));
        rows.extend([of("VaR", var), of("ES", shortfall)]);
    }
    rows
}

fn settings(runs: &[RunRecord; 2]) -> Vec<(String, [String; 2])> {
    let of =
        |name: &str, read: fn(&RunRecord) -> String| (name.to_owned(), runs.each_ref().map(read));
    let all = [
        of("command", |run| run.command.clone()),
        of("version", |run| run.plimsoll_version.clone()),
        of("seed", |run| run.seed.to_string()),
        of("paths", |run| run.paths.to_string()),
    ];
    all.into_iter().filter(|(_, [before, after])| before != after).collect()
}

fn inputs(runs: &[RunRecord; 2]) -> (Vec<ComparedInput>, usize) {
    let hashes = |run: &RunRecord| -> BTreeMap<String, String> {
        run.inputs.iter().map(|file| (file.name.clone(), file.blake3.clone())).collect()
    };
    let [before, after] = runs.each_ref().map(hashes);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |name: &String| match (before.get(name), after.get(name)) {
        (None, _) => Some(InputChange::Added),
        (_, None) => Some(InputChange::Removed),
        (earlier, later) => (earlier != later).then_some(InputChange::Changed),
    };
    let changed: Vec<ComparedInput> = names
        .iter()
        .filter_map(|name| Some(ComparedInput { name: (*name).clone(), change: change(name)? }))
        .collect();
    let same = names.len() - changed.len();
    (changed, same)
}
