//! How threshold and status went over the dates of one model.

use crate::outcome::{BacktestDate, BacktestThreshold, Status, ThresholdHistory};

/// The history of the dates that have a threshold; `None` where none has.
pub(super) fn history(dates: &[BacktestDate]) -> Option<ThresholdHistory> {
    let found: Vec<(&BacktestThreshold, f64)> =
        dates.iter().filter_map(|date| Some((date.threshold.as_ref()?, date.loss))).collect();
    if found.is_empty() {
        return None;
    }
    let count = |keep: &dyn Fn(&BacktestThreshold, f64) -> bool| -> usize {
        found.iter().filter(|(one, loss)| keep(one, *loss)).count()
    };
    let mean = |of: fn(&BacktestThreshold) -> f64| {
        found.iter().map(|(one, _)| of(one)).sum::<f64>() / found.len() as f64
    };
    let [largest_fall, largest_rise] = changes(&found);
    Some(ThresholdHistory {
        dates: found.len(),
        amber: count(&|one, _| one.status == Status::Amber),
        red: count(&|one, _| one.status == Status::Red),
        status_changes: found.windows(2).filter(|two| two[0].0.status != two[1].0.status).count(),
        mean_potential_loss: mean(|one| one.potential_loss),
        mean_threshold: mean(|one| one.threshold),
        largest_fall,
        largest_rise,
        losses_beyond: count(&|one, loss| loss > one.threshold),
        losses_beyond_at_red: count(&|one, loss| loss > one.threshold && one.status == Status::Red),
    })
}

/// Largest fall and largest rise from one date to the next, as shares of the former threshold; of
/// nothing there is no share.
fn changes(found: &[(&BacktestThreshold, f64)]) -> [f64; 2] {
    let pairs = found.windows(2).map(|two| [two[0].0.threshold, two[1].0.threshold]);
    let changes = pairs.filter(|[before, _]| *before > 0.0).map(|[before, now]| now / before - 1.0);
    changes.fold([0.0, 0.0], |[fall, rise]: [f64; 2], change| [fall.max(-change), rise.max(change)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(threshold: Option<[f64; 2]>, status: Status, loss: f64) -> BacktestDate {
        let threshold = threshold.map(|[potential_loss, threshold]| BacktestThreshold {
            potential_loss,
            capital: 1000.0,
            multiplier: 1.0,
            threshold,
            utilisation: (threshold > 0.0).then(|| potential_loss / threshold),
            status,
        });
        BacktestDate {
            date: String::new(),
            ends: String::new(),
            value_at_risk: vec![],
            expected_shortfall: vec![],
            loss,
            positions_loss: loss,
            balances_loss: 0.0,
            transform: 0.5,
            gross_exposure: 0.0,
            net_exposure: 0.0,
            threshold,
            fallbacks: vec![],
        }
    }

    /// Counted by hand; the fall to nothing is one of 100 %, the rise from it has no share.
    #[test]
    fn a_history_by_hand() {
        let dates = [
            date(Some([50.0, 100.0]), Status::Green, 20.0),
            date(Some([90.0, 100.0]), Status::Amber, 101.0),
            date(Some([130.0, 125.0]), Status::Red, 126.0),
            date(None, Status::Green, 1e6),
            date(Some([130.0, 0.0]), Status::Red, -1.0),
            date(Some([50.0, 75.0]), Status::Green, 75.0),
        ];
        let found = history(&dates).unwrap();
        assert_eq!((found.dates, found.amber, found.red, found.status_changes), (5, 1, 2, 3));
        assert_eq!((found.mean_potential_loss, found.mean_threshold), (90.0, 80.0));
        assert_eq!((found.largest_fall, found.largest_rise), (1.0, 0.25));
        assert_eq!((found.losses_beyond, found.losses_beyond_at_red), (2, 1));
        assert_eq!(history(&dates[3..4]), None);
    }
}
