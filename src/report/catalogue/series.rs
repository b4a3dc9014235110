//! The figures of recorded runs of one scenario, run by run.

use crate::outcome::{BatchFigures, RunHistory, RunRecord};
use crate::report::figures::level;

/// Runs of one scenario, in one currency and of one measure, oldest first.
pub(in crate::report) struct Series<'a> {
    pub(in crate::report) runs: Vec<(&'a str, &'a RunRecord, &'a BatchFigures)>,
}

/// One figure of every run; `None` where a run has none.
pub(in crate::report) struct SeriesRow {
    pub(in crate::report) name: String,
    pub(in crate::report) values: Vec<Option<f64>>,
    pub(in crate::report) is_share: bool,
}

impl<'a> Series<'a> {
    /// The runs of a history.
    pub(in crate::report) fn of(history: &'a RunHistory) -> Self {
        let told = history
            .runs
            .iter()
            .filter_map(|one| Some((&*one.recorded_at, &one.run, one.run.figures.as_ref()?)));
        Self { runs: told.collect() }
    }

    /// Whether a run goes on with the series.
    pub(super) fn fits(&self, run: &RunRecord, figures: &BatchFigures) -> bool {
        let (_, first, found) = self.runs[0];
        first.name() == run.name()
            && found.currency == figures.currency
            && found.measure == figures.measure
    }

    /// VaR and ES (or the loss, where nothing is drawn), threshold, utilisation.
    pub(in crate::report) fn rows(&self) -> Vec<SeriesRow> {
        let of = |read: &dyn Fn(&RunRecord, &BatchFigures) -> Option<f64>| {
            self.runs.iter().map(|(_, run, figures)| read(run, figures)).collect::<Vec<_>>()
        };
        let row = |name: String, values, is_share| SeriesRow { name, values, is_share };
        let tail = self.runs.iter().rev().find_map(|(_, run, _)| run.tail.last());
        let mut rows = match tail.map(|one| one.level) {
            None => {
                let measure = self.runs.first().map(|(_, _, found)| found.measure.clone());
                vec![row(measure.unwrap_or_default(), of(&|_, one| Some(one.loss)), false)]
            }
            Some(at) => {
                let found = |run: &RunRecord| run.tail.iter().find(|one| one.level == at).cloned();
                let var = of(&|run, _| found(run).map(|one| one.value_at_risk));
                let shortfall = of(&|run, _| found(run).map(|one| one.expected_shortfall));
                let name = |measure| format!("{measure} {}", level(at));
                vec![row(name("VaR"), var, false), row(name("ES"), shortfall, false)]
            }
        };
        rows.push(row("threshold".to_owned(), of(&|_, one| one.threshold), false));
        rows.push(row("utilisation".to_owned(), of(&|_, one| one.utilisation), true));
        rows
    }
}
